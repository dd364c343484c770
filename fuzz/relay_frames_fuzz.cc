// SPDX-License-Identifier: BSD-2-Clause
// The relay's side of daemon/protocol.h: whatever comes over the channel, the relay runs on or ends
// in order, and holds no descriptor afterwards. Input: frames, each after one byte for the number
// of its descriptors (0 to 3) and two for its length, little-endian.
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
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
    const auto length =
        std::to_integer<std::size_t>(input[1]) + 256 * std::to_integer<std::size_t>(input[2]);
    input = input.subspan(3);
    const auto frame = input.first(std::min(length, input.size()));
    input = input.subspan(frame.size());
    if (!alone && daemon::TypeOf(frame) == daemon::FrameType::kAskRedirect) continue;
    if (!sandbox::SendFrame(channel->ours, frame, std::span(lent, count))) return;
    for (int turn = 0; turn < 2; ++turn) {
      if ((*relay)->Turn(std::chrono::milliseconds(0)) != Relay::State::kRunning) return;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int before = UniqueFd(::dup(2)).get();  // the lowest free one tells what is left open
  RunFrames(std::as_bytes(std::span(data, size)));
  Require(UniqueFd(::dup(2)).get() == before);
  return 0;
}
