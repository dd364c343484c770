// SPDX-License-Identifier: BSD-2-Clause
// The reply of an ident server: who owns the client's end of a connection, as the client's machine
// tells it.
//
// Source: RFC 1413. Read as tcp_wrappers reads it: USERID in capitals, the two ports in the order
// they were sent, blanks where one likes. The name is not filtered here and may be anything.
// Fuzz target: ident_reply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::policy::hosts {

inline constexpr std::size_t kMaxIdentReply = 511;  // bytes, the line end included
inline constexpr std::size_t kMaxIdentUser = 255;

// How much of a reply has arrived. A line that is too long is taken as far as it goes.
bool IsWholeIdentReply(std::string_view received);

// What the line says. The user is `text` up to its first blank; who reads it as RFC 1413 does takes
// all of it.
struct IdentUser {
  std::string system;  // "UNIX", "UNIX, US-ASCII", "OTHER"; at most kMaxIdentSystem bytes
  std::string text;    // at most kMaxIdentUser bytes, without blanks around it
  std::string_view user() const;
};
inline constexpr std::size_t kMaxIdentSystem = 63;

// nullopt for errors, other ports and whatever is no reply.
std::optional<IdentUser> ReadIdentReply(std::string_view reply, std::uint16_t client_port,
                                        std::uint16_t server_port);

// The user alone; nullopt for errors, other ports and whatever is no reply.
std::optional<std::string> ParseIdentReply(std::string_view reply, std::uint16_t client_port,
                                           std::uint16_t server_port);

}  // namespace postern::policy::hosts
