#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# More certificates than the queue to a helper has room for: postern-keys and postern-tls were killed each time they had
# started, for not taking them all at once, and no service spoke TLS.
import pathlib
import socket
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from certificates import Authority  # noqa: E402
from tls_world import kill_all  # noqa: E402

PORTS = range(20001, 20021)
PAIRS = 64  # of each service; the helpers' queue has 1024


class ManyCertificates(lab_case.LabCase):
    def served(self, made):
        count = 0
        for port in PORTS:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
                    with made.wrap_socket(plain, server_hostname="a.test") as client:
                        count += client.recv(6) == b"hello\n"
            except OSError:
                return count
        return count

    def test_all_are_served_again_and_again(self):
        authority = Authority(self.lab.folder, "servers")
        certificate, key = authority.issue("a", "DNS:a.test")
        lines = ("tls = yes", "tls_certificate = " + " ".join([str(certificate)] * PAIRS),
                 "tls_private_key = " + " ".join([str(key)] * PAIRS))
        daemon = self.start(lab_case.DEFAULTS + "".join(lab_case.entry(f"s{port}", port, *lines) for port in PORTS),
                            nofile=8192)
        made = ssl.create_default_context(cafile=str(authority.certificate))
        self.assertTrue(netlab.wait_until(lambda: self.served(made) == len(PORTS), 30))
        for name in ("postern-keys", "postern-tls"):
            for victim in kill_all(daemon, name):
                self.assertTrue(netlab.wait_until(lambda: daemon.logged(f"{name} (pid {victim}) ended"), 10))
            self.assertTrue(netlab.wait_until(lambda: self.served(made) == len(PORTS), 30), name)
        # The second worker may still be taking its keys when it is killed here.
        refused = [m for m in daemon.logged("it does not take") if "Broken pipe" not in m.text]
        self.assertEqual(refused, [])


if __name__ == "__main__":
    lab_case.main()
