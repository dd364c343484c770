// SPDX-License-Identifier: BSD-2-Clause
// postern score: what each service exposes. Exit 1 when one is above --at-most.
#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "policy/base/text.h"
#include "policy/service/configuration.h"
#include "sandbox/sys/files.h"
#include "sandbox/sys/process.h"
#include "wrapper/cli/running_daemon.h"
#include "wrapper/cli/score_look.h"
#include "wrapper/cli/score_report.h"
#include "wrapper/cli/verb.h"
#include "wrapper/config/file_choice.h"
#include "wrapper/config/system_view.h"

namespace postern::cli {
namespace {

namespace sys = sandbox::sys;
using policy::Configuration;
using policy::SandboxProfile;
using policy::ServiceKind;
using policy::ServiceSpec;
using policy::exposure::Rate;
using policy::exposure::Score;

constexpr unsigned kMost = 100;

unsigned ExposureOf(const Json& service) { return service["exposure"].get<unsigned>(); }

bool RunsInRelay(const ServiceSpec& spec) {
  return spec.kind == ServiceKind::kInternal || spec.kind == ServiceKind::kRedirect;
}

bool HasEnded(pid_t pid) {
  const auto process = sandbox::ProcessFolder::Open(pid);
  return !process || !process->Program();
}

class Scores {
 public:
  Scores(const Configuration& configuration, const RunningDaemon& running, const Looker& looker)
      : running_(running), looker_(looker) {
    for (const auto& spec : configuration.services) known_[spec->id].spec = spec.get();
    for (const policy::HeldService& held : configuration.held) known_[held.id].held = true;
    // What the files have no longer may run on.
    for (const auto& [id, zygotes] : running.zygotes) known_.try_emplace(id);
  }

  bool Knows(const std::string& id) const { return known_.contains(id); }
  std::vector<std::string> All() const {
    std::vector<std::string> ids;
    for (const auto& [id, one] : known_) ids.push_back(id);
    return ids;
  }

  void Add(const std::string& id) {
    const Known& known = known_.at(id);
    const auto live = running_.zygotes.find(id);
    if (live != running_.zygotes.end() && AddLive(id, live->second, known.spec)) return;
    if (known.held) return Leave(id, "an error in the files keeps it down (postern check)");
    if (known.spec == nullptr) return Leave(id, "it ended, and the files do not have it");
    if (RunsInRelay(*known.spec))
      return Leave(id, "postern-relay serves it, no program of its own");
    const bool confined =
        known.spec->confinement && known.spec->confinement->profile != SandboxProfile::kNone;
    Take(id, confined ? looker_.AtOwnZygote(*known.spec) : looker_.AtUnconfined(*known.spec));
  }

  // The most exposed first.
  Json Answer() && {
    std::ranges::stable_sort(services_, std::greater<>(), &ExposureOf);
    return {{"services", std::move(services_)},
            {"not_scored", std::move(not_scored_)},
            {"failed", std::move(failed_)}};
  }

 private:
  struct Known {
    const ServiceSpec* spec = nullptr;  // null: the files do not have it, or not without an error
    bool held = false;
  };

  // Sandboxes of an older configuration run on; and with isolation = fresh there are many. False:
  // all have ended meanwhile.
  bool AddLive(const std::string& id, const std::vector<RunningDaemon::Zygote>& zygotes,
               const ServiceSpec* spec) {
    std::optional<std::pair<Look, Score>> worst;
    std::string why;
    for (const RunningDaemon::Zygote& zygote : zygotes) {
      auto look = looker_.AtZygote(zygote, spec);
      if (!look) {
        if (!HasEnded(zygote.pid)) why = look.error();
        continue;
      }
      Score score = Rate(look->facts);
      if (!worst || score.exposure > worst->second.exposure) {
        worst.emplace(std::move(*look), std::move(score));
      }
    }
    // One that cannot be looked at may be the worst.
    if (!why.empty()) {
      Fail(id, why);
      return true;
    }
    if (worst) services_.push_back(ScoreJson(id, worst->first, worst->second));
    return worst.has_value();
  }

  void Take(const std::string& id, const std::expected<Look, std::string>& look) {
    if (!look) return Fail(id, look.error());
    services_.push_back(ScoreJson(id, *look, Rate(look->facts)));
  }
  void Leave(const std::string& id, const char* why) {
    not_scored_.push_back({{"id", id}, {"why", why}});
  }
  void Fail(const std::string& id, const std::string& why) {
    failed_.push_back({{"id", id}, {"why", why}});
  }

  const RunningDaemon& running_;
  const Looker& looker_;
  std::map<std::string, Known, std::less<>> known_;
  std::vector<Json> services_;
  Json not_scored_ = Json::array(), failed_ = Json::array();
};

class ScoreVerb final : public Verb {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Flag("--json", json_, "answer in JSON");
    arguments.Flag("--verbose", verbose_, "tell what is exposed; so does naming services");
    arguments.File("--config", files_.config, "instead of /etc/xinetd.conf");
    arguments.File("--inetd", files_.inetd,
                   "instead of /etc/inetd.conf; without --config the only services");
    arguments.File("--pid-file", pid_file_, "of the posternd to look at, where several run");
    arguments.Option("--at-most", at_most_, "N", "exit 1 when a service exposes more, 0 to 100");
    arguments.Operands("SERVICE", ids_, "ids of services; all without", Presence::kOptional);
    arguments.Footer(
        "0: nothing is exposed, 100: everything. What runs is looked at as it runs; for a service\n"
        "that is idle its sandbox is made, looked at and ended. Needs root.\n"
        "Exit status: 0 scored, 1 above --at-most, 2 wrong usage, unusable input, no look to be "
        "had.");
  }

  int Run(Output& output) override {
    const auto most = policy::ParseUnsigned(at_most_.value_or("100"), kMost);
    if (!most) return Complain("--at-most: a number from 0 to 100");
    if (!sys::IsRoot()) return Complain("score: to look into processes takes root");
    const auto directory = sys::CurrentDirectory();
    if (!directory) return Complain(directory.error().ToString());
    const Configuration configuration =
        policy::LoadConfiguration(wrapper::FilesToLoad({.xinetd = files_.config.value_or(""),
                                                        .inetd = files_.inetd.value_or("")}),
                                  wrapper::RealSystem(*directory));
    if (!configuration.usable) return ComplainOf(configuration);
    const auto running = FindRunningDaemon(pid_file_);
    if (!running) return Complain(running.error());
    const auto looker = Looker::Make(*running);
    if (!looker) return Complain(looker.error());
    return Report(Scores(configuration, *running, *looker), static_cast<unsigned>(*most), output);
  }

 private:
  static int ComplainOf(const Configuration& configuration) {
    for (const policy::Diagnostic& diagnostic : configuration.diagnostics) {
      if (diagnostic.severity == policy::Severity::kError) {
        Complain(policy::RenderOneLine(diagnostic));
      }
    }
    return Complain("the configuration cannot be used");
  }

  int Report(Scores scores, unsigned most, Output& output) {
    for (const std::string& id : ids_) {
      if (!scores.Knows(id)) {
        return Complain("no service has the id \"" + policy::EscapeText(id) + "\"");
      }
    }
    const std::vector<std::string> ids = ids_.empty() ? scores.All() : ids_;
    for (const std::string& id : std::set<std::string>(ids.begin(), ids.end())) scores.Add(id);
    const Json answer = std::move(scores).Answer();
    if (json_) {
      PrintJson(output, answer);
    } else {
      PrintScores(answer, verbose_ || !ids_.empty(), output);
    }
    if (!answer["failed"].empty()) return kUnusable;
    const bool above = std::ranges::any_of(
        answer["services"], [&](const Json& service) { return ExposureOf(service) > most; });
    return above ? kFindings : kClean;
  }

  struct {
    std::optional<std::string> config, inetd;
  } files_;
  std::optional<std::string> pid_file_, at_most_;
  std::vector<std::string> ids_;
  bool json_ = false, verbose_ = false;
};

}  // namespace

std::unique_ptr<Verb> MakeScore() { return std::make_unique<ScoreVerb>(); }

}  // namespace postern::cli
