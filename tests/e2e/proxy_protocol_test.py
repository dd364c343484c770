#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# proxy_protocol = require and redirect_proxy: whoever a proxy names is the client of rules, limits, logs and programs;
# whoever may not send a header, or sends no right one, is refused with exactly one record. The proxies are this test
# and Debian's haproxy.
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
import proxy_headers as ph  # noqa: E402
import sandboxed  # noqa: E402
from lab_case import DEFAULTS, entry, relay_of  # noqa: E402
from sandboxed import BARE, CONFINED, RELAYED  # noqa: E402

OTHER, FRONT, BACK, MUX = 20004, 20005, 20006, 20007
PROXY_LINES = ("proxy_protocol = require", "proxy_from = 127.0.0.1 127.0.0.2 ::1")
CLIENT, PLACE = ("192.0.2.7", 40001), ("198.51.100.1", 25)
ENDS = (CLIENT[0], PLACE[0], CLIENT[1], PLACE[1])
ENDS6 = ("2001:db8::7", "2001:db8::1", 40001, 25)
# What a program is told of its connection, and then what the client says.
TELLER = """echo "$REMOTE_HOST $REMOTE_PORT $PROTO $TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT"
exec cat
"""
DEADLINE = 10


def told(ends):
    return f"{ends[0]} {ends[2]} TCP {ends[0]} {ends[2]} {ends[1]} {ends[3]}\n"


SEEN, SEEN6 = told(ENDS), told(ENDS6)


class Proxied(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        self.lab.write("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n192.0.2.66 bad.refused.test\n")
        self.rules("", "")
        self.teller = f"server = {self.lab.script('teller', TELLER)}"

    def three(self, *lines):
        return DEFAULTS + sandboxed.three(*PROXY_LINES, self.teller, *lines)

    def say(self, port, data, timeout=20, **options):
        """What comes back for it; a connection that is closed with unread bytes is reset."""
        with self.lab.connect(port, timeout=timeout, **options) as client:
            with contextlib.suppress(OSError):
                client.send(data)
                client.half_close()
            return client.read_all().decode() or "closed"

    def verdicts(self, daemon, count):
        """The normalised records that say what became of a connection: exactly one each."""
        daemon.wait_records(count, timeout=20)
        netlab.wait_until(lambda: self.count(daemon) >= count, 20)
        self.assertEqual(self.count(daemon), count, "\n".join(r.raw for r in daemon.service_log()))
        return [r.normalised() for r in daemon.service_log() if r.kind in ("START", "FAIL")]

    def count(self, daemon):
        return sum(record.kind in ("START", "FAIL") for record in daemon.service_log())


class Headers(Proxied):
    def test_service_and_log_see_the_client_in_every_sandbox(self):
        daemon = self.start(self.three())
        everything = (ph.tlv(ph.ALPN, b"h2") + ph.tlv(ph.AUTHORITY, b"mail.example.org") + ph.tlv(ph.NOOP, b"x" * 900)
                      + ph.tlv(ph.UNIQUE_ID, b"4711") + ph.tlv(ph.NETNS, b"blue") + ph.tlv(0xea, b"vpce")
                      + ph.tlv(ph.SSL, b"\1\0\0\0\0" + ph.tlv(0x21, b"TLSv1.3") + ph.tlv(0x22, b"client")))
        headers = {SEEN: (ph.line(*ENDS), ph.binary(*ENDS), ph.with_checksum(*ENDS, everything)),
                   SEEN6: (ph.line(*ENDS6), ph.binary(*ENDS6), ph.with_checksum(*ENDS6, everything))}
        count = 0
        for port in (BARE, CONFINED, RELAYED):
            for seen, some in headers.items():
                for header in some:
                    with self.subTest(port=port, header=header):
                        self.assertEqual(self.say(port, header + b"EHLO\r\n"), seen + "EHLO\r\n")
                        count += 1
        started = self.verdicts(daemon, count)
        self.assertEqual(set(started), {f"START {name} from={address}" for name in ("bare", "confined", "relayed")
                                        for address in (ENDS[0], ENDS6[0])})
        self.assert_consistent(daemon)

    def test_a_header_in_pieces_and_with_much_behind_it(self):
        daemon = self.start(self.three())
        for port, header in ((BARE, ph.line(*ENDS)), (CONFINED, ph.binary(*ENDS)), (RELAYED, ph.binary(*ENDS))):
            with self.lab.connect(port, timeout=20) as client:
                client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for number in range(len(header)):
                    client.send(header[number:number + 1])
                    time.sleep(0.002)
                self.assertEqual(client.read_line(), SEEN.encode())
            much = b"0123456789abcdef" * 20000
            self.assertEqual(self.say(port, header + much), SEEN + much.decode())
        self.verdicts(daemon, 6)

    def test_the_proxy_may_come_by_ipv6(self):
        self.start(self.three("flags = IPv6"))
        for port in (BARE, CONFINED, RELAYED):
            self.assertEqual(self.say(port, ph.line(*ENDS), to="::1"), SEEN)
            self.assertEqual(self.say(port, ph.binary(*ENDS6)), SEEN6)

    def test_a_proxy_that_speaks_for_itself_is_the_client(self):
        daemon = self.start(self.three())
        for name, port in (("bare", BARE), ("confined", CONFINED), ("relayed", RELAYED)):
            for header in (ph.raw(ph.LOCAL, ph.UNSPEC, b""), ph.raw(ph.LOCAL, ph.TCP4, ph.block(*ENDS))):
                with self.lab.connect(port, source="127.0.0.2", timeout=20) as client:
                    client.send(header)
                    self.assertEqual(client.read_line().decode(),
                                     told(("127.0.0.2", "127.0.0.1", client.port, port)), name)
        self.assertEqual(set(self.verdicts(daemon, 6)), {f"START {name} from=127.0.0.2"
                                                         for name in ("bare", "confined", "relayed")})

    def test_whatever_is_no_right_header_is_refused(self):
        wrong = {
            "it sent is no PROXY header": (b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02\0", b"\r\n\r\n\r\n", b"PROX\r\n"),
            "is malformed": (b"PROXY TCP4 192.0.2.7 198.51.100.1 40001 25\n", b"PROXY TCP4 192.0.2.07 1.2.3.4 1 2\r\n",
                             b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 25\r\n", b"PROXY TCP9 1.2.3.4 1.2.3.4 1 2\r\n",
                             ph.raw(0x31, ph.TCP4, ph.block(*ENDS)), ph.raw(0x22, ph.TCP4, ph.block(*ENDS)),
                             ph.raw(ph.PROXY, 0x41, ph.block(*ENDS)), ph.raw(ph.PROXY, ph.TCP6, ph.block(*ENDS)),
                             ph.binary(*ENDS, b"\4\0"), ph.binary(*ENDS, b"\4\0\x09x")),
            "is too long": (b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n", ph.SIGNATURE + b"\x21\x11\xff\xff"),
            "checksum": (ph.binary(*ENDS, ph.tlv(ph.CRC32C, b"abcd")),
                         ph.with_checksum(*ENDS).replace(b"\xc0\0\2\7", b"\xc0\0\2\x08")),
            "names no client": (b"PROXY UNKNOWN\r\n", ph.raw(ph.PROXY, ph.UNSPEC, b""),
                                ph.raw(ph.PROXY, ph.UNIX, bytes(216))),
            "it ended before": (b"", b"P", ph.SIGNATURE, ph.binary(*ENDS)[:-1]),
        }
        ran = self.lab.path("ran")
        server = f"server = {self.lab.script('runs', f'touch {ran}' + chr(10))}"
        daemon = self.start(DEFAULTS + entry("bare", BARE, *PROXY_LINES, server))
        count = 0
        for why, headers in wrong.items():
            for header in headers:
                with self.subTest(header=header):
                    self.assertEqual(self.say(BARE, header + (b"" if "ended" in why else b"payload\r\n")), "closed")
                    count += 1
                    self.assertEqual(self.verdicts(daemon, count)[-1], "FAIL bare proxy from=127.0.0.1")
                    self.assertIn(why, daemon.logged("by proxy_protocol")[-1].text)
        self.assertFalse(os.path.exists(ran))
        self.assert_consistent(daemon)

    def test_only_proxies_may_send_a_header_and_nobody_reads_what_others_send(self):
        daemon = self.start(self.three() + entry("other", OTHER))
        self.assertEqual(self.ask(OTHER), "hello\n")
        os.kill(relay_of(daemon), signal.SIGSTOP)  # who reads
        try:
            for port in (BARE, CONFINED, RELAYED):
                self.assertEqual(self.say(port, ph.line(*ENDS), source="127.0.0.3", timeout=5), "closed")
        finally:
            os.kill(relay_of(daemon), signal.SIGCONT)
        self.assertEqual(self.verdicts(daemon, 4)[1:],
                         [f"FAIL {name} proxy from=127.0.0.3" for name in ("bare", "confined", "relayed")])
        self.assertEqual(len(daemon.logged("its address is not in proxy_from")), 3)
        self.assertEqual(self.say(BARE, ph.line(*ENDS), source="127.0.0.2"), SEEN)

    def test_without_proxy_protocol_a_header_is_the_clients_own_words(self):
        self.start(DEFAULTS + entry("plain", BARE, self.teller))
        answer = self.say(BARE, ph.line(*ENDS))
        self.assertTrue(answer.startswith("127.0.0.1 "), answer)
        self.assertTrue(answer.endswith(ph.line(*ENDS).decode()), answer)

    def test_a_header_that_does_not_come_is_waited_for_so_long_and_holds_up_nobody(self):
        daemon = self.start(self.three() + entry("other", OTHER))
        with contextlib.ExitStack() as stack:
            began = time.monotonic()
            waiting = [stack.enter_context(self.lab.connect(port, timeout=60)) for port in (BARE, CONFINED, RELAYED)]
            waiting[1].send(ph.binary(*ENDS)[:-1])
            self.assertEqual(self.ask(OTHER), "hello\n")
            self.assertEqual(self.say(BARE, ph.line(*ENDS)), SEEN)
            for client in waiting:
                self.assertEqual(client.read_all(timeout=DEADLINE + 30), b"")
            self.assertGreater(time.monotonic() - began, DEADLINE - 1)
            self.assertLess(time.monotonic() - began, DEADLINE + 30)
        self.assertEqual(sorted(self.verdicts(daemon, 5))[:3],
                         [f"FAIL {name} proxy from=127.0.0.1" for name in ("bare", "confined", "relayed")])
        self.assertEqual(len(daemon.logged(f"did not come within {DEADLINE} seconds")), 3)


class Crowds(Proxied):
    def test_those_who_wait_are_bounded_and_each_has_a_record(self):
        daemon = self.start(self.three() + entry("other", OTHER), nofile=8192)
        with contextlib.ExitStack() as stack:
            for _ in range(600):
                stack.enter_context(self.lab.connect(BARE, timeout=30))
            self.assertTrue(netlab.wait_until(lambda: daemon.logged("too many connections wait")[600 - 512 - 1:], 20),
                            self.count(daemon))
            self.assertEqual(self.ask(OTHER), "hello\n")
            self.assertEqual(self.say(CONFINED, ph.line(*ENDS)), SEEN)
            self.assertTrue(netlab.wait_until(lambda: self.count(daemon) == 602, DEADLINE + 20), self.count(daemon))
        self.assertEqual(self.verdicts(daemon, 602).count("FAIL bare proxy from=127.0.0.1"), 600)
        self.assertEqual(len(daemon.logged("too many connections wait")), 600 - 512)
        self.assertEqual(self.say(BARE, ph.line(*ENDS)), SEEN)
        self.assert_consistent(daemon)

    def awaited(self, daemon, count):
        """Whether posternd comes to wait for so many headers."""
        def told():
            daemon.signal(signal.SIGUSR1)
            with contextlib.suppress(FileNotFoundError):
                return f"proxy_headers_awaited = {count}\n" in pathlib.Path("/run/posternd.dump").read_text()
        return netlab.wait_until(told, 8, step=0.1)

    def let_wait(self, stack, daemon, port, count):
        """So many connections that posternd has taken, and that say nothing. Nobody else waits."""
        for _ in range(count):
            stack.enter_context(self.lab.connect(port, timeout=20))
        self.assertTrue(self.awaited(daemon, count))

    def test_when_the_relay_or_the_daemon_ends_those_who_wait_have_a_record(self):
        daemon = self.start(self.three())
        with contextlib.ExitStack() as stack:
            self.let_wait(stack, daemon, BARE, 20)
            os.kill(relay_of(daemon), signal.SIGKILL)
            self.verdicts(daemon, 20)
            self.assertTrue(netlab.wait_until(lambda: relay_of(daemon)))
            self.assertEqual(self.say(BARE, ph.line(*ENDS)), SEEN)
            self.let_wait(stack, daemon, CONFINED, 5)
            daemon.stop()
            self.assertEqual(self.verdicts(daemon, 26)[-5:], ["FAIL confined proxy from=127.0.0.1"] * 5)

    def test_a_reload_while_a_header_is_on_its_way(self):
        conf = self.three()
        daemon = self.start(conf)
        with (self.lab.connect(BARE, timeout=20) as kept, self.lab.connect(CONFINED, timeout=20) as dropped,
              self.lab.connect(RELAYED, timeout=20) as removed):
            for client in (kept, dropped, removed):
                client.send(b"PROXY ")
            self.assertTrue(self.awaited(daemon, 3))
            self.lab.write("main.conf", DEFAULTS + entry("bare", BARE, *PROXY_LINES, self.teller)
                           + sandboxed.service("confined", CONFINED, "proxy_protocol = require", "sandbox = standard",
                                               "proxy_from = 127.0.0.2", self.teller))
            self.assertTrue(daemon.reload())
            kept.send(ph.line(*ENDS)[6:])
            self.assertEqual(kept.read_line(), SEEN.encode())
            for client in (dropped, removed):
                client.send(ph.line(*ENDS)[6:])
                self.assertEqual(client.read_all(), b"")
        self.assertEqual(sorted(self.verdicts(daemon, 3)),
                         ["FAIL confined proxy from=127.0.0.1", "FAIL relayed proxy from=127.0.0.1",
                          f"START bare from={CLIENT[0]}"])


    def test_a_reload_that_brings_in_tcpd_does_not_have_it_judge_the_proxy(self):
        tcpd = ("flags = NAMEINARGS", f"server = {self.lab.script('tcpd', 'echo ran' + chr(10))}",
                f"server_args = {self.lab.path('teller')}")
        self.lab.write("big", "x" * (16 << 20))  # more than all buffers on its way hold
        banner = f"banner_success = {self.lab.path('big')}"
        daemon = self.start(DEFAULTS + entry("bare", BARE, *PROXY_LINES, self.teller, banner))
        with self.lab.connect(BARE, timeout=30) as client:
            client.send(ph.line(*ENDS))
            client.half_close()
            self.assertTrue(client.recv(1))
            # What tcpd would find out by itself is left to it, as far as the socket's peer is the client.
            self.lab.write("/etc/hosts.allow", "teller: ALL: spawn /bin/true\n")
            self.lab.write("main.conf", DEFAULTS + entry("bare", BARE, *tcpd))
            self.assertTrue(daemon.reload())
            self.assertEqual(client.read_all(timeout=30).strip(b"x"), b"")
        self.assertEqual(self.verdicts(daemon, 1), [f"FAIL bare fork from={CLIENT[0]}"])
        self.assertTrue(daemon.logged("tcpd would not see the client"))


class Rules(Proxied):
    def outcomes(self, daemon, port, *clients):
        """For each stated client the last verdict."""
        found = []
        for client in clients:
            before = self.count(daemon)
            self.say(port, ph.binary(client, *(ENDS6 if ":" in client else ENDS)[1:]))
            found.append(self.verdicts(daemon, before + 1)[-1].split(" ", 2)[2])
        return found

    def test_lists_and_limits_are_about_the_client(self):
        # The proxy itself would be refused by both lists.
        daemon = self.start(self.three("only_from = 192.0.2.0/24 2001:db8::/32", "no_access = 192.0.2.9",
                                       "cps_per_source = 2 60"))
        for port in (BARE, CONFINED, RELAYED):
            self.assertEqual(self.outcomes(daemon, port, "192.0.2.7", "192.0.2.9", "203.0.113.1", "2001:db8::1"),
                             ["from=192.0.2.7", "address from=192.0.2.9", "address from=203.0.113.1",
                              "from=2001:db8::1"])
            self.assertEqual(self.outcomes(daemon, port, "192.0.2.7", "192.0.2.7", "192.0.2.8"),
                             ["from=192.0.2.7", "cps_per_source from=192.0.2.7", "from=192.0.2.8"])

    def test_per_source_counts_the_client(self):
        daemon = self.start(self.three("per_source = 1"))
        for number, port in enumerate((BARE, CONFINED, RELAYED)):
            with self.lab.connect(port, timeout=20) as client:
                client.send(ph.line(*ENDS))
                self.assertEqual(client.read_line(), SEEN.encode())
                self.verdicts(daemon, 3 * number + 1)  # a program may be faster than its START
                self.assertEqual(self.outcomes(daemon, port, CLIENT[0], "192.0.2.8"),
                                 [f"per_source_limit from={CLIENT[0]}", "from=192.0.2.8"])

    def test_access_files_are_asked_about_the_client(self):
        self.lab.write("/etc/hosts.deny", "ALL: 192.0.2.9, 127.0.0.1\n")
        daemon = self.start(self.three())
        for port in (BARE, CONFINED, RELAYED):
            self.assertEqual(self.outcomes(daemon, port, "192.0.2.7", "192.0.2.9"),
                             ["from=192.0.2.7", "libwrap from=192.0.2.9"])

    def test_the_gate_looks_up_the_client(self):
        self.lab.write("/etc/hosts.deny", "ALL@198.51.100.1: .refused.test\nALL: localhost\n")
        daemon = self.start(self.three())
        for port in (BARE, CONFINED, RELAYED):
            self.assertEqual(self.say(port, ph.line(*ENDS)), SEEN)
            self.assertEqual(self.say(port, ph.line("192.0.2.66", *ENDS[1:])), "closed")
        refused = netlab.wait_until(lambda: [r for r in daemon.service_log() if r.kind == "FAIL"][2:], 20)
        self.assertTrue(refused, daemon.service_log())
        self.assertEqual({r.normalised().split(" ", 2)[2] for r in daemon.service_log() if r.kind == "FAIL"},
                         {"libwrap from=192.0.2.66"})

    def test_options_of_a_rule_act_for_the_client(self):
        said = self.lab.path("said")
        self.lab.write("/etc/hosts.deny", f"ALL: 192.0.2.9: spawn echo %a %A > {said}\n")
        self.start(self.three())
        self.say(BARE, ph.line("192.0.2.9", *ENDS[1:]))
        self.assertTrue(netlab.wait_until(lambda: os.path.exists(said) and os.path.getsize(said), 10))
        self.assertEqual(pathlib.Path(said).read_text(), f"192.0.2.9 {PLACE[0]}\n")

    def test_a_sensor_catches_the_client_and_not_the_proxy(self):
        daemon = self.start(DEFAULTS + entry("trap", FRONT, *PROXY_LINES, "type = INTERNAL UNLISTED", "flags = SENSOR",
                                             "deny_time = FOREVER")
                            + entry("bare", BARE, *PROXY_LINES, self.teller))
        self.assertEqual(self.outcomes(daemon, FRONT, "192.0.2.9"), ["address from=192.0.2.9"])
        self.assertEqual(self.outcomes(daemon, BARE, "192.0.2.9", "192.0.2.7"),
                         ["address from=192.0.2.9", "from=192.0.2.7"])
        self.assertEqual(len(daemon.logged("Adding 192.0.2.9 to the global_no_access list")), 1)

    def test_banners_come_after_the_verdict(self):
        for name in ("yes", "no"):
            self.lab.write(name, f"{name}\n")
        self.start(self.three(f"banner_success = {self.lab.path('yes')}", f"banner_fail = {self.lab.path('no')}",
                              "only_from = 192.0.2.7"))
        for port in (BARE, CONFINED, RELAYED):
            self.assertEqual(self.say(port, ph.line(*ENDS)), "yes\n" + SEEN)
            self.assertEqual(self.say(port, ph.line("192.0.2.8", *ENDS[1:])), "no\n")
            with self.lab.connect(port, source="127.0.0.3", timeout=20) as stranger:
                self.assertEqual(stranger.read_all(), b"no\n")


class Others(Proxied):
    def test_internal_services_and_tcpmux(self):
        conf = (DEFAULTS + entry("echo", FRONT, *PROXY_LINES, "type = INTERNAL UNLISTED", "only_from = 192.0.2.7")
                + entry("tcpmux", MUX, *PROXY_LINES, "type = INTERNAL UNLISTED")
                + entry("teller", 1, "type = TCPMUXPLUS UNLISTED", self.teller, "only_from = 192.0.2.7"))
        daemon = self.start(conf)
        self.assertEqual(self.say(FRONT, ph.binary(*ENDS) + b"ping\n"), "ping\n")
        self.assertEqual(self.say(FRONT, ph.binary("192.0.2.8", *ENDS[1:]) + b"ping\n"), "closed")
        self.assertEqual(self.say(MUX, ph.line(*ENDS) + b"teller\r\nEHLO\r\n"), "+Go\r\n" + SEEN + "EHLO\r\n")
        self.assertEqual(self.say(MUX, ph.line("192.0.2.8", *ENDS[1:]) + b"teller\r\n"), "closed")
        self.assertEqual(self.verdicts(daemon, 6),
                         ["START echo from=192.0.2.7", "FAIL echo address from=192.0.2.8",
                          "START tcpmux from=192.0.2.7", "START teller from=192.0.2.7",
                          "START tcpmux from=192.0.2.8", "FAIL teller address from=192.0.2.8"])

    def test_tcpmux_starts_programs_in_every_sandbox_for_the_client(self):
        self.lab.write("/etc/hosts.deny", "ALL: .refused.test\n")  # the gate looks the client up
        lines = ("type = TCPMUX UNLISTED", self.teller)
        self.start(DEFAULTS + entry("tcpmux", MUX, *PROXY_LINES, "type = INTERNAL UNLISTED", "flags = NOLIBWRAP")
                   + entry("bare", 1, *lines) + sandboxed.service("confined", 1, *lines, "sandbox = standard")
                   + sandboxed.service("relayed", 1, *lines, "sandbox = standard", "network = relay"))
        for name in (b"bare", b"confined", b"relayed"):
            self.assertEqual(self.say(MUX, ph.line(*ENDS) + name + b"\r\nEHLO\r\n"), SEEN + "EHLO\r\n")
            self.assertEqual(self.say(MUX, ph.line("192.0.2.66", *ENDS[1:]) + name + b"\r\n"), "closed")

    def test_a_tcpmux_service_behind_tcpd_is_not_judged_by_the_proxys_address(self):
        self.lab.write("/etc/hosts.allow", "teller: ALL: spawn /bin/true\n")
        tcpd = self.lab.script("tcpd", "echo ran\n")
        daemon = self.start(DEFAULTS + entry("tcpmux", MUX, *PROXY_LINES, "type = INTERNAL UNLISTED")
                            + entry("mapped", 1, "type = TCPMUX UNLISTED", "flags = NAMEINARGS", f"server = {tcpd}",
                                    f"server_args = {self.lab.path('teller')}"))
        self.assertEqual(self.say(MUX, ph.line(*ENDS) + b"mapped\r\n"), "closed")
        self.assertTrue(daemon.logged("tcpd would not see the client"))
        self.lab.write("/etc/hosts.allow", "")
        for rule, answer in (("192.0.2.9", SEEN), (".refused.test", SEEN), ("192.0.2.7", "closed")):
            self.lab.write("/etc/hosts.deny", f"teller: {rule}\n")
            self.assertEqual(self.say(MUX, ph.line(*ENDS) + b"mapped\r\n"), answer)
            # IP options of the proxy's are none of the client's, whatever tcpd has to say about them.
            self.assertEqual(self.say_with_options(MUX, ph.line(*ENDS) + b"mapped\r\n"), answer)

    def say_with_options(self, port, data):
        with socket.socket() as client:
            client.settimeout(20)
            client.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes((7, 7, 4, 0, 0, 0, 0, 0)))  # record route
            client.connect(("127.0.0.1", port))
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            with client.makefile() as answer:
                return answer.read() or "closed"

    def test_ip_options_of_a_client_are_left_to_tcpd_by_way_of_tcpmux_too(self):
        lines = ("flags = NAMEINARGS", f"server = {self.lab.script('tcpd', 'echo ran' + chr(10))}",
                 f"server_args = {self.lab.path('teller')}")
        self.start(DEFAULTS + entry("tcpmux", MUX, "type = INTERNAL UNLISTED") + entry("direct", BARE, *lines)
                   + entry("mapped", 1, "type = TCPMUX UNLISTED", *lines))
        for port, words in ((BARE, b""), (MUX, b"mapped\r\n")):
            self.assertTrue(self.say(port, words).startswith("127.0.0.1 "))
            self.assertEqual(self.say_with_options(port, words), "ran\n")

    def receive(self):
        """A server that takes one connection and greets it after its header; returns a function that gives all that
        came."""
        listener = socket.create_server(("127.0.0.1", BACK))
        listener.settimeout(20)
        got = []

        def run():
            with listener, listener.accept()[0] as client:
                client.settimeout(20)
                data = b""
                while not ph.is_whole(data) and (more := client.recv(65536)):
                    data += more
                client.sendall(b"220 hello\r\n")
                while more := client.recv(65536):
                    data += more
                got.append(data)
        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        return lambda: (thread.join(), got[0])[1]

    def test_redirect_tells_the_backend_of_the_client(self):
        conf = DEFAULTS
        for number, version in enumerate(("v1", "v2")):
            to = (f"redirect = 127.0.0.1 {BACK}", f"redirect_proxy = {version}")
            conf += entry(f"plain{version}", FRONT + 100 + number, *to)
            conf += entry(f"chain{version}", FRONT + 200 + number, *to, *PROXY_LINES)
        self.start(conf)
        for number, write in enumerate((ph.line, ph.binary)):
            port = FRONT + 100 + number
            received = self.receive()
            with self.subTest(port=port), self.lab.connect(port, source="127.0.0.9", timeout=20) as client:
                header = write("127.0.0.9", "127.0.0.1", client.port, port)
                # The client says nothing until the server has greeted: the header comes all the same.
                self.assertEqual(client.read_line(), b"220 hello\r\n")
                client.send(b"EHLO\r\n")
                client.half_close()
                self.assertEqual(client.read_all(), b"")
                self.assertEqual(received(), header + b"EHLO\r\n")
            for ends in (ENDS, ENDS6):
                received = self.receive()
                self.assertEqual(self.say(FRONT + 200 + number, ph.binary(*ends) + b"EHLO\r\n"), "220 hello\r\n")
                self.assertEqual(received(), write(*ends) + b"EHLO\r\n")

    def test_a_chain_of_redirects_keeps_the_client(self):
        lines = (*PROXY_LINES, "only_from = 192.0.2.7")
        daemon = self.start(self.three()
                            + entry("second", BACK, *lines, f"redirect = 127.0.0.1 {BARE}", "redirect_proxy = v1")
                            + entry("first", FRONT, *lines, f"redirect = 127.0.0.1 {BACK}", "redirect_proxy = v2"))
        self.assertEqual(self.say(FRONT, ph.binary(*ENDS) + b"EHLO\r\n"), SEEN + "EHLO\r\n")
        self.assertEqual(sorted(self.verdicts(daemon, 3)), [f"START {name} from=192.0.2.7"
                                                            for name in ("bare", "first", "second")])


HAPROXY = """
global
    maxconn 100
defaults
    mode tcp
    retries 0
    timeout connect 5s
    timeout client 20s
    timeout server 20s
"""


class BehindHaproxy(Proxied):
    def start_haproxy(self, fronts):
        """{port: the words of the line `server`}"""
        text = HAPROXY
        for port, words in fronts.items():
            text += f"listen front{port}\n    bind 127.0.0.1:{port}\n    bind [::1]:{port}\n    server s1 {words}\n"
        path = self.lab.write("haproxy.cfg", text)
        process = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", path], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)

        def stop():
            process.kill()
            process.communicate()
        self.addCleanup(stop)
        for port in fronts:
            if not self.lab.wait_listening(port, 15):
                process.kill()
                self.fail(process.communicate()[1].decode())

    def test_service_and_log_see_the_client_of_haproxy(self):
        daemon = self.start(self.three())
        ways = ("send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,authority,ssl,unique-id")
        fronts = {21000 + 10 * number + way: f"127.0.0.1:{port} {words}"
                  for number, port in enumerate((BARE, CONFINED, RELAYED)) for way, words in enumerate(ways)}
        self.start_haproxy(fronts)
        for port in fronts:
            for source, to in (("127.0.0.9", "127.0.0.1"), ("::1", "::1")):
                with self.lab.connect(port, source=source, to=to, timeout=20) as client:
                    client.send(b"EHLO\r\n")
                    client.half_close()
                    self.assertEqual(client.read_all().decode(), told((source, to, client.port, port)) + "EHLO\r\n")
        self.assertEqual(set(self.verdicts(daemon, 2 * len(fronts))),
                         {f"START {name} from={source}" for name in ("bare", "confined", "relayed")
                          for source in ("127.0.0.9", "::1")})

    def test_a_haproxy_whose_address_is_not_listed_is_refused(self):
        daemon = self.start(self.three())
        self.start_haproxy({21000: f"127.0.0.1:{BARE} send-proxy source 127.0.0.3",
                            21001: f"127.0.0.1:{BARE} send-proxy-v2 source 127.0.0.3"})
        for port in (21000, 21001):
            self.assertEqual(self.say(port, b"EHLO\r\n"), "closed")
        self.assertEqual(self.verdicts(daemon, 2), ["FAIL bare proxy from=127.0.0.3"] * 2)

    def test_its_health_checks_are_its_own_connections(self):
        daemon = self.start(DEFAULTS + entry("bare", BARE, *PROXY_LINES, self.teller))
        self.start_haproxy({21000: f"127.0.0.1:{BARE} send-proxy-v2 check inter 200ms source 127.0.0.2"})
        self.assertTrue(netlab.wait_until(lambda: self.count(daemon) >= 2, 15))
        self.assertEqual({r.normalised() for r in daemon.service_log() if r.kind in ("START", "FAIL")},
                         {"START bare from=127.0.0.2"})

    def test_a_haproxy_without_send_proxy_is_refused(self):
        daemon = self.start(self.three())
        self.start_haproxy({21000: f"127.0.0.1:{BARE}"})
        self.assertEqual(self.say(21000, b"EHLO\r\n"), "closed")
        self.assertEqual(self.verdicts(daemon, 1), ["FAIL bare proxy from=127.0.0.1"])


if __name__ == "__main__":
    lab_case.main()
