// SPDX-License-Identifier: BSD-2-Clause
// A profile in which no member is what a default-made one has.
#pragma once

#include "sandbox/profile.h"

namespace postern::testlib {

inline sandbox::Profile SampleProfile() {
  sandbox::Profile profile;
  profile.service = "finger";
  profile.programs = {{"/usr/sbin/in.fingerd", {"in.fingerd", "-l"}, {"A=b", "C="}, 027},
                      {"/bin/true", {}, {}, 0}};
  profile.identity = {.change = false, .uid = 7, .gid = 8, .groups = {1, 2, 4'000'000'000}};
  profile.priority = -5;
  profile.limits = {{3, 1}, {7, ~std::uint64_t{0}}};
  profile.oom_score_adjustment = 1000;
  profile.namespaces = {true, true, true, true, true, true, true, true};
  profile.files = {.read_only_system = true,
                   .minimal = true,
                   .root = "/srv/root",
                   .read_only_paths = {"/usr"},
                   .read_write_paths = {"/var/a", "/var/b"},
                   .hidden_paths = {"/etc/ssl"},
                   .private_tmp = true,
                   .private_dev = true};
  profile.network = sandbox::Network::kServer;
  profile.landlock = {true, true, true, {25, 65535}, true};
  profile.capabilities = std::uint64_t{1} << 40;
  profile.bounding = 0x1ffff;
  profile.no_new_privileges = false;
  profile.lock_memory_protection = true;
  profile.private_keyring = false;
  profile.mitigate_speculation = false;
  profile.filter = {{6, 0, 0, 0x7fff0000}, {0x15, 1, 255, 42}};
  profile.report_unlisted = true;
  profile.learning = {{{6, 0, 0, 1}}, {{6, 0, 0, 2}}, {{6, 0, 0, 3}, {6, 0, 0, 4}}};
  profile.cgroup = {1, 2, 300};
  profile.tolerate_missing = true;
  profile.once = true;
  return profile;
}

}  // namespace postern::testlib
