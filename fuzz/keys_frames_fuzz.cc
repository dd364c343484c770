// SPDX-License-Identifier: BSD-2-Clause
// Both sides of daemon/keys_protocol.h: whatever posternd or postern-tls sends, postern-keys runs
// on or ends in order, holds no descriptor afterwards, and signs for nobody who was not announced.
// Input: frames, each after one byte (bit 7: on the edge; else the number of descriptors, 0 to 3)
// and two for its length, little-endian.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "daemon/keys/key_keeper.h"
#include "sandbox/channel.h"

namespace {

namespace daemon = postern::daemon;
namespace sandbox = postern::sandbox;
using daemon::KeyKeeper;
using sandbox::sys::UniqueFd;

void Require(bool condition) {
  if (!condition) std::abort();
}

// Not one key was loaded: only empty signatures may come.
void CheckAnswers(const UniqueFd& edge) {
  alignas(8) std::array<std::byte, daemon::kMaxFrame> buffer;
  for (;;) {
    const auto received = sandbox::ReceiveFrame(edge, buffer);
    if (!received || received->length == 0) return;
    daemon::AnswerSign answer;
    Require(daemon::ReadFrame(std::span(buffer).first(received->length), answer));
    Require(answer.length == 0);
  }
}

void RunFrames(std::span<const std::byte> input) {
  auto channel = sandbox::MakeChannel();
  auto edge = sandbox::MakeChannel();
  auto keeper = KeyKeeper::Make(std::move(channel->theirs));
  const int end = edge->theirs.get();
  if (!sandbox::SendFrame(channel->ours, daemon::AsFrame(daemon::AskEdge{}), {&end, 1})) return;
  while (input.size() >= 3) {
    const auto head = std::to_integer<unsigned>(input[0]);
    const auto length =
        std::to_integer<std::size_t>(input[1]) + 256 * std::to_integer<std::size_t>(input[2]);
    input = input.subspan(3);
    const auto frame = input.first(std::min(length, input.size()));
    input = input.subspan(frame.size());
    const int lent[3] = {edge->theirs.get(), edge->theirs.get(), edge->theirs.get()};
    const bool on_edge = (head & 0x80) != 0;
    const auto sent = on_edge ? sandbox::SendFrame(edge->ours, frame, {})
                              : sandbox::SendFrame(channel->ours, frame, std::span(lent, head % 4));
    if (!sent && !on_edge) return;
    for (int turn = 0; turn < 2; ++turn) {
      if ((*keeper)->Turn(std::chrono::milliseconds(0)) != KeyKeeper::State::kRunning) return;
    }
    Require((*keeper)->keys() == 0);
    CheckAnswers(edge->ours);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int before = UniqueFd(::dup(2)).get();  // the lowest free one tells what is left open
  RunFrames(std::as_bytes(std::span(data, size)));
  Require(UniqueFd(::dup(2)).get() == before);
  return 0;
}
