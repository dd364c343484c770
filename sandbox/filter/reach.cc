// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/filter/reach.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "sandbox/filter/bpf_evaluator.h"
#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/groups.h"

namespace postern::sandbox::filter {
namespace {

using Arguments = std::array<std::uint64_t, 6>;

constexpr std::uint64_t kOtherNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET;
constexpr std::uint64_t kSetuidMode = S_ISUID | 0755;

// Families that nothing but their own users' programs open; each has had its faults.
constexpr int kRareFamilies[] = {AF_AX25,  AF_IPX,    AF_APPLETALK,  AF_X25,  AF_ROSE, AF_KEY,
                                 AF_RDS,   AF_PPPOX,  AF_LLC,        AF_CAN,  AF_TIPC, AF_BLUETOOTH,
                                 AF_RXRPC, AF_PHONET, AF_IEEE802154, AF_CAIF, AF_ALG,  AF_NFC,
                                 AF_VSOCK, AF_KCM,    AF_QIPCRTR,    AF_SMC,  AF_XDP};

class Questions {
 public:
  explicit Questions(const std::vector<FilterProgram>& filters) : filters_(filters) {}

  bool Passes(const CallFacts& facts) const {
    return std::ranges::all_of(
        filters_, [&](const FilterProgram& filter) { return LetsPass(filter, facts); });
  }
  bool Passes(std::string_view call, const Arguments& arguments) const {
    const auto number = NumberOf(call);
    return number &&
           Passes({.number = *number, .architecture = kArchitecture, .arguments = arguments});
  }
  // With some arguments: those that a filter is likely to refuse, and to want, are among these.
  bool PassesSomehow(std::uint32_t number) const {
    constexpr std::uint64_t kOnes = ~std::uint64_t{0};
    for (const std::uint64_t word : {std::uint64_t{0}, kOnes}) {
      CallFacts facts{.number = number, .architecture = kArchitecture};
      facts.arguments.fill(word);
      if (Passes(facts)) return true;
    }
    return false;
  }
  bool AnySocket(std::initializer_list<Arguments> kinds) const {
    return std::ranges::any_of(kinds,
                               [this](const Arguments& kind) { return Passes("socket", kind); });
  }

 private:
  static bool LetsPass(const FilterProgram& filter, const CallFacts& facts) {
    const auto answer = Evaluate(filter, facts);
    if (!answer) return true;
    switch (*answer & SECCOMP_RET_ACTION_FULL) {
      case SECCOMP_RET_ALLOW:
      case SECCOMP_RET_LOG:
      case SECCOMP_RET_TRACE:
        return true;
      case SECCOMP_RET_USER_NOTIF:
        return IsAnswered(filter);
      default:
        return false;
    }
  }
  // A zygote kills who makes a call that its filter asks about (sandbox/zygote/unlisted.h). One
  // that asks about read(2) is of a program that somebody answers: there could be no other.
  static bool IsAnswered(const FilterProgram& filter) {
    const auto answer =
        Evaluate(filter, {.number = *NumberOf("read"), .architecture = kArchitecture});
    return answer && (*answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
  }

  const std::vector<FilterProgram>& filters_;
};

bool ForeignPasses(const Questions& ask) {
#if defined(__x86_64__)
  constexpr std::uint32_t kOther = AUDIT_ARCH_I386, kRead = 3, kExecve = 11;
  constexpr std::uint32_t kX32 = 0x40000000;  // __X32_SYSCALL_BIT
  if (ask.Passes({.number = kX32, .architecture = kArchitecture})) return true;  // read
#else
  constexpr std::uint32_t kOther = AUDIT_ARCH_ARM, kRead = 3, kExecve = 11;
#endif
  return ask.Passes({.number = kRead, .architecture = kOther}) ||
         ask.Passes({.number = kExecve, .architecture = kOther});
}

void AskAboutSockets(const Questions& ask, Reach& reach) {
  reach.internet = ask.AnySocket({{AF_INET, SOCK_STREAM, 0},
                                  {AF_INET, SOCK_DGRAM, 0},
                                  {AF_INET6, SOCK_STREAM, 0},
                                  {AF_INET6, SOCK_DGRAM, 0}});
  reach.listening = ask.Passes("bind", {}) && ask.Passes("listen", {});
  reach.packets =
      ask.AnySocket({{AF_PACKET, SOCK_RAW, 0}, {AF_INET, SOCK_RAW, 1}, {AF_INET6, SOCK_RAW, 58}});
  reach.netlink = ask.AnySocket({{AF_NETLINK, SOCK_RAW, 0}});
  reach.local = ask.AnySocket({{AF_UNIX, SOCK_STREAM, 0}, {AF_UNIX, SOCK_DGRAM, 0}});
  reach.other_families = std::ranges::any_of(kRareFamilies, [&](int family) {
    const auto word = static_cast<std::uint64_t>(family);
    return ask.AnySocket({{word, SOCK_STREAM, 0}, {word, SOCK_DGRAM, 0}, {word, SOCK_RAW, 0}});
  });
}

void AskAboutProcesses(const Questions& ask, Reach& reach) {
  const auto makes = [&ask](std::uint64_t flags) {
    return ask.Passes("clone", {flags}) || ask.Passes("unshare", {flags}) ||
           // Its flags are in memory, where no filter looks.
           ask.Passes("clone3", {});
  };
  reach.new_user_namespace = makes(CLONE_NEWUSER);
  reach.new_namespaces = makes(kOtherNamespaces);
  reach.personality = ask.Passes("personality", {ADDR_NO_RANDOMIZE});
  reach.terminals = ask.Passes("ioctl", {0, TIOCSTI});
}

void AskAboutFilesAndMemory(const Questions& ask, Reach& reach) {
  constexpr std::uint64_t kBoth = PROT_READ | PROT_WRITE | PROT_EXEC;
  constexpr std::uint64_t kCreates = O_CREAT | O_WRONLY;
  reach.write_and_execute = ask.Passes("mmap", {0, 4096, kBoth, MAP_PRIVATE | MAP_ANONYMOUS}) ||
                            ask.Passes("mprotect", {0, 4096, kBoth});
  reach.setuid_files = ask.Passes("chmod", {0, kSetuidMode}) ||
                       ask.Passes("fchmod", {0, kSetuidMode}) ||
                       ask.Passes("fchmodat", {0, 0, kSetuidMode}) ||
                       ask.Passes("open", {0, kCreates, kSetuidMode}) ||
                       ask.Passes("openat", {0, 0, kCreates, kSetuidMode});
}

}  // namespace

Reach ReachUnder(const std::vector<FilterProgram>& filters) {
  const Questions ask(filters);
  Reach reach;
  reach.foreign = ForeignPasses(ask);
  AskAboutSockets(ask, reach);
  AskAboutProcesses(ask, reach);
  AskAboutFilesAndMemory(ask, reach);
  for (const CallGroup& group : GroupTable()) {
    if (group.kind != GroupKind::kOptional && group.kind != GroupKind::kDenied) continue;
    ReachedGroup reached{group.name, {}};
    for (const std::uint32_t number : Expand(group.name)) {
      if (ask.PassesSomehow(number)) reached.passing.push_back(NameOf(number));
    }
    if (!reached.passing.empty()) reach.groups.push_back(std::move(reached));
  }
  return reach;
}

}  // namespace postern::sandbox::filter
