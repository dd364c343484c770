// SPDX-License-Identifier: BSD-2-Clause
// What a client of postern-tls is sent: in which pieces, and to what end.
#include <linux/tcp.h>

#include "sandbox/sys/sockets.h"
#include "tests/daemon/served_client.h"

namespace postern::daemon {
namespace {

unsigned SegmentsIn(const UniqueFd& socket) {
  tcp_info info{};
  socklen_t length = sizeof info;
  REQUIRE(::getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
  return info.tcpi_data_segs_in;
}

TEST_CASE("what the client is told goes in as few segments as can be, and nothing is kept back") {
  OneService tls;

  TlsClient brief;
  UniqueFd program = tls.Begin(1, 1, brief.Open(TcpConnection()));
  Write(program, "bye");
  program.Reset();
  REQUIRE(brief.Connect());
  CHECK(brief.ReadToClose() == "bye");
  // The server's flight; its ticket, the last words, the close_notify and the end.
  CHECK(SegmentsIn(brief.socket()) <= 2);
  REQUIRE(tls.Next<AnswerTls>().header.session == 1);
  tls.Next<AnswerTlsDone>();

  TlsClient patient;
  program = tls.Begin(2, 1, patient.Open(TcpConnection()));
  tls.Shake(patient);
  // The ticket: its kernel may not let a client speak before the Finished is acknowledged.
  CHECK(Await(patient.socket(), POLLIN));
  CHECK(SegmentsIn(patient.socket()) == 2);
  Write(program, "x");
  CHECK(patient.Read(1) == "x");
  CHECK(SegmentsIn(patient.socket()) == 3);
}

// Its first words come in one piece with its Finished.
bool ConnectSaying(TlsClient& client, const std::string& words) {
  BIO* const written = BIO_new(BIO_s_mem());
  SSL_set0_wbio(client.ssl(), written);
  const auto send_written = [&] {
    std::string bytes(BIO_ctrl_pending(written), '\0');
    BIO_read(written, bytes.data(), static_cast<int>(bytes.size()));
    Write(client.socket(), bytes);
  };
  REQUIRE(sys::SetNonblocking(client.socket(), true));
  while (!client.Connect()) {
    if (BIO_ctrl_pending(written) != 0) send_written();
    if (!Await(client.socket(), POLLIN)) return false;
  }
  const bool said = client.Write(words);
  send_written();
  REQUIRE(sys::SetNonblocking(client.socket(), false));
  return said && SSL_set_wfd(client.ssl(), client.socket().get()) == 1;
}

TEST_CASE("last words as long as the ticket are not taken for it") {
  constexpr std::size_t kRecord = 16384, kOverhead = 5 + 1 + 16;
  OneService tls;

  TlsClient measuring;
  const UniqueFd first = tls.Begin(1, 1, measuring.Open());
  REQUIRE(ConnectSaying(measuring, "?"));
  tls.Next<AnswerTls>();
  const std::uint64_t before = BIO_number_read(SSL_get_rbio(measuring.ssl()));
  Write(first, "x");
  CHECK(measuring.Read(1) == "x");
  const std::uint64_t ticket =
      BIO_number_read(SSL_get_rbio(measuring.ssl())) - before - 1 - kOverhead;

  TlsClient client;
  const UniqueFd program = tls.Begin(2, 1, client.Open());
  REQUIRE(ConnectSaying(client, "?"));
  tls.Next<AnswerTls>();
  const std::string words(kRecord + ticket - kOverhead, 'x');
  Write(program, words);
  CHECK(client.Read(words.size()).size() == words.size());
}

TEST_CASE("a client that says goodbye and is gone ends the session, whatever is still sent to it") {
  ServedClient served;
  served.client.HalfClose();
  CHECK(ReadToEnd(served.program).empty());
  served.client.Vanish();
  TryWrite(served.program, std::string(100'000, 'x'));  // more than a record
  CHECK(served.Next<AnswerTlsDone>().outcome == TlsOutcome::kClientGone);
}

TEST_CASE("what is only said between the two ends of TLS does not keep a session") {
  ServedClient served({.idle = 500});
  for (int asked = 0; asked < 50 && !Await(served.tls(), POLLIN, 100); ++asked) {
    SSL_key_update(served.client.ssl(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(served.client.ssl());
  }
  REQUIRE(Await(served.tls(), POLLIN, 0));
  CHECK(served.Next<AnswerTlsDone>().outcome == TlsOutcome::kIdle);
}

TEST_CASE("who has said goodbye is not waited for, though he keeps his connection") {
  ServedClient served({.patience = Lingering(std::chrono::minutes(5))});
  served.program.Reset();
  CHECK(served.client.ReadToClose().empty());
  REQUIRE(served.client.Write("nobody's"));
  served.client.HalfClose();
  CHECK(served.Next<AnswerTlsDone>().outcome == TlsOutcome::kFinished);
}

}  // namespace
}  // namespace postern::daemon
