#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A backend that resets its connection, or a postern-relay that dies: the TLS client in front of it got a close_notify
# after what had come by then, and took a part for the whole (RFC 8446 section 6.1).
import os
import pathlib
import signal
import socket
import ssl
import struct
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from certificates import Authority  # noqa: E402

FRONT, BACK = 20443, 20544


class CutOffBackend(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        authority = Authority(self.lab.folder, "servers")
        certificate, key = authority.issue("a", "DNS:a.test")
        self.made = ssl.create_default_context(cafile=str(authority.certificate))
        self.listener = socket.create_server(("127.0.0.1", BACK))
        self.addCleanup(self.listener.close)
        self.daemon = self.start(lab_case.DEFAULTS + lab_case.entry(
            "secure", FRONT, "tls = yes", f"tls_certificate = {certificate}", f"tls_private_key = {key}",
            f"redirect = 127.0.0.1 {BACK}"))

    def what_comes(self, serve):
        """What the client reads, and whether a close_notify ends it."""
        def accept():
            backend, _ = self.listener.accept()
            serve(backend)
        thread = threading.Thread(target=accept)
        thread.start()
        text = b""
        with socket.create_connection(("127.0.0.1", FRONT), timeout=20) as plain:
            with self.made.wrap_socket(plain, server_hostname="a.test", suppress_ragged_eofs=False) as client:
                client.sendall(b"ask\n")
                try:
                    while piece := client.recv(65536):
                        text += piece
                    whole = True
                except (ssl.SSLEOFError, ConnectionResetError):
                    whole = False
        thread.join()
        return text, whole

    def test_a_part_is_not_taken_for_the_whole(self):
        def ends(backend):
            backend.recv(4)
            backend.sendall(b"all")
            backend.close()

        def resets(backend):
            backend.recv(4)
            backend.sendall(b"part")
            netlab.wait_until(lambda: False, 0.3)  # it has been read by then
            backend.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            backend.close()

        def resets_with_something_unread(backend):
            netlab.wait_until(lambda: False, 0.3)
            backend.sendall(b"part")
            backend.close()

        def outlives_the_relay(backend):
            backend.recv(4)
            backend.sendall(b"part")
            netlab.wait_until(lambda: False, 0.3)
            relay = next(pid for pid in self.daemon.children()
                         if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "postern-relay")
            os.kill(relay, signal.SIGKILL)
            backend.close()

        self.assertEqual(self.what_comes(ends), (b"all", True))
        self.assertEqual(self.what_comes(resets), (b"part", False))
        self.assertEqual(self.what_comes(resets_with_something_unread), (b"part", False))
        self.assertEqual(self.what_comes(outlives_the_relay), (b"part", False))
        self.assertTrue(netlab.wait_until(lambda: len(self.daemon.logged("without close_notify")) == 3, 10))
        self.assert_consistent(self.daemon)


if __name__ == "__main__":
    lab_case.main()
