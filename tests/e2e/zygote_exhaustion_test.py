#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# When there is not enough for a sandbox: posternd's descriptors run out at any point of making a zygote, or hundreds of
# services want one at the same moment. Who cannot be served is refused or waits, with a record; nothing is left behind, and
# what runs goes on.
import contextlib
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS, entry  # noqa: E402

FIRST, COUNT = 21000, 300
RUNS, FRESH = 20001, 20002
# Descriptors that posternd has left: from so few that clients wait in the listener's queue to enough for a sandbox.
ROOM = (1, 14)


def confined(name, port, *lines):
    block = entry(name, port, "server = /bin/cat", "server_args = -", *lines)
    return block.replace("sandbox = none", "sandbox = standard").replace("user = root", "user = nobody")


def served(port):
    """True, False for refused. A client that waits for ever raises."""
    try:
        with netlab.Client.connect(port, timeout=40) as client:
            return lab_case.answers(client)
    except (ConnectionResetError, BrokenPipeError):
        return False


class ZygoteExhaustion(lab_case.LabCase):
    def limit_descriptors(self, daemon, soft):
        subprocess.run(["prlimit", f"--pid={daemon.pid}", f"--nofile={soft}:"], check=True, timeout=10)

    def test_descriptors_run_out_at_any_point_of_making_a_sandbox(self):
        daemon = self.start(DEFAULTS + confined("runs", RUNS) + confined("fresh", FRESH, "isolation = fresh"))
        with self.lab.connect(RUNS, timeout=20) as client:
            self.assertTrue(lab_case.answers(client))
            before = daemon.fds()
            first_free = next(fd for fd in range(max(before) + 2) if fd not in before)
            for room in range(*ROOM):
                self.limit_descriptors(daemon, first_free + room)
                with contextlib.suppress(ConnectionResetError, TimeoutError), netlab.Client.connect(FRESH, timeout=1) as fresh:
                    lab_case.answers(fresh)
                self.limit_descriptors(daemon, 1024)
                self.assertTrue(lab_case.answers(client), f"with room for {room}")
                # After a failure the sandbox is tried again when a pause is over.
                self.assertTrue(netlab.wait_until(lambda: served(FRESH), timeout=60, step=0.2), daemon.log())
            failures = [message.text for message in daemon.log() if "Too many open files" in message.text]
            for step in ("socketpair", "pipe2"):
                self.assertTrue(any(f"fresh: {step}" in failure for failure in failures), daemon.log())
            self.assertTrue(netlab.wait_until(lambda: len(daemon.fds()) == len(before), timeout=10),
                            sorted(set(daemon.fds()) - set(before)))
        self.assert_consistent(daemon)

    def test_hundreds_of_services_make_their_sandboxes_at_once(self):
        daemon = self.start(DEFAULTS + "".join(confined(f"s{number}", FIRST + number) for number in range(COUNT)),
                            nofile=4096)
        with ThreadPoolExecutor(32) as callers:
            results = list(callers.map(served, range(FIRST, FIRST + COUNT)))
        self.assertEqual(results, [True] * COUNT)
        kinds = [record.kind for record in daemon.wait_records(2 * COUNT, timeout=60)]
        self.assertEqual((kinds.count("START"), kinds.count("EXIT"), kinds.count("FAIL")), (COUNT, COUNT, 0))
        # A stop ends every zygote.
        zygotes = daemon.children()
        daemon.stop()
        self.assertTrue(netlab.wait_until(lambda: not any(map(netlab.alive, zygotes)), timeout=20))


if __name__ == "__main__":
    lab_case.main()
