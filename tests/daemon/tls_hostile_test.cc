// SPDX-License-Identifier: BSD-2-Clause
// postern-tls and clients that are there to harm: nobody else waits for them.
#include <atomic>
#include <chrono>

#include "tests/daemon/served_client.h"

namespace postern::daemon {
namespace {

using Clock = std::chrono::steady_clock;

// What a client would send next, as bytes: its socket is not written to.
std::string Recorded(TlsClient& client, const std::function<void(SSL*)>& talk) {
  BIO* const memory = BIO_new(BIO_s_mem());
  SSL_set0_wbio(client.ssl(), memory);
  talk(client.ssl());
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(memory, &bytes);
  return {bytes, static_cast<std::size_t>(length)};
}

TEST_CASE("a flood of key updates takes nobody's turn") {
  OneService tls;
  TlsClient good, bad;
  const UniqueFd program = tls.Begin(1, 1, good.Open());
  tls.Shake(good);
  const UniqueFd its_program = tls.Begin(2, 1, bad.Open());
  tls.Shake(bad);
  const std::string flood = Recorded(bad, [](SSL* connection) {
    for (int i = 0; i < 200'000; ++i) {
      SSL_key_update(connection, SSL_KEY_UPDATE_NOT_REQUESTED);
      SSL_do_handshake(connection);
    }
  });
  std::atomic<bool> over = false;
  std::thread flooder([&] {
    TryWrite(bad.socket(), flood);
    over = true;
  });
  int served = 0;
  auto longest = Clock::duration::zero();
  const auto start = Clock::now();
  while (!over) {
    const auto begin = Clock::now();
    REQUIRE(good.Write("x"));
    REQUIRE(ReadExactly(program, 1) == "x");
    longest = std::max(longest, Clock::now() - begin);
    ++served;
  }
  flooder.join();
  CAPTURE(flood.size(), served, (Clock::now() - start).count(), longest.count());
  CHECK(longest < (Clock::now() - start) / 4);
  CHECK(served > 8);
}

TEST_CASE("who says goodbye behind more than a turn reads is not waited for") {
  ServedClient served({.patience = Lingering(std::chrono::minutes(5))});
  served.program.Reset();
  CHECK(served.client.ReadToClose().empty());
  const std::string bytes = Recorded(served.client, [](SSL* connection) {
    const std::string much(16'000, 'x');
    SSL_write(connection, much.data(), static_cast<int>(much.size()));
    SSL_shutdown(connection);
  });
  Write(served.client.socket(), bytes);  // at once, so that no event comes behind it
  CHECK(served.Next<AnswerTlsDone>().outcome == TlsOutcome::kFinished);
}

TEST_CASE("an edge that is of no use is told as stuck, one that was closed is not") {
  auto full = sandbox::MakeChannel(), closed = sandbox::MakeChannel();
  REQUIRE((full && closed));
  while (sandbox::SendFrame(full->ours, AsFrame(AskSign{}), {})) {
  }
  closed->theirs.Reset();
  RemoteSigner signer;
  signer.SetEdge(std::move(full->ours));
  CHECK(signer.Sign(1, 0x0403, {}).empty());
  CHECK(signer.TakeStuck());
  AnswerSign longest, others;
  longest.length = kMaxSignature + 1;
  others.header.session = 7;
  others.length = 1;
  for (const AnswerSign& bad : {longest, others}) {
    auto edge = sandbox::MakeChannel();
    REQUIRE(sandbox::SendFrame(edge->theirs, AsFrame(bad), {}));
    signer.SetEdge(std::move(edge->ours));
    CHECK(signer.Sign(1, 0x0403, {}).empty());
    CHECK(signer.TakeStuck());
  }
  signer.SetEdge(std::move(closed->ours));
  CHECK(signer.Sign(1, 0x0403, {}).empty());
  CHECK_FALSE(signer.TakeStuck());
}

}  // namespace
}  // namespace postern::daemon
