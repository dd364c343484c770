// SPDX-License-Identifier: BSD-2-Clause
// Takes the place of a helper (puppets.h): hands its end of posternd's channel to the process that
// listens on the abstract unix address NAME, and waits for the end.
//
//   puppet_helper NAME
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <span>
#include <string_view>

#include "daemon/protocol.h"
#include "sandbox/channel.h"

int main(int argc, char** argv) {
  using postern::sandbox::sys::UniqueFd;
  if (argc != 2 || std::strlen(argv[1]) >= sizeof(sockaddr_un::sun_path)) return 2;
  const std::string_view name = argv[1];
  const UniqueFd control(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::connect(control.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) return 1;
  const int channel = postern::daemon::kChannelDescriptor;
  if (!postern::sandbox::SendFrame(control, std::as_bytes(std::span(name)), {&channel, 1}))
    return 1;
  ::close(channel);
  char byte = 0;
  return ::read(control.get(), &byte, 1) == 0 ? 0 : 1;
}
