// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/tls_keeper.h"

#include <algorithm>

namespace postern::daemon {

namespace {

constexpr unsigned kMostLooks = 100;  // five minutes, as posternd looks

std::expected<TlsSetup, TlsFlaw> OpenAndJudge(const policy::ServiceSpec& spec, TlsJudge& judge) {
  TRY(TlsSetup setup, OpenTls(spec.id, *spec.tls));
  TRY_STATUS(judge.Judge(setup));
  return setup;
}

// Takes it from what all have together. Without, helpers would refuse the keys of a service that is
// up.
std::expected<void, TlsFlaw> FindRoom(const policy::ServiceSpec& spec, std::size_t& taken) {
  const std::size_t wanted = taken + spec.tls->pairs.size();
  if (wanted > kMostPairs) {
    return std::unexpected(TlsFlaw{spec.id, policy::check::kBadPrivateKey,
                                   "all services together may have " + std::to_string(kMostPairs) +
                                       " private keys, and with it there are more"});
  }
  taken = wanted;
  return {};
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
    auto setup = room ? OpenAndJudge(*spec, judge) : std::unexpected(room.error());
    if (setup) {
      fresh.emplace(spec->id, std::move(*setup));
    } else if (strict) {
      return std::unexpected("service " + spec->id + ": " + setup.error().text);
    } else {
      log_.Error("service " + spec->id + " stays down: " + setup.error().text);
    }
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
  const std::string& id = service.spec().id;
  auto setup = OpenAndJudge(service.spec(), judge);
  if (!setup) {
    log_.Error("service " + id + " keeps its certificates: " + setup.error().text);
    return setup.error().code != policy::check::kTlsNotJudged;
  }
  service.SetTls(client_.Add(std::move(*setup)));
  log_.Notice("service " + id + " has new certificates and keys");
  return true;
}

std::vector<TlsFlaw> JudgeAll(const policy::Configuration& configuration,
                              const TlsCommands& commands) {
  constexpr std::uint32_t kSoon = 14;
  std::vector<TlsFlaw> flaws;
  TlsJudge judge(commands);
  std::size_t pairs = 0;
  for (const auto& spec : configuration.services) {
    if (!spec->tls) continue;
    const auto room = FindRoom(*spec, pairs);
    auto setup = room ? OpenAndJudge(*spec, judge) : std::unexpected(room.error());
    if (!setup) {
      flaws.push_back(std::move(setup.error()));
      continue;
    }
    for (std::size_t i = 0; i < setup->pairs.size(); ++i) {
      if (setup->days_left[i] >= kSoon) continue;
      flaws.push_back({spec->id, policy::check::kCertificateExpiresSoon,
                       "the certificate expires in " + std::to_string(setup->days_left[i]) +
                           " days (" + spec->tls->pairs[i].certificate + ")"});
    }
  }
  return flaws;
}

}  // namespace postern::daemon
