# SPDX-License-Identifier: BSD-2-Clause
"""The numbered behaviour cases of tcpd, on Debian's tcpd, on Debian's tcpd with our libwrap.so.0, and on ours.

What can be seen (exit status, what the client receives, syslog records, datagrams left) must be the same on all three,
but for the differences that COMPATIBILITY.md lists: those are asserted as differences.
"""
import os
import pathlib
import socket
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import netlab  # noqa: E402
import unpacked  # noqa: E402
import wrapped  # noqa: E402
from wrapped import DEBIAN, MIXED, OURS, SIDES  # noqa: E402

INFO, WARNING, ERROR, CRITICAL, NOTICE = 0o36, 0o34, 0o33, 0o32, 0o35  # facility daemon
LOCAL3_NOTICE = (19 << 3) + 5
PLAIN = b"served /run/wrapped/svc \n0022\n0\n"
CONNECT = (INFO, "svc", "connect from 127.0.0.1 (127.0.0.1)")
REFUSED = (WARNING, "svc", "refused connect from 127.0.0.1 (127.0.0.1)")
COMPATIBILITY = pathlib.Path(__file__).resolve().parents[2] / "COMPATIBILITY.md"


class Case(unittest.TestCase):
    maxDiff = None

    def same(self, answer=None, log=None, status=0, left=None, run=wrapped.serve, **options):
        """The same on every side; what is given is also what it must be. Returns Debian's."""
        first = None
        for side in SIDES:
            with self.subTest(side.name):
                seen = run(side, **options)
                self.expect(seen, answer, log, status, left)
                first = first or seen
                self.assertEqual((seen.answer, seen.log, seen.left), (first.answer, first.log, first.left))
        return first

    def differs(self, row, debian, ours, run=wrapped.serve, **options):
        """A row of COMPATIBILITY.md: keyword arguments of expect() for Debian's library and for ours."""
        self.documented(row)
        self.assertNotEqual(debian, ours)
        for side, expected in ((DEBIAN, debian), (MIXED, ours), (OURS, ours)):
            with self.subTest(side.name):
                self.expect(run(side, **options), **expected)

    def documented(self, row):
        self.assertTrue(f"\n| {row} |" in COMPATIBILITY.read_text(), f"COMPATIBILITY.md has no row {row}")

    def expect(self, seen, answer=None, log=None, status=0, left=None):
        self.assertEqual(seen.status, status)
        for expected, what in ((answer, seen.answer), (log, seen.log), (left, seen.left)):
            if expected is not None:
                self.assertEqual(what, expected)


class Programs(Case):
    def test_101_an_absolute_path_is_the_program(self):
        self.same(PLAIN, [CONNECT])

    def test_102_a_refused_client_gets_nothing_and_the_status_is_0(self):
        self.same(b"", [REFUSED], deny="ALL: ALL\n")

    def test_102_the_refusal_takes_five_seconds_with_debians_and_none_with_ours(self):
        self.documented("refusal-delay")
        slow = {}
        def refuse():
            slow["seen"] = wrapped.run(DEBIAN, slow["ends"][1], idle=False)[1]
        wrapped.write_tables("", "ALL: ALL\n")
        slow["ends"] = wrapped.connection()
        thread = threading.Thread(target=refuse)
        thread.start()
        for side in (MIXED, OURS):
            client, server = wrapped.connection()
            with client, server:
                self.assertLess(wrapped.run(side, server, idle=False)[1], 4.0)
        thread.join()
        for end in slow["ends"]:
            end.close()
        self.assertGreaterEqual(slow["seen"], 5.0)
        wrapped.new_log(3)

    def test_103_a_name_is_a_program_of_the_daemon_directory(self):
        self.same(b"", [(INFO, "in.nosuch", "connect from 127.0.0.1 (127.0.0.1)"),
                        (ERROR, "in.nosuch", "error: cannot execute /usr/sbin/in.nosuch: No such file or directory")],
                  argv0="in.nosuch")

    def test_103_and_runs_with_its_arguments(self):
        program = pathlib.Path("/usr/sbin/in.wrapped")
        program.write_text("#!/bin/sh\necho \"$0 $1 $2\"\n")
        program.chmod(0o755)
        self.addCleanup(program.unlink)
        self.same(b"/usr/sbin/in.wrapped -a b\n", [(INFO, "in.wrapped", CONNECT[2])], argv0="in.wrapped",
                  arguments=("-a", "b"))

    def test_104_a_name_with_a_slash_is_the_daemon_s_whole_name(self):
        for side in SIDES:
            with self.subTest(side.name):
                seen = wrapped.serve(side, allow="a/b: ALL: severity notice\n", argv0="a/b")
                self.assertEqual(seen.texts(), ["connect from 127.0.0.1 (127.0.0.1)",
                                                "error: cannot execute /usr/sbin/a/b: No such file or directory"])
                self.assertEqual(seen.log[0][:2], (NOTICE, "a/b"))

    def test_11_tcpd_does_not_execute_itself_for_ever(self):
        self.documented("tcpd-itself")
        seen = wrapped.serve(OURS, argv0="tcpd")
        self.expect(seen, b"", [(ERROR, "tcpd", "error: /usr/sbin/tcpd is tcpd itself: inetd.conf lacks the "
                                                "daemon's name")])

    def test_132_what_is_no_socket_is_not_served(self):
        with open("/dev/null", "rb") as null:
            for side in SIDES:
                with self.subTest(side.name):
                    wrapped.write_tables("", "")
                    pathlib.Path(wrapped.SERVED).unlink(missing_ok=True)
                    status, _ = wrapped.run(side, null, output=subprocess.DEVNULL)
                    self.assertEqual(status, 0)
                    self.assertFalse(wrapped.served())
                    self.assertEqual(wrapped.new_log(), [
                        (ERROR, "svc", "warning: can't get client address: Socket operation on non-socket"),
                        (ERROR, "svc", "getpeername: Socket operation on non-socket")])

    def test_132_a_unix_socket_is_localhost(self):
        for allow, log in (("", [(INFO, "svc", "connect from localhost (localhost)")]),
                           ("svc: localhost\n", [(INFO, "svc", "connect from localhost (localhost)")]),
                           ("svc: 127.\n", [(WARNING, "svc", "refused connect from localhost (localhost)")]),
                           ("svc: LOCAL\n", [(WARNING, "svc", "refused connect from localhost (localhost)")]),
                           ("svc: KNOWN\n", [(WARNING, "svc", "refused connect from localhost (localhost)")])):
            for side in SIDES:
                with self.subTest(side=side.name, allow=allow):
                    seen = wrapped.serve(side, allow, "ALL: ALL\n" if allow else "", ends=socket.socketpair())
                    self.expect(seen, PLAIN if log[0][0] == INFO else b"", log)


class Options(Case):
    def test_105_severity_with_a_facility(self):
        self.same(PLAIN, [(LOCAL3_NOTICE, *CONNECT[1:])], allow="svc: ALL: severity local3.notice\n")
        self.same(b"", [(LOCAL3_NOTICE, *REFUSED[1:])], deny="svc: ALL: severity local3.notice\n")

    def test_106_severity_without_one(self):
        self.same(PLAIN, [(CRITICAL, *CONNECT[1:])], allow="svc: ALL: severity crit\n")

    def test_118_twist(self):
        self.same(b"421 127.0.0.1\n", [(WARNING, "svc", "twist 127.0.0.1 to /bin/echo 421 127.0.0.1")],
                  allow="svc: ALL: twist /bin/echo 421 %a\n")
        self.same(b"421\n", [(WARNING, "svc", "twist 127.0.0.1 to /bin/echo 421")], deny="ALL: ALL: twist /bin/echo 421\n")

    def test_120_banners(self):
        os.makedirs("/run/wrapped/banners", exist_ok=True)
        pathlib.Path("/run/wrapped/banners/svc").write_bytes(b"\0\0Hello %a %%x\nline [x\nend")
        banner = b"\0\0Hello 127.0.0.1 %x\r\nline [x\nend"
        self.same(banner + PLAIN, [CONNECT], allow="svc: ALL: banners /run/wrapped/banners\n")
        # 121
        self.same(banner, [REFUSED], allow="svc: ALL: banners /run/wrapped/banners: deny\n")
        self.same(PLAIN, [CONNECT], allow="svc: ALL: banners /run\n")
        self.same(PLAIN, [(ERROR, "svc", "warning: /etc/hosts.allow, line 1: /nonexistent: No such file or directory"),
                          CONNECT], allow="svc: ALL: banners /nonexistent\n")

    def test_122_spawn_is_waited_for_and_unseen_by_the_client(self):
        out = pathlib.Path("/run/wrapped/spawned")
        for side in SIDES:
            with self.subTest(side.name):
                out.unlink(missing_ok=True)
                seen = wrapped.serve(side, "svc: ALL: spawn (cat; sleep 0.2; echo %a %d; echo no >&2) > "
                                           "/run/wrapped/spawned; echo heard\n")
                self.expect(seen, PLAIN, [CONNECT])
                self.assertEqual(out.read_text(), "127.0.0.1 svc\n")

    def test_124_aclexec(self):
        refused = [(INFO, "svc", "aclexec returned 1"), REFUSED]
        self.same(b"", refused, allow="svc: ALL: aclexec exit 1\n", deny="ALL: ALL\n")
        self.same(PLAIN, [CONNECT], allow="svc: ALL: aclexec exit 0\n", deny="ALL: ALL\n")
        self.differs("aclexec", {"answer": b"hi\n" + PLAIN}, {"answer": PLAIN},
                     allow="svc: ALL: aclexec echo hi; exit 0\n")

    def test_125_aclexec_in_hosts_deny(self):
        self.same(PLAIN, [(INFO, "svc", "aclexec returned 1"), CONNECT], deny="ALL: ALL: aclexec exit 1\n")

    def test_127_setenv(self):
        self.same(b"served /run/wrapped/svc \n0022\n0\nWHO=127.0.0.1-svc\n", [CONNECT],
                  allow="svc: ALL: setenv WHO %a-%d\n")

    def test_128_umask(self):
        self.same(b"served /run/wrapped/svc \n0077\n0\n", [CONNECT], allow="svc: ALL: umask 077\n")

    def test_129_user_takes_effect_with_ours(self):
        nobody = b"served /run/wrapped/svc \n0022\n65534\n"
        self.differs("user-option", {"answer": PLAIN}, {"answer": nobody}, allow="svc: ALL: user nobody\n")
        self.same(b"", [(ERROR, "svc", 'error: /etc/hosts.allow, line 1: unknown user: "no_such"'), REFUSED],
                  allow="svc: ALL: user no_such\n")

    def test_130_keepalive_and_linger(self):
        self.same(PLAIN, [CONNECT], allow="svc: ALL: keepalive: linger 3: allow\n")

    def test_errors_of_options_deny(self):
        for option, text in (("bogus", 'bad option name: "bogus"'), ("", "missing option name"),
                             ("allow: nice", 'option "allow" must be at end'), ("umask 9", 'bad umask value: "9"'),
                             ("spawn", 'option "spawn" requires value'),
                             ("severity local9.info", 'bad syslog facility or severity: "local9"')):
            with self.subTest(option):
                self.same(b"", [(ERROR, "svc", "error: /etc/hosts.allow, line 1: " + text), REFUSED],
                          allow=f"svc: ALL: {option}\n")


class Datagrams(Case):
    def test_107_a_refused_one_is_taken_away_and_an_allowed_one_left(self):
        self.same(b"", [CONNECT], left=[b"one", b"two"], run=wrapped.serve_datagram)
        self.same(b"", [REFUSED], left=[b"two"], run=wrapped.serve_datagram, deny="ALL: ALL\n")

    def test_108_no_ident_is_asked(self):
        with Ident(lambda line: b"") as ident:
            self.same(b"", [CONNECT], left=[b"one", b"two"], run=wrapped.serve_datagram, allow="svc: ALL: rfc931\n")
            self.assertEqual(ident.questions, [])


class Ident:
    """An ident server on 127.0.0.1 that answers with what `reply` makes of a question; None: never."""

    def __init__(self, reply):
        self.reply = reply
        self.questions, self.askers, self.held = [], [], []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 113))
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()
        return self

    def work(self):
        while True:
            try:
                caller, address = self.listener.accept()
            except OSError:
                return
            self.askers.append(address[0])
            self.questions.append(caller.recv(512))
            answer = self.reply(self.questions[-1])
            if answer is None:
                self.held.append(caller)
                continue
            caller.sendall(answer)
            caller.close()

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)
        for caller in self.held:
            caller.close()


def says(user, keyword=b"USERID"):
    return lambda line: line.strip() + b" : " + keyword + b" : UNIX : " + user + b"\r\n"


class Users(Case):
    def test_109_a_user_is_asked_for_once_and_logged(self):
        with Ident(says(b"alice")) as ident:
            log = [(INFO, "svc", "connect from alice@127.0.0.1 (127.0.0.1)")]
            self.same(PLAIN, log, allow="svc: alice@ALL\n", deny="ALL: ALL\n")
            self.assertEqual(len(ident.questions), len(SIDES))

    def test_109_another_user_is_refused(self):
        with Ident(says(b"mallory")):
            self.same(b"", [(WARNING, "svc", "refused connect from mallory@127.0.0.1 (127.0.0.1)")],
                      allow="svc: alice@ALL\n", deny="ALL: ALL\n")

    def test_110_the_host_is_matched_first(self):
        with Ident(says(b"alice")) as ident:
            self.same(b"", [REFUSED], allow="svc: alice@10.\n", deny="ALL: ALL\n")
            self.assertEqual(ident.questions, [])

    def test_111_a_server_that_does_not_answer(self):
        with Ident(lambda line: None):
            for side in SIDES:
                with self.subTest(side.name):
                    seen = wrapped.serve(side, "svc: ALL: rfc931 1\n")
                    self.expect(seen, PLAIN, [CONNECT])
                    self.assertGreaterEqual(seen.seconds, 0.9)
                    self.assertLess(seen.seconds, 8)

    def test_112_replies_that_name_nobody(self):
        for reply in (says(b"bob", b"userid"), lambda line: b"1 , 2 : USERID : UNIX : bob\r\n",
                      lambda line: says(b"bob")(line).rstrip(), lambda line: line.strip() + b" : ERROR : NO-USER\r\n"):
            with Ident(reply):
                self.same(b"", [REFUSED], allow="svc: KNOWN@ALL\n", deny="ALL: ALL\n")

    def test_112_two_words_are_one_user(self):
        with Ident(says(b"two words")):
            self.same(PLAIN, [(INFO, "svc", "connect from two@127.0.0.1 (127.0.0.1)")], allow="svc: two@ALL\n",
                      deny="ALL: ALL\n")

    def test_123_odd_characters_do_not_reach_a_shell(self):
        out = pathlib.Path("/run/wrapped/user")
        with Ident(says(b"a;b$(c)")):
            for side in SIDES:
                with self.subTest(side.name):
                    out.unlink(missing_ok=True)
                    seen = wrapped.serve(side, "svc: ALL: spawn echo %u > /run/wrapped/user\n")
                    self.assertEqual(out.read_text(), "a_b__c_\n")
                    self.assertEqual(seen.texts(), ["connect from a_b__c_@127.0.0.1 (127.0.0.1)"])

    def test_b16_control_characters_do_not_reach_the_log(self):
        with Ident(says(b"a\x1b[2J\x07")):
            self.documented("log-escapes")
            allow = "svc: KNOWN@ALL\n"
            self.assertEqual(wrapped.serve(DEBIAN, allow).texts(), ["connect from a\x1b[2J\x07@127.0.0.1 (127.0.0.1)"])
            self.assertEqual(wrapped.serve(OURS, allow).texts(),
                             ["connect from a\\x1b[2J\\x07@127.0.0.1 (127.0.0.1)"])


class Names(Case):
    HOSTS = """127.0.0.1 localhost
127.0.0.2 two.example.test
127.0.0.3 two.example.test
127.0.0.4 we$ird.test
127.0.0.5 10.1.2.3
127.0.0.6 canonical.test other.test
127.0.0.7 other.test
127.0.0.8 dot.quad.test extra
::1 localhost six.test
"""

    def setUp(self):
        pathlib.Path("/etc/hosts").write_text(self.HOSTS)
        pathlib.Path("/etc/host.conf").write_text("")  # with `multi on` a name may have several addresses there

    def from_address(self, address, **options):
        def run(side, **own):
            return wrapped.serve(side, ends=wrapped.connection(client=address), **own)
        return self.same(run=run, **options)

    def test_113_a_name_is_looked_up_only_when_a_rule_needs_it(self):
        self.from_address("127.0.0.2", allow="ALL: 127.0.0.2\n", deny="ALL: ALL\n", answer=PLAIN,
                          log=[(INFO, "svc", "connect from 127.0.0.2 (127.0.0.2)")])
        self.from_address("127.0.0.2", allow="ALL: .example.test\n", deny="ALL: ALL\n", answer=PLAIN,
                          log=[(INFO, "svc", "connect from two.example.test (127.0.0.2)")])

    def test_114_a_name_that_does_not_verify_is_paranoid(self):
        for address in ("127.0.0.3", "127.0.0.5", "127.0.0.7"):
            with self.subTest(address):
                refused = f"refused connect from {address} ({address})"
                seen = self.from_address(address, allow="ALL: PARANOID: deny\nALL: ALL\n", answer=b"")
                self.assertEqual(seen.texts()[-1], refused)
                self.assertEqual(len(seen.texts()), 2)  # and why
                seen = self.from_address(address, allow="ALL: KNOWN\n", deny="ALL: ALL\n", answer=b"")
                self.assertEqual(seen.texts()[-1], refused)

    def test_115_nobody_asks_for_it_without_a_rule(self):
        self.from_address("127.0.0.3", answer=PLAIN, log=[(INFO, "svc", "connect from 127.0.0.3 (127.0.0.3)")])

    def test_116_an_ipv4_client_of_an_ipv6_socket(self):
        mapped = [(INFO, "svc", "connect from ::ffff:127.0.0.2 (::ffff:127.0.0.2)")]
        named = [(INFO, "svc", "connect from two.example.test (::ffff:127.0.0.2)")]
        for allow, log in (("", mapped), ("svc: 127.0.0.2\n", mapped), ("svc: two.example.test\n", named)):
            for side in SIDES:
                with self.subTest(side=side.name, allow=allow):
                    ends = wrapped.connection(client="127.0.0.2", dual_stack=True)
                    self.expect(wrapped.serve(side, allow, "ALL: ALL\n" if allow else "", ends=ends), PLAIN, log)

    def test_an_ipv6_client(self):
        for side in SIDES:
            with self.subTest(side.name):
                seen = wrapped.serve(side, "svc: [::1]/128\n", "ALL: ALL\n", ends=wrapped.connection("::1", "::1"))
                self.expect(seen, PLAIN, [(INFO, "svc", "connect from ::1 (::1)")])
                seen = wrapped.serve(side, "svc: 127.\n", "ALL: ALL\n", ends=wrapped.connection("::1", "::1"))
                self.expect(seen, b"")

    def test_131_expansion_filters_the_name_for_the_log_too(self):
        self.from_address("127.0.0.4", allow="ALL: ALL: setenv X %n\n", answer=PLAIN,
                          log=[(INFO, "svc", "connect from we_ird.test (127.0.0.4)")])


class Tables(Case):
    def test_134_an_unreadable_hosts_deny_denies(self):
        # Root reads everything: a link that leads to itself cannot be opened by anybody.
        def run(side, path):
            wrapped.write_tables("", "")
            os.unlink(path)
            os.symlink(path, path)
            return wrapped.serve(side, tables=False)
        reason = "Too many levels of symbolic links"
        for path, refused in (("/etc/hosts.deny", True), ("/etc/hosts.allow", False)):
            for side in SIDES:
                with self.subTest(side=side.name, path=path):
                    seen = run(side, path)
                    self.assertEqual(seen.texts()[0], f"warning: cannot open {path}: {reason}")
                    self.assertEqual(seen.log[1:], [REFUSED if refused else CONNECT])

    def test_135_a_directory_for_hosts_deny_denies_with_ours(self):
        self.documented("table-not-a-file")
        for side, answer in ((DEBIAN, PLAIN), (MIXED, b""), (OURS, b"")):
            with self.subTest(side.name):
                wrapped.write_tables(None, None)
                os.mkdir("/etc/hosts.deny")
                self.expect(wrapped.serve(side, tables=False), answer)

    def test_a_last_line_without_its_newline_refuses_everybody(self):
        def log(line):
            return {"answer": b"", "log": [(ERROR, "svc", f"warning: /etc/hosts.deny, line {line}: {text}") for text in (
                "missing newline or line too long", "all the subsequent rules will be ignored")] + [REFUSED]}
        self.differs("unterminated-line-number", log(0), log(1), deny="other: ALL")

    def test_136_a_pattern_file_that_names_itself(self):
        self.documented("pattern-file-circle")
        pathlib.Path("/run/wrapped/circle").write_text("10. /run/wrapped/circle\n")
        for side in (MIXED, OURS):
            with self.subTest(side.name):
                seen = wrapped.serve(side, "svc: /run/wrapped/circle\n", "ALL: ALL\n")
                self.expect(seen, b"")
                self.assertEqual(seen.log[-1], REFUSED)
                self.expect(wrapped.serve(side, "", "svc: /run/wrapped/circle\n"), b"")

    def test_142_an_expansion_that_is_too_long_denies_with_ours(self):
        self.documented("expansion-overflow")
        rule = "svc: ALL: setenv X " + "%a" * 1000 + "\n"
        seen = [wrapped.serve(side, rule) for side in (MIXED, OURS)]
        for each in seen:
            self.expect(each, b"")
            self.assertEqual(each.log[-1], REFUSED)
            self.assertIn("too long", each.texts()[0])


class IpOptions(Case):
    def test_133_options_are_logged_and_cleared(self):
        def run(side):
            wrapped.write_tables("", "")
            with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
                client.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes((7, 7, 4, 0, 0, 0, 0, 0)))
                client.settimeout(5)
                client.connect(listener.getsockname())
                with listener.accept()[0] as server:
                    status, seconds = wrapped.run(side, server)
                    self.assertEqual(server.getsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, 40), b"")
                return wrapped.Seen(status, wrapped.everything(client), wrapped.new_log(), seconds, [])
        self.same(PLAIN, [(NOTICE, "svc", "connect from 127.0.0.1 with IP options (ignored): "
                                          "07 07 08 7f 00 00 01 00"), CONNECT], run=run)

    def test_133_a_source_route_is_shut_down_with_ours(self):
        # Both by what getsockopt(2) says: the first option, and one behind another.
        for options in ("83070400000000", "0189070400000000"):
            spaced = " ".join(options[i:i + 2] for i in range(0, len(options), 2))
            ignored = (NOTICE, "svc", f"connect from 127.0.0.1 with IP options (ignored): {spaced}")
            refused = (WARNING, "svc", "refused connect from 127.0.0.1 with IP source routing options")
            self.documented("source-route")
            for side, first in ((DEBIAN, ignored), (MIXED, refused), (OURS, refused)):
                with self.subTest(side=side.name, options=options):
                    seen = wrapped.serve(side, env={"WRAPPED_IP_OPTIONS": options})
                    self.assertEqual(seen.log, [first, CONNECT])
                    self.assertEqual(seen.answer, PLAIN if side is DEBIAN else b"")


class TryFrom(Case):
    def test_141_try_from_tells_what_it_sees(self):
        reports = {}
        for name, program, libraries in (("debian", "/usr/sbin/try-from", ""),
                                         ("mixed", "/usr/sbin/try-from", str(wrapped.LIB)),
                                         ("ours", str(wrapped.BIN / "try-from"), "")):
            client, server = wrapped.connection()
            with client, server:
                side = wrapped.Side(name, program, libraries)
                result = subprocess.run(["/x/try"], executable=program, stdin=server, capture_output=True, timeout=60,
                                        env=wrapped.environment(side), check=False)
            self.assertEqual(result.returncode, 0)
            reports[name] = result.stdout.decode()
        self.assertEqual(reports["debian"].splitlines()[0], "client address  (%a): 127.0.0.1")
        self.assertEqual(len(reports["debian"].splitlines()), 8)
        self.assertEqual(reports["mixed"], reports["debian"])
        self.assertEqual(reports["ours"], reports["debian"])


if __name__ == "__main__":
    with netlab.Lab() as _lab:
        unpacked.install()
        wrapped.prepare(_lab)
        unittest.main(verbosity=2)
