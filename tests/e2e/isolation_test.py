#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# One client that does not read, does not write or floods its service delays no other service. Calls with and without
# the disturbance alternate, so that whatever else the machine does hits both; median and 95th percentile, from connect
# to the end of the reply, are compared. A service that starts a program may be delayed by what the same disturbance
# adds to a program started by the test itself: that is the machine's. Prints the figures.
import contextlib
import os
import pathlib
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS, entry  # noqa: E402

PROGRAM, DAYTIME, REDIRECT, CHARGEN, BANNER, CAT, FORBIDDEN, DATAGRAMS, DETOUR = range(20001, 20010)
ROUNDS, CALLS = 6, 30
BANNER_BYTES = 30 << 20
FLOODER = "127.0.0.2"
# What a disturbance may add, in milliseconds. Waiting for a client would add seconds. A flood also needs the processors
# that the measured services need; the scheduler's share in that is not the daemon's.
STALLED = {"median": 4.0, "p95": 25.0}
FLOODED = {"median": 8.0, "p95": 40.0}

INTERNAL = "type = INTERNAL UNLISTED"
CONF = (DEFAULTS
        + entry("program", PROGRAM)
        + entry("daytime", DAYTIME, INTERNAL)
        + entry("redirect", REDIRECT, f"redirect = 127.0.0.1 {PROGRAM}")
        + entry("chargen", CHARGEN, INTERNAL)
        + entry("banner", BANNER, "banner = /run/lab/banner")
        + entry("cat", CAT, "server = /bin/cat")
        + entry("forbidden", FORBIDDEN, f"no_access = {FLOODER}")
        + entry("echo", DATAGRAMS, INTERNAL, protocol="udp")
        + entry("detour", DETOUR, f"redirect = 127.0.0.1 {CHARGEN}"))
MEASURED = {"program": PROGRAM, "daytime": DAYTIME, "redirect": REDIRECT}
STARTED = {"program", "redirect"}  # by the daemon, for each call
BARE = "bare"  # the same program, started by the test


def call(port):
    """Milliseconds from connect to the end of the reply."""
    begun = time.perf_counter()
    with netlab.Client.connect(port, timeout=20) as client:
        if not client.read_all():
            raise ConnectionError(f"no reply on {port}")
    return (time.perf_counter() - begun) * 1000


def start_bare():
    """Milliseconds from the start of the program to the end of what it writes."""
    begun = time.perf_counter()
    subprocess.run(["/bin/echo", "hello"], stdout=subprocess.PIPE, close_fds=False, check=True)
    return (time.perf_counter() - begun) * 1000


def summary(samples):
    return {"median": statistics.median(samples), "p95": statistics.quantiles(samples, n=20)[18]}


@contextlib.contextmanager
def stalled(port, count=20):
    """Clients that connect and then do nothing at all."""
    clients = [netlab.Client.connect(port, timeout=20) for _ in range(count)]
    time.sleep(0.2)  # until the buffers between here and there are full
    yield
    for client in clients:
        client.close()


def knock():
    """One connection that is refused: waits for its end, so that the flood counts what was answered."""
    with netlab.Client.connect(FORBIDDEN, source=FLOODER, timeout=20) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.read_all()


def queued_bytes(port):
    """What waits in UDP sockets of this port (proc_net(5))."""
    waiting = 0
    for table in ("/proc/net/udp", "/proc/net/udp6"):
        for row in pathlib.Path(table).read_text().splitlines()[1:]:
            local, queues = (row.split()[column] for column in (1, 4))
            if int(local.rpartition(":")[2], 16) == port:
                waiting += int(queues.rpartition(":")[2], 16)
    return waiting


def datagram():
    endpoint = getattr(datagram, "endpoint", None)
    if endpoint is None:
        endpoint = datagram.endpoint = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        endpoint.connect(("127.0.0.1", DATAGRAMS))
    endpoint.send(b"x" * 512)


class Flood:
    """A process that does one thing in a loop whenever it is not paused."""

    def __init__(self, action):
        self.reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.reader)
            os.nice(10)  # below the daemon, so that the daemon and not the scheduler is measured
            self._loop(action, writer)
        os.close(writer)
        os.kill(self.pid, signal.SIGSTOP)

    @staticmethod
    def _loop(action, writer):
        stopping = []
        signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
        done = 0
        status = 1
        try:
            while not stopping:
                action()
                done += 1
            status = 0
        finally:
            os.write(writer, struct.pack("q", done))
            os._exit(status)

    @contextlib.contextmanager
    def running(self):
        os.kill(self.pid, signal.SIGCONT)
        yield
        os.kill(self.pid, signal.SIGSTOP)

    def end(self):
        """How often it did its thing."""
        os.kill(self.pid, signal.SIGTERM)
        os.kill(self.pid, signal.SIGCONT)
        done, = struct.unpack("q", os.read(self.reader, 8))
        os.close(self.reader)
        _, status = os.waitpid(self.pid, 0)
        if status != 0:
            raise ChildProcessError(f"the flood failed after {done}")
        return done


class Isolation(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        self.lab.write("banner", b"b" * BANNER_BYTES)
        self.daemon = self.start(CONF)
        for port in MEASURED.values():
            call(port)

    def compare(self, disturbance, bounds):
        calm, disturbed = ({name: [] for name in (BARE, *MEASURED)} for _ in range(2))
        for _ in range(ROUNDS):
            self.measure(calm)
            with disturbance():
                self.measure(disturbed)
        added = {}
        for name in calm:
            before, during = summary(calm[name]), summary(disturbed[name])
            print("\n  {:9}calm {:.2f} / {:.2f} ms, disturbed {:.2f} / {:.2f} ms (median / p95)".format(
                name, before["median"], before["p95"], during["median"], during["p95"]), end="", flush=True)
            added[name] = {figure: during[figure] - before[figure] for figure in bounds}
        for name in MEASURED:
            for figure, bound in bounds.items():
                machine = max(added[BARE][figure], 0) if name in STARTED else 0
                self.assertLess(added[name][figure] - machine, bound, f"{name}: {figure}")
        print()
        # Every call left its START: the redirect's calls reach the program as well.
        calls = 2 * ROUNDS * CALLS + 1
        for name, expected in (("program", 2 * calls), ("daytime", calls), ("redirect", calls)):
            def starts():
                return sum(r.kind == "START" and r.id == name for r in self.daemon.service_log())
            netlab.wait_until(lambda: starts() >= expected)
            self.assertEqual(starts(), expected, name)
        self.assert_consistent(self.daemon)

    def measure(self, samples):
        for _ in range(CALLS):
            samples[BARE].append(start_bare())
            for name, port in MEASURED.items():
                samples[name].append(call(port))

    def test_clients_that_never_read_chargen(self):
        self.compare(lambda: stalled(CHARGEN), STALLED)

    def test_clients_that_never_read_through_a_redirect(self):
        self.compare(lambda: stalled(DETOUR), STALLED)

    def test_clients_that_never_read_a_banner_of_30_megabytes(self):
        self.compare(lambda: stalled(BANNER), STALLED)

    def test_clients_that_never_write(self):
        self.compare(lambda: stalled(CAT), STALLED)

    def test_a_flood_of_connections_that_are_refused(self):
        flood = Flood(knock)
        self.compare(flood.running, FLOODED)
        knocks = flood.end()
        refused = self.daemon.wait_records(knocks, kind="FAIL", timeout=20)
        self.assertEqual({r.normalised() for r in refused}, {f"FAIL forbidden address from={FLOODER}"})
        self.assertEqual(len(refused), knocks)
        self.assertGreater(knocks, 200)
        print(f"  {knocks} connections refused, each with its record")

    def test_a_flood_of_datagrams(self):
        flood = Flood(datagram)
        self.compare(flood.running, FLOODED)
        sent = flood.end()
        self.assertGreater(sent, 1000)
        # The kernel drops what does not fit, so the queue is to be worked off first.
        netlab.wait_until(lambda: queued_bytes(DATAGRAMS) == 0, timeout=10)
        self.assertEqual(queued_bytes(DATAGRAMS), 0, [m.raw for m in self.daemon.log()])
        self.assertEqual(netlab.ask_datagram(DATAGRAMS, b"still there", timeout=10), b"still there")
        print(f"  {sent} datagrams sent")


if __name__ == "__main__":
    lab_case.main()
