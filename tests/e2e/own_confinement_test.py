#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# posternd and its helpers are confined themselves, as docs/privsep.md says: what the kernel tells of each while it lives,
# and what a service without any sandbox cannot do for being started by them.
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS, relay_of  # noqa: E402

PLAIN, CONFINED, ASKED, FOREIGN = 20001, 20002, 20003, 20004
SECRET = "POSTERN_TEST_SECRET"
# Of the service that the gate and the zygote are for, and of nobody else here.
UID = 54330
# dac_override, dac_read_search, chown, fowner, kill, net_bind_service, setgid, setuid, sys_admin, sys_nice, sys_ptrace,
# sys_resource.
KEPT = sum(1 << number for number in (0, 1, 2, 3, 5, 6, 7, 10, 19, 21, 23, 24))
NO_CAPABILITIES = dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapAmb"), 0)

# With arguments that are wrong in any kernel, so that who is let through gets another error, root as well.
ATTEMPTS = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, number):
    ctypes.set_errno(0)
    libc.syscall(number, *[ctypes.c_long(0 if name == "init_module" else -1)] * 5)
    return errno.errorcode.get(ctypes.get_errno(), "done")
print(*(f"{name}={attempt(name, number)}" for name, number in %r), flush=True)
"""
CALLS = {
    "x86_64": {"kexec_load": 246, "kexec_file_load": 320, "init_module": 175, "finit_module": 313, "delete_module": 176,
               "reboot": 169, "swapon": 167, "swapoff": 168, "acct": 163, "iopl": 172, "ioperm": 173, "bpf": 321,
               "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425, "io_uring_enter": 426,
               "io_uring_register": 427},
    "aarch64": {"kexec_load": 104, "kexec_file_load": 294, "init_module": 105, "finit_module": 273, "delete_module": 106,
                "reboot": 142, "swapon": 224, "swapoff": 225, "acct": 89, "bpf": 280, "perf_event_open": 241,
                "userfaultfd": 282, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427},
}[os.uname().machine]

# write(2) and exit(2) by int 0x80: a program of the 32-bit ABI, of nothing else.
I386 = """
.globl _start
_start:
    movl $4, %eax
    movl $1, %ebx
    movl $text, %ecx
    movl $6, %edx
    int $0x80
    movl $1, %eax
    xorl %ebx, %ebx
    int $0x80
.data
text: .ascii "hello\\n"
"""


def entry(name, port, *lines):
    words = {"port": port, "type": "UNLISTED", "socket_type": "stream", "protocol": "tcp", "wait": "no", "user": "root",
             "server": "/bin/echo", "server_args": "hello", "sandbox": "none"}
    words.update(line.split(" = ", 1) for line in lines)
    return f"service {name}\n{{\n" + "".join(f"    {key} = {value}\n" for key, value in words.items()) + "}\n"


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def capabilities_of(pid):
    status = status_of(pid)
    return {name: int(status[name], 16) for name in NO_CAPABILITIES}


def is_hidden(pid):
    """A process that is not dumpable has its files in /proc owned by root, whoever it is (proc(5))."""
    return os.stat(f"/proc/{pid}/mem").st_uid == 0


def environment_of(pid):
    return pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")[:-1]


def files_of(pid):
    """{descriptor: what it is}, sockets and the like without their numbers."""
    folder = pathlib.Path(f"/proc/{pid}/fd")
    return {int(fd.name): os.readlink(fd).split(":[")[0] for fd in folder.iterdir()}


def named(daemon, name):
    """The pids of the daemon's helpers of that name."""
    return [pid for pid in daemon.children() if status_of(pid)["Name"] == name[:15]]


class OwnConfinement(lab_case.LabCase):
    def serve(self, conf, **options):
        with open("/etc/passwd", "a", encoding="ascii") as users:
            users.write(f"ours:x:{UID}:{UID}::/nonexistent:/usr/sbin/nologin\n")
        return self.start(DEFAULTS + conf, env={SECRET: "secret"}, **options)

    def assert_filtered(self, pid, filters=1):
        status = status_of(pid)
        self.assertEqual((status["Seccomp"], status["Seccomp_filters"]), ("2", str(filters + self.outer_filters())))

    def outer_filters(self):
        """Of the machine that the tests run on."""
        return int(status_of("self")["Seccomp_filters"])

    def test_posternd_has_a_filter_and_few_capabilities_and_cannot_be_inspected(self):
        daemon = self.serve(entry("plain", PLAIN))
        self.assert_filtered(daemon.pid)
        status = status_of(daemon.pid)
        self.assertEqual(status["NoNewPrivs"], "0")  # or setuid programs would stop working
        kept = KEPT & capabilities_of("self")["CapPrm"]  # a machine may lack some
        self.assertEqual(capabilities_of(daemon.pid), {"CapInh": 0, "CapPrm": kept, "CapEff": kept, "CapAmb": 0})
        self.assertEqual(os.stat(f"/proc/{daemon.pid}/mem").st_uid, 0)

    def test_the_relay_has_no_right_at_all(self):
        daemon = self.serve(lab_case.entry("echo", PLAIN, "type = INTERNAL UNLISTED"))
        relay = relay_of(daemon)
        self.assertTrue(netlab.wait_until(lambda: status_of(relay)["Seccomp_filters"] != "1"))
        self.assert_filtered(relay, filters=2)
        self.assertEqual(capabilities_of(relay), NO_CAPABILITIES)
        self.assertEqual(status_of(relay)["NoNewPrivs"], "1")
        self.assertNotEqual(set(status_of(relay)["Uid"].split()), {"0"})
        self.assertTrue(is_hidden(relay))
        self.assertEqual(environment_of(relay), [])

    def test_a_zygote_has_the_rights_of_its_service_and_cannot_be_inspected(self):
        daemon = self.serve(entry("confined", CONFINED, "user = ours", "sandbox = standard", "server = /bin/cat",
                                  "server_args = -"))
        with self.lab.connect(CONFINED) as client:
            client.send(b"ping\n")
            self.assertEqual(client.read_line(timeout=20), b"ping\n")
            zygote, = named(daemon, "postern-zygote")
            self.assert_filtered(zygote, filters=2)
            self.assertEqual(capabilities_of(zygote), NO_CAPABILITIES)
            status = status_of(zygote)
            self.assertEqual((status["NoNewPrivs"], set(status["Uid"].split())), ("1", {str(UID)}))
            self.assertTrue(is_hidden(zygote))
            self.assertEqual(environment_of(zygote), [])
            # Standard error is posternd's, 3 the channel, then what it waits with and the Landlock rules.
            files = files_of(zygote)
            self.assertEqual([files[0], files[1], files[3]], ["/dev/null", "/dev/null", "socket"])
            self.assertLessEqual(set(files), set(range(7)), files)

    def test_a_gate_has_the_rights_of_its_service_and_cannot_be_inspected(self):
        # The gate waits for the command of the rule.
        fifo = self.lab.path("go")
        os.mkfifo(fifo, 0o666)
        os.chmod(self.lab.folder, 0o755)
        self.lab.write("/etc/hosts.allow", f"ALL: ALL: aclexec cat {fifo}\n")
        daemon = self.serve(entry("asked", ASKED, "user = ours", "passenv = PATH", "server = /bin/cat", "server_args = /proc/self/status"))
        with self.lab.connect(ASKED) as client:
            self.assertTrue(netlab.wait_until(lambda: named(daemon, "postern-gate")), "no gate")
            gate, = named(daemon, "postern-gate")
            self.assertTrue(netlab.wait_until(lambda: is_hidden(gate)))
            self.assert_filtered(gate)
            self.assertEqual(capabilities_of(gate), NO_CAPABILITIES)
            self.assertEqual(set(status_of(gate)["Uid"].split()), {str(UID)})
            self.assertNotIn(SECRET.encode(), b"".join(environment_of(gate)))
            pathlib.Path(fifo).write_text("go\n")
            told = client.read_all(timeout=20).decode()
        # It has become the program, which is like any other of the user's.
        self.assertIn("Seccomp:\t2", told)
        self.assertIn("NoNewPrivs:\t0", told)

    def test_a_service_without_a_sandbox_cannot_reach_into_the_kernel(self):
        script = self.lab.script("attempts", ATTEMPTS % (list(CALLS.items()),), interpreter=sys.executable)
        without = dict(word.split("=") for word in subprocess.run(
            [script], check=True, capture_output=True, text=True, timeout=60).stdout.split())
        self.assertEqual(without.keys(), CALLS.keys())
        self.serve(entry("plain", PLAIN, f"server = {script}"))
        told = dict(word.split("=") for word in self.ask(PLAIN, timeout=20).split())
        self.assertEqual(told, dict.fromkeys(CALLS, "EPERM"))
        # Nothing else keeps this test's own process, root, from most of them.
        self.assertGreater(sum(answer != "EPERM" for answer in without.values()), 8, without)

    @unittest.skipUnless(os.uname().machine == "x86_64", "the 32-bit ABI is x86's")
    def test_a_32_bit_program_goes_on_working(self):
        source, program = self.lab.write("i386.s", I386), self.lab.path("i386")
        subprocess.run(["cc", "-m32", "-nostdlib", "-static", "-no-pie", "-o", program, source], check=True, timeout=60)
        try:
            expected = subprocess.run([program], check=True, capture_output=True, timeout=10).stdout.decode()
        except OSError:
            expected = "closed"  # a kernel without that ABI
        self.serve(entry("foreign", FOREIGN, f"server = {program}"))
        self.assertEqual(self.ask(FOREIGN, timeout=20), expected)

    def test_a_list_of_calls_that_could_not_hold_keeps_the_service_down(self):
        daemon = self.serve(entry("plain", PLAIN) + entry("ring", CONFINED, "sandbox = standard", "syscalls = io_uring_setup"))
        self.assertTrue(daemon.logged("io_uring_setup"))
        self.assertEqual(self.ask(CONFINED), "refused")
        self.assertEqual(self.ask(PLAIN), "hello\n")

    def test_without_the_right_to_it_posternd_says_so_and_serves(self):
        os.chmod(self.lab.folder, 0o777)
        daemon = self.serve(entry("plain", PLAIN, "user = nobody"),
                            through=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
        self.assertTrue(daemon.logged("no system call filter of its own"))
        self.assertEqual(status_of(daemon.pid)["NoNewPrivs"], "0")
        self.assertEqual(self.ask(PLAIN, timeout=20), "hello\n")


if __name__ == "__main__":
    lab_case.main()
