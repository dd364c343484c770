#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Who is calling: names from a hosts file of the test's own, an ident server of its own, and options that touch the
# connection. What Debian's tcpd says of the same connection is compared with it.
import functools
import os
import pathlib
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from ident_server import IdentServer  # noqa: E402

PROBE = netlab.POSTERND.parent.parent / "tests" / "gate_probe"
TCPD = netlab.PEERS / "usr" / "sbin" / "tcpd"
LONG = "l" * 60 + "." + "m" * 60 + ".example.test"  # over 127 bytes

# 4: its reverse name belongs to 3; 6: so does another's name; 7: a number; 8: too long to be kept.
HOSTS = f"""127.0.0.1 localhost
127.0.0.2 good.Example.test alias.example.test
127.0.0.3 dual.example.test
127.0.0.4 dual.example.test
127.0.0.5 other.example.test first.example.test
127.0.0.6 first.example.test
127.0.0.7 10.9.8.7
127.0.0.8 {LONG}
::1 six.example.test
"""

# Which rule matched is told by the severity of tcpd's line.
WHICH = ("ALL: PARANOID: severity local1.info\nALL: KNOWN: severity local2.info\n"
         "ALL: UNKNOWN: severity local3.info\n")


class Connected:
    """A connection over loopback: `client` asks, `server` is what a super-server hands over."""

    def __init__(self, source="127.0.0.1", to="127.0.0.1", dual=False):
        family = socket.AF_INET6 if ":" in to or dual else socket.AF_INET
        listener = socket.create_server(("::" if dual else to, 0), family=family, dualstack_ipv6=dual)
        with listener:
            port = listener.getsockname()[1]
            self.client = socket.create_connection((to, port), timeout=10, source_address=(source, 0))
            self.server, _ = listener.accept()
        self.port, self.source_port = port, self.client.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
        self.server.close()


class Answer:
    def __init__(self, output):
        lines = [line.partition(" ") for line in output.splitlines()]
        self.logs = [rest for key, _, rest in lines if key == "log"]
        values = {key: rest for key, _, rest in lines}
        self.verdict, milliseconds = values["verdict"].split()
        self.milliseconds = int(milliseconds)
        self.line = "connect " + values["connect"]
        self.deadline = int(values["deadline"])
        self.left = values["left"]


@functools.cache
def syslog(lab):
    """What was logged so far: one /dev/log for all tests."""
    return lab.listen_syslog()


class Lookup(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        self.lab.write("/etc/hosts", HOSTS)
        self.rules("", "")

    def run_probe(self, connection, *args, daemon="svc"):
        return subprocess.run([PROBE, daemon, *args], stdin=connection.server, capture_output=True, text=True,
                              timeout=60, check=False)

    def probe(self, connection, *args, **options):
        done = self.run_probe(connection, *args, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = Answer(done.stdout)
        self.assertEqual(answer.left, "0 0", "a child or a descriptor stayed behind")
        return answer

    def tcpd(self, connection):
        """What the original logs of the connection."""
        received = syslog(self.lab)
        before = len(received())
        subprocess.run(["/bin/true"], executable=TCPD, stdin=connection.server, stdout=subprocess.DEVNULL, timeout=60,
                       check=False, env={"LD_LIBRARY_PATH": netlab.peer_libraries()})
        return received()[before:]


class Names(Lookup):
    def assert_as_the_original(self, source, to="127.0.0.1"):
        """Both match the same rule, log the same line and warn of the same; returns our answer."""
        self.rules(WHICH, "")
        with Connected(source, to) as connection:
            answer = self.probe(connection)
            original = self.tcpd(connection)
        self.assertEqual(answer.verdict, "allowed")
        texts = [text.partition("]: ")[2] for text in original]
        self.assertEqual(answer.line, texts[-1])
        self.assertEqual([log.partition(" ")[2] for log in answer.logs], texts[:-1])
        return answer, original[-1]

    def test_a_confirmed_name_stands_as_the_reverse_lookup_spells_it(self):
        answer, original = self.assert_as_the_original("127.0.0.2")
        self.assertIn("<150>", original)  # local2.info
        self.assertEqual(answer.line, "connect from good.Example.test (127.0.0.2)")
        self.assertEqual(answer.logs, [])

    def test_names_that_do_not_verify_are_paranoid(self):
        for source, words in (("127.0.0.6", "host name/name mismatch: first.example.test != other.example.test"),
                              ("127.0.0.7", "reverse lookup results in non-FQDN 10.9.8.7"),
                              ("127.0.0.8", "can't verify hostname: getaddrinfo(llll")):
            with self.subTest(source):
                answer, original = self.assert_as_the_original(source)
                self.assertIn("<142>", original)  # local1.info
                self.assertEqual(answer.line, f"connect from {source} ({source})")
                self.assertIn(words, answer.logs[0])
                self.assertTrue(answer.logs[0].startswith("3 warning: /etc/hosts.allow, line 1: "), answer.logs)

    def test_an_address_that_the_name_does_not_have_is_as_the_original_says(self):
        self.assert_as_the_original("127.0.0.4")

    def test_no_reverse_name_is_unknown_without_a_word(self):
        answer, original = self.assert_as_the_original("127.0.0.99")
        self.assertIn("<158>", original)  # local3.info
        self.assertEqual(answer.logs, [])

    def test_ipv6_is_looked_up_as_itself(self):
        answer, _ = self.assert_as_the_original("::1", "::1")
        self.assertEqual(answer.line, "connect from six.example.test (::1)")

    def test_a_name_is_looked_up_only_for_a_rule_that_needs_it(self):
        for allow, line in (("ALL: 127.0.0.2\n", "connect from 127.0.0.2 (127.0.0.2)"),
                            ("ALL: nosuch.test 127.0.0.2\n", "connect from good.Example.test (127.0.0.2)"),
                            ("ALL: .example.test\n", "connect from good.Example.test (127.0.0.2)"),
                            ("other: .example.test\nALL: ALL\n", "connect from 127.0.0.2 (127.0.0.2)")):
            with self.subTest(allow), Connected("127.0.0.2") as connection:
                self.rules(allow, "ALL: ALL\n")
                answer = self.probe(connection)
                self.assertEqual((answer.verdict, answer.line), ("allowed", line))
                self.assertEqual(self.tcpd(connection)[-1].partition("]: ")[2], line)

    def test_an_ipv4_client_of_a_dual_stack_socket_is_ipv4(self):
        for allow in ("ALL: 127.0.0.2\n", "ALL: good.example.test\n"):
            with self.subTest(allow), Connected("127.0.0.2", dual=True) as connection:
                self.rules(allow, "ALL: ALL\n")
                answer = self.probe(connection)
                self.assertEqual(answer.verdict, "allowed")
                self.assertTrue(answer.line.endswith(" (::ffff:127.0.0.2)"), answer.line)
                self.assertEqual(self.tcpd(connection)[-1].partition("]: ")[2], answer.line)

    def test_the_server_has_a_name_too(self):
        self.rules("svc@good.example.test: ALL\n", "ALL: ALL\n")
        for to, verdict in (("127.0.0.2", "allowed"), ("127.0.0.3", "denied"), ("127.0.0.99", "denied")):
            with self.subTest(to), Connected(to=to) as connection:
                self.assertEqual(self.probe(connection).verdict, verdict)

    def test_netgroups_are_those_of_the_name_service(self):
        self.lab.write("/etc/netgroup", "trusted (good.example.test,,)\n")
        switch = pathlib.Path("/etc/nsswitch.conf").read_text()
        self.lab.write("/etc/nsswitch.conf", switch + "netgroup: files\n")
        self.rules("ALL: @trusted\n", "ALL: ALL\n")
        for source, verdict in (("127.0.0.2", "allowed"), ("127.0.0.3", "denied")):
            with self.subTest(source), Connected(source) as connection:
                self.assertEqual(self.probe(connection).verdict, verdict)

    def test_a_name_server_that_is_silent_is_left_at_the_deadline(self):
        switch = pathlib.Path("/etc/nsswitch.conf").read_text()
        self.lab.write("/etc/nsswitch.conf", switch.replace("hosts: files", "hosts: dns"))
        self.lab.write("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n")
        self.rules("ALL: KNOWN\n", "ALL: ALL\n")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent, Connected() as connection:
            silent.bind(("127.0.0.1", 53))
            answer = self.probe(connection, "300")
        self.lab.write("/etc/nsswitch.conf", switch)
        self.lab.write("/etc/resolv.conf", "")
        self.assertEqual(answer.verdict, "denied")
        self.assertGreaterEqual(answer.milliseconds, 300)
        self.assertLess(answer.milliseconds, 15000)
        self.assertIn("can't look up hostname: poll: Connection timed out", answer.logs[0])


class Ident(Lookup):
    def test_the_user_is_asked_for_once_from_the_address_the_client_called(self):
        self.rules("svc: alice@ALL\ntrue: alice@ALL\n", "ALL: ALL\n")
        with IdentServer("{p} , {q} : USERID : UNIX : alice\r\n") as ident, Connected(to="127.0.0.2") as connection:
            answer = self.probe(connection)
            original = self.tcpd(connection)
        self.assertEqual(answer.verdict, "allowed")
        self.assertEqual(answer.line, "connect from alice@127.0.0.1 (127.0.0.1)")
        self.assertEqual(original[-1].partition("]: ")[2], answer.line)
        self.assertEqual(ident.questions, [(f"{connection.source_port},{connection.port}\r\n", "127.0.0.2")] * 2)

    def test_nobody_is_asked_when_the_host_does_not_match(self):
        self.rules("svc: alice@10.\n", "")
        with IdentServer("{p},{q}:USERID:UNIX:alice\r\n") as ident, Connected() as connection:
            self.assertEqual(self.probe(connection).verdict, "allowed")
        self.assertEqual(ident.questions, [])

    def test_replies_are_read_as_the_original_reads_them(self):
        self.rules("ALL: ALL: rfc931 5\n", "")
        for reply, user in (("{p}, {q} : USERID : UNIX, US-ASCII : bob\r\n", "bob"),
                            ("{p},{q}:USERID:UNIX:bob\n", "bob"),
                            ("{p}, {q} : USERID : UNIX : two words\r\n", "two"),
                            ("{p}, {q} : userid : UNIX : bob\r\n", None),
                            ("{q}, {p} : USERID : UNIX : bob\r\n", None),
                            ("{p}, {q} : USERID : UNIX : bob", None),
                            ("{p}, {q} : ERROR : NO-USER\r\n", None),
                            ("{p}, {q} : USERID :: bob\r\n", None),
                            ("{p}, {q} : USERID : : bob\r\n", "bob"),
                            ("{p}, {q} : USERID : UNIX : b:o;b$(x)\r\n", "b:o;b$(x)"),
                            ("{p}, {q} : USERID : UNIX : " + "x" * 600 + "\r\n", "x" * 127)):
            with self.subTest(reply), IdentServer(reply), Connected() as connection:
                answer = self.probe(connection)
                line = f"connect from {user + '@' if user else ''}127.0.0.1 (127.0.0.1)"
                self.assertEqual(answer.line, line)
                self.assertEqual(self.tcpd(connection)[-1].partition("]: ")[2], line)

    def test_a_server_that_hangs_is_left_after_the_time_of_rfc931(self):
        self.rules("ALL: ALL: rfc931 1\n", "")
        with IdentServer(None), Connected() as connection:
            answer = self.probe(connection)
        self.assertEqual(answer.line, "connect from 127.0.0.1 (127.0.0.1)")
        self.assertEqual(answer.deadline, 1)
        self.assertGreaterEqual(answer.milliseconds, 1000)
        self.assertLess(answer.milliseconds, 9000)

    def test_ipv6_is_asked_over_ipv6(self):
        self.rules("svc: alice@ALL\n", "ALL: ALL\n")
        with IdentServer("{p},{q}:USERID:UNIX:alice\r\n", "::1") as ident, Connected("::1", "::1") as connection:
            self.assertEqual(self.probe(connection).verdict, "allowed")
        self.assertEqual([asker for _question, asker in ident.questions], ["::1"])


class Options(Lookup):
    def test_the_client_reads_the_banner_and_then_the_twist(self):
        self.lab.write("banners/svc", b"\0\0Hello %a %%x\nline [x\nend")
        self.rules("svc: ALL: banners /run/lab/banners: twist /bin/echo 421 %a\n", "")
        with Connected() as connection:
            done = self.run_probe(connection)
            connection.server.close()
            with connection.client.makefile("rb") as stream:
                heard = stream.read()
        self.assertEqual(heard, b"\0\0Hello 127.0.0.1 %x\r\nline [x\nend421 127.0.0.1\n")
        self.assertEqual(Answer(done.stdout).logs, ["4 twist 127.0.0.1 to /bin/echo 421 127.0.0.1"])

    def test_commands_hear_and_say_nothing(self):
        self.rules("svc: ALL: spawn cat > /run/lab/F; id -u > /run/lab/G; echo no: aclexec echo no; exit 0\n", "")
        with Connected() as connection:
            connection.client.sendall(b"for the service\n")
            self.assertEqual(self.probe(connection).verdict, "allowed")
            self.assertEqual(connection.server.recv(100), b"for the service\n")
            connection.client.setblocking(False)
            with self.assertRaises(BlockingIOError):
                connection.client.recv(1)
        self.assertEqual(pathlib.Path("/run/lab/F").read_text(), "")
        self.assertEqual(pathlib.Path("/run/lab/G").read_text(), f"{os.getuid()}\n")

    def test_socket_options_reach_the_connection(self):
        self.rules("svc: ALL: keepalive: linger 3: allow\n", "")
        with Connected() as connection:
            self.assertEqual(self.probe(connection).logs, [])
            self.assertEqual(connection.server.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 1)

    def test_a_user_name_of_the_client_does_not_act_in_the_shell(self):
        self.rules("svc: ALL: spawn echo %u > /run/lab/F\n", "")
        with IdentServer("{p},{q}:USERID:UNIX:a;b$(c)\n"), Connected() as connection:
            answer = self.probe(connection)
        self.assertEqual(pathlib.Path("/run/lab/F").read_text(), "a_b__c_\n")
        self.assertEqual(answer.line, "connect from a_b__c_@127.0.0.1 (127.0.0.1)")

    def test_a_unix_socket_is_localhost(self):
        for rule, verdict in (("svc: localhost\n", "allowed"), ("svc: LOCAL\n", "denied"), ("svc: KNOWN\n", "denied")):
            with self.subTest(rule=rule):
                self.rules(rule, "ALL: ALL\n")
                ours, theirs = socket.socketpair()
                with ours, theirs:
                    done = subprocess.run([PROBE, "svc"], stdin=theirs, capture_output=True, text=True, timeout=60,
                                          check=True)
                self.assertEqual(Answer(done.stdout).verdict, verdict)
        self.assertEqual(Answer(done.stdout).line, "connect from localhost (localhost)")


if __name__ == "__main__":
    lab_case.main()
