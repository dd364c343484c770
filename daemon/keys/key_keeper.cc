// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/keys/key_keeper.h"

#include <algorithm>
#include <cerrno>

#include "sandbox/channel.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

constexpr std::uint64_t kEdgeToken = HelperChannel::kToken + 1;
// Far more than there are connections in a handshake; beyond them the oldest go.
constexpr std::size_t kMostAllowed = 262'144;

}  // namespace

sys::Result<std::unique_ptr<KeyKeeper>> KeyKeeper::Make(sys::UniqueFd channel) {
  TRY(HelperChannel made, HelperChannel::Make(std::move(channel)));
  auto keeper = std::make_unique<KeyKeeper>(std::move(made));
  keeper->channel_.Answer(AnswerReady{});
  return keeper;
}

KeyKeeper::State KeyKeeper::Run() {
  while (Turn(std::chrono::milliseconds(-1)) == State::kRunning) {
  }
  return channel_.state();
}

KeyKeeper::State KeyKeeper::Turn(std::chrono::milliseconds longest_wait) {
  const auto events = channel_.Wait(longest_wait);
  Expire();
  for (const sys::Event& event : events) {
    if (channel_.running()) event.token == kEdgeToken ? ReadEdge() : ReadChannel();
  }
  return channel_.state();
}

// All that is there: what posternd allows it says before anybody can ask for it.
void KeyKeeper::ReadChannel() {
  while (auto asked = channel_.Next()) {
    if (!Dispatch(asked->frame, asked->descriptors())) channel_.End(State::kGarbage);
  }
}

bool KeyKeeper::Dispatch(std::span<const std::byte> frame, Descriptors descriptors) {
  AskKey key;
  if (ReadFrame(frame, key)) return OnKey(key, descriptors);
  AskEdge edge;
  if (ReadFrame(frame, edge)) return OnEdge(edge, descriptors);
  if (!descriptors.empty()) return false;
  AskAllow allow;
  if (ReadFrame(frame, allow)) return OnAllow(allow);
  AskForgetKey forget;
  if (!ReadFrame(frame, forget)) return false;
  keys_.erase(forget.index);
  return true;
}

bool KeyKeeper::OnKey(const AskKey& ask, Descriptors descriptors) {
  if (ask.has_key > 1 || descriptors.size() != 1 + ask.has_key || keys_.contains(ask.index)) {
    return false;
  }
  AnswerKey answer;
  answer.index = ask.index;
  if (ask.has_key == 0) {
    answer.flaws = PrivateKey::JudgeWithout(descriptors[0]);
  } else if (auto key = PrivateKey::Load(descriptors[0], descriptors[1]); !key) {
    answer.flaws = key.error();
  } else if (keys_.size() >= kMaxKeys) {
    answer.flaws.Add(KeyFlaw::kNoRoom);
  } else {
    keys_.emplace(ask.index, std::move(*key));
  }
  channel_.Answer(answer);
  return true;
}

// What the old postern-tls was allowed is void: its connections are gone.
bool KeyKeeper::OnEdge(const AskEdge& ask, Descriptors descriptors) {
  if (descriptors.size() != 1) return false;
  DropEdge();
  allowed_.clear();
  expiries_.clear();
  edge_ = std::move(descriptors[0]);
  edge_number_ = ask.header.session;
  // Without it nobody is signed for: another keeper may have better luck.
  return channel_.poller().Add(edge_, sys::kReadable, kEdgeToken).has_value();
}

bool KeyKeeper::OnAllow(const AskAllow& ask) {
  const Allowance allowance{ask.first_key, ask.key_count};
  if (ask.key_count == 0 || !allowed_.emplace(ask.header.session, allowance).second) return false;
  expiries_.emplace(sys::BootTime() + std::chrono::milliseconds(ask.milliseconds),
                    ask.header.session);
  return true;
}

void KeyKeeper::Expire() {
  const Instant now = sys::BootTime();
  while (!expiries_.empty() &&
         (expiries_.begin()->first <= now || expiries_.size() > kMostAllowed)) {
    allowed_.erase(expiries_.begin()->second);
    expiries_.erase(expiries_.begin());
  }
}

void KeyKeeper::ReadEdge() {
  alignas(8) std::array<std::byte, kMaxFrame> buffer;
  auto received = sandbox::ReceiveFrame(edge_, buffer);
  if (!received && received.error().number == EAGAIN) return;
  if (!received && received.error().number != EBADMSG) return channel_.End(State::kFailed);
  if (received && received->length == 0) return DropEdge();  // which posternd sees by itself
  AskSign ask;
  const bool good = received && received->descriptor_count == 0 &&
                    ReadFrame(std::span(buffer).first(received->length), ask) &&
                    ask.length <= kMaxSigned;
  if (!good) return OnGarbage();
  const SessionId asked_by = edge_number_;
  ReadChannel();
  // There may be another postern-tls by now, which has not asked.
  if (channel_.running() && edge_number_ == asked_by) OnSign(ask);
}

void KeyKeeper::OnSign(const AskSign& ask) {
  AnswerSign answer;
  answer.header.session = ask.header.session;
  const auto algorithm = AlgorithmOf(ask.scheme);
  const auto message = std::span(ask.message).first(ask.length);
  const auto thing = WhatIsSigned(message);
  PrivateKey* const key = algorithm && thing ? Spend(ask) : nullptr;
  if (key == nullptr) {
    AnswerOverdrawn overdrawn;
    overdrawn.header.session = ask.header.session;
    if (!channel_.crowded()) channel_.Answer(overdrawn);
  } else {
    const auto signature = key->Sign(*algorithm, *thing, message);
    std::ranges::copy(signature, answer.signature.begin());
    answer.length = static_cast<std::uint32_t>(signature.size());
  }
  const auto sent = sandbox::SendFrame(edge_, AsFrame(answer), {});
  if (sent) return;
  if (sandbox::PeerIsGone(sent.error())) return DropEdge();
  // It waits for one answer at a time, so it would have taken them.
  if (sent.error().number == EAGAIN) return OnGarbage();
  // Nothing that it could be told makes up for the answer: as without an edge.
  channel_.End(State::kFailed);
}

PrivateKey* KeyKeeper::Spend(const AskSign& ask) {
  const auto allowed = allowed_.find(ask.header.session);
  if (allowed == allowed_.end()) return nullptr;
  const Allowance allowance = allowed->second;
  allowed_.erase(allowed);
  if (ask.key < allowance.first_key || ask.key - allowance.first_key >= allowance.key_count) {
    return nullptr;
  }
  const auto key = keys_.find(ask.key);
  return key == keys_.end() ? nullptr : &key->second;
}

void KeyKeeper::OnGarbage() {
  AnswerEdgeGarbage garbage;
  garbage.header.session = edge_number_;
  channel_.Answer(garbage);
  DropEdge();
}

void KeyKeeper::DropEdge() {
  if (!edge_) return;
  sys::IgnoreError(channel_.poller().Remove(edge_), "closing it removes it");
  edge_.Reset();
}

}  // namespace postern::daemon
