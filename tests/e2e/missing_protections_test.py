#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A kernel that lacks a protection: with `on_missing = refuse` the service does not start, and the log names what is missing;
# with `on_missing = warn` it runs with the rest, and the log says what it runs without. A seccomp filter above posternd
# answers as such a kernel would.
import errno
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
from lab_case import DEFAULTS, entry  # noqa: E402

REFUSES, WARNS, PLAIN = 20001, 20002, 20003

# Executes argv[3:] where the call with the number in argv[2] fails with the errno in argv[1]: load the number, compare,
# SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO; PR_SET_SECCOMP.
LACKING = """
import ctypes, os, struct, sys
error, number = int(sys.argv[1]), int(sys.argv[2])
rules = [(0x20, 0, 0, 0), (0x15, 1, 0, number), (0x06, 0, 0, 0x7fff0000), (0x06, 0, 0, 0x00050000 | error)]
program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("rules", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(22, 2, ctypes.byref(Filter(len(rules), ctypes.addressof(program))), 0, 0) != 0:
    raise OSError(ctypes.get_errno(), "seccomp")
os.execv(sys.argv[3], sys.argv[3:])
"""
NUMBERS = {"landlock_create_ruleset": 444, "mount_setattr": 442, "move_mount": 429,
           **{"x86_64": {"unshare": 272, "keyctl": 250}, "aarch64": {"unshare": 97, "keyctl": 219}}[os.uname().machine]}


class MissingProtections(lab_case.LabCase):
    def serve(self, sandbox, error, call):
        script = self.lab.write("lacking.py", LACKING)
        lacking = (sys.executable, script, str(error), str(NUMBERS[call]))
        confined = "".join(entry(name, port).replace("sandbox = none", f"sandbox = {sandbox}\n    on_missing = {on_missing}")
                           for name, port, on_missing in (("refuses", REFUSES, "refuse"), ("warns", WARNS, "warn")))
        return self.start(DEFAULTS + confined + entry("plain", PLAIN), through=lacking)

    def assert_answers(self, refuses, warns):
        self.assertEqual(self.ask(PLAIN), "hello\n")
        self.assertEqual(self.ask(REFUSES, timeout=20), "hello\n" if refuses else "closed")
        self.assertEqual(self.ask(WARNS, timeout=20), "hello\n" if warns else "closed")

    def missing(self, sandbox, error, call, step):
        """What is missing can be done without."""
        daemon = self.serve(sandbox, error, call)
        self.assert_answers(refuses=False, warns=True)
        self.assertTrue(daemon.logged(f"refuses: the sandbox cannot be made: {step}: {call}"), daemon.log())
        self.assertTrue(daemon.logged(f"warns: the sandbox is weaker than asked for: {step}: {call}"), daemon.log())

    def broken(self, sandbox, error, call, step):
        """What fails is not missing, or would leave a sandbox half made."""
        daemon = self.serve(sandbox, error, call)
        self.assert_answers(refuses=False, warns=False)
        for name in ("refuses", "warns"):
            self.assertTrue(daemon.logged(f"{name}: the sandbox cannot be made: {step}: {call}"), daemon.log())

    def not_needed(self, sandbox, error, call):
        daemon = self.serve(sandbox, error, call)
        self.assert_answers(refuses=True, warns=True)
        self.assertFalse(daemon.logged("sandbox"), daemon.log())

    def test_no_landlock(self):
        self.missing("standard", errno.ENOSYS, "landlock_create_ruleset", "Landlock rules")

    def test_landlock_is_forbidden(self):
        self.broken("standard", errno.EPERM, "landlock_create_ruleset", "Landlock rules")

    def test_landlock_is_forbidden_and_not_needed(self):
        self.not_needed("baseline", errno.EPERM, "landlock_create_ruleset")

    def test_no_namespaces(self):
        self.missing("standard", errno.EPERM, "unshare", "namespaces")

    def test_no_namespaces_for_strict(self):
        self.missing("strict", errno.EPERM, "unshare", "namespaces")

    def test_no_namespaces_and_none_needed(self):
        self.not_needed("baseline", errno.EPERM, "unshare")

    def test_no_keyring(self):
        self.missing("baseline", errno.ENOSYS, "keyctl", "private keyring")

    def test_no_read_only_mounts(self):
        self.missing("strict", errno.ENOSYS, "mount_setattr", "file system")

    def test_mounts_are_forbidden(self):
        self.broken("standard", errno.EPERM, "move_mount", "file system")


if __name__ == "__main__":
    lab_case.main()
