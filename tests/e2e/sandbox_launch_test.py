#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# What a launch costs in system calls: during 1,000 launches neither posternd nor a zygote makes a call that needs a
# privilege or builds a sandbox; all that was made before the first client came. Prints the calls of each process.
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import sandboxed  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402
from sandboxed import service  # noqa: E402

LAUNCHES = 1000
PROFILES = {"baseline": 20001, "standard": 20002, "strict": 20003}
# Nothing of this may happen between accept(2) and execve(2), in whatever spelling.
PRIVILEGED = {
    "setns", "unshare", "clone3", "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "mount_setattr",
    "fsopen", "fsconfig", "fsmount", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups",
    "capset", "seccomp", "prctl", "landlock_create_ruleset", "landlock_add_rule", "keyctl", "mkdir", "mkdirat"}
# One launch is: told by the channel, received, cloned; told of the end, its signal taken, reaped, nothing more to reap.
CALLS_PER_LAUNCH = 20
PROGRAM = ("server = /bin/echo", "server_args = hello")
CONF = DEFAULTS + "".join(service(name, port, *PROGRAM, f"sandbox = {name}") for name, port in PROFILES.items())


class Trace:
    """strace -c on one process, without its children."""

    def __init__(self, pid, path):
        self.path = path
        self.process = subprocess.Popen(["strace", "-c", "-o", path, "-p", str(pid)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = self.process.stderr.readline()
        if "attached" not in said:
            raise ChildProcessError(f"strace: {said}")

    def calls(self):
        """{call: count}; ends the trace."""
        self.process.terminate()
        self.process.wait(20)
        self.process.stderr.close()
        rows = re.findall(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+)(?: +\d+)? +(\w+)$", pathlib.Path(self.path).read_text(), re.M)
        return {name: int(count) for count, name in rows if name != "total"}


class Launch(lab_case.LabCase):
    def test_no_privileged_call_in_1000_launches(self):
        daemon = self.start(CONF)
        for port in PROFILES.values():
            self.assertEqual(self.ask(port, timeout=20), "hello\n")
        watched = {"posternd": daemon.pid, **{name: sandboxed.zygote_of(daemon, name) for name in PROFILES}}
        traces = {name: Trace(pid, self.lab.path(f"trace.{name}")) for name, pid in watched.items()}
        ports = list(PROFILES.values())
        for number in range(LAUNCHES):
            self.assertEqual(self.ask(ports[number % len(ports)], timeout=20), "hello\n")
        total = LAUNCHES + len(ports)
        exits = daemon.wait_records(total, kind="EXIT", timeout=30)
        calls = {name: trace.calls() for name, trace in traces.items()}
        print()
        for name, counts in calls.items():
            launches = LAUNCHES if name == "posternd" else LAUNCHES // len(ports)
            print(f"  {name}: {sum(counts.values()) / launches:.1f} calls a launch:", dict(sorted(counts.items())))
            self.assertEqual(PRIVILEGED & set(counts), set(), name)
            if name != "posternd":
                # The trace saw the launches, and clone(2) is all it takes to make a process.
                self.assertGreaterEqual(counts["clone"], launches)
                self.assertLess(sum(counts.values()), CALLS_PER_LAUNCH * launches)
        self.assertGreaterEqual(calls["posternd"]["accept4"], LAUNCHES)
        self.assertEqual(calls["posternd"].get("clone", 0), 0)
        self.assertEqual({(r.id, r.fields["status"]) for r in exits}, {(name, "0") for name in PROFILES})
        # Nobody was replaced meanwhile.
        for name in PROFILES:
            self.assertEqual(sandboxed.zygote_of(daemon, name), watched[name])
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
