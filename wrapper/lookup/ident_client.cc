// SPDX-License-Identifier: BSD-2-Clause
#include "wrapper/lookup/ident_client.h"

#include <array>

#include "policy/hosts/ident_reply.h"
#include "sandbox/sys/payload.h"
#include "sandbox/sys/wait.h"

namespace postern::wrapper {
namespace {

namespace sys = sandbox::sys;
using policy::hosts::Fact;

sys::Result<sys::UniqueFd> ConnectFrom(const sys::SocketAddress& from, const sys::SocketAddress& to,
                                       const sys::Deadline& deadline) {
  const auto domain = to.is_v4() ? sys::SocketDomain::kInet4 : sys::SocketDomain::kInet6;
  TRY(sys::UniqueFd socket, sys::MakeSocket(domain, sys::SocketKind::kStream, 0));
  // The server looks the connection up by both ends, so ours must be the one it was made to.
  TRY_STATUS(sys::Bind(socket, from));
  TRY_STATUS(sys::Connect(socket, to));
  TRY_STATUS(sys::AwaitWritable(socket, deadline));
  TRY(const int error, sys::PendingError(socket));
  if (error != 0) return std::unexpected(sys::Error{"connect", error, {}});
  return socket;
}

sys::Status SendAll(const sys::UniqueFd& socket, std::string_view text,
                    const sys::Deadline& deadline) {
  auto rest = std::as_bytes(std::span(text.data(), text.size()));
  while (!rest.empty()) {
    TRY_STATUS(sys::AwaitWritable(socket, deadline));
    TRY(const std::size_t sent, sys::SendSome(socket, rest));
    rest = rest.subspan(sent);
  }
  return {};
}

// EPIPE: the server hung up in the middle of its line.
sys::Result<std::string> ReceiveReply(const sys::UniqueFd& socket, const sys::Deadline& deadline) {
  std::string reply;
  std::array<std::byte, policy::hosts::kMaxIdentReply> buffer{};
  while (!policy::hosts::IsWholeIdentReply(reply)) {
    TRY_STATUS(sys::AwaitReadable(socket, deadline));
    TRY(const std::size_t length, sys::ReceiveSome(socket, buffer));
    if (length == 0) return std::unexpected(sys::Error{"recv", EPIPE, {}});
    for (const std::byte byte : std::span(buffer).first(length)) {
      reply += static_cast<char>(byte);
    }
  }
  return reply;
}

sys::Result<std::string> Ask(const sys::SocketAddress& client, const sys::SocketAddress& server,
                             const sys::Deadline& deadline, std::uint16_t port) {
  TRY(const sys::UniqueFd socket, ConnectFrom(server.WithPort(0), client.WithPort(port), deadline));
  const std::string question =
      std::to_string(client.port()) + "," + std::to_string(server.port()) + "\r\n";
  TRY_STATUS(SendAll(socket, question, deadline));
  return ReceiveReply(socket, deadline);
}

}  // namespace

Fact AskIdent(const sys::SocketAddress& client, const sys::SocketAddress& server,
              std::chrono::milliseconds deadline, std::uint16_t port) {
  const bool one_family = client.is_inet() && server.is_inet() && client.is_v4() == server.is_v4();
  if (!one_family) return Fact::Unknown();
  const auto reply = Ask(client, server, sys::Deadline(deadline), port);
  if (!reply) return Fact::Unknown();
  const auto user = policy::hosts::ParseIdentReply(*reply, client.port(), server.port());
  return user ? Fact::Known(*user) : Fact::Unknown();
}

}  // namespace postern::wrapper
