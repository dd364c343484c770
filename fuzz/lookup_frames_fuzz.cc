// SPDX-License-Identifier: BSD-2-Clause
// Both sides of daemon/lookup_protocol.h. Whatever comes over the channel, postern-lookup runs on
// or ends in order, and holds no descriptor afterwards; whatever posternd takes for an answer has a
// bounded text without line ends. Input: frames, each after one byte for the number of its
// descriptors (0 to 3) and two for its length, little-endian.
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "daemon/lookup/lookup.h"
#include "policy/names/dns_message.h"
#include "sandbox/channel.h"

namespace {

namespace daemon = postern::daemon;
namespace sandbox = postern::sandbox;
using daemon::Lookup;
using sandbox::sys::UniqueFd;

void Require(bool condition) {
  if (!condition) std::abort();
}

void ReadAnswer(std::span<const std::byte> frame) {
  daemon::AnswerName name;
  daemon::AnswerUser user;
  if (daemon::ReadFrame(frame, name) && Valid(name)) {
    const auto text = daemon::NameIn(name);
    Require(text.empty() || postern::policy::IsPlainHostName(text));
  }
  if (daemon::ReadFrame(frame, user) && Valid(user)) {
    Require(daemon::TextIn(user).size() <= daemon::kMaxWireUser);
    Require(!daemon::TextIn(user).contains('\n') && !daemon::SystemIn(user).contains('\n'));
  }
}

void RunFrames(std::span<const std::byte> input) {
  // It connects to whatever address the input says, so only where there is no network.
  static const bool alone = ::unshare(CLONE_NEWNET) == 0;
  auto channel = sandbox::MakeChannel();
  Require(sandbox::SendFrame(channel->ours, daemon::AsFrame(daemon::AskFiles{}), {}).has_value());
  auto lookup = Lookup::Make(std::move(channel->theirs));
  Require(lookup.has_value());
  while (input.size() >= 3) {
    const UniqueFd file(::dup(0));
    const int lent[3] = {file.get(), file.get(), file.get()};
    const auto count = std::to_integer<std::size_t>(input[0]) % 4;
    const auto length =
        std::to_integer<std::size_t>(input[1]) + 256 * std::to_integer<std::size_t>(input[2]);
    input = input.subspan(3);
    const auto frame = input.first(std::min(length, input.size()));
    input = input.subspan(frame.size());
    ReadAnswer(frame);
    if (!alone && daemon::TypeOf(frame) != daemon::kAskFiles) continue;
    if (!sandbox::SendFrame(channel->ours, frame, std::span(lent, count))) return;
    for (int turn = 0; turn < 2; ++turn) {
      if ((*lookup)->Turn(std::chrono::milliseconds(0)) != Lookup::State::kRunning) return;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool standard_input = ::dup2(UniqueFd(::dup(2)).get(), 0) == 0;
  Require(standard_input);
  const int before = UniqueFd(::dup(2)).get();  // the lowest free one tells what is left open
  RunFrames(std::as_bytes(std::span(data, size)));
  Require(UniqueFd(::dup(2)).get() == before);
  return 0;
}
