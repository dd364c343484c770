// SPDX-License-Identifier: BSD-2-Clause
// postern-tls' side of daemon/tls_protocol.h: whatever comes over the channel, it runs on or ends
// in order, and holds no descriptor afterwards. Input: frames, each after one byte for the number
// of its descriptors (0 to 3; bit 7: answers of posternd's side are read too) and two for its
// length, little-endian.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "daemon/tls/key_provider.h"
#include "daemon/tls/tls_relay.h"
#include "sandbox/channel.h"

namespace {

namespace daemon = postern::daemon;
namespace sandbox = postern::sandbox;
using daemon::TlsRelay;
using sandbox::sys::UniqueFd;

void Require(bool condition) {
  if (!condition) std::abort();
}

// What posternd would make of the same bytes as an answer: to be decided without looking further.
void ReadAsAnswer(std::span<const std::byte> frame) {
  daemon::AnswerTls handshake;
  if (!daemon::ReadFrame(frame, handshake) || !Valid(handshake)) return;
  Require(handshake.name_count <= daemon::kMaxCertNames);
  for (std::uint32_t i = 0; i < handshake.name_count; ++i) {
    Require(handshake.names[i].length <= daemon::kMaxCertName);
  }
}

void RunFrames(std::span<const std::byte> input, daemon::RemoteSigner& signer) {
  auto channel = sandbox::MakeChannel();
  auto relay =
      TlsRelay::Make(std::move(channel->theirs), signer, {.descriptors = 64, .patience = {}});
  while (input.size() >= 3) {
    int ends[2];
    Require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    const UniqueFd client(ends[0]), far(ends[1]);
    const int lent[3] = {far.get(), far.get(), far.get()};
    const auto count = std::to_integer<std::size_t>(input[0]) % 4;
    const auto length =
        std::to_integer<std::size_t>(input[1]) + 256 * std::to_integer<std::size_t>(input[2]);
    input = input.subspan(3);
    const auto frame = input.first(std::min(length, input.size()));
    input = input.subspan(frame.size());
    ReadAsAnswer(frame);
    if (!sandbox::SendFrame(channel->ours, frame, std::span(lent, count))) return;
    for (int turn = 0; turn < 2; ++turn) {
      if ((*relay)->Turn(std::chrono::milliseconds(0)) != TlsRelay::State::kRunning) return;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static daemon::RemoteSigner signer;
  static const bool loaded = daemon::LoadKeyProvider(signer);
  Require(loaded);
  const int before = UniqueFd(::dup(2)).get();  // the lowest free one tells what is left open
  RunFrames(std::as_bytes(std::span(data, size)), signer);
  signer.SetEdge(UniqueFd());
  Require(UniqueFd(::dup(2)).get() == before);
  return 0;
}
