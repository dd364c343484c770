// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_judge.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <iterator>

#include "daemon/acceptor/tls_findings.h"
#include "sandbox/channel.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/wait.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

constexpr std::chrono::seconds kPatience(20);

sys::Error Nonsense() { return {"recvmsg", EBADMSG, "what a helper answers"}; }

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
  return std::unexpected(Nonsense());
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

void TlsJudge::Judge(TlsCandidate& candidate) {
  TlsSetup& setup = candidate.setup;
  setup.id = next_service_++;
  setup.first_key = next_key_;
  next_key_ += static_cast<KeyIndex>(setup.pairs.size());
  const bool open = !OpenPairs(setup).empty() || setup.authorities || setup.revocations;
  if (!open) return;
  if (const auto judged = JudgeAll(candidate); !judged) {
    keys_.channel.Reset();
    candidate.flaws.push_back(
        {.service = setup.service,
         .code = policy::check::kTlsNotJudged,
         .text = "its certificates cannot be judged: " + judged.error().ToString()});
  }
  setup.judged = IsUsable(candidate);
}

sys::Status TlsJudge::JudgeAll(TlsCandidate& candidate) {
  TRY_STATUS(Start());
  const sys::Deadline deadline(kPatience);
  TRY(const auto weak, JudgeKeys(candidate, deadline));
  return JudgeService(candidate, weak, deadline);
}

// postern-tls is shown no file that has a private key in it or that nobody could look at, nor what
// is no certificate anyway.
sys::Result<std::set<std::size_t>> TlsJudge::JudgeKeys(TlsCandidate& candidate,
                                                       const sys::Deadline& deadline) {
  TlsSetup& setup = candidate.setup;
  TRY_STATUS(AskForKeys(setup, AskOver(keys_.channel, deadline)));
  std::set<std::size_t> weak;
  for (const std::size_t i : OpenPairs(setup)) {
    AnswerKey answer;
    TRY_STATUS(Await(keys_.channel, deadline, answer));
    if (!Valid(answer.flaws)) return std::unexpected(Nonsense());
    std::ranges::move(FlawsOf(setup, i, answer.flaws), std::back_inserter(candidate.flaws));
    const auto has = [&answer](KeyFlaw flaw) { return answer.flaws.Has(flaw); };
    if (has(KeyFlaw::kKeyInCertificate) || has(KeyFlaw::kUnreadableCertificate) ||
        has(KeyFlaw::kNoRoom)) {
      setup.pairs[i].certificate.Reset();
    }
    if (has(KeyFlaw::kWeakKey) || has(KeyFlaw::kUnsupportedKey)) weak.insert(i);
  }
  return weak;
}

sys::Status TlsJudge::JudgeService(TlsCandidate& candidate, const std::set<std::size_t>& weak,
                                   const sys::Deadline& deadline) {
  const TlsSetup& setup = candidate.setup;
  TRY_STATUS(AskForService(setup, AskOver(tls_.channel, deadline)));
  AnswerTlsService answer;
  TRY_STATUS(Await(tls_.channel, deadline, answer));
  if (!Valid(answer)) return std::unexpected(Nonsense());
  const auto pairs = OpenPairs(setup);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (weak.contains(pairs[i])) answer.credentials[i].flaws.Remove(CredentialFlaw::kUnusable);
  }
  std::ranges::move(FlawsOf(setup, answer), std::back_inserter(candidate.flaws));
  return {};
}

}  // namespace postern::daemon
