// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/remote_signer.h"

#include <algorithm>
#include <utility>

#include "sandbox/channel.h"
#include "sandbox/sys/wait.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

void RemoteSigner::SetEdge(sys::UniqueFd edge) {
  edge_ = std::move(edge);
  stuck_ = false;
}

bool RemoteSigner::TakeFailure() { return std::exchange(failed_, false); }

bool RemoteSigner::TakeStuck() { return std::exchange(stuck_, false); }

std::vector<std::uint8_t> RemoteSigner::Sign(KeyIndex key, std::uint32_t scheme,
                                             std::span<const std::uint8_t> message) {
  AskSign ask;
  AnswerSign answer;
  const bool fits = message.size() <= ask.message.size();
  if (fits) {
    ask.header.session = session_;
    ask.key = key;
    ask.scheme = scheme;
    ask.length = static_cast<std::uint32_t>(message.size());
    std::ranges::copy(message, ask.message.begin());
  }
  if (!fits || !edge_ || !Exchange(ask, answer) || answer.length == 0) {
    failed_ = true;
    return {};
  }
  return {answer.signature.begin(), answer.signature.begin() + answer.length};
}

// An edge that fails once is of no use any more: a late answer would be taken for another's.
bool RemoteSigner::Exchange(const AskSign& ask, AnswerSign& answer) {
  const auto sent = sandbox::SendFrame(edge_, AsFrame(ask), {});
  if (!sent) {
    stuck_ = !sandbox::PeerIsGone(sent.error());
    edge_.Reset();
    return false;
  }
  const bool in_time = sys::AwaitReadable(edge_, sys::Deadline(kPatience)).has_value();
  alignas(8) std::array<std::byte, kMaxFrame> buffer;
  bool closed = false;  // what is gone posternd sees by itself
  if (in_time) {
    auto received = sandbox::ReceiveFrame(edge_, buffer);
    if (received && received->descriptor_count == 0 &&
        ReadFrame(std::span(buffer).first(received->length), answer) &&
        answer.header.session == ask.header.session && answer.length <= kMaxSignature) {
      return true;
    }
    closed = received ? received->length == 0 : sandbox::PeerIsGone(received.error());
  }
  stuck_ = !closed;
  edge_.Reset();
  return false;
}

}  // namespace postern::daemon
