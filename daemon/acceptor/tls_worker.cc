// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_worker.h"

#include <algorithm>
#include <utility>

#include "daemon/acceptor/tls_findings.h"
#include "sandbox/channel.h"

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// A handshake has its own deadline in postern-tls; a signature is not due any more after that.
constexpr std::uint32_t kGraceMilliseconds = 10'000;
// postern-keys loads what it has been given before it sees what else it is asked: behind too many
// keys a handshake would wait so long that postern-keys seems to hang. A millisecond is usual for
// one.
constexpr std::size_t kMostUnjudged = 128;
// The rest is for services that clients wait for, which come before the others.
static_assert(kMostUnjudged - 1 + kMaxCredentials <= kMostUnansweredKeys);
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

TlsWorker::TlsWorker(EventLoop& loop, ProgramLog& log, const TlsCommands& commands,
                     const OpenSetups& setups, TlsAnswers& answers)
    : loop_(loop),
      log_(log),
      setups_(setups),
      answers_(answers),
      keys_(loop, log, "postern-keys", commands.keys, HelperClient::kReadyPatience),
      tls_(loop, log, "postern-tls", commands.tls, HelperClient::kReadyPatience) {
  keys_events_.worker = tls_events_.worker = this;
  keys_.Start(keys_events_);
  tls_.Start(tls_events_);
}

void TlsWorker::Stop() {
  keys_.Stop();
  tls_.Stop();
}

void TlsWorker::Dismiss() {
  keys_.Dismiss();
  tls_.Dismiss();
}

void TlsWorker::Add(const TlsSetup& setup) {
  if (keys_.running()) keys_due_.push_back(&setup);
  if (tls_.running()) services_due_.push_back(&setup);
  GiveKeys();
  GiveServices();
}

void TlsWorker::Forget(const TlsSetup& setup) {
  std::erase(keys_due_, &setup);
  std::erase(services_due_, &setup);
  AskForgetTls service;
  service.service = setup.id;
  tls_.Tell(service);
  for (std::size_t i = 0; i < setup.pairs.size(); ++i) {
    AskForgetKey key;
    key.index = setup.first_key + static_cast<KeyIndex>(i);
    keys_.Tell(key);
  }
}

void TlsWorker::GiveKeys() {
  while (!keys_due_.empty() && keys_.queued() == 0 && keys_asked_.size() < kMostUnjudged) {
    const TlsSetup& next = *keys_due_.front();
    keys_due_.pop_front();
    GiveKeysOf(next);
  }
}

void TlsWorker::GiveKeysOf(const TlsSetup& setup) {
  for (std::size_t i = 0; i < setup.pairs.size(); ++i) {
    keys_asked_.insert(setup.first_key + static_cast<KeyIndex>(i));
  }
  const auto asked = AskForKeys(setup, AskOf(keys_));
  if (!asked) keys_.Condemn("it does not take the keys: " + asked.error().ToString());
}

void TlsWorker::GiveServices() {
  while (!services_due_.empty() && tls_.queued() == 0) {
    const TlsSetup& next = *services_due_.front();
    services_due_.pop_front();
    GiveService(next);
  }
}

void TlsWorker::GiveService(const TlsSetup& setup) {
  services_asked_.insert(setup.id);
  const auto asked = AskForService(setup, AskOf(tls_));
  if (!asked) tls_.Condemn("it does not take the services: " + asked.error().ToString());
}

bool TlsWorker::IsDue(const TlsSetup& setup) const {
  return std::ranges::find(keys_due_, &setup) != keys_due_.end() ||
         std::ranges::find(services_due_, &setup) != services_due_.end();
}

bool TlsWorker::MayHurry(const TlsSetup& setup) const {
  const std::size_t pairs = setup.pairs.size();
  return keys_asked_.size() + pairs <= kMostUnansweredKeys &&
         keys_.queued() + pairs < HelperClient::kMaxQueued &&
         tls_.queued() + pairs < HelperClient::kMaxQueued;
}

// A client waits for it.
void TlsWorker::Hurry(const TlsSetup& setup) {
  if (std::erase(keys_due_, &setup) != 0) GiveKeysOf(setup);
  if (std::erase(services_due_, &setup) != 0) GiveService(setup);
}

void TlsWorker::MakeEdge() {
  if (!keys_.running() || !tls_.running()) return;
  auto edge = sandbox::MakeChannel();
  if (!edge) {
    log_.Error("postern-tls and postern-keys: " + edge.error().ToString());
    return tls_.Condemn("it cannot reach postern-keys");
  }
  const int keys_end = edge->ours.get(), tls_end = edge->theirs.get();
  AskEdge ask;
  ask.header.session = ++edges_;
  const bool given = keys_.Ask(ask, {&keys_end, 1}) && tls_.Ask(AskTlsEdge{}, {&tls_end, 1});
  if (!given) tls_.Condemn("it cannot reach postern-keys");
}

void TlsWorker::OnKeysStarted() {
  keys_due_.assign(setups_.begin(), setups_.end());
  GiveKeys();
  MakeEdge();
}

void TlsWorker::OnTlsStarted() {
  MakeEdge();
  services_due_.assign(setups_.begin(), setups_.end());
  GiveServices();
}

bool TlsWorker::OnKeysFrame(std::span<const std::byte> frame) {
  AnswerOverdrawn overdrawn;
  if (ReadFrame(frame, overdrawn)) {
    TellOverdrawn(overdrawn.header.session);
    return true;
  }
  AnswerEdgeGarbage garbage;
  if (ReadFrame(frame, garbage)) return OnEdgeGarbage(garbage);
  AnswerKey answer;
  return ReadFrame(frame, answer) && OnVerdict(answer);
}

// Of an earlier edge, whoever sent it is gone.
bool TlsWorker::OnEdgeGarbage(const AnswerEdgeGarbage& answer) {
  const SessionId edge = answer.header.session;
  if (edge == 0 || edge > edges_) return false;
  if (edge == edges_) tls_.Condemn("it asked postern-keys what is not to be asked");
  return true;
}

void TlsWorker::TellOverdrawn(SessionId id) {
  ++untold_overdrawn_;
  if (told_overdrawn_ && loop_.now() - *told_overdrawn_ < kRepeatedRefusal) return;
  const std::uint64_t before = untold_overdrawn_ - 1;
  log_.Error("postern-keys has refused a signature that was not due (connection " +
             std::to_string(id) +
             (before == 0 ? "" : ", and " + std::to_string(before) + " before") + ")");
  told_overdrawn_ = loop_.now();
  untold_overdrawn_ = 0;
}

bool TlsWorker::OnVerdict(const AnswerKey& answer) {
  if (!Valid(answer.flaws) || keys_asked_.erase(answer.index) == 0) return false;
  GiveKeys();
  if (answer.flaws.empty()) return true;
  for (const TlsSetup* setup : setups_) {
    const KeyIndex nth = answer.index - setup->first_key;
    if (answer.index < setup->first_key || nth >= setup->pairs.size()) continue;
    TellFlaws(FlawsOf(*setup, nth, answer.flaws));
  }
  return true;
}

bool TlsWorker::OnVerdict(const AnswerTlsService& answer) {
  if (!Valid(answer) || services_asked_.erase(answer.service) == 0) return false;
  if (IsGood(answer)) return true;
  for (const TlsSetup* setup : setups_) {
    if (setup->id == answer.service) TellFlaws(FlawsOf(*setup, answer));
  }
  return true;
}

void TlsWorker::TellFlaws(const std::vector<TlsFlaw>& flaws) {
  for (const TlsFlaw& flaw : flaws) log_.Error("service " + flaw.service + ": " + flaw.text);
}

void TlsWorker::OnKeysLost() {
  keys_due_.clear();
  keys_asked_.clear();
  PassOnAll();
}

void TlsWorker::OnKeysIdle() {
  PassOnAll();
  GiveKeys();
}

void TlsWorker::OnTlsLost() {
  services_due_.clear();
  services_asked_.clear();
  unallowed_.clear();
  answers_.OnTlsLost(std::exchange(sessions_, {}));
}

bool TlsWorker::IsPassedOn(SessionId id) const {
  const auto is = [id](const Unallowed& one) { return one.ask.header.session == id; };
  return Has(id) && std::ranges::none_of(unallowed_, is);
}

bool TlsWorker::OnDone(const AnswerTlsDone& done) {
  const SessionId id = done.header.session;
  return IsPassedOn(id) && sessions_.erase(id) != 0 && answers_.OnTlsDone(done);
}

bool TlsWorker::OnTlsFrame(std::span<const std::byte> frame) {
  AnswerTls handshake;
  if (ReadFrame(frame, handshake)) {
    return Valid(handshake) && IsPassedOn(handshake.header.session) && answers_.OnTls(handshake);
  }
  AnswerTlsDone done;
  if (ReadFrame(frame, done)) return Valid(done) && OnDone(done);
  AnswerKeysStuck stuck;
  if (ReadFrame(frame, stuck)) {
    keys_.Condemn("it does not answer postern-tls");
    return true;
  }
  AnswerTlsService answer;
  return ReadFrame(frame, answer) && OnVerdict(answer);
}

WorkerState TlsWorker::StateFor(const TlsSetup& setup) const {
  const bool due = IsDue(setup);
  if (!keys_.running() || !tls_.running() || (due && !MayHurry(setup))) return {};
  return {ready() && !due && keys_.queued() == 0 ? WorkerFitness::kReady : WorkerFitness::kStarting,
          sessions_.size()};
}

// First the allowance: postern-keys reads it before it is asked for the signature.
sys::Status TlsWorker::Ask(const TlsRequest& request) {
  const policy::TlsSpec& spec = request.setup.spec;
  Hurry(request.setup);
  AskAllow allow;
  allow.header.session = request.id;
  allow.first_key = request.setup.first_key;
  allow.key_count = static_cast<std::uint32_t>(request.setup.pairs.size());
  allow.milliseconds =
      static_cast<std::uint32_t>(spec.handshake.count() * 1000) + kGraceMilliseconds;
  TRY_STATUS(keys_.Ask(allow, {}));
  AskTls ask;
  ask.header.session = request.id;
  ask.service = request.setup.id;
  ask.idle_timeout = request.idle_ms;
  ask.starttls = WireOf(spec.starttls);
  ask.required = spec.starttls_required ? 1 : 0;
  TRY_STATUS(PassOn(ask, request.client, request.service));
  sessions_.insert(request.id);
  return {};
}

// Not before the allowance is in the channel of postern-keys: what waits here for room there it
// cannot read.
sys::Status TlsWorker::PassOn(const AskTls& ask, int client, int service) {
  if (keys_.queued() == 0) {
    const int descriptors[] = {client, service};
    return tls_.Ask(ask, descriptors);
  }
  Unallowed one{ask, sys::UniqueFd::DuplicateOf(client), sys::UniqueFd::DuplicateOf(service)};
  if (!one.client || !one.service) return sys::LastError("fcntl", "F_DUPFD_CLOEXEC");
  unallowed_.push_back(std::move(one));
  return {};
}

// Also when there is no postern-keys any more: who is resumed needs none.
void TlsWorker::PassOnAll() {
  std::set<SessionId> lost;
  for (const Unallowed& one : std::exchange(unallowed_, {})) {
    const int descriptors[] = {one.client.get(), one.service.get()};
    const SessionId id = one.ask.header.session;
    if (!tls_.Ask(one.ask, descriptors) && sessions_.erase(id) != 0) lost.insert(id);
  }
  if (!lost.empty()) answers_.OnTlsLost(lost);
}

void TlsWorker::AskAdmit(SessionId id) {
  AskTlsAdmit admit;
  admit.header.session = id;
  tls_.Tell(admit);
}

void TlsWorker::AskRefuse(SessionId id) {
  AskTlsRefuse refuse;
  refuse.header.session = id;
  tls_.Tell(refuse);
}

void TlsWorker::AskTruncate(SessionId id) {
  PassOnAll();  // who is told of must be there
  AskTlsTruncate truncate;
  truncate.header.session = id;
  tls_.Tell(truncate);
}

}  // namespace postern::daemon
