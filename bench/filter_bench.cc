// SPDX-License-Identifier: BSD-2-Clause
// What a filter costs to make and to install: ours against libseccomp's of the same policy.
//
// The policy is what a service gets when nothing is written, less the rules on arguments, of which
// libseccomp has no like (a refusal for one call, and another for all others). Every installation
// is in a child of its own; the three programs take turns, so that all meet the same machine.
// Prints one row a program, and how much ours is faster to install.
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/filter/compile.h"
#include "sandbox/filter/filter.h"
#include "tests/testlib/install_filter.h"
#include "tests/testlib/seccomp_export.h"

namespace {

using postern::sandbox::FilterProgram;
using postern::testlib::SeccompFilter;
using Clock = std::chrono::steady_clock;
namespace filter = postern::sandbox::filter;

constexpr int kInstallations = 400, kCompilations = 40;

double MicrosecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double Median(std::vector<double> times) {
  std::ranges::sort(times);
  return times[times.size() / 2];
}

filter::CallTable WithoutArguments() {
  filter::CallTable table = filter::JudgeCalls({}).value();
  for (filter::CallVerdict& verdict : table) {
    if (verdict.clauses.empty()) continue;
    verdict = {SECCOMP_RET_ALLOW, 0, {}};
  }
  return table;
}

FilterProgram ByLibseccomp(const filter::CallTable& table, std::uint32_t level) {
  SeccompFilter policy(SECCOMP_RET_KILL_PROCESS);
  policy.Optimize(level);
  for (std::uint32_t number = 0; number < table.size(); ++number) {
    policy.Add(number, table[number].action);
  }
  return policy.Export();
}

// In a child, which tells by shared memory what it took.
double InstallOnce(const FilterProgram& program, double& shared) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Clock::time_point start = Clock::now();
    const bool installed = postern::testlib::InstallFilter(program);
    shared = MicrosecondsSince(start);
    ::_exit(installed ? 0 : 1);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) std::abort();
  return shared;
}

struct Contender {
  const char* name;
  FilterProgram program;
  double made = 0;  // microseconds
  std::vector<double> installed;
};

template <typename Make>
Contender Enter(const char* name, const Make& make) {
  Contender contender{name, make(), 0, {}};
  std::vector<double> times;
  for (int round = 0; round < kCompilations; ++round) {
    const Clock::time_point start = Clock::now();
    make();
    times.push_back(MicrosecondsSince(start));
  }
  contender.made = Median(std::move(times));
  return contender;
}

}  // namespace

int main() {
  void* page =
      ::mmap(nullptr, sizeof(double), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return 2;
  double& shared = *static_cast<double*>(page);
  const filter::CallTable table = WithoutArguments();
  Contender contenders[] = {
      Enter("libseccomp", [&] { return ByLibseccomp(table, 1); }),
      Enter("libseccomp, tree", [&] { return ByLibseccomp(table, 2); }),
      Enter("postern", [&] { return filter::Compile(table).value(); }),
      Enter("postern, with arguments", [] { return filter::BuildFilter({}).value(); }),
      Enter("a single return", [] { return FilterProgram{{0x06, 0, 0, SECCOMP_RET_ALLOW}}; }),
  };
  for (int round = 0; round < kInstallations; ++round) {
    for (Contender& each : contenders) {
      each.installed.push_back(InstallOnce(each.program, shared));
    }
  }
  std::printf("%-24s %12s %10s %12s %8s\n", "program", "instructions", "made (us)", "install (us)",
              "minimum");
  for (const Contender& each : contenders) {
    std::printf("%-24s %12zu %10.0f %12.1f %8.1f\n", each.name, each.program.size(), each.made,
                Median(each.installed), std::ranges::min(each.installed));
  }
  const double ours = Median(contenders[2].installed);
  std::printf("libseccomp's default takes %.1f times as long to install, its tree %.1f times\n",
              Median(contenders[0].installed) / ours, Median(contenders[1].installed) / ours);
}
