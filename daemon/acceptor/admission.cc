// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/acceptor/admission.h"

#include <string>
#include <utility>
#include <variant>

#include "daemon/acceptor/hosts_ruling.h"
#include "daemon/log/escape.h"
#include "policy/service/tcpd_line.h"
#include "sandbox/sys/ip_options.h"
#include "sandbox/sys/process.h"
#include "sandbox/sys/sockets.h"

namespace postern::daemon {

namespace sys = sandbox::sys;
using policy::AddressEvidence;
using policy::Deny;
using policy::DenyReason;
using policy::SocketType;
using policy::hosts::Needed;

namespace {

constexpr std::chrono::seconds kExpiryInterval(60);
constexpr std::chrono::seconds kRetryListen(1);

std::optional<policy::IpAddress> AddressOnly(const std::optional<policy::Endpoint>& peer) {
  return peer ? std::optional(peer->address) : std::nullopt;
}

std::string Text(const std::optional<policy::IpAddress>& address) {
  return address ? address->ToString() : "<no address>";
}

std::string Place(const policy::AddressWord& word) {
  return word.text + " (" + word.where.file + ":" + std::to_string(word.where.line) + ")";
}

bool RunsProgram(const policy::ServiceSpec& spec) {
  return spec.kind == policy::ServiceKind::kProgram || spec.kind == policy::ServiceKind::kTcpmux;
}

// syslog(3): a priority without a facility has that of openlog(3), which for tcpd is LOG_DAEMON.
int WithFacility(int priority) {
  constexpr int kDaemon = 3 << 3, kFacilities = 0x3f8;
  return (priority & kFacilities) != 0 ? priority : priority | kDaemon;
}

// Whose line in syslog it is, as tcpd has it: "alice@name", or the address where there is no name.
std::string ClientText(const Findings& findings, const std::string& address) {
  using policy::hosts::Fact;
  const auto known = [](const Fact& fact) {
    return fact.known() && fact.text() != policy::hosts::kParanoid;
  };
  const std::string host = known(findings.client_name) ? findings.client_name.text() : address;
  return known(findings.user) ? EscapeForLog(findings.user.text()) + "@" + host : host;
}

// Empty: unknown, not confirmed, or nobody could tell.
std::string_view ConfirmedName(const policy::hosts::Fact& name) {
  const bool confirmed = name.known() && name.text() != policy::hosts::kParanoid;
  return confirmed ? std::string_view(name.text()) : std::string_view();
}

// Does what is refused come again, or stay?
bool MayRepeat(const policy::ServiceSpec& spec) {
  if (spec.socket_type == SocketType::kDgram) return true;
  return HandsOverListener(spec) && spec.listen.family == policy::Family::kUnix;
}

}  // namespace

bool HasIpOptions(const sys::UniqueFd& connection) {
  const auto local = sys::LocalAddress(connection);
  if (!local || !local->is_inet()) return false;
  const auto options = sys::IpOptions(connection);
  return options ? !options->empty() : local->is_v4();
}

bool IsBlindTcpd(const policy::ServiceSpec& spec, const Admitted& admitted) {
  const bool steps_over = admitted.way == Way::kUnwrapped || admitted.way == Way::kAsks;
  return policy::IsTcpd(spec.program.path) && !steps_over;
}

Admission::~Admission() {
  loop_.Cancel(expiry_timer_);
  for (auto& [service, open] : windows_) loop_.Cancel(open.end);
}

policy::Facts Admission::Gather(const Service& service,
                                const std::optional<policy::Endpoint>& peer) {
  policy::Facts facts;
  facts.peer = AddressOnly(peer);
  facts.now = loop_.now();
  if (service.spec().access_times) facts.local_time = clocks_.LocalTime(facts.now);
  if (service.spec().max_load) facts.load = clocks_.Load(facts.now);
  facts.total_running = total_running;
  facts.total_limit = total_limit_;
  return facts;
}

std::expected<Admitted, Refusal> Admission::Decide(Service& service,
                                                   const std::optional<policy::Endpoint>& peer,
                                                   const wrapper::Connection* ends) {
  ++service.attempts;
  const Findings none;
  const Arrival arrival{service.spec(), peer, ends, none};
  const policy::Verdict verdict =
      policy::Admit(service.spec(), service.limits(), deny_list_, Gather(service, peer));
  if (std::holds_alternative<policy::Allow>(verdict)) return AskHosts(arrival);
  if (const auto* deny = std::get_if<Deny>(&verdict)) return std::unexpected(Refusal{*deny});
  if (MayAsk(arrival, Needed::kClientName)) return Admitted{Way::kAsks, 0, Needed::kClientName};
  return std::unexpected(Refusal{{DenyReason::kAddress, AddressEvidence::kNeedsName,
                                  std::get<policy::NeedName>(verdict).rule}});
}

std::expected<Admitted, Refusal> Admission::Judge(const Service& service,
                                                  const std::optional<policy::Endpoint>& peer,
                                                  const wrapper::Connection& ends,
                                                  const Findings& findings) {
  const policy::ServiceSpec& spec = service.spec();
  const policy::hosts::Fact& name = findings.client_name;
  const policy::Verdict verdict =
      name.asked() || name.unavailable()
          ? policy::EvaluateAddress(spec, AddressOnly(peer), ConfirmedName(name))
          : policy::EvaluateAddress(spec, AddressOnly(peer));
  if (const auto* deny = std::get_if<Deny>(&verdict)) return std::unexpected(Refusal{*deny});
  if (std::holds_alternative<policy::NeedName>(verdict)) {
    return Admitted{Way::kAsks, 0, Needed::kClientName};
  }
  return AskHosts({spec, peer, &ends, findings});
}

// Only for a connection that can wait for the answer. The user of one is asked by its own ends.
bool Admission::MayAsk(const Arrival& arrival, Needed needs) const {
  const bool stream = arrival.ends != nullptr && arrival.ends->stream &&
                      arrival.ends->client.is_inet() && arrival.peer.has_value();
  return stream && needs != Needed::kNetgroup;
}

HostsRuling Admission::AskFiles(const std::string& daemon, const Arrival& arrival) {
  const wrapper::HostsVersion files = hosts_files_.CurrentVersion();
  TellOfTables(files);
  auto request =
      wrapper::RequestOf(arrival.ends == nullptr ? wrapper::Connection{} : *arrival.ends, daemon);
  if (arrival.ends == nullptr) return RuleForAnyone(*files.policy, request);
  const auto add = [](policy::hosts::Fact& fact, const policy::hosts::Fact& found) {
    if (found.asked() || found.unavailable()) fact = found;
  };
  // Of names libc may know more: then they are for a program that asks it.
  const bool names = knows_all_names_();
  if (names) add(request.client.name, arrival.findings.client_name);
  if (names) add(request.server.name, arrival.findings.server_name);
  add(request.user, arrival.findings.user);
  HostsRuling ruling = RuleFor(*files.policy, request);
  for (const std::string& trouble : ruling.passed_over) {
    if (files.told->First(trouble)) log_.Error(trouble);
  }
  const bool asks = MayAsk(arrival, ruling.needs) && (names || ruling.needs == Needed::kUser);
  if (ruling.kind == HostsRuling::Kind::kNeedsFact && !asks) {
    ruling.kind = HostsRuling::Kind::kUndecided;
  }
  return ruling;
}

std::expected<Admitted, Refusal> Admission::AskHosts(const Arrival& arrival) {
  const policy::ServiceSpec& spec = arrival.spec;
  if (!spec.no_libwrap) {
    HostsRuling ruling = AskFiles(spec.libwrap_name, arrival);
    if (ruling.kind == HostsRuling::Kind::kNeedsFact) {
      return Admitted{Way::kAsks, 0, ruling.needs};
    }
    if (ruling.kind == HostsRuling::Kind::kUndecided && RunsProgram(spec)) {
      return Admitted{Way::kGate};
    }
    if (ruling.kind != HostsRuling::Kind::kAllowed) {
      return std::unexpected(
          Refusal{{DenyReason::kLibwrap}, std::move(ruling.why), spec.libwrap_name, ruling.acts});
    }
  }
  if (!spec.wrapped || arrival.ends == nullptr) return Admitted{};
  return AskInPlaceOfTcpd(arrival);
}

// What it would take tcpd to find out, but for names and users, is left to tcpd.
std::expected<Admitted, Refusal> Admission::AskInPlaceOfTcpd(const Arrival& arrival) {
  const auto& name = arrival.spec.wrapped->name;
  HostsRuling ruling = AskFiles(name, arrival);
  if (ruling.kind == HostsRuling::Kind::kNeedsFact) return Admitted{Way::kAsks, 0, ruling.needs};
  if (ruling.kind == HostsRuling::Kind::kUndecided || ruling.acts) return Admitted{};
  if (ruling.kind == HostsRuling::Kind::kAllowed) return Admitted{Way::kUnwrapped, ruling.priority};
  Refusal refusal{{DenyReason::kLibwrap}, std::move(ruling.why), name, false, ruling.priority};
  refusal.client = ClientText(arrival.findings, Text(AddressOnly(arrival.peer)));
  return std::unexpected(std::move(refusal));
}

// What is wrong with single lines, `postern check` tells.
void Admission::TellOfTables(const wrapper::HostsVersion& files) {
  using policy::hosts::Table;
  for (const Table* table : {&files.policy->allow(), &files.policy->deny()}) {
    const bool grants = table->which == policy::hosts::Which::kAllow;
    const std::string follows =
        grants ? "grants nothing further" : "refuses whom no rule above it names";
    std::string trouble;
    if (table->end == Table::End::kUnreadable) {
      trouble = table->path + " cannot be read (" + table->end_reason + "): it " + follows;
    } else if (table->end == Table::End::kAbandoned) {
      trouble = table->path + ":" + std::to_string(table->end_where.line) +
                " has no newline or is too long: the file " + follows;
    }
    if (!trouble.empty() && files.told->First(trouble)) log_.Error(trouble);
  }
}

void Admission::Refuse(Service& service, const Refusal& refusal,
                       const std::optional<policy::Endpoint>& peer) {
  const auto source = AddressOnly(peer);
  if (ToBeLogged(service, source)) {
    service.log().Write(FailRecord{service.spec().id, policy::ReasonText(refusal.reason), source},
                        service.spec().log_on_failure);
    Explain(service, refusal, Text(source));
  }
  if (refusal.evidence == AddressEvidence::kSensor && source) Sense(service, *source);
  if (refusal.reason == DenyReason::kConnectionsPerSecond) CloseForAWhile(service);
}

void Admission::RefusedByGate(Service& service, const std::optional<policy::Endpoint>& peer,
                              const std::string& why) {
  Refuse(service, Refusal{{DenyReason::kLibwrap}, why, service.spec().libwrap_name}, peer);
}

void Admission::TellUnwrapped(Service& service, const std::optional<policy::Endpoint>& peer,
                              int priority, int pid, const Findings& findings) {
  if (!service.spec().wrapped) return;
  const std::string from = peer ? peer->address.ToString() : std::string(policy::hosts::kUnknown);
  syslog_.SendAs(service.spec().wrapped->name, pid, WithFacility(priority),
                 "connect from " + ClientText(findings, from) + " (" + from + ")");
}

bool Admission::ToBeLogged(Service& service, const std::optional<policy::IpAddress>& source) {
  if (!MayRepeat(service.spec())) return true;
  const auto [which, fresh] = windows_.try_emplace(service.shared_from_this());
  if (fresh) {
    which->second.end = loop_.After(refusal_window_, [this, which] { CloseWindow(which); });
  }
  return which->second.window.Note(source);
}

void Admission::CloseWindow(Windows::iterator which) {
  loop_.Cancel(which->second.end);
  if (const std::uint64_t count = which->second.window.unrecorded(); count != 0) {
    log_.Warning(which->first->spec().id + ": " + std::to_string(count) + " more refusals within " +
                 std::to_string(std::chrono::ceil<std::chrono::seconds>(refusal_window_).count()) +
                 " seconds have no records of their own");
  }
  windows_.erase(which);
}

void Admission::TellUnrecorded() {
  while (!windows_.empty()) CloseWindow(windows_.begin());
}

void Admission::Explain(Service& service, const Refusal& deny, const std::string& from) {
  const std::string& id = service.spec().id;
  if (deny.reason == DenyReason::kLibwrap) {
    log_.Info("libwrap refused connection to " + id + " (libwrap=" + deny.hosts_name + ") from " +
              from + ": " + deny.hosts_rule);
    if (deny.priority) {
      syslog_.SendAs(
          deny.hosts_name, sys::OwnPid(), WithFacility(*deny.priority),
          "refused connect from " + (deny.client.empty() ? from : deny.client) + " (" + from + ")");
    }
  } else if (deny.reason == DenyReason::kProxy) {
    log_.Info(id + ": refused connect from " + from + " by proxy_protocol: " + deny.proxy_fault);
  } else if (deny.reason == DenyReason::kLoad) {
    log_.Error(id + ": refused connect from " + from + " due to excessive load");
  } else if (deny.evidence == AddressEvidence::kBothLists) {
    log_.Error("Service=" + id + ": only_from list and no_access list match equally the address " +
               from);
  } else if (deny.evidence == AddressEvidence::kNeedsName && deny.rule != nullptr) {
    log_.Error("Service=" + id + ": refused " + from + ": only its host name could decide, by " +
               Place(*deny.rule) + ", and no name of it is known");
  }
}

// A stream service refuses clients until then, a datagram service leaves them queued.
void Admission::CloseForAWhile(Service& service) {
  if (service.held(Hold::kClosed)) return;
  const auto wait = service.spec().cps.wait;
  log_.Error("Deactivating service " + service.spec().id +
             " due to excessive incoming connections.  Restarting in " + std::to_string(wait) +
             " seconds.");
  service.Place(Hold::kClosed);
  if (service.listener() && service.spec().socket_type != SocketType::kDgram) {
    const auto closed = service.CloseListener();
    if (!closed) log_.Error(service.spec().id + ": " + closed.error().ToString());
  }
  service.reopen_timer = loop_.After(std::chrono::seconds(wait), [this, &service] {
    service.reopen_timer = 0;
    Reopen(service);
  });
}

void Admission::Reopen(Service& service) {
  if (service.listener() && service.spec().socket_type != SocketType::kDgram) {
    const auto reopened = service.ReopenListener();
    if (!reopened) {
      log_.Error(service.spec().id + ": " + reopened.error().ToString());
      service.reopen_timer = loop_.After(kRetryListen, [this, &service] {
        service.reopen_timer = 0;
        Reopen(service);
      });
      return;
    }
  }
  log_.Error("Activating service " + service.spec().id);
  service.Release(Hold::kClosed);
}

// A datagram's source proves nothing: whoever forges it would have us refuse a host of his choice.
void Admission::Sense(Service& service, const policy::IpAddress& source) {
  const auto& deny_time = service.spec().deny_time;
  if (!deny_time || service.spec().socket_type == SocketType::kDgram) return;
  const bool forever = deny_time->count() == 0;
  switch (deny_list_.Add(source, loop_.now(), *deny_time)) {
    case policy::DenyList::Added::kNew:
      log_.Critical("Adding " + source.ToString() + " to the global_no_access list for " +
                    std::to_string(forever ? -1 : deny_time->count()) + " minutes");
      break;
    case policy::DenyList::Added::kExtended:
      break;
    case policy::DenyList::Added::kFull:
      log_.Error("Maximum global_no_access count reached.");
      break;
  }
  ScheduleExpiry();
}

void Admission::ScheduleExpiry() {
  if (expiry_timer_ != 0 || deny_list_.size() == 0) return;
  expiry_timer_ = loop_.After(kExpiryInterval, [this] {
    expiry_timer_ = 0;
    if (deny_list_.Expire(loop_.now()) != 0) {
      log_.Info("At least 1 DENY_TIME has expired, global_no_access list updated");
      if (deny_list_.size() == 0) log_.Info("global_no_access list is empty.");
    }
    ScheduleExpiry();
  });
}

}  // namespace postern::daemon
