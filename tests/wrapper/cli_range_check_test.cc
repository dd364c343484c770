// SPDX-License-Identifier: BSD-2-Clause
// Ranges and coverage, against asking address by address.
#include <random>
#include <set>

#include "tests/wrapper/cli_policy.h"
#include "wrapper/cli/range_check.h"

namespace postern::cli {
namespace {

AddressRange Range(std::string_view text) {
  const bool outside = text.starts_with('!');
  const auto block = ParseBlock(text.substr(outside ? 1 : 0));
  REQUIRE(block);
  return {*block, outside};
}

std::set<std::string> Reached(const Coverage& coverage) {
  std::set<std::string> reached;
  for (const Coverage::Rule& rule : coverage.rules()) {
    if (rule.reached)
      reached.insert(rule.where.file + ":" + std::to_string(rule.where.line) + ":" + rule.text);
  }
  return reached;
}

struct Found {
  std::string counterexample;
  std::set<std::string> reached;
};

Found Check(const CliPolicy& policy, const Question& question, std::string_view range, bool allow) {
  const Decider decider(policy.files(), policy.system());
  Coverage coverage(policy.files());
  RangeChecker checker(decider);
  const auto found = checker.FindCounterexample(question, Range(range), allow, coverage);
  REQUIRE(found);
  return {*found ? (*found)->ToString() : "none", Reached(coverage)};
}

TEST_CASE("A range holds when every address of it is answered so") {
  const CliPolicy policy(
      {.allow = "a: 10.0.0.0/255.0.0.0\n", .deny = "a: ALL\n", .xinetd = {}, .inetd = {}});
  const Question question = Ask({{"daemon", "a"}});
  CHECK(Check(policy, question, "10.0.0.0/8", true).counterexample == "none");
  CHECK(Check(policy, question, "10.0.0.0/7", true).counterexample == "11.0.0.0");
  CHECK(Check(policy, question, "!10.0.0.0/8", false).counterexample == "none");
  CHECK(Check(policy, question, "!10.0.0.0/9", false).counterexample == "10.128.0.0");
  CHECK(Check(policy, question, "::/0", false).counterexample == "10.0.0.0");
}

TEST_CASE("Only the rules that an address of the range meets are reached") {
  const CliPolicy policy({.allow = "a: 10.1.0.0/16\na: 10.2.0.0/16\n",
                          .deny = "b: ALL\na: ALL\n",
                          .xinetd = {},
                          .inetd = {}});
  const auto reached = Check(policy, Ask({{"daemon", "a"}}), "10.1.0.0/16", true).reached;
  CHECK(reached.size() == 1);
  CHECK(reached.contains("p/hosts.allow:1:a: 10.1.0.0/16"));
  const auto more = Check(policy, Ask({{"daemon", "a"}}), "10.0.0.0/15", true).reached;
  CHECK(more.size() == 2);
  CHECK(more.contains("p/hosts.deny:2:a: ALL"));
}

TEST_CASE("An unknown account in a rule refuses the rule's range") {
  const CliPolicy policy(
      {.allow = "a: 10.: user nobody_q\n", .deny = {}, .xinetd = {}, .inetd = {}});
  CHECK(Check(policy, Ask({{"daemon", "a"}}), "10.0.0.0/8", false).counterexample == "none");
  CHECK(Check(policy, Ask({{"daemon", "a"}}), "11.0.0.0/8", true).counterexample == "none");
}

TEST_CASE("Times decide for a whole range") {
  const CliPolicy policy({.allow = {},
                          .deny = {},
                          .xinetd = policy::ServiceWith("access_times = 8:00-17:00"),
                          .inetd = {}});
  const auto at = [&policy](std::string_view time, bool allow) {
    return Check(policy, Ask({{"service", "s1"}, {"at", time}}), "::/0", allow).counterexample;
  };
  CHECK(at("9:00", true) == "none");
  CHECK(at("18:00", false) == "none");
  CHECK(at("18:00", true) == "::");
}

// Policies over few addresses, so that each rule meets some and each address meets some rule.
class RandomPolicies {
 public:
  explicit RandomPolicies(std::uint32_t seed) : random_(seed) {}

  Texts Make() {
    std::string list = "only_from = " + Words(kBlocks, 3) + "\nno_access = " + Words(kBlocks, 2);
    if (Pick(2) == 0) list += "\naccess_precedence = specific";
    return {.allow = Table(), .deny = Table(), .xinetd = policy::ServiceWith(list), .inetd = {}};
  }

 private:
  static constexpr std::string_view kBlocks[] = {
      "10.0.0.0/28",    "10.0.0.4/30",     "10.0.0.7",    "10.0.0.0/24",
      "2001:db8::/124", "2001:db8::4/126", "2001:db8::7", ".a.test",
      "b.test",         "0.0.0.0/0",       "::/0"};
  static constexpr std::string_view kClients[] = {"10.0.0.",
                                                  "10.0.0.0/30",
                                                  "10.0.0.7",
                                                  "10.0.0.1?",
                                                  "*.7",
                                                  ".5",
                                                  "ALL",
                                                  "KNOWN",
                                                  "UNKNOWN",
                                                  "[2001:db8::]/125",
                                                  "[2001:db8::7]",
                                                  "*::4",
                                                  ".a.test",
                                                  "b.test",
                                                  "EXCEPT",
                                                  "EXCEPT",
                                                  "bob@ALL",
                                                  "10.0.0.8/255.255.255.248",
                                                  "10.0.0.5/255.255.255.13",
                                                  "/missing",
                                                  "[2001:db8::]/x"};
  static constexpr std::string_view kDaemons[] = {"echo", "ALL", "other", "20001", "ec*"};

  std::size_t Pick(std::size_t count) { return random_() % count; }
  template <std::size_t kCount>
  std::string Words(const std::string_view (&from)[kCount], std::size_t most) {
    std::string words;
    for (std::size_t i = Pick(most) + 1; i > 0; --i) words += std::string(from[Pick(kCount)]) + " ";
    return words;
  }
  std::string Table() {
    constexpr std::string_view kOptions[] = {"", "", "", ": allow", ": deny", ": user nobody_q"};
    std::string table;
    for (std::size_t i = Pick(4); i > 0; --i) {
      table +=
          Words(kDaemons, 1) + ": " + Words(kClients, 4) + std::string(kOptions[Pick(6)]) + "\n";
    }
    return table;
  }

  std::mt19937 random_;
};

// What `range` must give, by asking each address of it.
Found AskEach(const CliPolicy& policy, Question question, std::string_view range, bool allow) {
  const Decider decider(policy.files(), policy.system());
  Coverage coverage(policy.files());
  const policy::CidrBlock block = Range(range).block;
  Found found{"none", {}};
  for (std::uint32_t last = 0; last < 32; ++last) {
    const auto prefix = block.is_v4() ? std::string("10.0.0.") : std::string("2001:db8::");
    char text[8];
    std::snprintf(text, sizeof text, block.is_v4() ? "%u" : "%x", last);
    const auto address = policy::IpAddress::Parse(prefix + text);
    question.client_addr = address->ToString();
    coverage.Reach(decider, question);
    const auto answer = decider.Decide(question);
    REQUIRE(answer);
    if (answer->allowed != allow && found.counterexample == "none") {
      found.counterexample = *question.client_addr;
    }
  }
  found.reached = Reached(coverage);
  return found;
}

TEST_CASE("Random policies: a range gives what each of its addresses gives") {
  RandomPolicies random(20261123);
  for (int round = 0; round < 400; ++round) {
    const Texts texts = random.Make();
    const CliPolicy policy(texts);
    for (const char* range : {"10.0.0.0/27", "2001:db8::/123"}) {
      for (const char* name : {"unknown", "paranoid", "x.a.test", "b.test"}) {
        for (const char* subject : {"service", "daemon"}) {
          const std::string_view id = std::string_view(subject) == "service" ? "s1" : "echo";
          const Question question = Ask({{subject, id}, {"client_name", name}, {"user", "bob"}});
          const bool allow = round % 2 == 0;
          const Found each = AskEach(policy, question, range, allow);
          const Found all = Check(policy, question, range, allow);
          CAPTURE(texts.allow, texts.deny, texts.xinetd, range, name, subject, allow);
          CHECK(all.counterexample == each.counterexample);
          CHECK(all.reached == each.reached);
        }
      }
    }
  }
}

TEST_CASE("Behind a proxy that is not listed, every address is refused") {
  const CliPolicy policy({.allow = {},
                          .deny = {},
                          .xinetd = policy::ServiceWith("proxy_protocol = require\n"
                                                        "proxy_from = 10.0.0.1"),
                          .inetd = {}});
  const Question listed = Ask({{"service", "s1"}, {"proxy_addr", "10.0.0.1"}});
  CHECK(Check(policy, listed, "::/0", true).counterexample == "none");
  const Question stranger = Ask({{"service", "s1"}, {"proxy_addr", "10.0.0.2"}});
  CHECK(Check(policy, stranger, "::/0", false).counterexample == "none");
}

}  // namespace
}  // namespace postern::cli
