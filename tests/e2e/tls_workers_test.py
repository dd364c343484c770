#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Several pairs of postern-tls and postern-keys: who comes back finds the one he was at, the others do not notice when one
# of them dies or hangs, and a reload reaches all of them, or changes how many there are.
import contextlib
import os
import pathlib
import random
import signal
import ssl
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402
from tls_world import (ENV, PORT, WORLD, await_workers, children, context, defaults, dial, echoes,  # noqa: E402
                       environment, read_all, tls_entry, workers)

SOURCES = [f"127.0.0.{last}" for last in range(2, 26)]
THREE = defaults("tls_workers = 3")


class Case(lab_case.LabCase):
    def serve(self, conf):
        daemon = self.start(conf)
        await_workers(daemon)
        return daemon

    def settled(self, daemon, sessions=0):
        """Whether so many sessions come to be with the workers, all together; they follow what the client did."""
        return netlab.wait_until(lambda: sum(one.sessions for one in workers(daemon)) == sessions, 10)

    def source_of(self, daemon, tls):
        """An address whose home is this postern-tls."""
        for source in SOURCES:
            with dial(context(), source=source) as client:
                self.assertTrue(echoes(client))
                (at,) = [one.tls for one in workers(daemon) if one.sessions]
            self.assertTrue(self.settled(daemon))
            if at == tls:
                return source
        raise AssertionError("nobody goes there")


class Spread(Case):
    def test_clients_of_many_addresses_are_spread(self):
        daemon = self.serve(THREE + tls_entry(PORT))
        with contextlib.ExitStack() as stack:
            for source in SOURCES:
                self.assertTrue(echoes(stack.enter_context(dial(context(), source=source))))
            found = workers(daemon)
            self.assertEqual(len({one.tls for one in found} | {one.keys for one in found}), 6)
            self.assertEqual(sum(one.sessions for one in found), len(SOURCES))
            self.assertTrue(all(one.sessions for one in found), found)
        self.assertTrue(self.settled(daemon))

    def test_one_address_with_much_to_do_is_served_by_all(self):
        daemon = self.serve(THREE + tls_entry(PORT))
        with contextlib.ExitStack() as stack:
            for count in range(1, 41):
                self.assertTrue(echoes(stack.enter_context(dial(context()))))
                if count == 6:
                    self.assertEqual(sorted(one.sessions for one in workers(daemon)), [0, 0, 6])
            self.assertGreater(min(one.sessions for one in workers(daemon)), 5)

    def test_who_comes_back_is_resumed(self):
        self.serve(THREE + tls_entry(PORT, server=ENV))
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for source in SOURCES[:8]:
                made = context(version=version)
                with dial(made, source=source) as client:
                    self.assertIn(b"SSL_SESSION_RESUMED=Initial", read_all(client))
                    session = client.session
                with dial(made, source=source, session=session) as client:
                    self.assertIn(b"SSL_SESSION_RESUMED=Resumed", read_all(client), source)


class Deaths(Case):
    def test_one_that_is_killed_takes_its_own_sessions_along_and_no_other(self):
        daemon = self.serve(THREE + tls_entry(PORT))
        sent = random.Random(4).randbytes(1 << 20)
        going, rounds, exact = threading.Event(), [0] * len(SOURCES), [False] * len(SOURCES)
        going.set()

        def transfer(nth, client):
            """Sends it piece by piece, and reads it back, until told to end, or until that goes wrong."""
            with contextlib.suppress(OSError), client:
                while going.is_set() or rounds[nth] < 2:
                    for start in range(0, len(sent), 16384):
                        piece = sent[start:start + 16384]
                        client.sendall(piece)
                        got = b""
                        while len(got) < len(piece) and (more := client.recv(65536)):
                            got += more
                        if got != piece:
                            return
                    rounds[nth] += 1
                exact[nth] = True

        clients = [dial(context(), source=source) for source in SOURCES]
        threads = [threading.Thread(target=transfer, args=(nth, client)) for nth, client in enumerate(clients)]
        before = workers(daemon)
        for thread in threads:
            thread.start()
        self.assertTrue(netlab.wait_until(lambda: sum(rounds) > 2, 60))
        victim = max(before, key=lambda one: one.sessions)
        self.assertGreater(victim.sessions, 0)
        os.kill(victim.tls, signal.SIGKILL)
        # Whoever comes meanwhile, from wherever, finds another one.
        self.assertTrue(netlab.wait_until(lambda: daemon.logged(f"(pid {victim.tls}) ended"), 10))
        for source in SOURCES:
            with dial(context(), source=source) as client:
                self.assertTrue(echoes(client), source)
        going.clear()
        for thread in threads:
            thread.join()
        self.assertEqual(exact.count(False), victim.sessions)
        self.assertTrue(self.settled(daemon))
        after = workers(daemon)
        self.assertEqual([one.tls for one in before if one != victim], [b.tls for a, b in zip(before, after) if a != victim])
        self.assertEqual([one.keys for one in before], [one.keys for one in after], "each postern-keys lives on")
        self.assert_consistent(daemon)

    def test_handshakes_go_elsewhere_while_a_postern_keys_is_gone(self):
        daemon = self.serve(THREE + tls_entry(PORT))
        victim = workers(daemon)[1]
        source = self.source_of(daemon, victim.tls)
        with dial(context(), source=source) as session:
            self.assertTrue(echoes(session))
            os.kill(victim.keys, signal.SIGKILL)
            self.assertTrue(netlab.wait_until(lambda: daemon.logged(f"postern-keys (pid {victim.keys}) ended"), 10))
            for _ in range(20):
                with dial(context(), source=source) as client:
                    self.assertTrue(echoes(client))
            self.assertTrue(echoes(session), "who is through with the handshake needs no key")
        self.assertTrue(netlab.wait_until(lambda: workers(daemon)[1].keys not in (0, victim.keys), 10))

    def test_one_that_hangs_is_noticed_and_keeps_nobody_else_waiting(self):
        daemon = self.serve(THREE + tls_entry(PORT, "tls_handshake_timeout = 1"))
        victim = workers(daemon)[2]
        source = self.source_of(daemon, victim.tls)
        others = [self.source_of(daemon, one.tls) for one in workers(daemon)[:2]]
        os.kill(victim.tls, signal.SIGSTOP)
        hanging = threading.Thread(target=self.hang, args=(source,))
        hanging.start()
        slowest = 0.0
        while not daemon.logged("it lets the deadline of a handshake pass") and slowest < 5:
            begun = time.monotonic()
            for other in others:
                with dial(context(), source=other) as client:
                    self.assertTrue(echoes(client))
            slowest = max(slowest, time.monotonic() - begun)
            time.sleep(0.1)
        hanging.join()
        self.assertLess(slowest, 5)
        self.assertEqual(len(daemon.logged(f"postern-tls (pid {victim.tls}) is killed")), 1)
        with dial(context(), source=source) as client:
            self.assertTrue(echoes(client))
        self.assertEqual([one.tls for one in workers(daemon)[:2]].count(victim.tls), 0)

    def hang(self, source):
        with contextlib.suppress(OSError), dial(context(), source=source):
            self.fail("a process that is stopped has shaken hands")


class Reloads(Case):
    def test_new_certificates_reach_all(self):
        live = (WORLD.folder / "live.pem", WORLD.folder / "live.key")
        served = {}

        def put(pair):
            for source, target in zip(pair, live):
                target.write_bytes(source.read_bytes())
                target.chmod(0o600)

        def serials():
            for source in SOURCES:
                with dial(context(), source=source) as client:
                    served[source] = client.getpeercert()["serialNumber"]
            return set(served.values())

        put(WORLD.a)
        daemon = self.serve(THREE + tls_entry(PORT, pairs=[live]))
        (first,) = serials()
        put(WORLD.servers.issue("a2", "DNS:a.test"))
        self.assertTrue(daemon.reload())
        (second,) = serials()
        self.assertNotEqual(first, second)
        put((WORLD.a[0], WORLD.b[1]))
        self.assertTrue(daemon.reload())
        self.assertTrue(daemon.logged("reconfiguration failed"))
        self.assertEqual(serials(), {second})

    def reload(self, daemon, *lines):
        self.lab.write("main.conf", defaults(*lines) + tls_entry(PORT))
        self.assertTrue(daemon.reload())

    def test_more_and_fewer_of_them(self):
        daemon = self.serve(defaults("tls_workers = 1") + tls_entry(PORT))
        (only,) = workers(daemon)
        with dial(context()) as old:
            self.assertTrue(echoes(old))
            self.reload(daemon, "tls_workers = 4")
            self.assertTrue(netlab.wait_until(lambda: not any(one.starting for one in workers(daemon)), 10))
            self.assertEqual([one.tls == only.tls for one in workers(daemon)], [True, False, False, False])
            with contextlib.ExitStack() as stack:
                for source in SOURCES:
                    self.assertTrue(echoes(stack.enter_context(dial(context(), source=source))))
                self.assertTrue(all(one.sessions for one in workers(daemon)))
                self.reload(daemon, "tls_workers = 2")
                self.assertEqual([one.leaving for one in workers(daemon)], [False, False, True, True])
                left = [one.sessions for one in workers(daemon)[2:]]
                for source in SOURCES:
                    with dial(context(), source=source) as client:
                        self.assertTrue(echoes(client))
                self.assertEqual([one.sessions for one in workers(daemon)[2:]], left, "they get no new ones")
            self.assertTrue(netlab.wait_until(lambda: len(workers(daemon)) == 2, 10))
            self.assertTrue(echoes(old))
        self.assertEqual([len(children(daemon, name)) for name in ("postern-tls", "postern-keys")], [2, 2])
        self.assertFalse(daemon.logged("ended"), "whoever is dismissed is no failure")
        self.reload(daemon, "tls_workers = 0")
        self.assertTrue(daemon.logged("reconfiguration failed"))
        self.assertEqual(len(workers(daemon)), 2)

    def test_without_a_number_there_are_as_many_as_processors(self):
        daemon = self.start(DEFAULTS + tls_entry(PORT))
        self.assertEqual(len(workers(daemon)), min(8, len(os.sched_getaffinity(0))))

    def test_on_one_processor_there_is_one(self):
        one = str(min(os.sched_getaffinity(0)))
        daemon = self.start(DEFAULTS + tls_entry(PORT, server=ENV), through=("taskset", "-c", one))
        self.assertEqual(len(workers(daemon)), 1)
        self.assertEqual(environment(context())["SSL_PROTOCOL"], "TLSv1.3")


if __name__ == "__main__":
    lab_case.main(WORLD)
