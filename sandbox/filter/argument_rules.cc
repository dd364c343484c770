// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/argument_rules.h"

#include <fcntl.h>
#include <linux/prctl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include <initializer_list>

#include "sandbox/filter/network_rules.h"
#include "sandbox/filter/verdicts.h"

namespace postern::sandbox::filter {
namespace {

using Rules = std::vector<ArgumentRule>;

constexpr std::uint64_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

// Newer than the headers this may be built with.
constexpr std::uint64_t kPrSetVma = 0x53564d41, kPrSetVmaAnonName = 0;
constexpr std::uint64_t kNeverExecuted = 8;  // MFD_NOEXEC_SEAL
constexpr std::uint64_t kPrSetMdwe = 65, kPrGetMdwe = 66, kPrGetAuxv = 0x41555856;

// The requests of network interfaces, SIOC…, are 0x8900 to 0x89ff, those of wireless ones 0x8b00 to
// 0x8bff. SIOCATMARK (0x8905) is among them and asks only where urgent data are: FTP and telnet
// servers do.
ArgumentClause InterfaceRequests(std::uint64_t first, std::uint64_t count) {
  return {{1, kLow32 & ~(count - 1), {first}}};
}

void AddTerminalAndInterfaceRules(const FilterRequest& request, Rules& rules) {
  // Typing into the terminal of whoever started the service (CVE-2017-5226). The kernel reads 32
  // bits of the request, so more must not be compared (CVE-2019-9893's other side).
  std::vector<ArgumentClause> refused = {{Int(1, {TIOCSTI, TIOCLINUX})}};
  // Line disciplines were a way into kernels (CVE-2017-2636), and the console is the machine's.
  if (request.base == FilterBase::kListed) refused.push_back({Int(1, {TIOCSETD, TIOCCONS})});
  if (request.network != Network::kHost) {
    refused.push_back({Int(1, {0x8904, 0x8906, 0x8907})});
    refused.push_back(InterfaceRequests(0x8b00, 0x100));
    refused.push_back(InterfaceRequests(0x8900, 0x4));
    for (std::uint64_t count = 0x8; count <= 0x80; count *= 2) {
      refused.push_back(InterfaceRequests(0x8900 + count, count));
    }
  }
  rules.push_back({"ioctl", RefuseIf(std::move(refused), EPERM)});
}

void AddProcessRules(Rules& rules) {
  rules.push_back({"clone", AllowOnly({{NoneOf(0, kNewNamespaces)}}, EPERM)});
  // Its flags are in memory; libc falls back to clone.
  rules.push_back({"clone3", Refuse(ENOSYS)});
  // Limits of another process of the same user would end the zygote or a sibling, and Landlock has
  // no say in it. Asking for them is harmless.
  rules.push_back({"prlimit64", AllowOnly({{Int(0, {0})}, {{2, kAll64, {0}}}}, EPERM)});
  rules.push_back({"personality", AllowOnly({{Int(0, {0, kLow32})}}, EPERM)});
  // A listener could answer for the processes that this service starts.
  rules.push_back({"seccomp", AllowOnly({{NoneOf(1, SECCOMP_FILTER_FLAG_NEW_LISTENER)}}, EPERM)});
}

void AddPrctlRule(Rules& rules) {
  ArgumentTest options = Int(0, {PR_SET_PDEATHSIG,
                                 PR_GET_PDEATHSIG,
                                 PR_GET_DUMPABLE,
                                 PR_SET_DUMPABLE,
                                 PR_GET_KEEPCAPS,
                                 PR_SET_KEEPCAPS,
                                 PR_SET_NAME,
                                 PR_GET_NAME,
                                 PR_GET_SECCOMP,
                                 PR_SET_SECCOMP,
                                 PR_CAPBSET_READ,
                                 PR_CAPBSET_DROP,
                                 PR_GET_SECUREBITS,
                                 PR_SET_SECUREBITS,
                                 PR_SET_TIMERSLACK,
                                 PR_GET_TIMERSLACK,
                                 PR_SET_CHILD_SUBREAPER,
                                 PR_GET_CHILD_SUBREAPER,
                                 PR_SET_NO_NEW_PRIVS,
                                 PR_GET_NO_NEW_PRIVS,
                                 PR_GET_TID_ADDRESS,
                                 PR_SET_THP_DISABLE,
                                 PR_GET_THP_DISABLE,
                                 PR_CAP_AMBIENT,
                                 PR_GET_SPECULATION_CTRL,
                                 PR_SET_SPECULATION_CTRL,
                                 kPrSetMdwe,
                                 kPrGetMdwe,
                                 kPrGetAuxv});
#if defined(__aarch64__)
  for (const std::uint64_t option : std::initializer_list<std::uint64_t>{
           PR_SVE_SET_VL, PR_SVE_GET_VL, PR_PAC_RESET_KEYS, PR_SET_TAGGED_ADDR_CTRL,
           PR_GET_TAGGED_ADDR_CTRL, PR_PAC_SET_ENABLED_KEYS, PR_PAC_GET_ENABLED_KEYS}) {
    options.values.push_back(option);
  }
#endif
  // Names for anonymous memory; the kernel compares all of the second argument.
  ArgumentClause name_memory = {Int(0, {kPrSetVma}), {1, kAll64, {kPrSetVmaAnonName}}};
  rules.push_back({"prctl", AllowOnly({{std::move(options)}, std::move(name_memory)}, EPERM)});
}

// Neither by mode nor later may a file become one that runs as its owner: others might run it, who
// are under no filter.
void AddSetuidBitRules(Rules& rules) {
  struct Row {
    const char* call;
    std::uint8_t mode;
  };
  constexpr Row kRows[] = {{"chmod", 1},     {"fchmod", 1}, {"fchmodat", 2},
                           {"fchmodat2", 2}, {"creat", 1},  {"mkdir", 1},
                           {"mkdirat", 2},   {"mknod", 1},  {"mknodat", 2}};
  for (const Row& row : kRows) {
    rules.push_back({row.call, AllowOnly({{NoneOf(row.mode, S_ISUID | S_ISGID)}}, EPERM)});
  }
  // Without these flags there is no mode, and the register holds anything.
  constexpr std::uint64_t kMakesFile = O_CREAT | (O_TMPFILE & ~O_DIRECTORY);
  for (const Row& row : {Row{"open", 2}, Row{"openat", 3}}) {
    const auto flags = static_cast<std::uint8_t>(row.mode - 1);
    rules.push_back(
        {row.call,
         AllowOnly({{NoneOf(flags, kMakesFile)}, {NoneOf(row.mode, S_ISUID | S_ISGID)}}, EPERM)});
  }
  // Its flags and mode are in memory; programs fall back to openat.
  rules.push_back({"openat2", Refuse(ENOSYS)});
}

void AddMemoryRules(Rules& rules) {
  constexpr std::uint64_t kBoth = PROT_WRITE | PROT_EXEC;
  for (const char* call : {"mmap", "mprotect", "pkey_mprotect"}) {
    rules.push_back({call, RefuseIf({{{2, kBoth, {kBoth}}}}, EPERM)});
  }
  // What is written there can be executed, unless it says for good that it cannot.
  rules.push_back({"memfd_create", AllowOnly({{{1, kNeverExecuted, {kNeverExecuted}}}}, EPERM)});
  rules.push_back({"shmat", RefuseIf({{{2, SHM_EXEC, {SHM_EXEC}}}}, EPERM)});
}

}  // namespace

std::vector<ArgumentRule> ArgumentRules(const FilterRequest& request) {
  Rules rules;
  AddTerminalAndInterfaceRules(request, rules);
  AddProcessRules(rules);
  AddNetworkRules(request, rules);
  // The rest could break a program that was written without a thought of postern.
  if (request.base == FilterBase::kAllButDenied) return rules;
  // As nice(1) does, and nobody else's.
  rules.push_back({"setpriority", AllowOnly({{Int(0, {PRIO_PROCESS}), Int(1, {0})}}, EPERM)});
  AddPrctlRule(rules);
  AddSetuidBitRules(rules);
  if (!request.jit) AddMemoryRules(rules);
  return rules;
}

}  // namespace postern::sandbox::filter
