// SPDX-License-Identifier: BSD-2-Clause
// Connections behind a proxy: whose they are, and what becomes of them when the relay fails.
#include "daemon/acceptor/behind_relay.h"
#include "policy/proxy/proxy_writer.h"
#include "tests/daemon/connections.h"
#include "tests/daemon/sessions_fixture.h"

namespace postern::daemon {
namespace {

using std::chrono::milliseconds;

constexpr RelayPatience kLong{};
constexpr RelayPatience kShort{.stop = milliseconds(100), .proxy = milliseconds(100)};
const std::string kLine = "PROXY TCP4 192.0.2.7 198.51.100.1 40001 25\r\n";

std::vector<std::string> RealRelay() {
  if (!sandbox::sys::IsRoot()) return {RELAY_PROGRAM};
  return {RELAY_PROGRAM, "--user", "65519", "65519"};
}

struct Fixture : SessionsFixture {
  std::shared_ptr<Service> MakeProxied(policy::ServiceSpec spec) {
    std::vector<policy::AddressWord> words;
    words.push_back(*policy::ParseAddressWord("127.0.0.1", {}, {}));
    spec.proxy_from = std::make_shared<policy::AccessList>(std::move(words));
    return Make(std::move(spec));
  }
  policy::ServiceSpec Script(const std::string& script) {
    policy::ServiceSpec spec = Spec();
    spec.program.path = "/bin/sh";
    spec.program.argv = {"sh", "-c", script};
    return spec;
  }
  // A client that says nothing yet.
  UniqueFd Connect(const std::shared_ptr<Service>& service, const std::string& from = "127.0.0.1") {
    ConnectionEnds client = TcpConnection();
    sessions->AwaitProxyHeader(service, std::move(client.far),
                               {SocketAddressOf(from, 4000), SocketAddressOf("127.0.0.1", 25)});
    return std::move(client.near);
  }
  void UntilRecords(std::size_t count) {
    TurnUntil(*loop, [&] {
      loop->After(milliseconds(5), [] {});
      return Records().size() >= count;
    });
  }
  // What is left of one connection that was not served.
  void CheckRefused(const std::string& from = "127.0.0.1") {
    UntilRecords(1);
    TurnFor(*loop, 50);
    REQUIRE(Records().size() == 1);
    CHECK(Records()[0].ends_with("FAIL: test proxy from=" + from));
    CHECK(sessions->count() == 0);
    CHECK(sessions->awaited_headers() == 0);
    CHECK(services[0]->limits().running() == 0);
    CHECK(services[0]->attempts == 1);
    CHECK(Findings().empty());
  }
};

TEST_CASE_METHOD(Fixture, "The program, its log and its limits know the client that was named") {
  StartRelay(RealRelay(), kLong);
  const auto service =
      MakeProxied(Script("echo $REMOTE_HOST $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT; read line"));
  const UniqueFd client = Connect(service);
  CHECK(sessions->awaited_headers() == 1);
  CHECK(sessions->count() == 0);
  Write(client, kLine);
  TurnUntil(*loop, [&] { return sessions->count() == 1; });
  CHECK(sessions->awaited_headers() == 0);
  CHECK(service->limits().running_from(Address("192.0.2.7")) == 1);
  CHECK(service->limits().running_from(Address("127.0.0.1")) == 0);
  const std::string expected = "192.0.2.7 40001 198.51.100.1 25\n";
  CHECK(ReadExactly(client, expected.size()) == expected);
  Write(client, "end\n");
  TurnUntil(*loop, [&] { return sessions->count() == 0; });
  REQUIRE(Records().size() == 2);
  CHECK(Records()[0].ends_with("START: test from=192.0.2.7"));
  CHECK(service->attempts == 1);
  CHECK(Findings().empty());
}

TEST_CASE_METHOD(Fixture, "The program knows what else the proxy has said, of its client alone") {
  StartRelay(RealRelay(), kLong);
  const auto service = MakeProxied(Script("echo \"${PROXY_AUTHORITY-none}\"; exec cat >/dev/null"));
  policy::ProxyTlvs tlvs;
  tlvs.authority = "a.test";
  const policy::ProxiedEnds ends{{Address("192.0.2.7"), 40001}, {Address("198.51.100.1"), 25}};
  for (const auto& [header, told] :
       {std::pair{policy::WriteProxyBinary(ends, tlvs), "a.test\n"},
        std::pair{policy::WriteProxyBinary(ends), "none\n"}, std::pair{kLine, "none\n"}}) {
    const UniqueFd client = Connect(service);
    Write(client, header);
    TurnUntil(*loop, [&] { return sessions->count() == 1; });
    CHECK(ReadExactly(client, std::string(told).size()) == told);
    EndWriting(client);
    TurnUntil(*loop, [&] { return sessions->count() == 0; });
  }
}

TEST_CASE_METHOD(Fixture, "Whoever is no proxy is refused without the relay") {
  StartRelay({FAKE_RELAY, "silent"}, kLong);
  MakeProxied(Spec());
  const UniqueFd client = Connect(services[0], "127.0.0.2");
  CHECK(Closed(client));
  CheckRefused("127.0.0.2");
}

TEST_CASE_METHOD(Fixture, "A relay that lets a header's deadline pass is asked to stop") {
  StartRelay({FAKE_RELAY, "stops"}, kShort);
  MakeProxied(Spec());
  const UniqueFd client = Connect(services[0]);
  CheckRefused();
  CHECK(Closed(client));
  CHECK(relay->running());
}

TEST_CASE_METHOD(Fixture, "A relay that does not answer even then is killed") {
  StartRelay({FAKE_RELAY, "ready"}, kShort);
  MakeProxied(Spec());
  const UniqueFd client = Connect(services[0]);
  CheckRefused();
  CHECK(Closed(client));
  CHECK(Said("it does not answer") == 1);
}

TEST_CASE_METHOD(Fixture, "A relay that names an address of no family is killed") {
  StartRelay({FAKE_RELAY, "liar"}, kLong);
  MakeProxied(Spec());
  const UniqueFd client = Connect(services[0]);
  CheckRefused();
  CHECK(Closed(client));
  CHECK(Said("it answered what was not asked") == 1);
}

TEST_CASE_METHOD(Fixture, "A relay that tells a name with a line feed in it is killed") {
  StartRelay({FAKE_RELAY, "forger"}, kLong);
  MakeProxied(Script("exit 0"));
  const UniqueFd client = Connect(services[0]);
  CheckRefused();
  CHECK(Closed(client));
  CHECK(Said("it answered what was not asked") == 1);
}

TEST_CASE_METHOD(Fixture, "A relay that has no room for a header's reader is not to blame") {
  StartRelay({FAKE_RELAY, "crowded"}, kLong);
  MakeProxied(Spec());
  const UniqueFd client = Connect(services[0]);
  CheckRefused();
  CHECK(Closed(client));
  CHECK(Said("the relay has no room for another session") == 1);
  CHECK(relay->running());
}

TEST_CASE_METHOD(Fixture,
                 "A relay that answers twice is killed, and the client was admitted once") {
  StartRelay({FAKE_RELAY, "twice"}, kLong);
  const auto service = MakeProxied(Script("exit 0"));
  const UniqueFd client = Connect(service);
  UntilRecords(2);
  TurnFor(*loop, 50);
  REQUIRE(Records().size() == 2);
  CHECK(Records()[0].ends_with("START: test from=::"));
  CHECK(service->attempts == 1);
  CHECK(service->limits().running() == 0);
  CHECK(Said("it answered what was not asked") == 1);
  CHECK(Findings().empty());
}

TEST_CASE_METHOD(Fixture, "Without a relay nobody is let in") {
  StartRelay({FAKE_RELAY, "exit"}, kLong);
  TurnUntil(*loop, [&] { return !relay->running(); });
  MakeProxied(Spec());
  const UniqueFd client = Connect(services[0]);
  CheckRefused();
  CHECK(Closed(client));
}

TEST_CASE_METHOD(Fixture, "A service that cps has closed meanwhile refuses whom the header names") {
  StartRelay(RealRelay(), kLong);
  const auto service = MakeProxied(Spec());
  const UniqueFd client = Connect(service);
  service->Place(Hold::kClosed);
  Write(client, kLine);
  UntilRecords(1);
  REQUIRE(Records().size() == 1);
  CHECK(Records()[0].ends_with("FAIL: test connections per second from=192.0.2.7"));
}

TEST_CASE_METHOD(Fixture, "Those who wait when the daemon ends have their records") {
  StartRelay(RealRelay(), kLong);
  const auto service = MakeProxied(Spec());
  const UniqueFd one = Connect(service), other = Connect(service);
  TurnFor(*loop, 20);
  relay->Stop();
  sessions->Abandon();
  CHECK(sessions->awaited_headers() == 0);
  REQUIRE(Records().size() == 2);
  CHECK(Records()[1].ends_with("FAIL: test proxy from=127.0.0.1"));
  CHECK(Closed(one));
  CHECK(Closed(other));
}

}  // namespace
}  // namespace postern::daemon
