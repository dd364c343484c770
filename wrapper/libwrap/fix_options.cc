// SPDX-License-Identifier: BSD-2-Clause
// fix_options: a connection with IP options of its client's choice.
//
// With a source route the client names the way of our answers, so that an address it does not own
// reaches it all the same: such a connection is shut down. Other options are logged and cleared.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "sandbox/sys/ip_options.h"
#include "sandbox/sys/sockets.h"
#include "wrapper/access/log_sink.h"
#include "wrapper/libwrap/convert.h"
#include "wrapper/libwrap/ip_header_options.h"

namespace {

namespace sys = postern::sandbox::sys;
namespace libwrap = postern::wrapper::libwrap;
using postern::wrapper::SystemLog;

// A client of an IPv4 network behind an IPv6 socket has an IPv4 header too.
bool SpeaksIpv4(const sys::SocketAddress& address) {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!address.is_inet()) return false;
  const auto bytes = address.address_bytes();
  return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

void ShutDown(const sys::UniqueFd& socket) {
  sys::IgnoreError(sys::ShutdownBoth(socket), "a client that has gone needs none");
}

}  // namespace

extern "C" void fix_options(request_info* request) {
  const libwrap::Borrowed socket(request->fd);
  const auto peer = sys::PeerAddress(socket.get());
  // A datagram socket has no peer, and answers with options of its own.
  if (!peer && peer.error().number == ENOTCONN) return;
  if (!peer) {
    SystemLog().Write(postern::wrapper::kLogError,
                      std::string("getpeername: ") + std::strerror(peer.error().number));
    clean_exit(request);
    return;
  }
  if (!SpeaksIpv4(*peer)) return;
  const auto options = sys::IpOptions(socket.get());
  if (!options || options->empty()) return;
  const std::string client = eval_client(request);
  if (libwrap::HasSourceRoute(*options)) {
    SystemLog().Write(postern::wrapper::kLogWarning,
                      "refused connect from " + client + " with IP source routing options");
    ShutDown(socket.get());
    return;
  }
  SystemLog().Write(
      postern::wrapper::kLogNotice,
      "connect from " + client + " with IP options (ignored):" + libwrap::HexText(*options));
  if (const auto cleared = sys::ClearIpOptions(socket.get()); !cleared) {
    SystemLog().Write(postern::wrapper::kLogError, cleared.error().ToString());
    ShutDown(socket.get());
  }
}
