#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# SIGHUP while clients come without pause: 100 times, and each connection is served to its end, no descriptor stays
# behind and memory stays level. Sessions outlive the service they came through; bad files change nothing.
import pathlib
import statistics
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS, entry  # noqa: E402

RELOADS = 100
HELLO, ECHO, REDIRECT, COMING, CHANGING = 20001, 20002, 20003, 20004, 20005
STEADY = (DEFAULTS + entry("hello", HELLO)
          + entry("echo", ECHO, "type = INTERNAL UNLISTED", "id = echo-stream")
          + entry("detour", REDIRECT, f"redirect = 127.0.0.1 {HELLO}"))


def conf(number):
    """What differs from one reload to the next: one service comes and goes, one changes its answer, and its port."""
    changing = entry("changing", CHANGING + number % 3, "server = /bin/echo", f"server_args = {number}")
    return STEADY + changing + (entry("coming", COMING) if number % 2 else "")


class Traffic:
    """Threads that connect without pause to services which stay, until told to stop."""

    def __init__(self):
        self.stopping = threading.Event()
        self.served = {port: 0 for port in (HELLO, ECHO, REDIRECT)}
        self.lost = []
        self.threads = [threading.Thread(target=self._run, args=(port,)) for port in self.served]

    def _once(self, port):
        with netlab.Client.connect(port, timeout=20) as client:
            if port != ECHO:
                return client.read_all() == b"hello\n"
            client.send(b"x" * 3000 + b"\n")
            client.half_close()
            return client.read_all() == b"x" * 3000 + b"\n"

    def _run(self, port):
        while not self.stopping.is_set():
            try:
                if not self._once(port):
                    self.lost.append((port, "cut short"))
            except OSError as error:
                self.lost.append((port, repr(error)))
            self.served[port] += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


class Reload(lab_case.LabCase):
    def quiet(self, daemon):
        """Waits until every session has ended, and the daemon knows."""
        def settled():
            log = pathlib.Path(daemon.service_log_path)
            text = log.read_text() if log.exists() else ""
            return len(daemon.children()) == 1 and text.count(": START: ") == text.count(": EXIT: ")
        return netlab.wait_until(settled)

    def descriptors(self, daemon):
        relay = len(list(pathlib.Path(f"/proc/{lab_case.relay_of(daemon)}/fd").iterdir()))
        return {"posternd": len(daemon.fds()), "postern-relay": relay}

    def reload_to(self, daemon, text):
        self.lab.write("main.conf", text)
        self.assertTrue(daemon.reload())

    def test_100_reloads_under_traffic_lose_nothing_and_leak_nothing(self):
        daemon = self.start(conf(0))
        sizes = []
        # The first rounds fill what grows once: tables, buffers, the allocator's free lists.
        for number in (1, 2, 3, 4, 5, 6):
            self.reload_to(daemon, conf(number))
        with Traffic():
            netlab.wait_until(lambda: False, 0.5)
        self.assertTrue(self.quiet(daemon))
        before = self.descriptors(daemon)
        with Traffic() as traffic:
            for number in range(1, RELOADS + 1):
                self.reload_to(daemon, conf(number % 6))
                sizes.append(daemon.rss())
        self.assertEqual(traffic.lost, [])
        self.assertTrue(all(count >= RELOADS / 2 for count in traffic.served.values()), traffic.served)
        self.assertEqual(len(daemon.logged("Reconfigured:")), RELOADS + 6)
        self.assertTrue(self.quiet(daemon))
        self.reload_to(daemon, conf(6))
        self.assertTrue(netlab.wait_until(lambda: self.descriptors(daemon) == before),
                        f"{self.descriptors(daemon)} after, {before} before")
        first, last = statistics.median(sizes[:20]), statistics.median(sizes[-20:])
        self.assertLess(last - first, 256, f"resident KiB: {sizes}")
        self.assert_consistent(daemon)
        records = daemon.service_log()
        starts, exits = ([r for r in records if r.kind == kind] for kind in ("START", "EXIT"))
        self.assertEqual(len(starts), len(exits))
        self.assertFalse([r for r in records if r.kind == "FAIL"])
        print(f"\n{RELOADS} reloads, {sum(traffic.served.values())} connections served, none lost; "
              f"descriptors {before}; resident {first:.0f} -> {last:.0f} KiB")

    def test_services_come_change_and_go(self):
        daemon = self.start(conf(0))
        self.assertEqual((self.ask(COMING), self.ask(CHANGING)), ("refused", "0\n"))
        self.reload_to(daemon, conf(1))
        self.assertEqual((self.ask(COMING), self.ask(CHANGING), self.ask(CHANGING + 1)), ("hello\n", "refused", "1\n"))
        self.reload_to(daemon, STEADY + entry("changing", CHANGING + 1, "no_access = 127.0.0.2"))
        self.assertEqual((self.ask(COMING), self.ask(CHANGING + 1)), ("refused", "hello\n"))
        self.assertEqual(self.ask(CHANGING + 1, source="127.0.0.2"), "closed")
        self.assertEqual(self.ask(HELLO), "hello\n")
        self.assert_consistent(daemon)

    def test_sessions_outlive_their_service(self):
        slow = entry("slow", COMING, "server = /bin/cat")
        away = entry("away", CHANGING, f"redirect = 127.0.0.1 {ECHO}")
        daemon = self.start(STEADY + slow + away)
        clients = [self.lab.connect(port) for port in (COMING, CHANGING, ECHO)]
        for client in clients:
            client.send(b"before\n")
            self.assertEqual(client.read_line(), b"before\n")
        self.reload_to(daemon, DEFAULTS + entry("hello", HELLO))
        for client in clients:
            client.send(b"after\n")
            self.assertEqual(client.read_line(), b"after\n")
            client.close()
        self.assertEqual([self.ask(port) for port in (COMING, CHANGING, ECHO)], ["refused"] * 3)
        self.assertTrue(self.quiet(daemon))
        exits = daemon.wait_records(4, kind="EXIT")
        self.assertEqual(sorted(r.id for r in exits), ["away", "echo-stream", "echo-stream", "slow"])
        self.assert_consistent(daemon)

    def test_instances_are_counted_across_reloads(self):
        def limited(args):
            return DEFAULTS + entry("slow", HELLO, "server = /bin/cat", f"server_args = {args}", "instances = 1")
        daemon = self.start(limited("-"))
        with self.lab.connect(HELLO) as client:
            client.send(b"x\n")
            self.assertEqual(client.read_line(), b"x\n")
            self.reload_to(daemon, limited("-u -"))
            self.assertEqual(self.ask(HELLO), "closed")
        daemon.wait_records(1, kind="EXIT")
        with self.lab.connect(HELLO) as client:
            client.send(b"y\n")
            self.assertEqual(client.read_line(), b"y\n")

    def test_bad_files_change_nothing(self):
        # Not -dontfork: that implies -stayalive, which takes an empty file for what was meant.
        daemon = self.start(STEADY, "-d", foreground=False)
        self.assertEqual(self.ask(REDIRECT), "hello\n")  # so the relay is up
        self.assertTrue(self.quiet(daemon))
        before = self.descriptors(daemon)
        listening = netlab.listening_ports()
        bad = {
            "an attribute that is none": STEADY + entry("coming", COMING, "no_acess = 127.0.0.1"),
            "cut in the middle": (STEADY + entry("coming", COMING))[:-40],
            "empty": "",
            "binary": b"\x7fELF\0\1\2\xff" * 64,
            "a port that is taken": STEADY + entry("coming", COMING, "flags = IPv4"),
        }
        taken = netlab.socket.create_server(("127.0.0.1", COMING))
        listening.add((4, COMING))
        for what, text in bad.items():
            with self.subTest(what):
                self.lab.write("main.conf", text)
                failed = len(daemon.logged("reconfiguration failed"))
                self.assertTrue(daemon.reload())
                self.assertEqual(len(daemon.logged("reconfiguration failed")), failed + 1)
                self.assertEqual([self.ask(HELLO), self.ask(REDIRECT)], ["hello\n"] * 2)
                self.assertEqual(netlab.listening_ports(), listening)
                self.assertTrue(self.quiet(daemon))
                self.assertTrue(netlab.wait_until(lambda: self.descriptors(daemon) == before))
        taken.close()
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
