// SPDX-License-Identifier: BSD-2-Clause
// What confines the program, and whether the lines about it agree with each other.
// Part of service_check.h. Source: posternd.conf(5), Confinement.
//
// A line that could not do what it says is an error, never a silent nothing.
#include <algorithm>

#include "policy/service/attributes.h"
#include "policy/service/program_gains.h"
#include "policy/service/resolve_confinement.h"
#include "policy/service/service_check.h"

namespace postern::policy {
namespace {

using Kind = SystemView::FileFacts::Kind;

}  // namespace

void ServiceCheck::CheckConfinement() {
  if (!runs_program()) return RefuseConfinementOfRelay();
  ChooseProfile();
  Confinement confinement = ResolveConfinement(settings_, spec_.program.credentials.uid == 0);
  if (confinement.profile == SandboxProfile::kNone) {
    RefuseConfinementOfNone();
  } else {
    CheckNetwork(confinement);
    CheckNamespaces(confinement);
    CheckIsolation();
    CheckRoot();
    CheckPaths(settings_.read_only_paths);
    CheckPaths(settings_.read_write_paths);
    CheckPaths(settings_.hidden_paths);
  }
  if (!shared_.confinement || *shared_.confinement != confinement) {
    shared_.confinement = std::make_shared<const Confinement>(std::move(confinement));
  }
  spec_.confinement = shared_.confinement;
}

// Bytes are counted by who moves them.
void ServiceCheck::CheckTraffic() {
  const bool relayed = spec_.confinement && spec_.confinement->profile != SandboxProfile::kNone &&
                       spec_.confinement->network == NetworkAccess::kRelay;
  if (!spec_.log_on_success.traffic || spec_.kind == ServiceKind::kRedirect || relayed ||
      speaks_tls()) {
    return;
  }
  Error("bad-combination", At(settings_.log_on_success),
        "TRAFFIC can be logged for redirected services, with network = relay and with tls = yes "
        "only",
        "log_on_success -= TRAFFIC");
}

// Of a program that is setuid the standard profile would take away what it lives on. Where no line
// speaks of either, it gets what it can live in.
void ServiceCheck::ChooseProfile() {
  if (settings_.sandbox || settings_.no_new_privileges) return;
  const std::string& program = spec_.wrapped ? spec_.wrapped->path : spec_.program.path;
  const std::string gains = WhatItGains(program, system_);
  if (gains.empty()) return;
  draft_.settings.sandbox.value = SandboxProfile::kBaseline;
  draft_.findings.Note("setuid-baseline", draft_.place,
                       "service " + spec_.id + ": " + program + " is " + gains +
                           ": it runs in the sandbox baseline, which leaves it that");
}

// Whether a line of the service itself wrote it, and not `defaults`.
bool ServiceCheck::Own(const Assignment* from) const {
  if (from == nullptr || draft_.block == nullptr) return false;
  return std::ranges::any_of(draft_.block->assignments,
                             [from](const Assignment& line) { return &line == from; });
}

// How long a connection may be silent is up to who carries it, which postern-tls does for any
// service.
bool ServiceCheck::ConcernsCarriage(std::string_view attribute) const {
  return attribute == "idle_timeout" && speaks_tls();
}

// postern-relay serves many services in one process, under a confinement of its own.
void ServiceCheck::RefuseConfinementOfRelay() {
  for (const std::string_view name : ConfinementAttributes()) {
    const Assignment* const from = FindAttribute(name)->field.from(settings_);
    if (!Own(from) || ConcernsCarriage(name)) continue;
    if (name == "sandbox") {
      Warn("no-effect", from->place,
           "sandbox has no effect here: no program is started, postern-relay serves the clients");
    } else {
      Error("bad-combination", from->place,
            std::string(name) + " concerns programs, and this service is served by postern-relay",
            "remove the line");
    }
  }
}

void ServiceCheck::RefuseConfinementOfNone() {
  for (const std::string_view name : ConfinementAttributes()) {
    const Assignment* const from = FindAttribute(name)->field.from(settings_);
    if (from == nullptr || name == "sandbox" || ConcernsCarriage(name)) continue;
    if (Own(from)) {
      Error("bad-combination", from->place,
            std::string(name) + " cannot be enforced with sandbox = none", "sandbox = baseline");
    } else if (!Own(settings_.sandbox.from) && !WarnedBefore(from)) {
      Warn("no-effect", from->place,
           std::string(name) +
               " has no effect on services with sandbox = none, which is the "
               "default here");
    }
  }
}

void ServiceCheck::CheckNetwork(const Confinement& confinement) {
  const bool relay = confinement.network == NetworkAccess::kRelay;
  if (relay && (spec_.socket_type != SocketType::kStream || spec_.wait)) {
    Error("bad-combination", At(settings_.network),
          spec_.wait ? "network = relay needs wait = no: this server accepts connections itself"
                     : "network = relay needs socket_type = stream",
          "network = inherited");
  }
  if (confinement.idle_timeout && !relay && !speaks_tls()) {
    Error("bad-combination", At(settings_.idle_timeout),
          "idle_timeout needs network = relay or tls = yes: only then postern sees when the "
          "connection is silent",
          "network = relay");
  }
  const bool connects = confinement.network == NetworkAccess::kClient ||
                        confinement.network == NetworkAccess::kServer;
  if (confinement.connect_to && !confinement.connect_to->empty() && !connects) {
    Error("bad-combination", At(settings_.connect_to),
          "connect_to needs network = client or server", "network = client");
  }
}

void ServiceCheck::CheckNamespaces(const Confinement& confinement) {
  if (confinement.namespaces.net && NeedsNetworkOfHost(confinement.network)) {
    Error("bad-combination", At(settings_.namespaces),
          "a network namespace of its own leads nowhere, so this network cannot be had in it",
          "namespaces -= net");
  }
  if (confinement.namespaces.mount) return;
  const auto needs_mount = [this](bool asked, std::string_view name) {
    if (!asked) return;
    const Assignment* const from = FindAttribute(name)->field.from(settings_);
    Error("bad-combination", from->place,
          std::string(name) + " needs a mount namespace, and this service has none",
          "namespaces += mount");
  };
  needs_mount(confinement.private_tmp, "private_tmp");
  needs_mount(confinement.private_dev, "private_dev");
  needs_mount(!confinement.root.empty(), "root");
  needs_mount(!confinement.read_only_paths.empty(), "read_only_paths");
  needs_mount(!confinement.read_write_paths.empty(), "read_write_paths");
  needs_mount(!confinement.hidden_paths.empty(), "hidden_paths");
}

void ServiceCheck::CheckIsolation() {
  if (!settings_.isolation || *settings_.isolation != Isolation::kFresh) return;
  const bool eager = settings_.zygote && *settings_.zygote == ZygoteStart::kEager;
  if (eager && !WarnedBefore(settings_.zygote.from)) {
    Warn("no-effect", At(settings_.zygote),
         "zygote = eager has no effect with isolation = fresh: every connection has a sandbox that "
         "is made for it");
  }
  if (!spec_.wait) return;
  if (WarnedBefore(settings_.isolation.from)) return;
  Warn("no-effect", At(settings_.isolation),
       "isolation = fresh has no effect with wait = yes: one server takes all connections");
}

void ServiceCheck::CheckRoot() {
  if (!settings_.root) return;
  const SystemView::FileFacts facts = system_.Inspect(*settings_.root);
  if (facts.kind == Kind::kDirectory) return;
  Error("unknown-path", At(settings_.root),
        "the root " + *settings_.root +
            " cannot be used: " + (facts.kind == Kind::kMissing ? facts.error : "not a directory"));
}

// A path that is misspelt would protect nothing.
void ServiceCheck::CheckPaths(const Setting<Strings>& paths) {
  if (!paths) return;
  for (const std::string& path : *paths) {
    const SystemView::FileFacts facts = system_.Inspect(path);
    if (facts.kind != Kind::kMissing) continue;
    Error("unknown-path", At(paths), "the path " + path + " cannot be used: " + facts.error);
  }
}

}  // namespace postern::policy
