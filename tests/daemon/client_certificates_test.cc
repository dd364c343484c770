// SPDX-License-Identifier: BSD-2-Clause
// Clients that are asked for certificates.
#include "tests/daemon/client_authority.h"

namespace postern::daemon {
namespace {

TEST_CASE("client certificates: who they are, and what keeps them out") {
  const ClientAuthority clients;
  OneService tls({.service = Trusting(clients.authority.pem())});
  const TestCertificate stranger({.common_name = "mallory"});
  const TestCertificate old({.common_name = "old", .until = -1}, &clients.authority);
  const TestCertificate soon({.common_name = "soon", .from = 600}, &clients.authority);
  SessionId id = 0;
  const auto fault = [&](const TestCertificate* shown, int version) {
    TlsClient client(version);
    if (shown != nullptr) Present(client, *shown);
    const UniqueFd program = tls.Begin(++id, 1, client.Open());
    client.Connect();  // in TLS 1.3 the client does not know yet
    const auto done = tls.Next<AnswerTlsDone>();
    CHECK(done.outcome == TlsOutcome::kHandshakeFailed);
    CHECK(ReadToEnd(program).empty());
    return done.fault;
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CHECK(fault(nullptr, version) == TlsFault::kNoCertificate);
    CHECK(fault(&stranger, version) == TlsFault::kUnknownAuthority);
    CHECK(fault(&old, version) == TlsFault::kCertificateExpired);
    CHECK(fault(&soon, version) == TlsFault::kCertificateNotYetValid);
  }
  TlsClient client;
  Present(client, clients.good);
  const UniqueFd program = tls.Begin(++id, 1, client.Open());
  const auto handshake = tls.Shake(client);
  CHECK(Valid(handshake));
  CHECK(handshake.verified == 1);
  CHECK(handshake.more_names == 0);
  CHECK(TextOf(handshake.subject.data(), handshake.subject_length) == "CN=alice");
  CHECK(TextOf(handshake.issuer.data(), handshake.issuer_length) == "CN=clients");
  REQUIRE(handshake.name_count == 3);
  CHECK(handshake.names[0].kind == WireCertNameKind::kDns);
  CHECK(std::string(handshake.names[0].text.data(), handshake.names[0].length) == "alice.test");
  CHECK(handshake.names[1].kind == WireCertNameKind::kEmail);
  CHECK(handshake.names[2].kind == WireCertNameKind::kCommonName);
}

TEST_CASE("who was verified once is asked again when an authority, or a list, is over since") {
  constexpr long kLife = 6;  // seconds, enough for four handshakes on a busy machine
  const bool by_list = GENERATE(false, true);
  const TestCertificate authority(
      {.common_name = "clients", .until = by_list ? 3600 : kLife, .authority = true});
  const TestCertificate alice({.common_name = "alice"}, &authority);
  auto wish = Trusting(authority.pem());
  if (by_list) wish.revocations = testlib::RevocationListOf(authority, kLife);
  OneService tls({.service = wish});
  struct Visitor {
    TlsClient client;
    KeptSession kept = nullptr;
  };
  Visitor visitors[] = {{TlsClient(TLS1_2_VERSION)}, {TlsClient(TLS1_3_VERSION)}};
  SessionId id = 0;
  const auto visit = [&](Visitor& visitor) {
    const UniqueFd far = visitor.client.Open();
    visitor.client.Resume(visitor.kept);
    return tls.Begin(++id, 1, far);
  };
  for (Visitor& visitor : visitors) {
    Present(visitor.client, alice);
    for (const std::uint32_t resumed : {0U, 1U}) {
      const UniqueFd program = visit(visitor);
      const auto handshake = tls.Shake(visitor.client);
      CHECK(handshake.verified == 1);
      CHECK(handshake.resumed == resumed);
      visitor.kept = tls.EndWithTicket(visitor.client, program);
    }
  }
  std::this_thread::sleep_for(std::chrono::seconds(kLife + 1));
  for (Visitor& visitor : visitors) {
    const UniqueFd program = visit(visitor);
    visitor.client.Connect();
    const auto done = tls.Next<AnswerTlsDone>();
    CHECK(done.outcome == TlsOutcome::kHandshakeFailed);
    CHECK(done.fault == (by_list ? TlsFault::kNoRevocationList : TlsFault::kCertificateExpired));
  }
}

TEST_CASE("authorities whose names do not fit in a handshake are trusted, and not named") {
  const ClientAuthority clients;
  auto wish = Trusting(clients.authority.pem());
  for (int i = 0; i < 900; ++i) {
    const std::string number = std::to_string(i);
    const TestCertificate other(
        {.common_name = number + std::string(64 - number.size(), 'x'), .authority = true});
    wish.authorities += other.pem();
  }
  OneService tls({.service = wish});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(version);
    Present(client, clients.good);
    const UniqueFd program = tls.Begin(static_cast<SessionId>(version), 1, client.Open());
    CHECK(tls.Shake(client).verified == 1);
    client.Vanish();
    tls.Next<AnswerTlsDone>();
  }
}

TEST_CASE("with `request` a client may come without, but not with a bad one") {
  const ClientAuthority clients;
  OneService tls({.service = Trusting(clients.authority.pem(), WireVerify::kRequest)});
  const TestCertificate stranger({.common_name = "mallory"});
  TlsClient none;
  const UniqueFd program = tls.Begin(1, 1, none.Open());
  CHECK(tls.Shake(none).verified == 0);
  none.Vanish();
  tls.Next<AnswerTlsDone>();
  TlsClient bad;
  Present(bad, stranger);
  const UniqueFd unused = tls.Begin(2, 1, bad.Open());
  bad.Connect();
  CHECK(tls.Next<AnswerTlsDone>().fault == TlsFault::kUnknownAuthority);
}

}  // namespace
}  // namespace postern::daemon
