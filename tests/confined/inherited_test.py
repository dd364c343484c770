#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# The probe sees what it was wrongly given: started by a careless parent it finds everything, and by a careful one
# nothing. What posternd gives is in the tables of vector_test.py. Needs root, for chroot(2).
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import world  # noqa: E402

ACTS = ["inherit_descriptor", "inherit_folder_descriptor", "lack_standard_descriptor", "inherit_listening_socket",
        "inherit_blocked_signal", "inherit_ignored_signal", "inherit_open_umask", "inherit_session",
        "inherit_variable_of_daemon", "inherit_loader_variable", "inherit_folder_outside_root"]


def careful_child():
    os.setsid()
    os.umask(0o022)


def careless_child(act, jail):
    """What is done in the child: everything wrong, of what excludes each other what the act is about."""
    os.umask(0)
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    if act == "lack_standard_descriptor":
        os.close(2)
    if act == "inherit_folder_outside_root":
        os.chroot(jail)  # without chdir(2): the working folder stays outside


def ask(act, careless):
    """The verdict of the probe as a child of this program, with a socket as its connection."""
    environment = {"PATH": "/bin"}
    if careless:
        environment.update(LD_LIBRARY_PATH="/nonexistent", POSTERN_TEST_SECRET="secret")
    here, there = socket.socketpair()
    with tempfile.TemporaryDirectory() as jail, socket.create_server(("127.0.0.1", 0)) as listener, here:
        shutil.copy(world.PROBE, f"{jail}/probe")
        folder = os.open("/", os.O_RDONLY)
        outside = careless and act == "inherit_folder_outside_root"
        process = subprocess.Popen(
            ["/probe" if outside else f"{jail}/probe"], cwd="/", env=environment, stdin=there, stdout=there,
            stderr=listener if careless else there, restore_signals=not careless,
            pass_fds=[folder] if careless else [],
            preexec_fn=(lambda: careless_child(act, jail)) if careless else careful_child)
        there.close()
        os.close(folder)
        here.settimeout(30)
        here.sendall(b"acts work=/tmp only=" + act.encode() + b"\n")
        text = b""
        while block := here.recv(65536):
            text += block
        process.wait()
    return text.decode().splitlines()[1]


class Inherited(unittest.TestCase):
    def test_a_careless_parent_is_found_out(self):
        for act in ACTS:
            self.assertEqual(ask(act, careless=True), f"{act} done")

    def test_of_a_careful_parent_nothing_is_said(self):
        for act in ACTS:
            self.assertEqual(ask(act, careless=False), f"{act} nothing")


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
