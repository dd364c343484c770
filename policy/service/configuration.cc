// SPDX-License-Identifier: BSD-2-Clause
// LoadConfiguration, step by step; see configuration.h.
#include "policy/service/configuration.h"

#include <algorithm>
#include <set>
#include <utility>

#include "policy/base/text.h"
#include "policy/service/conf_sources.h"
#include "policy/service/duplicates.h"
#include "policy/service/inetd_drafts.h"
#include "policy/service/inetd_parser.h"
#include "policy/service/service_check.h"
#include "policy/service/xinetd_drafts.h"

namespace postern::policy {
namespace {

class Loader {
 public:
  Loader(const LoadOptions& options, const SystemView& system)
      : options_(options), system_(system) {}

  Configuration Load() {
    out_.usable = true;
    ReadXinetd();
    ReadInetd();
    HideOverruled();
    ApplyEnabledAndDisabled();
    CheckAll();
    return std::move(out_);
  }

 private:
  void ReadXinetd();
  void ReadInetd();
  void HideOverruled();
  void ApplyEnabledAndDisabled();
  void WarnUnknownIds(const Setting<Strings>& list, const std::set<std::string>& known);
  void CheckAll();
  void Finish(ServiceDraft& draft, std::shared_ptr<const ServiceSpec> spec);
  void Collect(Diagnostics diagnostics) {
    std::ranges::move(diagnostics, std::back_inserter(out_.diagnostics));
  }

  const LoadOptions& options_;
  const SystemView& system_;
  ConfSources sources_;
  Defaults defaults_;
  std::vector<ServiceDraft> drafts_;
  TakenIds ids_;
  TakenAddresses addresses_;
  Configuration out_;
};

void Loader::ReadXinetd() {
  if (!options_.xinetd_path) return;
  sources_ = ReadConfSources(*options_.xinetd_path, system_);
  Collect(std::move(sources_.diagnostics));
  defaults_ = ReadDefaults(sources_.blocks, system_);
  Collect(defaults_.findings.Take());
  out_.usable = sources_.usable && !defaults_.findings.failed();
  if (defaults_.settings.log_type) out_.default_log = *defaults_.settings.log_type;
  out_.tls_workers = defaults_.settings.tls_workers.value;
  drafts_ = DraftXinetd(sources_.blocks, defaults_, system_);
}

// inetd.conf has no section that other services depend on, so that xinetd.conf can do without it.
void Loader::ReadInetd() {
  if (!options_.inetd_path) return;
  const SystemView::File file = system_.ReadFile(*options_.inetd_path, kMaxConfFileBytes);
  if (!file.error.empty()) {
    if (!options_.xinetd_path) out_.usable = false;
    const Place place{{*options_.inetd_path, 0, 0}, {}};
    out_.diagnostics.push_back(
        MakeDiagnostic(Severity::kError, "unreadable-file", place,
                       "cannot read " + *options_.inetd_path + ": " + file.error));
    return;
  }
  InetdFile parsed = ParseInetd(file.content, *options_.inetd_path);
  Collect(std::move(parsed.diagnostics));
  for (HeldInetdLine& line : parsed.held) {
    out_.held.push_back({std::move(line.name), std::move(line.where)});
  }
  std::ranges::move(DraftInetd(parsed.entries, defaults_.settings, system_),
                    std::back_inserter(drafts_));
}

SocketType SocketTypeOf(const Settings& settings) {
  if (settings.socket_type) return *settings.socket_type;
  const bool udp = settings.protocol && EqualsIgnoreCase(*settings.protocol, "udp");
  return udp ? SocketType::kDgram : SocketType::kStream;
}

bool SaysSocketType(const Settings& settings) { return settings.socket_type || settings.protocol; }

// A service that xinetd.conf knows is decided there, also when it is disabled there.
void Loader::HideOverruled() {
  std::multimap<std::string, const ServiceDraft*> known;
  for (const ServiceDraft& draft : drafts_) {
    if (!draft.inetd) known.emplace(ToLower(draft.name), &draft);
  }
  for (ServiceDraft& line : drafts_) {
    if (!line.inetd) continue;
    const auto [begin, end] = known.equal_range(ToLower(line.name));
    const auto found = std::find_if(begin, end, [&line](const auto& entry) {
      const Settings& other = entry.second->settings;
      return !SaysSocketType(other) || SocketTypeOf(other) == SocketTypeOf(line.settings);
    });
    if (found == end) continue;
    const ServiceDraft& other = *found->second;
    line.absent = true;
    line.findings = {};
    line.findings.Warn("overruled", line.place,
                       "this line is not used: " + other.place.where.file + " line " +
                           std::to_string(other.place.where.line) +
                           (other.absent ? " disables the service" : " has the same service"));
  }
}

// xinetd.conf(5): `enabled` names the only services that exist, and `disabled` takes away from
// those.
void Loader::ApplyEnabledAndDisabled() {
  const auto ids = [](const Setting<Strings>& list) {
    std::set<std::string> set;
    if (list) {
      for (const std::string& id : *list) set.insert(ToLower(id));
    }
    return set;
  };
  const Settings& settings = defaults_.settings;
  const std::set<std::string> enabled = ids(settings.enabled);
  const std::set<std::string> disabled = ids(settings.disabled);
  std::set<std::string> known;
  for (ServiceDraft& draft : drafts_) {
    const std::string id = ToLower(draft.id);
    known.insert(id);
    const bool gone = (settings.enabled && !enabled.contains(id)) || disabled.contains(id);
    if (!gone || draft.absent) continue;
    draft.absent = true;
    Findings kept;
    for (Diagnostic& finding : draft.findings.Take()) {
      if (finding.severity == Severity::kError) finding.severity = Severity::kWarning;
      kept.Add(std::move(finding));
    }
    draft.findings = std::move(kept);
  }
  WarnUnknownIds(settings.enabled, known);
  WarnUnknownIds(settings.disabled, known);
}

void Loader::WarnUnknownIds(const Setting<Strings>& list, const std::set<std::string>& known) {
  if (!list) return;
  for (const std::string& id : *list) {
    if (known.contains(ToLower(id))) continue;
    out_.diagnostics.push_back(MakeDiagnostic(Severity::kWarning, "unknown-id", list.from->place,
                                              "no service has the id \"" + id + "\""));
  }
}

void Loader::CheckAll() {
  CheckShared shared{system_, options_.real_daemon_directory};
  for (ServiceDraft& draft : drafts_) {
    std::shared_ptr<const ServiceSpec> spec;
    if (!draft.absent) {
      if (const SourceLocation* const first = ids_.Take(draft.id, draft.place.where)) {
        draft.findings.Error("duplicate-id", draft.place,
                             "the id \"" + draft.id + "\" is taken by " + first->file + " line " +
                                 std::to_string(first->line),
                             "id = " + draft.id + "-2");
      }
      spec = ServiceCheck(draft, shared).Run();
    }
    Finish(draft, std::move(spec));
  }
}

void Loader::Finish(ServiceDraft& draft, std::shared_ptr<const ServiceSpec> spec) {
  if (spec) {
    if (const auto other = addresses_.Take(spec)) {
      draft.findings.Error("address-in-use", draft.place,
                           "service " + draft.id + ": service " + other->id + " in " +
                               other->where.file + " line " + std::to_string(other->where.line) +
                               " listens there already");
    }
  }
  Collect(draft.findings.Take());
  if (draft.absent) return;
  if (draft.findings.failed()) {
    out_.held.push_back({draft.id, draft.place.where});
  } else {
    out_.services.push_back(std::move(spec));
  }
}

}  // namespace

Configuration LoadConfiguration(const LoadOptions& options, const SystemView& system) {
  return Loader(options, system).Load();
}

}  // namespace postern::policy
