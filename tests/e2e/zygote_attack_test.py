#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# What other processes of a service's user, outside its sandbox, can do to its zygote. They may stop and kill it, as the
# kernel lets every user; never look into it or change it.
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402

CONFINED = 20001
SANDBOXES = {"baseline": 20011, "standard": 20012, "strict": 20013}
UID = 54331
AS_THE_USER = ("setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups")

# PTRACE_ATTACH, PTRACE_SEIZE, process_vm_readv, process_vm_writev, pidfd_getfd, and files of /proc, one word for each.
INTRUDE = """
import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
pid = int(sys.argv[1])
def call(number, *arguments):
    ctypes.set_errno(0)
    libc.syscall.restype = ctypes.c_long
    done = libc.syscall(number, *map(ctypes.c_long, arguments))
    return "done" if done >= 0 else errno.errorcode[ctypes.get_errno()]
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
text = ctypes.create_string_buffer(8)
near = Part(ctypes.addressof(text), 8)
far = Part(int(sys.argv[2], 16), 8)
parts = (ctypes.addressof(near), 1, ctypes.addressof(far), 1, 0)
print("seize", call(%(ptrace)d, 0x4206, pid, 0, 0))
print("attach", call(%(ptrace)d, 16, pid, 0, 0))
print("read_memory", call(%(readv)d, pid, *parts))
print("write_memory", call(%(writev)d, pid, *parts))
pidfd = os.pidfd_open(pid)
print("take_descriptor", call(438, pidfd, 3, 0))
for name, flags in (("mem", os.O_RDWR), ("maps", os.O_RDONLY), ("environ", os.O_RDONLY), ("fd", os.O_RDONLY),
                    ("root", os.O_RDONLY), ("cwd", os.O_RDONLY), ("ns/mnt", os.O_RDONLY), ("oom_score_adj", os.O_WRONLY)):
    try:
        os.open(f"/proc/{pid}/{name}", flags)
        print(name, "done")
    except OSError as error:
        print(name, errno.errorcode[error.errno])
""" % {"x86_64": {"ptrace": 101, "readv": 310, "writev": 311},
       "aarch64": {"ptrace": 117, "readv": 270, "writev": 271}}[os.uname().machine]


def service(name, port, *lines):
    words = {"port": port, "type": "UNLISTED", "socket_type": "stream", "protocol": "tcp", "wait": "no", "user": "victim",
             "server": "/bin/cat", "server_args": "-", "sandbox": "standard"}
    words.update(line.split(" = ", 1) for line in lines)
    return f"service {name}\n{{\n" + "".join(f"    {key} = {value}\n" for key, value in words.items()) + "}\n"


class ZygoteAttack(lab_case.LabCase):
    def serve(self, *services):
        self.lab.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
                                      f"victim:x:{UID}:{UID}::/nonexistent:/usr/sbin/nologin\n")
        return self.start(DEFAULTS + "".join(services))

    def zygote_of(self, daemon, name):
        for pid in daemon.children():
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"postern-zygote") and words[1].decode() == name:
                return pid
        return None

    def intrude(self, pid):
        address = pathlib.Path(f"/proc/{pid}/maps").read_text().split("-")[0]
        ended = subprocess.run([*AS_THE_USER, sys.executable, "-c", INTRUDE, str(pid), address], check=True,
                               capture_output=True, text=True, timeout=60)
        return dict(line.split() for line in ended.stdout.splitlines())

    def test_the_users_other_processes_cannot_look_into_a_zygote(self):
        daemon = self.serve(*(service(sandbox, port, f"sandbox = {sandbox}") for sandbox, port in SANDBOXES.items()))
        for sandbox, port in SANDBOXES.items():
            with self.subTest(sandbox), self.lab.connect(port) as client:
                self.assertTrue(lab_case.answers(client))
                answers = self.intrude(self.zygote_of(daemon, sandbox))
                self.assertEqual([act for act, answer in answers.items() if answer == "done"], [])
                self.assertTrue(lab_case.answers(client))

    def test_what_is_refused_there_is_possible_with_a_process_that_is_the_users_own(self):
        sleeper = subprocess.Popen([*AS_THE_USER, "/bin/sleep", "60"])
        try:
            self.assertTrue(netlab.wait_until(lambda: pathlib.Path(f"/proc/{sleeper.pid}/comm").read_text() == "sleep\n"))
            answers = self.intrude(sleeper.pid)
            for act in ("seize", "read_memory", "mem", "maps", "environ", "fd", "root", "ns/mnt"):
                self.assertEqual(answers[act], "done", act)
        finally:
            sleeper.kill()
            sleeper.wait()

    def test_a_zygote_whose_limits_were_lowered_refuses_and_another_takes_its_place(self):
        daemon = self.serve(service("confined", CONFINED))
        with self.lab.connect(CONFINED) as client:
            self.assertTrue(lab_case.answers(client))
        zygote = self.zygote_of(daemon, "confined")
        subprocess.run([*AS_THE_USER, "prlimit", f"--pid={zygote}", "--nofile=5:5"], check=True, timeout=10)
        with self.lab.connect(CONFINED, timeout=20) as client:
            self.assertEqual(client.read_all(), b"")
        self.assertTrue(daemon.wait_records(1, kind="FAIL"), daemon.log())
        self.assertTrue(netlab.wait_until(lambda: not netlab.alive(zygote)))
        with self.lab.connect(CONFINED) as client:
            self.assertTrue(lab_case.answers(client))
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
