#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A program that its sandbox does not let live: the log names the system call and the line to add, and with that line it
# runs. Always-denied calls stay denied, and are not told of.
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402
from sandboxed import service  # noqa: E402

PORT = 20001
KILLED = "a process was killed for the system call "
ADD, LEAVE_OUT = "to allow it, add to the service: ", "to allow it, leave out of "
# One call of libc's, after a sign of life.
CALLING = """
import ctypes
print("begun", flush=True)
libc = ctypes.CDLL(None, use_errno=True)
print("done" if libc.%s >= 0 else ctypes.get_errno(), flush=True)
"""
TIMER, MAKE_DIRECTORY, TRACE = "timerfd_create(1, 0)", "mkdir(b'/tmp/made', 0o700)", "ptrace(0, 0, 0, 0)"
SETTINGS = {"standard": ("sandbox = standard",), "strict": ("sandbox = strict",),
            "fresh": ("sandbox = standard", "isolation = fresh"), "root": ("sandbox = standard", "user = root")}


class KillReports(lab_case.LabCase):
    def serving(self, call, *lines):
        # Where a minimal root shows programs.
        program = self.lab.script("/usr/local/sbin/calling.py", CALLING % call, "/usr/bin/python3")
        self.addCleanup(pathlib.Path(program).unlink, True)
        self.forget()
        return self.start(DEFAULTS + service("calling", PORT, f"server = {program}", *lines))

    def forget(self):
        while self.daemons:
            daemon = self.daemons.pop()
            daemon.stop()
            for path in (daemon.service_log_path, daemon.log_path):
                pathlib.Path(path).unlink(missing_ok=True)

    def answer(self):
        return self.ask(PORT, timeout=20).split()

    def report(self, daemon):
        self.assertTrue(netlab.wait_until(lambda: daemon.logged(KILLED), timeout=10), [m.raw for m in daemon.log()])
        return daemon.logged(KILLED)[0].text

    def exit_signal(self, daemon):
        return daemon.wait_records(1, kind="EXIT", timeout=10)[-1].fields.get("signal")

    def test_the_log_names_the_call_and_the_line_with_which_the_program_runs(self):
        for name, lines in SETTINGS.items():
            with self.subTest(name):
                daemon = self.serving(TIMER, *lines)
                self.assertEqual(self.answer(), ["begun"])
                text = self.report(daemon)
                self.assertIn("calling: " + KILLED + "timerfd_create", text)
                self.assertEqual(self.exit_signal(daemon), str(int(signal.SIGKILL)))
                line, _, group = text.partition(ADD)[2].partition(" (or its group, ")
                self.assertEqual(line, "syscalls += timerfd_create")
                for way in (line, "syscalls += " + group.rstrip(")")):
                    daemon = self.serving(TIMER, *lines, way)
                    self.assertEqual(self.answer(), ["begun", "done"], way)
                    self.assertEqual(daemon.logged(KILLED), [])

    def test_a_call_that_a_line_takes_away_is_reported_with_that_word(self):
        daemon = self.serving(MAKE_DIRECTORY, "syscalls -= @fs-write")
        self.assertEqual(self.answer(), ["begun"])
        self.assertIn('mkdir, which is not listed; ' + LEAVE_OUT + '"syscalls -=": @fs-write', self.report(daemon))
        self.serving(MAKE_DIRECTORY)
        self.assertEqual(self.answer(), ["begun", "done"])

    def test_always_denied_calls_stay_denied_and_no_line_is_proposed(self):
        daemon = self.serving(TRACE)
        self.assertEqual(self.answer(), ["begun"])
        self.assertEqual(self.exit_signal(daemon), str(int(signal.SIGSYS)))
        self.assertEqual(daemon.logged(KILLED), [])

    def test_a_service_that_gets_an_error_goes_on(self):
        daemon = self.serving(TIMER, "syscall_action = errno")
        self.assertEqual(self.answer(), ["begun", "1"])
        self.assertEqual(daemon.logged(KILLED), [])

    def test_many_clients_bring_one_line(self):
        daemon = self.serving(TIMER)
        for _ in range(30):
            self.assertEqual(self.answer(), ["begun"])
        daemon.wait_records(30, kind="EXIT", timeout=20)
        self.assertEqual(len(daemon.logged(KILLED)), 1)
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
