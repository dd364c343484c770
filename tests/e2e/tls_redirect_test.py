#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# TLS in front of what starts no program: redirects (the `connect` of stunnel), built-in services, tcpmux. Clients are
# openssl s_client, gnutls-cli and Python's ssl; backends are this test and Debian's haproxy.
import contextlib
import hashlib
import pathlib
import random
import smtplib
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
import proxy_headers as ph  # noqa: E402
from lab_case import DEFAULTS, entry  # noqa: E402
from tls_world import (PORT, WORLD, await_workers, client_rules, context, dial, kill_all, read_all,  # noqa: E402
                       replaced, s_client, tls_entry)

BACK, MUX = 20544, 20545
TO = f"redirect = 127.0.0.1 {BACK}"


class Backend:
    """Serves each connection with `serve(socket)`, and counts them."""

    def __init__(self, serve, port=BACK):
        backend = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                backend.count += 1
                backend.open.append(self.request)
                self.request.settimeout(30)
                with contextlib.suppress(OSError):
                    serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

        self.count, self.open = 0, []
        self.server = Server(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def echo(client):
    while piece := client.recv(1 << 16):
        client.sendall(piece)


def redirect(*lines, port=PORT, name="secure", **options):
    return tls_entry(port, TO, *lines, name=name, server=(), **options)


class Case(lab_case.LabCase):
    def serve(self, *blocks):
        return self.start(DEFAULTS + "".join(blocks))

    def backend(self, serve=echo, **options):
        made = Backend(serve, **options)
        self.addCleanup(made.stop)
        return made

    def answers(self, client, line=b"ping\n"):
        client.sendall(line)
        return client.recv(100) == line

    def assert_empty(self, daemon):
        """Nobody is served any more, and nothing counts."""
        self.assertTrue(netlab.wait_until(lambda: "running_servers = 0\n" in daemon.state(), 20), daemon.state())
        self.assert_consistent(daemon)


class Redirects(Case):
    def test_the_client_of_stunnel_finds_its_backend(self):
        backend = self.backend()
        daemon = self.serve(redirect("log_on_success += TRAFFIC"))
        text = s_client("-servername", "a.test", "-quiet", stdin=b"through openssl\n")
        self.assertIn("through openssl", text)
        done = subprocess.run(["gnutls-cli", "--no-ca-verification", "--logfile", "/dev/null", "-p", str(PORT),
                               "127.0.0.1"], input=b"through gnutls\n", capture_output=True, timeout=60)
        self.assertIn(b"through gnutls\n", done.stdout)
        self.assertEqual(backend.count, 2)
        records = daemon.wait_records(2, kind="TRAFFIC", timeout=20)
        self.assertEqual([r.raw.split("TRAFFIC: ")[1] for r in records if r.kind == "TRAFFIC"],
                         ["secure in=16(bytes) out=16(bytes)", "secure in=15(bytes) out=15(bytes)"])
        for kind in ("START", "EXIT"):
            self.assertEqual(len([r for r in daemon.service_log() if r.kind == kind]), 2)

    def test_100_megabytes_both_ways_at_once(self):
        self.backend()
        self.serve(redirect())
        total = 100_000_000
        sent, received, count = hashlib.sha256(), hashlib.sha256(), 0
        done = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{PORT}", "-quiet"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

        def write():
            source = random.Random(2)
            for _ in range(total // 100_000):
                piece = source.randbytes(100_000)
                sent.update(piece)
                done.stdin.write(piece)
            done.stdin.flush()
        writer = threading.Thread(target=write)
        writer.start()
        while count < total and (piece := done.stdout.read1(1 << 18)):
            received.update(piece)
            count += len(piece)
        writer.join()
        done.kill()
        done.communicate()
        self.assertEqual((count, received.digest()), (total, sent.digest()))

    def test_either_side_may_end_first(self):
        def sort(client):
            lines = b""
            while piece := client.recv(4096):
                lines += piece
            client.sendall(b"".join(sorted(lines.splitlines(keepends=True))))
        backend = self.backend(sort)
        self.serve(redirect())
        done = subprocess.run(["gnutls-cli", "--no-ca-verification", "--logfile", "/dev/null", "-p", str(PORT),
                               "127.0.0.1"], input=b"b\na\nc\n", capture_output=True, timeout=60)
        self.assertIn(b"a\nb\nc\n", done.stdout)
        backend.stop()

        heard = []

        def greet(client):
            client.sendall(b"hello\n")
            client.shutdown(socket.SHUT_WR)
            heard.append(client.makefile("rb").read())
        self.backend(greet)
        with dial(context()) as client:
            self.assertEqual(client.recv(100), b"hello\n")
            self.assertEqual(client.recv(100), b"", "a close_notify, and no error")
            client.sendall(b"still here\n")
            with contextlib.suppress(OSError):
                client.unwrap()
        self.assertTrue(netlab.wait_until(lambda: heard == [b"still here\n"], 20), heard)

    def test_a_backend_that_refuses_or_is_gone(self):
        daemon = self.serve(redirect())
        with socket.create_connection(("127.0.0.1", PORT), timeout=20) as plain, \
                context().wrap_socket(plain, server_hostname="a.test", suppress_ragged_eofs=False) as client, \
                self.assertRaises(ssl.SSLEOFError):  # nothing is not all that there was to say
            client.recv(100)
        self.assertTrue(daemon.logged("can't connect to remote host 127.0.0.1"))
        self.assertIn("status=1", str(daemon.wait_records(1, kind="EXIT")[-1].raw))

        def reset(client):
            client.recv(100)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.backend(reset)
        with dial(context()) as client:
            client.sendall(b"x")
            with contextlib.suppress(OSError):
                self.assertEqual(client.recv(100), b"")
        self.assertTrue(daemon.wait_records(2, kind="EXIT"))
        self.assert_empty(daemon)

    def test_a_client_that_vanishes_leaves_nothing_behind(self):
        ended = threading.Event()

        def wait(client):
            client.sendall(b"hello\n")
            while client.recv(100):
                pass
            with contextlib.suppress(OSError):  # it goes on to write, and finds nobody
                for _ in range(500):
                    client.sendall(b"x" * 1000)
                    time.sleep(0.01)
            ended.set()
        self.backend(wait)
        daemon = self.serve(redirect())
        client = dial(context())
        self.assertEqual(client.recv(100), b"hello\n")
        client.sendall(b"last words")
        plain = socket.socket(fileno=client.detach())
        plain.close()  # without a close_notify
        self.assertTrue(daemon.wait_records(1, kind="EXIT", timeout=20))
        self.assertTrue(ended.wait(20))
        self.assert_empty(daemon)

    def test_who_is_refused_reaches_no_backend(self):
        backend = self.backend()
        daemon = self.serve(redirect(*client_rules("tls_only_from = dns:alice.*", f"tls_crl = {WORLD.crl}")))
        with dial(context(WORLD.alice)) as client:
            self.assertTrue(self.answers(client))
        for bad in (None, WORLD.bob, WORLD.revoked, WORLD.old, WORLD.stranger):
            with contextlib.suppress(OSError), dial(context(bad)) as client:
                client.sendall(b"ping\n")
                self.assertEqual(client.recv(100), b"")
        with netlab.Client.connect(PORT, timeout=20) as rude:
            rude.send(b"GET / HTTP/1.0\r\n\r\n")
            rude.read_all()
        self.assertTrue(daemon.wait_records(6, kind="FAIL"))
        self.assertEqual(backend.count, 1)
        self.assertEqual(len([r for r in daemon.service_log() if r.kind == "START"]), 1)
        self.assertTrue(daemon.logged("not in tls_only_from: CN=bob"))
        self.assert_empty(daemon)

    def test_a_silent_connection_is_closed(self):
        self.backend()
        daemon = self.serve(redirect("idle_timeout = 1"))
        with dial(context()) as client:
            self.assertTrue(self.answers(client))
            started = time.monotonic()
            with contextlib.suppress(OSError):
                self.assertEqual(client.recv(100), b"")
            self.assertLess(0.5, time.monotonic() - started)
        self.assertTrue(netlab.wait_until(lambda: daemon.logged("is closed: idle_timeout"), 20))
        self.assert_empty(daemon)

    def test_limits_count_once(self):
        self.backend()
        daemon = self.serve(redirect("instances = 2", "per_source = 2"))
        first, second = dial(context()), dial(context())
        self.assertTrue(self.answers(first) and self.answers(second))
        with self.assertRaises(OSError), dial(context()) as third:
            third.recv(1)
        first.unwrap()
        first.close()
        self.assertTrue(daemon.wait_records(1, kind="EXIT"))
        self.assertTrue(netlab.wait_until(lambda: self.served_again(), 20))
        second.close()
        self.assert_empty(daemon)

    def served_again(self):
        with contextlib.suppress(OSError), dial(context()) as client:
            return self.answers(client)
        return False

    def test_a_reload_ends_nothing_and_takes_the_new_target(self):
        self.backend()
        daemon = self.serve(redirect())
        with dial(context()) as session:
            self.assertTrue(self.answers(session))
            self.backend(lambda client: client.sendall(b"new\n"), port=BACK + 100)
            self.lab.write("main.conf", DEFAULTS + redirect().replace(TO, f"redirect = 127.0.0.1 {BACK + 100}"))
            daemon.reload()
            with dial(context()) as client:
                self.assertEqual(client.recv(100), b"new\n")
            self.assertTrue(self.answers(session))
            self.lab.write("main.conf", DEFAULTS + entry("other", PORT + 50))
            daemon.reload()
            self.assertTrue(self.answers(session))
        self.assert_empty(daemon)

    def test_helpers_that_are_killed(self):
        backend = self.backend()
        daemon = self.serve(redirect())
        for name in ("postern-tls", "postern-relay", "postern-keys"):
            session = dial(context())
            self.assertTrue(self.answers(session))
            victims = kill_all(daemon, name)
            if name == "postern-keys":
                self.assertTrue(self.answers(session))
                session.unwrap()
            else:
                with contextlib.suppress(OSError):
                    self.assertEqual(session.recv(100), b"")
            session.close()
            self.assertTrue(replaced(daemon, name, victims), name)
            self.assertTrue(netlab.wait_until(self.served_again, 20), name)
        ended = backend.open[0]
        self.assertTrue(netlab.wait_until(lambda: ended.fileno() == -1, 20), "the backend hears of the end")
        self.assert_empty(daemon)

    def test_starttls_in_front_of_an_old_server(self):
        def smtp(client):
            lines = client.makefile("rb")
            client.sendall(b"220 hi\r\n")
            for line in lines:
                client.sendall(b"250-me\r\n250 SIZE\r\n" if line.startswith(b"EHLO") else b"250 took " + line)
        self.backend(smtp)
        daemon = self.serve(redirect("starttls = smtp", *client_rules("tls_only_from = alice.test")))
        for who, welcome in ((WORLD.alice, True), (WORLD.bob, False)):
            client = smtplib.SMTP("127.0.0.1", PORT, timeout=20)
            client.ehlo("me")
            self.assertTrue(client.has_extn("starttls"))
            self.assertEqual(client.docmd("MAIL FROM:<a@b>")[0], 530)
            client._host = "a.test"  # what the certificate is for
            client.starttls(context=context(who))
            try:
                self.assertEqual(client.docmd("MAIL FROM:<a@b>"), (250, b"took MAIL FROM:<a@b>"))
                self.assertTrue(welcome)
            except (OSError, smtplib.SMTPException):
                self.assertFalse(welcome)
            client.close()
        self.assertTrue(daemon.wait_records(1, kind="FAIL"))
        self.assert_empty(daemon)


class Proxies(Case):
    """redirect_proxy: the backend knows the client, and of his TLS."""

    def headers(self):
        got = []

        def read(client):
            stream = client.makefile("rb", buffering=0)
            data = stream.read(1)
            if data == b"P":
                data += stream.readline()
            else:
                data += stream.read(15)
                data += stream.read(int.from_bytes(data[14:], "big"))
            got.append(data)
            echo(client)
        self.backend(read)
        return got

    def test_both_versions_name_the_client(self):
        got = self.headers()
        self.serve(redirect("redirect_proxy = v1"), redirect("redirect_proxy = v2", port=PORT + 1, name="two"))
        for port, write in ((PORT, ph.line), (PORT + 1, ph.block)):
            with dial(context(), port=port) as client:
                # The client says nothing: the header comes all the same.
                self.assertTrue(netlab.wait_until(lambda: len(got) == 1, 20))
                self.assertIn(write("127.0.0.1", "127.0.0.1", client.getsockname()[1], port), got.pop())
                self.assertTrue(self.answers(client))

    def test_what_tls_has_shown(self):
        got = self.headers()
        await_workers(self.serve(redirect("redirect_proxy = v2", "tls_verify_client = request", "tls_alpn = two",
                                          f"tls_client_ca = {WORLD.clients.certificate}")))
        made = context(WORLD.alice, ssl.TLSVersion.TLSv1_2)
        made.set_alpn_protocols(["two"])
        session = None
        for bits in (1 | 2 | 4, 1 | 4):  # with a certificate, and with that of the session before
            plain = socket.create_connection(("127.0.0.1", PORT), timeout=20)
            with made.wrap_socket(plain, server_hostname="a.test", session=session) as client:
                self.assertTrue(self.answers(client))
                session, cipher = client.session, client.cipher()[0].encode()
                ends = ph.block("127.0.0.1", "127.0.0.1", client.getsockname()[1], PORT)
            inner = ph.tlv(0x21, b"TLSv1.2") + ph.tlv(0x22, b"alice") + ph.tlv(0x23, cipher)
            vectors = (ph.tlv(ph.ALPN, b"two") + ph.tlv(ph.AUTHORITY, b"a.test")
                       + ph.tlv(ph.SSL, bytes([bits]) + bytes(4) + inner))
            self.assertEqual(got[-1], ph.raw(ph.PROXY, ph.TCP4, ends + vectors))
        with dial(context()) as client:
            self.assertTrue(self.answers(client))
        self.assertIn(b"\1\0\0\0\1" + ph.tlv(0x21, b"TLSv1.3"), got[-1])
        self.assertNotIn(b"alice", got[-1])

    def test_haproxy_reads_them(self):
        log = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        log.bind(("127.0.0.1", 0))
        log.settimeout(20)
        self.addCleanup(log.close)
        path = self.lab.write("haproxy.cfg", f"""
global
    log 127.0.0.1:{log.getsockname()[1]} local0
defaults
    mode tcp
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend front
    bind 127.0.0.1:{BACK} accept-proxy
    log global
    log-format "seen=%ci:%cp to=%[dst]:%[dst_port] sni=%[fc_pp_authority]"
    default_backend back
backend back
    server s1 127.0.0.1:{BACK + 1}
""")
        self.backend(port=BACK + 1)
        haproxy = subprocess.Popen(["/usr/sbin/haproxy", "-db", "-f", path], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (haproxy.kill(), haproxy.wait()))
        self.assertTrue(netlab.wait_listening(BACK, 15))
        self.serve(redirect("redirect_proxy = v2"))
        with dial(context()) as client:
            self.assertTrue(self.answers(client))
            seen = f"seen=127.0.0.1:{client.getsockname()[1]} to=127.0.0.1:{PORT} sni=a.test"
        self.assertIn(seen, log.recv(4096).decode())

    def test_a_client_behind_a_proxy_that_speaks_tls(self):
        got = self.headers()
        daemon = self.serve(redirect("redirect_proxy = v1", "proxy_protocol = require", "proxy_from = 127.0.0.1"))
        header = ph.line("192.0.2.7", "198.51.100.1", 40001, 443)
        with socket.create_connection(("127.0.0.1", PORT), timeout=20) as plain:
            plain.sendall(header)
            with context().wrap_socket(plain, server_hostname="a.test") as client:
                self.assertTrue(self.answers(client))
        self.assertEqual(got, [header])
        self.assertIn("START secure from=192.0.2.7", [r.normalised() for r in daemon.service_log()])


BUILTINS = ("echo", "discard", "daytime", "time", "chargen")


class Builtins(Case):
    def test_each_of_them(self):
        blocks = [tls_entry(PORT + number, "type = INTERNAL UNLISTED", name=name, server=())
                  for number, name in enumerate(BUILTINS)]
        daemon = self.serve(*blocks)
        for number, name in enumerate(BUILTINS):
            with dial(context(), port=PORT + number) as client:
                if name == "echo":
                    self.assertTrue(self.answers(client))
                elif name == "discard":
                    client.sendall(b"x" * 100_000)
                elif name == "chargen":
                    self.assertEqual(len(client.recv(72)), 72)
                else:
                    self.assertIn(len(read_all(client)), (4, 26))
        self.assertTrue(daemon.wait_records(5, kind="EXIT", timeout=20))
        self.assert_empty(daemon)

    def mux(self, *lines, targets=()):
        who = self.lab.script("who", 'read word; echo "$word $REMOTE_HOST $TCPLOCALPORT $SSL_PROTOCOL $SSL_CLIENT_S_DN_CN"\n')
        conf = tls_entry(MUX, "type = INTERNAL UNLISTED", *lines, name="tcpmux", server=())
        return self.serve(conf, entry("who", 1, "type = TCPMUX UNLISTED", f"server = {who}"),
                          entry("plus", 1, "type = TCPMUXPLUS UNLISTED", f"server = {who}"), *targets)

    def name(self, service, *words, certificate=None):
        with dial(context(certificate), port=MUX) as client:
            client.sendall(service + b"\r\n" + b"".join(words))
            return read_all(client)

    def test_tcpmux_reads_the_name_inside_of_tls(self):
        daemon = self.mux("tls_verify_client = request", f"tls_client_ca = {WORLD.clients.certificate}")
        said = f"hi 127.0.0.1 {MUX} TLSv1.3"
        self.assertEqual(self.name(b"who", b"hi\n"), f"{said} \n".encode())
        self.assertEqual(self.name(b"WHO", b"hi\n", certificate=WORLD.alice), f"{said} alice\n".encode())
        self.assertEqual(self.name(b"plus", b"hi\n"), f"+Go\r\n{said} \n".encode())
        self.assertEqual(self.name(b"help"), b"who\r\nplus\r\n")
        self.assertEqual(self.name(b"nobody"), b"-Service name not found\r\n")
        self.assertTrue(daemon.wait_records(8, kind="EXIT", timeout=20))
        records = [r.normalised() for r in daemon.service_log()]
        for name, count in (("tcpmux", 5), ("who", 2), ("plus", 1)):
            self.assertEqual(len([r for r in records if f"START {name} " in r]), count, name)
        self.assert_empty(daemon)

    def test_services_of_tcpmux_have_rules_limits_and_banners_of_their_own(self):
        banner = self.lab.write("banner", "welcome\n")
        sorry = self.lab.write("sorry", "sorry\n")
        sandboxed = entry("boxed", 1, "type = TCPMUX UNLISTED", "server = /bin/cat", "network = relay",
                          "idle_timeout = 1", f"banner_success = {banner}")
        sandboxed = sandboxed.replace("sandbox = none", "sandbox = standard").replace("user = root", "user = nobody")
        daemon = self.mux(targets=(
            sandboxed, entry("shut", 1, "type = TCPMUX UNLISTED", "server = /bin/cat", "no_access = 127.0.0.1",
                            f"banner_fail = {sorry}"),
            entry("single", 1, "type = TCPMUX UNLISTED", "server = /bin/cat", "instances = 1")))
        self.assertEqual(self.name(b"shut"), b"sorry\n")
        self.assertEqual(self.name(b"boxed", b"hello\n"), b"welcome\nhello\n")
        words = "boxed: a connection from 127.0.0.1 is closed: idle_timeout"
        self.assertTrue(netlab.wait_until(lambda: daemon.logged(words), 20))
        with dial(context(), port=MUX) as first:
            first.sendall(b"single\r\nx")
            self.assertEqual(first.recv(1), b"x")
            self.assertEqual(self.name(b"single"), b"")
            first.unwrap()
        self.assertTrue(daemon.wait_records(2, kind="FAIL"))
        self.assert_empty(daemon)

    def test_certificates_are_asked_before_the_name(self):
        daemon = self.mux(*client_rules("tls_only_from = alice.test"))
        self.assertIn(b"alice", self.name(b"who", b"hi\n", certificate=WORLD.alice))
        with contextlib.suppress(OSError):
            self.assertEqual(self.name(b"who", b"hi\n", certificate=WORLD.bob), b"")
        self.assertEqual([r.normalised().split()[1] for r in daemon.wait_records(1, kind="FAIL") if r.kind == "FAIL"],
                         ["tcpmux"])
        self.assert_empty(daemon)

    def test_tcpd_is_stepped_over_unless_it_has_something_to_say_about_ip_options(self):
        self.rules("", "")
        wrapped = entry("wrapped", 1, "type = TCPMUX UNLISTED", "flags = NAMEINARGS",
                    f"server = {self.lab.script('tcpd', 'exit 1')}", "server_args = /bin/echo stepped over")
        daemon = self.mux(targets=(wrapped,))
        self.assertEqual(self.name(b"wrapped"), b"stepped over\n")
        with socket.socket() as plain:
            plain.settimeout(20)
            plain.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes((7, 7, 4, 0, 0, 0, 0, 0)))  # record route
            plain.connect(("127.0.0.1", MUX))
            with context().wrap_socket(plain, server_hostname="a.test") as client:
                client.sendall(b"wrapped\r\n")
                self.assertEqual(read_all(client), b"")
        self.assertTrue(daemon.wait_records(1, kind="FAIL"))
        self.assertTrue(daemon.logged("tcpd would not see the client"))
        self.assert_empty(daemon)

    def test_helpers_killed_under_tcpmux(self):
        daemon = self.mux(targets=(entry("cat", 1, "type = TCPMUX UNLISTED", "server = /bin/cat"),))
        for name in ("postern-tls", "postern-relay"):
            for words in (b"", b"cat\r\nx"):
                client = dial(context(), port=MUX)
                client.sendall(words)
                if words:
                    self.assertEqual(client.recv(1), b"x")
                else:
                    self.assertTrue(netlab.wait_until(lambda: "tcpmux name" in daemon.state(), 20))
                self.assertTrue(replaced(daemon, name, kill_all(daemon, name)), name)
                if words and name == "postern-relay":  # it is out of this by then
                    self.assertTrue(self.answers(client))
                client.close()
                self.assert_empty(daemon)


if __name__ == "__main__":
    lab_case.main(WORLD)
