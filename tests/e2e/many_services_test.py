#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# 5000 services in one configuration, programs, built-in ones and redirects: all answer, the start is quick, and what a
# service costs while nobody calls is small. Prints the figures.
import os
import pathlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402

COUNT, FIRST = 5000, 10000
NOFILE = 16384
BACKEND = 9999
# Bounds for a busy two-core machine and a sanitizer build; what is usual is a tenth.
START_SECONDS, KIB_PER_SERVICE = 30.0, 32


def kind(number):
    return ("program", "echo", "redirect", "daytime")[number % 4]


def block(number):
    lines = {
        "program": ("server = /run/lab/answer", f"server_args = {FIRST + number}"),
        "echo": ("type = INTERNAL UNLISTED",),
        "daytime": ("type = INTERNAL UNLISTED",),
        "redirect": (f"redirect = 127.0.0.1 {BACKEND}",),
    }[kind(number)]
    name = kind(number) if lines[0].startswith("type") else f"service{number}"
    return lab_case.entry(name, FIRST + number, f"id = service{number}", "flags = IPv4", *lines)


def answered(number):
    """Whether the service on this port gives the answer that is its own."""
    port = FIRST + number
    with netlab.Client.connect(port, timeout=30) as client:
        if kind(number) == "echo":
            client.send(b"%d\n" % port)
            return client.read_line() == b"%d\n" % port
        answer = client.read_all()
        if kind(number) == "daytime":
            return len(answer) > 20 and answer.endswith(b"\r\n")
        return answer == (b"%d\n" % port if kind(number) == "program" else b"backend\n")


class ManyServices(lab_case.LabCase):
    def compile_answer(self):
        source = self.lab.write("answer.c", "#include <stdio.h>\nint main(int c, char** v) { puts(v[c - 1]); }\n")
        subprocess.run(["cc", "-static", "-O2", "-o", self.lab.path("answer"), source], check=True, timeout=60)

    def test_5000_services_start_and_all_answer(self):
        self.compile_answer()
        backend = lab_case.entry("backend", BACKEND, "server = /bin/echo", "server_args = backend")
        few = self.start(lab_case.DEFAULTS + backend, nofile=NOFILE)
        baseline = few.rss()
        few.stop()
        os.remove(few.log_path)

        conf = lab_case.DEFAULTS + backend + "".join(block(number) for number in range(COUNT))
        begun = time.monotonic()
        daemon = self.start(conf, nofile=NOFILE, ready=False)
        self.assertTrue(daemon.wait_ready(START_SECONDS), daemon.stderr())
        started = time.monotonic() - begun
        self.assertTrue(daemon.logged(f"Started working: {COUNT + 1} available services"))
        idle = daemon.rss()
        self.assertLess(started, START_SECONDS)
        self.assertLess((idle - baseline) / COUNT, KIB_PER_SERVICE)

        begun = time.monotonic()
        with ThreadPoolExecutor(8) as callers:
            results = list(callers.map(answered, range(COUNT)))
        seconds = time.monotonic() - begun
        silent = [FIRST + number for number, good in enumerate(results) if not good]
        self.assertEqual(silent, [])
        records = daemon.wait_records(COUNT, kind="START", timeout=30)
        self.assertGreaterEqual(len({record.id for record in records}), COUNT)
        self.assertFalse([r for r in daemon.service_log() if r.kind not in ("START", "EXIT", "TRAFFIC")])
        self.assert_consistent(daemon)
        print(f"\n{COUNT} services: start {started:.2f} s, resident {idle} KiB idle ({baseline} KiB with one), "
              f"{daemon.rss()} KiB after; all answered in {seconds:.1f} s")


if __name__ == "__main__":
    lab_case.main()
