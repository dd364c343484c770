// SPDX-License-Identifier: BSD-2-Clause
#include "policy/analysis/consequences.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/testlib/random_hosts.h"

namespace postern::policy::analysis {
namespace {

using testlib::RandomHosts;

// Of a rule of hosts.allow with these options.
class Options {
 public:
  Consequences::Number Of(const std::string& options) {
    policies_.push_back(RandomHosts::Compile({"ALL: ALL" + options + "\n", ""}));
    hosts::Request request;
    request.client.address = hosts::Fact::Known("192.0.2.1");
    return deeds_.Of(hosts::Evaluate(*policies_.back(), request));
  }
  bool Widens(const std::string& before, const std::string& after) {
    const Consequences::Number old = Of(before);
    return deeds_.Widens(old, Of(after));
  }
  Consequences& deeds() { return deeds_; }

 private:
  std::vector<std::shared_ptr<const hosts::HostsPolicy>> policies_;
  Consequences deeds_;
};

TEST_CASE("options are equal when they do the same in the same order") {
  Options options;
  CHECK(options.Of("") == Consequences::kNone);
  CHECK(options.Of(": allow") == Consequences::kNone);
  CHECK(options.Of(": umask 027") == options.Of(": umask 27 : allow"));
  CHECK(options.Of(": spawn a : spawn b") != options.Of(": spawn b : spawn a"));
  CHECK(options.deeds().Text(options.Of(": nice 5 : twist no")) == "nice 5 : twist no");
  // What stands in front of an error has acted.
  CHECK(options.Of(": spawn a : nonsense") == options.Of(": spawn a : deny"));
}

TEST_CASE("what is known to be more is told from what is only other") {
  struct Case {
    const char *before, *after;
    bool widens;
  };
  const Case cases[] = {
      {": twist no", "", true},
      {"", ": twist no", false},
      {": twist a", ": twist b", false},
      {": user bin", "", true},
      {": user bin", ": user root", true},
      {": user bin", ": user daemon", false},
      {"", ": user bin", false},
      {": user root", "", false},
      {": group bin", "", true},
      {": user bin.bin", ": user bin", false},
      {": umask 27", ": umask 22", true},
      {": umask 27", ": umask 77", false},
      {": umask 27", "", true},
      {"", ": umask 0", false},
      {": aclexec ask", "", true},
      {": aclexec ask", ": aclexec other", true},
      {"", ": aclexec ask", false},
      {": aclexec a : aclexec b", ": aclexec b : aclexec a", false},
      {": severity info", "", false},
      {": spawn a", "", false},
      {": setenv A b", ": banners x", false},
  };
  Options options;
  for (const Case& one : cases) {
    CAPTURE(one.before, one.after);
    CHECK(options.Widens(one.before, one.after) == one.widens);
  }
}

TEST_CASE("what two files ask for in turn is done in turn") {
  Options options;
  Consequences& deeds = options.deeds();
  const auto umask = options.Of(": umask 27"), user = options.Of(": user bin");
  const auto both = deeds.Both(umask, user);
  CHECK(deeds.Text(both) == "umask 27 : user bin");
  CHECK(deeds.Both(Consequences::kNone, user) == user);
  CHECK(deeds.Both(umask, Consequences::kNone) == umask);
  CHECK(deeds.Widens(both, umask));
  CHECK(deeds.Widens(both, user));
  CHECK_FALSE(deeds.Replaces(both));
  CHECK(deeds.Replaces(deeds.Both(umask, options.Of(": twist no"))));
}

TEST_CASE("a rule that refuses for a file that cannot be used does nothing else") {
  const auto policy = RandomHosts::Compile({"", "ALL: /none: spawn a\n"});
  hosts::Request request;
  request.client.address = hosts::Fact::Known("192.0.2.1");
  request.client.name = hosts::Fact::Unknown();
  Consequences deeds;
  CHECK(deeds.Of(hosts::Evaluate(*policy, request)) == Consequences::kNone);
}

}  // namespace
}  // namespace postern::policy::analysis
