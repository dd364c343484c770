// SPDX-License-Identifier: BSD-2-Clause
// What passes under filters of ours and under others.
#include "sandbox/filter/reach.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "sandbox/filter/filter.h"

namespace postern::sandbox::filter {
namespace {

using Filters = std::vector<FilterProgram>;

FilterProgram Built(const FilterRequest& request) {
  auto program = BuildFilter(request);
  REQUIRE(program);
  return *program;
}

// A request that says nothing but this.
Reach Under(const std::function<void(FilterRequest&)>& say = [](FilterRequest&) {}) {
  FilterRequest request;
  say(request);
  return ReachUnder({Built(request)});
}

Reach With(Network network) {
  return Under([network](FilterRequest& request) { request.network = network; });
}

Reach Adding(const std::string& word) {
  return Under([&word](FilterRequest& request) { request.added = {word}; });
}

FilterProgram Always(std::uint32_t action) { return {{BPF_RET | BPF_K, 0, 0, action}}; }

const std::vector<std::string>* PassingOf(const Reach& reach, std::string_view group) {
  const auto found = std::ranges::find(reach.groups, group, &ReachedGroup::name);
  return found == reach.groups.end() ? nullptr : &found->passing;
}

TEST_CASE("What a zygote is asked about does not pass: it kills who asks") {
  const Reach asked = Under([](FilterRequest& request) { request.unlisted = Unlisted::kNotify; });
  const Reach killed = Under([](FilterRequest& request) { request.unlisted = Unlisted::kKill; });
  CHECK(asked.groups.size() == killed.groups.size());
  CHECK(PassingOf(asked, "@debug") == nullptr);
  CHECK_FALSE(asked.internet);
}

TEST_CASE("Without a filter, and under one that allows, everything passes") {
  const std::vector<Filters> all = {
      {}, {Always(SECCOMP_RET_ALLOW)}, {Always(SECCOMP_RET_LOG)}, {Always(SECCOMP_RET_USER_NOTIF)}};
  for (const Filters& filters : all) {
    const Reach reach = ReachUnder(filters);
    CHECK((reach.foreign && reach.internet && reach.listening && reach.packets));
    CHECK((reach.netlink && reach.local && reach.other_families));
    CHECK((reach.new_user_namespace && reach.new_namespaces));
    CHECK((reach.write_and_execute && reach.setuid_files && reach.personality));
    CHECK(reach.terminals);
    REQUIRE(PassingOf(reach, "@debug") != nullptr);
    CHECK(std::ranges::count(*PassingOf(reach, "@debug"), "ptrace") == 1);
    CHECK(PassingOf(reach, "@io") == nullptr);  // every service has it
  }
}

TEST_CASE("Under a filter that refuses nothing passes, whatever else there is") {
  for (const std::uint32_t refusal :
       {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO}) {
    const FilterProgram allows = Always(SECCOMP_RET_ALLOW), refuses = Always(refusal);
    for (const Filters& filters :
         std::vector<Filters>{{refuses}, {allows, refuses}, {refuses, allows}}) {
      const Reach reach = ReachUnder(filters);
      CHECK_FALSE((reach.foreign || reach.internet || reach.listening || reach.local));
      CHECK_FALSE((reach.new_namespaces || reach.write_and_execute || reach.terminals));
      CHECK(reach.groups.empty());
    }
  }
}

TEST_CASE("A filter that cannot be evaluated refuses nothing") {
  const FilterProgram strange = {{BPF_MISC | BPF_TAX, 0, 0, 0}, {BPF_RET | BPF_A, 0, 0, 0}};
  CHECK(ReachUnder({strange}).foreign);
  CHECK_FALSE(ReachUnder({strange, Built({})}).foreign);
}

TEST_CASE("The filter of a service that says nothing") {
  const Reach reach = Under();
  CHECK_FALSE((reach.foreign || reach.internet || reach.listening || reach.packets));
  CHECK_FALSE((reach.netlink || reach.local || reach.other_families));
  CHECK_FALSE((reach.new_user_namespace || reach.new_namespaces || reach.write_and_execute));
  CHECK_FALSE((reach.setuid_files || reach.personality || reach.terminals));
  CHECK(reach.groups.empty());
}

TEST_CASE("Each word of a request reaches what it names") {
  CHECK(With(Network::kClient).internet);
  CHECK_FALSE(With(Network::kClient).listening);
  CHECK_FALSE(With(Network::kClient).packets);
  const Reach server = With(Network::kServer);
  CHECK((server.internet && server.listening));
  CHECK_FALSE(server.netlink);
  const Reach host = Under([](FilterRequest& request) {
    request.network = Network::kHost;
    request.raw_sockets = true;
  });
  CHECK((host.netlink && host.other_families && host.packets && host.local));
  CHECK(Under([](FilterRequest& request) { request.unix_sockets = true; }).local);
  CHECK(Under([](FilterRequest& request) { request.jit = true; }).write_and_execute);
  CHECK(Adding("unshare").new_user_namespace);
  CHECK(Adding("clone3").new_user_namespace);

  const Reach debug = Adding("ptrace");
  REQUIRE(PassingOf(debug, "@debug") != nullptr);
  CHECK(*PassingOf(debug, "@debug") == std::vector<std::string>{"ptrace"});
  CHECK(debug.groups.size() == 1);
  const Reach root = Under([](FilterRequest& request) { request.root_user = true; });
  CHECK(PassingOf(root, "@privdrop") != nullptr);
}

TEST_CASE("The filter of baseline lets pass all but the denied groups") {
  const Reach reach = Under([](FilterRequest& request) {
    request.base = FilterBase::kAllButDenied;
    request.network = Network::kHost;
  });
  CHECK((reach.internet && reach.listening && reach.other_families && reach.setuid_files));
  CHECK_FALSE((reach.foreign || reach.new_user_namespace || reach.new_namespaces));
  CHECK_FALSE((reach.terminals || reach.personality));
  for (const CallGroup& group : GroupTable()) {
    INFO(group.name);
    if (group.kind == GroupKind::kDenied) CHECK(PassingOf(reach, group.name) == nullptr);
    if (group.kind == GroupKind::kOptional) CHECK(PassingOf(reach, group.name) != nullptr);
  }
}

}  // namespace
}  // namespace postern::sandbox::filter
