#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# What a proxy says besides the addresses, in the vectors of a version 2 PROXY header: a program finds it in its
# environment as far as it is plain, beside what TLS has shown here, and the backend of a redirect in its own header.
# The proxies are this test and Debian's haproxy.
import contextlib
import pathlib
import socket
import ssl
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import proxy_headers as ph  # noqa: E402
import sandboxed  # noqa: E402
from lab_case import DEFAULTS, entry  # noqa: E402
from sandboxed import BARE, CONFINED, RELAYED  # noqa: E402
from tls_world import ENV, PORT, WORLD, client_rules, context, read_all, tls_entry  # noqa: E402

MUX, FRONT, BACK = 20004, 20005, 20006
PROXY_LINES = ("proxy_protocol = require", "proxy_from = 127.0.0.1")
ENDS = ("192.0.2.7", "198.51.100.1", 40001, 443)


def ssl_tlv(client, verify, **texts):
    kinds = {"version": 0x21, "name": 0x22, "cipher": 0x23, "signature": 0x24, "key": 0x25}
    return ph.tlv(ph.SSL, struct.pack("!BI", client, verify)
                  + b"".join(ph.tlv(kinds[what], text) for what, text in texts.items()))


NAMES = (ph.tlv(ph.ALPN, b"smtp") + ph.tlv(ph.AUTHORITY, b"front.test") + ph.tlv(ph.UNIQUE_ID, b"id=\n\0\xff"))
OF_SSL = ssl_tlv(7, 0, version=b"TLSv1.3", name=b"Alice = A", cipher=b"TLS_AES_256_GCM_SHA384",
                 signature=b"RSA-SHA256", key=b"RSA2048")
TOLD = {"PROXY_ALPN": "smtp", "PROXY_AUTHORITY": "front.test", "PROXY_UNIQUE_ID": "69643d0a00ff"}
TOLD_OF_SSL = {"PROXY_SSL_PROTOCOL": "TLSv1.3", "PROXY_SSL_CIPHER": "TLS_AES_256_GCM_SHA384",
               "PROXY_SSL_SERVER_A_SIG": "RSA-SHA256", "PROXY_SSL_SERVER_A_KEY": "RSA2048",
               "PROXY_SSL_CLIENT_VERIFY": "SUCCESS", "PROXY_SSL_SESSION_RESUMED": "Initial",
               "PROXY_SSL_CLIENT_S_DN_CN": "Alice = A"}


def of_tls(text):
    """What env(1) has said, as far as it is of a proxy or of TLS."""
    words = dict(line.split("=", 1) for line in text.decode().splitlines())
    return {name: value for name, value in words.items() if name.startswith(("PROXY_", "SSL_"))}


class Case(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        self.lab.write("/etc/hosts", "127.0.0.1 localhost\n192.0.2.66 bad.refused.test\n")
        self.rules("", "")

    def three(self, *lines):
        return DEFAULTS + sandboxed.three(*PROXY_LINES, *ENV, *lines)

    def say(self, port, data):
        with self.lab.connect(port, timeout=20) as client:
            with contextlib.suppress(OSError):
                client.send(data)
                client.half_close()
            return client.read_all()

    def told(self, port, tlvs):
        """What env(1) says behind such a header."""
        return of_tls(self.say(port, ph.binary(*ENDS, tlvs)))

    def say_by_tls(self, header):
        """What comes back for a client that speaks TLS inside of what the proxy passes on."""
        with socket.create_connection(("127.0.0.1", PORT), timeout=20) as plain:
            plain.sendall(header)
            with context(WORLD.alice).wrap_socket(plain, server_hostname="a.test") as client:
                return read_all(client)


class Environment(Case):
    def test_what_a_proxy_says_is_told_in_every_sandbox_and_to_nobody_else(self):
        self.start(self.three())
        for port in (BARE, CONFINED, RELAYED):
            with self.subTest(port=port):
                self.assertEqual(self.told(port, NAMES + ph.tlv(ph.NETNS, b"blue") + OF_SSL), {**TOLD, **TOLD_OF_SSL})
                self.assertEqual(self.told(port, b""), {})
                self.assertEqual(self.told(port, NAMES), TOLD)
                self.assertEqual(of_tls(self.say(port, ph.line(*ENDS))), {})
                self.assertEqual(of_tls(self.say(port, ph.raw(ph.LOCAL, ph.TCP4, ph.block(*ENDS) + NAMES))), {})

    def test_the_gate_hands_it_on(self):
        self.lab.write("/etc/hosts.deny", "ALL: .refused.test\n")
        self.start(self.three())
        for port in (BARE, CONFINED, RELAYED):
            self.assertEqual(self.told(port, NAMES + OF_SSL), {**TOLD, **TOLD_OF_SSL})
            self.assertEqual(self.told(port, b""), {})

    def test_whether_a_certificate_was_shown_and_verified(self):
        self.start(self.three())
        for client, verify, expected in (
                (0, 0, {}), (6, 0, {}),  # no TLS
                (1, 0, {"VERIFY": "NONE"}), (1, 1, {"VERIFY": "NONE"}),
                (3, 0, {"VERIFY": "SUCCESS", "RESUMED": "Initial", "CN": "alice"}),
                (5, 0, {"VERIFY": "SUCCESS", "RESUMED": "Resumed", "CN": "alice"}),
                (7, 20, {"VERIFY": "FAILED:20", "RESUMED": "Initial"})):
            with self.subTest(client=client, verify=verify):
                told = self.told(BARE, ssl_tlv(client, verify, name=b"alice"))
                self.assertEqual({name.rsplit("_", 1)[1]: value for name, value in told.items()}, expected)

    def test_what_is_not_plain_is_left_out_and_the_client_is_served(self):
        self.start(self.three())
        for bad in (b"a\nPATH=/tmp", b"\n", b"\0", b"a\0b", b"\x1b]0;x\7", b"\x7f", b"Jos\xc3\xa9", b"\xff", b"x" * 300):
            for port in (BARE, CONFINED, RELAYED):
                with self.subTest(bad=bad, port=port):
                    tlvs = (ph.tlv(ph.ALPN, bad) + ph.tlv(ph.AUTHORITY, bad)
                            + ssl_tlv(7, 0, version=bad, name=bad, cipher=bad, signature=bad, key=bad))
                    self.assertEqual(self.told(port, tlvs), {"PROXY_SSL_CLIENT_VERIFY": "SUCCESS",
                                                             "PROXY_SSL_SESSION_RESUMED": "Initial"})
        for bad in (b"a b", b"a=b", b"a.test:25", b"192.0.2.1", b"*.test", b"../a", b"-a", b"$(id)"):
            self.assertEqual(self.told(BARE, ph.tlv(ph.AUTHORITY, bad) + ssl_tlv(1, 0, cipher=bad)),
                             {"PROXY_SSL_CLIENT_VERIFY": "NONE"}
                             | ({"PROXY_SSL_CIPHER": bad.decode()} if bad in (b"192.0.2.1", b"-a") else {}))

    def test_vectors_that_do_not_add_up_are_refused_as_ever(self):
        daemon = self.start(self.three())
        wrong = (NAMES + ph.tlv(ph.ALPN, b"h2"), OF_SSL + OF_SSL, ph.tlv(ph.UNIQUE_ID, b"x" * 129),
                 ph.tlv(ph.SSL, b"\1\0\0\0"), ph.tlv(ph.SSL, b"\1\0\0\0\0\x21\0\x09TLSv1.3"),
                 ssl_tlv(7, 0, name=b"alice")[:-1], ssl_tlv(1, 0) + b"\x21\0")
        for tlvs in wrong:
            self.assertEqual(self.say(BARE, ph.binary(*ENDS, tlvs)), b"")
        records = daemon.wait_records(len(wrong), kind="FAIL", timeout=20)
        self.assertEqual({r.normalised() for r in records if r.kind == "FAIL"}, {"FAIL bare proxy from=127.0.0.1"})
        self.assertEqual(len(daemon.logged("its header is malformed")), len(wrong))

    def test_tcpmux_hands_it_on(self):
        lines = ("type = TCPMUX UNLISTED", *ENV)
        self.start(DEFAULTS + entry("tcpmux", MUX, *PROXY_LINES, "type = INTERNAL UNLISTED") + entry("bare", 1, *lines)
                   + sandboxed.service("confined", 1, *lines, "sandbox = standard"))
        for name in (b"bare", b"confined"):
            header = ph.binary(*ENDS, NAMES + OF_SSL)
            self.assertEqual(of_tls(self.say(MUX, header + name + b"\r\n")), {**TOLD, **TOLD_OF_SSL})
            self.assertEqual(of_tls(self.say(MUX, ph.binary(*ENDS) + name + b"\r\n")), {})


class BesideTls(Case):
    def test_what_the_proxy_has_said_and_what_tls_has_shown_are_told_apart(self):
        self.start(DEFAULTS + tls_entry(PORT, *client_rules(*PROXY_LINES, "tls_alpn = two"), server=ENV))
        told = of_tls(self.say_by_tls(ph.binary(*ENDS, NAMES + ssl_tlv(7, 0, version=b"TLSv1.2", name=b"mallory"))))
        self.assertEqual({name: value for name, value in told.items() if name.startswith("PROXY_")},
                         {**TOLD, "PROXY_SSL_PROTOCOL": "TLSv1.2", "PROXY_SSL_CLIENT_VERIFY": "SUCCESS",
                          "PROXY_SSL_SESSION_RESUMED": "Initial", "PROXY_SSL_CLIENT_S_DN_CN": "mallory"})
        self.assertEqual((told["SSL_PROTOCOL"], told["SSL_TLS_SNI"], told["SSL_CLIENT_S_DN_CN"]),
                         ("TLSv1.3", "a.test", "alice"))
        told = of_tls(self.say_by_tls(ph.binary(*ENDS)))
        self.assertEqual([name for name in told if name.startswith("PROXY_")], [])
        self.assertEqual(told["SSL_CLIENT_S_DN_CN"], "alice")

    def test_the_rules_on_certificates_do_not_ask_the_proxy(self):
        daemon = self.start(DEFAULTS + tls_entry(PORT, *client_rules(*PROXY_LINES, "tls_only_from = cn:mallory"),
                                                 server=ENV))
        with contextlib.suppress(OSError):
            self.assertEqual(self.say_by_tls(ph.binary(*ENDS, ssl_tlv(7, 0, version=b"TLSv1.2", name=b"mallory"))), b"")
        self.assertTrue(daemon.wait_records(1, kind="FAIL", timeout=20))


TO = (f"redirect = 127.0.0.1 {BACK}", "redirect_proxy = v2")
READER = """import sys
head = sys.stdin.buffer.read(16)
print((head + sys.stdin.buffer.read(int.from_bytes(head[14:], "big"))).hex(), flush=True)
"""


class Redirects(Case):
    def backend(self):
        """A service that says in hexadecimal digits what header came."""
        return entry("backend", BACK, "server = /usr/bin/python3",
                     f"server_args = {self.lab.write('reader.py', READER)}")

    def test_a_backend_is_told_who_the_client_asked_for_and_which_connection_it_is(self):
        self.start(DEFAULTS + self.backend() + entry("front", FRONT, *PROXY_LINES, *TO))
        for sent, passed_on in ((NAMES + ph.tlv(ph.NETNS, b"blue") + OF_SSL, NAMES),
                                (ph.tlv(ph.AUTHORITY, b"a\nb") + ph.tlv(ph.UNIQUE_ID, b"1"), ph.tlv(ph.UNIQUE_ID, b"1")),
                                (b"", b"")):
            self.assertEqual(bytes.fromhex(self.say(FRONT, ph.binary(*ENDS, sent)).decode()),
                             ph.binary(*ENDS, passed_on))

    def test_of_tls_that_is_ended_here_a_backend_is_told_what_that_has_shown(self):
        self.start(DEFAULTS + self.backend() + tls_entry(PORT, *PROXY_LINES, *TO, server=()))
        got = bytes.fromhex(self.say_by_tls(ph.binary(*ENDS, NAMES + OF_SSL)).decode())
        vectors = ph.tlv(ph.AUTHORITY, b"a.test") + ph.tlv(ph.UNIQUE_ID, b"id=\n\0\xff")
        self.assertIn(ph.block(*ENDS) + vectors + bytes([ph.SSL]), got)
        for other in (b"front.test", b"smtp", b"Alice", b"RSA2048"):
            self.assertNotIn(other, got)


HAPROXY = """
global
    maxconn 100
    tune.ssl.default-dh-param 2048
defaults
    mode tcp
    retries 0
    timeout connect 5s
    timeout client 20s
    timeout server 20s
"""
WAY, OTHER_WAY, PLAIN = 21000, 21001, 21002
OPTIONS = "send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id"


class BehindHaproxy(Case):
    """haproxy ends TLS; its client has a certificate, or none."""

    def setUp(self):
        super().setUp()
        pair = self.lab.write("front.pem", "".join(path.read_text() for path in WORLD.a))
        bind = (f"ssl crt {pair} ca-file {WORLD.clients.certificate} verify optional alpn two "
                "crt-ignore-err all ca-ignore-err all")
        text = HAPROXY
        for port, how, words in ((WAY, bind, OPTIONS), (OTHER_WAY, bind, "send-proxy-v2-ssl-cn"), (PLAIN, "", OPTIONS)):
            text += (f"listen front{port}\n    bind 127.0.0.1:{port} {how}\n    unique-id-format id=%ci:%cp\n"
                     f"    server s1 127.0.0.1:{BARE} {words}\n")
        process = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", self.lab.write("haproxy.cfg", text)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        if not self.lab.wait_listening(PLAIN, 15):
            process.kill()
            self.fail(process.communicate()[1].decode())
        self.start(self.three())

    def through(self, port, made, session=None):
        """What env(1) says, and of the connection: the client's port, the cipher, the session."""
        made.set_alpn_protocols(["two"])
        plain = socket.create_connection(("127.0.0.1", port), timeout=20)
        with made.wrap_socket(plain, server_hostname="a.test", session=session) as client:
            return of_tls(read_all(client)), client.getsockname()[1], client.cipher()[0], client.session

    def test_a_client_with_a_certificate(self):
        told, number, cipher, _ = self.through(WAY, context(WORLD.alice))
        self.assertEqual(bytes.fromhex(told.pop("PROXY_UNIQUE_ID")).decode(), f"id=127.0.0.1:{number}")
        self.assertEqual(told, {"PROXY_AUTHORITY": "a.test", "PROXY_ALPN": "two", "PROXY_SSL_PROTOCOL": "TLSv1.3",
                                "PROXY_SSL_CIPHER": cipher, "PROXY_SSL_SERVER_A_SIG": "ecdsa-with-SHA256",
                                "PROXY_SSL_SERVER_A_KEY": "EC256", "PROXY_SSL_CLIENT_VERIFY": "SUCCESS",
                                "PROXY_SSL_SESSION_RESUMED": "Initial", "PROXY_SSL_CLIENT_S_DN_CN": "alice"})

    def test_send_proxy_v2_ssl_cn_and_a_resumed_session(self):
        made = context(WORLD.alice, ssl.TLSVersion.TLSv1_2)
        told, _, _, session = self.through(OTHER_WAY, made)
        expected = {"PROXY_ALPN": "two", "PROXY_SSL_PROTOCOL": "TLSv1.2", "PROXY_SSL_CLIENT_VERIFY": "SUCCESS",
                    "PROXY_SSL_SESSION_RESUMED": "Initial", "PROXY_SSL_CLIENT_S_DN_CN": "alice"}
        self.assertEqual(told, expected)
        self.assertEqual(self.through(OTHER_WAY, made, session)[0], {**expected, "PROXY_SSL_SESSION_RESUMED": "Resumed"})

    def test_a_client_without_a_certificate_and_one_of_a_strange_authority(self):
        self.assertEqual(self.through(OTHER_WAY, context())[0], {"PROXY_ALPN": "two", "PROXY_SSL_PROTOCOL": "TLSv1.3",
                                                      "PROXY_SSL_CLIENT_VERIFY": "NONE"})
        told = self.through(OTHER_WAY, context(WORLD.stranger))[0]
        self.assertRegex(told.pop("PROXY_SSL_CLIENT_VERIFY"), r"^FAILED:\d+$")
        self.assertEqual(told, {"PROXY_ALPN": "two", "PROXY_SSL_PROTOCOL": "TLSv1.3",
                                "PROXY_SSL_SESSION_RESUMED": "Initial"})

    def test_a_client_that_does_not_speak_tls(self):
        with self.lab.connect(PLAIN, timeout=20) as client:
            number = client.port
            told = of_tls(client.read_all())
        self.assertEqual(bytes.fromhex(told.pop("PROXY_UNIQUE_ID")).decode(), f"id=127.0.0.1:{number}")
        self.assertEqual(told, {})


if __name__ == "__main__":
    lab_case.main(WORLD)
