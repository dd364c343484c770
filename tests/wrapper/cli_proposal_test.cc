// SPDX-License-Identifier: BSD-2-Clause
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/groups.h"
#include "wrapper/cli/proposal.h"

namespace postern::cli {
namespace {

using policy::NetworkAccess;
using policy::SandboxProfile;
using sandbox::CallArguments;
using sandbox::FoundAs;
using sandbox::Learned;

void Call(Learned& learned, std::uint32_t number, CallArguments arguments = {},
          std::uint64_t count = 1) {
  sandbox::LearnedCall& call = learned.calls[number];
  call.count += count;
  call.first_by = "/usr/bin/perl";
  if (sandbox::HasKeptArguments(number)) {
    learned.arguments[{number, sandbox::KeptArguments(number, arguments)}] += count;
  }
}

Learned Plain() {
  Learned learned;
  Call(learned, SYS_read, {}, 14);
  Call(learned, SYS_exit_group);
  return learned;
}

Proposal Of(const Learned& learned, const Subject& subject = {}) {
  return Propose(learned, subject, [](const std::string&) { return true; });
}

std::vector<std::string> Words(const Proposal& proposal) {
  std::vector<std::string> words;
  for (const ProposedWord& word : proposal.words) words.push_back(word.word);
  return words;
}

bool Has(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

void File(Learned& learned, const std::string& path, sandbox::FileUse use,
          FoundAs found = FoundAs::kFile) {
  learned.files[path] = {use, 1, found, false};
}

}  // namespace

TEST_CASE("What is little of a group is named, what is most of it is the group") {
  Learned learned = Plain();
  Call(learned, SYS_dup2);
  for (const long call : {SYS_recvfrom, SYS_recvmmsg, SYS_recvmsg, SYS_sendmmsg, SYS_sendmsg,
                          SYS_sendto, SYS_getpeername, SYS_getsockname, SYS_shutdown}) {
    Call(learned, static_cast<std::uint32_t>(call));
  }
  const auto words = Words(Of(learned));
  CHECK(words == std::vector<std::string>{"@start", "@stdio-net", "dup2"});
  learned.calls.erase(SYS_shutdown);
  CHECK(Has(Words(Of(learned)), "sendto"));
}

TEST_CASE("A call whose arguments cannot be judged comes with its group, which refuses it") {
  Learned learned = Plain();
  Call(learned, SYS_clone3);
  learned.calls[SYS_clone3].refused = 1;
  const Proposal proposal = Of(learned);
  CHECK(Has(Words(proposal), "@process"));
  CHECK_FALSE(Has(Words(proposal), "clone3"));
  CHECK(proposal.refused.empty());
}

TEST_CASE("What is always denied is in a comment, and in no list") {
  Learned learned = Plain();
  Call(learned, SYS_keyctl, {}, 2);
  learned.calls[SYS_keyctl].killed = 2;
  const Proposal proposal = Of(learned);
  CHECK_FALSE(Has(Words(proposal), "keyctl"));
  const std::string text = ProposalText(proposal, learned, {});
  CHECK(text.find("\t# always denied: keyctl, tried 2 times, first by /usr/bin/perl") !=
        std::string::npos);
}

TEST_CASE("Every call that was made is allowed by what is proposed, or told as refused") {
  Learned learned;
  for (std::uint32_t call = 0; call <= sandbox::filter::kHighestCall; ++call) {
    const std::uint64_t family = call == SYS_socketpair ? AF_UNIX : AF_INET;
    if (!sandbox::filter::NameOf(call).empty()) Call(learned, call, {family, SOCK_DGRAM});
  }
  // What the learner would have killed for, it tells as killed.
  for (auto& [number, call] : learned.calls) {
    const bool denied = sandbox::filter::IsAlwaysDenied(number);
    call.killed = denied ? call.count : 0;
  }
  const Proposal proposal = Of(learned);
  CHECK(proposal.network == NetworkAccess::kServer);
  for (const RefusedUse& use : proposal.refused) {
    FAIL(sandbox::filter::NameOf(use.call));
  }
}

TEST_CASE("The network is as much as was used") {
  Learned learned = Plain();
  CHECK(Of(learned).network == NetworkAccess::kInherited);
  CHECK(Of(learned, {.relay = true}).network == NetworkAccess::kRelay);
  Call(learned, SYS_socket, {AF_NETLINK, SOCK_RAW, 0});
  CHECK(Of(learned).network == NetworkAccess::kInherited);
  CHECK(Of(learned).refused.size() == 1);
  Call(learned, SYS_socket, {AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0});
  Call(learned, SYS_connect);
  learned.connections[{AF_INET6, 587}] = 1;
  learned.connections[{AF_INET, 25}] = 1;
  learned.connections[{AF_INET, 0}] = 1;
  CHECK(Of(learned).network == NetworkAccess::kClient);
  CHECK(Of(learned).connect_to == std::vector<std::uint16_t>{25, 587});
  learned.connections_left_out = 1;
  CHECK_FALSE(Of(learned).connect_to);
  Call(learned, SYS_bind);
  CHECK(Of(learned).network == NetworkAccess::kServer);
  Call(learned, SYS_socket, {AF_PACKET, SOCK_RAW, 0});
  CHECK(Of(learned).network == NetworkAccess::kHost);
}

TEST_CASE("The sandbox is the strictest in which it could live") {
  Learned learned = Plain();
  Call(learned, SYS_socket, {AF_UNIX, SOCK_STREAM, 0});
  Call(learned, SYS_connect);
  File(learned, "/var/run/nscd/socket", sandbox::kConnects);
  File(learned, "/run/other", sandbox::kConnects, FoundAs::kNothing);
  CHECK(Of(learned).sandbox == SandboxProfile::kStrict);
  SECTION("AF_UNIX sockets") { File(learned, "/dev/log", sandbox::kConnects); }
  SECTION("abstract ones") { learned.connections[{AF_UNIX, 0}] = 1; }
  SECTION("memory to write and execute") { Call(learned, SYS_mmap, {0, 0, 7}); }
  const Proposal proposal = Of(learned);
  CHECK(proposal.sandbox == SandboxProfile::kStandard);
  CHECK(proposal.reasons.size() == 1);
}

TEST_CASE("Paths are proposed that a minimal root has not") {
  Learned learned = Plain();
  File(learned, "/usr/lib/libc.so.6", sandbox::kReads);
  File(learned, "/lib/x86_64-linux-gnu/libc.so.6", sandbox::kReads);
  File(learned, "/etc/passwd", sandbox::kReads);
  File(learned, "/proc/self/maps", sandbox::kReads);
  File(learned, "/tmp", sandbox::kReads, FoundAs::kDirectory);
  File(learned, "/tmp/made", sandbox::kReads | sandbox::kCreates, FoundAs::kNothing);
  File(learned, "/opt/served", sandbox::kReads);
  File(learned, "/etc/served.conf", sandbox::kReads);
  File(learned, "/etc/only-looked-at", sandbox::kLooks);
  File(learned, "/etc/not-there", sandbox::kReads, FoundAs::kNothing);
  File(learned, "/srv/data", sandbox::kReads, FoundAs::kDirectory);
  File(learned, "/srv/data/file", sandbox::kReads);
  File(learned, "/srv/log", sandbox::kWrites | sandbox::kCreates);
  File(learned, "/srv/spool/new", sandbox::kWrites | sandbox::kCreates, FoundAs::kNothing);
  File(learned, "/srv/spool/read", sandbox::kReads);
  const Proposal proposal = Of(learned, {.programs = {"/opt/served"}});
  CHECK(proposal.read_only == std::vector<std::string>{"/etc/served.conf", "/srv/data"});
  CHECK(proposal.read_write == std::vector<std::string>{"/srv/log", "/srv/spool"});
  CHECK(proposal.unproposed.empty());
}

TEST_CASE("Many files of a directory are the directory, unless others share it") {
  Learned learned = Plain();
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    File(learned, std::string("/srv/web/") + name, sandbox::kReads);
    File(learned, std::string("/etc/") + name, sandbox::kReads);
  }
  CHECK(Of(learned).read_only ==
        std::vector<std::string>{"/etc/a", "/etc/b", "/etc/c", "/etc/d", "/etc/e", "/srv/web"});
  File(learned, "/home", sandbox::kReads, FoundAs::kDirectory);
  File(learned, "/var/lib/x", sandbox::kMakes);
  const Proposal proposal = Of(learned);
  CHECK(proposal.unproposed.size() == 2);
  CHECK(proposal.read_write.empty());
}

TEST_CASE("In the standard sandbox only the system is read-only") {
  Learned learned = Plain();
  learned.connections[{AF_UNIX, 0}] = 1;
  File(learned, "/srv/spool/new", sandbox::kCreates, FoundAs::kNothing);
  File(learned, "/srv/read", sandbox::kReads);
  File(learned, "/etc/served/state", sandbox::kWrites);
  const Proposal proposal = Of(learned);
  CHECK(proposal.read_only.empty());
  CHECK(proposal.read_write == std::vector<std::string>{"/etc/served/state"});
}

TEST_CASE("A name that would be more than a word, or is not there, is no path to write") {
  Learned learned = Plain();
  File(learned, "/srv/a b", sandbox::kReads);
  File(learned, "/srv/x\n\tsandbox = none", sandbox::kReads);
  File(learned, "/srv/\xff", sandbox::kReads);
  const Proposal proposal = Of(learned);
  CHECK(proposal.read_only.empty());
  CHECK(proposal.unproposed.size() == 3);
  const std::string text = ProposalText(proposal, learned, {});
  CHECK(text.find("\n\tsandbox = none") == std::string::npos);
  CHECK(text.find("\t# /srv/x") != std::string::npos);
  File(learned, "/srv/gone", sandbox::kReads);
  CHECK(Propose(learned, {}, [](const std::string&) { return false; }).read_only.empty());
}

TEST_CASE("Limits are twice what was measured, rounded up") {
  Learned learned = Plain();
  learned.peaks = {20, 3, 70'000, 9'000, 100'000, 8'000};
  const std::string text = ProposalText(Of(learned), learned, {});
  for (const char* line : {"\trlimit_files      = 64\n", "\trlimit_as         = 256M\n",
                           "\trlimit_fsize      = 256K\n", "\trlimit_cpu        = 17\n",
                           "\t# rlimit_nproc      = 16\n"}) {
    INFO(text);
    CHECK(text.find(line) != std::string::npos);
  }
  learned.peaks = {};
  CHECK(ProposalText(Of(learned), learned, {}).find("\trlimit_fsize      = 0\n") !=
        std::string::npos);
  learned.peaks = {~0UL, ~0UL, ~0UL, ~0UL, ~0UL, ~0UL};
  CHECK_FALSE(ProposalText(Of(learned), learned, {}).empty());
}

TEST_CASE("Each call has its comment, and what was left out is told") {
  Learned learned = Plain();
  Call(learned, SYS_dup2, {}, 3);
  learned.files_left_out = 7;
  learned.cut_off = 1;
  const std::string text = ProposalText(Of(learned), learned, {.service = "test"});
  CHECK(text.find("\t# What test did while it was learned: 18 calls") == 0);
  CHECK(text.find("\t# read: seen 14 times, first by /usr/bin/perl\n") != std::string::npos);
  CHECK(text.find("\t# seen 3 times, first by /usr/bin/perl\n\tsyscalls         += dup2\n") !=
        std::string::npos);
  CHECK(text.find("7 uses of further ones were left out") != std::string::npos);
  CHECK(text.find("still running") != std::string::npos);
}

}  // namespace postern::cli
