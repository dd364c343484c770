// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_client.h"

#include <algorithm>
#include <cerrno>

namespace postern::daemon {

namespace sys = sandbox::sys;

namespace {

// How long a worker that is not needed any more may be there after its last session.
constexpr std::chrono::seconds kSpareLook(1);

}  // namespace

TlsClient::TlsClient(EventLoop& loop, ProgramLog& log, TlsCommands commands, std::uint64_t secret)
    : loop_(loop),
      log_(log),
      commands_(std::move(commands)),
      secret_(secret),
      self_(std::make_shared<TlsClient*>(this)) {}

TlsClient::~TlsClient() { loop_.Cancel(spare_timer_); }

void TlsClient::SetWorkers(std::size_t count) {
  wanted_ = count;
  StartIfNeeded();
  if (spare_timer_ == 0) DismissSpare();
}

void TlsClient::Start() {
  may_start_ = true;
  StartIfNeeded();
}

void TlsClient::StartIfNeeded() {
  if (!may_start_ || stopped_ || setups_.empty()) return;
  while (workers_.size() < wanted_) {
    workers_.push_back(std::make_unique<TlsWorker>(loop_, log_, commands_, setups_, *answers_));
  }
}

void TlsClient::DismissSpare() {
  spare_timer_ = 0;
  for (std::size_t i = workers_.size(); i > wanted_; --i) {
    const auto worker = workers_.begin() + static_cast<std::ptrdiff_t>(i - 1);
    if ((*worker)->sessions() != 0) continue;
    (*worker)->Dismiss();
    workers_.erase(worker);
  }
  if (workers_.size() <= wanted_) return;
  spare_timer_ = loop_.After(kSpareLook, [this] { DismissSpare(); });
}

void TlsClient::Stop() {
  stopped_ = true;
  loop_.Cancel(spare_timer_);
  for (const auto& worker : workers_) worker->Stop();
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
  for (const auto& worker : workers_) worker->Add(*kept);
  StartIfNeeded();
  return kept;
}

void TlsClient::Forget(TlsSetup* setup) {
  setups_.erase(setup);
  for (const auto& worker : workers_) worker->Forget(*setup);
}

sys::Status TlsClient::Ask(const TlsRequest& request,
                           const std::optional<policy::IpAddress>& client) {
  std::vector<WorkerState> states;
  for (std::size_t i = 0; i < std::min(wanted_, workers_.size()); ++i) {
    states.push_back(workers_[i]->StateFor(request.setup));
  }
  const auto chosen = ChooseWorker(states, client ? HomeOf(*client, secret_) : request.id);
  if (!chosen) return std::unexpected(sys::Error{"sendmsg", EAGAIN, "a helper that starts"});
  return workers_[*chosen]->Ask(request);
}

TlsWorker* TlsClient::WhoHas(SessionId id) const {
  const auto has = [id](const auto& worker) { return worker->Has(id); };
  const auto found = std::ranges::find_if(workers_, has);
  return found == workers_.end() ? nullptr : found->get();
}

void TlsClient::AskAdmit(SessionId id) {
  if (TlsWorker* const worker = WhoHas(id)) worker->AskAdmit(id);
}

void TlsClient::AskRefuse(SessionId id) {
  if (TlsWorker* const worker = WhoHas(id)) worker->AskRefuse(id);
}

void TlsClient::AskTruncate(SessionId id) {
  if (TlsWorker* const worker = WhoHas(id)) worker->AskTruncate(id);
}

void TlsClient::CondemnTls(SessionId id, const std::string& why) {
  if (TlsWorker* const worker = WhoHas(id)) worker->CondemnTls(why);
}

}  // namespace postern::daemon
