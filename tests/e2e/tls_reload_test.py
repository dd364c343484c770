#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# New certificates, keys and rules while posternd runs: taken at SIGHUP or when the files have changed, whoever is in a
# handshake then, and never where they cannot serve.
import os
import pathlib
import shutil
import signal
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from certificates import openssl  # noqa: E402
from lab_case import DEFAULTS, entry  # noqa: E402
from tls_world import PORT, WORLD, HalfWay, client_rules, context, dial, echoes, s_client, tls_entry  # noqa: E402


class Reloads(lab_case.LabCase):
    def serial(self):
        text = s_client("-servername", "a.test")
        start = text.index("-----BEGIN CERTIFICATE")
        return openssl("x509", "-noout", "-serial", stdin=text[start:].encode()).decode()

    def setUp(self):
        super().setUp()
        self.live = (WORLD.folder / "live.pem", WORLD.folder / "live.key")
        self.put(*WORLD.a)

    def put(self, certificate, key):
        for source, target in ((key, self.live[1]), (certificate, self.live[0])):
            shutil.copy(source, str(target) + ".new")
            os.chmod(str(target) + ".new", 0o600)
            os.rename(str(target) + ".new", target)

    def test_new_files_are_taken_at_hup_and_by_themselves_and_bad_ones_never(self):
        daemon = self.start(DEFAULTS + tls_entry(PORT, pairs=[self.live]))
        first = self.serial()
        with dial(context()) as session:
            self.assertTrue(echoes(session))
            self.put(*WORLD.servers.issue("a2", "DNS:a.test"))
            daemon.reload()
            second = self.serial()
            self.assertNotEqual(second, first)
            self.put(WORLD.a[0], WORLD.b[1])
            daemon.signal(signal.SIGHUP)
            self.assertTrue(netlab.wait_until(lambda: daemon.logged("reconfiguration failed"), 20))
            self.assertEqual(self.serial(), second)
            self.put(*WORLD.a)
            self.assertTrue(netlab.wait_until(lambda: self.serial() == first, 30), "the change is not noticed")
            self.put(WORLD.a[0], WORLD.b[1])
            self.assertTrue(netlab.wait_until(lambda: daemon.logged("keeps its certificates"), 30))
            self.assertEqual(self.serial(), first)
            self.assertTrue(echoes(session, b"y"), "a session lives through all of it")

    def test_a_client_in_its_handshake_gets_what_it_began_with(self):
        daemon = self.start(DEFAULTS + tls_entry(PORT, pairs=[self.live]))
        with socket.create_connection(("127.0.0.1", PORT), timeout=20) as slow:
            self.serial()  # whoever came before is with postern-tls by now
            self.put(*WORLD.servers.issue("a3", "DNS:a.test"))
            daemon.reload()
            self.serial()
            with context().wrap_socket(slow, server_hostname="a.test") as client:
                self.assertTrue(echoes(client, b"z"))
        self.assertFalse(daemon.logged("was not due"))

    def test_a_handshake_that_a_reload_overtakes_is_judged_by_what_is_in_force(self):
        on = DEFAULTS + tls_entry(PORT)
        daemon = self.start(on)
        for changed in (entry("secure", PORT, "server = /bin/cat"), entry("other", PORT + 1),
                        tls_entry(PORT, *client_rules("tls_only_from = alice.test"))):
            with HalfWay(context()) as client, dial(context()) as session:
                self.assertTrue(echoes(session))  # it has been let in
                self.lab.write("main.conf", DEFAULTS + changed)
                self.assertTrue(daemon.reload())
                self.assertEqual(client.finish(b"x"), b"", changed)
                self.assertTrue(echoes(session, b"y"))
            self.lab.write("main.conf", on)
            self.assertTrue(daemon.reload())
            self.assertTrue(netlab.wait_listening(PORT))
            with HalfWay(context()) as client:
                self.assertEqual(client.finish(b"z"), b"z")
        self.assertEqual(len(daemon.logged("the service is gone")), 2)
        self.assertTrue(daemon.logged("the client has no verified certificate"))
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main(WORLD)
