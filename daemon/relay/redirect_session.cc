// SPDX-License-Identifier: BSD-2-Clause
// Redirect: connects on the client's behalf, tells the backend of the client where that is asked
// for, then carries bytes both ways (carrying_session.h).
#include <cerrno>
#include <string>

#include "daemon/relay/carrying_session.h"
#include "daemon/relay/outgoing_text.h"
#include "daemon/relay/sessions.h"
#include "daemon/wire_address.h"
#include "policy/proxy/proxy_writer.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

std::string HeaderFor(const AskRedirect& ask) {
  const policy::ProxiedEnds ends{EndpointOf(ask.client), EndpointOf(ask.server)};
  switch (ask.proxy_version) {
    case 1:
      return policy::WriteProxyLine(ends);
    case 2:
      return policy::WriteProxyBinary(ends, ProxyTlvsOf(ask.tlvs));
    default:
      return {};
  }
}

class RedirectSession final : public CarryingSession {
 public:
  RedirectSession(Seat seat, const AskRedirect& ask, DescriptorBudget& budget,
                  std::chrono::milliseconds connect_timeout, const Patience& patience)
      : CarryingSession(std::move(seat), budget, patience),
        ask_(ask),
        connect_timeout_(connect_timeout) {}

  void Start(Instant now) override { ConnectNext(now, ECONNREFUSED); }

  void OnDeadline(Instant now) override {
    if (carrying()) return CarryingSession::OnDeadline(now);
    ConnectNext(now, ETIMEDOUT);
  }

  void OnReady(Side side, std::uint32_t ready, Instant now) override {
    if (!carrying() && side == Side::kBackend) return connected_ ? Tell(now) : Connected(now);
    CarryingSession::OnReady(side, ready, now);
  }

 private:
  // Tries the remaining addresses until one connection is under way.
  void ConnectNext(Instant now, int last_error) {
    while (next_ < ask_.address_count) {
      const WireAddress& address = ask_.addresses[next_++];
      const bool v4 = address.is_v4 != 0;
      auto socket = sys::MakeSocket(v4 ? sys::SocketDomain::kInet4 : sys::SocketDomain::kInet6,
                                    sys::SocketKind::kStream, 0);
      if (!socket) {
        last_error = socket.error().number;
        continue;
      }
      const auto status = sys::Connect(*socket, SocketAddressOf(address));
      if (!status) {
        last_error = status.error().number;
        continue;
      }
      SetBackend(std::move(*socket));
      connected_ = false;
      SetDeadline(now + connect_timeout_);
      WatchClient(0);
      return WatchBackend(sys::kWritable);
    }
    Finish(Outcome::kConnectFailed, last_error);
  }

  // connect(2): "use getsockopt(2) to read the SO_ERROR option … to determine whether connect()
  // completed successfully".
  void Connected(Instant now) {
    const auto error = sys::PendingError(backend());
    if (!error || *error != 0) return ConnectNext(now, error ? *error : error.error().number);
    for (const sys::UniqueFd* end : {&client(), &backend()}) {
      sys::IgnoreError(sys::SetNoDelay(*end, true), "a client that is not TCP has no such delay");
      if (ask_.keepalive != 0) {
        sys::IgnoreError(sys::SetKeepalive(*end, true), "the session works without");
      }
    }
    connected_ = true;
    header_ = OutgoingText(HeaderFor(ask_));
    Tell(now);
  }

  // Not a byte of the client's comes before the header.
  void Tell(Instant now) {
    if (!header_.sent()) {
      const auto sent = header_.Send(backend());
      if (!sent) return ConnectNext(now, sent.error().number);
    }
    header_.sent() ? Carry(now) : WatchBackend(sys::kWritable);
  }

  AskRedirect ask_;
  std::chrono::milliseconds connect_timeout_;
  std::uint32_t next_ = 0;
  bool connected_ = false;  // to the last address that was tried
  OutgoingText header_;
};

}  // namespace

std::unique_ptr<Session> MakeRedirectSession(Seat seat, const AskRedirect& ask,
                                             DescriptorBudget& budget,
                                             std::chrono::milliseconds connect_timeout,
                                             const CarryingSession::Patience& patience) {
  return std::make_unique<RedirectSession>(std::move(seat), ask, budget, connect_timeout, patience);
}

}  // namespace postern::daemon
