# SPDX-License-Identifier: BSD-2-Clause
"""Debian's own programs, unmodified, on Debian's libwrap.so.0 and on ours: the access files decide the same.

vsftpd, stunnel and socat ask the library themselves; xinetd and openbsd-inetd too, and they start tcpd, Debian's and
ours, in front of a real proftpd.
"""
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import netlab  # noqa: E402
import peer_settings  # noqa: E402
import unpacked  # noqa: E402
import wrapped  # noqa: E402

PORT = 2121
BOTH = (wrapped.DEBIAN, wrapped.MIXED)  # Debian's library, ours
INFO, WARNING = 0o36, 0o34
FRIEND, STRANGER = "127.0.0.2", "127.0.0.3"


class Programs(unittest.TestCase):
    maxDiff = None

    def tearDown(self):
        wrapped.new_log()

    def start(self, side, *argv, idle=False, **options):
        """The program in the foreground, ended with the test."""
        stderr = open(_lab.path("stderr"), "wb")
        self.addCleanup(stderr.close)
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, start_new_session=True,
                                   env=wrapped.environment(side, {"HOME": "/root"}, idle), **options)
        def end():
            os.killpg(process.pid, 9)
            process.wait()
            netlab.wait_until(lambda: not netlab.wait_listening(PORT, 0))
        self.addCleanup(end)
        self.assertTrue(netlab.wait_listening(PORT, 15), pathlib.Path(_lab.path("stderr")).read_text())
        return process

    def uses(self, process, side):
        """That the test tests what it says: which library is mapped."""
        maps = pathlib.Path(f"/proc/{process.pid}/maps").read_text()
        self.assertIn("libwrap.so.0", maps)
        self.assertEqual(side is wrapped.MIXED, str(wrapped.LIB) in maps)

    def first_bytes(self, source, port=PORT):
        with socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0)) as caller:
            try:
                return caller.recv(200)
            except ConnectionResetError:
                return b""

    def on_both(self, body):
        """body(side) in a subtest each, with what it started ended in between."""
        for side in BOTH:
            with self.subTest(side.name):
                body(side)
                self.doCleanups()

    def test_vsftpd(self):
        conf = _lab.write("vsftpd.conf", f"listen=YES\nlisten_port={PORT}\nbackground=NO\ntcp_wrappers=YES\n"
                          "anonymous_enable=YES\nlocal_enable=NO\nsecure_chroot_dir=/run/lab/empty\nftp_username=nobody\n"
                          "seccomp_sandbox=NO\n")
        os.makedirs("/run/lab/empty", exist_ok=True)
        wrapped.write_tables(f"vsftpd: {FRIEND}\n", "vsftpd: ALL\n")
        def body(side):
            self.uses(self.start(side, "/usr/sbin/vsftpd", conf), side)
            self.assertTrue(self.first_bytes(FRIEND).startswith(b"220 "))
            self.assertTrue(self.first_bytes(STRANGER).startswith(b"421 "))
        self.on_both(body)

    def test_stunnel(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=gate",
                        "-keyout", _lab.path("key.pem"), "-out", _lab.path("cert.pem")], check=True, timeout=60,
                       capture_output=True)
        conf = _lab.write("stunnel.conf", f"foreground = yes\npid =\nsyslog = no\n[gate]\naccept = 127.0.0.1:{PORT}\n"
                          f"cert = {_lab.path('cert.pem')}\nkey = {_lab.path('key.pem')}\nlibwrap = yes\n"
                          "exec = /bin/echo\nexecArgs = echo hello\n")
        wrapped.write_tables(f"gate: {FRIEND}\n", "ALL: ALL\n")
        context = ssl._create_unverified_context()
        def hello(source):
            try:
                with socket.create_connection(("127.0.0.1", PORT), 20, (source, 0)) as caller, \
                        context.wrap_socket(caller) as secured:
                    return secured.recv(100)
            except (ssl.SSLError, ConnectionError):
                return None
        def body(side):
            self.uses(self.start(side, "/usr/bin/stunnel4", conf), side)
            self.assertEqual(hello(FRIEND), b"hello\n")
            self.assertIsNone(hello(STRANGER))
        self.on_both(body)

    def test_socat_with_tables_of_its_own(self):
        wrapped.write_tables("ALL: ALL\n", "")
        allow = _lab.write("own.allow", f"gate: {FRIEND}: severity notice\n")
        deny = _lab.write("own.deny", "ALL: ALL\n")
        address = f"TCP4-LISTEN:{PORT},reuseaddr,fork,tcpwrap=gate,allow-table={allow},deny-table={deny}"
        def body(side):
            self.uses(self.start(side, "/usr/bin/socat", address, "SYSTEM:echo hello"), side)
            self.assertEqual(self.first_bytes(FRIEND), b"hello\n")
            self.assertEqual(self.first_bytes(STRANGER), b"")
            # An edit counts for the next connection.
            _lab.write("own.allow", f"gate: {STRANGER}\n")
            self.assertEqual(self.first_bytes(STRANGER), b"hello\n")
            self.assertEqual(self.first_bytes(FRIEND), b"")
            _lab.write("own.allow", f"gate: {FRIEND}: severity notice\n")
        self.on_both(body)

    def test_xinetd(self):
        conf = _lab.write("xinetd.conf", f"service gate\n{{\nport = {PORT}\nsocket_type = stream\nprotocol = tcp\n"
                          "type = UNLISTED\nwait = no\nuser = root\nserver = /bin/echo\nserver_args = hello\n}\n")
        wrapped.write_tables(f"echo: {FRIEND}\n", "ALL: ALL\n")
        def body(side):
            self.uses(self.start(side, "/usr/sbin/xinetd", "-dontfork", "-f", conf, "-pidfile",
                                 _lab.path("xinetd.pid")), side)
            self.assertEqual(self.first_bytes(FRIEND), b"hello\n")
            self.assertEqual(self.first_bytes(STRANGER), b"")
        self.on_both(body)

    def test_openbsd_inetd(self):
        conf = _lab.write("inetd.conf", f"{PORT} stream tcp nowait root /bin/echo echo hello\n")
        wrapped.write_tables(f"echo: {FRIEND}\n", "ALL: ALL\n")
        def body(side):
            self.uses(self.start(side, "/usr/sbin/inetd", "-i", "-l", conf), side)
            self.assertEqual(self.first_bytes(FRIEND), b"hello\n")
            self.assertEqual(self.first_bytes(STRANGER), b"")
            refused = [text for _, _, text in wrapped.new_log(1) if "refused" in text]
            self.assertEqual(len(refused), 1)
        self.on_both(body)

    def behind_tcpd(self, sides, conf, *daemon):
        """What clients and the log see of proftpd behind each tcpd must be the same."""
        wrapped.write_tables(f"proftpd: {FRIEND}: severity notice\nproftpd: 127.0.0.4: twist echo 421 %a %d\n", "ALL: ALL\n")
        seen = {}
        for side in sides:
            with self.subTest(side.name):
                _lab.write("super.conf", conf.replace("@TCPD@", side.tcpd))
                self.start(side, *daemon, idle=True)
                answers = [self.first_bytes(source) for source in (FRIEND, "127.0.0.4", STRANGER)]
                log = self.tcpd_log(3)
                seen[side.name] = (answers, log)
                self.assertIn(b"220 ProFTPD Server (The gate)", answers[0])
                self.assertEqual(answers[1:], [b"421 127.0.0.4 proftpd\n", b""])
                self.assertEqual(log, [
                    (INFO - 1, "proftpd", f"connect from {FRIEND} ({FRIEND})"),
                    (WARNING, "proftpd", "twist 127.0.0.4 to echo 421 127.0.0.4 proftpd"),
                    (WARNING, "proftpd", f"refused connect from {STRANGER} ({STRANGER})")])
                self.doCleanups()
        self.assertEqual(len({repr(one) for one in seen.values()}), 1)

    def tcpd_log(self, count):
        """That many records of tcpd's; proftpd's own are left out."""
        found = []
        def enough():
            found.extend(record for record in wrapped.new_log() if record[1] == "proftpd"
                         and ("connect from" in record[2] or "twist" in record[2]))
            return len(found) >= count
        netlab.wait_until(enough)
        return found

    def test_tcpd_in_front_of_proftpd_under_openbsd_inetd(self):
        # It passes no environment on, so a tcpd it starts finds the system's library, and Debian's takes its five seconds.
        self.behind_tcpd((wrapped.DEBIAN, wrapped.OURS), f"{PORT} stream tcp nowait root @TCPD@ /usr/sbin/proftpd\n",
                         "/usr/sbin/inetd", "-i", _lab.path("super.conf"))

    def test_tcpd_in_front_of_proftpd_under_xinetd(self):
        conf = (f"service gate\n{{\nport = {PORT}\nsocket_type = stream\nprotocol = tcp\ntype = UNLISTED\nwait = no\n"
                "user = root\nflags = NAMEINARGS NOLIBWRAP\nserver = @TCPD@\nserver_args = /usr/sbin/proftpd\n}\n")
        self.behind_tcpd(wrapped.SIDES, conf, "/usr/sbin/xinetd", "-dontfork", "-f", _lab.path("super.conf"), "-pidfile",
                         _lab.path("xinetd.pid"))


if __name__ == "__main__":
    with netlab.Lab() as _lab:
        unpacked.install()
        wrapped.prepare(_lab)
        _lab.write("/etc/proftpd/proftpd.conf", peer_settings.PROFTPD_CONF)
        unittest.main(verbosity=2)
