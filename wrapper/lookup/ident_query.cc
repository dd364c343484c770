// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/lookup/ident_query.h"

#include <array>
#include <cerrno>

#include "sandbox/sys/events.h"
#include "sandbox/sys/payload.h"

namespace postern::wrapper {

namespace sys = sandbox::sys;

IdentQuery::IdentQuery(const sys::SocketAddress& client, const sys::SocketAddress& server,
                       std::uint16_t port) {
  const bool one_family = client.is_inet() && server.is_inet() && client.is_v4() == server.is_v4();
  if (!one_family) {
    EndWith(IdentEnd::kSystem);
    return;
  }
  client_port_ = client.port();
  server_port_ = server.port();
  unsent_ = std::to_string(client_port_) + "," + std::to_string(server_port_) + "\r\n";
  Begin(client, server, port);
}

void IdentQuery::Begin(const sys::SocketAddress& client, const sys::SocketAddress& server,
                       std::uint16_t port) {
  const auto domain = client.is_v4() ? sys::SocketDomain::kInet4 : sys::SocketDomain::kInet6;
  auto socket = sys::MakeSocket(domain, sys::SocketKind::kStream, 0);
  if (!socket || !sys::Bind(*socket, server.WithPort(0))) return EndWith(IdentEnd::kSystem);
  socket_ = std::move(*socket);
  if (!sys::Connect(socket_, client.WithPort(port))) EndWith(IdentEnd::kNoServer);
}

std::uint32_t IdentQuery::interest() const {
  return connected_ && unsent_.empty() ? sys::kReadable : sys::kWritable;
}

void IdentQuery::OnReady() {
  if (over()) return;
  if (!connected_) {
    const auto error = sys::PendingError(socket_);
    if (!error || *error != 0) return EndWith(IdentEnd::kNoServer);
    connected_ = true;
  }
  unsent_.empty() ? Receive() : Send();
}

void IdentQuery::Send() {
  const auto sent = sys::SendSome(socket_, std::as_bytes(std::span(unsent_)));
  if (sent) {
    unsent_.erase(0, *sent);
  } else if (sent.error().number != EAGAIN) {
    EndWith(IdentEnd::kLost);
  }
}

void IdentQuery::Receive() {
  std::array<std::byte, policy::hosts::kMaxIdentReply> buffer{};
  const auto room = policy::hosts::kMaxIdentReply - reply_.size();
  const auto length = sys::ReceiveSome(socket_, std::span(buffer).first(room));
  if (!length && length.error().number == EAGAIN) return;
  if (!length || *length == 0) return EndWith(IdentEnd::kLost);
  for (const std::byte byte : std::span(buffer).first(*length)) {
    reply_ += static_cast<char>(byte);
  }
  if (!policy::hosts::IsWholeIdentReply(reply_)) return;
  auto user = policy::hosts::ReadIdentReply(reply_, client_port_, server_port_);
  if (!user) return EndWith(IdentEnd::kBadReply);
  user_ = std::move(*user);
  EndWith(IdentEnd::kUser);
}

void IdentQuery::EndWith(IdentEnd end) {
  end_ = end;
  socket_.Reset();
}

}  // namespace postern::wrapper
