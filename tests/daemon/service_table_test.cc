// SPDX-License-Identifier: BSD-2-Clause
// Installing configurations one after the other. The books of posternd are checked against each
// other as well (consistency.h).
#include "daemon/acceptor/service_table.h"

#include <sys/stat.h>

#include "daemon/acceptor/consistency.h"
#include "tests/daemon/acceptor_fixture.h"
#include "tests/daemon/log_fixture.h"

namespace postern::daemon {
namespace {

namespace sys = sandbox::sys;

struct NobodyHome final : ArrivalHandler {
  void OnArrival(Service&) override {}
  void OnSocketDead(Service&) override {}
};

std::uint16_t FreePort() {
  return sys::LocalAddress(Listener::Open(Spec())->socket()).value().port();
}

policy::ServiceSpec Named(const std::string& id, std::uint16_t port) {
  auto spec = Spec();
  spec.id = spec.name = id;
  spec.listen.port = port;
  return spec;
}

policy::Configuration Of(const std::vector<policy::ServiceSpec>& specs) {
  policy::Configuration configuration;
  configuration.usable = true;
  for (const auto& spec : specs) configuration.services.push_back(Shared(spec));
  return configuration;
}

struct Fixture : LauncherFixture, LogFixture {
  LogRegistry logs{*program_log, "posternd", directory / "no-syslog"};
  std::unique_ptr<EventLoop> loop = std::move(EventLoop::Make().value());
  wrapper::HostsFiles hosts_files{{directory / "hosts.allow", directory / "hosts.deny"}};
  Admission admission{*loop, *program_log, hosts_files, std::nullopt};
  RelayClient relay{*loop, *program_log, {"/nonexistent/relay"}};
  LookupClient lookup{*loop, *program_log, {"/nonexistent/lookup"}};
  TlsClient tls{*loop, *program_log, {}, /*secret=*/0};
  Sessions sessions{*loop, *program_log, launcher, relay, lookup, tls, admission};
  NobodyHome arrivals;
  ServiceTable table{*loop, *program_log, logs, arrivals, relay, tls, sessions, {}, {}};
  std::uint16_t first_port = FreePort(), second_port = FreePort();

  Service& At(std::size_t index) { return *table.services().at(index); }
  static ino_t Inode(const Service& service) {
    struct stat status{};
    REQUIRE(::fstat(service.listener().socket().get(), &status) == 0);
    return status.st_ino;
  }
  static int Reach(std::uint16_t port) { return TryConnect(SocketAddressOf("127.0.0.1", port)); }
  std::vector<std::string> Findings() {
    return FindInconsistencies(table.services(), sessions, admission);
  }
};

TEST_CASE_METHOD(Fixture, "Installed services are listened to") {
  const auto counts = table.Install(Of({Named("a", first_port), Named("b", second_port)}), false);
  REQUIRE(counts);
  CHECK(counts->added == 2);
  CHECK(table.active() == 2);
  CHECK(Reach(first_port) == 0);
  CHECK(Reach(second_port) == 0);
  CHECK(Findings().empty());
}

TEST_CASE_METHOD(Fixture, "A reload keeps a service's socket and counts, and changes the rest") {
  REQUIRE(table.Install(Of({Named("a", first_port)}), false));
  const ino_t inode = Inode(At(0));
  const Service* service = &At(0);
  At(0).limits().Started(Address("192.0.2.1"));
  auto changed = Named("a", first_port);
  changed.instances = 7;
  const auto counts = table.Install(Of({changed, Named("b", second_port)}), true);
  REQUIRE(counts);
  CHECK(counts->kept == 1);
  CHECK(counts->added == 1);
  CHECK(counts->dropped == 0);
  CHECK(&At(0) == service);
  CHECK(Inode(At(0)) == inode);
  CHECK(At(0).limits().running() == 1);
  CHECK(At(0).spec().instances == 7);
  CHECK(Reach(second_port) == 0);
}

TEST_CASE_METHOD(Fixture, "A service that goes is not listened to any more") {
  REQUIRE(table.Install(Of({Named("a", first_port), Named("b", second_port)}), false));
  const auto counts = table.Install(Of({Named("b", second_port)}), true);
  REQUIRE(counts);
  CHECK(counts->dropped == 1);
  CHECK(Reach(first_port) == ECONNREFUSED);
  CHECK(Reach(second_port) == 0);
  CHECK(Said("service a deactivated") == 1);
}

TEST_CASE_METHOD(Fixture, "A service of another name at the same address inherits the socket") {
  REQUIRE(table.Install(Of({Named("a", first_port)}), false));
  const ino_t inode = Inode(At(0));
  REQUIRE(table.Install(Of({Named("renamed", first_port)}), true));
  CHECK(At(0).spec().id == "renamed");
  CHECK(Inode(At(0)) == inode);
  CHECK(Reach(first_port) == 0);
}

TEST_CASE_METHOD(Fixture, "A reload that fails changes nothing") {
  REQUIRE(table.Install(Of({Named("a", first_port)}), false));
  const Service* service = &At(0);
  const ino_t inode = Inode(At(0));
  const auto stranger = Listener::Open(Named("x", second_port));
  auto changed = Named("a", first_port);
  changed.instances = 7;
  const auto failed = table.Install(Of({changed, Named("b", second_port)}), true);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().find("Address already in use") != std::string::npos);
  REQUIRE(table.services().size() == 1);
  CHECK(&At(0) == service);
  CHECK(Inode(At(0)) == inode);
  CHECK_FALSE(At(0).spec().instances);
  CHECK(Reach(first_port) == 0);
}

TEST_CASE_METHOD(Fixture, "A reload that fails keeps the inherited sockets it had taken") {
  auto inherited = Named("inherited", FreePort());
  auto socket = sys::MakeSocket(sys::SocketDomain::kInet4, sys::SocketKind::kStream, 0);
  REQUIRE(sys::SetReuseAddress(*socket, true));
  REQUIRE(sys::Bind(*socket, SocketAddressOf("127.0.0.1", inherited.listen.port)));
  REQUIRE(sys::Listen(*socket, 4));
  std::vector<UniqueFd> handed;
  handed.push_back(std::move(*socket));
  ServiceTable heir(*loop, *program_log, logs, arrivals, relay, tls, sessions, {},
                    InheritedSockets(std::move(handed)));
  REQUIRE(heir.Install(Of({Named("a", first_port)}), false));
  auto stranger = Listener::Open(Named("x", second_port));
  REQUIRE(stranger);
  const auto wanted = Of({Named("a", first_port), inherited, Named("b", second_port)});
  REQUIRE_FALSE(heir.Install(wanted, true));
  CHECK(heir.unclaimed_sockets() == 1);
  CHECK(Reach(inherited.listen.port) == 0);
  {
    const Listener gone(std::move(*stranger));
  }
  REQUIRE(heir.Install(wanted, true));
  CHECK(heir.unclaimed_sockets() == 0);
  CHECK(Reach(inherited.listen.port) == 0);
}

policy::ServiceSpec Everywhere(policy::ServiceSpec spec) {
  spec.listen.address.reset();
  return spec;
}

TEST_CASE_METHOD(Fixture, "A service may be reached at more addresses after a reload") {
  REQUIRE(table.Install(Of({Named("a", first_port)}), false));
  REQUIRE(table.Install(Of({Everywhere(Named("a", first_port))}), true));
  CHECK(Reach(first_port) == 0);
  CHECK(TryConnect(SocketAddressOf("127.0.0.2", first_port)) == 0);
  REQUIRE(table.Install(Of({Named("a", first_port)}), true));
  CHECK(Reach(first_port) == 0);
  CHECK(TryConnect(SocketAddressOf("127.0.0.2", first_port)) == ECONNREFUSED);
}

TEST_CASE_METHOD(Fixture, "A reload that fails puts back the sockets that had made way") {
  auto unix = Spec();
  unix.id = unix.name = "unix";
  unix.listen.family = policy::Family::kUnix;
  unix.listen.address.reset();
  unix.listen.unix_path = directory / "socket";
  unix.listen.unix_mode = 0600;
  REQUIRE(table.Install(Of({unix, Named("a", first_port)}), false));
  const ino_t inode = Inode(At(1)), unix_inode = Inode(At(0));
  auto elsewhere = Named("x", first_port);
  elsewhere.listen.address = Address("127.0.0.2");
  auto stranger = Listener::Open(elsewhere);
  REQUIRE(stranger);
  unix.listen.unix_mode = 0666;
  const auto wanted = Of({unix, Everywhere(Named("a", first_port))});
  const auto failed = table.Install(wanted, true);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().find("Address already in use") != std::string::npos);
  CHECK(table.active() == 2);
  CHECK(Inode(At(1)) == inode);
  CHECK(Inode(At(0)) == unix_inode);
  CHECK(Reach(first_port) == 0);
  CHECK(TryConnect(*SocketAddress::Unix(unix.listen.unix_path)) == 0);
  CHECK(Listener::Open(Named("y", first_port)).error().number == EADDRINUSE);
  {
    const Listener gone(std::move(*stranger));
  }
  REQUIRE(table.Install(wanted, true));
  CHECK(TryConnect(SocketAddressOf("127.0.0.2", first_port)) == 0);
  CHECK(TryConnect(*SocketAddress::Unix(unix.listen.unix_path)) == 0);
  CHECK(::access((unix.listen.unix_path + ".leaving").c_str(), F_OK) != 0);
}

TEST_CASE_METHOD(Fixture, "A service that cps had closed is closed again when a reload fails") {
  REQUIRE(table.Install(Of({Named("a", first_port)}), false));
  At(0).Place(Hold::kClosed);
  REQUIRE(At(0).CloseListener());
  auto elsewhere = Named("x", first_port);
  elsewhere.listen.address = Address("127.0.0.2");
  const auto stranger = Listener::Open(elsewhere);
  REQUIRE(stranger);
  REQUIRE_FALSE(table.Install(Of({Everywhere(Named("a", first_port))}), true));
  CHECK(Reach(first_port) == ECONNREFUSED);
  REQUIRE(At(0).ReopenListener());
  CHECK(Reach(first_port) == 0);
}

TEST_CASE_METHOD(Fixture, "At the start a taken address is tried again, the others run") {
  auto stranger = Listener::Open(Named("x", first_port));
  REQUIRE(stranger);
  REQUIRE(table.Install(Of({Named("a", first_port), Named("b", second_port)}), false));
  CHECK(table.active() == 1);
  {
    const Listener gone(std::move(*stranger));
  }
  TurnUntil(*loop, [&] { return table.active() == 2; });
  CHECK(Reach(first_port) == 0);
  CHECK(Reach(second_port) == 0);
}

TEST_CASE_METHOD(Fixture, "A service that a reload found its socket is not tried again") {
  auto stranger = Listener::Open(Named("x", first_port));
  REQUIRE(stranger);
  const auto wanted = Of({Named("a", first_port)});
  REQUIRE(table.Install(wanted, false));
  {
    const Listener gone(std::move(*stranger));
  }
  REQUIRE(table.Install(wanted, true));
  TurnFor(*loop, 1200);  // the pause is a second
  CHECK(Said("Address already in use") == 1);
  CHECK(Reach(first_port) == 0);
}

TEST_CASE_METHOD(Fixture, "Books that disagree are found") {
  REQUIRE(table.Install(Of({Named("a", first_port)}), false));
  At(0).limits().Started(std::nullopt);
  CHECK(Findings() == std::vector<std::string>{"service a: counts 1 running servers but has 0"});
  At(0).limits().Finished(std::nullopt);
  admission.total_running = 3;
  CHECK(Findings() == std::vector<std::string>{"counts 3 servers in all but has 0"});
  admission.total_running = 0;
  At(0).Place(Hold::kServing);
  CHECK(Findings() ==
        std::vector<std::string>{"service a: suspended for a server that is not there"});
  At(0).Release(Hold::kServing);
  CHECK(Findings().empty());
}

}  // namespace
}  // namespace postern::daemon
