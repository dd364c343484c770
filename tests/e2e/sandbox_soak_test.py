#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# 10,000 connections to services in sandboxes, of which some end well, some are cut off by the client's reset and some
# have a sandbox of their own, leave nothing behind: no process, descriptor, mount, namespace or control group, and no
# memory. Prints the figures.
import contextlib
import os
import pathlib
import socket
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
import sandboxed  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402
from sandboxed import service  # noqa: E402

HELLO, STRICT, CAT, FRESH, RELAYED = range(20001, 20006)
SHARING = {"hello": HELLO, "strict": STRICT, "cat": CAT, "relayed": RELAYED}
ROUNDS, A_ROUND = 2, 5000  # the first is what the second is measured against
CALLERS = 4
GROWTH_KIB = 512
ECHO = ("server = /bin/echo", "server_args = hello")
CONF = (DEFAULTS + service("hello", HELLO, *ECHO)
        + service("strict", STRICT, *ECHO, "sandbox = strict")
        + service("cat", CAT, "server = /bin/cat")
        + service("relayed", RELAYED, *ECHO, "network = relay"))
LIMITED = "fresh-of-the-soak-test"  # made and removed for each connection


def reset(port):
    """A client that says something and is gone."""
    with netlab.Client.connect(port, timeout=30) as client:
        client.send(b"half a li")
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def greeted(port):
    with netlab.Client.connect(port, timeout=30) as client:
        return client.read_all(30) == b"hello\n"


def visit(number):
    """One of 5,000 clients: 50 fresh, 500 strict, 250 relayed, 1000 that reset, the others plain."""
    if number % 100 == 0:
        return greeted(FRESH)
    if number % 10 == 1:
        return greeted(STRICT)
    if number % 20 == 2:
        return greeted(RELAYED)
    if number % 5 == 3:
        reset(CAT)
        return True
    return greeted(HELLO)


def has_pids_controller():
    return any("pids" in words[words.index("-") + 1:][2].split(",") or "pids" in controllers(words[4])
               for words in map(str.split, pathlib.Path("/proc/self/mountinfo").read_text().splitlines())
               if words[words.index("-") + 1].startswith("cgroup"))


def controllers(mount):
    """Of version 2."""
    with contextlib.suppress(OSError):
        return pathlib.Path(mount, "cgroup.controllers").read_text().split()
    return []


def control_groups():
    """Those of the services here: the hierarchies are the whole machine's."""
    return {folder for folder, _, _ in os.walk("/sys/fs/cgroup") if folder.endswith(f"/postern/{LIMITED}")}


class Soak(lab_case.LabCase):
    def settle(self, daemon):
        """Waits until only the relay and the zygotes of the shared services are left."""
        def settled():
            return len(daemon.children()) == 1 + len(SHARING) and len(daemon.servers()) == len(daemon.children())
        self.assertTrue(netlab.wait_until(settled, 30), sandboxed.processes())

    def seen(self, daemon):
        """What may not grow, but for memory."""
        watched = {"posternd": daemon.pid, "relay": lab_case.relay_of(daemon),
                   **{name: sandboxed.zygote_of(daemon, name) for name in SHARING}}
        return {
            "processes": sorted(sandboxed.processes()),
            "descriptors": {name: sandboxed.descriptors(pid) for name, pid in watched.items()},
            "mounts": {name: sandboxed.mounts(pid) for name, pid in watched.items()},
            "namespaces": sandboxed.namespaces_in_use(),
            "control groups": control_groups(),
        }, {name: sandboxed.resident(pid) for name, pid in watched.items()}

    def round(self, daemon):
        with ThreadPoolExecutor(CALLERS) as callers:
            self.assertTrue(all(callers.map(visit, range(A_ROUND))))
        self.settle(daemon)
        return self.seen(daemon)

    def test_10000_connections_leave_nothing_behind(self):
        limit = ("tasks_max = 20",) if has_pids_controller() else ()
        daemon = self.start(CONF + service(LIMITED, FRESH, *ECHO, "isolation = fresh", *limit))
        for port in (HELLO, STRICT, FRESH, RELAYED):
            self.assertTrue(greeted(port))
        reset(CAT)
        self.settle(daemon)
        begun = time.monotonic()
        first, at_first = self.round(daemon)
        for _ in range(ROUNDS - 1):
            last, at_last = self.round(daemon)
        seconds = time.monotonic() - begun
        self.assertEqual(last, first)
        print(f"\n  {ROUNDS * A_ROUND} connections in {seconds:.1f} s; KiB after {A_ROUND} and after all:",
              {name: (at_first[name], at_last[name]) for name in at_first})
        for name, kib in at_first.items():
            self.assertLessEqual(at_last[name], kib + GROWTH_KIB, name)
        self.check_records(daemon)
        self.assert_consistent(daemon)

    @staticmethod
    def ending(record):
        return " ".join(f"{name}={record.fields[name]}" for name in ("status", "signal") if name in record.fields)

    def check_records(self, daemon):
        """Every connection was let in and accounted for, and nothing else was logged."""
        total = ROUNDS * A_ROUND + 5
        exits = daemon.wait_records(total, kind="EXIT", timeout=30)
        self.assertEqual(len(exits), total)
        kinds = {kind: sum(r.kind == kind for r in daemon.service_log()) for kind in ("START", "FAIL")}
        self.assertEqual(kinds, {"START": total, "FAIL": 0})
        # cat finds its client gone: read(2) fails, or write(2) by SIGPIPE. Everybody else succeeds.
        self.assertEqual({self.ending(r) for r in exits if r.id != "cat"}, {"status=0"})
        self.assertEqual({self.ending(r) for r in exits if r.id == "cat"} - {"status=0", "status=1", "signal=13"}, set())
        self.assertEqual([m.raw for m in daemon.log() if m.level in ("ERROR", "CRITICAL", "WARNING")], [])


if __name__ == "__main__":
    lab_case.main()
