// SPDX-License-Identifier: BSD-2-Clause
// InetdEntry to ServiceDraft; see inetd_drafts.h.
#include "policy/service/inetd_drafts.h"

#include <set>
#include <string>
#include <utility>

#include "policy/base/text.h"
#include "policy/service/attributes.h"

namespace postern::policy {
namespace {

constexpr std::uint32_t kStopSeconds = 600;  // inetd(8): over the limit, off for ten minutes
constexpr std::uint32_t kMinute = 60;

Place PlaceAt(const InetdEntry& entry, const SourceLocation& where) {
  return {where.line == 0 ? entry.where : where, entry.source_line};
}

class Drafter {
 public:
  Drafter(const InetdEntry& entry, const Settings& defaults, const SystemView& system)
      : entry_(entry), defaults_(defaults), system_(system) {}

  std::vector<ServiceDraft> Make() {
    std::vector<ServiceDraft> drafts;
    if (entry_.hosts.empty()) drafts.push_back(MakeOne(nullptr));
    for (const InetdHost& host : entry_.hosts) drafts.push_back(MakeOne(&host));
    return drafts;
  }

 private:
  ServiceDraft MakeOne(const InetdHost* host);
  void SetNameAndPort(ServiceDraft& draft);
  void SetSocket(ServiceDraft& draft);
  void SetAddress(ServiceDraft& draft, const InetdHost& host);
  void SetUnixSocket(ServiceDraft& draft);
  void SetUser(ServiceDraft& draft);
  void SetLimits(ServiceDraft& draft);

  const InetdEntry& entry_;
  const Settings& defaults_;
  const SystemView& system_;
};

ServiceDraft Drafter::MakeOne(const InetdHost* host) {
  ServiceDraft draft;
  draft.inetd.emplace();
  draft.place = PlaceAt(entry_, entry_.where);
  draft.user_place = PlaceAt(entry_, entry_.user_where);
  draft.server_place = PlaceAt(entry_, entry_.program_where);
  Inherit(Inheritance::kBase, draft.settings, defaults_);
  SetNameAndPort(draft);
  SetSocket(draft);
  if (host != nullptr) SetAddress(draft, *host);
  SetUser(draft);
  SetLimits(draft);
  if (entry_.internal) return draft;
  draft.settings.server.value = entry_.program;
  draft.settings.server_args.value = entry_.arguments;
  return draft;
}

void Drafter::SetNameAndPort(ServiceDraft& draft) {
  TypeSet type;
  type.internal = entry_.internal;
  type.rpc = entry_.rpc.has_value();
  type.tcpmux = entry_.name_kind == InetdNameKind::kTcpmux;
  type.tcpmuxplus = entry_.name_kind == InetdNameKind::kTcpmuxPlus;
  type.unlisted = type.tcpmux || type.tcpmuxplus || entry_.name_kind == InetdNameKind::kPort;
  draft.settings.type.value = type;
  if (entry_.name_kind == InetdNameKind::kPort) draft.inetd->port = entry_.port;
  draft.name = entry_.name_kind == InetdNameKind::kPort ? std::to_string(entry_.port) : entry_.name;
  draft.id = draft.name;
  if (entry_.internal) {
    draft.id += entry_.socket_type == SocketType::kDgram ? "-dgram" : "-stream";
  }
}

void Drafter::SetSocket(ServiceDraft& draft) {
  FlagSet flags;
  flags.nameinargs = !entry_.internal;
  flags.nolibwrap = true;
  draft.settings.flags.value = flags;
  draft.settings.socket_type.value = entry_.socket_type;
  draft.settings.wait.value = entry_.wait;
  ListenAddress& listen = draft.inetd->listen;
  listen.family = entry_.family;
  listen.send_buffer = entry_.send_buffer;
  listen.receive_buffer = entry_.receive_buffer;
  if (entry_.family == Family::kUnix) return SetUnixSocket(draft);
  draft.settings.protocol.value = entry_.protocol;
  // The line's own family is final; v6only of defaults would contradict "tcp4".
  draft.settings.v6only.value = entry_.family == Family::kIpv6Only;
}

// The line's own address wins over `bind` of defaults.
void Drafter::SetAddress(ServiceDraft& draft, const InetdHost& host) {
  draft.settings.bind.value = host.address ? host.address->ToString() : host.text;
}

void Drafter::SetUnixSocket(ServiceDraft& draft) {
  ListenAddress& listen = draft.inetd->listen;
  const InetdUnixSocket& socket = entry_.unix_socket;
  listen.unix_path = entry_.name;
  if (socket.mode) listen.unix_mode = *socket.mode;
  if (!socket.user.empty()) {
    const auto user = system_.UserByName(socket.user);
    if (!user) {
      draft.findings.Error("unknown-user", draft.place, "there is no user \"" + socket.user + "\"");
    } else {
      listen.unix_owner = user->uid;
    }
  }
  if (!socket.group.empty()) {
    const auto group = system_.GroupByName(socket.group);
    if (!group) {
      draft.findings.Error("unknown-group", draft.place,
                           "there is no group \"" + socket.group + "\"");
    } else {
      listen.unix_group = *group;
    }
  }
}

void Drafter::SetUser(ServiceDraft& draft) {
  if (entry_.internal) return;
  draft.settings.groups.value = true;
  draft.settings.user.value = entry_.user;
  if (entry_.group.empty()) return;
  const std::string dotted = entry_.user + "." + entry_.group;
  if (entry_.group_after_dot && !system_.UserByName(entry_.user) && system_.UserByName(dotted)) {
    draft.settings.user.value = dotted;
  } else {
    draft.settings.group.value = entry_.group;
  }
}

// What the line says about limits is final; 0 takes away what defaults would set.
void Drafter::SetLimits(ServiceDraft& draft) {
  const auto limit = [](std::uint32_t count) { return count == 0 ? Limit{} : Limit{count}; };
  if (entry_.max_per_minute) {
    draft.inetd->rate = ConnectionRate{*entry_.max_per_minute, kStopSeconds, kMinute};
  }
  if (entry_.max_children) draft.settings.instances.value = limit(*entry_.max_children);
  if (entry_.max_children_per_source) {
    draft.settings.per_source.value = limit(*entry_.max_children_per_source);
  }
  if (entry_.max_per_source_per_minute) {
    draft.settings.cps_per_source.value = SourceRate{*entry_.max_per_source_per_minute, kMinute};
  }
}

void MakeIdUnique(ServiceDraft& draft, const InetdEntry& entry, std::set<std::string>& used) {
  if (used.insert(ToLower(draft.id)).second) return;
  draft.id += "-" + entry.protocol;
  if (used.insert(ToLower(draft.id)).second) return;
  draft.id += "-" + std::to_string(entry.where.line);
  const std::string base = draft.id;
  for (int n = 2; !used.insert(ToLower(draft.id)).second; ++n) {
    draft.id = base + "-" + std::to_string(n);
  }
}

}  // namespace

std::vector<ServiceDraft> DraftInetd(const std::vector<InetdEntry>& entries,
                                     const Settings& defaults, const SystemView& system) {
  std::vector<ServiceDraft> drafts;
  std::set<std::string> used;
  for (const InetdEntry& entry : entries) {
    for (ServiceDraft& draft : Drafter(entry, defaults, system).Make()) {
      MakeIdUnique(draft, entry, used);
      Inherit(Inheritance::kFill, draft.settings, defaults);
      drafts.push_back(std::move(draft));
    }
  }
  return drafts;
}

}  // namespace postern::policy
