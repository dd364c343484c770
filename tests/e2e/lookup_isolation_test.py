#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# 200 connections whose names never resolve leave those of others where they were: the 99th percentile of their time from
# connect to the end of the reply. Two daemons are asked in turn, one of which has the 200, so that whatever else the
# machine does hits both. What is left is chance, which a window without it gets rid of: the best of several counts, and
# a daemon that waits would be slow in all of them. Prints the figures.
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS, entry  # noqa: E402
from name_server import NameServer  # noqa: E402

ASKED, OPEN, CALM = 20001, 20002, 20003
WAITING, CALLS, WINDOWS, MOST = 200, 400, 6, 1.10


def call(port):
    """Milliseconds from connect to the end of the reply."""
    begun = time.perf_counter()
    with netlab.Client.connect(port, timeout=20) as client:
        if client.read_all() != b"hello\n":
            raise ConnectionError(f"no reply on {port}")
    return (time.perf_counter() - begun) * 1000


def p99(samples):
    return statistics.quantiles(samples, n=100)[98]


class LookupIsolation(lab_case.LabCase):
    def start_both(self):
        self.lab.write("/etc/hosts", "127.0.0.1 localhost\n")
        self.lab.write("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n")
        self.lab.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n")
        # They compete for the processors alike.
        calm = self.lab.write("calm.conf", DEFAULTS.replace("svc.log", "calm.log") + entry("calm", CALM))
        self.daemons.append(self.lab.start_posternd(None, "-f", calm, "-filelog", self.lab.path("calm-program.log"),
                                                    "-dontfork", bare=True, ready=False))
        daemon = self.start(DEFAULTS + entry("asked", ASKED, "only_from = .good.test") + entry("open", OPEN))
        self.assertTrue(self.lab.wait_listening(CALM))
        return daemon

    def window(self, dns, number):
        """The ratio of both percentiles while WAITING clients wait for their names."""
        sources = [f"127.{number + 1}.0.{last}" for last in range(1, WAITING + 1)]
        dns.silent.update(sources)
        clients = [self.lab.connect(ASKED, source=source, timeout=30) for source in sources]
        self.assertTrue(netlab.wait_until(lambda: {q[0] for q in dns.asked} >= set(sources), 10))
        begun = time.monotonic()
        both = [(call(CALM), call(OPEN)) for _ in range(CALLS)]
        self.assertLess(time.monotonic() - begun, 9, "the names were given up meanwhile: the machine is too slow")
        for client in clients:
            client.close()
        calm, disturbed = (p99(side) for side in zip(*both))
        print(f"\n  p99 calm {calm:.2f} ms, beside {WAITING} that wait {disturbed:.2f} ms", end="", flush=True)
        return disturbed / calm

    def test_names_that_never_resolve_leave_the_others_where_they_were(self):
        with NameServer() as dns:
            daemon = self.start_both()
            for port in (CALM, OPEN) * 20:
                call(port)
            ratios = []
            for number in range(WINDOWS):
                ratios.append(self.window(dns, number))
                if ratios[-1] <= MOST:
                    break
            self.assertLessEqual(min(ratios), MOST, ratios)
            refused = daemon.wait_records(WAITING * len(ratios), timeout=30, kind="FAIL")
            self.assertEqual(len(refused), WAITING * len(ratios))
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
