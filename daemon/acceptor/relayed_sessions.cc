// SPDX-License-Identifier: BSD-2-Clause
// The sessions that postern-relay has in hand: what it is asked, and what follows from its answers.
#include <algorithm>
#include <cerrno>
#include <span>

#include "daemon/acceptor/endpoint.h"
#include "daemon/acceptor/sessions.h"
#include "daemon/log/record.h"
#include "daemon/wire_address.h"
#include "sandbox/sys/files.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using policy::Builtin;
using policy::ServiceKind;

namespace {

WireBuiltin WireBuiltinOf(Builtin builtin) {
  switch (builtin) {
    case Builtin::kEcho:
      return WireBuiltin::kEcho;
    case Builtin::kDaytime:
      return WireBuiltin::kDaytime;
    case Builtin::kTime:
      return WireBuiltin::kTime;
    case Builtin::kChargen:
      return WireBuiltin::kChargen;
    case Builtin::kDiscard:
    case Builtin::kTcpmux:
    case Builtin::kSensor:
      break;
  }
  return WireBuiltin::kDiscard;
}

sys::SocketAddress SocketAddressOf(const policy::Endpoint& endpoint) {
  return sys::SocketAddress::Inet(endpoint.address.bytes(), endpoint.port,
                                  endpoint.address.is_v4());
}

std::uint32_t WireVersion(policy::RedirectProxy proxy) {
  switch (proxy) {
    case policy::RedirectProxy::kOff:
      break;
    case policy::RedirectProxy::kV1:
      return 1;
    case policy::RedirectProxy::kV2:
      return 2;
  }
  return 0;
}

// What a backend is told besides the addresses: of TLS what was ended here. What the client's own
// proxy has said of names is of the connection that goes on to the backend, unless that is inside
// of TLS; its number of the connection holds for every proxy on the way
// (proxy-protocol.txt, 2.2.5).
WireTlvs TlvsFor(const Session& session) {
  WireTlvs tlvs = session.tlvs ? *session.tlvs : WireTlvs();
  if (!session.told) return tlvs;
  tlvs.unique_id = session.told->unique_id;
  if (session.tls != 0) return tlvs;
  tlvs.alpn = session.told->alpn;
  tlvs.authority = session.told->authority;
  return tlvs;
}

// Whether a client that is still there has not been given all that there was for it, or nothing.
bool IsCutOff(Outcome outcome) {
  return outcome == Outcome::kTruncated || outcome == Outcome::kConnectFailed ||
         outcome == Outcome::kNoCapacity || outcome == Outcome::kStopped ||
         outcome == Outcome::kClientSlow;
}

AskRedirect RedirectOf(const policy::ServiceSpec& spec) {
  AskRedirect ask;
  ask.keepalive = spec.keepalive ? 1 : 0;
  const auto& addresses = spec.redirect.addresses;
  ask.address_count = static_cast<std::uint32_t>(std::min(addresses.size(), kMaxRedirectAddresses));
  for (std::size_t i = 0; i < ask.address_count; ++i) {
    ask.addresses[i] = WireAddressOf({addresses[i], spec.redirect.port});
  }
  return ask;
}

}  // namespace

// Opens the banner files for the relay, which has no files of its own. One that cannot be opened is
// an error in the log and no more (xinetd.conf(5), banner). False when there is nothing to write.
bool Sessions::AskBanners(Service& service, const std::string& outcome_banner, SessionId id,
                          bool give_back, const sys::UniqueFd& connection) {
  sys::UniqueFd files[2];
  int descriptors[3] = {connection.get()};
  std::size_t count = 1;
  for (const std::string& path : {service.spec().banners.always, outcome_banner}) {
    if (path.empty()) continue;
    auto file = sys::OpenRegularFile(path);
    if (!file) {
      log_.Error("service " + service.spec().id + ", banner: " + file.error().ToString());
      continue;
    }
    files[count - 1] = std::move(*file);
    descriptors[count] = files[count - 1].get();
    ++count;
  }
  if (count == 1) return false;
  AskBanner ask;
  ask.header.session = id;
  ask.give_back = give_back ? 1 : 0;
  const auto asked = relay_.Ask(ask, std::span(descriptors, count));
  if (asked) {
    deadlines_.Expect(id, patience_.banner);
  } else {
    log_.Error(service.spec().id + ", banner: " + asked.error().ToString());
  }
  return asked.has_value();
}

void Sessions::TurnAway(Service& service, sys::UniqueFd connection, const Peer& peer, bool acts,
                        const Peer& local) {
  refused_users_.AskAbout(service, connection, peer);
  Dismiss(service, std::move(connection), peer, acts, local);
}

void Sessions::Dismiss(Service& service, sys::UniqueFd connection, const Peer& peer, bool acts,
                       const Peer& local) {
  if (acts && LetOptionsAct(service, connection, peer, local)) return;
  const policy::Banners& banners = service.spec().banners;
  if (banners.always.empty() && banners.on_failure.empty()) return;
  if (!MakeRoomToTurnAway()) return;
  // No session is kept for it: nothing is left to do but to write and to close, which is the
  // relay's.
  const SessionId id = next_id_++;
  const bool asked = AskBanners(service, banners.on_failure, id, /*give_back=*/false, connection);
  if (asked) turned_away_.insert(id);
}

// False when there is nothing that could act for the service, or enough does already: a client that
// is refused must not be able to start processes without end.
bool Sessions::LetOptionsAct(Service& service, sys::UniqueFd& connection, const Peer& peer,
                             const Peer& local) {
  if (!service.plan() || acting_ >= kMaxActing) return false;
  Session& session =
      Begin(service.shared_from_this(), peer, Admitted{Way::kGate}, /*refused=*/true);
  session.local = local;
  Dispatch(session, std::move(connection));
  return true;
}

// False when the relay is behind even with giving up: the client is closed without a banner then.
bool Sessions::MakeRoomToTurnAway() {
  if (turned_away_.size() < kMaxTurnedAway) return true;
  if (given_up_.size() >= kMaxTurnedAway) return false;
  const SessionId oldest = *turned_away_.begin();
  deadlines_.Stop(oldest);
  given_up_.insert(turned_away_.extract(oldest));
  return true;
}

sys::Status Sessions::AskFor(const Session& session, const sys::UniqueFd& connection) {
  const policy::ServiceSpec& spec = session.service->spec();
  const int descriptor = connection.get();
  const std::span<const int> descriptors(&descriptor, 1);
  if (session.stage == Stage::kMux) {
    AskMux ask;
    ask.header.session = session.id;
    return relay_.Ask(ask, descriptors);
  }
  if (spec.kind == ServiceKind::kRedirect) {
    AskRedirect ask = RedirectOf(spec);
    ask.header.session = session.id;
    ask.proxy_version = WireVersion(spec.redirect.proxy);
    if (ask.proxy_version != 0) {
      TRY(const sys::SocketAddress own, sys::LocalAddress(connection));
      const Peer server = session.local ? session.local : EndpointOf(own);
      if (!session.peer || !server) {
        return std::unexpected(sys::Error{"getsockname", EAFNOSUPPORT, "redirect_proxy"});
      }
      ask.client = WireAddressOf(*session.peer);
      ask.server = WireAddressOf(*server);
      ask.tlvs = TlvsFor(session);
    }
    return relay_.Ask(ask, descriptors);
  }
  AskServe ask;
  ask.header.session = session.id;
  ask.builtin = WireBuiltinOf(spec.builtin);
  return relay_.Ask(ask, descriptors);
}

void Sessions::GiveToRelay(Session& session, Stage stage, sys::UniqueFd connection) {
  session.stage = stage;
  const auto asked = AskFor(session, connection);
  if (!asked) {
    session.connection = std::move(connection);
    return FailToStart(session, asked.error().ToString());
  }
  if (stage == Stage::kMux) deadlines_.Expect(session.id, patience_.mux);
  if (stage == Stage::kMux || session.tls != 0) session.connection = std::move(connection);
  LogStart(session, relay_.pid());
}

void Sessions::ServeDatagram(std::shared_ptr<Service> service, const sys::QueuedDatagram& first) {
  const auto peer = EndpointOf(first.sender);
  Session& session = Begin(std::move(service), peer);
  session.stage = Stage::kDatagram;
  session.service->Place(Hold::kServing);
  session.first_datagram = first;
  AskDatagram ask;
  ask.header.session = session.id;
  ask.builtin = WireBuiltinOf(session.service->spec().builtin);
  if (first.sender.is_inet()) ask.sender = WireAddressOf(first.sender);
  const int socket = session.service->listener().socket().get();
  const auto asked = relay_.Ask(ask, std::span(&socket, 1));
  if (asked) {
    deadlines_.Expect(session.id, patience_.datagram);
    return LogStart(session, 0);
  }
  // Nobody has looked at the datagram: it may wait for the next relay.
  session.first_datagram.reset();
  FailToStart(session, asked.error().ToString());
}

void Sessions::Explain(const policy::ServiceSpec& spec, const AnswerDone& answer) {
  if (answer.outcome == Outcome::kConnectFailed) {
    log_.Error(spec.id + ": can't connect to remote host " + spec.redirect.host + ": " +
               sys::ErrnoText(answer.error));
  } else if (answer.outcome == Outcome::kNoCapacity) {
    log_.Error(spec.id + ": the relay has no room for another session");
  } else if (answer.outcome == Outcome::kStopped) {
    log_.Error(spec.id + ": the relay let the deadline of a session pass");
  }
}

bool Sessions::OnDone(const AnswerDone& answer) {
  if (turned_away_.erase(answer.header.session) + given_up_.erase(answer.header.session) != 0) {
    deadlines_.Answered(answer.header.session);
    return true;
  }
  if (EndAwaited(answer)) return true;
  const auto found = sessions_.find(answer.header.session);
  if (found == sessions_.end()) return false;
  Session& session = *found->second;
  if (session.spliced) {
    OnSpliceDone(session, answer);
    return true;
  }
  if (!session.with_relay() || session.stage == Stage::kDatagram) return false;
  const policy::ServiceSpec& spec = session.service->spec();
  Explain(spec, answer);
  const bool not_served =
      answer.outcome == Outcome::kNoCapacity || answer.outcome == Outcome::kStopped;
  // Nothing else can end it before there is a program.
  if (session.stage == Stage::kSplice && !not_served) return false;
  if (!session.start_logged && not_served) {
    FailToStart(session,
                session.stage == Stage::kSplice ? "no relay, no service" : "no banner, no service");
    return true;
  }
  if (!session.start_logged) LogStart(session, 0);  // the client left before anything ran
  if (spec.kind == ServiceKind::kRedirect) Book(session, {answer.bytes_in, answer.bytes_out});
  LogExit(session, {answer.outcome == Outcome::kFinished ? 0 : 1, std::nullopt}, relay_.pid());
  if (IsCutOff(answer.outcome)) CutOff(session);
  EndService(session);
  return true;
}

bool Sessions::OnBanner(const AnswerBanner& answer) {
  Session* session = Find(answer.header.session, Stage::kBanner);
  if (session == nullptr) return false;
  deadlines_.Answered(session->id);
  Dispatch(*session, std::move(session->connection));
  return true;
}

bool Sessions::OnMux(const AnswerMux& answer) {
  Session* session = Find(answer.header.session, Stage::kMux);
  if (session == nullptr) return false;
  sys::UniqueFd client = std::move(session->connection);
  LogExit(*session, {0, std::nullopt}, relay_.pid());
  const std::unique_ptr<Session> named = End(*session);
  const auto target = mux_targets_.find(answer.index);
  // A name that a reload has removed meanwhile: the client is closed.
  if (target == mux_targets_.end()) return true;
  if (auto service = target->second.lock()) {
    StartForMux(std::move(service), std::move(client), *named);
  }
  return true;
}

std::expected<Admitted, Refusal> Sessions::AdmitLate(Service& service, const Peer& peer,
                                                     const wrapper::Connection& ends) {
  if (service.held(Hold::kClosed)) {
    return std::unexpected(Refusal{{policy::DenyReason::kConnectionsPerSecond}});
  }
  return admission_.Decide(service, peer, &ends);
}

std::expected<Admitted, Refusal> Sessions::AdmitForMux(Service& target, const Peer& peer,
                                                       const Peer& local,
                                                       const wrapper::Connection& ends) {
  auto admitted = AdmitLate(target, peer, ends);
  if (admitted && local && IsBlindTcpd(target.spec(), *admitted)) {
    return std::unexpected(
        Refusal{{policy::DenyReason::kLibwrap}, kBlindTcpd, target.spec().libwrap_name});
  }
  return admitted;
}

// The service that was named has its own rules and limits, as if it had a port of its own.
void Sessions::StartForMux(std::shared_ptr<Service> target, sys::UniqueFd client, Session& named) {
  const Peer &peer = named.peer, &local = named.local;
  const sys::SocketAddress unknown;
  wrapper::Connection ends{sys::PeerAddress(client).value_or(unknown),
                           sys::LocalAddress(client).value_or(unknown), /*stream=*/true};
  if (local && peer) ends = {SocketAddressOf(*peer), SocketAddressOf(*local), /*stream=*/true};
  const auto admitted = AdmitForMux(*target, peer, local, ends);
  if (!admitted) {
    admission_.Refuse(*target, admitted.error(), peer);
    return TurnAway(*target, std::move(client), peer, admitted.error().acts, local);
  }
  Session& session = Begin(std::move(target), peer, *admitted);
  session.local = local;
  session.proxied = named.proxied;
  session.told = std::move(named.told);
  session.tls_words = std::move(named.tls_words);
  session.ip_options = named.ip_options;
  session.tls = named.tls;
  session.shaken = named.shaken;
  if (session.tls != 0) in_tls_[session.tls] = &session;
  session.tcpmux_greeting = session.service->spec().tcpmux_greeting;
  Receive(session, std::move(client), ends);
}

bool Sessions::OnDatagram(const AnswerDatagram& answer) {
  Session* session = Find(answer.header.session, Stage::kDatagram);
  if (session == nullptr) return false;
  DropUnread(*session);
  End(*session);
  return true;
}

// A datagram that is still first after its server is gone was not read. Served again it would start
// one server after the other; the rest of the queue stays untouched.
void Sessions::DropUnread(Session& session) {
  if (!session.first_datagram || !session.service->listener()) return;
  const sys::UniqueFd& socket = session.service->listener().socket();
  sys::PeekFromTheStart(socket);
  const auto first = sys::PeekDatagram(socket);
  if (!first || *first != *session.first_datagram) return;
  sys::IgnoreError(sys::DropDatagram(socket), "then it is gone already");
  log_.Notice(session.service->spec().id + ": the server left a datagram from " +
              (session.peer ? session.peer->address.ToString() : "<no address>") +
              " unread; it is dropped");
}

void Sessions::OnRelayLost() {
  turned_away_.clear();
  given_up_.clear();
  deadlines_.Clear();
  while (auto awaited = awaited_.TakeAny()) {
    RefuseProxy(std::move(*awaited), "the relay that read its header is gone");
  }
  LoseSplices();
  std::vector<Session*> lost;
  for (const auto& [id, session] : sessions_) {
    if (session->with_relay()) lost.push_back(session.get());
  }
  for (Session* session : lost) {
    if (!session->start_logged) {
      FailToStart(*session, "the relay that had it is gone");
      continue;
    }
    // The datagram may be what killed the relay: it does not get a second chance.
    DropUnread(*session);
    LogExit(*session, {1, std::nullopt}, 0);
    if (session->stage == Stage::kDatagram) session->service->Starve();
    CutOff(*session);
    EndService(*session);
  }
}

}  // namespace postern::daemon
