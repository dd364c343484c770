// SPDX-License-Identifier: BSD-2-Clause
// sock_host and its methods: the two ends of a socket, by address at once, by name when asked for.
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstring>
#include <span>

#include "sandbox/sys/sockets.h"
#include "wrapper/libwrap/convert.h"
#include "wrapper/lookup/system_lookup.h"

namespace {

namespace sys = postern::sandbox::sys;
using postern::wrapper::libwrap::AddressOf;
using postern::wrapper::libwrap::Borrowed;
using postern::wrapper::libwrap::CopyText;
using postern::wrapper::libwrap::PrintedAddress;

// The request has no room for addresses, and nothing tells when it is done with. So the addresses
// of the last kKept requests are kept, for all threads together: that many may be under decision at
// once. One place for all, as the callers of old had, would decide one client by another's address.
struct Ends {
  alignas(sockaddr_storage) std::array<std::byte, sys::SocketAddress::kCapacity> client, server;
};
constexpr unsigned kKept = 256;
std::array<Ends, kKept> kept_ends;
std::atomic<unsigned> next_kept = 0;

sockaddr* Keep(const sys::SocketAddress& address, std::span<std::byte> place) {
  std::memcpy(place.data(), address.data(), place.size());
  return reinterpret_cast<sockaddr*>(place.data());
}

void DropOneDatagram(int fd) {
  const Borrowed socket(fd);
  sys::IgnoreError(sys::DropDatagram(socket.get()), "the refusal stands either way");
}

void Complain(const char* what, const sys::Error& error) {
  tcpd_warn(const_cast<char*>("%s: %s"), what, std::strerror(error.number));
}

// Connected or not; a datagram is looked at and left to the service.
sys::Result<sys::SocketAddress> ClientOf(request_info& request) {
  const Borrowed socket(request.fd);
  auto peer = sys::PeerAddress(socket.get());
  if (peer) return peer;
  request.sink = DropOneDatagram;
  TRY(const sys::QueuedDatagram datagram, sys::PeekDatagram(socket.get()));
  // A stream whose client has gone already has nothing to tell.
  if (!datagram.sender.known()) return peer;
  return datagram.sender;
}

}  // namespace

extern "C" void sock_host(request_info* request) noexcept {
  sock_methods(request);
  Ends& ends = kept_ends[next_kept.fetch_add(1, std::memory_order_relaxed) % kKept];
  const auto client = ClientOf(*request);
  if (!client) return Complain("can't get client address", client.error());
  request->client[0].sin = Keep(*client, ends.client);
  const Borrowed socket(request->fd);
  const auto server = sys::LocalAddress(socket.get());
  if (!server) return Complain("getsockname", server.error());
  request->server[0].sin = Keep(*server, ends.server);
}

extern "C" void sock_hostaddr(host_info* host) noexcept {
  if (host->sin == nullptr) return;
  CopyText(PrintedAddress(AddressOf(host->sin)).text(), host->addr);
}

extern "C" void sock_hostname(host_info* host) noexcept {
  const sys::SocketAddress address = AddressOf(host->sin);
  if (!address.known()) return;
  const auto answer = postern::wrapper::SystemLookup().NameOf(address);
  for (const std::string& warning : answer.warnings) {
    tcpd_warn(const_cast<char*>("%s"), warning.c_str());
  }
  if (answer.name.asked()) CopyText(answer.name.text(), host->name);
}
