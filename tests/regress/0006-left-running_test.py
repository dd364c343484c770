#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A server that went into the background had all the time in the world: max_lifetime ended the process that was started for
# the connection, its children and its session, and not what had lost its parent. That has the zygote as its parent then,
# and is ended when its time is over.
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
import sandboxed  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402
from sandboxed import service  # noqa: E402

PORT = 20001
# Two that outlive it: one in its session, one in another. Neither ends by SIGTERM.
LEAVER = """trap '' TERM HUP
sh -c 'trap "" TERM HUP; sleep 600 & while :; do sleep 1; done' >/dev/null 2>&1 </dev/null &
setsid sh -c 'trap "" TERM HUP; while :; do sleep 1; done' >/dev/null 2>&1 </dev/null &
echo left
"""
PATIENT = """read word
case $word in
leave) setsid sleep 600 >/dev/null 2>&1 </dev/null & echo left ;;
*) echo staying; exec cat ;;
esac
"""


class LeftRunning(lab_case.LabCase):
    def all_gone(self, pids, timeout):
        self.assertTrue(netlab.wait_until(lambda: not any(map(netlab.alive, pids)), timeout),
                        {pid: sandboxed.arguments(pid) for pid in pids if netlab.alive(pid)})

    def left_by_lifetime(self, *lines):
        """A server leaves a process in its session and one in another, before its time is up. Returns the daemon."""
        script = self.lab.script("leaver", LEAVER)
        daemon = self.start(DEFAULTS + service("leaver", PORT, f"server = {script}", "max_lifetime = 2", *lines))
        with self.lab.connect(PORT, timeout=20) as client:
            self.assertEqual(client.read_line(), b"left\n")
        zygote = sandboxed.zygote_of(daemon, "leaver")
        left = netlab.wait_until(lambda: len(sandboxed.children(zygote)) == 2 and sandboxed.children(zygote))
        self.assertEqual(len(left or ()), 2, sandboxed.children(zygote))
        return daemon, zygote, left

    def left_behind_is_ended(self, *lines):
        daemon, zygote, left = self.left_by_lifetime(*lines)
        begun = time.monotonic()
        # One that began later keeps its own time.
        with self.lab.connect(PORT, timeout=20) as client:
            self.assertEqual(client.read_line(), b"left\n")
        self.all_gone(left, 14)
        self.assertGreater(time.monotonic() - begun, 4)  # the rest of its time, and the grace after SIGTERM
        self.assertTrue(daemon.logged("leaver: what a server has left running is stopped: max_lifetime"))
        self.all_gone(sandboxed.children(zygote), 14)
        self.assert_consistent(daemon)

    def test_max_lifetime_ends_what_a_server_has_left_running(self):
        self.left_behind_is_ended()

    def test_max_lifetime_ends_what_is_left_without_a_pid_namespace(self):
        self.left_behind_is_ended("sandbox = baseline")

    def test_max_lifetime_ends_what_one_for_each_connection_has_left(self):
        daemon, _, left = self.left_by_lifetime("sandbox = baseline", "isolation = fresh")
        self.all_gone(left, 14)
        self.assert_consistent(daemon)

    def test_max_lifetime_spares_who_still_has_time(self):
        script = self.lab.script("patient", PATIENT)
        daemon = self.start(DEFAULTS + service("patient", PORT, f"server = {script}", "max_lifetime = 4"))
        with self.lab.connect(PORT, timeout=20) as client:
            client.send(b"leave\n")
            self.assertEqual(client.read_line(), b"left\n")
        zygote = sandboxed.zygote_of(daemon, "patient")
        left, = netlab.wait_until(lambda: sandboxed.children(zygote))
        time.sleep(3)
        with self.lab.connect(PORT, timeout=20) as younger:
            younger.send(b"stay\n")
            self.assertEqual(younger.read_line(), b"staying\n")
            self.assertTrue(netlab.wait_until(lambda: not netlab.alive(left), 4))  # it heeds SIGTERM
            younger.send(b"still there?\n")
            self.assertEqual(younger.read_line(), b"still there?\n")
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
