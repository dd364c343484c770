#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A posternd that is not root's starts its own user's programs, and confines them as well: what takes rights it does from
# inside a user namespace.
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402

PORTS = {"standard": 20001, "strict": 20002, "fresh": 20003}
LINES = {"standard": (), "strict": ("sandbox = strict",), "fresh": ("isolation = fresh",)}
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def service(name, port, *lines):
    words = (f"port = {port}", "type = UNLISTED", "socket_type = stream", "protocol = tcp", "wait = no", "user = nobody",
             "server = /bin/cat", "server_args = /proc/self/status", *lines)
    return f"service {name}\n{{\n" + "".join(f"    {word}\n" for word in words) + "}\n"


def status_of(text):
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


class Unprivileged(lab_case.LabCase):
    def serve(self):
        os.chmod(self.lab.folder, 0o777)
        services = "".join(service(name, port, *LINES[name]) for name, port in PORTS.items())
        return self.start(DEFAULTS + services, through=AS_NOBODY)

    def test_its_services_are_confined_like_any(self):
        daemon = self.serve()
        for name, port in PORTS.items():
            with self.subTest(name):
                status = status_of(self.ask(port, timeout=20))
                self.assertEqual(status["Uid"].split(), ["65534"] * 4)
                self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
                self.assertEqual(set(status["CapEff"] + status["CapBnd"] + status["CapPrm"]), {"0"})
                self.assertLess(int(status["NSpid"].split()[-1]), 10)  # of a namespace that has just begun
        self.assertEqual(len(daemon.wait_records(len(PORTS), kind="START")), len(PORTS))

    def test_nothing_is_left_when_it_ends(self):
        daemon = self.serve()
        for port in PORTS.values():
            self.assertTrue(self.ask(port, timeout=20))
        daemon.stop()

        def zygotes():
            return [pid for pid in os.listdir("/proc") if pid.isdigit() and netlab.alive(int(pid))
                    and pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("postern-zygote")]
        self.assertTrue(netlab.wait_until(lambda: not zygotes()), zygotes())


if __name__ == "__main__":
    lab_case.main()
