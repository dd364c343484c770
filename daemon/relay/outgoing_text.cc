// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/outgoing_text.h"

#include <algorithm>
#include <span>

#include "daemon/relay/session.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

sys::Result<std::size_t> OutgoingText::Send(const sys::UniqueFd& client) {
  const std::size_t burst = std::min(text_.size() - offset_, kBurst);
  auto sent = sys::SendSome(client, std::as_bytes(std::span(text_).subspan(offset_, burst)));
  if (!sent && sys::IsMomentary(sent.error())) return 0;
  if (sent) offset_ += *sent;
  return sent;
}

}  // namespace postern::daemon
