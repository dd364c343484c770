// SPDX-License-Identifier: BSD-2-Clause
// The same policy, compiled by us and by libseccomp, answers alike: every number, the edges, and
// arguments that miss what is compared by a bit or by a half.
#include <linux/seccomp.h>

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "sandbox/filter/bpf_evaluator.h"
#include "sandbox/filter/call_numbers.h"
#include "sandbox/filter/compile.h"
#include "sandbox/filter/filter.h"
#include "tests/testlib/seccomp_export.h"

namespace postern::sandbox::filter {
namespace {

constexpr std::uint32_t kEnosys = SECCOMP_RET_ERRNO | ENOSYS;

// libseccomp has one answer for whatever no rule matches. So a call whose arguments matter has a
// filter of its own, in which that answer is the call's.
class ByLibseccomp {
 public:
  explicit ByLibseccomp(const CallTable& table) {
    testlib::SeccompFilter plain(kEnosys);
    for (std::uint32_t number = 0; number < table.size(); ++number) {
      const CallVerdict& verdict = table[number];
      if (verdict.clauses.empty()) {
        plain.Add(number, verdict.action);
        continue;
      }
      testlib::SeccompFilter own(verdict.action);
      for (const ArgumentClause& clause : verdict.clauses) own.Add(number, verdict.matched, clause);
      by_arguments_.emplace(number, own.Export());
    }
    plain_ = plain.Export();
  }

  std::uint32_t Answer(const CallFacts& facts) const {
    const auto own = by_arguments_.find(facts.number);
    return Evaluate(own == by_arguments_.end() ? plain_ : own->second, facts).value();
  }

  std::size_t calls_by_arguments() const { return by_arguments_.size(); }

 private:
  FilterProgram plain_;
  std::map<std::uint32_t, FilterProgram> by_arguments_;
};

class Random {
 public:
  std::uint64_t Below(std::uint64_t bound) { return engine_() % bound; }
  bool Coin() { return Below(2) == 0; }

  // Anything, or a value that the call is compared with, or one near it.
  std::uint64_t Argument(const CallVerdict* verdict, std::uint8_t index) {
    std::vector<std::uint64_t> compared;
    for (const ArgumentClause& clause :
         verdict != nullptr ? verdict->clauses : std::vector<ArgumentClause>()) {
      for (const ArgumentTest& test : clause) {
        if (test.index == index)
          compared.insert(compared.end(), test.values.begin(), test.values.end());
      }
    }
    if (compared.empty() || Below(4) == 0) return engine_() >> Below(64);
    std::uint64_t value = compared[Below(compared.size())];
    if (Coin()) value ^= 1ULL << Below(64);
    if (Coin()) value ^= engine_() << 32;
    return value;
  }

  FilterRequest Request(Network network) {
    FilterRequest request;
    request.network = network;
    request.base = Below(4) == 0 ? FilterBase::kAllButDenied : FilterBase::kListed;
    request.unlisted = static_cast<Unlisted>(Below(4));
    for (bool FilterRequest::* flag :
         {&FilterRequest::unix_sockets, &FilterRequest::raw_sockets, &FilterRequest::accepts,
          &FilterRequest::landlock_tcp, &FilterRequest::new_privileges, &FilterRequest::root_user,
          &FilterRequest::jit}) {
      request.*flag = Coin();
    }
    if (Coin()) request.added = {"@sysv-ipc", "@jit", "ptrace", "clone3"};
    if (Coin()) request.removed = {"@fs-write", "socket", "@privileged"};
    return request;
  }

 private:
  std::mt19937_64 engine_{20190321};  // the day of CVE-2019-9893
};

constexpr std::uint32_t kLast = 600;
constexpr std::uint32_t kEdges[] = {0x3fffffff, 0x40000000, 0x40000001, 0x40000200,
                                    0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

TEST_CASE("Our program answers as libseccomp's of the same policy") {
  Random random;
  std::size_t asked = 0, by_arguments = 0;
  for (int round = 0; round < 40; ++round) {
    const auto table = JudgeCalls(random.Request(static_cast<Network>(round % 5)));
    REQUIRE(table);
    const auto program = Compile(*table);
    REQUIRE(program);
    const ByLibseccomp reference(*table);
    by_arguments += reference.calls_by_arguments();
    const auto ask = [&](std::uint32_t number, std::uint32_t architecture) {
      const CallVerdict* verdict = number < table->size() ? &(*table)[number] : nullptr;
      CallFacts facts{number, architecture, random.Below(~0ULL), {}};
      for (std::uint8_t i = 0; i < 6; ++i) facts.arguments[i] = random.Argument(verdict, i);
      ++asked;
      if (Evaluate(*program, facts).value() == reference.Answer(facts)) return;
      FAIL("round " << round << ", call " << number << ": "
                    << ActionText(Evaluate(*program, facts).value())
                    << ", libseccomp: " << ActionText(reference.Answer(facts)));
    };
    for (std::uint32_t number = 0; number <= kLast; ++number) {
      const bool matters = number < table->size() && !(*table)[number].clauses.empty();
      for (int times = matters ? 40 : 4; times > 0; --times) ask(number, kArchitecture);
      ask(number, AUDIT_ARCH_I386);
    }
    for (const std::uint32_t number : kEdges) {
      ask(number, kArchitecture);
      ask(number, kArchitecture ^ 1);
    }
  }
  CHECK(asked >= 100'000);
  CHECK(by_arguments >= 400);
}

}  // namespace
}  // namespace postern::sandbox::filter
