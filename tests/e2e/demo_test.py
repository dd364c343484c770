#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# `./dev run` as a newcomer meets it: serves the demo, prints a command for each service, and each
# command does what its line says. Ctrl-C ends it and leaves nothing behind.
import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/testlib"))
import namespaces  # noqa: E402
import netlab  # noqa: E402

# What the command of each line must print, in the order of the lines.
EXPECTED = [
    ("sampleserver", r"Who is there\?\nGood day, Ada\.\n"),
    ("adder", r"9\n"),
    ("caller", r"Welcome, caller from 127\.0\.0\.1 port \d+\.\nI am nobody in /, umask 0077, arguments: --verbose\.\n"),
    ("daytime", r"\d\d? [A-Z]{3} \d{4} \d\d:\d\d:\d\d \S+\r\n"),
    ("detour", r"Who is there\?\nGood day, Grace\.\n"),
    ("echo", r"hello\n"),
    ("echo", r"hello\n"),
    ("vault", r"This gate opens for 127\.0\.0\.2 alone\.\n"),
    ("vault", r"Hello, caller from 127\.0\.0\.2 port \d+\.\nI am nobody .*\n"),
    ("window", r"Processes I can see: \d\.\nFiles in my /tmp: 0\.\nNoNewPrivs:\t1\nSeccomp:\t2\n"
               r"Writing to /usr: Read-only file system\n"),
]


def stat_fields(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def descendants_alive(group):
    """Processes of the group that run. A zombie does not."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = stat_fields(entry.name)
            except (FileNotFoundError, ProcessLookupError):
                continue
            if fields[2] == str(group) and fields[0] not in "ZX":
                found.append(entry.name)
    return found


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = subprocess.Popen([ROOT / "examples/demo/serve"], stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, start_new_session=True)
        cls.lines = []
        for line in cls.server.stdout:
            cls.lines.append(line)
            if "Ctrl-C" in line or cls.server.poll() is not None:
                break

    @classmethod
    def tearDownClass(cls):
        if cls.server.poll() is None:
            os.killpg(cls.server.pid, signal.SIGKILL)
        cls.server.stdout.close()
        cls.server.wait()

    def commands(self):
        found = [re.match(r"  (\w+) .*?  +((?:echo|nc) .*127\.0\.0\.1.*)\n", line) for line in self.lines]
        return [match.groups() for match in found if match]

    def test_1_every_service_has_a_line_and_its_command_works(self):
        commands = self.commands()
        self.assertEqual([name for name, _ in commands], [name for name, _ in EXPECTED],
                         "".join(self.lines))
        for (name, command), (_, answer) in zip(commands, EXPECTED):
            with self.subTest(name=name, command=command):
                shown = subprocess.run(["sh", "-c", command], capture_output=True, timeout=20, check=False)
                self.assertRegex(shown.stdout.decode(), rf"\A{answer}\Z")

    def test_2_the_records_are_where_the_last_line_says(self):
        path = re.search(r"Records of the services: (\S+)\. ", self.lines[-1]).group(1)
        records = pathlib.Path(path)

        def has(*words):
            text = records.read_text() if records.exists() else ""
            return any(all(word in line for word in words) for line in text.splitlines())
        for words in (("START: adder", "from=127.0.0.1"), ("EXIT: adder", "status=0"),
                      ("FAIL: vault address", "from=127.0.0.1"), ("START: vault", "from=127.0.0.2")):
            self.assertTrue(netlab.wait_until(lambda words=words: has(*words)), words)

    def test_3_control_c_ends_it_cleanly(self):
        os.killpg(self.server.pid, signal.SIGINT)  # what a terminal sends: to everybody in the foreground
        self.assertEqual(self.server.wait(timeout=10), 0)
        self.assertTrue(netlab.wait_until(lambda: not descendants_alive(self.server.pid)))
        self.assertFalse(netlab.wait_listening(50000, timeout=0))


if __name__ == "__main__":
    namespaces.isolate()
    unittest.main()
