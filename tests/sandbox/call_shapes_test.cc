// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/learn/call_shapes.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <catch2/catch.hpp>
#include <random>

#include "sandbox/filter/bpf_evaluator.h"
#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/compile.h"
#include "sandbox/filter/filter.h"

namespace postern::sandbox {
namespace {

std::vector<filter::FilterRequest> EveryRequest() {
  std::vector<filter::FilterRequest> requests;
  for (const Network network :
       {Network::kInherited, Network::kRelay, Network::kClient, Network::kServer, Network::kHost}) {
    for (unsigned bits = 0; bits < 32; ++bits) {
      filter::FilterRequest request;
      request.listed = {"@known"};
      request.network = network;
      request.unix_sockets = (bits & 1) != 0;
      request.raw_sockets = (bits & 2) != 0;
      request.accepts = (bits & 4) != 0;
      request.landlock_tcp = (bits & 8) != 0;
      request.jit = (bits & 16) != 0;
      requests.push_back(request);
    }
  }
  return requests;
}

}  // namespace

// The one thing that the kept arguments are kept for.
TEST_CASE("Calls with the same kept arguments get the same answer from every filter") {
  std::mt19937_64 random(7);
  for (const filter::FilterRequest& request : EveryRequest()) {
    const auto table = filter::JudgeCalls(request);
    REQUIRE(table);
    const auto program = filter::Compile(*table);
    REQUIRE(program);
    for (std::uint32_t call = 0; call <= filter::kHighestCall; ++call) {
      if ((*table)[call].clauses.empty()) continue;
      CHECK(HasKeptArguments(call));
      for (int round = 0; round < 40; ++round) {
        filter::CallFacts facts{call, filter::kArchitecture, 0, {}};
        for (std::uint64_t& argument : facts.arguments) argument = random();
        // What the rules name is hardly ever met by chance.
        for (const filter::ArgumentClause& clause : (*table)[call].clauses) {
          for (const filter::ArgumentTest& test : clause) {
            if (random() % 2 == 0) continue;
            facts.arguments[test.index] &= ~test.mask;
            facts.arguments[test.index] |= test.values[random() % test.values.size()] & test.mask;
          }
        }
        filter::CallFacts kept = facts;
        kept.arguments = KeptArguments(call, facts.arguments);
        INFO(filter::NameOf(call));
        CHECK(filter::Evaluate(*program, kept).value() ==
              filter::Evaluate(*program, facts).value());
        CHECK(KeptArguments(call, kept.arguments) == kept.arguments);
      }
    }
  }
}

TEST_CASE("Pointers and sizes are not kept") {
  const CallArguments any{1, 2, 3, 4, 5, 6};
  CHECK(KeptArguments(SYS_read, any) == CallArguments{});
  CHECK_FALSE(HasKeptArguments(SYS_read));
  CHECK(KeptArguments(SYS_socket, any) == CallArguments{1, 2, 3, 0, 0, 0});
  CHECK(KeptArguments(SYS_prlimit64, {9, 7, 0x7ffe0000, 0x7ffe1000, 0, 0}) ==
        CallArguments{9, 0, 1, 0, 0, 0});
  // PR_SET_NAME has a pointer where PR_SET_VMA has what a rule asks for.
  CHECK(KeptArguments(SYS_prctl, {15, 0x7ffe0000, 0, 0, 0, 0}) == CallArguments{15});
  CHECK(KeptArguments(SYS_prctl, {0x53564d41, 3, 1, 0, 0, 0}) == CallArguments{0x53564d41, 3});
}

TEST_CASE("Where the names of files are, and what becomes of the files") {
  const auto use = [](std::uint32_t call, const CallArguments& arguments) {
    FileUse all = 0;
    for (const PathArgument& path : PathsOf(call)) all |= UseOf(path, arguments);
    return all;
  };
  const auto opened = [&use](std::uint64_t flags) { return use(SYS_openat, {0, 0, flags}); };
  CHECK(opened(O_RDONLY) == kReads);
  CHECK(opened(O_WRONLY | O_TRUNC) == kWrites);
  CHECK(opened(O_RDWR | O_CREAT) == (kReads | kWrites | kCreates));
  CHECK(opened(O_RDONLY | O_CREAT) == (kReads | kCreates));
  CHECK(opened(O_PATH | O_DIRECTORY) == kLooks);
  CHECK(opened(O_WRONLY | O_TMPFILE) == (kWrites | kCreates));
  CHECK(use(SYS_execve, {}) == kExecutes);
  CHECK(use(SYS_unlinkat, {}) == kMakes);
  CHECK(use(SYS_newfstatat, {}) == kLooks);
  CHECK(PathsOf(SYS_renameat2).size() == 2);
  CHECK(PathsOf(SYS_renameat2)[1].path == 3);
  CHECK(PathsOf(SYS_renameat2)[1].directory == 2);
  CHECK(PathsOf(SYS_read).empty());
  CHECK(PathsOf(4095).empty());
  CHECK(MakesDescriptor(SYS_openat));
  CHECK_FALSE(MakesDescriptor(SYS_close));
}

}  // namespace postern::sandbox
