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

sys::Status TlsJudge::Start() {
  if (keys_.channel && tls_.channel) return {};
  Dismiss(keys_);
  Dismiss(tls_);
  const sys::Deadline deadline(kPatience);
  TRY(keys_, sandbox::StartHelper(commands_.keys));
  TRY(tls_, sandbox::StartHelper(commands_.tls));
  for (const sandbox::Helper* helper : {&keys_, &tls_}) {
    AnswerReady ready;
    TRY_STATUS(Await(helper->channel, deadline, ready));
  }
  return {};
}

TlsFlaw TlsJudge::NotJudged(const TlsSetup& setup, const sys::Error& error) {
  keys_.channel.Reset();
  return {.service = setup.service,
          .code = policy::check::kTlsNotJudged,
          .text = "its certificates cannot be judged: " + error.ToString()};
}

std::expected<void, TlsFlaw> TlsJudge::Judge(TlsSetup& setup) {
  setup.id = next_service_++;
  setup.first_key = next_key_;
  next_key_ += static_cast<KeyIndex>(setup.pairs.size());
  if (const auto started = Start(); !started) {
    return std::unexpected(NotJudged(setup, started.error()));
  }
  const sys::Deadline deadline(kPatience);
  TRY_STATUS(JudgeKeys(setup, deadline));
  TRY_STATUS(JudgeService(setup, deadline));
  setup.judged = true;
  return {};
}

std::expected<void, TlsFlaw> TlsJudge::JudgeKeys(TlsSetup& setup, const sys::Deadline& deadline) {
  if (const auto asked = AskForKeys(setup, AskOver(keys_.channel, deadline)); !asked) {
    return std::unexpected(NotJudged(setup, asked.error()));
  }
  for (std::size_t i = 0; i < setup.pairs.size(); ++i) {
    AnswerKey answer;
    const auto answered = Await(keys_.channel, deadline, answer);
    if (!answered) return std::unexpected(NotJudged(setup, answered.error()));
    if (answer.verdict != KeyVerdict::kGood) {
      keys_.channel.Reset();  // the rest of its answers
      return std::unexpected(
          TlsFlaw{setup.service, CodeOf(answer.verdict), TextOf(setup, i, answer.verdict)});
    }
    setup.days_left.push_back(answer.days_left);
  }
  return {};
}

std::expected<void, TlsFlaw> TlsJudge::JudgeService(const TlsSetup& setup,
                                                    const sys::Deadline& deadline) {
  if (const auto asked = AskForService(setup, AskOver(tls_.channel, deadline)); !asked) {
    return std::unexpected(NotJudged(setup, asked.error()));
  }
  AnswerTlsService answer;
  const auto answered = Await(tls_.channel, deadline, answer);
  if (!answered) return std::unexpected(NotJudged(setup, answered.error()));
  if (answer.verdict == TlsVerdict::kGood) return {};
  return std::unexpected(TlsFlaw{setup.service, CodeOf(answer.verdict), TextOf(setup, answer)});
}

}  // namespace postern::daemon
