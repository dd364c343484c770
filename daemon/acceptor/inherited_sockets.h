// SPDX-License-Identifier: BSD-2-Clause
// The listening sockets a service manager opened for us (sd_listen_fds(3), LISTEN_FDS).
//
// A service whose address one of them has is served from it, and does not bind its own.
#pragma once

#include <optional>
#include <vector>

#include "policy/service/service_spec.h"
#include "sandbox/sys/sockets.h"
#include "sandbox/sys/unique_fd.h"

namespace postern::daemon {

class InheritedSockets {
 public:
  InheritedSockets() = default;
  explicit InheritedSockets(std::vector<sandbox::sys::UniqueFd> sockets);

  // Gives away the socket that fits, once; and takes one back that was not needed after all.
  std::optional<sandbox::sys::UniqueFd> Take(const policy::ServiceSpec& spec);
  void Return(sandbox::sys::UniqueFd socket);
  std::size_t left() const { return sockets_.size(); }

 private:
  struct Candidate {
    sandbox::sys::UniqueFd socket;
    sandbox::sys::SocketDescription description;
  };
  std::vector<Candidate> sockets_;
};

}  // namespace postern::daemon
