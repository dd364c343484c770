#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs conformance cases on the real xinetd and on posternd and compares them. Prints TAP.

    tests/conformance/run.py [--only xinetd|posternd] [--jobs N] [--list] [FILTER…]

A filter is a case number (48 also means 48a, 48b…), or a word of a title. Exit 0 when every case did what its table
says on both sides, 1 otherwise: also when a difference that is written down has gone. Needs root and namespaces.
"""
import argparse
import importlib
import json
import os
import pathlib
import re
import selectors
import signal
import subprocess
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from compatibility import unasserted  # noqa: E402
from suite import Differs, Trial, netlab, plain  # noqa: E402

SIDES = ("xinetd", "posternd")


def load_cases():
    cases = []
    for path in sorted((HERE / "cases").glob("*.py")):
        cases += importlib.import_module(f"cases.{path.stem}").CASES
    return sorted(cases, key=lambda case: natural(case.number))


def natural(number):
    return [int(part) if part.isdigit() else part for part in re.findall(r"\d+|\D+", number)]


def chosen(case, filters):
    def matches(word):
        return bool(re.fullmatch(rf"{re.escape(word)}[a-z]*", case.number)) or (
            not word[0].isdigit() and word.lower() in case.title.lower())
    return not filters or any(matches(word) for word in filters)


class Job:
    """One case on one side, in a process of its own."""

    def __init__(self, case, side):
        self.case = case
        self.side = side
        self.outcome = None
        reader, writer = os.pipe()
        self.started = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reader)
            self._run(writer)
        os.close(writer)
        self.pipe = os.fdopen(reader, "rb")

    def _run(self, writer):
        """In the child. Never returns."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        outcome = {}
        try:
            with netlab.Lab() as lab:
                trial = Trial(self.side, lab)
                try:
                    outcome["value"] = plain(self.case.observe(trial))
                except Exception:  # the report of a broken case is a failed case
                    outcome["error"] = traceback.format_exc()
                if trial.daemon:
                    outcome["log"] = "\n".join(m.raw for m in trial.daemon.log())[-4000:]
                    outcome["records"] = "\n".join(r.raw for r in trial.daemon.service_log())[-2000:]
                    outcome["stderr"] = trial.daemon.stderr()[-2000:]
        except BaseException:
            outcome["error"] = traceback.format_exc()
        os.write(writer, json.dumps(outcome).encode())
        os._exit(0)

    def overdue(self):
        return time.monotonic() - self.started > self.case.timeout

    def finish(self):
        """Reads what the child has to say; ends it when it has taken too long."""
        if self.overdue():
            os.kill(self.pid, signal.SIGKILL)
        text = self.pipe.read()
        self.pipe.close()
        os.waitpid(self.pid, 0)
        self.seconds = time.monotonic() - self.started
        self.outcome = json.loads(text) if text else {"error": f"no answer in {self.case.timeout} s"}


def run_jobs(pending, limit, report):
    """Keeps `limit` jobs running; a job's end is the end of file on its pipe."""
    selector = selectors.DefaultSelector()
    running = set()
    pending = list(reversed(pending))
    while pending or running:
        while pending and len(running) < limit:
            job = Job(*pending.pop())
            selector.register(job.pipe, selectors.EVENT_READ, job)
            running.add(job)
        ended = {key.data for key, _ in selector.select(0.5)} | {j for j in running if j.overdue()}
        for job in ended:
            selector.unregister(job.pipe)
            running.discard(job)
            job.finish()
            report(job)


def failures(case, jobs):
    """Sentences about what is not as the table says; an empty list is a pass."""
    said = []
    for job in jobs:
        expected = case.expectation(job.side)
        if "error" in job.outcome:
            said.append(f"{job.side}: {job.outcome['error']}")
        elif job.outcome["value"] != expected:
            said.append(f"{job.side} expected: {json.dumps(expected)}\n"
                        f"{job.side} observed: {json.dumps(job.outcome['value'])}")
        else:
            continue
        for part in ("log", "records", "stderr"):
            if job.outcome.get(part):
                said.append(f"{job.side} {part}:\n{job.outcome[part]}")
    if isinstance(case.posternd, Differs) and case.expectation("xinetd") == case.expectation("posternd"):
        said.append("the table calls this a difference and expects the same of both")
    return said


class Tap:
    def __init__(self, total):
        self.count = {"agreed": 0, "differ": 0, "failed": 0}
        self.number = 0
        print(f"1..{total}", flush=True)

    def line(self, good, title, diagnostics=()):
        self.number += 1
        print(f"{'ok' if good else 'not ok'} {self.number} - {title}")
        for text in diagnostics:
            print("\n".join(f"#   {line}" for line in text.splitlines()))
        sys.stdout.flush()

    def case(self, case, jobs):
        said = failures(case, jobs)
        differs = isinstance(case.posternd, Differs)
        note = f" (on purpose: {case.posternd.entry})" if differs and len(jobs) > 1 else ""
        self.count["failed" if said else "differ" if differs else "agreed"] += 1
        seconds = max(job.seconds for job in jobs)
        self.line(not said, f"case {case.number}: {case.title}{note} [{seconds:.1f} s]", said)


def run(cases, sides, jobs, every_row=None):
    """Runs and prints; returns whether all is well. `every_row`: the rows that nothing asserts."""
    tap = Tap(len(cases) + (every_row is not None))
    finished = {}

    def report(job):
        done = finished.setdefault(job.case.number, [])
        done.append(job)
        if len(done) == len(sides):
            tap.case(job.case, sorted(done, key=lambda j: SIDES.index(j.side)))
    # The slow ones first, so that the end of the run does not wait for one of them.
    order = sorted(cases, key=lambda case: -case.timeout)
    run_jobs([(case, side) for case in order for side in sides], jobs, report)
    if every_row is not None:
        tap.line(not every_row, "every row of COMPATIBILITY.md is asserted", every_row)
    print(f"{len(cases)} cases: ran {len(finished)}, agreed {tap.count['agreed']}, "
          f"differ on purpose {tap.count['differ']}, failed {tap.count['failed']}")
    return not tap.count["failed"] and not every_row


def main(cases, covers=False):
    """`covers`: the cases are meant to account for every row of COMPATIBILITY.md."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=SIDES)
    parser.add_argument("--jobs", type=int, default=6)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("filters", nargs="*")
    options = parser.parse_args()
    numbers = [case.number for case in cases]
    assert len(numbers) == len(set(numbers)), "a case number is used twice"
    every_row = unasserted(cases) if covers and not options.filters else None
    cases = [case for case in cases if chosen(case, options.filters)]
    if options.list:
        for case in cases:
            print(case.number, case.title, sep="\t")
        return 0
    if os.geteuid() != 0:
        sys.exit("the conformance cases need root: they make namespaces and run daemons in them")
    if options.only != "posternd":
        subprocess.run([str(HERE.parents[1] / ".ci" / "fetch-peers")], check=True, stdout=sys.stderr)
    sides = (options.only,) if options.only else SIDES
    return 0 if cases and run(cases, sides, options.jobs, every_row) else 1


if __name__ == "__main__":
    sys.exit(main(load_cases(), covers=True))
