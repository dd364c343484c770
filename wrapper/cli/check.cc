// SPDX-License-Identifier: BSD-2-Clause
// postern check: what is wrong with the four files, or with the machine. Exit 0 for nothing, 1 for
// errors and warnings.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "policy/check/check_policy.h"
#include "policy/service/tcpd_line.h"
#include "sandbox/sys/files.h"
#include "wrapper/cli/check_kernel.h"
#include "wrapper/cli/check_report.h"
#include "wrapper/cli/check_tls.h"
#include "wrapper/cli/policy_options.h"
#include "wrapper/cli/verb.h"
#include "wrapper/config/file_choice.h"
#include "wrapper/config/hosts_names.h"
#include "wrapper/config/system_view.h"

namespace postern::cli {
namespace {

using policy::Diagnostics;
using policy::hosts::Table;

std::vector<policy::check::CheckedService> ServicesOf(const policy::Configuration& services) {
  const std::string directory = wrapper::FilesToLoad({}).real_daemon_directory;
  std::vector<policy::check::CheckedService> checked;
  for (const auto& spec : services.services) {
    const policy::Program& program = spec->program;
    std::string wrapped;
    if (policy::IsTcpd(program.path) && !program.argv.empty()) {
      wrapped = policy::ProgramBehindTcpd(program.argv.front(), directory);
    }
    checked.push_back({spec, wrapper::HostsNames(*spec), std::move(wrapped)});
  }
  return checked;
}

// One of the four files themselves, not one that they name.
std::string Unreadable(const wrapper::PolicyPaths& paths, const wrapper::PolicyFiles& files) {
  for (const Table* table : {&files.hosts->allow(), &files.hosts->deny()}) {
    if (table->end == Table::End::kUnreadable) return table->path + ": " + table->end_reason;
  }
  if (paths.hosts_allow.named && files.hosts->allow().end == Table::End::kMissing) {
    return paths.hosts_allow.path + ": no such file";
  }
  if (paths.hosts_deny.named && files.hosts->deny().end == Table::End::kMissing) {
    return paths.hosts_deny.path + ": no such file";
  }
  for (const policy::Diagnostic& finding : files.services.diagnostics) {
    if (finding.code == "unreadable-file" && finding.where.line == 0) return finding.message;
  }
  return {};
}

class Check final : public Verb {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Choice("--format", format_, {"text", "json", "sarif"}, "how to answer");
    arguments.Flag("--strict", strict_, "let notes give exit status 1, too");
    arguments.Flag("--kernel", kernel_,
                   "instead of files: which protections for programs this machine has");
    policy_.Declare(arguments);
    arguments.Footer(
        "Programs, users and groups are looked for on this system, and certificates and keys are\n"
        "judged, as far as you may read them.\n"
        "Exit status: 0 nothing but notes, 1 errors or warnings, 2 wrong usage or an unreadable "
        "file.\n"
        "With --kernel: 0 all that the sandbox profiles want is there, 1 not all, 2 wrong usage.");
  }

  int Run(Output& output) override {
    if (kernel_) return RunKernel(output);
    const auto directory = sandbox::sys::CurrentDirectory();
    if (!directory) return Complain(directory.error().ToString());
    const wrapper::RealSystem system(*directory);
    const wrapper::PolicyPaths paths = policy_.Paths();
    wrapper::PolicyFiles files = wrapper::ReadPolicy(paths, wrapper::Purpose::kCheck, system);
    std::ranges::move(CheckTls(paths, files.services),
                      std::back_inserter(files.services.diagnostics));
    const Diagnostics findings =
        policy::check::CheckPolicy({*files.hosts, files.services, ServicesOf(files.services),
                                    paths.xinetd.path, paths.inetd.path},
                                   system);
    Print(findings, output);
    if (const std::string problem = Unreadable(paths, files); !problem.empty()) {
      return Complain(problem);
    }
    const FindingCounts counts = CountFindings(findings);
    const bool fails = counts.errors + counts.warnings > 0 || (strict_ && counts.notes > 0);
    return fails ? kFindings : kClean;
  }

 private:
  int RunKernel(Output& output) const {
    const bool files = policy_.hosts_allow || policy_.hosts_deny || policy_.config || policy_.inetd;
    if (files || strict_ || format_ == "sarif") {
      return Complain("--kernel goes with --json and --format text or json only");
    }
    return CheckKernel(policy_.json || format_ == "json", output);
  }

  void Print(const Diagnostics& findings, Output& output) const {
    if (format_ == "sarif") return PrintFindingsSarif(findings, output);
    if (format_ == "json" || policy_.json) return PrintFindingsJson(findings, output);
    PrintFindings(findings, output);
  }

  PolicyOptions policy_;
  std::string format_ = "text";
  bool strict_ = false;
  bool kernel_ = false;
};

}  // namespace

std::unique_ptr<Verb> MakeCheck() { return std::make_unique<Check>(); }

}  // namespace postern::cli
