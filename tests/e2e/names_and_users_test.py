#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Who calls: postern-lookup asks name servers and ident servers of the test's own, and Debian's oidentd; what they do
# decides about their own clients alone.
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from ident_server import IdentServer  # noqa: E402
from lab_case import entry, lookup_of  # noqa: E402
from name_server import NameServer  # noqa: E402

ASKED, OTHER, OPEN, MUX = 20001, 20002, 20003, 20004
DEFAULTS = lab_case.DEFAULTS
USERS = DEFAULTS.replace("log_on_failure = HOST", "log_on_failure = HOST USERID").replace(
    "log_on_success = HOST PID", "log_on_success = HOST PID USERID")
GOOD = "{p} , {q} : USERID : UNIX : fred\r\n"


class Asked(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        self.lab.write("/etc/hosts", "127.0.0.1 localhost\n")
        self.lab.write("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n")
        self.sources("files dns")
        self.rules("", "")

    def sources(self, hosts):
        self.lab.write("/etc/nsswitch.conf", f"passwd: files\ngroup: files\nhosts: {hosts}\nservices: files\n"
                                             "networks: files\nprotocols: files\nrpc: files\n")

    def records(self, daemon, count, kind=None):
        found = daemon.wait_records(count, timeout=15, kind=kind)
        self.assertGreaterEqual(len(found), count, "\n".join(m.raw for m in daemon.log()[-20:]))
        return [record.normalised() for record in found]

    def served(self, source, port=ASKED, timeout=20):
        return self.ask(port, source=source, timeout=timeout) == "hello\n"


class Names(Asked):
    def test_only_from_and_no_access_hold_by_confirmed_names(self):
        conf = DEFAULTS + entry("asked", ASKED, "only_from = .good.test", "no_access = bad.good.test")
        with NameServer() as dns:
            dns.tell("127.0.0.2", "a.good.test", "127.0.0.9", "127.0.0.2")
            dns.tell("127.0.0.3", "bad.good.test")
            dns.tell("127.0.0.4", "liar.good.test", "127.0.0.9")
            dns.tell("127.0.0.5", "other.test")
            dns.names["127.0.0.6"] = "nowhere.good.test"
            dns.names["127.0.0.7"] = b"\x0aa.good.te\n\0"  # no host name
            dns.names["127.0.0.8"] = "127.0.0.8"
            dns.aliases["alias.good.test"] = "a.good.test"
            dns.names["127.0.0.10"] = "alias.good.test"
            dns.silent.add("127.0.0.11")
            dns.broken.add("127.0.0.12")
            daemon = self.start(conf)
            self.assertTrue(self.served("127.0.0.2"))
            for last in (3, 4, 5, 6, 7, 8, 10, 11, 12, 13):
                with self.subTest(last):
                    self.assertFalse(self.served(f"127.0.0.{last}"))
            self.assertEqual(len(self.records(daemon, 10, "FAIL")), 10)
            for why in ("it has other addresses", "it has no address", "it is a number", "it is an alias of another",
                        "no name server could tell it"):
                self.assertTrue(netlab.wait_until(lambda: daemon.logged(f"is not confirmed: {why}")), why)
        self.assert_consistent(daemon)

    def test_access_files_are_followed_by_names_without_a_gate(self):
        self.rules("echo: .good.test\necho: svc.test 127.0.0.9\n", "ALL: ALL\n")
        with NameServer() as dns:
            dns.tell("127.0.0.2", "a.good.test")
            dns.tell("127.0.0.3", "liar.good.test", "127.0.0.9")
            dns.silent.add("127.0.0.9")
            daemon = self.start(DEFAULTS + entry("asked", ASKED))
            self.assertTrue(self.served("127.0.0.2"))
            self.assertFalse(self.served("127.0.0.3"))
            self.assertTrue(self.served("127.0.0.9"), "what the address grants does not hang on the name")
            self.assertTrue(lookup_of(daemon))
            self.assertEqual([m.raw for m in daemon.logged("postern-gate")], [])
            self.assertEqual(sorted(r for r in self.records(daemon, 3) if not r.startswith("EXIT")),
                             ["FAIL asked libwrap from=127.0.0.3", "START asked from=127.0.0.2",
                              "START asked from=127.0.0.9"])

    def test_a_name_that_nobody_can_tell_does_not_evade_a_refusal(self):
        self.rules("", "ALL: .evil.test\n")
        with NameServer() as dns:
            dns.tell("127.0.0.2", "a.evil.test")
            dns.tell("127.0.0.3", "b.test")
            dns.silent.add("127.0.0.4")
            self.start(DEFAULTS + entry("asked", ASKED))
            for source, served in (("127.0.0.2", False), ("127.0.0.3", True), ("127.0.0.4", False),
                                   ("127.0.0.5", True)):
                with self.subTest(source):
                    self.assertEqual(self.served(source), served)

    def test_the_hosts_file_is_read_again_when_it_changes(self):
        self.sources("files")
        self.start(DEFAULTS + entry("asked", ASKED, "only_from = .good.test"))
        self.assertFalse(self.served("127.0.0.2"))
        self.lab.write("/etc/hosts", "127.0.0.1 localhost\n127.0.0.2 a.good.test\n")
        self.assertTrue(netlab.wait_until(lambda: self.served("127.0.0.2"), 10, 0.2))
        pathlib.Path("/etc/hosts").write_text("127.0.0.2 b.test\n")
        self.assertTrue(netlab.wait_until(lambda: not self.served("127.0.0.2"), 10, 0.2))

    def test_another_name_server_is_asked_when_resolv_conf_says_so(self):
        self.start(DEFAULTS + entry("asked", ASKED, "only_from = .good.test"))
        with NameServer("127.0.0.54") as dns:
            dns.tell("127.0.0.2", "a.good.test")
            self.assertFalse(self.served("127.0.0.2"))
            self.lab.write("/etc/resolv.conf", "nameserver 127.0.0.54\n")
            self.assertTrue(netlab.wait_until(lambda: self.served("127.0.0.2"), 10, 0.2))

    def test_what_libc_alone_can_ask_is_left_to_the_gate(self):
        self.sources("files myhostname")
        self.lab.write("/etc/hosts", "127.0.0.1 localhost\n127.0.0.2 a.evil.test\n")
        self.rules("", "ALL: .evil.test\n")
        daemon = self.start(DEFAULTS + entry("asked", ASKED))
        self.assertFalse(self.served("127.0.0.2"))
        self.assertTrue(netlab.wait_until(lambda: daemon.logged("refused by postern-gate")))

    def test_ipv6_clients_have_names_as_well(self):
        self.lab.write("/etc/hosts", "::1 six.good.test\n127.0.0.2 four.good.test\n")
        self.start(DEFAULTS + entry("asked", ASKED, "only_from = .good.test", "flags = IPv6"))
        self.assertEqual(self.ask(ASKED, to="::1", timeout=20), "hello\n")
        self.assertTrue(self.served("127.0.0.2"))
        self.assertFalse(self.served("127.0.0.3"))

    def test_a_name_is_kept_for_as_long_as_its_server_says(self):
        with NameServer() as dns:
            dns.lifetime = 2
            dns.tell("127.0.0.2", "a.good.test")
            self.start(DEFAULTS + entry("asked", ASKED, "only_from = .good.test"))
            for _ in range(5):
                self.assertTrue(self.served("127.0.0.2"))
            self.assertLessEqual(len([q for q in dns.asked if q[0] == "127.0.0.2"]), 2)
            before = len(dns.asked)
            time.sleep(2.2)
            self.assertTrue(self.served("127.0.0.2"))
            self.assertGreater(len(dns.asked), before)


class Users(Asked):
    def oidentd(self, *args):
        program = netlab.PEERS / "usr" / "sbin" / "oidentd"
        log = open(self.lab.path("oidentd.log"), "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen([program, "-i", "-S", "-u", "nobody", "-g", "nogroup", *args], stdout=log, stderr=log,
                                   env={"LD_LIBRARY_PATH": netlab.peer_libraries()})

        def stop():
            process.terminate()
            process.wait(20)
        self.addCleanup(stop)
        self.assertTrue(netlab.wait_listening(113, 10), pathlib.Path(self.lab.path("oidentd.log")).read_text())

    def test_debians_oidentd_names_the_user_before_the_start_and_on_a_refusal(self):
        self.oidentd()
        self.rules("", "echo: 127.0.0.3\n")
        daemon = self.start(USERS + entry("asked", ASKED) + entry("full", OTHER, "instances = 0")
                            + entry("closed", OPEN, "only_from = 192.0.2.1"))
        self.assertTrue(self.served("127.0.0.1"))
        records = self.records(daemon, 2)
        self.assertEqual(records[:2], ["USERID asked UNIX : root from=127.0.0.1", "START asked from=127.0.0.1"])
        first = daemon.service_log()[:2]
        self.assertEqual(first[0].fields["pid"], first[1].fields["pid"])
        for port, source, why in ((OTHER, "127.0.0.1", "full service_limit"), (OPEN, "127.0.0.1", "closed address"),
                                  (ASKED, "127.0.0.3", "asked libwrap")):
            with self.subTest(why):
                known = len(daemon.service_log())
                self.assertEqual(self.ask(port, source=source, timeout=20), "closed")
                self.assertTrue(netlab.wait_until(lambda: len(daemon.service_log()) >= known + 2, 10))
                told = [r for r in daemon.service_log()[known:] if r.kind != "EXIT"]
                self.assertEqual([r.normalised() for r in told],
                                 [f"FAIL {why} from={source}",
                                  f"USERID {why.split()[0]} UNIX : root from={source}"])
                self.assertNotIn("pid", told[1].fields)
        self.assert_consistent(daemon)

    def test_an_unprivileged_user_is_told_as_such(self):
        self.oidentd()
        daemon = self.start(USERS + entry("asked", ASKED))
        client = "import socket; print(socket.create_connection(('127.0.0.1', %d), 20).recv(9))" % ASKED
        done = subprocess.run(["/usr/bin/python3", "-c", client], user="nobody", group="nogroup", extra_groups=[],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.stdout, "b'hello\\n'\n", done.stderr)
        self.assertEqual(self.records(daemon, 1)[0], "USERID asked UNIX : nobody from=127.0.0.1")

    def test_without_an_ident_server_a_client_is_served_and_refused_as_ever(self):
        daemon = self.start(USERS + entry("asked", ASKED) + entry("full", OTHER, "instances = 0"))
        self.assertTrue(self.served("127.0.0.1"))
        self.assertEqual(self.ask(OTHER, timeout=20), "closed")
        kinds = {record.split()[0] for record in self.records(daemon, 3)}
        self.assertEqual(kinds, {"START", "EXIT", "FAIL"})

    def test_an_answer_forges_no_line_and_no_field(self):
        lies = ("{p},{q}:USERID:UNIX:a\r\nSTART: fake pid=1\r\n", "{p},{q}:USERID:UNIX:a\rSTART: fake\x1b[2J\r\n",
                "{p},{q}:USERID:UNIX pid=7 from=192.0.2.1:b from=192.0.2.9 pid=1\r\n",
                "{p},{q}:USERID:UNIX:\xe2\x80\xa8x\\\r\n", "{p},{q}:USERID:UNIX:" + "y" * 9000 + "\r\n")
        daemon = self.start(USERS + entry("asked", ASKED))
        log = pathlib.Path(self.lab.path("svc.log"))
        for lie in lies:
            with self.subTest(lie[:40]), IdentServer(lie):
                before = len(log.read_bytes()) if log.exists() else 0
                self.assertTrue(self.served("127.0.0.1"))
                self.assertTrue(netlab.wait_until(lambda: b"EXIT: asked" in log.read_bytes()[before:], 10))
                raw = log.read_bytes()[before:]
                lines = raw.decode("utf-8").splitlines()
                self.assertEqual([line.split(": ")[1] for line in lines], ["USERID", "START", "EXIT"])
                self.assertFalse(set(raw) & set(range(0x20)) - {0x0a}, raw)
                self.assertLess(len(lines[0]), 600)
                self.assertEqual(lines[0].count("from="), 1)
                self.assertEqual(lines[0].count("pid="), 1)
                self.assertRegex(lines[0], r" from=127\.0\.0\.1 pid=\d+$")

    def test_idonly_serves_those_whose_user_is_named_and_no_others(self):
        conf = USERS + entry("asked", ASKED, "flags = IDONLY") + DEFAULTS_BANNER
        self.lab.write("no", "no user, no service\n")
        daemon = self.start(conf)
        self.assertEqual(self.ask(ASKED, timeout=20), "closed")
        self.assertEqual(self.records(daemon, 1), ["NOID asked 127.0.0.1 no server"])
        for reply, reason in (("{p},{q}:ERROR:HIDDEN-USER\r\n", "bad response"), ("nonsense\r\n", "bad response"),
                              ("{q},{p}:USERID:UNIX:fred\r\n", "bad response"),
                              ("{p},{q}:USERID:UNIX:fred", "error while receiving response")):
            with self.subTest(reply), IdentServer(reply):
                known = len(daemon.service_log())
                self.assertEqual(self.ask(ASKED, timeout=20), "closed")
                netlab.wait_until(lambda: len(daemon.service_log()) > known)
                self.assertEqual(daemon.service_log()[-1].normalised(), f"NOID asked 127.0.0.1 {reason}")
        with IdentServer(GOOD):
            self.assertTrue(self.served("127.0.0.1"))
            self.assertEqual(self.ask(OTHER, timeout=20), "hello\n")
        self.assertEqual(self.ask(OTHER, timeout=20), "no user, no service\n")
        self.assert_consistent(daemon)

    def test_access_files_are_followed_by_users(self):
        self.rules("echo: fred@127.\n", "ALL: ALL\n")
        daemon = self.start(DEFAULTS + entry("asked", ASKED))
        with IdentServer(GOOD, "127.0.0.2") as ident:
            self.assertTrue(self.served("127.0.0.2"))
            self.assertEqual(len(ident.questions), 1)
            self.assertEqual(ident.questions[0][1], "127.0.0.1", "asked from where the client connected to")
        self.assertFalse(self.served("127.0.0.2"))
        with IdentServer("{p},{q}:USERID:UNIX:eve\r\n", "127.0.0.2"):
            self.assertFalse(self.served("127.0.0.2"))
        self.assertFalse(daemon.logged("postern-gate"))

    def test_a_gate_that_refuses_has_the_user_in_its_record(self):
        self.rules("", "echo: ALL: spawn /bin/true: severity info\necho: ALL: aclexec /bin/false\n")
        self.rules("echo: ALL: aclexec /bin/false\n", "ALL: ALL\n")
        with IdentServer(GOOD):
            daemon = self.start(USERS + entry("asked", ASKED))
            self.assertEqual(self.ask(ASKED, timeout=20), "closed")
            self.records(daemon, 1, "FAIL")
            told = [r for r in self.records(daemon, 3) if r.startswith(("FAIL", "USERID"))]
            self.assertIn("USERID asked UNIX : fred from=127.0.0.1", told)
            self.assertIn("FAIL asked libwrap from=127.0.0.1", told)


DEFAULTS_BANNER = entry("banner", OTHER, "flags = IDONLY", "banner_fail = /run/lab/no")


class Isolation(Asked):
    def test_hostile_ident_servers_delay_nobody_else(self):
        def flood(connection):
            for _ in range(2000):
                connection.sendall(b"x" * 4096)

        daemon = self.start(USERS + entry("asked", ASKED) + entry("full", OTHER, "instances = 0"))
        for reply in (None, flood, "{p}"):
            with self.subTest(str(reply)), IdentServer(reply, "127.0.0.2"):
                hostile = [self.lab.connect(port, source="127.0.0.2", timeout=30)
                           for port in (ASKED, OTHER) for _ in range(20)]
                began = time.monotonic()
                self.assertTrue(self.served("127.0.0.1"))
                self.assertEqual(self.ask(OTHER, source="127.0.0.1", timeout=20), "closed")
                self.assertLess(time.monotonic() - began, 3)
                for client in hostile:
                    client.close()
                self.assert_consistent(daemon)

    def test_killing_the_process_loses_what_it_had_and_nothing_else(self):
        with NameServer() as dns:
            for last in range(2, 60):
                dns.silent.add(f"127.0.1.{last}")
            dns.tell("127.0.0.2", "a.good.test")
            daemon = self.start(DEFAULTS + entry("asked", ASKED, "only_from = .good.test") + entry("open", OPEN))
            self.assertTrue(self.served("127.0.0.2"))
            waiting = [self.lab.connect(ASKED, source=f"127.0.1.{last}", timeout=30) for last in range(2, 60)]
            lookup = lookup_of(daemon)
            self.assertTrue(netlab.wait_until(lambda: len({q for q in dns.asked}) >= 58, 10))
            os.kill(lookup, signal.SIGKILL)
            self.assertEqual(self.ask(OPEN, timeout=20), "hello\n")
            self.assertEqual(len(self.records(daemon, 58, "FAIL")), 58)
            for client in waiting:
                self.assertEqual(client.read_all(timeout=20), b"")
                client.close()
            self.assertTrue(netlab.wait_until(lambda: daemon.logged("postern-lookup was lost with 58 questions")))
            self.assertTrue(netlab.wait_until(lambda: lookup_of(daemon) not in (None, lookup), 10))
            self.assertTrue(netlab.wait_until(lambda: self.served("127.0.0.2"), 10, 0.2))
        self.assert_consistent(daemon)

    def test_one_that_dies_again_and_again_costs_only_those_who_need_it(self):
        stop = threading.Event()
        with NameServer() as dns:
            dns.tell("127.0.0.2", "a.good.test")
            daemon = self.start(DEFAULTS + entry("asked", ASKED, "only_from = .good.test") + entry("open", OPEN))
            self.served("127.0.0.2")

            def kill():
                while not stop.is_set():
                    pid = lookup_of(daemon)
                    if pid:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                    time.sleep(0.02)
            killer = threading.Thread(target=kill)
            killer.start()
            try:
                for _ in range(40):
                    self.served("127.0.0.2")
                    self.assertEqual(self.ask(OPEN, timeout=20), "hello\n")
            finally:
                stop.set()
                killer.join(20)
            # Pauses grow: it was not started for each of the forty.
            self.assertLess(len(daemon.logged("postern-lookup (pid")), 30)
            self.assertTrue(netlab.wait_until(lambda: self.served("127.0.0.2"), 20, 0.3))
        self.assert_consistent(daemon)

    def test_who_waits_for_a_service_that_is_removed_is_refused(self):
        with NameServer() as dns:
            dns.tell("127.0.0.2", "a.good.test")
            dns.delay = 2
            daemon = self.start(DEFAULTS + entry("asked", ASKED, "only_from = .good.test") + entry("open", OPEN))
            with self.lab.connect(ASKED, source="127.0.0.2", timeout=20) as client:
                self.assertTrue(netlab.wait_until(lambda: dns.asked, 10))
                self.lab.write("main.conf", DEFAULTS + entry("open", OPEN))
                self.assertTrue(daemon.reload())
                self.assertEqual(client.read_all(timeout=20), b"")
            self.assertEqual(self.records(daemon, 1), ["FAIL asked address from=127.0.0.2"])
        self.assert_consistent(daemon)

    def test_a_source_may_have_so_many_questions_and_no_more(self):
        with IdentServer(None, "127.0.0.2"), IdentServer(GOOD, "127.0.0.1"):
            daemon = self.start(USERS + entry("asked", ASKED))
            clients = [self.lab.connect(ASKED, source="127.0.0.2", timeout=30) for _ in range(80)]
            # Those beyond the bound are served without being asked about.
            self.assertTrue(netlab.wait_until(lambda: len(daemon.wait_records(16, kind="START")) == 16, 15))
            self.assertTrue(self.served("127.0.0.1"))
            self.assertEqual(len([r for r in daemon.service_log() if r.kind == "USERID"]), 1)
            for client in clients:
                client.close()

    def test_the_process_is_confined(self):
        self.lab.write("/etc/hosts", "127.0.0.2 a.good.test\n")
        daemon = self.start(DEFAULTS + entry("asked", ASKED, "only_from = .good.test"))
        self.assertIsNone(lookup_of(daemon), "it is started when it is needed")
        self.assertTrue(self.served("127.0.0.2"))
        pid = lookup_of(daemon)
        status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                      if ":\t" in line)
        self.assertEqual(status["Seccomp"].strip(), "2")
        self.assertEqual(status["NoNewPrivs"].strip(), "1")
        for capabilities in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            self.assertEqual(int(status[capabilities], 16), 0)
        uids = set(status["Uid"].split())
        self.assertEqual(len(uids), 1)
        self.assertGreater(int(uids.pop()), 1000)
        relay = pathlib.Path(f"/proc/{lab_case.relay_of(daemon)}/status").read_text()
        self.assertNotIn(status["Uid"], relay, "no other process of ours has its user")
        self.assertEqual(pathlib.Path(f"/proc/{pid}/environ").read_bytes(), b"")


if __name__ == "__main__":
    lab_case.main()
