# SPDX-License-Identifier: BSD-2-Clause
"""unittest cases that share one netlab.Lab: `class X(LabCase)`, and `lab_case.main()` at the end of the file, with
what else they share, as a context manager.

Each test finds an empty lab folder, and no daemon of another test.
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import unittest

import netlab

# What every configuration here begins with: records in svc.log, nothing limited.
DEFAULTS = """defaults
{
    log_type = FILE /run/lab/svc.log
    log_on_success = HOST PID EXIT DURATION
    log_on_failure = HOST
    instances = UNLIMITED
    cps = 1000000 1
}
"""


def entry(name, port, *lines, protocol="tcp"):
    """A service block. Without a `server`, `type` or `redirect` line it answers "hello" and ends."""
    kind = "stream" if protocol == "tcp" else "dgram"
    own = {line.split()[0] for line in lines}
    if not own & {"server", "type", "redirect"}:
        lines += ("server = /bin/echo", "server_args = hello")
    if not any(line.startswith("type") for line in lines):
        lines += ("type = UNLISTED",)
    if not any(line.startswith("wait") for line in lines):
        lines += ("wait = no" if protocol == "tcp" else "wait = yes",)
    words = (f"port = {port}", f"socket_type = {kind}", f"protocol = {protocol}", "user = root",
             "sandbox = none", *lines)
    return f"service {name}\n{{\n" + "".join(f"    {word}\n" for word in words) + "}\n"


def relay_of(daemon):
    """The pid of postern-relay, or None."""
    return _helper_of(daemon, "postern-relay")


def lookup_of(daemon):
    """The pid of postern-lookup, or None: it starts with the first connection that needs it."""
    return _helper_of(daemon, "postern-lookup")


def _helper_of(daemon, name):
    for pid in daemon.children():
        with contextlib.suppress(OSError):
            if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith(name):
                return pid
    return None


def answers(client, line=b"ping\n"):
    client.send(line)
    return client.read_line(timeout=10) == line


class LabCase(unittest.TestCase):
    lab: netlab.Lab

    def setUp(self):
        shutil.rmtree(self.lab.folder)
        os.mkdir(self.lab.folder, 0o755)
        self.daemons = []

    def tearDown(self):
        for daemon in self.daemons:
            daemon.stop()

    def start(self, conf, *args, **options):
        daemon = self.lab.start_posternd(conf, *args, **options)
        self.daemons.append(daemon)
        if options.get("ready", True):
            self.assertTrue(daemon.running(), f"posternd ended\n{daemon.stderr()}\n{daemon.log()}")
            netlab.wait_until(lambda: relay_of(daemon))  # its first helper, started once it has said that it works
        return daemon

    def rules(self, allow, deny):
        """What the access files say."""
        self.lab.write("/etc/hosts.allow", allow)
        self.lab.write("/etc/hosts.deny", deny)

    def ask(self, port, **options):
        return netlab.ask(port, **options)

    def assert_consistent(self, daemon):
        """SIGABRT makes the daemon check its own counts (xinetd(8))."""
        before = len(daemon.logged("Consistency check"))
        daemon.signal(6)
        netlab.wait_until(lambda: len(daemon.logged("Consistency check")) > before)
        self.assertEqual(daemon.logged("Consistency check")[before].text, "Consistency check passed",
                         "\n".join(m.raw for m in daemon.log()[-20:]))


def fake_load_average(load, name):
    """The environment in which posternd sees this load (max_load), whatever else the machine does. The number comes
    from a system call, so no file of the lab can say another one."""
    source, library = f"{name}.c", f"{name}.so"
    pathlib.Path(source).write_text(
        f"int getloadavg(double* loads, int n) {{ for (int i = 0; i < n; ++i) loads[i] = {load}; return n; }}\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True, timeout=60)
    return {"LD_PRELOAD": library, "ASAN_OPTIONS": "verify_asan_link_order=0"}


def main(shared=contextlib.nullcontext()):
    with netlab.Lab() as lab, shared:
        LabCase.lab = lab
        unittest.main(verbosity=2)
