// SPDX-License-Identifier: BSD-2-Clause
// The relay's side of daemon/protocol.h: whatever comes over the channel, the relay runs on or ends
// in order, and holds no descriptor afterwards; whatever its client says, what it tells of the
// client's proxy is what posternd takes. Input: frames, each after one byte for the number of its
// descriptors (0 to 3; bit 7: its client speaks) and two for its length, little-endian. What the
// client says comes behind the frame, after two bytes for its length.
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "daemon/relay/relay.h"

namespace {

namespace daemon = postern::daemon;
namespace sandbox = postern::sandbox;
using daemon::Relay;
using sandbox::sys::UniqueFd;

void Require(bool condition) {
  if (!condition) std::abort();
}

// Takes so many bytes off `input` as the number at `at` says, or as there are, and what is before.
std::span<const std::byte> Take(std::span<const std::byte>& input, std::size_t at) {
  if (input.size() < at + 2) return {};
  const auto length =
      std::to_integer<std::size_t>(input[at]) + 256 * std::to_integer<std::size_t>(input[at + 1]);
  input = input.subspan(at + 2);
  const auto taken = input.first(std::min(length, input.size()));
  input = input.subspan(taken.size());
  return taken;
}

void RequireValidAnswers(const UniqueFd& channel) {
  alignas(8) std::array<std::byte, daemon::kMaxFrame> buffer;
  for (;;) {
    const auto received = sandbox::ReceiveFrame(channel, buffer);
    if (!received || received->length == 0) return;
    daemon::AnswerProxy proxy;
    if (daemon::ReadFrame(std::span(buffer).first(received->length), proxy)) {
      Require(daemon::Valid(proxy));
    }
  }
}

void RunFrames(std::span<const std::byte> input) {
  // A redirect connects to whatever address the input says, so only where there is no network.
  static const bool alone = ::unshare(CLONE_NEWNET) == 0;
  auto channel = sandbox::MakeChannel();
  auto relay = Relay::Make(std::move(channel->theirs), {.descriptors = 64});
  while (input.size() >= 3) {
    int ends[2];
    Require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    const UniqueFd client(ends[0]), far(ends[1]);
    const int lent[3] = {far.get(), far.get(), far.get()};
    const auto count = std::to_integer<std::size_t>(input[0]) % 4;
    const bool speaks = (std::to_integer<unsigned>(input[0]) & 0x80U) != 0;
    const auto frame = Take(input, 1);
    if (speaks) {
      const auto said = Take(input, 0);
      Require(::send(client.get(), said.data(), said.size(), MSG_NOSIGNAL) <=
              static_cast<ssize_t>(said.size()));
    }
    if (!alone && daemon::TypeOf(frame) == daemon::FrameType::kAskRedirect) continue;
    if (!sandbox::SendFrame(channel->ours, frame, std::span(lent, count))) return;
    // A header that is there takes two reads, and its answer a turn of its own.
    for (int turn = speaks ? 5 : 2; turn > 0; --turn) {
      if ((*relay)->Turn(std::chrono::milliseconds(0)) != Relay::State::kRunning) return;
    }
    if (speaks) RequireValidAnswers(channel->ours);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int before = UniqueFd(::dup(2)).get();  // the lowest free one tells what is left open
  RunFrames(std::as_bytes(std::span(data, size)));
  Require(UniqueFd(::dup(2)).get() == before);
  return 0;
}
