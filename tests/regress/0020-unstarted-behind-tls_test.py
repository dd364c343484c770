#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A program behind TLS whose sandbox could not be made: its client got a close_notify, and took nothing for all that the
# program had to say (RFC 8446 section 6.1).
import pathlib
import shutil
import socket
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
import sandboxed  # noqa: E402
from certificates import Authority  # noqa: E402

FRONT, MUX = 20443, 20545


class UnstartedBehindTls(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        authority = Authority(self.lab.folder, "servers")
        certificate, key = authority.issue("a", "DNS:a.test")
        self.made = ssl.create_default_context(cafile=str(authority.certificate))
        self.folder = pathlib.Path("/srv/soon-gone")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.addCleanup(shutil.rmtree, self.folder, True)
        tls = ("tls = yes", f"tls_certificate = {certificate}", f"tls_private_key = {key}")
        broken = ("server = /bin/echo", "server_args = hello", f"read_write_paths = {self.folder}")
        self.daemon = self.start(
            lab_case.DEFAULTS + sandboxed.service("broken", FRONT, *broken, *tls)
            + sandboxed.service("named", 1, "type = TCPMUX UNLISTED", *broken)
            + lab_case.entry("tcpmux", MUX, "type = INTERNAL UNLISTED", *tls))

    def what_comes(self, port):
        """What the client reads, and whether a close_notify ends it."""
        text = b""
        with socket.create_connection(("127.0.0.1", port), timeout=20) as plain, \
                self.made.wrap_socket(plain, server_hostname="a.test", suppress_ragged_eofs=False) as client:
            client.sendall(b"named\r\n")
            try:
                while piece := client.recv(100):
                    text += piece
            except (ssl.SSLEOFError, ConnectionResetError):
                return text, False
            return text, True

    def test_nothing_is_not_taken_for_all(self):
        self.folder.rmdir()
        for port in (FRONT, MUX):
            self.assertEqual(self.what_comes(port), (b"", False))
            self.assertEqual(self.what_comes(port), (b"", False))  # in the pause after the failure
        self.assertTrue(netlab.wait_until(lambda: len(self.daemon.logged("without close_notify")) == 4, 10))
        self.assertTrue(self.daemon.wait_records(4, kind="FAIL"))
        self.folder.mkdir()
        for port in (FRONT, MUX):
            self.assertTrue(netlab.wait_until(lambda: self.what_comes(port) == (b"hello\n", True), 15, 0.2))
        self.assert_consistent(self.daemon)


if __name__ == "__main__":
    lab_case.main()
