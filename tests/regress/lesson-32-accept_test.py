#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A client that reset its connection before inetd had accepted it left inetd in accept(2), and no service was served until
# somebody else came to that port. posternd waits in no call for a client: its sockets do not block, whatever a service
# that shares one makes of it, and a storm of resets holds up nobody.
import contextlib
import os
import pathlib
import signal
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS, entry, relay_of  # noqa: E402

PLAIN, ECHO, MUX, REDIRECT, WAITING, DATAGRAMS, BUILT_IN, STORMED = range(20001, 20009)
# Goes on, behind its end, to have the socket block and to take away what comes.
LINGERS = """
import fcntl, os, socket, time
endpoint = socket.socket(fileno=0)
def take():
    return endpoint.recv(100) if endpoint.type == socket.SOCK_DGRAM else endpoint.accept()
fcntl.fcntl(0, fcntl.F_SETFL, 0)
take()
if os.fork():
    os._exit(0)
until = time.monotonic() + 30
while time.monotonic() < until:
    fcntl.fcntl(0, fcntl.F_SETFL, 0)
    take()
"""
SERVER = ("server = /run/lab/lingers.py",)
CONF = (DEFAULTS + entry("plain", PLAIN) + entry("echo", ECHO, "type = INTERNAL UNLISTED")
        + entry("tcpmux", MUX, "type = INTERNAL UNLISTED") + entry("redirect", REDIRECT, f"redirect = 127.0.0.1 {STORMED}")
        + entry("stormed", STORMED)
        + entry("waiting", WAITING, "wait = yes", *SERVER) + entry("datagrams", DATAGRAMS, *SERVER, protocol="udp")
        + entry("daytime", BUILT_IN, "type = INTERNAL UNLISTED", protocol="udp"))


def reset(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def waited_at():
    """The sockets that posternd accepts at. Of the two others it takes nothing, or in calls that do not wait."""
    lines = [line.split() for table in ("tcp", "tcp6", "udp", "udp6")
             for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    return {f"socket:[{words[9]}]" for words in lines
            if words[3] in ("0A", "07") and int(words[1].rpartition(":")[2], 16) not in (WAITING, DATAGRAMS)}


class Accept(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        self.lab.script("lingers.py", LINGERS, "/usr/bin/python3 -I")

    def assert_serves(self):
        for _ in range(3):
            self.assertEqual(self.ask(PLAIN, timeout=20), "hello\n")
            with netlab.Client.connect(ECHO, timeout=20) as client:
                self.assertTrue(lab_case.answers(client))

    def test_no_socket_for_clients_blocks(self):
        daemon = self.start(CONF)
        self.assert_serves()
        listening = waited_at()
        found = set()
        for pid in (daemon.pid, relay_of(daemon)):
            for number in os.listdir(f"/proc/{pid}/fd"):
                if os.readlink(f"/proc/{pid}/fd/{number}") in listening:
                    found.add(os.readlink(f"/proc/{pid}/fd/{number}"))
                    flags = pathlib.Path(f"/proc/{pid}/fdinfo/{number}").read_text().split("flags:")[1].split()[0]
                    self.assertTrue(int(flags, 8) & os.O_NONBLOCK, (pid, number))
        self.assertEqual(found, listening)

    def test_clients_that_are_gone_before_they_are_accepted_hold_up_nobody(self):
        daemon = self.start(CONF)
        self.assert_serves()
        for _ in range(5):
            os.kill(daemon.pid, signal.SIGSTOP)
            for port in (PLAIN, ECHO, MUX, REDIRECT):
                for _ in range(50):
                    reset(port)
            os.kill(daemon.pid, signal.SIGCONT)
            self.assert_serves()
        self.assert_consistent(daemon)

    def test_nobody_is_held_up_in_a_storm_of_resets(self):
        daemon = self.start(CONF)
        stop = threading.Event()

        def storm():
            while not stop.is_set():
                for port in (MUX, REDIRECT, STORMED):
                    reset(port)
        threads = [threading.Thread(target=storm) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            until = time.monotonic() + 3
            while time.monotonic() < until:
                self.assert_serves()
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assert_serves()
        self.assert_consistent(daemon)

    def test_a_service_that_makes_a_shared_socket_block_holds_up_nobody(self):
        daemon = self.start(CONF)
        for round_ in range(30):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(b"x", ("127.0.0.1", DATAGRAMS))
            reset(WAITING)
            if round_ % 10 == 9:
                self.assert_serves()
        self.assertTrue(daemon.wait_records(1, kind="EXIT"))
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
