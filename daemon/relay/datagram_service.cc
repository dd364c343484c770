// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/relay/datagram_service.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>

#include "daemon/relay/chargen_text.h"
#include "daemon/relay/clock_text.h"
#include "daemon/relay/reflection.h"
#include "daemon/relay/session.h"
#include "sandbox/sys/payload.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

using Bytes = std::span<const std::byte>;

// The length field of UDP and of IPv6 has 16 bits.
constexpr std::size_t kLargestDatagram = 65535;

// What xinetd answers at most; ours is never more than the request either.
constexpr std::size_t kChargenReply = 1024;

bool IsFrom(const WireAddress& expected, const sys::SocketAddress& sender) {
  return sender.is_inet() && sender.address_bytes() == expected.bytes &&
         sender.port() == expected.port;
}

// The answer to one request, nullopt for none. Daytime and time may exceed the request, by the 26
// and 4 bytes that they are.
struct Reply {
  Bytes bytes;
  std::string text;  // what `bytes` is of, unless it is the request or a constant
};
std::optional<Reply> MakeReply(WireBuiltin builtin, Bytes request, std::time_t now) {
  Reply reply;
  switch (builtin) {
    case WireBuiltin::kEcho:
      reply.bytes = request;
      return reply;
    case WireBuiltin::kChargen:
      if (request.empty()) return std::nullopt;
      reply.text = ChargenCycle().substr(0, std::min(request.size(), kChargenReply));
      return reply;
    case WireBuiltin::kDaytime:
      reply.text = DaytimeText(now);
      return reply;
    case WireBuiltin::kTime:
      reply.text = TimeBytes(now);
      return reply;
    case WireBuiltin::kDiscard:
      return std::nullopt;
  }
  return std::nullopt;
}

DatagramOutcome Take(const sys::UniqueFd& socket, DatagramOutcome outcome) {
  return sys::DropDatagram(socket) ? outcome : DatagramOutcome::kVanished;
}

}  // namespace

DatagramService::DatagramService() : buffer_(kLargestDatagram) {}

DatagramOutcome DatagramService::Answer(const AskDatagram& ask, const sys::UniqueFd& socket,
                                        std::time_t now) {
  const auto queued = sys::PeekDatagramPayload(socket, buffer_);
  if (!queued || !IsFrom(ask.sender, queued->sender)) return DatagramOutcome::kVanished;
  if (MayReflect(ask.sender) || IsOwnPort(ask, socket)) {
    return Take(socket, DatagramOutcome::kSuppressed);
  }
  const Bytes request = Bytes(buffer_).first(std::min(queued->length, buffer_.size()));
  const auto reply = MakeReply(ask.builtin, request, now);
  if (!reply) return Take(socket, DatagramOutcome::kNothingToSay);
  const Bytes bytes = reply->text.empty() ? reply->bytes : std::as_bytes(std::span(reply->text));
  const auto status = sys::SendDatagram(socket, queued->sender, bytes);
  return Take(socket, status ? DatagramOutcome::kAnswered : DatagramOutcome::kNothingToSay);
}

bool DatagramService::IsOwnPort(const AskDatagram& ask, const sys::UniqueFd& socket) {
  const auto local = sys::LocalAddress(socket);
  if (!local || !local->is_inet()) return true;
  own_ports_.set(local->port());
  return own_ports_.test(ask.sender.port);
}

}  // namespace postern::daemon
