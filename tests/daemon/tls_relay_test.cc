// SPDX-License-Identifier: BSD-2-Clause
// postern-tls with postern-keys behind it: handshakes, bytes, ends, and what is refused.
#include <ctime>
#include <fstream>

#include "tests/daemon/tls_fixture.h"

namespace postern::daemon {
namespace {

std::string TextOf(const char* bytes, std::uint32_t length) { return {bytes, length}; }

TEST_CASE("every kind of key and both versions: a handshake, bytes both ways, both ends closed") {
  TlsUnderTest tls;
  const auto kind =
      GENERATE(as<std::string>(), "P-256", "P-384", "P-521", "RSA:2048", "RSA-PSS", "ED25519");
  const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  CAPTURE(kind, version);
  const TestCertificate certificate({.kind = kind});
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  SSL_CTX_set_max_proto_version(client.context(), version);
  const UniqueFd program = tls.Begin(7, 1, client.Open());
  REQUIRE(client.Connect());
  const auto handshake = tls.Next<AnswerTls>();
  CHECK(Valid(handshake));
  CHECK(handshake.header.session == 7);
  CHECK(handshake.version == static_cast<std::uint32_t>(version));
  CHECK(TextOf(handshake.cipher.data(), handshake.cipher_length) ==
        SSL_get_cipher_name(client.ssl()));
  CHECK(handshake.verified == 0);
  REQUIRE(client.Write("to the program"));
  CHECK(ReadExactly(program, 14) == "to the program");
  Write(program, "to the client");
  CHECK(client.Read(13) == "to the client");
  client.HalfClose();
  CHECK(ReadToEnd(program).empty());
  Write(program, "after the client's end");
  ::shutdown(program.get(), SHUT_WR);
  CHECK(client.ReadToClose() == "after the client's end");
  const auto done = tls.Next<AnswerTlsDone>();
  CHECK(done.outcome == TlsOutcome::kFinished);
  CHECK(done.bytes_in == 14);
  CHECK(done.bytes_out == 13 + 22);
}

TEST_CASE("names choose certificates; one that none has gets the first, or an end") {
  TlsUnderTest tls;
  const TestCertificate a({.common_name = "a", .names = {"DNS:a.test"}});
  const TestCertificate b({.common_name = "b", .names = {"DNS:*.b.test"}});
  TlsUnderTest::Wish strict;
  strict.ask.strict_names = 1;
  REQUIRE(tls.AddService(1, {&a, &b}).verdict == TlsVerdict::kGood);
  REQUIRE(tls.AddService(2, {&a, &b}, strict).verdict == TlsVerdict::kGood);
  SessionId id = 0;
  const auto served = [&](TlsServiceId service, const char* host) -> std::string {
    TlsClient client;
    const UniqueFd far = client.Open();
    if (host != nullptr) client.Name(host);
    const UniqueFd program = tls.Begin(++id, service, far);
    if (!client.Connect()) {
      const auto done = tls.Next<AnswerTlsDone>();
      CHECK(done.outcome == TlsOutcome::kHandshakeFailed);
      CHECK(done.fault == TlsFault::kUnknownName);
      return "refused";
    }
    const auto handshake = tls.Next<AnswerTls>();
    CHECK(TextOf(handshake.server_name.data(), handshake.server_name_length) ==
          (host == nullptr ? "" : host));
    X509* const shown = SSL_get0_peer_certificate(client.ssl());
    client.Vanish();
    CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kClientGone);
    return X509_cmp(shown, a.certificate()) == 0 ? "a" : "b";
  };
  CHECK(served(1, "a.test") == "a");
  CHECK(served(1, "X.B.test") == "b");
  CHECK(served(1, "c.test") == "a");
  CHECK(served(1, nullptr) == "a");
  CHECK(served(2, "x.b.test") == "b");
  CHECK(served(2, "x.y.b.test") == "refused");
  CHECK(served(2, nullptr) == "refused");
}

TEST_CASE("for a name that none has the first serves, whatever kind of key the client prefers") {
  TlsUnderTest tls;
  const TestCertificate first({.kind = "RSA:2048", .names = {"DNS:a.test"}}),
      other({.names = {"DNS:b.test"}}), twin({.names = {"DNS:a.test"}});
  REQUIRE(tls.AddService(1, {&first, &other}).verdict == TlsVerdict::kGood);
  REQUIRE(tls.AddService(2, {&first, &other, &twin}).verdict == TlsVerdict::kGood);
  SessionId id = 0;
  for (const auto& [service, expected] :
       {std::pair<TlsServiceId, const TestCertificate*>{1, &first}, {2, &twin}}) {
    for (const char* host : {"c.test", static_cast<const char*>(nullptr)}) {
      TlsClient client;
      const UniqueFd far = client.Open();
      if (host != nullptr) client.Name(host);
      const UniqueFd program = tls.Begin(++id, service, far);
      REQUIRE(client.Connect());
      tls.Next<AnswerTls>();
      CHECK(X509_cmp(SSL_get0_peer_certificate(client.ssl()), expected->certificate()) == 0);
      client.Vanish();
      tls.Next<AnswerTlsDone>();
    }
  }
}

TEST_CASE("of two certificates for one name the client gets the one it understands") {
  TlsUnderTest tls;
  const TestCertificate ec({.names = {"DNS:a.test"}}),
      rsa({.kind = "RSA:2048", .names = {"DNS:a.test"}});
  REQUIRE(tls.AddService(1, {&ec, &rsa}).verdict == TlsVerdict::kGood);
  SessionId id = 0;
  for (const auto& [signatures, expected] :
       {std::pair{"ECDSA+SHA256", &ec}, {"RSA-PSS+SHA256", &rsa}}) {
    TlsClient client;
    SSL_CTX_set1_sigalgs_list(client.context(), signatures);
    const UniqueFd program = tls.Begin(++id, 1, client.Open());
    REQUIRE(client.Connect());
    tls.Next<AnswerTls>();
    CHECK(X509_cmp(SSL_get0_peer_certificate(client.ssl()), expected->certificate()) == 0);
    client.HalfClose();
    ::shutdown(program.get(), SHUT_RDWR);
    tls.Next<AnswerTlsDone>();
  }
}

TEST_CASE("a session is resumed by its ticket, without a signature") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsClient client;
  SSL_CTX_set_max_proto_version(client.context(), version);
  std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>> kept;
  for (SessionId id = 1; id <= 3; ++id) {
    const UniqueFd far = client.Open();
    if (kept) SSL_set_session(client.ssl(), kept.get());
    const UniqueFd program = tls.Begin(id, 1, far);
    REQUIRE(client.Connect());
    CAPTURE(version, id);
    CHECK(tls.Next<AnswerTls>().resumed == (id == 1 ? 0 : 1));
    Write(program, "x");
    CHECK(client.Read(1) == "x");  // the ticket comes before
    kept.reset(SSL_get1_session(client.ssl()));
    client.HalfClose();
    ::shutdown(program.get(), SHUT_RDWR);
    tls.Next<AnswerTlsDone>();
  }
}

TEST_CASE("under another name a session is not resumed: RFC 6066 section 3") {
  TlsUnderTest tls;
  const TestCertificate certificate({.names = {"DNS:*.b.test"}});
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsClient client;
  SSL_CTX_set_max_proto_version(client.context(), version);
  std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>> first;
  SessionId id = 0;
  const auto resumed = [&](const char* host) {
    const UniqueFd far = client.Open();
    if (host != nullptr) client.Name(host);
    if (first) SSL_set_session(client.ssl(), first.get());
    const UniqueFd program = tls.Begin(++id, 1, far);
    REQUIRE(client.Connect());
    const auto handshake = tls.Next<AnswerTls>();
    CHECK(TextOf(handshake.server_name.data(), handshake.server_name_length) ==
          (host == nullptr ? "" : host));
    Write(program, "x");
    CHECK(client.Read(1) == "x");  // the ticket comes before
    if (!first) first.reset(SSL_get1_session(client.ssl()));
    client.HalfClose();
    ::shutdown(program.get(), SHUT_RDWR);
    tls.Next<AnswerTlsDone>();
    return handshake.resumed == 1;
  };
  CAPTURE(version);
  CHECK_FALSE(resumed("a.b.test"));
  CHECK(resumed("a.b.test"));
  CHECK_FALSE(resumed("c.b.test"));
  CHECK_FALSE(resumed(nullptr));
}

TEST_CASE("ALPN chooses in our order, and ends a handshake with nothing in common") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  TlsUnderTest::Wish wish;
  const std::string ours = "\x03two\x03one";
  std::copy(ours.begin(), ours.end(), wish.ask.alpn.begin());
  wish.ask.alpn_length = static_cast<std::uint32_t>(ours.size());
  REQUIRE(tls.AddService(1, {&certificate}, wish).verdict == TlsVerdict::kGood);
  const auto offer = [](TlsClient& client, const std::string& list) {
    SSL_CTX_set_alpn_protos(client.context(), reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()));
  };
  TlsClient client;
  offer(client, "\x03one\x03two");
  const UniqueFd program = tls.Begin(1, 1, client.Open());
  REQUIRE(client.Connect());
  const auto handshake = tls.Next<AnswerTls>();
  CHECK(TextOf(handshake.alpn.data(), handshake.alpn_length) == "two");
  client.Vanish();
  tls.Next<AnswerTlsDone>();
  TlsClient other;
  offer(other, "\x05three");
  const UniqueFd unused = tls.Begin(2, 1, other.Open());
  CHECK_FALSE(other.Connect());
  CHECK(tls.Next<AnswerTlsDone>().fault == TlsFault::kNoProtocol);
}

struct ClientAuthority {
  TestCertificate authority{{.common_name = "clients", .authority = true}};
  TestCertificate good{{.common_name = "alice", .names = {"DNS:alice.test", "email:a@x.test"}},
                       &authority};
};

void Present(TlsClient& client, const TestCertificate& certificate) {
  REQUIRE(SSL_CTX_use_certificate(client.context(), certificate.certificate()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(client.context(), certificate.key()) == 1);
}

TEST_CASE("client certificates: who they are, and what keeps them out") {
  TlsUnderTest tls;
  const ClientAuthority clients;
  const TestCertificate server, stranger({.common_name = "mallory"});
  const TestCertificate old({.common_name = "old", .until = -1}, &clients.authority);
  const TestCertificate soon({.common_name = "soon", .from = 600}, &clients.authority);
  TlsUnderTest::Wish wish;
  wish.ask.verify = WireVerify::kRequire;
  wish.authorities = clients.authority.pem();
  REQUIRE(tls.AddService(1, {&server}, wish).verdict == TlsVerdict::kGood);
  SessionId id = 0;
  const auto fault = [&](const TestCertificate* shown, int version) {
    TlsClient client;
    SSL_CTX_set_max_proto_version(client.context(), version);
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
  REQUIRE(client.Connect());
  const auto handshake = tls.Next<AnswerTls>();
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
  TlsUnderTest tls;
  constexpr long kLife = 6;  // seconds, enough for four handshakes on a busy machine
  const bool by_list = GENERATE(false, true);
  const TestCertificate authority(
      {.common_name = "clients", .until = by_list ? 3600 : kLife, .authority = true});
  const TestCertificate alice({.common_name = "alice"}, &authority), server;
  TlsUnderTest::Wish wish;
  wish.ask.verify = WireVerify::kRequire;
  wish.authorities = authority.pem();
  if (by_list) wish.revocations = testlib::RevocationListOf(authority, kLife);
  REQUIRE(tls.AddService(1, {&server}, wish).verdict == TlsVerdict::kGood);
  struct Visitor {
    TlsClient client;
    std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>> kept;
  };
  Visitor visitors[2];
  SSL_CTX_set_max_proto_version(visitors[0].client.context(), TLS1_2_VERSION);
  SessionId id = 0;
  const auto visit = [&](Visitor& visitor) {
    const UniqueFd far = visitor.client.Open();
    if (visitor.kept) SSL_set_session(visitor.client.ssl(), visitor.kept.get());
    return tls.Begin(++id, 1, far);
  };
  for (Visitor& visitor : visitors) {
    Present(visitor.client, alice);
    for (const std::uint32_t resumed : {0U, 1U}) {
      const UniqueFd program = visit(visitor);
      REQUIRE(visitor.client.Connect());
      const auto handshake = tls.Next<AnswerTls>();
      CHECK(handshake.verified == 1);
      CHECK(handshake.resumed == resumed);
      Write(program, "x");
      CHECK(visitor.client.Read(1) == "x");  // the ticket comes before
      visitor.kept.reset(SSL_get1_session(visitor.client.ssl()));
      visitor.client.HalfClose();
      ::shutdown(program.get(), SHUT_RDWR);
      tls.Next<AnswerTlsDone>();
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
  TlsUnderTest tls;
  const ClientAuthority clients;
  const TestCertificate server;
  TlsUnderTest::Wish wish;
  wish.ask.verify = WireVerify::kRequire;
  wish.authorities = clients.authority.pem();
  for (int i = 0; i < 900; ++i) {
    const std::string number = std::to_string(i);
    const TestCertificate other(
        {.common_name = number + std::string(64 - number.size(), 'x'), .authority = true});
    wish.authorities += other.pem();
  }
  REQUIRE(tls.AddService(1, {&server}, wish).verdict == TlsVerdict::kGood);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client;
    SSL_CTX_set_max_proto_version(client.context(), version);
    Present(client, clients.good);
    const UniqueFd program = tls.Begin(static_cast<SessionId>(version), 1, client.Open());
    REQUIRE(client.Connect());
    CHECK(tls.Next<AnswerTls>().verified == 1);
    client.Vanish();
    tls.Next<AnswerTlsDone>();
  }
}

TEST_CASE("with `request` a client may come without, but not with a bad one") {
  TlsUnderTest tls;
  const ClientAuthority clients;
  const TestCertificate server, stranger({.common_name = "mallory"});
  TlsUnderTest::Wish wish;
  wish.ask.verify = WireVerify::kRequest;
  wish.authorities = clients.authority.pem();
  REQUIRE(tls.AddService(1, {&server}, wish).verdict == TlsVerdict::kGood);
  TlsClient none;
  const UniqueFd program = tls.Begin(1, 1, none.Open());
  REQUIRE(none.Connect());
  CHECK(tls.Next<AnswerTls>().verified == 0);
  none.Vanish();
  tls.Next<AnswerTlsDone>();
  TlsClient bad;
  Present(bad, stranger);
  const UniqueFd unused = tls.Begin(2, 1, bad.Open());
  bad.Connect();
  CHECK(tls.Next<AnswerTlsDone>().fault == TlsFault::kUnknownAuthority);
}

TEST_CASE("what is no TLS, an old version, silence: each ends with its reason") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  TlsUnderTest::Wish wish;
  wish.ask.min_version = kTls13;
  wish.ask.handshake_ms = 300;
  REQUIRE(tls.AddService(1, {&certificate}, wish).verdict == TlsVerdict::kGood);
  auto [near, far] = UnixConnection();
  UniqueFd program = tls.Begin(1, 1, far);
  far.Reset();
  Write(near, "GET / HTTP/1.0\r\n\r\n");
  CHECK(tls.Next<AnswerTlsDone>().fault == TlsFault::kNotTls);
  TlsClient old;
  SSL_CTX_set_max_proto_version(old.context(), TLS1_2_VERSION);
  program = tls.Begin(2, 1, old.Open());
  CHECK_FALSE(old.Connect());
  CHECK(tls.Next<AnswerTlsDone>().fault == TlsFault::kNoVersion);
  auto [silent, other] = UnixConnection();
  program = tls.Begin(3, 1, other);
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kHandshakeLate);
  auto [gone, its] = UnixConnection();
  gone.Reset();
  program = tls.Begin(4, 1, its);
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kClientGone);
}

TEST_CASE("a client that leaves without close_notify is told as gone; the program finds an end") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open());
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  REQUIRE(client.Write("half a line"));
  client.Vanish();
  CHECK(ReadToEnd(program) == "half a line");
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kClientGone);
}

TEST_CASE("a silent session ends after its idle timeout") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(), 200);
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kIdle);
}

TEST_CASE("a slow reader and a flood both ways at once: every byte, in order") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open());
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  std::string much(8'000'000, '\0');
  for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>(i * 2654435761U >> 13);
  std::string received;
  std::thread service([&] {
    std::thread sender([&] {
      TryWrite(program, much);
      ::shutdown(program.get(), SHUT_WR);
    });
    received = ReadToEnd(program);
    sender.join();
  });
  std::size_t sent = 0;
  std::string back;
  char piece[16384];
  SSL_set_mode(client.ssl(), SSL_MODE_ENABLE_PARTIAL_WRITE);
  const timeval brief{0, 1000};
  ::setsockopt(client.socket().get(), SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof brief);
  ::setsockopt(client.socket().get(), SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief);
  bool closed = false;
  while (sent < much.size() || !closed) {
    if (sent < much.size()) {
      const int n = SSL_write(client.ssl(), much.data() + sent,
                              static_cast<int>(std::min<std::size_t>(16000, much.size() - sent)));
      if (n > 0) sent += static_cast<std::size_t>(n);
      if (sent == much.size()) client.HalfClose();
    }
    const int n = SSL_read(client.ssl(), piece, sizeof piece);
    if (n > 0) back.append(piece, static_cast<std::size_t>(n));
    if (n <= 0 && SSL_get_error(client.ssl(), n) == SSL_ERROR_ZERO_RETURN) closed = true;
    if (n <= 0 && SSL_get_error(client.ssl(), n) == SSL_ERROR_SSL) break;
  }
  service.join();
  CHECK(received == much);
  CHECK(back == much);
  const auto done = tls.Next<AnswerTlsDone>();
  CHECK(done.bytes_in == much.size());
  CHECK(done.bytes_out == much.size());
}

TEST_CASE("without postern-keys no handshake succeeds; a stuck one is given up once, and told") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  const UniqueFd deaf = tls.NewDeafEdge();
  TlsClient first, second, third;
  const UniqueFd program = tls.Begin(1, 1, first.Open());
  CHECK_FALSE(first.Connect());
  CHECK(tls.Next<AnswerTlsDone>().fault == TlsFault::kNoSignature);
  tls.Next<AnswerKeysStuck>();
  const UniqueFd other = tls.Begin(2, 1, second.Open());
  const auto before = sys::BootTime();
  CHECK_FALSE(second.Connect());
  CHECK(sys::BootTime() - before < std::chrono::milliseconds(1500));
  CHECK(tls.Next<AnswerTlsDone>().fault == TlsFault::kNoSignature);
  tls.NewEdge();
  const UniqueFd last = tls.Begin(3, 1, third.Open());
  CHECK(third.Connect());
}

TEST_CASE("what cannot serve is not taken, with the reason") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  TlsUnderTest::Wish wish;
  wish.authorities = "no certificate";
  const auto verdict = [&](TlsServiceId id) {
    return tls.AddService(id, {&certificate}, wish).verdict;
  };
  CHECK(verdict(1) == TlsVerdict::kBadAuthorities);
  wish.authorities = certificate.pem() + certificate.key_pem();
  CHECK(verdict(6) == TlsVerdict::kBadAuthorities);
  wish.authorities = certificate.pem();
  wish.revocations = "no list";
  CHECK(verdict(2) == TlsVerdict::kBadRevocations);
  wish.revocations.clear();
  wish.staples = {"no response"};
  CHECK(verdict(3) == TlsVerdict::kBadStaple);
  wish.staples.clear();
  wish.chain = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  CHECK(verdict(4) == TlsVerdict::kBadCertificate);
  wish.chain.clear();
  CHECK(verdict(5) == TlsVerdict::kGood);
  const TestCertificate authority({.common_name = "authority", .authority = true});
  const TestCertificate outdated({.sha1 = true}, &authority);
  CHECK(tls.AddService(7, {&outdated}).verdict == TlsVerdict::kBadCertificate);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 3, client.Open());
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kUnknownService);
}

TEST_CASE(
    "an OCSP response that is over is refused, but from who was judged before just not sent") {
  TlsUnderTest tls;
  const TestCertificate authority({.common_name = "authority", .authority = true});
  const TestCertificate server({}, &authority);
  const auto add = [&](TlsServiceId id, long until, bool judged) {
    TlsUnderTest::Wish wish;
    wish.staples = {testlib::StapleOf(server, authority, until)};
    wish.judged = judged;
    return tls.AddService(id, {&server}, wish).verdict;
  };
  CHECK(add(1, -60, false) == TlsVerdict::kBadStaple);
  REQUIRE(add(2, -60, true) == TlsVerdict::kGood);
  REQUIRE(add(3, 3600, false) == TlsVerdict::kGood);
  for (const TlsServiceId service : {2U, 3U}) {
    TlsClient client;
    const UniqueFd far = client.Open();
    SSL_ctrl(client.ssl(), SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, TLSEXT_STATUSTYPE_ocsp, nullptr);
    const UniqueFd program = tls.Begin(service, service, far);
    REQUIRE(client.Connect());
    tls.Next<AnswerTls>();
    unsigned char* staple = nullptr;
    const long length =
        SSL_ctrl(client.ssl(), SSL_CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP, 0, &staple);
    CHECK((length > 0) == (service == 3));
    client.Vanish();
    tls.Next<AnswerTlsDone>();
  }
}

std::string StatusOf(pid_t pid, const std::string& key) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + ":")) return line.substr(key.size() + 2);
  }
  return "absent";
}

TEST_CASE("the programs serve from behind their filters, without a right") {
  TlsUnderTest tls(TlsPrograms{{KEYS_PROGRAM, "--user", "65534", "65534"},
                               {TLS_PROGRAM, "--user", "65533", "65533"}});
  const ClientAuthority clients;
  const TestCertificate rsa({.kind = "RSA:2048"}), ec({.names = {"DNS:a.test"}});
  TlsUnderTest::Wish wish;
  wish.ask.verify = WireVerify::kRequest;
  wish.authorities = clients.authority.pem();
  REQUIRE(tls.AddService(1, {&rsa, &ec}, wish).verdict == TlsVerdict::kGood);
  SessionId id = 0;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const bool shows : {false, true}) {
      TlsClient client;
      SSL_CTX_set_max_proto_version(client.context(), version);
      if (shows) Present(client, clients.good);
      const UniqueFd program = tls.Begin(++id, 1, client.Open());
      REQUIRE(client.Connect());
      CHECK(tls.Next<AnswerTls>().verified == (shows ? 1 : 0));
      const std::string much(300'000, 'x');
      std::thread writer([&] {
        TryWrite(program, much);
        ::shutdown(program.get(), SHUT_WR);
      });
      CHECK(client.ReadToClose() == much);
      writer.join();
      client.HalfClose();
      CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kFinished);
    }
  }
  CHECK(StatusOf(tls.tls_pid(), "Uid") == "65533\t65533\t65533\t65533");
  CHECK(StatusOf(tls.tls_pid(), "CapEff") == "0000000000000000");
  CHECK(StatusOf(tls.tls_pid(), "NoNewPrivs") == "1");
  CHECK(StatusOf(tls.tls_pid(), "Seccomp") == "2");
  CHECK(tls.CloseAndAwait().status == 0);
}

TEST_CASE("a dialogue comes before the handshake, and plaintext after it where that is allowed") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp);
  Write(program, "220 hi\r\n");
  CHECK(ReadExactly(client.socket(), 8) == "220 hi\r\n");
  Write(client.socket(), "EHLO me\r\n");
  CHECK(ReadExactly(program, 9) == "EHLO me\r\n");
  Write(program, "250 me\r\n");
  CHECK(ReadExactly(client.socket(), 22) == "250-me\r\n250 STARTTLS\r\n");
  Write(client.socket(), "STARTTLS\r\n");
  CHECK(ReadExactly(client.socket(), 30) == "220 2.0.0 Ready to start TLS\r\n");
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  REQUIRE(client.Write("EHLO again\r\n"));
  pollfd heard{program.get(), POLLIN, 0};
  CHECK(::poll(&heard, 1, 200) == 0);  // posternd has not let it in
  tls.Admit(1);
  CHECK(ReadExactly(program, 12) == "EHLO again\r\n");
  client.Vanish();
  tls.Next<AnswerTlsDone>();

  TlsClient plain;
  const UniqueFd second = tls.Begin(2, 1, plain.Open(), 0, WireStartTls::kSmtp, false);
  Write(second, "220 hi\r\n");
  CHECK(ReadExactly(plain.socket(), 8) == "220 hi\r\n");
  Write(plain.socket(), "MAIL FROM:<a@b>\r\n");
  CHECK(ReadExactly(second, 17) == "MAIL FROM:<a@b>\r\n");
  ::shutdown(plain.socket().get(), SHUT_WR);
  CHECK(ReadToEnd(second).empty());
  Write(second, "250 ok\r\n");
  ::shutdown(second.get(), SHUT_RDWR);
  CHECK(ReadExactly(plain.socket(), 8) == "250 ok\r\n");
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kFinished);
}

TEST_CASE("what the service has said behind the last answer comes inside of TLS") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kImap);
  Write(program, "* OK hi\r\n");
  Write(client.socket(), "a NOOP\r\nb STARTTLS\r\n");
  CHECK(ReadExactly(program, 8) == "a NOOP\r\n");
  Write(program, "a OK done\r\n* 1 EXISTS\r\n");
  CHECK(ReadExactly(client.socket(), 52) ==
        "* OK hi\r\na OK done\r\nb OK Begin TLS negotiation now\r\n");
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  tls.Admit(1);
  CHECK(client.Read(12) == "* 1 EXISTS\r\n");
}

// A service that is gone is owed nothing but the delivery of its last words, for a while.
constexpr TlsLimits kImpatient{.descriptors = 4096,
                               .patience = {.idle = {},
                                            .flush = std::chrono::milliseconds(300),
                                            .linger = std::chrono::milliseconds(300)}};

TEST_CASE("in plaintext too, whoever does not read what a service left is not waited for") {
  TlsUnderTest tls(kImpatient);
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp, false);
  Write(program, "220 hi\r\n");
  Write(client.socket(), "MAIL FROM:<a@b>\r\n");
  CHECK(ReadExactly(program, 17) == "MAIL FROM:<a@b>\r\n");
  const timeval brief{1, 0};
  ::setsockopt(program.get(), SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief);
  CHECK_FALSE(TryWrite(program, std::string(8'000'000, 'x')));
  program.Reset();
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kClientGone);
}

TEST_CASE("a service that ends during the handshake leaves no session behind it") {
  TlsUnderTest tls(kImpatient);
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  TlsClient client;
  UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp);
  Write(program, "220 hi\r\n");
  CHECK(ReadExactly(client.socket(), 8) == "220 hi\r\n");
  Write(client.socket(), "STARTTLS\r\n");
  CHECK(ReadExactly(client.socket(), 30) == "220 2.0.0 Ready to start TLS\r\n");
  program.Reset();
  const auto before = std::clock();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(std::clock() - before < CLOCKS_PER_SEC / 10);  // nobody turns in circles
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  tls.Admit(1);
  CHECK(client.ReadToClose().empty());
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kFinished);
}

TEST_CASE("who has not been let in by the deadline of its handshake is not carried any more") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  TlsUnderTest::Wish wish;
  wish.ask.handshake_ms = 500;
  REQUIRE(tls.AddService(1, {&certificate}, wish).verdict == TlsVerdict::kGood);
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open(), 0, WireStartTls::kSmtp);
  Write(program, "220 hi\r\n");
  CHECK(ReadExactly(client.socket(), 8) == "220 hi\r\n");
  Write(client.socket(), "STARTTLS\r\n");
  CHECK(ReadExactly(client.socket(), 30) == "220 2.0.0 Ready to start TLS\r\n");
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  REQUIRE(client.Write("MAIL FROM:<a@b>\r\n"));
  CHECK(tls.Next<AnswerTlsDone>().outcome == TlsOutcome::kHandshakeLate);
  CHECK(ReadToEnd(program).empty());
}

TEST_CASE("whoever began with the handshake is not let in twice") {
  TlsUnderTest tls;
  const TestCertificate certificate;
  REQUIRE(tls.AddService(1, {&certificate}).verdict == TlsVerdict::kGood);
  tls.Admit(7);  // of a session that has ended
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open());
  REQUIRE(client.Connect());
  tls.Next<AnswerTls>();
  tls.Admit(1);
  CHECK(tls.AwaitEnd() == TlsRelay::State::kGarbage);
}

TEST_CASE("garbage from posternd ends it") {
  const auto ends = [](const auto& frame, const std::vector<int>& lent) {
    TlsUnderTest tls;
    tls.Send(tls.tls(), frame, lent);
    return tls.AwaitEnd() == TlsRelay::State::kGarbage;
  };
  CHECK(ends(AskKey{}, {2, 2}));
  CHECK(ends(AskTls{}, {2}));
  CHECK(ends(AskTlsEdge{}, {}));
  CHECK(ends(AskTlsService{}, {}));  // of no certificate
  CHECK(ends(AskStop{}, {}));        // the relay is asked that
  CHECK(ends(AskTlsTruncate{}, {2}));
  CHECK(ends(AskTlsCredential{}, {}));
}

}  // namespace
}  // namespace postern::daemon
