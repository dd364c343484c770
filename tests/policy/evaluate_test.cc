// SPDX-License-Identifier: BSD-2-Clause
// The decision rules, their order, and that a refusal allocates nothing.
#include "policy/decision/evaluate.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>

namespace {
std::size_t allocations = 0;
}  // namespace

// Counted, so that a test can show that there were none.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace postern::policy {
namespace {

using List = std::initializer_list<std::string_view>;

std::shared_ptr<const AccessList> MakeList(List texts) {
  std::vector<AddressWord> words;
  for (const std::string_view text : texts) {
    words.push_back(*ParseAddressWord(text, SourceLocation{}, {}));
  }
  return std::make_shared<AccessList>(std::move(words));
}

ServiceSpec OnlyFrom(List texts) {
  ServiceSpec spec;
  spec.only_from = MakeList(texts);
  return spec;
}

ServiceSpec NoAccess(List texts) {
  ServiceSpec spec;
  spec.no_access = MakeList(texts);
  return spec;
}

ServiceSpec Both(List only_from, List no_access,
                 AccessPrecedence precedence = AccessPrecedence::kNoAccess) {
  ServiceSpec spec = OnlyFrom(only_from);
  spec.no_access = MakeList(no_access);
  spec.precedence = precedence;
  return spec;
}

std::string Show(const Verdict& verdict) {
  if (const auto* name = std::get_if<NeedName>(&verdict)) return "need name: " + name->rule->text;
  const auto* deny = std::get_if<Deny>(&verdict);
  if (deny == nullptr) return "allow";
  std::string text(ReasonText(deny->reason));
  if (deny->evidence != AddressEvidence::kNone)
    text += ": " + std::string(EvidenceText(deny->evidence));
  if (deny->rule != nullptr) text += ": " + deny->rule->text;
  return text;
}

std::string Ask(const ServiceSpec& spec, std::string_view peer) {
  return Show(EvaluateAddress(spec, IpAddress::Parse(peer)));
}

const std::string kNotIn = "address: not in only_from";

TEST_CASE("without lists everyone is allowed, even an unknown peer (case 31)") {
  CHECK(Ask(ServiceSpec{}, "127.0.0.1") == "allow");
  CHECK(Show(EvaluateAddress(ServiceSpec{}, std::nullopt)) == "allow");
}

TEST_CASE("an empty only_from admits nobody, an empty no_access everybody (cases 31, 42)") {
  CHECK(Ask(OnlyFrom({}), "127.0.0.1") == kNotIn);
  CHECK(Ask(NoAccess({}), "127.0.0.1") == "allow");
}

TEST_CASE("only_from admits what it holds (cases 32 to 37)") {
  struct Case {
    List words;
    std::string_view admitted, refused;
  };
  const Case kCases[] = {
      {{"127.1.0.0"}, "127.1.2.3", "127.0.0.1"},
      {{"0.0.0.0"}, "127.0.0.2", "::1"},
      {{"127.0.0.0/30"}, "127.0.0.2", "127.1.2.3"},
      {{"0.0.0.0/0"}, "127.0.0.1", "::1"},
      {{"::1"}, "::1", "127.0.0.1"},
      {{"::1/127"}, "::1", "::2"},
      {{"::1/128"}, "::1", "::"},
      {{"127.{0,1}"}, "127.1.2.3", "127.2.0.1"},
      {{"127.0.0.{1,9}"}, "127.0.0.1", "127.0.0.2"},
      {{"127.0.0.1/255.255.255.0"}, "127.0.0.2", "127.1.2.3"},
  };
  for (const Case& c : kCases) {
    CAPTURE(*c.words.begin());
    CHECK(Ask(OnlyFrom(c.words), c.admitted) == "allow");
    CHECK(Ask(OnlyFrom(c.words), c.refused) == kNotIn);
  }
  CHECK(Ask(OnlyFrom({"::/0"}), "127.0.0.1") == "allow");
  CHECK(Ask(OnlyFrom({"::"}), "::1") == kNotIn);
}

TEST_CASE("a mapped peer is an IPv4 peer (case 41)") {
  CHECK(Ask(OnlyFrom({"::ffff:127.0.0.0/104"}), "127.1.2.3") == "allow");
  CHECK(Ask(OnlyFrom({"127.0.0.0/8"}), "::ffff:127.0.0.1") == "allow");
}

TEST_CASE("no_access refuses what it holds and names the rule (case 42)") {
  CHECK(Ask(NoAccess({"127.0.0.2"}), "127.0.0.2") == "address: matched no_access: 127.0.0.2");
  CHECK(Ask(NoAccess({"127.0.0.2"}), "127.0.0.1") == "allow");
}

TEST_CASE("no_access wins, whatever is more specific (case 40)") {
  CHECK(Ask(Both({"127.0.0.1"}, {"127.0.0.1"}), "127.0.0.1") ==
        "address: matched only_from and no_access alike: 127.0.0.1");
  CHECK(Ask(Both({"127.0.0.0"}, {"127.0.0.2"}), "127.0.0.2") ==
        "address: matched no_access: 127.0.0.2");
  CHECK(Ask(Both({"127.0.0.0"}, {"127.0.0.2"}), "127.0.0.1") == "allow");
  CHECK(Ask(Both({"127.0.0.2"}, {"127.0.0.0/8"}), "127.0.0.2") ==
        "address: matched no_access: 127.0.0.0/8");
}

TEST_CASE("with access_precedence = specific the longer prefix wins and a tie denies") {
  const auto specific = AccessPrecedence::kSpecific;
  CHECK(Ask(Both({"127.0.0.2"}, {"127.0.0.0/8"}, specific), "127.0.0.2") == "allow");
  CHECK(Ask(Both({"127.0.0.0/8"}, {"127.0.0.2"}, specific), "127.0.0.2") ==
        "address: matched no_access: 127.0.0.2");
  CHECK(Ask(Both({"127.0.0.2"}, {"127.0.0.2"}, specific), "127.0.0.2") ==
        "address: matched only_from and no_access alike: 127.0.0.2");
  CHECK(Ask(Both({"127.0.0.2"}, {"127.0.0.0/8"}, specific), "127.0.0.3") ==
        "address: matched no_access: 127.0.0.0/8");
  CHECK(Ask(Both({"127.0.0.2"}, {"10.0.0.0/8"}, specific), "127.0.0.3") == kNotIn);
}

TEST_CASE("a name is asked for only where it could change the answer (cases 33, 39, 45)") {
  CHECK(Ask(OnlyFrom({"localhost"}), "127.0.0.1") == "need name: localhost");
  CHECK(Ask(OnlyFrom({"10.0.0.0/8", ".example.com"}), "10.0.0.1") == "allow");
  CHECK(Ask(OnlyFrom({"10.0.0.0/8", ".example.com"}), "11.0.0.1") == "need name: .example.com");
  CHECK(Ask(NoAccess({"no.such.host.invalid"}), "127.0.0.1") == "need name: no.such.host.invalid");
  CHECK(Ask(NoAccess({"10.0.0.0/8", "bad.example"}), "10.0.0.1") ==
        "address: matched no_access: 10.0.0.0/8");
  CHECK(Ask(Both({"10.0.0.0/8"}, {"bad.example"}), "10.0.0.1") == "need name: bad.example");
  CHECK(Ask(Both({"10.0.0.0/8"}, {"bad.example"}), "11.0.0.1") == kNotIn);
  CHECK(Ask(Both({"good.example"}, {"11.0.0.0/8"}), "11.0.0.1") ==
        "address: matched no_access: 11.0.0.0/8");
}

TEST_CASE("with access_precedence = specific a name is the most specific match") {
  const auto specific = AccessPrecedence::kSpecific;
  CHECK(Ask(Both({"good.example"}, {"11.0.0.0/8"}, specific), "11.0.0.1") ==
        "need name: good.example");
  CHECK(Ask(Both({"11.0.0.1"}, {"bad.example"}, specific), "11.0.0.1") == "need name: bad.example");
  CHECK(Ask(Both({"11.0.0.1", "good.example"}, {"11.0.0.0/8"}, specific), "11.0.0.1") == "allow");
}

TEST_CASE("a name decides once it is known, and its lack refuses") {
  const auto say = [](const ServiceSpec& spec, std::string_view name) {
    const auto peer = IpAddress::Parse("192.0.2.1");
    const Verdict verdict = EvaluateAddress(spec, peer, name);
    REQUIRE_FALSE(std::holds_alternative<NeedName>(verdict));
    const auto* const deny = std::get_if<Deny>(&verdict);
    return deny ? EvidenceText(deny->evidence) : "allowed";
  };
  const auto needs = EvidenceText(AddressEvidence::kNeedsName);
  const auto listed = EvidenceText(AddressEvidence::kNoAccess);
  const auto unlisted = EvidenceText(AddressEvidence::kNotInOnlyFrom);
  CHECK(say(OnlyFrom({".example.com"}), "a.example.com") == "allowed");
  CHECK(say(OnlyFrom({".example.com"}), "a.example.org") == unlisted);
  CHECK(say(OnlyFrom({".example.com"}), "") == needs);
  CHECK(say(OnlyFrom({".example.com", "192.0.2.0/24"}), "") == "allowed");
  CHECK(say(NoAccess({".example.com"}), "a.example.com") == listed);
  CHECK(say(NoAccess({".example.com"}), "a.example.org") == "allowed");
  CHECK(say(NoAccess({".example.com"}), "") == needs);
  CHECK(say(NoAccess({".example.com", "192.0.2.1"}), "a.example.org") == listed);

  const auto kSpecific = AccessPrecedence::kSpecific;
  CHECK(say(Both({"a.example.com"}, {"192.0.2.1"}, kSpecific), "a.example.com") == "allowed");
  CHECK(say(Both({"a.example.com"}, {"192.0.2.1"}, kSpecific), "b.example.com") == listed);
  CHECK(say(Both({"a.example.com"}, {"192.0.2.1"}), "a.example.com") == listed);
  CHECK(say(Both({".example.com"}, {"a.example.com"}, kSpecific), "a.example.com") ==
        EvidenceText(AddressEvidence::kBothLists));
}

TEST_CASE("an unknown peer is refused by any list (case 82)") {
  const std::string unknown = "address: the address of the peer is not known";
  CHECK(Show(EvaluateAddress(OnlyFrom({"0.0.0.0/0", "::/0"}), std::nullopt)) == unknown);
  CHECK(Show(EvaluateAddress(NoAccess({"10.0.0.1"}), std::nullopt)) == unknown);
  CHECK(Show(EvaluateAddress(NoAccess({}), std::nullopt)) == unknown);
}

// One service that every check refuses, and the facts that make it so.
struct Scene {
  ServiceSpec spec;
  ServiceLimits limits;
  DenyList deny_list;
  Facts facts;

  Scene() {
    facts.peer = IpAddress::Parse("192.0.2.1");
    facts.local_time = {12 * 60};
    spec = OnlyFrom({"10.0.0.0/8"});
    spec.cps.rate = 1;
    limits.Arrive(spec, facts.peer, facts.now);
    spec.max_load = 2.5;
    facts.load = 2.5;
    const std::vector<std::string_view> night = {"23:00-1:00"};
    spec.access_times = std::make_shared<AccessTimes>(*AccessTimes::Parse(night, {}));
    spec.instances = 1;
    spec.per_source = 1;
    limits.Started(facts.peer);
    facts.total_running = 1;
    facts.total_limit = 1;
    deny_list.Add(*facts.peer, facts.now, std::chrono::minutes(1));
  }

  std::string Ask() { return Show(Admit(spec, limits, deny_list, facts)); }
};

TEST_CASE("the first failing check in xinetd's order is the one reported (case 50)") {
  Scene scene;
  CHECK(scene.Ask() == "connections per second");
  scene.spec.cps.rate = 0;
  CHECK(scene.Ask() == "load");
  scene.facts.load = 2.49;
  CHECK(scene.Ask() == "time");
  scene.facts.local_time = {0};
  CHECK(scene.Ask() == "service_limit");
  scene.spec.instances = 2;
  CHECK(scene.Ask() == "per_source_limit");
  scene.spec.per_source = 2;
  CHECK(scene.Ask() == "process_limit");
  scene.facts.total_limit = 2;
  CHECK(scene.Ask() == "address: caught by a sensor earlier");
  scene.facts.now += std::chrono::minutes(1);
  CHECK(scene.Ask() == kNotIn);
  scene.facts.peer = IpAddress::Parse("10.1.1.1");
  CHECK(scene.Ask() == "allow");
}

TEST_CASE("cps_per_source is reported as its own reason, before cps") {
  Scene scene;
  scene.spec.cps_per_source = SourceRate{.count = 0, .seconds = 1};
  CHECK(scene.Ask() == "cps_per_source");
}

// A service that nothing refuses, for one check at a time.
std::string AdmitPlain(const ServiceSpec& spec, const Facts& facts, int running = 0) {
  ServiceLimits limits;
  for (int i = 0; i < running; ++i) limits.Started(facts.peer);
  return Show(Admit(spec, limits, DenyList(), facts));
}

TEST_CASE("instances = 1 refuses the second, and 0 everyone (case 46)") {
  ServiceSpec spec;
  spec.instances = 1;
  CHECK(AdmitPlain(spec, {}, 0) == "allow");
  CHECK(AdmitPlain(spec, {}, 1) == "service_limit");
  spec.instances = 0;
  CHECK(AdmitPlain(spec, {}, 0) == "service_limit");
}

TEST_CASE("per_source = 1 refuses the second from the same address only (case 47)") {
  ServiceSpec spec;
  spec.per_source = 1;
  ServiceLimits limits;
  limits.Started(IpAddress::Parse("127.0.0.1"));
  Facts facts;
  facts.peer = IpAddress::Parse("::ffff:127.0.0.1");
  CHECK(Show(Admit(spec, limits, DenyList(), facts)) == "per_source_limit");
  facts.peer = IpAddress::Parse("127.0.0.2");
  CHECK(Show(Admit(spec, limits, DenyList(), facts)) == "allow");
}

TEST_CASE("max_load refuses at its value, always when negative, and what is no number (case 50)") {
  ServiceSpec spec;
  spec.max_load = -1;
  CHECK(AdmitPlain(spec, {}) == "load");
  spec.max_load = 2.5;
  Facts facts;
  facts.load = 2.4;
  CHECK(AdmitPlain(spec, facts) == "allow");
  facts.load = -2;
  CHECK(AdmitPlain(spec, facts) == "load");
  spec.max_load = -1;
  CHECK(AdmitPlain(spec, facts) == "load");
  spec.max_load = 2.5;
  facts.load = std::numeric_limits<double>::quiet_NaN();
  CHECK(AdmitPlain(spec, facts) == "load");
  spec.max_load = std::numeric_limits<double>::quiet_NaN();
  facts.load = 0;
  CHECK(AdmitPlain(spec, facts) == "load");
}

TEST_CASE("-limit counts the servers of all services (case 55)") {
  Facts facts;
  facts.total_limit = 1;
  CHECK(AdmitPlain(ServiceSpec{}, facts) == "allow");
  facts.total_running = 1;
  CHECK(AdmitPlain(ServiceSpec{}, facts) == "process_limit");
}

TEST_CASE("services named logging and intercept are checked like any other (case 56)") {
  for (const char* name : {"logging", "intercept", "other"}) {
    ServiceSpec spec = OnlyFrom({"10.0.0.1"});
    spec.id = spec.name = name;
    Facts facts;
    facts.peer = IpAddress::Parse("127.0.0.1");
    CHECK(AdmitPlain(spec, facts) == kNotIn);
  }
}

TEST_CASE("a sensor refuses everyone, and others refuse whom it caught (cases 71, 72)") {
  ServiceSpec sensor;
  sensor.kind = ServiceKind::kInternal;
  sensor.builtin = Builtin::kSensor;
  Facts facts;
  facts.peer = IpAddress::Parse("127.0.0.2");
  CHECK(AdmitPlain(sensor, facts) == "address: the service is a sensor");
  sensor.kind = ServiceKind::kProgram;  // builtin means nothing then
  CHECK(AdmitPlain(sensor, facts) == "allow");

  DenyList deny_list;
  deny_list.Add(*facts.peer, facts.now, std::chrono::minutes(0));
  ServiceLimits limits;
  CHECK(Show(Admit({}, limits, deny_list, facts)) == "address: caught by a sensor earlier");
  facts.peer = IpAddress::Parse("127.0.0.3");
  CHECK(Show(Admit({}, limits, deny_list, facts)) == "allow");
  facts.peer.reset();
  CHECK(Show(Admit({}, limits, deny_list, facts)) == "allow");
}

TEST_CASE("no refusal allocates memory") {
  Scene scene;
  const auto denied = [&scene] {
    return std::holds_alternative<Deny>(
        Admit(scene.spec, scene.limits, scene.deny_list, scene.facts));
  };
  scene.spec.cps_per_source = SourceRate{.count = 1, .seconds = 10};
  REQUIRE(denied());  // the source is known from here on
  const std::size_t before = allocations;
  int refusals = denied();
  scene.spec.cps_per_source->count = 1000;
  refusals += denied();
  scene.spec.cps.rate = 0;
  refusals += denied();
  scene.facts.load = 0;
  refusals += denied();
  scene.facts.local_time = {0};
  refusals += denied();
  scene.spec.instances.reset();
  refusals += denied();
  scene.spec.per_source.reset();
  refusals += denied();
  scene.facts.total_limit.reset();
  refusals += denied();
  scene.facts.now += std::chrono::minutes(1);
  refusals += denied();
  const std::size_t after = allocations;
  CHECK(refusals == 9);
  CHECK(after == before);
  CHECK(after > 0);
}

TEST_CASE("only the listed may send a PROXY header, and nobody where none is asked for") {
  ServiceSpec spec;
  const auto proxy = IpAddress::Parse("10.0.0.1");
  CHECK_FALSE(MaySendProxyHeader(spec, proxy));
  spec.proxy_from = MakeList({"10.0.0.0/24", "2001:db8::/64"});
  CHECK(MaySendProxyHeader(spec, proxy));
  CHECK(MaySendProxyHeader(spec, IpAddress::Parse("::ffff:10.0.0.1")));
  CHECK(MaySendProxyHeader(spec, IpAddress::Parse("2001:db8::1")));
  CHECK_FALSE(MaySendProxyHeader(spec, IpAddress::Parse("10.0.1.1")));
  CHECK_FALSE(MaySendProxyHeader(spec, IpAddress::Parse("2001:db8:0:1::1")));
  CHECK_FALSE(MaySendProxyHeader(spec, std::nullopt));
}

}  // namespace
}  // namespace postern::policy
