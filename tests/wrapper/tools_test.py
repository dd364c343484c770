# SPDX-License-Identifier: BSD-2-Clause
"""Debian's tcpdmatch and tcpdchk, which use more of libwrap.so.0 than any daemon, on Debian's library and on ours."""
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import netlab  # noqa: E402
import unpacked  # noqa: E402
import wrapped  # noqa: E402


class Tools(unittest.TestCase):
    maxDiff = None

    def both(self, *argv, allow="", deny=""):
        """(status, output) and the log lines that tell of rules; equal on both libraries."""
        wrapped.write_tables(allow, deny)
        seen = []
        for side in (wrapped.DEBIAN, wrapped.MIXED):
            result = subprocess.run(argv, env=wrapped.environment(side), stdin=subprocess.DEVNULL, capture_output=True,
                                    text=True, timeout=60, check=False)
            told = [text for _, _, text in wrapped.new_log() if not text.startswith("option:")]
            seen.append((result.returncode, result.stdout, result.stderr, told))
        self.assertEqual(seen[1], seen[0])
        return seen[0]

    def match(self, *argv, **tables):
        return self.both("/usr/sbin/tcpdmatch", *argv, **tables)

    def test_137_tcpdmatch_tells_the_verdict_and_ends_with_0(self):
        for deny, verdict in (("", "granted"), ("ALL: ALL\n", "denied")):
            status, text, _, _ = self.match("in.ftpd", "192.0.2.1", deny=deny)
            self.assertEqual((status, text), (0, "client:   address  192.0.2.1\nserver:   process  in.ftpd\n"
                                                 f"access:   {verdict}\n"))

    def test_138_a_client_of_two_addresses_is_asked_about_twice(self):
        pathlib.Path("/etc/hosts").write_text("127.0.0.1 localhost\n192.0.2.1 a.test\n192.0.2.2 a.test\n")
        pathlib.Path("/etc/host.conf").write_text("multi on\n")
        _, text, _, _ = self.match("in.ftpd", "a.test", allow="in.ftpd: 192.0.2.2\n", deny="ALL: ALL\n")
        self.assertEqual(text.count("access:   granted"), 1)
        self.assertEqual(text.count("access:   denied"), 1)
        self.assertEqual(self.match("in.ftpd@a.test", "192.0.2.1")[0], 1)

    def test_139_twist_is_delegated_and_no_command_is_run(self):
        ran = pathlib.Path("/run/wrapped/ran")
        _, text, _, _ = self.match("in.ftpd", "192.0.2.1", allow=f"ALL: ALL: spawn touch {ran}: twist touch {ran}\n")
        self.assertTrue(text.endswith("access:   delegated\n"))
        self.assertFalse(ran.exists())

    def test_users_names_and_errors(self):
        pathlib.Path("/etc/hosts").write_text("127.0.0.1 localhost\n192.0.2.1 a.test\n")
        for allow, verdict in (("in.ftpd: bob@.test\n", "granted"), ("in.ftpd: eve@.test\n", "denied"),
                               ("in.ftpd: ALL: bogus\n", "denied"), ("in.ftpd: LOCAL\n", "denied")):
            _, text, _, _ = self.match("in.ftpd", "bob@a.test", allow=allow, deny="ALL: ALL\n")
            self.assertTrue(text.endswith(f"access:   {verdict}\n"), allow)

    def test_140_tcpdchk(self):
        _, text, _, told = self.both(
            "/usr/sbin/tcpdchk", "-v", allow="ALL EXCEPT: ALL\nx: 1.2.3.4/33\nin.ftpd: a.test: umask 9\n"
            "in.ftpd: ALL: twist x\nALL: ALL: severity notice: allow\nALL: ALL\nALL: LOCAL: deny", deny="ALL: @none\n")
        self.assertIn(">>> Rule /etc/hosts.allow line 6:", text)
        self.assertIn("warning: /etc/hosts.allow, line 1: daemon list is empty or ends in EXCEPT", told)
        self.assertIn("warning: /etc/hosts.allow, line 2: 1.2.3.4/33: bad net/mask pattern", told)
        self.assertIn('error: /etc/hosts.allow, line 3: bad umask value: "9"', told)


if __name__ == "__main__":
    with netlab.Lab() as _lab:
        unpacked.install()
        wrapped.prepare(_lab)
        _lab.write("/etc/inetd.conf", "ftp stream tcp nowait root /usr/sbin/tcpd in.ftpd\n")
        unittest.main(verbosity=2)
