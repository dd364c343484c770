#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# The files that administrators have, with the programs that they name: Debian's exim, proftpd (behind tcpd) and
# cups-lpd answer under posternd, the limits of the files are in force, and a shell script is added by SIGHUP.
# Only the ports are others: /etc/services of the lab names them.
import os
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
import peer_settings  # noqa: E402
import unpacked  # noqa: E402

SMTP, FTP, PRINTER, SAMPLE = 925, 921, 915, 50000
SERVICES = f"""smtp {SMTP}/tcp mail
ftp {FTP}/tcp
printer {PRINTER}/tcp spooler
exim {SMTP}/tcp
sampleserver {SAMPLE}/tcp
"""

INETD_CONF = """# <service_name> <sock_type> <proto> <flags> <user> <server_path> <args>
smtp    stream tcp nowait mail /usr/sbin/exim exim -bs
printer stream tcp nowait lp /usr/lib/cups/daemon/cups-lpd cups-lpd -o document-format=application/octet-stream
ftp     stream tcp nowait root /usr/sbin/tcpd /usr/sbin/proftpd
"""

XINETD_CONF = """# Simple configuration file for xinetd
defaults
{
    instances      = 10
    cps            = 50 20
    max_load       = 2.5
    no_access      = 24.0.0.0
    log_type       = SYSLOG daemon
    log_on_failure = HOST USERID
    log_on_success = HOST PID EXIT DURATION
}
includedir /etc/xinetd.d
"""

XINETD_EXIM = """service smtp
{
    socket_type = stream
    protocol    = tcp
    wait        = no
    user        = mail
    server      = /usr/sbin/exim
    server_args = -bs
    flags       = REUSE
    nice        = 5
    rlimit_as   = 32M
}
"""

SAMPLE_SERVICE = """service sampleserver
{
    socket_type = stream
    protocol    = tcp
    wait        = no
    user        = nobody
    server      = /run/lab/sampleserver
    flags       = REUSE
}
"""
SAMPLESERVER = "echo Welcome to the sample server.\n"
SAMPLE_LINE = "sampleserver stream tcp nowait nobody /run/lab/sampleserver sampleserver\n"
STRANGER, NEIGHBOUR = "24.5.6.7", "25.5.6.7"


def prepare(lab):
    """Once: the programs at their paths, their users and settings, two clients' addresses, a quiet machine."""
    environment = lab_case.fake_load_average(0.5, "/run/quiet"), lab_case.fake_load_average(2.5, "/run/busy")
    unpacked.install()
    for address in (STRANGER, NEIGHBOUR):
        lab.add_address(address)
    for path, line in (("/etc/passwd", "Debian-exim:x:3001:3001::/run/spool:/usr/sbin/nologin\n"),
                       ("/etc/group", "Debian-exim:x:3001:\n")):
        with open(path, "a", encoding="ascii") as file:
            file.write(line)
    lab.write("/etc/services", SERVICES)
    lab.write("/etc/exim4/exim4.conf", peer_settings.exim_conf("/run/spool"))
    lab.write("/etc/proftpd/proftpd.conf", peer_settings.PROFTPD_CONF)
    os.mkdir("/run/spool")
    os.chmod("/run/spool", 0o1777)
    return environment


def address_space_limits(pid):
    """(soft, hard) in bytes, as proc(5) shows them."""
    for line in pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines():
        if line.startswith("Max address space"):
            return tuple(int(word) for word in line.split()[3:5])
    return None


class SeedCases(lab_case.LabCase):
    @classmethod
    def setUpClass(cls):
        cls.quiet, cls.busy = prepare(cls.lab)
        cls.syslog = staticmethod(cls.lab.listen_syslog())

    def setUp(self):
        super().setUp()
        self.syslog().clear()
        shutil.rmtree("/etc/xinetd.d", ignore_errors=True)
        self.lab.write("/etc/xinetd.d/.keep", "")
        self.lab.write("/etc/inetd.conf", INETD_CONF)

    def smtp_dialogue(self, source=None, while_open=lambda: None):
        """The reply codes of one whole dialogue."""
        def reply(client):
            line = client.read_line()
            while line[3:4] == b"-":
                line = client.read_line()
            return line[:3].decode()
        with self.lab.connect(SMTP, source=source, timeout=20) as client:
            codes = [reply(client)]
            for command in (b"EHLO client.example.org", b"MAIL FROM:<ada@example.org>", b"RSET", b"QUIT"):
                while_open()
                client.send(command + b"\r\n")
                codes.append(reply(client))
            return codes

    def records(self, pattern, count=1):
        """The lines of syslog that match, when there are that many; else what there is after the wait."""
        def found():
            return [line for line in self.syslog() if re.search(pattern, line)]
        netlab.wait_until(lambda: len(found()) >= count)
        return found()

    def server_of(self, daemon, program):
        """The pid of the running server with this argv[0]."""
        def found():
            return [pid for pid in daemon.servers()
                    if pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode() == program]
        pids = netlab.wait_until(found)
        self.assertEqual(len(pids), 1)
        return pids[0]

    def start_inetd_conf(self):
        return self.start(None, "--inetd", "/etc/inetd.conf", "-dontfork", "-filelog", self.lab.path("program.log"),
                          bare=True, env=self.quiet)

    def test_exim_from_inetd_conf_holds_an_smtp_dialogue(self):
        self.start_inetd_conf()
        self.assertEqual(self.smtp_dialogue(), ["220", "250", "250", "250", "221"])

    def test_proftpd_behind_tcpd_greets_and_refuses_a_login_that_is_none(self):
        self.start_inetd_conf()
        with self.lab.connect(FTP, timeout=20) as client:
            self.assertRegex(client.read_line(), rb"\A220 ProFTPD Server \(The gate\)")
            client.send(b"USER nobody\r\n")
            self.assertRegex(client.read_line(), rb"\A331 ")
            client.send(b"PASS wrong\r\n")
            self.assertRegex(client.read_line(), rb"\A530 ")

    def test_cups_lpd_survives_what_is_no_request(self):
        self.start_inetd_conf()
        self.assertEqual(self.ask(PRINTER, data=b"\x7fgarbage\n", timeout=20), "\1")  # RFC 1179: refused
        self.assertTrue(self.records("cups-lpd.*Unknown LPD command 0x7F"))
        # No cupsd runs here; a well-formed question gets cups-lpd's own answer.
        self.assertIn("Unable to connect", self.ask(PRINTER, data=b"\x03lp\n", timeout=20))

    def test_sampleserver_is_added_by_a_hangup(self):
        daemon = self.start_inetd_conf()
        self.assertEqual(self.ask(SAMPLE), "refused")
        self.lab.script("sampleserver", SAMPLESERVER)
        self.lab.write("/etc/inetd.conf", INETD_CONF + SAMPLE_LINE)
        self.assertTrue(daemon.reload())
        self.assertEqual(self.ask(SAMPLE), "Welcome to the sample server.\n")
        self.assertEqual(self.smtp_dialogue()[-1], "221")

    def start_xinetd_conf(self, **options):
        self.lab.write("/etc/xinetd.d/exim", XINETD_EXIM)
        return self.start(XINETD_CONF, env=self.quiet, **options)

    def test_exim_of_xinetd_d_runs_with_the_niceness_and_memory_of_its_file(self):
        daemon = self.start_xinetd_conf()
        seen = {}

        def look():
            if not seen:
                pid = self.server_of(daemon, "exim")
                seen["nice"] = os.getpriority(os.PRIO_PROCESS, pid)
                seen["memory"] = address_space_limits(pid)
                seen["arguments"] = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:-1]
        self.assertEqual(self.smtp_dialogue(while_open=look), ["220", "250", "250", "250", "221"])
        self.assertEqual(seen, {"nice": 5, "memory": (32 << 20, 32 << 20), "arguments": [b"-bs"]})
        start, = self.records("START: smtp")
        self.assertRegex(start, r"\A<30>.*: START: smtp pid=\d+ from=127\.0\.0\.1\Z")  # daemon.info
        stop, = self.records("EXIT: smtp")
        self.assertRegex(stop, r": EXIT: smtp status=0 pid=\d+ duration=\d+\(sec\)\Z")

    def test_a_client_of_24_is_refused_with_a_record_and_another_is_served(self):
        self.start_xinetd_conf()
        self.assertEqual(self.ask(SMTP, source=STRANGER), "closed")
        refusal, = self.records("FAIL: ")
        self.assertRegex(refusal, r": FAIL: smtp address from=24\.5\.6\.7\Z")
        self.assertEqual(self.smtp_dialogue(source=NEIGHBOUR)[-1], "221")
        self.assertTrue(self.records(r"START: smtp pid=\d+ from=25\.5\.6\.7"))
        self.assertFalse(self.records("START: smtp .*24[.]", count=0))

    def test_the_defaults_of_the_file_reach_the_services_of_inetd_conf(self):
        self.start(XINETD_CONF, "-inetd_compat", env=self.quiet)
        for port in (SMTP, FTP, PRINTER):
            self.assertEqual(self.ask(port, source=STRANGER), "closed")
        self.assertEqual(len(self.records(r"FAIL: \w+ address from=24[.]5", count=3)), 3)
        self.assertEqual(self.smtp_dialogue(source=NEIGHBOUR)[-1], "221")

    def test_an_eleventh_client_is_refused(self):
        self.start_xinetd_conf()
        clients = [self.lab.connect(SMTP, timeout=20) for _ in range(10)]
        self.assertTrue(all(client.read_line().startswith(b"220") for client in clients))
        self.assertEqual(self.ask(SMTP), "closed")
        self.assertTrue(self.records("FAIL: smtp service_limit from=127.0.0.1"))
        clients[0].send(b"QUIT\r\n")
        clients[0].read_all()
        self.assertTrue(self.records("EXIT: smtp"))
        self.assertEqual(self.smtp_dialogue()[-1], "221")
        for client in clients:
            client.close()

    def test_more_than_fifty_clients_in_a_second_close_the_service(self):
        self.lab.script("sampleserver", SAMPLESERVER)
        self.lab.write("/etc/xinetd.d/sample", SAMPLE_SERVICE)
        conf = XINETD_CONF.replace("instances      = 10", "instances = UNLIMITED").replace("50 20", "50 2")
        daemon = self.start(conf, env=self.quiet)
        clients = []
        for _ in range(60):
            try:
                clients.append(self.lab.connect(SAMPLE))
            except OSError:
                break
        self.assertTrue(netlab.wait_until(lambda: daemon.logged("Deactivating service sampleserver")))
        # xinetd(8): the port is closed for the time of the second number, then served again.
        self.assertEqual(self.ask(SAMPLE), "refused")
        self.assertTrue(netlab.wait_until(lambda: self.ask(SAMPLE).startswith("Welcome")))
        self.assertEqual(len(self.records("FAIL: sampleserver connections")), 1)
        for client in clients:
            client.close()

    def test_a_machine_that_is_too_busy_serves_nobody(self):
        self.lab.write("/etc/xinetd.d/exim", XINETD_EXIM)
        self.start(XINETD_CONF, env=self.busy)
        self.assertEqual(self.ask(SMTP), "closed")
        self.assertTrue(self.records("FAIL: smtp load from=127.0.0.1"))


if __name__ == "__main__":
    lab_case.main()
