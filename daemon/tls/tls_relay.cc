// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/tls/tls_relay.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "sandbox/channel.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// Standard descriptors, the channel, the edge, the poller, and what one message may bring.
constexpr std::size_t kReservedDescriptors = 24;
// Frames read for one event; sessions have their turn in between.
constexpr int kFramesPerTurn = 64;
constexpr std::size_t kMaxServices = kMaxKeys;  // each has one
constexpr std::chrono::minutes kTicketsLookedAt(10);

}  // namespace

sys::Result<std::unique_ptr<TlsRelay>> TlsRelay::Make(sys::UniqueFd channel, RemoteSigner& signer,
                                                      const TlsLimits& limits) {
  if (limits.descriptors <= kReservedDescriptors) {
    return std::unexpected(sys::Error{"getrlimit", EMFILE, "RLIMIT_NOFILE"});
  }
  TRY(HelperChannel made, HelperChannel::Make(std::move(channel)));
  auto relay = std::make_unique<TlsRelay>(std::move(made), signer, limits);
  relay->channel_.Answer(AnswerReady{});
  return relay;
}

TlsRelay::TlsRelay(HelperChannel channel, RemoteSigner& signer, const TlsLimits& limits)
    : channel_(std::move(channel)), signer_(signer), limits_(limits), now_(sys::BootTime()) {}

TlsRelay::State TlsRelay::Run() {
  while (Turn(std::chrono::milliseconds(-1)) == State::kRunning) {
  }
  return channel_.state();
}

TlsRelay::State TlsRelay::Turn(std::chrono::milliseconds longest_wait) {
  const auto events = channel_.Wait(NextWait(longest_wait));
  now_ = sys::BootTime();
  ContinueUnfinished();
  for (const sys::Event& event : events) {
    if (channel_.running()) Handle(event);
  }
  if (channel_.running()) ExpireDeadlines();
  ExpireTickets();
  if (signer_.TakeStuck()) channel_.Answer(AnswerKeysStuck{});
  if (!channel_.running()) sessions_.clear();
  return channel_.state();
}

// A session's tokens are its serial times two, plus the side; serials start at 1.
void TlsRelay::Handle(const sys::Event& event) {
  if (event.token == HelperChannel::kToken) return ReadAsked();
  const Serial serial = event.token >> 1;
  const auto found = sessions_.find(serial);
  if (found == sessions_.end()) return;  // ended by an earlier event of this turn
  found->second.session->OnReady(static_cast<TlsSession::Side>(event.token & 1), event.ready, now_);
  Settle(serial, found->second);
}

void TlsRelay::Settle(Serial serial, Entry& entry) {
  TlsSession& session = *entry.session;
  if (const auto handshake = session.TakeHandshake()) channel_.Answer(*handshake);
  deadlines_.Set(serial, session.deadline());
  if (session.unfinished() && !std::exchange(entry.unfinished, true)) unfinished_.push_back(serial);
  if (!session.over()) return;
  serials_.erase(session.id());
  channel_.Answer(session.done());
  sessions_.erase(serial);
}

void TlsRelay::ContinueUnfinished() {
  for (const Serial serial : std::exchange(unfinished_, {})) {
    const auto found = sessions_.find(serial);
    if (found == sessions_.end()) continue;
    found->second.unfinished = false;
    found->second.session->Continue(now_);
    Settle(serial, found->second);
  }
}

void TlsRelay::ExpireDeadlines() {
  while (const auto serial = deadlines_.Due(now_)) {
    Entry& entry = sessions_.at(*serial);
    entry.session->OnDeadline(now_);
    Settle(*serial, entry);
  }
}

// A service that nobody calls has keys as well.
void TlsRelay::ExpireTickets() {
  if (now_ < tickets_due_) return;
  tickets_due_ = now_ + kTicketsLookedAt;
  for (const auto& [id, service] : services_) service->Expire(now_);
}

std::chrono::milliseconds TlsRelay::NextWait(std::chrono::milliseconds longest) const {
  if (!unfinished_.empty()) return std::chrono::milliseconds(0);
  return WaitFor(std::min(deadlines_.first().value_or(tickets_due_), tickets_due_), longest);
}

// ---- What posternd asks ----

void TlsRelay::ReadAsked() {
  for (int left = kFramesPerTurn; left > 0; --left) {
    auto asked = channel_.Next();
    if (!asked) return;
    if (!Dispatch(asked->frame, asked->descriptors())) channel_.End(State::kGarbage);
  }
}

bool TlsRelay::Dispatch(std::span<const std::byte> frame, Descriptors descriptors) {
  AskTls tls;
  if (ReadFrame(frame, tls)) return OnTls(tls, descriptors);
  AskTlsService service;
  if (ReadFrame(frame, service)) return OnService(service, descriptors);
  AskTlsCredential credential;
  if (ReadFrame(frame, credential)) return OnCredential(credential, descriptors);
  AskTlsEdge edge;
  if (ReadFrame(frame, edge)) {
    if (descriptors.size() != 1) return false;
    signer_.SetEdge(std::move(descriptors[0]));
    return true;
  }
  if (!descriptors.empty()) return false;
  AskForgetTls forget;
  if (ReadFrame(frame, forget)) {
    Forget(forget.service);
    return true;
  }
  return DispatchToSession(frame);
}

bool TlsRelay::DispatchToSession(std::span<const std::byte> frame) {
  AskTlsAdmit admit;
  if (ReadFrame(frame, admit)) return Tell(admit.header.session, &TlsSession::Admit);
  AskTlsRefuse refuse;
  if (ReadFrame(frame, refuse)) return Tell(refuse.header.session, &TlsSession::Refuse);
  AskTlsTruncate truncate;
  return ReadFrame(frame, truncate) && Tell(truncate.header.session, &TlsSession::Truncate);
}

bool TlsRelay::OnService(const AskTlsService& ask, Descriptors descriptors) {
  const bool known = incomplete_.contains(ask.service) || services_.contains(ask.service);
  const bool has_authorities = ask.has_authorities != 0, has_lists = ask.has_revocations != 0;
  const std::size_t files = (has_authorities ? 1U : 0U) + (has_lists ? 1U : 0U);
  if (known || files != descriptors.size() || ask.credential_count > kMaxCredentials ||
      ask.alpn_length > kMaxAlpn || ask.verify < WireVerify::kNone ||
      ask.verify > WireVerify::kRequire ||
      (ask.min_version != kTls12 && ask.min_version != kTls13)) {
    return false;
  }
  Incomplete made;
  made.wanted = ask.credential_count;
  made.answer.service = ask.service;
  if (services_.size() + incomplete_.size() >= kMaxServices) {
    made.answer.flaws.Add(ServiceFlaw::kBadSettings);
    channel_.Answer(made.answer);
    return true;
  }
  made.tls = TlsService::Make(ask, has_authorities ? &descriptors[0] : nullptr,
                              has_lists ? &descriptors[has_authorities ? 1 : 0] : nullptr,
                              made.answer.flaws);
  incomplete_.emplace(ask.service, std::move(made));
  if (ask.credential_count == 0) Conclude(ask.service);
  return true;
}

// Of a service that there was no room for, nothing more is to be said.
bool TlsRelay::OnCredential(const AskTlsCredential& ask, Descriptors descriptors) {
  if (descriptors.size() != (ask.has_staple != 0 ? 2U : 1U) || ask.judged > 1) return false;
  const auto at = incomplete_.find(ask.service);
  if (at == incomplete_.end()) return !services_.contains(ask.service);
  Incomplete& service = at->second;
  WireCredential& found = service.answer.credentials[service.come++];
  auto credential =
      Credential::Load(ask.key, descriptors[0], ask.has_staple != 0 ? &descriptors[1] : nullptr,
                       ask.judged == 1, found);
  if (credential && service.tls && !service.tls->Add(std::move(*credential))) {
    found.flaws.Add(CredentialFlaw::kUnusable);
  }
  if (service.come == service.wanted) Conclude(ask.service);
  return true;
}

void TlsRelay::Conclude(TlsServiceId id) {
  const Incomplete service = std::move(incomplete_.extract(id).mapped());
  channel_.Answer(service.answer);
  if (service.wanted != 0 && IsGood(service.answer)) services_.emplace(id, service.tls);
}

// Its sessions go on, and may last.
void TlsRelay::Forget(TlsServiceId id) {
  incomplete_.erase(id);
  const auto found = services_.find(id);
  if (found == services_.end()) return;
  found->second->Retire();
  services_.erase(found);
}

void TlsRelay::Refuse(SessionId id, TlsOutcome outcome) {
  AnswerTlsDone done;
  done.header.session = id;
  done.outcome = outcome;
  channel_.Answer(done);
}

bool TlsRelay::OnTls(const AskTls& ask, Descriptors descriptors) {
  if (descriptors.size() != 2 || serials_.contains(ask.header.session) ||
      ask.starttls > WireStartTls::kFtp) {
    return false;
  }
  const auto service = services_.find(ask.service);
  if (service == services_.end()) {
    Refuse(ask.header.session, TlsOutcome::kUnknownService);
    return true;
  }
  if (2 * (sessions_.size() + 1) > limits_.descriptors - kReservedDescriptors) {
    Refuse(ask.header.session, TlsOutcome::kNoCapacity);
    return true;
  }
  const Serial serial = ++last_serial_;
  serials_.emplace(ask.header.session, serial);
  std::unique_ptr<StartTlsDialogue> dialogue;
  if (ask.starttls != WireStartTls::kNone) {
    dialogue = std::make_unique<StartTlsDialogue>(ask.starttls, ask.required != 0);
  }
  auto patience = limits_.patience;
  if (ask.idle_timeout != 0) patience.idle = std::chrono::milliseconds(ask.idle_timeout);
  Entry& entry = sessions_[serial];
  entry.session = std::make_unique<TlsSession>(
      TlsSession::Seat{ask.header.session, std::move(descriptors[0]), std::move(descriptors[1]),
                       &channel_.poller(), serial << 1, &signer_, std::move(dialogue)},
      service->second, patience);
  entry.session->Start(now_);
  Settle(serial, entry);
  return true;
}

// The session may have ended meanwhile.
bool TlsRelay::Tell(SessionId id, bool (TlsSession::*what)(Instant now)) {
  const auto serial = serials_.find(id);
  if (serial == serials_.end()) return true;
  const Serial found = serial->second;
  Entry& entry = sessions_.at(found);
  if (!(entry.session.get()->*what)(now_)) return false;
  Settle(found, entry);
  return true;
}

}  // namespace postern::daemon
