#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# What hostile clients, services and local users try, and what must hold: nobody else is disturbed, the daemon does not
# spin or block, and a socket serves only whom it was meant for.
import itertools
import os
import pathlib
import socket
import stat
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS, entry, relay_of  # noqa: E402

VICTIM = 20001
# Each test has a port of its own: a server that outlives its daemon may still hold the one it had.
TARGETS = itertools.count(20002)
ECHO = entry("echo", VICTIM, "type = INTERNAL UNLISTED")
SHUTS_DOWN = """import socket
s = socket.socket(fileno=0)
s.recv(100) if s.type == socket.SOCK_DGRAM else s.accept()
try:
    s.shutdown(socket.SHUT_RD)
except OSError:
    pass  # an unconnected datagram socket says ENOTCONN, and is shut down all the same
"""
LEAVES_A_CHILD = """import fcntl, os, time
if os.fork():
    os._exit(0)
for _ in range(4000):
    fcntl.fcntl(0, fcntl.F_SETFL, 0)
    time.sleep(0.005)
"""
SETS_A_PEEK_OFFSET = """import socket
s = socket.socket(fileno=0)
s.recv(100)
s.setsockopt(socket.SOL_SOCKET, 42, 1 << 20)  # SO_PEEK_OFF
"""


class Hostile(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        self.target = next(TARGETS)

    def spent(self, daemon, seconds=1.0):
        before = daemon.cpu_seconds()
        time.sleep(seconds)
        return daemon.cpu_seconds() - before

    def assert_serves(self, port=VICTIM):
        with netlab.Client.connect(port, timeout=5) as client:
            self.assertTrue(lab_case.answers(client))

    def test_refused_clients_that_do_not_read_their_banner_disturb_nobody(self):
        self.lab.write("banner", "x" * 3_000_000)
        daemon = self.start(DEFAULTS + ECHO + entry("no", self.target, "only_from = 10.1.1.1",
                                                    "banner_fail = /run/lab/banner"))
        with netlab.Client.connect(VICTIM, timeout=5) as victim:
            self.assertTrue(lab_case.answers(victim))
            relay = relay_of(daemon)
            refused = [socket.create_connection(("127.0.0.1", self.target)) for _ in range(5)]
            time.sleep(0.5)
            self.assertTrue(lab_case.answers(victim))
            self.assertEqual(relay_of(daemon), relay)
            for client in refused:
                client.close()

    def test_a_server_that_shuts_its_datagram_socket_down_does_not_make_the_daemon_spin(self):
        self.lab.script("shut.py", SHUTS_DOWN, "/usr/bin/python3 -I")
        daemon = self.start(DEFAULTS + ECHO + entry("u", self.target, "server = /run/lab/shut.py", protocol="udp"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"a", ("127.0.0.1", self.target))
            time.sleep(1)
        self.assertLess(self.spent(daemon), 0.2)
        self.assertTrue(daemon.logged("opened anew"))
        self.assert_serves()

    def test_a_peek_offset_that_a_server_set_neither_hides_datagrams_nor_makes_the_daemon_spin(self):
        self.lab.script("peek.py", SETS_A_PEEK_OFFSET, "/usr/bin/python3 -I")
        daemon = self.start(DEFAULTS + ECHO + entry("u", self.target, "server = /run/lab/peek.py", protocol="udp"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for served in (1, 2):
                client.sendto(b"a", ("127.0.0.1", self.target))
                self.assertEqual(len(daemon.wait_records(served, kind="EXIT")), served)
        self.assertLess(self.spent(daemon), 0.2)

    def test_a_server_that_shuts_its_stream_socket_down_does_not_make_the_daemon_spin(self):
        self.lab.script("shut.py", SHUTS_DOWN, "/usr/bin/python3 -I")
        daemon = self.start(DEFAULTS + ECHO + entry("s", self.target, "wait = yes", "server = /run/lab/shut.py"))
        socket.create_connection(("127.0.0.1", self.target)).close()
        time.sleep(1)
        self.assertLess(self.spent(daemon), 0.2)
        self.assert_serves()
        socket.create_connection(("127.0.0.1", self.target)).close()

    def test_a_socket_that_a_server_had_is_not_accepted_on_after_a_reload(self):
        self.lab.script("hold.py", LEAVES_A_CHILD, "/usr/bin/python3 -I")
        held = entry("h", self.target, "wait = yes", "server = /run/lab/hold.py")
        daemon = self.start(DEFAULTS + ECHO + held)
        with socket.create_connection(("127.0.0.1", self.target)):
            time.sleep(0.5)
            self.lab.write("main.conf", DEFAULTS + ECHO + held.replace("wait = yes", "wait = no"))
            daemon.reload(3)
            with socket.socket() as client:
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", self.target))
                time.sleep(0.5)
                self.assert_serves()

    def test_a_unix_service_comes_back_after_cps_closed_it(self):
        self.lab.write("/etc/inetd.conf", "/run/u.sock stream unix nowait root /bin/cat cat\n")
        daemon = self.start("defaults\n{\n cps = 3 1\n}\n" + ECHO, "-inetd_compat")

        def ask():
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                try:
                    client.connect("/run/u.sock")
                    client.sendall(b"q")
                    return client.recv(3) == b"q"
                except OSError:
                    return False

        answers = [ask() for _ in range(6)]
        self.assertTrue(answers[0])
        self.assertIn(False, answers)
        time.sleep(2.5)
        self.assertTrue(ask())
        self.assertLess(self.spent(daemon), 0.2)

    def test_a_unix_socket_gets_the_owner_and_mode_it_was_given(self):
        self.lab.write("/etc/inetd.conf", ":nobody:nogroup:620:/run/u.sock stream unix nowait root /bin/cat cat\n")
        self.start(DEFAULTS + ECHO, "-inetd_compat")
        status = os.stat("/run/u.sock")
        self.assertEqual((status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)), (65534, 65534, 0o620))

    def test_the_relay_runs_as_a_user_that_no_service_can_be(self):
        daemon = self.start(DEFAULTS + ECHO)
        self.assert_serves()  # then it has given up its rights
        fields = pathlib.Path(f"/proc/{relay_of(daemon)}/status").read_text()
        uid = next(line.split()[1] for line in fields.splitlines() if line.startswith("Uid:"))
        self.assertNotIn(int(uid), (0, 65534))

    def test_a_reload_that_needs_a_taken_port_changes_nothing(self):
        daemon = self.start(DEFAULTS + ECHO + entry("old", self.target))
        with socket.create_server(("0.0.0.0", 0)) as other:
            taken = other.getsockname()[1]
            self.lab.write("main.conf", DEFAULTS + ECHO + entry("new", taken))
            daemon.reload(2)
            self.assertEqual(self.ask(self.target), "hello\n")
        self.assertTrue(daemon.logged("reconfiguration failed"))

    def test_an_empty_file_is_no_configuration_to_change_to(self):
        daemon = self.start(DEFAULTS + ECHO)
        self.lab.write("main.conf", "")
        daemon.reload(2)
        self.assert_serves()
        self.assertTrue(daemon.logged("no services"))


if __name__ == "__main__":
    lab_case.main()
