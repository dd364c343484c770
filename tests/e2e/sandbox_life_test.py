#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# The life of sandboxes and of what runs in them: a zygote or posternd that is killed, a reload meanwhile, a sandbox that
# cannot be made, programs that do not want to end, connections behind the relay.
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import namespaces  # noqa: E402
import netlab  # noqa: E402
import sandboxed  # noqa: E402
from lab_case import DEFAULTS, answers, relay_of  # noqa: E402
from sandboxed import service  # noqa: E402

CAT, OTHER, HELLO = 20001, 20002, 20003
CAT_LINES = ("server = /bin/cat",)
HELLO_LINES = ("server = /bin/echo", "server_args = hello")
# Neither it nor its child ends by SIGTERM.
STUBBORN = """trap '' TERM HUP
sleep 600 &
echo started
while :; do sleep 1; done
"""


class Life(lab_case.LabCase):
    def greeted(self, port=HELLO):
        self.assertEqual(self.ask(port, timeout=20), "hello\n")

    def open_cat(self, port=CAT):
        client = self.lab.connect(port, timeout=20)
        self.assertTrue(answers(client))
        return client

    def all_gone(self, pids, timeout=10):
        self.assertTrue(netlab.wait_until(lambda: not any(map(netlab.alive, pids)), timeout),
                        {pid: sandboxed.arguments(pid) for pid in pids if netlab.alive(pid)})

    def test_an_eager_zygote_is_there_before_the_first_client(self):
        daemon = self.start(DEFAULTS + service("eager", HELLO, *HELLO_LINES, "zygote = eager")
                            + service("lazy", CAT, *CAT_LINES))
        zygote = sandboxed.zygote_of(daemon, "eager")
        self.assertEqual(sandboxed.zygotes_of(daemon), [zygote])
        self.greeted()
        self.assertEqual(sandboxed.zygotes_of(daemon), [zygote])

    def test_a_killed_zygote_takes_its_instances_along_and_nobody_elses(self):
        daemon = self.start(DEFAULTS + service("cat", CAT, *CAT_LINES) + service("other", OTHER, *CAT_LINES)
                            + service("hello", HELLO, *HELLO_LINES))
        stop = threading.Event()
        failures = []

        def load():
            while not stop.is_set():
                if self.ask(HELLO, timeout=20) != "hello\n":
                    failures.append(time.monotonic())
        caller = threading.Thread(target=load)
        caller.start()
        try:
            with contextlib.ExitStack() as clients, self.open_cat(OTHER) as other:
                mine = [clients.enter_context(self.open_cat()) for _ in range(20)]
                zygote = sandboxed.zygote_of(daemon, "cat")
                instances = sandboxed.children(zygote)
                self.assertEqual(len(instances), 20)
                os.kill(zygote, signal.SIGKILL)
                self.all_gone([zygote, *instances])
                for client in mine:
                    self.assertEqual(client.read_all(), b"")
                self.assertTrue(netlab.wait_until(lambda: daemon.logged("cat: its zygote ended: signal 9")), daemon.log())
                ends = netlab.wait_until(lambda: [e for e in daemon.wait_records(20, kind="EXIT") if e.id == "cat"])
                self.assertEqual({end.fields["signal"] for end in ends}, {"9"})
                self.assertTrue(answers(other))
                with self.open_cat() as again:
                    self.assertTrue(answers(again))
                self.assertNotEqual(sandboxed.zygote_of(daemon, "cat"), zygote)
        finally:
            stop.set()
            caller.join(30)
        self.assertEqual(failures, [])
        self.assertTrue(netlab.wait_until(lambda: len([r for r in daemon.service_log() if r.id == "cat"
                                                       and r.kind == "EXIT"]) == 21))
        self.assert_consistent(daemon)

    def test_what_runs_goes_on_without_posternd_and_leaves_no_process(self):
        before = set(sandboxed.processes())
        daemon = self.start(DEFAULTS + service("cat", CAT, *CAT_LINES) + service("hello", HELLO, *HELLO_LINES)
                            + service("fresh", OTHER, *CAT_LINES, "isolation = fresh"))
        self.greeted()
        with self.open_cat() as client, self.open_cat(OTHER) as fresh:
            busy = sandboxed.zygote_of(daemon, "cat"), sandboxed.zygote_of(daemon, "fresh")
            idle = sandboxed.zygote_of(daemon, "hello")
            daemon.signal(signal.SIGKILL)
            daemon.wait_exit()
            self.all_gone([idle])
            self.assertTrue(answers(client))
            self.assertTrue(answers(fresh))
            self.assertTrue(all(map(netlab.alive, busy)))
        self.assertTrue(netlab.wait_until(lambda: set(sandboxed.processes()) <= before, 10), sandboxed.processes())

    def test_a_reload_leaves_what_runs_alone_and_gives_new_ones_the_new_sandbox(self):
        umask = self.lab.script("tell", "umask; grep Seccomp: /proc/self/status; cat\n")
        conf = service("told", CAT, f"server = {umask}", "umask = 027")
        daemon = self.start(DEFAULTS + conf)
        with self.lab.connect(CAT, timeout=20) as old:
            self.assertEqual(old.read_line(), b"0027\n")
            self.assertRegex(old.read_line(), rb"Seccomp:\t2")
            zygote = sandboxed.zygote_of(daemon, "told")
            instance, = sandboxed.children(zygote)
            network = os.readlink(f"/proc/{instance}/ns/net")
            self.lab.write("main.conf", DEFAULTS + conf.replace("umask = 027", "umask = 077\n    namespaces += net"))
            self.assertTrue(daemon.reload())
            self.assertTrue(daemon.logged("Reconfigured"))
            with self.lab.connect(CAT, timeout=20) as new:
                self.assertEqual(new.read_line(), b"0077\n")
                self.assertRegex(new.read_line(), rb"Seccomp:\t2")
                fresh = [pid for pid in sandboxed.zygotes_of(daemon) if pid != zygote]
                other, = sandboxed.children(fresh[0])
                self.assertNotEqual(os.readlink(f"/proc/{other}/ns/net"), network)
                self.assertEqual(os.readlink(f"/proc/{instance}/ns/net"), network)
                self.assertTrue(answers(new))
                self.assertTrue(answers(old))
        # Nobody comes to the old one any more.
        self.all_gone([instance])
        self.assert_consistent(daemon)

    def refused_for(self, daemon, name, port, words):
        """A service that cannot start now: refused with a record, and the log names what is wrong."""
        self.assertEqual(self.ask(port, timeout=20), "closed")
        fails = netlab.wait_until(lambda: [r for r in daemon.service_log() if r.kind == "FAIL" and r.id == name])
        self.assertTrue(fails, daemon.log())
        self.assertTrue(netlab.wait_until(lambda: daemon.logged(f"{name}: the sandbox cannot be made")), daemon.log())
        self.assertRegex(daemon.logged(f"{name}: the sandbox cannot be made")[0].text, words)

    def test_a_sandbox_that_cannot_be_made_refuses_with_a_reason_and_is_tried_again(self):
        folder = pathlib.Path("/srv/soon-gone")
        folder.mkdir(parents=True, exist_ok=True)
        self.addCleanup(shutil.rmtree, folder, True)
        daemon = self.start(DEFAULTS + service("broken", OTHER, *HELLO_LINES, f"read_write_paths = {folder}")
                            + service("hello", HELLO, *HELLO_LINES))
        folder.rmdir()
        self.refused_for(daemon, "broken", OTHER, str(folder))
        self.greeted()
        # During the pause nothing is tried.
        told = len(daemon.logged("broken: the sandbox cannot be made"))
        self.assertEqual(self.ask(OTHER, timeout=20), "closed")
        self.assertEqual(len(daemon.logged("broken: the sandbox cannot be made")), told)
        folder.mkdir()
        self.assertTrue(netlab.wait_until(lambda: self.ask(OTHER, timeout=20) == "hello\n", 15, 0.2))
        self.greeted()
        self.assert_consistent(daemon)

    def test_a_limit_that_the_machine_cannot_keep_refuses_its_service_alone(self):
        namespaces.mount("tmpfs", "/sys/fs/cgroup", "tmpfs", 0, "mode=755")
        self.addCleanup(subprocess.run, ["umount", "/sys/fs/cgroup"], check=True, timeout=20)
        daemon = self.start(DEFAULTS + service("limited", OTHER, *HELLO_LINES, "memory_max = 64M")
                            + service("hello", HELLO, *HELLO_LINES))
        self.refused_for(daemon, "limited", OTHER, "control group: .*memory")
        self.greeted()
        self.assert_consistent(daemon)

    def stopped_by_lifetime(self, *lines):
        script = self.lab.script("stubborn", STUBBORN)
        daemon = self.start(DEFAULTS + service("stubborn", CAT, f"server = {script}", "max_lifetime = 1", *lines)
                            + service("hello", HELLO, *HELLO_LINES))
        begun = time.monotonic()
        with self.lab.connect(CAT, timeout=20) as client:
            self.assertEqual(client.read_line(), b"started\n")
            zygote = sandboxed.zygote_of(daemon, "stubborn")
            instance, = sandboxed.children(zygote)
            family = [instance, *netlab.wait_until(lambda: sandboxed.children(instance))]
            self.greeted()
            self.assertEqual(client.read_all(15), b"")
        self.assertGreater(time.monotonic() - begun, 5)  # a second, and the grace after SIGTERM
        self.assertLess(time.monotonic() - begun, 14)
        self.all_gone(family)
        end, = [r for r in daemon.wait_records(2, kind="EXIT") if r.id == "stubborn"]
        self.assertEqual(end.fields["signal"], "9")
        self.assertTrue(daemon.logged("has run for max_lifetime"))
        self.greeted()
        self.assert_consistent(daemon)

    def test_max_lifetime_ends_a_server_that_ignores_SIGTERM_with_its_children(self):
        self.stopped_by_lifetime()

    def test_max_lifetime_ends_a_fresh_sandbox_too(self):
        self.stopped_by_lifetime("isolation = fresh")


class BehindTheRelay(lab_case.LabCase):
    LINES = ("network = relay", "log_on_success = HOST PID EXIT DURATION TRAFFIC")

    def test_a_program_has_a_socketpair_and_the_client_in_its_environment(self):
        script = self.lab.script("tell", "readlink /proc/self/fd/0; env | grep ^TCPREMOTE; "
                                         "grep '^Seccomp:' /proc/self/status; cat /proc/net/unix >/dev/null; cat\n")
        daemon = self.start(DEFAULTS + service("told", CAT, f"server = {script}", *self.LINES))
        with self.lab.connect(CAT, source="127.0.0.7", timeout=20) as client:
            client.send(b"over and out\n")
            client.half_close()
            lines = client.read_all(20).decode().splitlines()
            port = client.port
        self.assertRegex(lines[0], r"\Asocket:\[\d+\]\Z")
        self.assertIn("TCPREMOTEIP=127.0.0.7", lines)
        self.assertIn(f"TCPREMOTEPORT={port}", lines)
        self.assertIn("Seccomp:\t2", lines)
        self.assertEqual(lines[-1], "over and out")
        self.assertTrue(netlab.wait_until(lambda: {r.kind for r in daemon.service_log()} >= {"START", "EXIT", "TRAFFIC"}),
                        daemon.service_log())
        traffic, = [r for r in daemon.service_log() if r.kind == "TRAFFIC"]
        self.assertRegex(traffic.raw, r"in=13\(bytes\) out=\d+\(bytes\)")
        exit_, = [r for r in daemon.service_log() if r.kind == "EXIT"]
        self.assertEqual(exit_.fields["status"], "0")

    def test_a_silent_client_is_closed_after_idle_timeout(self):
        daemon = self.start(DEFAULTS + service("cat", CAT, *CAT_LINES, *self.LINES, "idle_timeout = 1"))
        with self.lab.connect(CAT, timeout=20) as client:
            begun = time.monotonic()
            for _ in range(4):
                self.assertTrue(answers(client))
                time.sleep(0.4)
            spoken = time.monotonic()
            self.assertGreater(spoken - begun, 1.2)  # who speaks is not idle
            self.assertEqual(client.read_all(10), b"")
            self.assertLess(time.monotonic() - spoken, 8)
        self.assertTrue(netlab.wait_until(lambda: daemon.logged("is closed: idle_timeout")))
        end, = daemon.wait_records(1, kind="EXIT")
        self.assertEqual(end.fields["status"], "0")
        self.assert_consistent(daemon)

    def test_a_program_outlives_the_relay_and_the_next_connection_works(self):
        script = self.lab.script("patient", "cat >/dev/null; while [ ! -e /run/lab/go ]; do sleep 0.05; done\n")
        daemon = self.start(DEFAULTS + service("patient", OTHER, f"server = {script}", *self.LINES)
                            + service("cat", CAT, *CAT_LINES, *self.LINES))
        with self.lab.connect(OTHER, timeout=20) as client, self.lab.connect(CAT, timeout=20) as cat:
            self.assertTrue(answers(cat))
            started, = [r for r in daemon.wait_records(2, kind="START") if r.id == "patient"]
            killed = relay_of(daemon)
            os.kill(killed, signal.SIGKILL)
            self.assertEqual(client.read_all(), b"")
            self.assertTrue(netlab.wait_until(lambda: relay_of(daemon) not in (None, killed)))
            self.assertTrue(netlab.alive(int(started.fields["pid"])))
        with self.lab.connect(CAT, timeout=20) as again:
            self.assertTrue(answers(again))
        self.lab.write("go", "")
        self.assertTrue(netlab.wait_until(lambda: len([r for r in daemon.service_log() if r.kind == "EXIT"]) == 3, 10))
        self.assert_consistent(daemon)

    def test_a_rule_that_needs_a_name_decides_about_a_relayed_client(self):
        self.lab.write("/etc/hosts", "127.0.0.1 localhost\n127.0.0.2 client.refused.test\n")
        self.lab.write("/etc/hosts.deny", "cat: .refused.test\n")
        self.addCleanup(self.lab.write, "/etc/hosts.deny", "")
        self.addCleanup(self.lab.write, "/etc/hosts", "127.0.0.1 localhost\n")
        daemon = self.start(DEFAULTS + service("cat", CAT, *CAT_LINES, *self.LINES))
        with self.lab.connect(CAT, source="127.0.0.2", timeout=20) as client:
            self.assertEqual(client.read_all(20), b"")
        fail, = daemon.wait_records(1, kind="FAIL")
        self.assertEqual(fail.normalised(), "FAIL cat libwrap from=127.0.0.2")
        with self.lab.connect(CAT, timeout=20) as client:
            self.assertTrue(answers(client))
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
