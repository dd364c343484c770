// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/admission.h"

#include <fstream>

#include "daemon/log/log_registry.h"
#include "tests/daemon/acceptor_fixture.h"
#include "tests/daemon/log_fixture.h"

namespace postern::daemon {
namespace {

using policy::AddressEvidence;
using policy::DenyReason;
using policy::Endpoint;
using policy::SocketType;

struct NobodyHome final : ArrivalHandler {
  void OnArrival(Service&) override {}
  void OnSocketDead(Service&) override {}
};

struct Fixture : LogFixture {
  std::string service_file = directory / "service";
  LogRegistry logs{*program_log, "posternd", directory / "no-syslog"};
  std::unique_ptr<EventLoop> loop = std::move(EventLoop::Make().value());
  wrapper::HostsFiles hosts_files{{directory / "hosts.allow", directory / "hosts.deny"}};
  Admission admission{*loop, *program_log, hosts_files, std::nullopt};
  NobodyHome arrivals;
  Endpoint peer{Address("192.0.2.1"), 1025};
  Endpoint other{Address("192.0.2.2"), 1025};

  std::shared_ptr<Service> Make(policy::ServiceSpec spec) {
    spec.log.kind = policy::LogKind::kFile;
    spec.log.file = service_file;
    spec.log_on_failure.host = true;
    Service::Definition definition;
    definition.log = logs.Acquire(spec, {});
    definition.spec = Shared(std::move(spec));
    return std::make_shared<Service>(*loop, arrivals, std::move(definition));
  }
  policy::ServiceSpec Sensor(SocketType type) {
    auto spec = Spec(type);
    spec.kind = policy::ServiceKind::kInternal;
    spec.builtin = policy::Builtin::kSensor;
    spec.deny_time = std::chrono::minutes(5);
    return spec;
  }
  // What stands against an arrival; nullopt: nothing.
  static std::optional<Refusal> Against(Admission& admission, Service& service,
                                        const std::optional<Endpoint>& from) {
    wrapper::Connection ends;
    if (from) ends.client = SocketAddressOf(from->address.ToString(), from->port);
    const auto way = admission.Decide(service, from, from ? &ends : nullptr);
    return way ? std::nullopt : std::optional(way.error());
  }
  std::optional<Refusal> Against(Service& service, const std::optional<Endpoint>& from) {
    return Against(admission, service, from);
  }
  std::vector<std::string> Records() {
    logs.Flush();
    return testlib::LinesOf(service_file);
  }
};

TEST_CASE_METHOD(Fixture, "Nothing stands against a service without controls") {
  const auto service = Make(Spec());
  CHECK_FALSE(Against(*service, peer));
  CHECK_FALSE(Against(*service, std::nullopt));
  CHECK(service->attempts == 2);
  CHECK(Records().empty());
}

TEST_CASE_METHOD(Fixture, "Each refusal leaves exactly one record, with reason and address") {
  auto spec = Spec();
  spec.instances = 0;
  const auto service = Make(spec);
  for (const auto& from : {peer, other, peer}) {
    const auto deny = Against(*service, from);
    REQUIRE(deny);
    CHECK(deny->reason == DenyReason::kServiceLimit);
    admission.Refuse(*service, *deny, from);
  }
  const auto records = Records();
  REQUIRE(records.size() == 3);
  CHECK(records[0].ends_with("FAIL: test service_limit from=192.0.2.1"));
  CHECK(records[1].ends_with("FAIL: test service_limit from=192.0.2.2"));
  CHECK(records[2].ends_with("FAIL: test service_limit from=192.0.2.1"));
}

TEST_CASE_METHOD(Fixture, "The limit on all servers counts those of every service") {
  Admission limited(*loop, *program_log, hosts_files, 2);
  const auto service = Make(Spec());
  limited.total_running = 1;
  CHECK_FALSE(Against(limited, *service, peer));
  limited.total_running = 2;
  CHECK(Against(limited, *service, peer).value().reason == DenyReason::kProcessLimit);
}

TEST_CASE_METHOD(Fixture, "Too many connections close the service for a while, not its port") {
  auto spec = Spec();
  spec.listen.port = sandbox::sys::LocalAddress(Listener::Open(spec)->socket()).value().port();
  spec.cps = {1, 1, 1};
  const auto service = Make(spec);
  REQUIRE(service->Listen(std::move(*Listener::Open(spec))));
  const auto address = SocketAddressOf("127.0.0.1", spec.listen.port);
  CHECK_FALSE(Against(*service, peer));
  const auto deny = Against(*service, peer);
  REQUIRE(deny);
  CHECK(deny->reason == DenyReason::kConnectionsPerSecond);
  admission.Refuse(*service, *deny, peer);
  CHECK(service->held(Hold::kClosed));
  CHECK_FALSE(service->watched());
  CHECK(TryConnect(address) == ECONNREFUSED);
  CHECK(Listener::Open(spec).error().number == EADDRINUSE);
  CHECK(Said("Deactivating service test due to excessive incoming connections.  Restarting in 1 "
             "seconds.") == 1);

  TurnUntil(*loop, [&] { return !service->held(Hold::kClosed); });
  CHECK(service->watched());
  CHECK(TryConnect(address) == 0);
  CHECK(Said("Activating service test") == 1);
}

TEST_CASE_METHOD(Fixture, "A service that is closed already is not closed again") {
  auto spec = Spec();
  spec.cps = {1, 60, 1};
  const auto service = Make(spec);
  const Refusal deny{{DenyReason::kConnectionsPerSecond, AddressEvidence::kNone, nullptr}};
  admission.Refuse(*service, deny, peer);
  admission.Refuse(*service, deny, peer);
  CHECK(Said("Deactivating service test") == 1);
  CHECK(Records().size() == 2);
}

TEST_CASE_METHOD(Fixture, "Who knocks at a sensor is refused everywhere") {
  const auto sensor = Make(Sensor(SocketType::kStream));
  const auto service = Make(Spec());
  CHECK_FALSE(Against(*service, peer));
  const auto deny = Against(*sensor, peer);
  REQUIRE(deny);
  CHECK(deny->evidence == AddressEvidence::kSensor);
  admission.Refuse(*sensor, *deny, peer);
  CHECK(admission.deny_list().size() == 1);
  CHECK(Against(*service, peer).value().evidence == AddressEvidence::kDenyList);
  CHECK_FALSE(Against(*service, other));
  CHECK(Said("Adding 192.0.2.1 to the global_no_access list for 5 minutes") == 1);
}

TEST_CASE_METHOD(Fixture, "A datagram at a sensor proves nothing about its sender") {
  const auto sensor = Make(Sensor(SocketType::kDgram));
  const auto deny = Against(*sensor, peer);
  REQUIRE(deny);
  admission.Refuse(*sensor, *deny, peer);
  CHECK(admission.deny_list().size() == 0);
  CHECK(Records().size() == 1);
}

TEST_CASE_METHOD(Fixture, "A sensor that is to log only adds nobody") {
  auto spec = Sensor(SocketType::kStream);
  spec.deny_time.reset();
  const auto sensor = Make(spec);
  admission.Refuse(*sensor, Against(*sensor, peer).value(), peer);
  CHECK(admission.deny_list().size() == 0);
}

const Refusal kListed{{DenyReason::kAddress, AddressEvidence::kNoAccess, nullptr}};

TEST_CASE_METHOD(Fixture, "Repeated datagrams from one sender are recorded once in a window") {
  Admission brief(*loop, *program_log, hosts_files, std::nullopt, std::chrono::milliseconds(200));
  const auto service = Make(Spec(SocketType::kDgram));
  for (int i = 0; i < 3; ++i) brief.Refuse(*service, kListed, peer);
  CHECK(Records().size() == 1);
  brief.Refuse(*service, kListed, other);
  CHECK(Records().size() == 2);
  CHECK(Said("no records of their own") == 0);
  TurnUntil(*loop, [&] { return Said("no records of their own") == 1; });
  CHECK(Said("test: 2 more refusals within 1 seconds have no records of their own") == 1);
  brief.Refuse(*service, kListed, other);
  CHECK(Records().size() == 3);
  TurnFor(*loop, 300);
  CHECK(Said("no records of their own") == 1);
}

TEST_CASE_METHOD(Fixture, "Two senders by turns are recorded once each") {
  const auto service = Make(Spec(SocketType::kDgram));
  for (int i = 0; i < 50; ++i) {
    admission.Refuse(*service, kListed, peer);
    admission.Refuse(*service, kListed, other);
  }
  CHECK(Records().size() == 2);
}

TEST_CASE_METHOD(Fixture, "Of many forged senders a few are recorded, and the rest is counted") {
  const auto service = Make(Spec(SocketType::kDgram));
  for (std::uint32_t i = 0; i < 100; ++i) {
    admission.Refuse(*service, kListed, Endpoint{policy::IpAddress::FromV4(0xC0000200U + i), 9});
  }
  CHECK(Records().size() == RefusalWindow::kMaxRecords);
  admission.TellUnrecorded();
  CHECK(Said("test: 84 more refusals within 60 seconds have no records of their own") == 1);
  admission.TellUnrecorded();
  CHECK(Said("no records of their own") == 1);
}

TEST_CASE_METHOD(Fixture, "Each service counts for itself, a retired one too") {
  auto gone = Make(Spec(SocketType::kDgram));
  const auto stays = Make(Spec(SocketType::kDgram));
  for (int i = 0; i < 3; ++i) admission.Refuse(*gone, kListed, peer);
  admission.Refuse(*stays, kListed, peer);
  CHECK(Records().size() == 2);
  gone->Retire();
  gone.reset();
  admission.TellUnrecorded();
  CHECK(Said("test: 2 more refusals") == 1);
}

TEST_CASE_METHOD(Fixture, "Datagrams and waiting clients of unix sockets are one source") {
  for (const auto type : {SocketType::kDgram, SocketType::kStream}) {
    auto spec = Spec(type);
    spec.wait = true;
    spec.listen.family = policy::Family::kUnix;
    const auto service = Make(spec);
    const auto before = Records().size();
    for (int i = 0; i < 5; ++i) admission.Refuse(*service, kListed, std::nullopt);
    CHECK(Records().size() == before + 1);
  }
}

TEST_CASE_METHOD(Fixture, "Refused connections are recorded each, however they repeat") {
  auto waiting = Spec();
  waiting.wait = true;
  auto unix = Spec();
  unix.listen.family = policy::Family::kUnix;
  for (const auto& spec : {Spec(), waiting, unix}) {
    const auto service = Make(spec);
    const auto before = Records().size();
    for (int i = 0; i < 20; ++i) admission.Refuse(*service, kListed, std::nullopt);
    CHECK(Records().size() == before + 20);
  }
}

TEST_CASE_METHOD(Fixture, "A load that is too high is told in the program log") {
  auto spec = Spec();
  spec.max_load = 0;
  const auto service = Make(spec);
  const Refusal deny{{DenyReason::kLoad, AddressEvidence::kNone, nullptr}};
  admission.Refuse(*service, deny, peer);
  CHECK(Said("test: refused connect from 192.0.2.1 due to excessive load") == 1);
}

// For a service that is asked about as "test".
struct HostsFixture : Fixture {
  void WriteAllow(const std::string& text) { std::ofstream(directory / "hosts.allow") << text; }
  void WriteDeny(const std::string& text) { std::ofstream(directory / "hosts.deny") << text; }
  std::shared_ptr<Service> MakeAsked(policy::ServiceSpec spec = Spec()) {
    spec.libwrap_name = "test";
    return Make(std::move(spec));
  }
};

TEST_CASE_METHOD(HostsFixture, "The access files refuse whom they name, by the service's name") {
  const auto service = MakeAsked();
  WriteDeny("# a comment\ntest: 192.0.2.1\nother: ALL\n");
  const auto deny = Against(*service, peer);
  REQUIRE(deny);
  CHECK(deny->reason == DenyReason::kLibwrap);
  admission.Refuse(*service, *deny, peer);
  CHECK(Records().size() == 1);
  CHECK(Records()[0].ends_with("FAIL: test libwrap from=192.0.2.1"));
  CHECK(Said("libwrap refused connection to test (libwrap=test) from 192.0.2.1: ") == 1);
  CHECK(Said("hosts.deny:2 (rule)") == 1);
  CHECK_FALSE(Against(*service, other));
}

TEST_CASE_METHOD(HostsFixture, "hosts.allow comes before hosts.deny, and EXCEPT turns round") {
  const auto service = MakeAsked();
  WriteAllow("test: 192.0.2. EXCEPT 192.0.2.2\n");
  WriteDeny("ALL: ALL\n");
  CHECK_FALSE(Against(*service, peer));
  CHECK(Against(*service, other).value().reason == DenyReason::kLibwrap);
}

TEST_CASE_METHOD(HostsFixture, "NOLIBWRAP keeps the access files out of it") {
  auto spec = Spec();
  spec.no_libwrap = true;
  WriteDeny("ALL: ALL\n");
  CHECK_FALSE(Against(*MakeAsked(spec), peer));
  CHECK(Against(*MakeAsked(), peer));
}

TEST_CASE_METHOD(HostsFixture, "A change of the access files is seen by the next arrival") {
  const auto service = MakeAsked();
  CHECK_FALSE(Against(*service, peer));
  WriteDeny("ALL: ALL\n");
  CHECK(Against(*service, peer));
  WriteDeny("ALL: 10.\n");
  CHECK_FALSE(Against(*service, peer));
}

TEST_CASE_METHOD(HostsFixture, "A hosts.deny that is cut off refuses, and is told of once") {
  const auto service = MakeAsked();
  WriteDeny("test: 10.0.0.1");
  CHECK(Against(*service, peer).value().reason == DenyReason::kLibwrap);
  CHECK(Against(*service, other));
  CHECK(Said("hosts.deny:1 has no newline or is too long") == 1);
  WriteDeny("test: 10.0.0.1\n");
  CHECK_FALSE(Against(*service, peer));
}

TEST_CASE_METHOD(HostsFixture, "What only a program can find out is left to the gate, or refused") {
  WriteDeny("test: .example.org\n");
  wrapper::Connection ends;
  ends.client = SocketAddressOf("192.0.2.1", 1025);
  const auto admitted = admission.Decide(*MakeAsked(), peer, &ends);
  REQUIRE(admitted);
  CHECK(admitted->way == Way::kGate);
  auto internal = Spec();
  internal.kind = policy::ServiceKind::kInternal;
  CHECK(Against(*MakeAsked(internal), peer).value().hosts_rule.ends_with("(a host name decides)"));
}

TEST_CASE_METHOD(HostsFixture, "Behind tcpd the program itself is started when addresses decide") {
  auto spec = Spec();
  spec.no_libwrap = true;
  spec.wrapped = policy::Wrapped{"/bin/in.svc", "in.svc"};
  const auto service = MakeAsked(spec);
  wrapper::Connection ends;
  ends.client = SocketAddressOf("192.0.2.1", 1025);
  const auto way = [&] { return admission.Decide(*service, peer, &ends).value().way; };
  CHECK(way() == Way::kUnwrapped);
  WriteDeny("in.svc: .example.org\n");
  CHECK(way() == Way::kWritten);
  WriteDeny("in.svc: ALL: spawn true\n");
  CHECK(way() == Way::kWritten);
  WriteDeny("test: ALL\n");
  CHECK(way() == Way::kUnwrapped);
  WriteDeny("in.svc: ALL: severity mail.info\n");
  const auto deny = Against(*service, peer);
  REQUIRE(deny);
  CHECK(deny->priority == (2 << 3 | 6));
  CHECK_FALSE(admission.Decide(*service, peer, nullptr)->priority);
}

TEST_CASE_METHOD(HostsFixture, "The numeric checks come first") {
  auto spec = Spec();
  spec.instances = 0;
  WriteDeny("ALL: ALL\n");
  CHECK(Against(*MakeAsked(spec), peer).value().reason == DenyReason::kServiceLimit);
}

TEST_CASE_METHOD(HostsFixture, "A rule whose file cannot be used is told of once, not by client") {
  const auto service = MakeAsked();
  WriteDeny("test: 10.0.0.1\n");
  WriteAllow("test: /nonexistent/friends\n");
  for (int client = 0; client < 5; ++client) Against(*service, peer);
  CHECK(Said("hosts.allow:1: open /nonexistent/friends: no such file") == 1);
  WriteAllow("test: /nonexistent/friends\n\n");
  Against(*service, peer);
  CHECK(Said("hosts.allow:1: open /nonexistent/friends: no such file") == 2);
}

}  // namespace
}  // namespace postern::daemon
