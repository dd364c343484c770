# SPDX-License-Identifier: BSD-2-Clause
"""tcpd in front of a service, Debian's and ours, with everything one can see of it.

    seen = wrapped.serve(wrapped.OURS, allow="svc: 127.\\n", deny="ALL: ALL\\n")
    seen.status, seen.answer, seen.log      # [(priority, "svc", "connect from 127.0.0.1 (127.0.0.1)")]

Runs inside a netlab.Lab with unpacked.install(). A side is a tcpd and the libwrap.so.0 it finds. The five seconds that
Debian's tcpd sleeps after each refusal are taken out by a preloaded sleep(3), unless a test wants to see them.
"""
import dataclasses
import os
import pathlib
import re
import socket
import subprocess
import time

import netlab

BIN = netlab.POSTERND.parent
LIB = BIN.parent / "lib"
SERVICE = "/run/wrapped/svc"  # what tcpd stands for: a script that tells what it was given
SERVED = "/run/wrapped/served"
_IDLE = "/run/wrapped/idle.so"
_RECORD = re.compile(r"<(\d+)>... .. ..:..:.. ([^\[:]*)(?:\[(\d+)\])?: (.*)", re.DOTALL)

_SERVICE_TEXT = f"""#!/bin/sh
echo served >>{SERVED}
echo "served $0 $*"
umask
id -u
env | grep ^WHO=
true
"""

# sleep: not waited for. getsockopt: IP options of the test's choice, since loopback routes no source routes.
_IDLE_TEXT = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
unsigned sleep(unsigned seconds) { return seconds * 0; }
int getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
  const char *hex = getenv("WRAPPED_IP_OPTIONS");
  if (hex && level == 0 && name == 4) {
    *length = strlen(hex) / 2;
    for (unsigned i = 0; i < *length; i++) {
      char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
      ((unsigned char *)value)[i] = strtol(digits, 0, 16);
    }
    return 0;
  }
  int (*real)(int, int, int, void *, socklen_t *) = dlsym(RTLD_NEXT, "getsockopt");
  return real(fd, level, name, value, length);
}
"""


@dataclasses.dataclass(frozen=True)
class Side:
    name: str
    tcpd: str
    libraries: str = ""  # in front of those the system knows


DEBIAN = Side("Debian's tcpd", "/usr/sbin/tcpd")
MIXED = Side("Debian's tcpd on our libwrap.so.0", "/usr/sbin/tcpd", str(LIB))
OURS = Side("tcpd", str(BIN / "tcpd"))
SIDES = (DEBIAN, MIXED, OURS)


@dataclasses.dataclass
class Seen:
    status: int
    answer: bytes
    log: list  # (priority, ident, text)
    seconds: float
    left: list  # datagrams that are still there

    def texts(self):
        return [text for _, _, text in self.log]


_log = None
_read = 0


def prepare(lab):
    """Once for each Lab: the service, the preloaded library, the log socket."""
    global _log
    _log = lab.listen_syslog()
    os.makedirs("/run/wrapped", exist_ok=True)
    os.chmod("/run/wrapped", 0o777)
    lab.write(SERVICE, _SERVICE_TEXT, 0o755)
    source = lab.write("/run/wrapped/idle.c", _IDLE_TEXT)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", _IDLE, source, "-ldl"], check=True, timeout=60)


def new_log(wait_for=0):
    """The records since the last call, without their time; waits up to five seconds for that many."""
    global _read
    netlab.wait_until(lambda: len(_log()) - _read >= wait_for)
    fresh = _log()[_read:]
    _read += len(fresh)
    parsed = [_RECORD.fullmatch(record) for record in fresh]
    return [(int(m[1]), m[2], m[4]) if m else (-1, "", record) for m, record in zip(parsed, fresh)]


def environment(side, extra=None, idle=True):
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    if idle:
        env["LD_PRELOAD"] = _IDLE
    if side.libraries:
        env["LD_LIBRARY_PATH"] = side.libraries
    return {**env, **(extra or {})}


def write_tables(allow, deny):
    """None: no such file."""
    for path, text in (("/etc/hosts.allow", allow), ("/etc/hosts.deny", deny)):
        target = pathlib.Path(path)
        if target.is_dir():
            target.rmdir()
        target.unlink(missing_ok=True)
        if text is not None:
            target.write_text(text)


def connection(client="127.0.0.1", server="127.0.0.1", dual_stack=False):
    """Both ends of a TCP connection: the client's, the server's."""
    family = socket.AF_INET6 if dual_stack or ":" in server else socket.AF_INET
    with socket.socket(family) as listener:
        listener.bind(("::" if dual_stack else server, 0))
        listener.listen(1)
        caller = socket.socket(socket.AF_INET6 if ":" in client else socket.AF_INET)
        caller.settimeout(5)
        caller.bind((client, 0))
        caller.connect((server, listener.getsockname()[1]))
        return caller, listener.accept()[0]


def datagrams(*payloads):
    """A socket with these waiting in it, and the one that sent them."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.bind(("127.0.0.1", 0))
    for payload in payloads:
        client.sendto(payload, server.getsockname())
    return client, server


def everything(endpoint):
    data = b""
    try:
        while piece := endpoint.recv(4096):
            data += piece
    except ConnectionError:
        pass
    return data


def run(side, stdin, argv0=SERVICE, arguments=(), env=None, idle=True, output=None):
    """tcpd on that descriptor, to its end: (status, seconds)."""
    begun = time.monotonic()
    process = subprocess.Popen([argv0, *arguments], executable=side.tcpd, stdin=stdin, stdout=output or stdin,
                               stderr=output or stdin, env=environment(side, env, idle))
    return process.wait(60), time.monotonic() - begun


def serve(side, allow="", deny="", ends=None, tables=True, **options):
    """One TCP connection through tcpd. `ends`: what connection() returned; `tables` False: leave the files."""
    if tables:
        write_tables(allow, deny)
    pathlib.Path(SERVED).unlink(missing_ok=True)
    client, server = ends or connection()
    with client:
        status, seconds = run(side, server, **options)
        server.close()
        return Seen(status, everything(client), new_log(), seconds, [])


def serve_datagram(side, allow="", deny="", payloads=(b"one", b"two"), **options):
    write_tables(allow, deny)
    pathlib.Path(SERVED).unlink(missing_ok=True)
    client, server = datagrams(*payloads)
    with client, server:
        status, seconds = run(side, server, output=subprocess.DEVNULL, **options)
        server.setblocking(False)
        left = []
        try:
            while True:
                left.append(server.recv(4096))
        except BlockingIOError:
            pass
        return Seen(status, b"", new_log(), seconds, left)


def served():
    return os.path.exists(SERVED)
