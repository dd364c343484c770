// SPDX-License-Identifier: BSD-2-Clause
// Between the callers' C structures and the types of the policy engine.
#pragma once

#include <string_view>

#include "policy/hosts/request.h"
#include "sandbox/sys/sockets.h"
#include "sandbox/sys/unique_fd.h"
#include "wrapper/libwrap/abi.h"

namespace postern::wrapper::libwrap {

// Cut to what fits; always ends with NUL.
void CopyText(std::string_view text, char (&to)[STRING_LENGTH]);

// Not known when there is no address, or one of a family that is none of the internet's or unix.
sandbox::sys::SocketAddress AddressOf(const sockaddr* address);

// The printed address of a socket address: "192.0.2.1", "::ffff:192.0.2.1", "unknown".
policy::hosts::Fact PrintedAddress(const sandbox::sys::SocketAddress& address);

// Asks for nothing but printed addresses, which need no look-up.
policy::hosts::Request ToPolicy(request_info& request);

// What was looked up and what expansion has filtered go back into the caller's structure.
void FromPolicy(const policy::hosts::Request& from, request_info& to);

std::uint32_t ProcessIdOf(const request_info& request);  // %p

// A descriptor that stays the caller's, in the form that sandbox/sys takes.
class Borrowed {
 public:
  explicit Borrowed(int fd) : fd_(fd) {}
  ~Borrowed() { fd_.Release(); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  const sandbox::sys::UniqueFd& get() const { return fd_; }

 private:
  sandbox::sys::UniqueFd fd_;
};

}  // namespace postern::wrapper::libwrap
