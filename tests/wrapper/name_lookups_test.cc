// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/lookup/name_lookups.h"

#include <poll.h>

#include <catch2/catch.hpp>

#include "sandbox/sys/events.h"
#include "tests/testlib/dns_server.h"

namespace postern::wrapper {
namespace {

using namespace std::chrono_literals;
using policy::IpAddress;
using sandbox::dns::Transport;
using testlib::DnsBytes;
using testlib::DnsServer;

constexpr int kA = 1, kAlias = 5, kPtr = 12;
const IpAddress kClient = *IpAddress::Parse("192.0.2.7");
const std::string kQuestion = policy::ReverseQuestion(kClient);

DnsServer::Reply Ptr(const std::string& owner, const std::string& name, int lifetime = 60) {
  return {.records = {{owner, kPtr, lifetime, DnsBytes::Name(name)}}};
}
DnsServer::Reply Addresses(const std::string& owner, std::initializer_list<int> lasts) {
  DnsServer::Reply reply;
  for (const int last : lasts) {
    reply.records.push_back({owner, kA, 60, DnsBytes::Octets({192, 0, 2, last})});
  }
  return reply;
}

struct Fixture {
  DnsServer server;
  std::unique_ptr<NameLookups> lookups;
  std::chrono::milliseconds now{1000};

  explicit Fixture(std::string_view hosts = {}, std::string_view nsswitch = {},
                   std::chrono::milliseconds timeout = 1s, int attempts = 3) {
    auto transport =
        Transport::Make({.servers = {server.text()}, .timeout = timeout, .attempts = attempts});
    lookups = std::make_unique<NameLookups>(
        std::move(*transport), Files(hosts, nsswitch), [this] { return now; }, server.port());
  }
  static NameFiles Files(std::string_view hosts, std::string_view nsswitch) {
    return {policy::HostsFile::Parse(hosts), policy::ParseNameSources(nsswitch),
            policy::ParseResolverSettings("")};
  }
  template <typename Condition>
  void RunUntil(const Condition& done) {
    for (const auto end = sandbox::sys::BootTime() + 10s; !done();) {
      REQUIRE(sandbox::sys::BootTime() < end);
      pollfd wait{lookups->descriptor().get(), POLLIN, 0};
      REQUIRE(::poll(&wait, 1, static_cast<int>(lookups->Wait().value_or(10ms).count())) >= 0);
      lookups->OnReady();
    }
  }
  NameResult Look(const IpAddress& address = kClient) {
    std::optional<NameResult> result;
    lookups->Ask(address, [&result](const NameResult& found) { result = found; });
    RunUntil([&result] { return result.has_value(); });
    return *result;
  }
};

TEST_CASE_METHOD(Fixture, "a name that points back is confirmed, among all addresses it has") {
  server.Tell(kQuestion, kPtr, Ptr(kQuestion, "Good.example.test"));
  server.Tell("good.example.test", kA, Addresses("good.example.test", {1, 2, 7}));
  const NameResult result = Look();
  CHECK(result.finding == NameFinding::kConfirmed);
  CHECK(result.name == "Good.example.test");
}

TEST_CASE_METHOD(Fixture, "a name that does not is not, and each reason is told") {
  server.Tell(kQuestion, kPtr, Ptr(kQuestion, "bank.example.test", 0));
  CHECK(Look().finding == NameFinding::kNoForward);
  server.Tell("bank.example.test", kA, Addresses("bank.example.test", {1, 2}));
  now += 1h;
  CHECK(Look().finding == NameFinding::kOtherAddress);
  auto alias = Addresses("b.test", {7});
  alias.records.push_back({"bank.example.test", kAlias, 60, DnsBytes::Name("b.test")});
  server.Tell("bank.example.test", kA, alias);
  now += 1h;
  CHECK(Look().finding == NameFinding::kOtherName);
  for (const char* number : {"10.9.8.7", "1", "0x7f.1"}) {
    server.Tell(kQuestion, kPtr, Ptr(kQuestion, number, 0));
    now += 1h;
    CHECK(Look().finding == NameFinding::kNumeric);
  }
}

// For servers that do not answer.
struct Impatient : Fixture {
  Impatient() : Fixture({}, {}, 300ms, 1) {}
};

TEST_CASE_METHOD(Fixture, "no name is no name, and a name that is none as well") {
  CHECK(Look().finding == NameFinding::kNone);
  server.Tell(kQuestion, kPtr,
              {.records = {{kQuestion, kPtr, 60, DnsBytes::Labels({"a\nb", "test"})}}});
  now += 1h;
  CHECK(Look().finding == NameFinding::kNone);
  CHECK(Look(*IpAddress::Parse("fe80::1")).finding == NameFinding::kNone);
}

TEST_CASE_METHOD(Impatient, "a server that is silent, broken or not the one that was asked fails") {
  for (const DnsServer::Reply& reply :
       {DnsServer::Reply{.silent = true}, DnsServer::Reply{.code = 2},
        DnsServer::Reply{.records = {{kQuestion, kPtr, 60, DnsBytes::Name("a.test")}},
                         .wrong_number = true}}) {
    server.Tell(kQuestion, kPtr, reply);
    CHECK(Look().finding == NameFinding::kFailed);
  }
  server.Tell(kQuestion, kPtr, Ptr(kQuestion, "a.test"));
  server.Tell("a.test", kA, {.silent = true});
  CHECK(Look().finding == NameFinding::kFailed);
  // What failed is not kept.
  server.Tell(kQuestion, kPtr, {});
  CHECK(Look().finding == NameFinding::kNone);
}

TEST_CASE_METHOD(Fixture, "what is known is not asked again until its time is over") {
  server.Tell(kQuestion, kPtr, Ptr(kQuestion, "a.test", 20));
  server.Tell("a.test", kA, Addresses("a.test", {7}));
  Look();
  now += 19s;
  CHECK(Look().name == "a.test");
  CHECK(server.asked(kQuestion, kPtr) == 1);
  now += 2s;
  CHECK(Look().name == "a.test");
  CHECK(server.asked(kQuestion, kPtr) == 2);
}

TEST_CASE_METHOD(Fixture, "many who ask for one address ask the server once") {
  server.Tell(kQuestion, kPtr, Ptr(kQuestion, "a.test", 0));
  server.Tell("a.test", kA, Addresses("a.test", {7}));
  int answers = 0;
  for (int i = 0; i < 50; ++i) {
    lookups->Ask(kClient, [&](const NameResult& r) { answers += r.name == "a.test" ? 1 : 0; });
  }
  CHECK(lookups->in_flight() == 1);
  RunUntil([&] { return answers == 50; });
  CHECK(server.asked(kQuestion, kPtr) == 1);
}

TEST_CASE_METHOD(Fixture, "hundreds that are never answered do not keep one from its answer") {
  // So many at once may well overflow the server's socket: it is asked again.
  int failed = 0;
  for (std::uint32_t i = 0; i < 300; ++i) {
    const auto address = IpAddress::FromV4(0x0a000000 + i);
    server.Tell(policy::ReverseQuestion(address), kPtr, {.silent = true});
    lookups->Ask(address,
                 [&](const NameResult& r) { failed += r.finding == NameFinding::kFailed ? 1 : 0; });
  }
  server.Tell(kQuestion, kPtr, Ptr(kQuestion, "a.test"));
  server.Tell("a.test", kA, Addresses("a.test", {7}));
  CHECK(Look().name == "a.test");
  CHECK(lookups->in_flight() == 300);
  CHECK(failed == 0);
}

TEST_CASE_METHOD(Impatient, "more addresses than there is room for fail at once") {
  int failed = 0;
  for (std::uint32_t i = 0; i <= NameLookups::kMostInFlight; ++i) {
    const auto address = IpAddress::FromV4(0x0a000000 + i);
    server.Tell(policy::ReverseQuestion(address), kPtr, {.silent = true});
    lookups->Ask(address, [&](const NameResult&) { ++failed; });
  }
  CHECK(failed >= 1);
  CHECK(lookups->in_flight() <= NameLookups::kMostInFlight);
  RunUntil([&] { return lookups->in_flight() == 0; });
}

TEST_CASE("the hosts file is asked as nsswitch.conf says, in both directions") {
  const char* hosts = "192.0.2.7 a.test\n192.0.2.8 b.test\n192.0.2.9 c.test\n192.0.2.7 c.test\n";
  Fixture files(hosts, "hosts: files dns");
  files.server.Tell(kQuestion, kPtr, Ptr(kQuestion, "dns.test"));
  files.server.Tell("dns.test", kA, Addresses("dns.test", {7}));
  CHECK(files.Look().name == "a.test");
  CHECK(files.server.asked(kQuestion, kPtr) == 0);
  CHECK(files.Look(*IpAddress::Parse("192.0.2.9")).name == "c.test");  // of two lines the first
  Fixture first(hosts, "hosts: dns files");
  first.server.Tell(kQuestion, kPtr, Ptr(kQuestion, "dns.test"));
  first.server.Tell("dns.test", kA, Addresses("dns.test", {7}));
  CHECK(first.Look().name == "dns.test");
  CHECK(first.Look(*IpAddress::Parse("192.0.2.8")).name == "b.test");
  Fixture none(hosts, "hosts: ldap");
  CHECK(none.Look().finding == NameFinding::kNone);
}

TEST_CASE_METHOD(Fixture, "other files hold from the next question on") {
  server.Tell(kQuestion, kPtr, Ptr(kQuestion, "a.test"));
  server.Tell("a.test", kA, Addresses("a.test", {7}));
  CHECK(Look().name == "a.test");
  lookups->UseFiles(Files("192.0.2.7 b.test\n", ""));
  CHECK(Look().name == "b.test");
}

TEST_CASE_METHOD(Impatient, "other servers are asked when what is in flight is answered") {
  server.Tell(kQuestion, kPtr, {.silent = true});
  bool failed = false;
  lookups->Ask(kClient, [&](const NameResult& r) { failed = r.finding == NameFinding::kFailed; });
  NameFiles files = Files("", "");
  files.resolver.servers = {*IpAddress::Parse("127.0.0.2")};  // where nobody listens
  lookups->UseFiles(std::move(files));
  CHECK(Look(*IpAddress::Parse("192.0.2.8")).finding == NameFinding::kFailed);
  CHECK(failed);
  CHECK(server.asked(policy::ReverseQuestion(*IpAddress::Parse("192.0.2.8")), kPtr) == 0);
}

TEST_CASE("servers are asked at their port, in brackets where their address has colons") {
  const auto settings = NameLookups::HowToAsk(
      policy::ParseResolverSettings("nameserver 192.0.2.1\nnameserver 2001:db8::1\n"));
  CHECK(settings.servers == std::vector<std::string>{"192.0.2.1:53", "[2001:db8::1]:53"});
}

}  // namespace
}  // namespace postern::wrapper
