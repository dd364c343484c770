// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_judge.h"

#include <array>
#include <csignal>

#include "sandbox/channel.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/wait.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

constexpr std::chrono::seconds kPatience(20);

// The next frame, which must be an answer of this kind.
template <typename Frame>
sys::Status Await(const sys::UniqueFd& channel, const sys::Deadline& deadline, Frame& frame) {
  TRY_STATUS(sys::AwaitReadable(channel, deadline));
  alignas(8) std::array<std::byte, kMaxFrame> buffer;
  TRY(const auto received, sandbox::ReceiveFrame(channel, buffer));
  if (received.descriptor_count == 0 &&
      ReadFrame(std::span(buffer).first(received.length), frame)) {
    return {};
  }
  return std::unexpected(sys::Error{"recvmsg", EBADMSG, "an answer to another question"});
}

// Waits for room, where a slow helper has left none.
AskFrame AskOver(const sys::UniqueFd& channel, const sys::Deadline& deadline) {
  return [&channel, &deadline](std::span<const std::byte> frame,
                               std::span<const int> files) -> sys::Status {
    TRY_STATUS(sys::AwaitWritable(channel, deadline));
    return sandbox::SendFrame(channel, frame, files);
  };
}

std::string Failed(const sys::Error& error) {
  return "its certificates cannot be judged: " + error.ToString();
}

void Dismiss(sandbox::Helper& helper) {
  if (!helper.pidfd) return;
  sys::IgnoreError(sys::SignalPidfd(helper.pidfd, SIGKILL), "it may be dead already");
  sys::IgnoreError(sys::AwaitPidfd(helper.pidfd), "it cannot outlive SIGKILL");
  helper = {};
}

}  // namespace

TlsJudge::~TlsJudge() {
  Dismiss(keys_);
  Dismiss(tls_);
}

std::expected<void, std::string> TlsJudge::Start() {
  if (keys_.channel && tls_.channel) return {};
  Dismiss(keys_);
  Dismiss(tls_);
  const sys::Deadline deadline(kPatience);
  auto keys = sandbox::StartHelper(commands_.keys);
  if (!keys) return std::unexpected(Failed(keys.error()));
  keys_ = std::move(*keys);
  auto tls = sandbox::StartHelper(commands_.tls);
  if (!tls) return std::unexpected(Failed(tls.error()));
  tls_ = std::move(*tls);
  for (const sandbox::Helper* helper : {&keys_, &tls_}) {
    AnswerReady ready;
    const auto answered = Await(helper->channel, deadline, ready);
    if (!answered) return std::unexpected(Failed(answered.error()));
  }
  return {};
}

std::expected<void, std::string> TlsJudge::Judge(TlsSetup& setup) {
  setup.id = next_service_++;
  setup.first_key = next_key_;
  next_key_ += static_cast<KeyIndex>(setup.pairs.size());
  TRY_STATUS(Start());
  const sys::Deadline deadline(kPatience);
  const auto fail = [this](const sys::Error& error) {
    keys_.channel.Reset();  // whatever state they are in: the next question finds new ones
    return std::unexpected(Failed(error));
  };
  if (const auto asked = AskForKeys(setup, AskOver(keys_.channel, deadline)); !asked) {
    return fail(asked.error());
  }
  for (std::size_t i = 0; i < setup.pairs.size(); ++i) {
    AnswerKey answer;
    const auto answered = Await(keys_.channel, deadline, answer);
    if (!answered) return fail(answered.error());
    if (answer.verdict == KeyVerdict::kGood) continue;
    keys_.channel.Reset();  // the rest of its answers
    return std::unexpected(TextOf(setup, i, answer.verdict));
  }
  if (const auto asked = AskForService(setup, AskOver(tls_.channel, deadline)); !asked) {
    return fail(asked.error());
  }
  AnswerTlsService answer;
  const auto answered = Await(tls_.channel, deadline, answer);
  if (!answered) return fail(answered.error());
  if (answer.verdict != TlsVerdict::kGood) return std::unexpected(TextOf(setup, answer));
  setup.judged = true;
  return {};
}

}  // namespace postern::daemon
