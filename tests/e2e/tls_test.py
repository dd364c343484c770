#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Services that speak TLS, with clients of other makes: openssl s_client, gnutls-cli, curl, sslscan and Python's ssl.
# Versions, names, protocols, resumption, client certificates and rules on them, revocation, stapling, ends of both
# directions, and helpers that die under load. New certificates: tls_reload_test.py; TLS in the middle of a dialogue:
# starttls_test.py.
import hashlib
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from certificates import openssl, private_number  # noqa: E402
from lab_case import DEFAULTS, entry  # noqa: E402
from tls_world import (ENV, PORT, WORLD, await_workers, children, client_rules, context, defaults, dial,  # noqa: E402
                       echoes, environment, kill_all, read_all, replaced, s_client, tls_entry)


def memory_of(pid, locked=True):
    """All memory of a process that it can read itself, piece by piece; or without what is locked (mlock(2))."""
    maps = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) (r|-).{3} (.*)$(?:\n[A-Z]\w+: .*)*?\nVmFlags: (.*)$",
                      pathlib.Path(f"/proc/{pid}/smaps").read_text(), re.MULTILINE)
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end, readable, name, flags in maps:
            if readable == "-" or "[v" in name or (not locked and "lo" in flags.split()):
                continue
            try:
                memory.seek(int(start, 16))
                yield memory.read(int(end, 16) - int(start, 16))
            except (OSError, ValueError, OverflowError):
                continue


class Handshakes(lab_case.LabCase):
    def serve(self, *blocks):
        return self.start(DEFAULTS + "".join(blocks))

    def test_versions_and_facts_in_the_environment(self):
        self.serve(tls_entry(PORT, "tls_alpn = two one", server=ENV))
        made = context(version=ssl.TLSVersion.TLSv1_3)
        made.set_alpn_protocols(["one", "two"])
        facts = environment(made)
        self.assertEqual((facts["SSL_PROTOCOL"], facts["SSL_TLS_SNI"], facts["SSL_ALPN"], facts["SSL_CLIENT_VERIFY"]),
                         ("TLSv1.3", "a.test", "two", "NONE"))
        self.assertEqual((facts["PROTO"], facts["TCPREMOTEIP"], facts["REMOTE_HOST"], facts["TCPLOCALPORT"]),
                         ("TCP", "127.0.0.1", "127.0.0.1", str(PORT)))
        self.assertEqual(environment(context(version=ssl.TLSVersion.TLSv1_2))["SSL_PROTOCOL"], "TLSv1.2")
        self.assertIn("no application protocol", self.failure("-alpn", "three"))

    def test_old_versions_and_weak_suites_are_refused(self):
        daemon = self.serve(tls_entry(PORT), tls_entry(PORT + 1, "tls_min_version = 1.3", name="new"))
        for options in (("-tls1_1", "-cipher", "ALL@SECLEVEL=0"), ("-tls1_2", "-cipher", "AES128-SHA"),
                        ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA")):
            self.assertIn("Cipher is (NONE)", s_client(*options), options)
        self.assertIn("Cipher is (NONE)", s_client("-tls1_2", port=PORT + 1))
        self.assertIn("TLSv1.3", s_client("-tls1_3", port=PORT + 1))
        self.assertTrue(daemon.wait_records(4, kind="FAIL"))
        self.assertTrue(daemon.logged("no version in common"))

    def test_sslscan_finds_nothing_old_and_nothing_weak(self):
        self.serve(tls_entry(PORT, pairs=[WORLD.a, WORLD.b]))
        done = subprocess.run(["sslscan", "--no-colour", f"127.0.0.1:{PORT}"], capture_output=True, text=True,
                              timeout=120)
        offered = re.findall(r"^(?:Preferred|Accepted)\s+(\S+)\s+\d+ bits\s+(\S+)", done.stdout, re.MULTILINE)
        self.assertTrue(offered, done.stdout)
        for version, cipher in offered:
            self.assertIn(version, ("TLSv1.2", "TLSv1.3"))
            self.assertRegex(cipher, "GCM|CHACHA20|POLY1305")
        for old in ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"):
            self.assertRegex(done.stdout, rf"{old}\s+disabled")
        self.assertIn("not vulnerable to heartbleed", done.stdout)
        self.assertIn("Session renegotiation not supported", done.stdout)

    def test_names(self):
        daemon = self.serve(tls_entry(PORT, pairs=[WORLD.a, WORLD.b]),
                            tls_entry(PORT + 1, "tls_sni = strict", pairs=[WORLD.a, WORLD.b], name="strict"))
        for port in (PORT, PORT + 1):
            for host in ("a.test", "b.test"):
                with dial(context(), host, port) as client:
                    self.assertIn((("commonName", host[0]),), client.getpeercert()["subject"])
        self.assertIn("CN = a", s_client("-servername", "c.test"))
        self.assertIn("unrecognized name", self.failure("-servername", "c.test", port=PORT + 1))
        self.assertIn("unrecognized name", self.failure("-noservername", port=PORT + 1))
        self.assertTrue(daemon.logged("no certificate for the name"))

    @staticmethod
    def failure(*options, port=PORT):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options], input=b"",
                              capture_output=True, timeout=60)
        return done.stderr.decode()

    def test_resumption(self):
        await_workers(self.serve(tls_entry(PORT, server=ENV)))
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            made = context(version=version)
            with dial(made) as client:
                self.assertIn(b"SSL_SESSION_RESUMED=Initial", read_all(client))
                session = client.session
            plain = socket.create_connection(("127.0.0.1", PORT), timeout=20)
            with made.wrap_socket(plain, server_hostname="a.test", session=session) as client:
                self.assertIn(b"SSL_SESSION_RESUMED=Resumed", read_all(client))
                self.assertTrue(client.session_reused)

    def test_stapling(self):
        staple = WORLD.servers.staple(WORLD.a[0])
        self.serve(tls_entry(PORT, f"tls_ocsp = {staple}"), tls_entry(PORT + 1, name="bare"))
        self.assertIn("OCSP Response Status: successful", s_client("-status"))
        self.assertIn("no response sent", s_client("-status", port=PORT + 1))

    def test_gnutls_and_curl(self):
        page = self.lab.script("page", "read line\nprintf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello over tls\\n'\n")
        self.serve(tls_entry(PORT), tls_entry(PORT + 1, name="page", server=(f"server = {page}",)))
        done = subprocess.run(["gnutls-cli", "--x509cafile", WORLD.servers.certificate, "--verify-hostname", "a.test",
                               "--sni-hostname", "a.test", "-p", str(PORT), "127.0.0.1"], input=b"over gnutls\n",
                              capture_output=True, timeout=60)
        self.assertIn(b"over gnutls", done.stdout)
        self.assertIn(b"Handshake was completed", done.stdout)
        done = subprocess.run(["curl", "-sS", "--cacert", WORLD.servers.certificate, "--resolve",
                               f"a.test:{PORT + 1}:127.0.0.1", f"https://a.test:{PORT + 1}/"], capture_output=True,
                              timeout=60)
        self.assertEqual((done.stdout, done.stderr), (b"hello over tls\n", b""))

    def test_in_a_sandbox_too(self):
        block = tls_entry(PORT, server=ENV).replace("sandbox = none", "sandbox = standard").replace("user = root",
                                                                                                    "user = nobody")
        daemon = self.serve(block)
        self.assertEqual(environment(context())["SSL_PROTOCOL"], "TLSv1.3")
        self.assertTrue(daemon.wait_records(1, kind="EXIT"))

    def test_no_handshake_in_time(self):
        daemon = self.serve(tls_entry(PORT, "tls_handshake_timeout = 1"))
        with netlab.Client.connect(PORT, timeout=20) as silent:
            self.assertEqual(silent.read_all(), b"")
        with netlab.Client.connect(PORT, timeout=20) as rude:
            rude.send(b"GET / HTTP/1.0\r\n\r\n")
            rude.read_all()
        self.assertTrue(daemon.wait_records(2, kind="FAIL"))
        self.assertTrue(daemon.logged("no handshake within") and daemon.logged("does not speak TLS"))


class Clients(lab_case.LabCase):
    def attempt(self, certificate, port=PORT, version=ssl.TLSVersion.TLSv1_3):
        """What the program said, or None when the client was not let in."""
        try:
            with dial(context(certificate, version), port=port) as client:
                return read_all(client).decode() or None
        except (ssl.SSLError, OSError):
            return None

    def test_who_is_let_in(self):
        daemon = self.start(DEFAULTS + tls_entry(PORT, *client_rules(f"tls_crl = {WORLD.crl}"),
                                                              server=ENV))
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            self.assertIn("SSL_CLIENT_VERIFY=SUCCESS", self.attempt(WORLD.alice, version=version))
            for bad in (None, WORLD.revoked, WORLD.old, WORLD.stranger):
                self.assertIsNone(self.attempt(bad, version=version))
        facts = self.attempt(WORLD.alice)
        for word in ("SSL_CLIENT_S_DN=O=Org,CN=alice", "SSL_CLIENT_I_DN=CN=clients", "SSL_CLIENT_S_DN_CN=alice",
                     "SSL_CLIENT_SAN_DNS_0=alice.test", "SSL_CLIENT_SAN_Email_0=alice@x.test"):
            self.assertIn(word + "\n", facts)
        print_ = openssl("x509", "-in", WORLD.alice[0], "-noout", "-fingerprint", "-sha256").decode()
        self.assertIn("SSL_CLIENT_SHA256=" + print_.split("=")[1].strip().replace(":", "").lower(), facts)
        for why in ("has no certificate", "is revoked", "has expired", "of another authority"):
            self.assertTrue(daemon.logged(why), why)
        self.assertEqual(len([r for r in daemon.service_log() if "FAIL" in str(r)]), 8)

    def test_rules_on_who_they_are(self):
        print_ = openssl("x509", "-in", WORLD.bob[0], "-noout", "-fingerprint", "-sha256").decode().split("=")[1].strip()
        daemon = self.start(
            DEFAULTS
            + tls_entry(PORT, *client_rules("tls_only_from = dns:alice.*"), server=ENV)
            + tls_entry(PORT + 1, *client_rules(f"tls_only_from = sha256:{print_}"), server=ENV, name="bob")
            + tls_entry(PORT + 2, *client_rules("tls_no_access = bob.test"), server=ENV, name="not-bob"))
        expected = {PORT: (True, False), PORT + 1: (False, True), PORT + 2: (True, False)}
        for port, (alice, bob) in expected.items():
            self.assertEqual(self.attempt(WORLD.alice, port) is not None, alice, port)
            self.assertEqual(self.attempt(WORLD.bob, port) is not None, bob, port)
        self.assertTrue(daemon.wait_records(3, kind="FAIL"))
        self.assertTrue(daemon.logged("not in tls_only_from: CN=bob"))
        self.assertTrue(daemon.logged("matched tls_no_access (bob.test): CN=bob"))
        self.assertEqual(len([r for r in daemon.service_log() if "START" in str(r)]), 3)
        with self.assertRaisesRegex(ssl.SSLError, "ACCESS_DENIED"), dial(context(WORLD.bob)) as client:
            client.sendall(b"x")
            client.recv(1)

    def test_whom_rules_refuse_is_never_told_a_proper_end(self):
        self.start(DEFAULTS + tls_entry(PORT, *client_rules("tls_only_from = dns:alice.*")))
        for version, end in (ssl.TLSVersion.TLSv1_3, "ACCESS_DENIED"), (ssl.TLSVersion.TLSv1_2, "EOF occurred"):
            made = context(WORLD.bob, version)
            for _ in range(40):
                with socket.create_connection(("127.0.0.1", PORT), timeout=20) as plain, \
                        self.assertRaisesRegex(ssl.SSLError, end), \
                        made.wrap_socket(plain, server_hostname="a.test", suppress_ragged_eofs=False) as client:
                    client.sendall(bytes(100_000))
                    client.recv(1)

    def test_address_rules_come_first(self):
        daemon = self.start(DEFAULTS + tls_entry(PORT, *client_rules("no_access = 127.0.0.1")))
        self.assertIsNone(self.attempt(WORLD.alice))
        self.assertIn("address", str(daemon.wait_records(1, kind="FAIL")))


class Bytes(lab_case.LabCase):
    def test_400_megabytes_in_both_directions_at_once(self):
        self.start(DEFAULTS + tls_entry(PORT))
        total, block = 400_000_000, random.Random(1).randbytes(1 << 20)
        sent, received = hashlib.sha256(), hashlib.sha256()
        done_sending, done_reading = 0, 0
        with dial(context()) as client:
            client.setblocking(False)
            while done_reading < total:
                moved = False
                if done_sending < total:
                    try:
                        piece = block[:min(len(block), total - done_sending)][done_sending % 4096:][:16384]
                        count = client.send(piece)
                        sent.update(piece[:count])
                        done_sending += count
                        moved = True
                    except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                        pass
                try:
                    while piece := client.recv(1 << 18):
                        received.update(piece)
                        done_reading += len(piece)
                        moved = True
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    pass
                if not moved:
                    ready = select.select([client], [client] if done_sending < total else [], [], 60)
                    self.assertTrue(any(ready), f"nothing moves after {done_reading} bytes")
        self.assertEqual((done_sending, done_reading), (total, total))
        self.assertEqual(sent.digest(), received.digest())

    def test_half_close_and_close_notify(self):
        sort = ("server = /usr/bin/sort",)
        self.start(DEFAULTS + tls_entry(PORT, server=sort))
        # gnutls-cli ends its side at the end of its input, and waits for the other's.
        done = subprocess.run(["gnutls-cli", "--no-ca-verification", "--logfile", "/dev/null", "-p", str(PORT),
                               "127.0.0.1"], input=b"b\na\nc\n", capture_output=True, timeout=60)
        self.assertIn(b"a\nb\nc\n", done.stdout)

    def test_a_slow_reader_gets_everything(self):
        flood = self.lab.script("flood", "head -c 3000000 /dev/zero\n")
        self.start(DEFAULTS + tls_entry(PORT, server=(f"server = {flood}",)))
        with dial(context()) as client:
            time.sleep(1)
            count = 0
            while piece := client.recv(50_000):
                count += len(piece)
                time.sleep(0.005)
        self.assertEqual(count, 3_000_000)


class Keys(lab_case.LabCase):
    def test_the_private_key_is_in_no_process_but_postern_keys(self):
        daemon = self.start(defaults("tls_workers = 3") + tls_entry(PORT, pairs=[WORLD.a, WORLD.b]))
        secrets = []
        for pair in (WORLD.a, WORLD.b):
            number = private_number(pair[1])
            pem = b"".join(pathlib.Path(pair[1]).read_bytes().splitlines()[1:3])
            # OpenSSL keeps numbers as words of the machine, the least first.
            secrets += [number[-24:], number[::-1][:24], pem[:40]]
        for host in ("a.test", "b.test"):
            for source in range(1, 20):
                with dial(context(), host, source=f"127.0.0.{source}") as client:
                    self.assertTrue(echoes(client))
        helpers = {name: children(daemon, name) for name in ("postern-relay", "postern-tls", "postern-keys")}
        self.assertEqual([len(pids) for pids in helpers.values()], [1, 3, 3])

        def holds(pid, locked=True):
            return any(secret in piece for piece in memory_of(pid, locked) for secret in secrets)

        for pid in helpers["postern-keys"]:
            self.assertTrue(holds(pid), "the search finds what is there")
            self.assertFalse(holds(pid, locked=False), "copies lie in memory that may be swapped")
        for pid in (daemon.pid, *helpers["postern-relay"], *helpers["postern-tls"]):
            self.assertFalse(holds(pid), pathlib.Path(f"/proc/{pid}/comm").read_text())

    def test_bad_pairs_keep_a_service_down_and_say_why(self):
        exposed = WORLD.folder / "exposed.key"
        shutil.copy(WORLD.a[1], exposed)
        exposed.chmod(0o644)
        junk = WORLD.folder / "junk.key"
        shutil.copy(WORLD.a[0], junk)
        junk.chmod(0o600)
        both = WORLD.folder / "both.pem"
        both.write_bytes(WORLD.a[1].read_bytes() + WORLD.a[0].read_bytes())
        both.chmod(0o600)
        daemon = self.start(
            DEFAULTS + tls_entry(PORT, name="good")
            + tls_entry(PORT + 1, name="mixed", pairs=[(WORLD.a[0], WORLD.b[1])])
            + tls_entry(PORT + 2, name="expired", pairs=[WORLD.expired])
            + tls_entry(PORT + 3, name="exposed", pairs=[(WORLD.a[0], exposed)])
            + tls_entry(PORT + 4, name="junk", pairs=[(WORLD.a[0], junk)])
            + tls_entry(PORT + 5, name="both", pairs=[(both, both)])
            + tls_entry(PORT + 6, name="several", pairs=[WORLD.a, (WORLD.b[0], WORLD.a[1]), WORLD.expired]))
        with dial(context()) as client:
            self.assertTrue(echoes(client))
        for words in ("mixed stays down: the private key is not the certificate's", "expired stays down",
                      "the certificate has expired", "exposed.key may be read or written by others",
                      "junk stays down: the private key cannot be read",
                      "both stays down: the file of the certificate has a private key in it",
                      "several stays down: the private key is not the certificate's",
                      "several stays down: the certificate has expired"):
            self.assertTrue(daemon.logged(words), words)
        ports = {port for _, port in netlab.listening_ports()}
        self.assertEqual(ports & set(range(PORT, PORT + 7)), {PORT})

    def test_check_says_it_before(self):
        text = DEFAULTS + tls_entry(PORT, name="mixed", pairs=[(WORLD.a[0], WORLD.b[1]), WORLD.expired])
        path = self.lab.write("check.conf", text)
        done = subprocess.run([netlab.POSTERND, "-f", path, "-t"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)
        lines = {name: 1 + text[:text.index(name)].count("\n") for name in ("tls_certificate", "tls_private_key")}
        self.assertRegex(done.stderr, rf"(?m)^{path}:{lines['tls_private_key']}:\d+: service mixed stays down: "
                                      "the private key is not the certificate's")
        self.assertRegex(done.stderr, rf"(?m)^{path}:{lines['tls_certificate']}:\d+: service mixed stays down: "
                                      "the certificate has expired")
        self.assertIn("0 services would start, 1 stay down", done.stdout)


class Deaths(lab_case.LabCase):
    @staticmethod
    def is_served_whatever_the_time():
        made = context()
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        try:
            with dial(made) as client:
                return echoes(client)
        except OSError:
            return False

    def test_new_helpers_serve_what_the_ones_before_served(self):
        over = time.time() + 6
        brief = WORLD.servers.issue("brief", "DNS:a.test", end=time.strftime("%Y%m%d%H%M%SZ", time.gmtime(over)))
        daemon = self.start(DEFAULTS + tls_entry(PORT, pairs=[brief]))
        time.sleep(max(0, over + 1.5 - time.time()))
        for name in ("postern-keys", "postern-tls"):
            self.assertTrue(replaced(daemon, name, kill_all(daemon, name)), name)
            self.assertTrue(netlab.wait_until(self.is_served_whatever_the_time, 20), name)

    def test_a_postern_tls_that_hangs_is_noticed_behind_starttls_too(self):
        daemon = self.start(defaults("tls_workers = 1")
                            + tls_entry(PORT, "starttls = smtp", "tls_handshake_timeout = 1"))
        victim, = netlab.wait_until(lambda: children(daemon, "postern-tls"))
        os.kill(victim, signal.SIGSTOP)
        with netlab.Client.connect(PORT, timeout=60) as client:
            self.assertEqual(client.read_all(), b"")
        self.assertTrue(daemon.logged("it lets the deadline of a handshake pass"))
        self.assertTrue(netlab.wait_until(lambda: children(daemon, "postern-tls") not in ([], [victim]), 20))

    def test_helpers_killed_under_load(self):
        daemon = self.start(DEFAULTS + tls_entry(PORT) + entry("plain", PORT + 1))
        stopping, served, failed = threading.Event(), [0], [0]

        def load():
            while not stopping.is_set():
                try:
                    with dial(context()) as client:
                        client.sendall(b"x" * 1000)
                        got = b""
                        while len(got) < 1000 and (piece := client.recv(1000)):
                            got += piece
                        served[0] += got == b"x" * 1000
                except OSError:
                    failed[0] += 1
                    time.sleep(0.05)

        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for name in ("postern-keys", "postern-tls", "postern-keys", "postern-tls"):
                with dial(context()) as session:
                    self.assertTrue(echoes(session, b"1"))
                    victims = kill_all(daemon, name)
                    if name == "postern-keys":  # who is through with the handshake needs no key
                        self.assertTrue(echoes(session, b"2"))
                with netlab.Client.connect(PORT + 1, timeout=20) as plain:
                    self.assertEqual(plain.read_all(), b"hello\n")
                self.assertTrue(replaced(daemon, name, victims), name)
                before = served[0]
                self.assertTrue(netlab.wait_until(lambda: served[0] > before + 5, 30), name)
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
        self.assertTrue(daemon.logged("ended: signal 9"))
        self.assertTrue(netlab.wait_until(lambda: not children(daemon, "cat"), 20))


if __name__ == "__main__":
    lab_case.main(WORLD)
