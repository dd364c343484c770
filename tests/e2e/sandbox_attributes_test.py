#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# What xinetd's own attributes say of a server holds in a sandbox too: nice, umask, limits, groups, environment, and the
# servers that take the listening socket itself.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402
from sandboxed import service  # noqa: E402

PORT = 20001
PROFILES = ("standard", "strict")
TELL = """
import os, resource, sys
seen = {"nice": os.nice(0), "umask": os.umask(0), "files": resource.getrlimit(resource.RLIMIT_NOFILE),
        "cpu": resource.getrlimit(resource.RLIMIT_CPU), "space": resource.getrlimit(resource.RLIMIT_AS),
        "groups": sorted(os.getgroups()), "ids": (os.getuid(), os.getgid()),
        "environment": {n: v for n, v in os.environ.items() if n in ("GIVEN", "PASSED", "KEPT_BACK")}}
print(seen)
"""
LINES = ("nice = 7", "umask = 027", "rlimit_files = 23", "rlimit_cpu = 11", "rlimit_as = 256M", "groups = yes",
         "env = GIVEN=here", "passenv = PASSED")
STREAM = """
import socket
listener = socket.socket(fileno=0)
client, _ = listener.accept()
client.sendall(client.recv(100))
"""
DATAGRAM = """
import socket
endpoint = socket.socket(fileno=0)
data, peer = endpoint.recvfrom(100)
endpoint.sendto(data, peer)
"""


class Attributes(lab_case.LabCase):
    @classmethod
    def setUpClass(cls):
        for path, line in (("/etc/passwd", "ada:x:3003:3003::/:/bin/sh\n"),
                           ("/etc/group", "ada:x:3003:\nextra:x:3010:ada\nfurther:x:3011:ada\n")):
            with open(path, "a", encoding="ascii") as file:
                file.write(line)

    def each(self, text, *lines, **options):
        """A daemon for each profile with the program as its one service."""
        for profile in PROFILES:
            # Where a minimal root shows programs.
            program = self.lab.script("/usr/local/sbin/served.py", text, "/usr/bin/python3")
            self.addCleanup(pathlib.Path(program).unlink, True)
            daemon = self.start(DEFAULTS + service("served", PORT, f"server = {program}", "user = ada",
                                                   f"sandbox = {profile}", *lines, **options),
                                env={"PASSED": "on", "KEPT_BACK": "secret"})
            yield daemon
            daemon.stop()
            for path in (daemon.service_log_path, daemon.log_path):
                pathlib.Path(path).unlink(missing_ok=True)

    def test_what_the_attributes_say_of_the_process(self):
        for daemon in self.each(TELL, *LINES):
            seen = self.ask(PORT, timeout=20)
            self.assertIn("'nice'", seen, [m.raw for m in daemon.log()])
            self.assertEqual(eval(seen), {  # pylint: disable=eval-used
                "nice": 7, "umask": 0o27, "files": (23, 23), "cpu": (11, 11), "space": (256 << 20, 256 << 20),
                "groups": [3003, 3010, 3011], "ids": (3003, 3003), "environment": {"GIVEN": "here", "PASSED": "on"}})

    def test_a_server_that_accepts_itself(self):
        for daemon in self.each(STREAM, "wait = yes"):
            for _ in range(3):
                self.assertEqual(self.ask(PORT, data=b"ping", timeout=20), "ping", [m.raw for m in daemon.log()])
            self.assertEqual({r.fields["status"] for r in daemon.wait_records(3, kind="EXIT")}, {"0"})

    def test_a_server_of_datagrams(self):
        for daemon in self.each(DATAGRAM, protocol="udp"):
            for _ in range(3):
                self.assertEqual(netlab.ask_datagram(PORT, b"ping", timeout=20), b"ping", [m.raw for m in daemon.log()])
            self.assertEqual({r.fields["status"] for r in daemon.wait_records(3, kind="EXIT")}, {"0"})


if __name__ == "__main__":
    lab_case.main()
