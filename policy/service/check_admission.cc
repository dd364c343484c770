// SPDX-License-Identifier: BSD-2-Clause
// Who may come and how often, what hosts_access(5) would be asked, and what is logged.
// Part of service_check.h. Source: xinetd.conf(5), only_from, no_access, cps, log_on_success,
// libwrap.
#include <algorithm>

#include "policy/base/text.h"
#include "policy/service/service_check.h"

namespace postern::policy {
namespace {

// Whether a list holds every address a socket of this family can meet.
bool HoldsEverybody(const AccessList& list, Family family) {
  constexpr int kAllV4 = 96;  // ::ffff:0:0/96
  return std::ranges::any_of(list.words(), [family](const AddressWord& word) {
    return std::ranges::any_of(word.blocks, [family](const CidrBlock& block) {
      return block.length128() == 0 ||
             (family == Family::kIpv4 && block.is_v4() && block.length128() == kAllV4);
    });
  });
}

}  // namespace

void ServiceCheck::CheckAdmission() {
  CheckAddressRules();
  CheckRates();
  CheckLogs();
  CheckLibwrap();
}

std::shared_ptr<const AccessList> ServiceCheck::Compile(const Setting<AddressWords>& setting) {
  if (!setting) return nullptr;
  std::shared_ptr<const AccessList>& list = shared_.lists[setting.from];
  if (!list) list = std::make_shared<const AccessList>(*setting);
  return list;
}

// With wait = yes on a connection-oriented socket the server accepts, so nobody knows the client in
// advance. xinetd refuses everybody in a loop, or, in later versions, admits everybody.
void ServiceCheck::CheckAddressRules() {
  spec_.only_from = Compile(settings_.only_from);
  spec_.no_access = Compile(settings_.no_access);
  if (settings_.access_precedence) spec_.precedence = *settings_.access_precedence;
  if (settings_.access_times) {
    spec_.access_times = std::make_shared<const AccessTimes>(*settings_.access_times);
  }
  if (!spec_.wait || spec_.socket_type == SocketType::kDgram) return;
  const bool only = spec_.only_from && !HoldsEverybody(*spec_.only_from, spec_.listen.family);
  const bool none = spec_.no_access && !spec_.no_access->words().empty();
  if (only || none) {
    Error("unknown-peer-rules", only ? At(settings_.only_from) : At(settings_.no_access),
          "with wait = yes the server accepts connections itself, so address rules cannot be "
          "applied to them",
          "wait = no, if the server can serve one connection that is handed to it\n"
          "or, to let the server decide alone: only_from = ::/0 and no_access =");
  }
  if (settings_.per_source && *settings_.per_source && !WarnedBefore(settings_.per_source.from)) {
    Warn("no-effect", At(settings_.per_source),
         "per_source cannot count the clients of a wait = yes stream service");
  }
}

void ServiceCheck::CheckRates() {
  if (settings_.instances) spec_.instances = *settings_.instances;
  if (settings_.per_source) spec_.per_source = *settings_.per_source;
  if (settings_.cps) spec_.cps = *settings_.cps;
  if (draft_.inetd && draft_.inetd->rate) spec_.cps = *draft_.inetd->rate;
  if (settings_.cps_per_source && settings_.cps_per_source->count != 0) {
    spec_.cps_per_source = *settings_.cps_per_source;
  }
  if (settings_.max_load) spec_.max_load = *settings_.max_load;
  if (settings_.deny_time) spec_.deny_time = *settings_.deny_time;
}

void ServiceCheck::CheckLogs() {
  if (settings_.log_type) spec_.log = *settings_.log_type;
  if (settings_.log_on_success) spec_.log_on_success = *settings_.log_on_success;
  if (settings_.log_on_failure) spec_.log_on_failure = *settings_.log_on_failure;
  if (settings_.banner) spec_.banners.always = *settings_.banner;
  if (settings_.banner_success) spec_.banners.on_success = *settings_.banner_success;
  if (settings_.banner_fail) spec_.banners.on_failure = *settings_.banner_fail;
  CheckUserLookups();
}

// xinetd.conf(5), USERID, IDONLY. An ident server that logs who asks it, and is asked by ours for
// that, would go on for ever.
void ServiceCheck::CheckUserLookups() {
  constexpr std::uint16_t kIdentPort = 113;
  spec_.ident_only = flags_.idonly;
  const bool connections = spec_.socket_type == SocketType::kStream && !spec_.wait;
  if (spec_.ident_only && (!connections || spec_.listen.port == kIdentPort)) {
    Error("not-supported", At(settings_.flags),
          "flag IDONLY: there is no connection whose user could be asked for",
          "remove the flag, or: socket_type = stream and wait = no, on another port than 113");
  }
  if (connections && spec_.listen.port != kIdentPort) return;
  const char* why = connections ? "USERID is left out: ident servers would ask each other for ever"
                                : "USERID has no effect: there is no connection whose user could "
                                  "be asked for";
  if (spec_.log_on_success.user_id && !WarnedBefore(settings_.log_on_success.from)) {
    Warn("no-effect", At(settings_.log_on_success), why);
  }
  if (spec_.log_on_failure.user_id && !WarnedBefore(settings_.log_on_failure.from)) {
    Warn("no-effect", At(settings_.log_on_failure), why);
  }
  spec_.log_on_success.user_id = spec_.log_on_failure.user_id = false;
}

// xinetd gives libwrap the name of the program; of the service where there is none.
void ServiceCheck::CheckLibwrap() {
  if (settings_.libwrap) {
    spec_.libwrap_name = *settings_.libwrap;
  } else if (!runs_program()) {
    spec_.libwrap_name = draft_.name;
  } else if (flags_.nameinargs && !spec_.program.argv.empty()) {
    spec_.libwrap_name = Basename(spec_.program.argv.front());
  } else {
    spec_.libwrap_name = Basename(spec_.program.path);
  }
}

}  // namespace postern::policy
