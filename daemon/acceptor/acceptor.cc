// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/acceptor.h"

#include "daemon/acceptor/endpoint.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using policy::ServiceKind;
using policy::SocketType;

namespace {

// Arrivals taken from one service before the others get their turn.
constexpr int kArrivalsPerTurn = 16;

bool HasConnections(const policy::ServiceSpec& spec) {
  return spec.socket_type == SocketType::kStream || spec.socket_type == SocketType::kSeqpacket;
}

// Unknown when the kernel does not say; no rule with a server address matches then.
sys::SocketAddress LocalEnd(const sys::UniqueFd& socket) {
  return sys::LocalAddress(socket).value_or(sys::SocketAddress());
}

}  // namespace

// A server that had the socket has shut it down: it would be readable for ever, with nothing to
// read.
void Acceptor::OnSocketDead(Service& service) {
  const std::string& id = service.spec().id;
  log_.Error("service " + id + ": its socket was shut down by a server; it is opened anew");
  service.TakeListener();
  auto listener = Listener::Open(service.spec());
  const auto listening =
      listener ? service.Listen(std::move(*listener)) : std::unexpected(listener.error());
  if (!listening) log_.Error("service " + id + " is down: " + listening.error().ToString());
}

void Acceptor::OnArrival(Service& service) {
  const policy::ServiceSpec& spec = service.spec();
  bool (Acceptor::*take)(Service&) = &Acceptor::TakeDatagram;
  if (HasConnections(spec)) {
    take = HandsOverListener(spec) ? &Acceptor::TakeWaitingConnection : &Acceptor::TakeConnection;
  }
  // The service stops being watched as soon as cps closes it or a server has its socket.
  for (int i = 0; i < kArrivalsPerTurn && service.watched(); ++i) {
    if (!(this->*take)(service)) return;
  }
}

// accept(2): out of descriptors or memory, the client stays in the queue until there is room again.
bool Acceptor::OutOfResources(Service& service, const sys::Error& error) {
  switch (error.number) {
    case EMFILE:
    case ENFILE:
      log_.Error("Deactivating service " + service.spec().id +
                 " due to no available descriptors.  Restarting in 1 seconds.");
      break;
    case ENOBUFS:
    case ENOMEM:
      log_.Error(service.spec().id + ": " + error.ToString());
      break;
    default:
      return false;
  }
  service.Starve();
  return true;
}

bool Acceptor::TakeConnection(Service& service) {
  // A program gets its socket in blocking mode, as from xinetd.
  auto accepted = sys::Accept(service.listener().socket(), /*nonblocking=*/false);
  if (!accepted) {
    // What is wrong with one connection, the network's errors among it (accept(2), "Error
    // handling"), says nothing about the next.
    if (accepted.error().number == EAGAIN) return false;
    return !OutOfResources(service, accepted.error());
  }
  const auto peer = EndpointOf(accepted->peer);
  const wrapper::Connection ends{accepted->peer, LocalEnd(accepted->socket), /*stream=*/true};
  if (service.spec().proxy_from) {
    sessions_.AwaitProxyHeader(service.shared_from_this(), std::move(accepted->socket), ends);
    return true;
  }
  const auto admitted = admission_.Decide(service, peer, &ends);
  if (admitted) {
    sessions_.Serve(service.shared_from_this(), std::move(accepted->socket), peer, *admitted, ends);
  } else {
    admission_.Refuse(service, admitted.error(), peer);
    sessions_.TurnAway(service, std::move(accepted->socket), peer, admitted.error().acts);
  }
  return true;
}

// The server accepts for itself, so who is calling is not known, and the loader admits no address
// rules here. What waits is refused together; the pause is for a unix socket, whose clients stay.
bool Acceptor::TakeWaitingConnection(Service& service) {
  const auto admitted = admission_.Decide(service, std::nullopt, nullptr);
  if (admitted) {
    sessions_.ServeWaiting(service.shared_from_this(), std::nullopt, std::nullopt, *admitted);
    return false;
  }
  admission_.Refuse(service, admitted.error(), std::nullopt);
  if (service.held(Hold::kClosed)) return false;
  const auto refused = service.RefuseWaiting();
  if (!refused) log_.Error(service.spec().id + ": " + refused.error().ToString());
  service.Starve();
  return false;
}

bool Acceptor::TakeDatagram(Service& service) {
  const sys::UniqueFd& socket = service.listener().socket();
  // Whoever was given the socket, or still has it, may have set one.
  sys::PeekFromTheStart(socket);
  const auto first = sys::PeekDatagram(socket);
  // A pending socket error, such as an ICMP unreachable for an earlier reply, is consumed by
  // asking.
  if (!first) return first.error().number != EAGAIN;
  const auto peer = EndpointOf(first->sender);
  const wrapper::Connection ends{first->sender, LocalEnd(socket), /*stream=*/false};
  const auto admitted = admission_.Decide(service, peer, &ends);
  if (!admitted) {
    admission_.Refuse(service, admitted.error(), peer);
    // cps leaves the queue alone: the service is closed, and takes it up again later.
    if (admitted.error().reason != policy::DenyReason::kConnectionsPerSecond) {
      sys::IgnoreError(sys::DropDatagram(socket), "then it is gone already");
    }
    return true;
  }
  if (service.spec().kind == ServiceKind::kInternal) {
    sessions_.ServeDatagram(service.shared_from_this(), *first);
  } else {
    sessions_.ServeWaiting(service.shared_from_this(), peer, *first, *admitted);
  }
  return false;
}

}  // namespace postern::daemon
