// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_keeper.h"

#include <algorithm>
#include <iterator>

namespace postern::daemon {

namespace {

constexpr unsigned kMostLooks = 100;  // five minutes, as posternd looks

TlsCandidate OpenAndJudge(const policy::ServiceSpec& spec, TlsJudge& judge) {
  TlsCandidate candidate = OpenTls(spec.id, *spec.tls);
  judge.Judge(candidate);
  return candidate;
}

// Takes it from what all have together. Without, helpers would refuse the keys of a service that is
// up.
std::expected<void, TlsFlaw> FindRoom(const policy::ServiceSpec& spec, std::size_t& taken) {
  const std::size_t wanted = taken + spec.tls->pairs.size();
  if (wanted > kMostPairs) {
    return std::unexpected(TlsFlaw{.service = spec.id,
                                   .code = policy::check::kBadPrivateKey,
                                   .file = policy::check::TlsFile::kPrivateKey,
                                   .text = "all services together may have " +
                                           std::to_string(kMostPairs) +
                                           " private keys, and with it there are more"});
  }
  taken = wanted;
  return {};
}

TlsCandidate JudgeWithRoom(const policy::ServiceSpec& spec,
                           const std::expected<void, TlsFlaw>& room, TlsJudge& judge) {
  if (room) return OpenAndJudge(spec, judge);
  return {.setup = {}, .flaws = {room.error()}};
}

std::shared_ptr<const TlsSetup> Same(const std::vector<std::shared_ptr<Service>>& running,
                                     const policy::ServiceSpec& spec) {
  for (const auto& service : running) {
    const auto& now = service->tls();
    if (service->spec().id != spec.id || !now) continue;
    const bool same = SameTls(now->spec, *spec.tls) && now->stamps == StampsOf(*spec.tls);
    return same ? now : nullptr;
  }
  return nullptr;
}

}  // namespace

std::expected<TlsSetups, std::string> TlsKeeper::Prepare(
    const policy::Configuration& configuration,
    const std::vector<std::shared_ptr<Service>>& running, bool strict) {
  TlsSetups setups;
  std::map<std::string, TlsSetup> fresh;
  TlsJudge judge(client_.commands());
  std::size_t pairs = 0;
  for (const auto& spec : configuration.services) {
    if (!spec->tls) continue;
    const auto room = FindRoom(*spec, pairs);
    if (auto same = room ? Same(running, *spec) : nullptr) {
      setups.emplace(spec->id, std::move(same));
      continue;
    }
    auto candidate = JudgeWithRoom(*spec, room, judge);
    if (IsUsable(candidate)) {
      fresh.emplace(spec->id, std::move(candidate.setup));
      continue;
    }
    TellFlaws(*spec, candidate, strict ? "" : "stays down");
    if (strict)
      return std::unexpected("service " + spec->id + ": what its TLS needs is not in order");
  }
  changes_.clear();
  for (auto& [id, setup] : fresh) setups.emplace(id, client_.Add(std::move(setup)));
  return setups;
}

void TlsKeeper::Look(const std::vector<std::shared_ptr<Service>>& services) {
  TlsJudge judge(client_.commands());
  for (const auto& service : services) {
    if (!service->tls()) continue;
    const std::string& id = service->spec().id;
    Stamps now = StampsOf(service->tls()->spec);
    if (now == service->tls()->stamps) {
      changes_.erase(id);
      continue;
    }
    Change& change = changes_[id];
    if (change.seen != now) {
      change = {.seen = std::move(now)};
    } else if (change.looks != 0 && --change.looks == 0 && !Renew(*service, judge)) {
      change.looks = change.pause = std::min(2 * change.pause, kMostLooks);
    }
  }
}

bool TlsKeeper::Renew(Service& service, TlsJudge& judge) {
  auto candidate = OpenAndJudge(service.spec(), judge);
  if (!IsUsable(candidate)) {
    TellFlaws(service.spec(), candidate, "keeps its certificates");
    return std::ranges::any_of(candidate.flaws, [](const TlsFlaw& flaw) {
      return KeepsDown(flaw) && flaw.code != policy::check::kTlsNotJudged;
    });
  }
  service.SetTls(client_.Add(std::move(candidate.setup)));
  log_.Notice("service " + service.spec().id + " has new certificates and keys");
  return true;
}

void TlsKeeper::TellFlaws(const policy::ServiceSpec& spec, const TlsCandidate& candidate,
                          std::string_view consequence) {
  for (const TlsFlaw& flaw : candidate.flaws) {
    if (KeepsDown(flaw)) log_.Error(policy::check::LineOf(spec, flaw, consequence));
  }
}

std::vector<TlsFlaw> JudgeAll(const policy::Configuration& configuration,
                              const TlsCommands& commands) {
  std::vector<TlsFlaw> flaws;
  TlsJudge judge(commands);
  std::size_t pairs = 0;
  for (const auto& spec : configuration.services) {
    if (!spec->tls) continue;
    const auto room = FindRoom(*spec, pairs);
    std::ranges::move(JudgeWithRoom(*spec, room, judge).flaws, std::back_inserter(flaws));
  }
  return flaws;
}

}  // namespace postern::daemon
