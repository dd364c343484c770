#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A service behind postern-gate, because a name that libc has to be asked for decides who may use it: what the gate said
# is told from what the service did, and neither clients nor access files that nobody can read wear the daemon down.
import contextlib
import os
import pathlib
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS, entry, relay_of  # noqa: E402

ASKED, TALKER, GONE = 20001, 20002, 20003
# Nobody here has such a name, so that everybody's has to be looked up.
BY_NAME = "ALL: .refused.test\n"


class Gate(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        self.lab.write("/etc/hosts", "127.0.0.1 localhost\n127.0.0.2 client.refused.test\n")
        # With a source that libc alone can ask, a name is the gate's to look up.
        switch = pathlib.Path("/etc/nsswitch.conf").read_text()
        self.lab.write("/etc/nsswitch.conf", switch.replace("hosts: files\n", "hosts: files myhostname\n"))
        self.rules("", BY_NAME)

    def records(self, daemon):
        """The normalised records up to and with the first EXIT."""
        self.assertTrue(daemon.wait_records(1, kind="EXIT"), daemon.log())
        return [record.normalised() for record in daemon.service_log()]

    def settle(self, daemon):
        """Waits until only the relay is left of the children."""
        self.assertTrue(netlab.wait_until(lambda: set(daemon.children()) <= {relay_of(daemon)}, 20))

    def test_the_status_of_a_service_is_never_taken_for_the_gates(self):
        ends = {20010 + number: status for number, status in enumerate((0, 1, 2, 125, 126, 127))}
        conf = DEFAULTS
        for port, status in ends.items():
            script = self.lab.script(f"end{status}", f"echo here; exit {status}\n")
            conf += entry(f"end{status}", port, f"server = {script}")
        daemon = self.start(conf)
        for port in ends:
            self.assertEqual(self.ask(port, timeout=20), "here\n")
        self.assertTrue(daemon.wait_records(len(ends), kind="EXIT"))
        told = sorted(record.normalised() for record in daemon.service_log())
        self.assertEqual(told, sorted([f"START end{status} from=127.0.0.1" for status in ends.values()]
                                      + [f"EXIT end{status} status={status}" for status in ends.values()]))
        self.assertFalse(daemon.logged("postern-gate"))

    def test_a_refusal_of_the_gate_has_its_record(self):
        daemon = self.start(DEFAULTS + entry("asked", ASKED))
        with self.lab.connect(ASKED, source="127.0.0.2", timeout=10) as client:
            self.assertEqual(client.read_all(), b"")
        records = self.records(daemon)
        self.assertIn("FAIL asked libwrap from=127.0.0.2", records)
        self.assertTrue(daemon.logged("refused by postern-gate"))
        self.assertEqual(self.ask(ASKED), "hello\n")

    def test_the_service_holds_nothing_of_the_gates(self):
        script = self.lab.script("fds", "exec ls /proc/self/fd\n")
        self.start(DEFAULTS + entry("asked", ASKED, f"server = {script}"))
        self.assertEqual(self.ask(ASKED).split(), ["0", "1", "2", "3"])  # 3: the folder that is listed

    def test_a_program_that_is_gone_is_told_of(self):
        script = self.lab.script("gone", "echo hello\n")
        daemon = self.start(DEFAULTS + entry("gone", GONE, f"server = {script}"))
        os.unlink(script)
        self.assertEqual(self.ask(GONE), "closed")
        self.assertEqual(self.records(daemon), ["START gone from=127.0.0.1", "EXIT gone status=126"])
        self.assertTrue(daemon.logged("gone: postern-gate could not execute"))

    def test_a_gate_that_is_killed_has_let_nobody_in(self):
        self.rules("ALL: ALL: aclexec sleep 60\n", "")
        daemon = self.start(DEFAULTS + entry("asked", ASKED))
        with self.lab.connect(ASKED, timeout=20) as client:
            self.assertTrue(daemon.wait_records(1, kind="START"))
            gate = int(daemon.service_log()[0].fields["pid"])
            self.assertTrue(netlab.wait_until(lambda: pathlib.Path(f"/proc/{gate}/comm").read_text() == "postern-gate\n"))
            os.kill(gate, signal.SIGKILL)
            self.assertTrue(daemon.wait_records(1, kind="FAIL"))
        self.assertIn("FAIL asked libwrap from=127.0.0.1", self.records(daemon))
        self.assertTrue(daemon.logged("asked: postern-gate ended before it had decided, by signal 9"))

    def hurry(self, clients, stop):
        """Short connections: some read, some do not, some reset."""
        for number in range(clients):
            if stop.is_set():
                return
            with contextlib.suppress(OSError):
                with self.lab.connect((ASKED, TALKER)[number % 2], timeout=20) as client:
                    if number % 3 == 0:
                        client.read_all(timeout=20)
                    elif number % 3 == 1:
                        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def replace_rules(self):
        """hosts.deny as whatever may stand in a file's place, one after the other."""
        deny = pathlib.Path("/etc/hosts.deny")

        def put(make):
            with contextlib.suppress(FileNotFoundError, IsADirectoryError):
                deny.unlink()
            with contextlib.suppress(OSError):
                deny.rmdir()
            make()

        huge = [lambda: deny.write_text(BY_NAME), lambda: os.truncate(deny, 65 << 20)]
        for make in (lambda: os.mkfifo(deny), deny.mkdir, lambda: deny.symlink_to(deny),
                     lambda: [step() for step in huge], lambda: deny.symlink_to("/dev/zero"),
                     lambda: deny.write_text("ALL: /nonexistent\n" * 1000), lambda: deny.write_text(BY_NAME)):
            put(make)
            time.sleep(0.1)

    def test_floods_while_the_files_change_and_gates_die_leave_nothing_behind(self):
        talker = self.lab.script("talker", "yes 2>/dev/null | head -c 200000\n")
        conf = DEFAULTS + entry("asked", ASKED) + entry("talker", TALKER, f"server = {talker}")
        daemon = self.start(conf)
        for port in (ASKED, TALKER):  # each has a sandbox from then on
            self.assertTrue(self.ask(port, timeout=20))
        self.settle(daemon)
        # A child that is gone may still be on the daemon's hands; its record is the last that is done.
        self.assertTrue(daemon.wait_records(2, kind="EXIT"))
        before = daemon.fds()
        stop = threading.Event()
        crowd = [threading.Thread(target=self.hurry, args=(120, stop)) for _ in range(6)]
        for thread in crowd:
            thread.start()
        relay = relay_of(daemon)
        for _ in range(3):
            self.replace_rules()
            for pid in daemon.children():
                with contextlib.suppress(OSError):
                    if pid != relay and pathlib.Path(f"/proc/{pid}/comm").read_text() == "postern-gate\n":
                        os.kill(pid, signal.SIGKILL)
            daemon.reload()
        for thread in crowd:
            thread.join(100)
        stop.set()
        self.assertTrue(daemon.running(), daemon.stderr())
        self.rules("", BY_NAME)
        self.settle(daemon)
        self.assertEqual(self.ask(ASKED, timeout=20), "hello\n")
        self.assertTrue(self.ask(TALKER, timeout=20))
        self.settle(daemon)
        self.assertTrue(netlab.wait_until(lambda: len(daemon.fds()) == len(before)), daemon.fds())
        records = daemon.service_log()
        self.assertFalse([record.raw for record in records if record.kind == "UNPARSED"])
        self.assertFalse([message.raw for message in daemon.log() if message.level == "UNPARSED"])
        # Nobody got in whom a file that could not be read should have kept out: each START has its end.
        kinds = [record.kind for record in records]
        self.assertEqual(kinds.count("START"), kinds.count("EXIT"))
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
