#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# The daemon that keeps FreeBSD's list of blocked addresses lost a descriptor with each event, and with none left it let
# everybody in. Here, refused clients cost none, however they leave; and with none left, or a few, nobody gets in whom the
# rules keep out, not even by rules that were written a moment ago and have to be opened first.
import contextlib
import pathlib
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
import sandboxed  # noqa: E402
from lab_case import DEFAULTS, entry, relay_of  # noqa: E402

ADDRESS, HOSTS, ASKED, CONFINED, BANNER, DATAGRAMS = range(20001, 20007)
EVENTS, CALLERS = 3000, 4
CONF = (DEFAULTS + entry("address", ADDRESS, "no_access = 127.0.0.2")
        + entry("hosts", HOSTS)
        + entry("asked", ASKED, "server = /bin/echo", "server_args = hello")
        + sandboxed.service("confined", CONFINED, "server = /bin/echo", "server_args = hello")
        + entry("banner", BANNER, "no_access = 127.0.0.2", "banner_fail = /run/lab/banner")
        + entry("datagrams", DATAGRAMS, "server = /bin/cat", "no_access = 127.0.0.2", protocol="udp"))
KEPT_OUT, LET_IN = "127.0.0.2", "127.0.0.3"
PORTS = (ADDRESS, HOSTS, ASKED, CONFINED, BANNER)
RULES = ("echo: 127.0.0.2\n", "echo: .refused.test\n")  # by number, and by a name that has to be asked for


def leave(client, how):
    """0: read to the end, 1: reset, 2: close at once."""
    if how == 0:
        client.read_all(30)
    elif how == 1:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class WithoutDescriptors(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        self.lab.write("banner", "no\n" * 100)
        self.lab.write("/etc/hosts", "127.0.0.1 localhost\n127.0.0.2 client.refused.test\n")
        self.addCleanup(self.lab.write, "/etc/hosts.deny", "")
        self.lab.write("/etc/hosts.deny", RULES[0])

    def test_refused_clients_cost_no_descriptor(self):
        daemon = self.start(CONF)
        self.assertEqual(self.ask(CONFINED, source=LET_IN, timeout=20), "hello\n")

        def knock(number):
            port = PORTS[number % len(PORTS)]
            with contextlib.suppress(ConnectionError), netlab.Client.connect(port, source=KEPT_OUT, timeout=30) as client:
                leave(client, number % 3)
            netlab.ask_datagram(DATAGRAMS, source=KEPT_OUT, timeout=0.0001)

        def seen():
            watched = {"posternd": daemon.pid, "relay": relay_of(daemon), "zygote": sandboxed.zygote_of(daemon, "confined")}
            return {name: sandboxed.descriptors(pid) for name, pid in watched.items()}
        before = seen()
        threads = [threading.Thread(target=lambda first=first: [knock(n) for n in range(first, EVENTS, CALLERS)])
                   for first in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(netlab.wait_until(lambda: seen() == before, 20), (seen(), before))
        self.assertEqual({r.id for r in daemon.service_log() if r.kind == "START"}, {"confined"})

    def test_without_descriptors_the_rules_hold(self):
        for rules in RULES:
            for spare in (0, 1, 2, 3, 5, 8):
                self.lab.write("/etc/hosts.deny", "")
                for name in ("svc.log", "program.log"):
                    pathlib.Path(self.lab.path(name)).unlink(missing_ok=True)
                daemon = self.start(CONF)
                with self.subTest(rules=rules, spare=spare):
                    self.squeeze(daemon, rules, spare)
                daemon.stop()

    def squeeze(self, daemon, rules, spare):
        # Once let in, so that what is kept of the empty file is there.
        self.assertEqual(self.ask(HOSTS, source=KEPT_OUT, timeout=20), "hello\n")
        daemon.wait_records(1, kind="EXIT")
        self.lab.write("/etc/hosts.deny", rules)
        limit = max(daemon.fds()) + 1
        free = limit - len(daemon.fds())
        subprocess.run(["prlimit", f"--pid={daemon.pid}", f"--nofile={limit - free + spare}:"], check=True, timeout=10)
        clients = [self.lab.connect(port, source=KEPT_OUT, timeout=20) for port in PORTS for _ in range(2)]
        answers = []
        for client in clients:
            with contextlib.suppress(TimeoutError):
                answers.append(client.read_all(0.2))
        self.assertNotIn(b"hello\n", answers)
        subprocess.run(["prlimit", f"--pid={daemon.pid}", "--nofile=1024:"], check=True, timeout=10)
        # All have their verdict in the end.
        for client in clients:
            self.assertNotIn(b"hello", client.read_all(30))
            client.close()
        self.assertEqual(len(daemon.wait_records(len(clients), kind="FAIL", timeout=20)), len(clients))
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
