#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# When something runs out or dies: descriptors, processes, the relay, the daemon itself. New clients wait or are refused
# with a record, and nothing else changes.
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS, answers, entry, relay_of  # noqa: E402

HELLO, CAT, ECHO, DETOUR, STRICT = range(20001, 20006)
CONF = (DEFAULTS + entry("hello", HELLO) + entry("cat", CAT, "server = /bin/cat")
        + entry("echo", ECHO, "type = INTERNAL UNLISTED") + entry("detour", DETOUR, f"redirect = 127.0.0.1 {CAT}"))
SOMEBODY = 4001


def echoed():
    """Whether the relay answers. A client whose relay dies is cut off; one that waited for ever would raise."""
    try:
        with netlab.Client.connect(ECHO, timeout=10) as client:
            return answers(client)
    except (ConnectionResetError, BrokenPipeError):
        return False


class Exhaustion(lab_case.LabCase):
    def settle(self, daemon):
        """Waits until only the relay is left of the children."""
        self.assertTrue(netlab.wait_until(lambda: daemon.children() == [relay_of(daemon)], 10))

    def test_without_descriptors_clients_wait(self):
        daemon = self.start(CONF)
        self.assertEqual(self.ask(HELLO), "hello\n")
        self.settle(daemon)
        # A child that is gone may still be on the daemon's hands; its record is the last that is done.
        self.assertTrue(daemon.wait_records(1, kind="EXIT"))
        before = daemon.fds()
        listening = netlab.listening_ports()
        limit = max(before) + 9
        # The soft limit alone: servers are given the hard one back.
        subprocess.run(["prlimit", f"--pid={daemon.pid}", f"--nofile={limit}:"], check=True, timeout=10)
        clients = [self.lab.connect(CAT, timeout=30) for _ in range(limit - len(before) + 6)]
        self.assertTrue(netlab.wait_until(lambda: daemon.logged("no available descriptors")))
        # Those who got in are served while the others wait.
        self.assertTrue(answers(clients[0]))
        self.assertEqual(netlab.listening_ports(), listening)
        for client in clients[:-6]:
            client.close()
        # The last of those who waited is served without knocking again.
        for client in clients[-6:]:
            self.assertTrue(answers(client))
        for client in clients[-6:]:
            client.close()
        self.settle(daemon)
        self.assertEqual(self.ask(HELLO), "hello\n")
        self.settle(daemon)
        self.assertTrue(netlab.wait_until(lambda: len(daemon.fds()) == len(before)))
        starts, exits = ([r for r in daemon.service_log() if r.kind == kind] for kind in ("START", "EXIT"))
        self.assertEqual([len(starts), len(exits)], [len(clients) + 2] * 2)
        self.assert_consistent(daemon)

    def start_as_somebody(self, conf):
        """posternd run by an ordinary user: root's processes are not counted (getrlimit(2), RLIMIT_NPROC)."""
        with open("/etc/passwd", "a", encoding="ascii") as file:
            file.write(f"somebody:x:{SOMEBODY}:{SOMEBODY}::/:/bin/sh\n")
        installed = pathlib.Path(self.lab.path("prefix"))
        (installed / "libexec/postern").mkdir(parents=True)
        (installed / "bin").mkdir()
        relay = netlab.POSTERND.parents[1] / "libexec/postern/postern-relay"
        shutil.copy(netlab.POSTERND, installed / "bin")
        shutil.copy(relay, installed / "libexec/postern")
        os.chmod(self.lab.folder, 0o777)
        conf = conf.replace("user = root", "user = somebody")
        return self.start(conf, program=str(installed / "bin/posternd"), through=self.become_somebody())

    def become_somebody(self):
        return ["setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups"]

    def limit_processes(self, daemon, soft):
        subprocess.run([*self.become_somebody(), "prlimit", f"--pid={daemon.pid}", f"--nproc={soft}:"], check=True,
                       timeout=10)

    def test_without_processes_clients_wait_and_are_refused_in_the_end(self):
        daemon = self.start_as_somebody(CONF + entry("strict", STRICT, "flags = NORETRY"))
        self.assertEqual(self.ask(HELLO), "hello\n")
        self.settle(daemon)
        self.limit_processes(daemon, 1)
        self.assertEqual(self.ask(STRICT), "closed")
        self.assertEqual([r.normalised() for r in daemon.wait_records(1, kind="FAIL")],
                         ["FAIL strict fork from=127.0.0.1"])
        with self.lab.connect(CAT, timeout=60) as patient:
            self.assertTrue(netlab.wait_until(lambda: daemon.logged("cat: fork failed")))
            # What needs no new process goes on.
            with self.lab.connect(ECHO) as other:
                self.assertTrue(answers(other))
            self.limit_processes(daemon, 1000)
            self.assertTrue(answers(patient))
        daemon.wait_records(2, kind="EXIT")
        self.limit_processes(daemon, 1)
        begun = time.monotonic()
        self.assertEqual(self.ask(HELLO, timeout=40), "closed")
        self.assertGreater(time.monotonic() - begun, 15)  # five attempts, five seconds apart
        self.assertEqual([r.normalised() for r in daemon.wait_records(2, kind="FAIL")][1:],
                         ["FAIL hello fork from=127.0.0.1"])
        self.limit_processes(daemon, 1000)
        self.assertEqual(self.ask(HELLO), "hello\n")
        self.assert_consistent(daemon)

    def test_a_killed_relay_ends_its_sessions_and_comes_back(self):
        daemon = self.start(CONF)
        listening = netlab.listening_ports()
        relayed = [self.lab.connect(port, timeout=10) for port in (ECHO, DETOUR) for _ in range(10)]
        with self.lab.connect(CAT) as direct:
            for client in [*relayed, direct]:
                self.assertTrue(answers(client))
            killed = relay_of(daemon)
            os.kill(killed, signal.SIGKILL)
            for client in relayed:
                self.assertEqual(client.read_all(), b"")
            self.assertEqual(netlab.listening_ports(), listening)
            self.assertEqual(self.ask(HELLO), "hello\n")
            self.assertTrue(answers(direct))
            exits = [r for r in daemon.wait_records(31, kind="EXIT") if r.id in ("echo", "detour")]
            self.assertEqual(len(exits), len(relayed))
            self.assertTrue(netlab.wait_until(lambda: relay_of(daemon) not in (None, killed)))
            for port in (ECHO, DETOUR):
                with self.lab.connect(port) as client:
                    self.assertTrue(answers(client))
        for client in relayed:
            client.close()
        self.settle(daemon)
        self.assert_consistent(daemon)

    def test_a_relay_that_is_killed_again_and_again_loses_no_verdict(self):
        daemon = self.start(CONF)
        asked = 0
        deadline = time.monotonic() + 6
        next_kill = 0.0
        while time.monotonic() < deadline:
            if time.monotonic() > next_kill and relay_of(daemon):
                os.kill(relay_of(daemon), signal.SIGKILL)
                next_kill = time.monotonic() + 0.4
            echoed()
            self.assertEqual(self.ask(HELLO), "hello\n")
            asked += 1
        self.assertTrue(netlab.wait_until(echoed, 20, 0.2))
        self.settle(daemon)
        verdicts = [r for r in daemon.service_log() if r.id == "echo" and r.kind in ("START", "FAIL")]
        self.assertGreater(len(verdicts), asked)
        starts = [r for r in verdicts if r.kind == "START"]
        exits = [r for r in daemon.service_log() if r.id == "echo" and r.kind == "EXIT"]
        self.assertEqual(len(starts), len(exits))
        self.assert_consistent(daemon)

    def test_after_a_kill_the_same_ports_are_served_at_once(self):
        daemon = self.start(CONF)
        clients = [self.lab.connect(port) for port in (CAT, ECHO, DETOUR)]
        self.assertTrue(all(answers(client) for client in clients))
        relay = relay_of(daemon)
        daemon.process.kill()
        daemon.wait_exit()
        os.remove(daemon.log_path)
        again = self.start(CONF)
        self.assertFalse(again.logged("bind failed"))
        self.assertEqual(self.ask(HELLO), "hello\n")
        self.assertTrue(answers(clients[0]))  # a server that ran goes on
        with self.lab.connect(ECHO) as client:
            self.assertTrue(answers(client))
        self.assertTrue(netlab.wait_until(lambda: not netlab.alive(relay)))
        for client in clients:
            client.close()
        self.assert_consistent(again)


if __name__ == "__main__":
    lab_case.main()
