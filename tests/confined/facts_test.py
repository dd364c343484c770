#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A live instance equals the plan: what the kernel says of it is what the configuration says.
import os

import confined_case
import world
from confined_case import NONE_ROOT, NONE_USER

STANDARD = {"mnt", "pid", "ipc", "uts"}
NEW_NAMESPACES = {"baseline": set(), "standard": STANDARD, "strict": STANDARD | {"user", "net", "cgroup"}}
# sys_module, sys_rawio, sys_ptrace, sys_admin, sys_boot, sys_time, mac_override, mac_admin, syslog, perfmon, bpf.
NEVER_HELD = sum(1 << bit for bit in (16, 17, 19, 21, 22, 25, 32, 33, 34, 38, 39))
NO_SIGNALS = ["0" * 16]
NAMESPACES = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"]
PLAN = ("umask = 027", "nice = 3", "passenv = TZ", "env = PLANNED=yes", "rlimit_files = 77", "rlimit_cpu = 500",
        "rlimit_as = 512M", "rlimit_stack = 4M")
LIMITS = {"nofile": 77, "cpu": 500, "as": 512 << 20, "stack": 4 << 20}


class Facts(confined_case.ConfinedCase):
    def facts_of(self, setting, *lines):
        self.serve(setting, *lines)
        return self.facts()

    def assert_hygiene(self, facts):
        """What every instance has, in whatever profile."""
        self.assertEqual(sorted(name for name in facts if name.startswith("fd.")), ["fd.0", "fd.1", "fd.2"])
        self.assertEqual(len({facts[f"fd.{fd}"][0] for fd in range(3)}), 1, "0, 1 and 2 are not one connection")
        self.assertEqual(facts["descriptors.extra"], ["0"])
        for name in ("signals.blocked", "signals.ignored"):
            self.assertEqual(facts[name], NO_SIGNALS, name)
        self.assertEqual(facts["session"], facts["pid"])
        self.assertEqual(facts["status.TracerPid"], ["0"])

    def test_without_a_sandbox(self):
        facts = self.facts_of(NONE_USER, *PLAN)
        self.assert_hygiene(facts)
        self.assertEqual(facts["uid"], [f"{world.USER_ID} {world.USER_ID} {world.USER_ID}"])
        self.assertEqual(facts["gid"], [f"{world.GROUP_ID} {world.GROUP_ID} {world.GROUP_ID}"])
        self.assertEqual({int(group) for group in facts["groups"][0].split()}, {world.GROUP_ID, world.EXTRA_GROUP_ID})
        self.assertEqual((facts["umask"], facts["nice"]), (["0027"], ["3"]))
        for name, value in LIMITS.items():
            self.assertEqual(facts[f"limit.{name}"], [f"{value} {value}"], name)
        variables = dict(word.split("=", 1) for word in facts["env"])
        self.assertEqual(variables.get("PLANNED"), "yes")
        self.assertNotIn(confined_case.DAEMON_SECRET, variables)
        self.assertEqual(facts["status.Seccomp"], ["2"])  # posternd's own filter, which all inherit
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(facts[f"status.{name}"], ["0" * 16], name)
        for kind in NAMESPACES:
            self.assertEqual(facts[f"namespace.{kind}"], [os.readlink(f"/proc/self/ns/{kind}")], kind)

    def test_root_without_a_sandbox_keeps_what_root_has(self):
        facts = self.facts_of(NONE_ROOT)
        self.assert_hygiene(facts)
        self.assertEqual(facts["uid"], ["0 0 0"])
        self.assertEqual(facts["no_new_privileges"], ["0"])
        self.assertNotEqual(facts["status.CapEff"], ["0" * 16])

    def test_a_confined_instance_is_as_its_profile_says(self):
        for setting in confined_case.CONFINED:
            with self.serving(setting, *PLAN):
                facts = self.facts()
                self.assert_hygiene(facts)
                self.assert_sealed(setting, facts)
                self.assertEqual((facts["umask"], facts["nice"]), (["0027"], ["3"]))
                for name, value in LIMITS.items():
                    self.assertEqual(facts[f"limit.{name}"], [f"{value} {value}"], name)
                new = {kind for kind in NAMESPACES if facts[f"namespace.{kind}"] != [os.readlink(f"/proc/self/ns/{kind}")]}
                self.assertEqual(new, NEW_NAMESPACES[setting.profile])

    def assert_sealed(self, setting, facts):
        self.assertEqual(facts["status.Seccomp"], ["2"])
        self.assertEqual(facts["no_new_privileges"], ["0" if setting.profile == "baseline" else "1"])
        self.assertEqual(facts["mdwe"], ["1" if setting.profile == "strict" else "0"])
        held = int(facts["status.CapEff"][0], 16)
        self.assertEqual(held & NEVER_HELD, 0, f"{held:x}")
        if setting.user == "user":
            for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                self.assertEqual(facts[f"status.{name}"], ["0" * 16], name)


if __name__ == "__main__":
    confined_case.main()
