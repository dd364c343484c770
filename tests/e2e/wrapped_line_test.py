#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Lines of inetd.conf that name tcpd, under Debian's inetd with Debian's tcpd and under posternd: the same verdict, the
# same answer, the same line in syslog. Where addresses decide, posternd starts the program without tcpd.
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
import unpacked  # noqa: E402
from ident_server import IdentServer  # noqa: E402

PORT = 20001
PROGRAM = "/run/lab/svc"
TELL = 'echo "$0 $* $(umask) $(tr "\\\\0" " " <"/proc/$$/cmdline")"\n'
LINE = "{port} stream tcp nowait root /usr/sbin/tcpd {program} one two\n"
TCPD_TRACE = "/run/lab/tcpd-ran"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class WrappedLines(lab_case.LabCase):
    @classmethod
    def setUpClass(cls):
        unpacked.install()
        cls.syslog = staticmethod(cls.lab.listen_syslog())
        # A tcpd that leaves a trace: whether it was started is what the tests look for.
        os.rename("/usr/sbin/tcpd", "/usr/sbin/tcpd.real")
        cls.lab.write("/usr/sbin/tcpd", f'#!/bin/bash\necho ran >>{TCPD_TRACE}\nexec -a "{PROGRAM}" '
                                        '/usr/sbin/tcpd.real "$@"\n', 0o755)

    def setUp(self):
        super().setUp()
        self.lab.script("svc", TELL)
        self.rules("", "")

    def seen(self, allow="", deny="", source="127.0.0.1"):
        """(answer, syslog lines) of one client."""
        pathlib.Path(TCPD_TRACE).unlink(missing_ok=True)
        self.rules(allow, deny)
        before = len(self.syslog())
        answer = netlab.ask(PORT, source=source, timeout=8.0)

        def lines():
            found = [re.sub(r"^<(\d+)>.{16}", r"<\1> ", text) for text in self.syslog()[before:]]
            return [re.sub(r"\[\d+\]", "[N]", text) for text in found if " svc[" in text]
        netlab.wait_until(lines)
        return answer.strip(), lines()

    def tcpd_ran(self):
        return os.path.exists(TCPD_TRACE)

    def both(self, **tables):
        """What posternd shows, after a check that Debian's inetd shows the same."""
        conf = self.lab.write("inetd.conf", LINE.format(port=PORT, program=PROGRAM))
        inetd = subprocess.Popen(["/usr/sbin/inetd", "-i", conf], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.assertTrue(netlab.wait_listening(PORT))
            debian = self.seen(**tables)
            self.assertTrue(self.tcpd_ran())
        finally:
            inetd.terminate()
            inetd.wait(10)
        netlab.wait_until(lambda: (4, PORT) not in netlab.listening_ports())
        daemon = self.lab.start_posternd(None, "--inetd", conf, "-filelog", self.lab.path("program.log"), "-dontfork",
                                         bare=True)
        try:
            ours = self.seen(**tables)
        finally:
            daemon.stop()
        self.assertEqual(ours, debian)
        return ours

    def test_a_client_that_may_use_it_gets_the_program_without_tcpd(self):
        answer, log = self.both(allow="svc: 127.0.0.1\n", deny="ALL: ALL\n")
        self.assertIn("one two 0022", answer)
        self.assertEqual(log, ["<30> svc[N]: connect from 127.0.0.1 (127.0.0.1)"])
        self.assertFalse(self.tcpd_ran())

    def test_a_client_that_may_not_is_refused_with_tcpds_words(self):
        answer, log = self.both(deny="svc: 127.0.0.1\n")
        self.assertEqual((answer, log), ("closed", ["<28> svc[N]: refused connect from 127.0.0.1 (127.0.0.1)"]))
        self.assertFalse(self.tcpd_ran())

    def test_severity_changes_the_priority_of_the_line(self):
        _, log = self.both(allow="svc: ALL: severity mail.notice\n")
        self.assertEqual(log, ["<21> svc[N]: connect from 127.0.0.1 (127.0.0.1)"])
        self.assertFalse(self.tcpd_ran())

    def test_what_a_name_decides_is_found_out_without_tcpd(self):
        answer, log = self.both(allow="svc: localhost\n", deny="ALL: ALL\n")
        self.assertIn("one two", answer)
        self.assertEqual(log, ["<30> svc[N]: connect from localhost (127.0.0.1)"])
        self.assertFalse(self.tcpd_ran())

    def test_what_a_user_decides_is_found_out_without_tcpd(self):
        with IdentServer("{p},{q}:USERID:UNIX:fred\r\n"):
            answer, log = self.both(allow="svc: fred@127.0.0.1\n", deny="ALL: ALL\n")
        self.assertIn("one two", answer)
        self.assertEqual(log, ["<30> svc[N]: connect from fred@127.0.0.1 (127.0.0.1)"])
        self.assertFalse(self.tcpd_ran())

    def test_who_is_refused_by_name_and_user_is_so_called(self):
        with IdentServer("{p},{q}:USERID:UNIX:fred\r\n"):
            _, log = self.both(deny="svc: fred@localhost\n")
        self.assertEqual(log, ["<28> svc[N]: refused connect from fred@localhost (127.0.0.1)"])
        self.assertFalse(self.tcpd_ran())

    def test_a_name_that_libc_alone_can_tell_is_left_to_tcpd(self):
        switch = pathlib.Path("/etc/nsswitch.conf").read_text()
        self.lab.write("/etc/nsswitch.conf", switch.replace("hosts: files\n", "hosts: files myhostname\n"))
        answer, log = self.both(allow="svc: localhost\n", deny="ALL: ALL\n")
        self.lab.write("/etc/nsswitch.conf", switch)
        self.assertIn("one two", answer)
        self.assertEqual(log, ["<30> svc[N]: connect from localhost (127.0.0.1)"])
        self.assertTrue(self.tcpd_ran())

    def test_options_that_act_are_left_to_tcpd(self):
        answer, _ = self.both(allow="svc: ALL: twist /bin/echo instead\n")
        self.assertEqual(answer, "instead")
        self.assertTrue(self.tcpd_ran())


if __name__ == "__main__":
    lab_case.main()
