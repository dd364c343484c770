// SPDX-License-Identifier: BSD-2-Clause
// The table of items and the number made of them.
#include "policy/exposure/rate.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <set>

#include "policy/service/attributes.h"
#include "policy/service/capability_names.h"

namespace postern::policy::exposure {
namespace {

Facts Nothing() {
  Facts facts;
  facts.uid = 65534;
  facts.no_new_privileges = true;
  facts.own_namespaces = {true, true, true, true, true, true, true, true};
  Calls& calls = facts.calls;
  calls.foreign = calls.internet = calls.listening = calls.packets = calls.netlink = false;
  calls.local = calls.other_families = calls.new_user_namespace = calls.new_namespaces = false;
  calls.write_and_execute = calls.setuid_files = calls.personality = calls.terminals = false;
  calls.groups.emplace();
  facts.system = facts.homes = Sight::kHidden;
  facts.shared_tmp = facts.shared_devices = facts.kernel_settings = facts.cgroup_files = false;
  facts.umask = 077;
  facts.open_to_speculation = facts.core_files = false;
  return facts;
}

Facts Everything() {
  Facts facts;
  facts.groups = 1;
  facts.capabilities.assign(kCapabilityNames.begin(), kCapabilityNames.end());
  facts.umask = 0;
  facts.oom_score_adjustment = -1;
  return facts;
}

// The ids of what is exposed, with the share.
std::map<std::string, unsigned> ExposedIn(const Facts& facts) {
  std::map<std::string, unsigned> exposed;
  for (const Item& item : Rate(facts).items) {
    if (item.seen.share != 0) exposed[std::string(item.row->id)] = item.seen.share;
  }
  return exposed;
}

TEST_CASE(
    "Nothing exposed is 0, everything is 100, and a default-made program exposes nearly that") {
  CHECK(Rate(Nothing()).exposure == 0);
  CHECK(ExposedIn(Nothing()).empty());
  CHECK(Rate(Everything()).exposure == 100);
  CHECK(ExposedIn(Everything()).size() == Rows().size());
  CHECK(Rate(Facts{}).exposure < 100);
}

std::vector<Calls::Group> Groups(const char* name, const char* call) { return {{name, {call}}}; }

struct Flip {
  const char* id;
  unsigned share;
  std::function<void(Facts&)> change;
};

const Flip kFlips[] = {
    {"root", 100, [](Facts& f) { f.uid = 0; }},
    {"groups", 100, [](Facts& f) { f.groups = 1; }},
    {"new-privileges", 100, [](Facts& f) { f.no_new_privileges = false; }},
    {"setuid-files", 100, [](Facts& f) { f.calls.setuid_files = true; }},
    {"cap-admin", 100, [](Facts& f) { f.capabilities = {"sys_admin"}; }},
    {"cap-identity", 100, [](Facts& f) { f.capabilities = {"setuid"}; }},
    {"cap-debug", 100, [](Facts& f) { f.capabilities = {"sys_ptrace"}; }},
    {"cap-kernel", 100, [](Facts& f) { f.capabilities = {"sys_module"}; }},
    {"cap-owners", 100, [](Facts& f) { f.capabilities = {"chown"}; }},
    {"cap-any-file", 100, [](Facts& f) { f.capabilities = {"dac_override"}; }},
    {"cap-net-admin", 100, [](Facts& f) { f.capabilities = {"net_admin"}; }},
    {"cap-clock", 100, [](Facts& f) { f.capabilities = {"sys_time"}; }},
    {"cap-records", 100, [](Facts& f) { f.capabilities = {"syslog"}; }},
    {"cap-kill", 100, [](Facts& f) { f.capabilities = {"kill"}; }},
    {"cap-resources", 100, [](Facts& f) { f.capabilities = {"sys_nice"}; }},
    {"cap-devices", 100, [](Facts& f) { f.capabilities = {"mknod"}; }},
    {"cap-ports", 100, [](Facts& f) { f.capabilities = {"net_raw"}; }},
    {"cap-mac", 100, [](Facts& f) { f.capabilities = {"mac_admin"}; }},
    {"cap-rest", 100, [](Facts& f) { f.capabilities = {"sys_chroot"}; }},
    {"user-namespace", 100, [](Facts& f) { f.own_namespaces.user = false; }},
    {"mount-namespace", 100, [](Facts& f) { f.own_namespaces.mount = false; }},
    {"pid-namespace", 100, [](Facts& f) { f.own_namespaces.pid = false; }},
    {"net-namespace", 100, [](Facts& f) { f.own_namespaces.net = false; }},
    {"ipc-namespace", 100, [](Facts& f) { f.own_namespaces.ipc = false; }},
    {"uts-namespace", 100, [](Facts& f) { f.own_namespaces.uts = false; }},
    {"cgroup-namespace", 100, [](Facts& f) { f.own_namespaces.cgroup = false; }},
    {"time-namespace", 100, [](Facts& f) { f.own_namespaces.time = false; }},
    {"new-user-namespace", 100, [](Facts& f) { f.calls.new_user_namespace = true; }},
    {"new-namespaces", 100, [](Facts& f) { f.calls.new_namespaces = true; }},
    {"internet", 60, [](Facts& f) { f.calls.internet = true; }},
    {"internet", 100, [](Facts& f) { f.calls.internet = f.calls.listening = true; }},
    {"packets", 100, [](Facts& f) { f.calls.packets = true; }},
    {"netlink", 100, [](Facts& f) { f.calls.netlink = true; }},
    {"other-families", 100, [](Facts& f) { f.calls.other_families = true; }},
    {"local-sockets", 100, [](Facts& f) { f.calls.local = true; }},
    {"foreign-calls", 100, [](Facts& f) { f.calls.foreign = true; }},
    {"calls-debug", 100, [](Facts& f) { f.calls.groups = Groups("@debug", "ptrace"); }},
    {"calls-aio", 100, [](Facts& f) { f.calls.groups = Groups("@aio", "io_setup"); }},
    {"terminals", 100, [](Facts& f) { f.calls.terminals = true; }},
    {"personality", 100, [](Facts& f) { f.calls.personality = true; }},
    {"write-and-execute", 100, [](Facts& f) { f.calls.write_and_execute = true; }},
    {"system", 100, [](Facts& f) { f.system = Sight::kWritable; }},
    {"homes", 50, [](Facts& f) { f.homes = Sight::kReadOnly; }},
    {"homes", 100, [](Facts& f) { f.homes = Sight::kWritable; }},
    {"tmp", 100, [](Facts& f) { f.shared_tmp = true; }},
    {"devices", 100, [](Facts& f) { f.shared_devices = true; }},
    {"kernel-settings", 100, [](Facts& f) { f.kernel_settings = true; }},
    {"cgroup-files", 100, [](Facts& f) { f.cgroup_files = true; }},
    {"umask", 100, [](Facts& f) { f.umask = 000; }},
    {"umask", 50, [](Facts& f) { f.umask = 022; }},
    {"umask", 25, [](Facts& f) { f.umask = 027; }},
    {"speculation", 100, [](Facts& f) { f.open_to_speculation = true; }},
    {"core-files", 100, [](Facts& f) { f.core_files = true; }},
    {"oom", 100, [](Facts& f) { f.oom_score_adjustment = -1; }},
};

TEST_CASE("Each fact moves its item and no other, and the exposure with it") {
  std::set<std::string> tried;
  for (const Flip& flip : kFlips) {
    INFO(flip.id);
    Facts facts = Nothing();
    flip.change(facts);
    CHECK(ExposedIn(facts) == std::map<std::string, unsigned>{{flip.id, flip.share}});
    CHECK(Rate(facts).exposure >= 1);
    tried.insert(flip.id);
  }
  // Groups of calls differ in their name alone.
  for (const Row& row : Rows())
    CHECK((tried.contains(std::string(row.id)) || row.id.starts_with("calls-")));
}

TEST_CASE("What does not make it worse is not rated") {
  Facts facts = Nothing();
  facts.system = Sight::kReadOnly;
  facts.oom_score_adjustment = 500;
  facts.calls.listening = true;  // without sockets
  CHECK(Rate(facts).exposure == 0);
}

TEST_CASE("What is not known of the umask counts on neither side; unknown calls all count") {
  Facts facts = Nothing();
  facts.umask.reset();
  CHECK(Rate(facts).exposure == 0);
  facts.umask = 000;
  CHECK(Rate(facts).exposure == 1);  // a hundred of more than forty thousand, rounded up

  facts = Nothing();
  facts.calls = {};
  facts.calls.origin = Origin::kUnknown;
  for (const Item& item : Rate(facts).items) {
    INFO(item.row->id);
    const bool of_calls = item.seen.origin == Origin::kUnknown;
    CHECK(item.seen.share == (of_calls ? 100U : 0U));
    if (item.row->id == "calls-mount") CHECK(of_calls);
  }
}

TEST_CASE("Bands") {
  const std::pair<unsigned, std::string_view> bands[] = {
      {0, "sealed"},   {1, "tight"},    {9, "tight"},    {10, "guarded"},
      {49, "guarded"}, {50, "partial"}, {74, "partial"}, {75, "loose"},
      {89, "loose"},   {90, "open"},    {99, "open"},    {100, "bare"}};
  for (const auto& [exposure, name] : bands) CHECK(BandOf(exposure) == name);
}

TEST_CASE("Every capability is in one row") {
  std::map<std::string_view, int> rows;
  for (const Row& row : Rows()) {
    if (!row.id.starts_with("cap-")) continue;
    CHECK(std::ranges::is_sorted(row.names));
    for (const std::string_view name : row.names) ++rows[name];
  }
  for (const std::string_view name : kCapabilityNames) {
    INFO(name);
    CHECK(rows[name] == 1);
  }
  CHECK(rows.size() == kCapabilityNames.size());
}

TEST_CASE("Every row has its own name, a weight, a reason, and an attribute that there is") {
  std::set<std::string_view> ids;
  for (const Row& row : Rows()) {
    INFO(row.id);
    CHECK(ids.insert(row.id).second);
    CHECK(row.weight > 0);
    CHECK_FALSE(row.title.empty());
    CHECK_FALSE(row.why.empty());
    CHECK(FindAttribute(row.attribute) != nullptr);
    if (row.id.starts_with("calls-")) CHECK(row.names.size() == 1);
  }
}

}  // namespace
}  // namespace postern::policy::exposure
