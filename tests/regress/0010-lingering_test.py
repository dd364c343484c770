#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A server that set SO_LINGER and ended at once left the last copy of its connection to posternd or to its zygote, whose
# close(2) then waited for a client that read nothing: posternd accepted nobody any more, and the zygote started nothing. The
# `linger` option of an access rule did the same to posternd with a refused client. And a program behind the relay that sent
# it such a socket stopped what the relay carries for everybody.
import contextlib
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402

QUICK = {"none": 20001, "standard": 20002}
ASKED, HEALTHY, CARRIED, SENDS = 20003, 20004, 20005, 20006
CLIENTS = 1000
ENOUGH = 5.0  # seconds; what lingers does so for a minute

# Fills the connection, and is gone before whoever has started it runs again.
LINGERS = """#include <sys/socket.h>
#include <unistd.h>
int main(void) {
  static char bytes[65536];
  struct linger minute = {1, 60};
  setsockopt(0, SOL_SOCKET, SO_LINGER, &minute, sizeof minute);
  while (send(0, bytes, sizeof bytes, MSG_DONTWAIT) > 0);
  return 0;
}
"""

# posternd as it is where another process runs first: between a launch and what follows it there, a moment passes.
SLOW = """#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>
int clone(int (*run)(void*), void* stack, int flags, void* task, ...) {
  int (*real)(int (*)(void*), void*, int, void*, ...) = dlsym(RTLD_NEXT, "clone");
  va_list more;
  va_start(more, task);
  void *parent = va_arg(more, void*), *tls = va_arg(more, void*), *child = va_arg(more, void*);
  va_end(more);
  int pid = real(run, stack, flags, task, parent, tls, child);
  usleep(200000);
  return pid;
}
ssize_t sendmsg(int channel, const struct msghdr* message, int flags) {
  ssize_t (*real)(int, const struct msghdr*, int) = dlsym(RTLD_NEXT, "sendmsg");
  ssize_t sent = real(channel, message, flags);
  if (message->msg_controllen != 0) usleep(200000);
  return sent;
}
"""

# Passes on what somebody outside gives it, to whoever reads what it writes.
PASSES_ON = """import socket
outside = socket.socket(socket.AF_UNIX)
outside.connect("/run/lab/outside")
_, held, _, _ = socket.recv_fds(outside, 10, 1)
connection = socket.socket(fileno=1)
try:
    socket.send_fds(connection, [b"sent\\n"], held)
    socket.close(held[0])
except PermissionError:
    connection.send(b"refused\\n")
outside.send(b"x")
connection.recv(1)
"""


def lingering_connection():
    """Both ends of a connection that close(2) waits for, for 20 seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client, server = socket.create_connection(listener.getsockname()), listener.accept()[0]
    server.setblocking(False)
    try:
        while True:
            server.send(b"x" * 65536)
    except BlockingIOError:
        pass
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 20))
    return client, server


def kernel_refuses_descriptors():
    """SO_PASSRIGHTS, of Linux 6.16."""
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, 83, 0)
        return True
    return False


def sandboxed(block, sandbox):
    return block.replace("sandbox = none", f"sandbox = {sandbox}").replace("user = root", "user = nobody")


class Lingering(lab_case.LabCase):
    def setUp(self):
        super().setUp()
        self.cpus = os.sched_getaffinity(0)

    def tearDown(self):
        os.sched_setaffinity(0, self.cpus)
        super().tearDown()

    def deaf(self, port, source="127.0.0.1"):
        """A client that reads nothing, with next to no room for what it does not read."""
        client = socket.socket()
        self.addCleanup(client.close)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.settimeout(10)
        client.bind((source, 0))
        client.connect(("127.0.0.1", port))
        return client

    def assert_prompt(self, port, answer):
        began = time.monotonic()
        self.assertEqual(self.ask(port, timeout=20), answer)
        self.assertLess(time.monotonic() - began, ENOUGH)

    def compiled(self, name, text, *options):
        source, program = self.lab.path(f"{name}.c"), self.lab.path(name)
        pathlib.Path(source).write_text(text)
        subprocess.run(["cc", "-O1", "-o", program, source, *options], check=True, timeout=60)
        return program

    def serve_lingering(self, **options):
        program = self.compiled("lingers", LINGERS, "-static")
        conf = lab_case.DEFAULTS + lab_case.entry("healthy", HEALTHY)
        for sandbox, port in QUICK.items():
            conf += sandboxed(lab_case.entry(sandbox, port, f"server = {program}"), sandbox)
        return self.start(conf, **options)

    def assert_served(self, port):
        began = time.monotonic()
        with self.lab.connect(port, timeout=20) as client:
            self.assertTrue(client.recv(1))
        self.assertLess(time.monotonic() - began, ENOUGH)

    def test_a_server_that_lingers_and_is_gone_at_once_does_not_hold_up_posternd(self):
        preload = self.compiled("slow.so", SLOW, "-shared", "-fPIC")
        daemon = self.serve_lingering(env={"LD_PRELOAD": preload, "ASAN_OPTIONS": "verify_asan_link_order=0"})
        for sandbox, port in QUICK.items():
            with self.subTest(sandbox):
                self.assert_served(port)  # with the zygote there
                self.deaf(port)
                self.assert_prompt(HEALTHY, "hello\n")
        self.assert_consistent(daemon)

    def test_nor_its_zygote(self):
        # On one processor the program is often gone before the zygote goes on.
        os.sched_setaffinity(0, {min(self.cpus)})
        daemon = self.serve_lingering()
        deaf = []
        for number in range(CLIENTS):
            deaf.append(self.deaf(QUICK["standard"]))
            if len(deaf) > 200:
                deaf.pop(0).close()
            if number % 20 == 0:
                self.assert_served(QUICK["standard"])
        self.assertEqual([m.raw for m in daemon.log() if m.level in ("CRITICAL", "ERROR")], [])
        self.assert_consistent(daemon)

    def test_a_refused_client_whom_a_rule_lets_linger_holds_up_nobody(self):
        banners = pathlib.Path(self.lab.path("banners"))
        banners.mkdir()
        (banners / "quick").write_bytes(b"go away\n" * 8192)
        self.lab.write("/etc/hosts.allow", f"quick: .refused.test: linger 60: banners {banners}: deny\n")
        self.lab.write("/etc/hosts", "127.0.0.1 localhost\n127.0.0.2 client.refused.test\n")
        quick = lab_case.entry("quick", ASKED, "libwrap = quick", "server = /bin/echo", "server_args = hello")
        daemon = self.start(lab_case.DEFAULTS + sandboxed(quick, "standard") + lab_case.entry("healthy", HEALTHY))
        self.deaf(ASKED, "127.0.0.2")
        self.assertTrue(daemon.wait_records(1, kind="FAIL"), daemon.log())
        self.assert_prompt(HEALTHY, "hello\n")

    def test_a_program_behind_the_relay_holds_up_nobody_else_there(self):
        if not kernel_refuses_descriptors():
            return  # SECURITY.md, "What is not a boundary"
        program = self.lab.script("passes_on.py", PASSES_ON, "/usr/bin/python3")
        blocks = [lab_case.entry("sends", SENDS, f"server = {program}", "network = relay"),
                  lab_case.entry("carried", CARRIED, "server = /bin/echo", "server_args = hello", "network = relay")]
        daemon = self.start(lab_case.DEFAULTS + "".join(sandboxed(block, "standard") for block in blocks))
        outside = socket.socket(socket.AF_UNIX)
        self.addCleanup(outside.close)
        outside.bind("/run/lab/outside")
        os.chmod("/run/lab/outside", 0o666)
        outside.listen()
        outside.settimeout(20)
        self.assert_prompt(CARRIED, "hello\n")
        relay = lab_case.relay_of(daemon)
        with self.lab.connect(SENDS, timeout=20) as client:
            with outside.accept()[0] as accomplice:
                accomplice.settimeout(20)
                end, held = lingering_connection()
                self.addCleanup(end.close)
                os.kill(relay, signal.SIGSTOP)  # what it finds later is the last copy
                socket.send_fds(accomplice, [b"x"], [held.fileno()])
                os.close(held.detach())
                accomplice.recv(1)
                os.kill(relay, signal.SIGCONT)
                self.assert_prompt(CARRIED, "hello\n")
            self.assertEqual(client.read_line(20), b"refused\n", daemon.log())


if __name__ == "__main__":
    lab_case.main()
