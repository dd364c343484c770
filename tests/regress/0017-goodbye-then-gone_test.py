#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A TLS client that sent its close_notify and went away, while the service had much to say: what postern-tls could not
# send, it tried to send for ever, with all of a processor, and the session stayed.
import contextlib
import os
import pathlib
import socket
import ssl
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from certificates import Authority  # noqa: E402

PORT = 20443


class GoodbyeThenGone(lab_case.LabCase):
    def test_no_session_stays(self):
        authority = Authority(self.lab.folder, "servers")
        certificate, key = authority.issue("a", "DNS:a.test")
        made = ssl.create_default_context(cafile=str(authority.certificate))
        daemon = self.start(lab_case.DEFAULTS + lab_case.entry(
            "secure", PORT, "tls = yes", f"tls_certificate = {certificate}", f"tls_private_key = {key}",
            "server = /usr/bin/yes"))

        def leave_it_talking():
            plain = socket.create_connection(("127.0.0.1", PORT), timeout=20)
            with made.wrap_socket(plain, server_hostname="a.test") as client:
                self.assertEqual(client.recv(2), b"y\n")
                client.setblocking(False)
                with contextlib.suppress(ssl.SSLError):
                    client.unwrap()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        leave_it_talking()
        tls = next(pid for pid in daemon.children()
                   if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("postern-tls"))

        def descriptors():
            return len(os.listdir(f"/proc/{tls}/fd"))
        self.assertTrue(netlab.wait_until(lambda: len(daemon.wait_records(1, kind="EXIT")) == 1, 20))
        idle = descriptors()
        for _ in range(60):
            leave_it_talking()
        self.assertTrue(netlab.wait_until(lambda: descriptors() <= idle, 20), f"{descriptors()}, not {idle}")


if __name__ == "__main__":
    lab_case.main()
