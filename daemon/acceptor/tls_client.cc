// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_client.h"

#include <algorithm>

#include "sandbox/channel.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// A handshake has its own deadline in postern-tls; a signature is not due any more after that.
constexpr std::uint32_t kGraceMilliseconds = 10'000;
// Whoever has taken over postern-tls may have signatures refused as often as it likes.
constexpr std::chrono::seconds kRepeatedRefusal(60);

WireStartTls WireOf(const std::optional<policy::StartTls>& protocol) {
  if (!protocol) return WireStartTls::kNone;
  switch (*protocol) {
    case policy::StartTls::kSmtp:
      return WireStartTls::kSmtp;
    case policy::StartTls::kImap:
      return WireStartTls::kImap;
    case policy::StartTls::kPop3:
      return WireStartTls::kPop3;
    case policy::StartTls::kFtp:
      break;
  }
  return WireStartTls::kFtp;
}

template <typename Client>
AskFrame AskOf(Client& client) {
  return [&client](std::span<const std::byte> frame, std::span<const int> files) {
    return client.AskBytes(frame, files);
  };
}

}  // namespace

TlsClient::TlsClient(EventLoop& loop, ProgramLog& log, TlsCommands commands)
    : loop_(loop),
      log_(log),
      commands_(std::move(commands)),
      keys_(loop, log, "postern-keys", commands_.keys, HelperClient::kReadyPatience),
      tls_(loop, log, "postern-tls", commands_.tls, HelperClient::kReadyPatience),
      self_(std::make_shared<TlsClient*>(this)) {
  keys_events_.client = tls_events_.client = this;
}

void TlsClient::Start() {
  may_start_ = true;
  StartIfNeeded();
}

void TlsClient::StartIfNeeded() {
  if (!may_start_ || started_ || stopped_ || setups_.empty()) return;
  started_ = true;
  keys_.Start(keys_events_);
  tls_.Start(tls_events_);
}

void TlsClient::Stop() {
  stopped_ = true;
  keys_.Stop();
  tls_.Stop();
}

std::shared_ptr<const TlsSetup> TlsClient::Add(TlsSetup setup) {
  setup.id = next_service_++;
  setup.first_key = next_key_;
  next_key_ += static_cast<KeyIndex>(setup.pairs.size());
  const std::weak_ptr<TlsClient*> self = self_;
  std::shared_ptr<TlsSetup> kept(std::make_unique<TlsSetup>(std::move(setup)).release(),
                                 [self](TlsSetup* gone) {
                                   if (const auto client = self.lock()) (*client)->Forget(gone);
                                   const std::unique_ptr<TlsSetup> owned(gone);
                                 });
  setups_.insert(kept.get());
  if (keys_.running()) keys_due_.push_back(kept.get());
  if (tls_.running()) services_due_.push_back(kept.get());
  GiveKeys();
  GiveServices();
  StartIfNeeded();
  return kept;
}

void TlsClient::Forget(TlsSetup* setup) {
  setups_.erase(setup);
  std::erase(keys_due_, setup);
  std::erase(services_due_, setup);
  AskForgetTls service;
  service.service = setup->id;
  sys::IgnoreError(tls_.Ask(service, {}), "a new one is never told of it");
  for (std::size_t i = 0; i < setup->pairs.size(); ++i) {
    AskForgetKey key;
    key.index = setup->first_key + static_cast<KeyIndex>(i);
    sys::IgnoreError(keys_.Ask(key, {}), "a new one is never told of it");
  }
}

const TlsSetup* TlsClient::Find(TlsServiceId id) const {
  const auto found =
      std::ranges::find_if(setups_, [id](const TlsSetup* setup) { return setup->id == id; });
  return found == setups_.end() ? nullptr : *found;
}

void TlsClient::GiveKeys() {
  while (!keys_due_.empty() && keys_.queued() == 0) {
    const TlsSetup& next = *keys_due_.front();
    keys_due_.pop_front();
    for (std::size_t i = 0; i < next.pairs.size(); ++i) {
      keys_asked_.insert(next.first_key + static_cast<KeyIndex>(i));
    }
    const auto asked = AskForKeys(next, AskOf(keys_));
    if (!asked) return keys_.Condemn("it does not take the keys: " + asked.error().ToString());
  }
}

void TlsClient::GiveServices() {
  while (!services_due_.empty() && tls_.queued() == 0) {
    const TlsSetup& next = *services_due_.front();
    services_due_.pop_front();
    services_asked_.insert(next.id);
    const auto asked = AskForService(next, AskOf(tls_));
    if (!asked) return tls_.Condemn("it does not take the services: " + asked.error().ToString());
  }
}

void TlsClient::MakeEdge() {
  if (!keys_.running() || !tls_.running()) return;
  auto edge = sandbox::MakeChannel();
  if (!edge) {
    log_.Error("postern-tls and postern-keys: " + edge.error().ToString());
    return tls_.Condemn("it cannot reach postern-keys");
  }
  const int keys_end = edge->ours.get(), tls_end = edge->theirs.get();
  const bool given = keys_.Ask(AskEdge{}, {&keys_end, 1}) && tls_.Ask(AskTlsEdge{}, {&tls_end, 1});
  if (!given) tls_.Condemn("it cannot reach postern-keys");
}

void TlsClient::OnKeysStarted() {
  keys_due_.assign(setups_.begin(), setups_.end());
  GiveKeys();
  MakeEdge();
}

void TlsClient::OnTlsStarted() {
  MakeEdge();
  services_due_.assign(setups_.begin(), setups_.end());
  GiveServices();
}

bool TlsClient::OnKeysFrame(std::span<const std::byte> frame) {
  AnswerOverdrawn overdrawn;
  if (ReadFrame(frame, overdrawn)) {
    TellOverdrawn(overdrawn.header.session);
    return true;
  }
  AnswerKey answer;
  return ReadFrame(frame, answer) && OnVerdict(answer);
}

void TlsClient::TellOverdrawn(SessionId id) {
  ++untold_overdrawn_;
  if (told_overdrawn_ && loop_.now() - *told_overdrawn_ < kRepeatedRefusal) return;
  const std::uint64_t before = untold_overdrawn_ - 1;
  log_.Error("postern-keys has refused a signature that was not due (connection " +
             std::to_string(id) +
             (before == 0 ? "" : ", and " + std::to_string(before) + " before") + ")");
  told_overdrawn_ = loop_.now();
  untold_overdrawn_ = 0;
}

bool TlsClient::OnVerdict(const AnswerKey& answer) {
  if (!Valid(answer.verdict) || keys_asked_.erase(answer.index) == 0) return false;
  if (answer.verdict == KeyVerdict::kGood) return true;
  for (const TlsSetup* setup : setups_) {
    const KeyIndex nth = answer.index - setup->first_key;
    if (answer.index < setup->first_key || nth >= setup->pairs.size()) continue;
    log_.Error("service " + setup->service + ": " + TextOf(*setup, nth, answer.verdict));
  }
  return true;
}

bool TlsClient::OnVerdict(const AnswerTlsService& answer) {
  if (!Valid(answer.verdict) || services_asked_.erase(answer.service) == 0) return false;
  const TlsSetup* const setup = Find(answer.service);
  if (setup != nullptr && answer.verdict != TlsVerdict::kGood) {
    log_.Error("service " + setup->service + ": " + TextOf(*setup, answer));
  }
  return true;
}

bool TlsClient::OnTlsFrame(std::span<const std::byte> frame) {
  AnswerTls handshake;
  if (ReadFrame(frame, handshake)) return Valid(handshake) && answers_->OnTls(handshake);
  AnswerTlsDone done;
  if (ReadFrame(frame, done)) return Valid(done) && answers_->OnTlsDone(done);
  AnswerKeysStuck stuck;
  if (ReadFrame(frame, stuck)) {
    keys_.Condemn("it does not answer postern-tls");
    return true;
  }
  AnswerTlsService answer;
  return ReadFrame(frame, answer) && OnVerdict(answer);
}

// First the allowance: postern-keys reads it before it is asked for the signature.
sys::Status TlsClient::Ask(SessionId id, const TlsSetup& setup, std::uint32_t idle_ms, int client,
                           int service) {
  const auto is_due = [&setup](const std::deque<const TlsSetup*>& due) {
    return std::ranges::find(due, &setup) != due.end();
  };
  if (is_due(keys_due_) || is_due(services_due_)) {
    return std::unexpected(sys::Error{"sendmsg", EAGAIN, "a helper that starts"});
  }
  AskAllow allow;
  allow.header.session = id;
  allow.first_key = setup.first_key;
  allow.key_count = static_cast<std::uint32_t>(setup.pairs.size());
  allow.milliseconds =
      static_cast<std::uint32_t>(setup.spec.handshake.count() * 1000) + kGraceMilliseconds;
  TRY_STATUS(keys_.Ask(allow, {}));
  AskTls ask;
  ask.header.session = id;
  ask.service = setup.id;
  ask.idle_timeout = idle_ms;
  ask.starttls = WireOf(setup.spec.starttls);
  ask.required = setup.spec.starttls_required ? 1 : 0;
  const int descriptors[] = {client, service};
  return tls_.Ask(ask, descriptors);
}

void TlsClient::AskAdmit(SessionId id) {
  AskTlsAdmit admit;
  admit.header.session = id;
  sys::IgnoreError(tls_.Ask(admit, {}), "the deadline of its handshake ends it");
}

void TlsClient::AskRefuse(SessionId id) {
  AskTlsRefuse refuse;
  refuse.header.session = id;
  sys::IgnoreError(tls_.Ask(refuse, {}), "without a helper there is nobody to refuse");
}

void TlsClient::AskTruncate(SessionId id) {
  AskTlsTruncate truncate;
  truncate.header.session = id;
  sys::IgnoreError(tls_.Ask(truncate, {}), "without a helper the client is gone");
}

}  // namespace postern::daemon
