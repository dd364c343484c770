// SPDX-License-Identifier: BSD-2-Clause
// postern convert: inetd.conf as xinetd.conf on standard output. Exit 1 when a line is left out.
#include <optional>
#include <string>

#include "policy/service/conf_sources.h"
#include "policy/service/xinetd_form.h"
#include "sandbox/sys/files.h"
#include "wrapper/cli/verb.h"
#include "wrapper/config/file_choice.h"
#include "wrapper/config/system_view.h"

namespace postern::cli {
namespace {

class Convert final : public Verb {
 public:
  void Declare(Arguments& arguments) override {
    arguments.File("--inetd", inetd_, "instead of /etc/inetd.conf");
    arguments.Footer(
        "Lines that run tcpd become services that ask hosts.allow and hosts.deny under the same\n"
        "name. What xinetd.conf has no words for is left out; standard error says what.\n"
        "Exit status: 0 everything is converted, 1 something is left out, 2 an unreadable file.");
  }

  int Run(Output& output) override {
    const auto directory = sandbox::sys::CurrentDirectory();
    if (!directory) return Complain(directory.error().ToString());
    const wrapper::RealSystem system(*directory);
    const std::string path = inetd_.value_or(wrapper::kInetdFile);
    const auto file = system.ReadFile(path, policy::kMaxConfFileBytes);
    if (!file.error.empty()) return Complain(path + ": " + file.error);
    const policy::XinetdForm form = policy::ToXinetdForm(
        file.content, path, system, wrapper::FilesToLoad({}).real_daemon_directory);
    output.Write(form.text);
    bool complete = true;
    for (const policy::Diagnostic& finding : form.diagnostics) {
      std::string text = policy::Render(finding);
      text.pop_back();
      Complain(text);
      complete &= finding.severity != policy::Severity::kError && finding.code != "no-xinetd-form";
    }
    return complete ? kClean : kFindings;
  }

 private:
  std::optional<std::string> inetd_;
};

}  // namespace

std::unique_ptr<Verb> MakeConvert() { return std::make_unique<Convert>(); }

}  // namespace postern::cli
