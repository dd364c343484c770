// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/hosts_ruling.h"

#include <catch2/catch.hpp>
#include <string>

namespace postern::daemon {
namespace {

using policy::hosts::Fact;
using policy::hosts::HostsPolicy;
using policy::hosts::Request;
using policy::hosts::SourceFile;
using Kind = HostsRuling::Kind;

std::shared_ptr<const HostsPolicy> Compiled(const std::string& allow, const std::string& deny) {
  return HostsPolicy::Compile({"allow", "deny"}, [&](const std::string& path) {
    SourceFile file;
    if (path == "allow" || path == "deny") {
      file.state = SourceFile::State::kRead;
      file.content = path == "allow" ? allow : deny;
    }
    return file;
  });
}

Request From(const std::string& address) {
  Request request;
  request.daemon = Fact::Known("svc");
  request.client.address = Fact::Known(address);
  return request;
}

HostsRuling Ruled(const std::string& allow, const std::string& deny) {
  return RuleFor(*Compiled(allow, deny), From("192.0.2.1"));
}

HostsRuling RuledForAnyone(const std::string& allow, const std::string& deny) {
  Request request;
  request.daemon = Fact::Known("svc");
  return RuleForAnyone(*Compiled(allow, deny), request);
}

TEST_CASE("What addresses decide is decided, with the rule's place") {
  CHECK(Ruled("", "").kind == Kind::kAllowed);
  CHECK(Ruled("svc: 192.0.2.\n", "ALL: ALL\n").kind == Kind::kAllowed);
  const auto refused = Ruled("svc: 10.\n", "\nALL: ALL\n");
  CHECK(refused.kind == Kind::kRefused);
  CHECK_FALSE(refused.acts);
  CHECK(refused.why == "deny:2 (rule)");
  CHECK(Ruled("svc: ALL: deny\n", "").why == "allow:1 (option of the rule)");
  CHECK(Ruled("", "svc: ALL: allow\nALL: ALL\n").kind == Kind::kAllowed);
}

TEST_CASE("What a name or a user decides needs it") {
  using policy::hosts::Needed;
  for (const auto& [deny, needs] : {std::pair{"svc: .example.org\n", Needed::kClientName},
                                    std::pair{"svc: UNKNOWN\n", Needed::kClientName},
                                    std::pair{"svc@.example.org: ALL\n", Needed::kServerName},
                                    std::pair{"svc: root@ALL\n", Needed::kUser}}) {
    INFO(deny);
    const auto ruling = Ruled("", deny);
    CHECK(ruling.kind == Kind::kNeedsFact);
    CHECK(ruling.needs == needs);
    CHECK(ruling.why.starts_with("deny:1 ("));
  }
  CHECK(Ruled("svc: 192.0.2.1\n", "svc: .example.org\n").kind == Kind::kAllowed);
  CHECK(Ruled("", "svc: 192.0.2.1 .example.org\n").kind == Kind::kRefused);
}

TEST_CASE("A grant whose options have to act is undecided; severity is not such an option") {
  for (const auto* option :
       {"spawn true", "twist /bin/echo", "setenv A b", "banners /b", "umask 77", "nice 3",
        "user nobody", "rfc931", "keepalive", "linger 3", "aclexec true"}) {
    INFO(option);
    CHECK(Ruled(std::string("svc: ALL: ") + option + "\n", "").kind == Kind::kUndecided);
  }
  CHECK(Ruled("svc: ALL: severity auth.info\n", "").kind == Kind::kAllowed);
  CHECK(Ruled("svc: ALL: allow\n", "").kind == Kind::kAllowed);
}

TEST_CASE("A refusal stands whatever its options do; a command that decides leaves it open") {
  const auto spawns = Ruled("", "svc: ALL: spawn true\n");
  CHECK(spawns.kind == Kind::kRefused);
  CHECK(spawns.acts);
  CHECK(Ruled("svc: ALL: banners /b: deny\n", "").acts);
  CHECK_FALSE(Ruled("", "svc: ALL: severity mail.warn\n").acts);
  CHECK(Ruled("", "svc: ALL: aclexec true\n").kind == Kind::kUndecided);
  const auto wrong = Ruled("svc: ALL: nonsense\n", "");
  CHECK(wrong.kind == Kind::kRefused);
  CHECK_FALSE(wrong.acts);
}

TEST_CASE("severity gives the priority of the line about the client") {
  CHECK(Ruled("", "").priority == 6);
  CHECK(Ruled("", "svc: ALL\n").priority == 4);
  CHECK(Ruled("svc: ALL: severity auth.notice\n", "").priority == (4 << 3 | 5));
  CHECK(Ruled("", "svc: ALL: severity debug\n").priority == 7);
}

TEST_CASE("Tables that cannot be read to their end refuse") {
  CHECK(Ruled("", "svc: 10.0.0.1").kind == Kind::kRefused);
  CHECK_FALSE(Ruled("", "svc: 10.0.0.1").why.empty());
}

TEST_CASE("A server that accepts for itself starts only where everybody may come") {
  CHECK(RuledForAnyone("", "").kind == Kind::kAllowed);
  CHECK(RuledForAnyone("", "other: ALL\n").kind == Kind::kAllowed);
  CHECK(RuledForAnyone("svc: ALL\n", "ALL: ALL\n").kind == Kind::kAllowed);
  CHECK(RuledForAnyone("svc: 10. ALL\n", "ALL: ALL\n").kind == Kind::kAllowed);
  CHECK(RuledForAnyone("", "svc: ALL: allow\nALL: ALL\n").kind == Kind::kAllowed);

  CHECK(RuledForAnyone("", "svc: 10.0.0.1\n").kind == Kind::kRefused);
  CHECK(RuledForAnyone("svc: 10.\n", "ALL: ALL\n").kind == Kind::kRefused);
  CHECK(RuledForAnyone("svc: ALL EXCEPT 10.\n", "ALL: ALL\n").kind == Kind::kRefused);
  CHECK(RuledForAnyone("svc: root@ALL\n", "ALL: ALL\n").kind == Kind::kRefused);
  CHECK(RuledForAnyone("svc: 10.0.0.1: deny\nsvc: ALL\n", "").kind == Kind::kRefused);
  CHECK(RuledForAnyone("svc: ALL: spawn true\n", "").kind == Kind::kRefused);
  CHECK(RuledForAnyone("", "svc@host.example.org: ALL\n").kind == Kind::kRefused);
  CHECK(RuledForAnyone("", "other: ALL").kind == Kind::kRefused);
}

TEST_CASE("A rule that might have let in and could not be asked is told of") {
  const auto ruling = Ruled("svc: /friends\nsshd: /friends\nsvc: 192.0.2.\nsvc: /more\n", "");
  CHECK(ruling.kind == Kind::kAllowed);
  CHECK(ruling.passed_over ==
        std::vector<std::string>{"allow:1: open /friends: no such file: the rule grants nothing"});
  CHECK(Ruled("svc: /friends: deny\n", "").passed_over.empty());
  CHECK(Ruled("", "svc: /friends\n").passed_over.empty());
}

}  // namespace
}  // namespace postern::daemon
