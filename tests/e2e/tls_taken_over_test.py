#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A postern-tls or postern-keys that somebody has taken over says to posternd what it likes: nobody comes in by it, nothing
# of it is in a log unescaped or without end, and everybody else is served.
import os
import pathlib
import shutil
import socket
import ssl
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from certificates import Authority  # noqa: E402
from tls_world import children, kill_all  # noqa: E402

TLS, PLAIN, CAT = 20443, 20001, 20002
# In the place of the helper. The frames are those of docs/protocols.md; `what` is defined by each test.
STAND_IN = """import array, os, select, socket, struct, time
channel = socket.socket(fileno=3)


def frame(kind, session=0, body=b""):
    return struct.pack("<IIQ", kind, 0, session) + body


def say(bytes_):
    while True:
        try:
            return channel.send(bytes_)
        except BlockingIOError:
            select.select([], [channel], [], 1)


def handshake(session, subject=b"CN=alice", name=b"alice", verified=1):
    lengths = struct.pack("<10I", 0x304, 0, verified, 0, verified, 1, 0, 0, verified * len(subject), 0)
    texts = b"X".ljust(64, b"\\0") + bytes(256 + 64 + 32) + subject.ljust(512, b"\\0") + bytes(512)
    return frame(162, session, lengths + texts + bytes([1, len(name)]) + name.ljust(254, b"\\0") + bytes(7 * 256))


def heard():
    # Kind, session, what is behind, descriptors.
    try:
        bytes_, extra, _, _ = channel.recvmsg(4096, 256)
    except BlockingIOError:
        select.select([channel], [], [], 0.05)
        return None
    if not bytes_:
        os._exit(0)
    files = array.array("i")
    for _, _, piece in extra:
        files.frombytes(piece)
    return (*struct.unpack("<IIQ", bytes_[:16])[::2], bytes_[16:], list(files))


say(frame(101))
"""


class TakenOver(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.lab.folder) / "installed"
        shutil.copytree(netlab.POSTERND.parent.parent / "libexec", self.root / "libexec")
        (self.root / "bin").mkdir()
        shutil.copy(netlab.POSTERND, self.root / "bin")
        authority = Authority(self.lab.folder, "servers")
        certificate, key = authority.issue("a", "DNS:a.test")
        self.alice = ssl.create_default_context(cafile=str(authority.certificate))
        self.alice.load_cert_chain(*map(str, authority.issue("alice", "DNS:alice.test")))
        self.conf = lab_case.DEFAULTS + lab_case.entry(
            "secure", TLS, "tls = yes", f"tls_certificate = {certificate}", f"tls_private_key = {key}",
            "tls_verify_client = require", f"tls_client_ca = {authority.certificate}", "tls_only_from = cn:alice",
            "server = /bin/echo", "server_args = INSIDE") + lab_case.entry("plain", PLAIN) + lab_case.entry(
                "cat", CAT, "server = /bin/cat")

    def take_over(self, name, what):
        """posternd judges certificates with the helpers that it should have, and then has this one in the place of each
        of that name. Returns how many these are, too."""
        daemon = self.start(self.conf, program=str(self.root / "bin" / "posternd"))
        self.replace(name, self.lab.script("new", STAND_IN + what, interpreter=sys.executable))
        victims = kill_all(daemon, name)
        for victim in victims:
            self.assertTrue(netlab.wait_until(lambda: daemon.logged(f"{name} (pid {victim}) ended")))
        return daemon, len(victims)

    def replace(self, name, program):
        new = shutil.copy(program, self.root / "new")
        os.rename(new, self.root / "libexec" / "postern" / name)

    def assert_served_again(self, name):
        """With the program that should be there."""
        self.replace(name, netlab.POSTERND.parent.parent / "libexec" / "postern" / name)
        self.assertTrue(netlab.wait_until(self.alice_is_served, 30), "signs nothing any more")

    def alice_is_served(self):
        try:
            with socket.create_connection(("127.0.0.1", TLS), timeout=5) as plain, \
                    self.alice.wrap_socket(plain, server_hostname="a.test") as client:
                return client.recv(100) == b"INSIDE\n"
        except OSError:
            return False

    def assert_harmless(self, daemon, seconds=2.0):
        """Meanwhile clients come to all services."""
        came = []
        with netlab.Client.connect(CAT, timeout=10) as cat:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                with netlab.Client.connect(TLS, timeout=0.2) as client:
                    try:
                        came.append(client.read_all())
                    except TimeoutError:
                        came.append(client.partial)
                with netlab.Client.connect(PLAIN, timeout=5) as client:
                    self.assertEqual(client.read_all(), b"hello\n")
                self.assertTrue(lab_case.answers(cat))
                time.sleep(0.02)
        self.assertEqual(set(came), {b""})
        self.assertTrue(daemon.running())
        self.assertLess(os.path.getsize(daemon.log_path), 200_000)
        self.assert_consistent(daemon)

    def test_handshakes_that_nobody_made(self):
        everybodys = "while True:\n    for session in range(1, 60):\n        say(handshake(session))\n"
        daemon, _ = self.take_over("postern-tls", everybodys)
        self.assert_harmless(daemon)
        self.assertTrue(daemon.logged("it answered what was not asked"))

    def test_handshakes_that_are_not_what_a_frame_holds(self):
        each = "while True:\n    asked = heard()\n    if asked and asked[0] == 65:\n        say({})\n"
        for bad in ('handshake(asked[1], subject=b"CN=a\\n26/1/1@0:00:00 posternd[1]: NOTICE: faked")',
                    'handshake(asked[1], name=b"x" * 254)', 'handshake(asked[1])[:-8]',
                    'handshake(asked[1], verified=0)[:24] + b"\\1" + handshake(asked[1], verified=0)[25:]',
                    'handshake(asked[1], verified=2)', 'frame(163, asked[1], bytes(24))', 'b"x" * 5000'):
            with self.subTest(bad=bad):
                self.setUp()
                daemon, _ = self.take_over("postern-tls", each.format(bad))
                self.assert_harmless(daemon, 0.5)
                self.assertTrue(daemon.logged("is killed"))
                self.assertNotIn("NOTICE: faked", daemon._text(daemon.log_path))
                daemon.stop()

    def test_verdicts_that_nobody_asked_for(self):
        flood = ("import struct\nwhile True:\n    asked = heard()\n    if asked and asked[0] == {}:\n"
                 "        while True:\n            say(frame({}, 0, {}))\n")
        for name, ask, kind, body in (
                ("postern-tls", 61, 161, 'asked[2][:4] + struct.pack("<III", 3, 0, 0)'),
                ("postern-keys", 41, 141, 'asked[2][:4] + struct.pack("<I", 5)')):
            with self.subTest(name=name):
                self.setUp()
                daemon, _ = self.take_over(name, flood.format(ask, kind, body))
                self.assert_harmless(daemon)
                self.assertTrue(daemon.logged("it answered what was not asked"))
                daemon.stop()

    def test_signatures_that_are_not_due(self):
        asks = """
edge = key = None
while True:
    asked = heard() if not edge or not key else None
    if asked and asked[0] == 64:
        edge = socket.socket(fileno=asked[3][0])
        edge.setblocking(True)
    if asked and asked[0] == 62:
        key = struct.unpack("<II", asked[2][:8])[1]
    if edge and key:
        message = b" " * 64 + b"TLS 1.3, server CertificateVerify\\0" + bytes(32)
        edge.send(frame(45, 1, struct.pack("<IIII", key, 0x403, len(message), 0) + message.ljust(256, b"\\0")))
        open("signatures", "ab").write(edge.recv(4096)[16:20])
"""
        daemon, count = self.take_over("postern-tls", asks.replace('"signatures"', repr(self.lab.path("signatures"))))
        self.assert_harmless(daemon)
        answers = pathlib.Path(self.lab.path("signatures")).read_bytes()
        self.assertGreater(len(answers), 400)
        self.assertEqual(answers.strip(b"\0"), b"", "a signature has a length")
        self.assertEqual(len(daemon.logged("refused a signature that was not due")), count)

    def test_garbage_for_postern_keys(self):
        speaks = """
while True:
    asked = heard()
    if asked and asked[0] == 64:
        edge = socket.socket(fileno=asked[3][0])
        edge.send(b"no question")
"""
        daemon, count = self.take_over("postern-tls", speaks)
        keys = children(daemon, "postern-keys")
        self.assert_harmless(daemon)
        self.assertIn(len(daemon.logged("it asked postern-keys what is not to be asked")), range(count, 8 * count))
        self.assertEqual(children(daemon, "postern-keys"), keys)
        self.assert_served_again("postern-tls")

    def test_postern_keys_called_stuck_again_and_again(self):
        daemon, count = self.take_over("postern-tls", "while True:\n    say(frame(164))\n    time.sleep(0.01)\n")
        self.assert_harmless(daemon, 3.0)
        self.assertLess(len(daemon.logged("it does not answer postern-tls")), 8 * count)


if __name__ == "__main__":
    lab_case.main()
