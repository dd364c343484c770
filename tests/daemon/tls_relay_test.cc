// SPDX-License-Identifier: BSD-2-Clause
// postern-tls with postern-keys behind it: handshakes, bytes, ends, and what is refused.
#include <fstream>

#include "tests/daemon/client_authority.h"

namespace postern::daemon {
namespace {

TEST_CASE("every kind of key and both versions: a handshake, bytes both ways, both ends closed") {
  const auto kind =
      GENERATE(as<std::string>(), "P-256", "P-384", "P-521", "RSA:2048", "RSA-PSS", "ED25519");
  const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  CAPTURE(kind, version);
  OneService tls({.certificate = {.kind = kind}});
  TlsClient client(version);
  const UniqueFd program = tls.Begin(7, 1, client.Open());
  const auto handshake = tls.Shake(client);
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

TEST_CASE("what is no TLS, an old version, silence: each ends with its reason") {
  OneService tls({.service = {.ask = {.min_version = kTls13, .handshake_ms = 300}}});
  auto [near, far] = UnixConnection();
  UniqueFd program = tls.Begin(1, 1, far);
  far.Reset();
  Write(near, "GET / HTTP/1.0\r\n\r\n");
  CHECK(tls.Next<AnswerTlsDone>().fault == TlsFault::kNotTls);
  TlsClient old(TLS1_2_VERSION);
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
  ServedClient served;
  REQUIRE(served.client.Write("half a line"));
  served.client.Vanish();
  CHECK(ReadToEnd(served.program) == "half a line");
  CHECK(served.Next<AnswerTlsDone>().outcome == TlsOutcome::kClientGone);
}

TEST_CASE("a silent session ends after its idle timeout") {
  ServedClient served({.idle = 200});
  CHECK(served.Next<AnswerTlsDone>().outcome == TlsOutcome::kIdle);
}

TEST_CASE("a slow reader and a flood both ways at once: every byte, in order") {
  ServedClient served;
  TlsClient& client = served.client;
  std::string much(8'000'000, '\0');
  for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>(i * 2654435761U >> 13);
  std::string received;
  std::thread service([&] {
    std::thread sender([&] {
      TryWrite(served.program, much);
      ::shutdown(served.program.get(), SHUT_WR);
    });
    received = ReadToEnd(served.program);
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
  const auto done = served.Next<AnswerTlsDone>();
  CHECK(done.bytes_in == much.size());
  CHECK(done.bytes_out == much.size());
}

TEST_CASE("without postern-keys no handshake succeeds; a stuck one is given up once, and told") {
  OneService tls;
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
  const auto wish = Trusting(clients.authority.pem(), WireVerify::kRequest);
  REQUIRE(IsGood(tls.AddService(1, {&rsa, &ec}, wish)));
  SessionId id = 0;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const bool shows : {false, true}) {
      TlsClient client(version);
      if (shows) Present(client, clients.good);
      const UniqueFd program = tls.Begin(++id, 1, client.Open());
      CHECK(tls.Shake(client).verified == (shows ? 1 : 0));
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

TEST_CASE("whoever began with the handshake is not let in twice") {
  OneService tls;
  tls.Admit(7);  // of a session that has ended
  TlsClient client;
  const UniqueFd program = tls.Begin(1, 1, client.Open());
  tls.Shake(client);
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
  AskTlsService many;
  many.credential_count = kMaxCredentials + 1;
  CHECK(ends(many, {}));
  CHECK(ends(AskStop{}, {}));  // the relay is asked that
  CHECK(ends(AskTlsTruncate{}, {2}));
  CHECK(ends(AskTlsCredential{}, {}));
}

}  // namespace
}  // namespace postern::daemon
