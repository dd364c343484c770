# SPDX-License-Identifier: BSD-2-Clause
"""A private network, mount and process world for one test process.

isolate() is called once, before any thread is started. It returns in a new process that is pid 1 of its own PID
namespace, with only a loopback interface, its own copy of /etc and empty /run and /var/log. When that process ends,
however it ends, the kernel ends everything it started. The process that called isolate() only waits and exits with the
same status. Needs root; any failure raises, so that a test which could not be isolated fails and never runs on the host.
"""
import ctypes
import errno
import fcntl
import os
import shutil
import signal
import socket
import struct
import sys
import time

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_NOSUID_NODEV_NOEXEC = 2 | 4 | 8
MS_BIND, MS_REC = 0x1000, 0x4000
MS_REC_PRIVATE = 0x4000 | 0x40000
PR_SET_PDEATHSIG = 1
SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914
SIOCSIFADDR, SIOCSIFNETMASK = 0x8916, 0x891C
IFF_UP = 1

_libc = ctypes.CDLL(None, use_errno=True)
_inside = False


def _check(result, what):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)} (the test needs root and namespaces)")


def mount(source, target, kind=None, flags=0, options=None):
    def encoded(text):
        return None if text is None else os.fsencode(text)
    _check(_libc.mount(encoded(source), encoded(target), encoded(kind), ctypes.c_ulong(flags), encoded(options)),
           f"mount {target}")


def _leave_with(child):
    """The outer process: waits for pid 1 of the new world and ends as it ended."""
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.signal(signal.SIGINT, lambda *_: os.kill(child, signal.SIGKILL))
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def isolate():
    """Moves the rest of this program into its own world. Calling it again changes nothing."""
    global _inside
    if _inside:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    _check(_libc.unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC), "unshare")
    child = os.fork()
    if child:
        _leave_with(child)
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # Pid 1 only receives signals it has handlers for; without these an interrupted test would not stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _make_private_files()
    bring_loopback_up()
    _keep_off_reflecting_ports()
    _inside = True


def _make_private_files():
    mount(None, "/", None, MS_REC_PRIVATE)
    mount("proc", "/proc", "proc", MS_NOSUID_NODEV_NOEXEC)
    mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
    mount("tmpfs", "/var/log", "tmpfs", 0, "mode=755")
    _make_private_etc()
    _make_private_dev()


def _make_private_dev():
    """The usual devices, and room for a /dev/log of the test's own."""
    devices = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "pts", "shm")]
    for device in devices:
        held = "/run" + device
        if os.path.isdir(device):
            os.makedirs(held)
        else:
            os.makedirs("/run/dev", exist_ok=True)
            open(held, "wb").close()
        mount(device, held, None, MS_BIND | MS_REC)
    for name in ("fd", "stdin", "stdout", "stderr"):
        os.symlink(os.readlink(f"/dev/{name}"), f"/run/dev/{name}")
    os.symlink("pts/ptmx", "/run/dev/ptmx")
    mount("/run/dev", "/dev", None, MS_BIND | MS_REC)


def _make_private_etc():
    for folder in ("upper", "work"):
        os.makedirs(f"/run/.etc/{folder}")
    try:
        mount("overlay", "/etc", "overlay", 0, "lowerdir=/etc,upperdir=/run/.etc/upper,workdir=/run/.etc/work")
    except OSError:
        # Some containers refuse overlays of overlays: a plain copy costs some milliseconds more.
        shutil.copytree("/etc", "/run/.etc/copy", symlinks=True)
        mount("/run/.etc/copy", "/etc", None, MS_BIND)


def bring_loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        flags = struct.unpack_from("16xH", request)[0]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def _keep_off_reflecting_ports():
    """A client whose ephemeral port is one that daemon/relay/reflection.cc lists gets no answer over UDP. None of this
    range is there."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as port_range:
        port_range.write("42000 60999")


_alias_count = 0


def _await_address(address):
    """The kernel makes an IPv6 address usable some time after it has accepted it."""
    deadline = time.monotonic() + 20
    while True:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((address, 0))
                return
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL or time.monotonic() > deadline:
                    raise
        time.sleep(0.005)


def add_address(address):
    """Makes one more IPv4 or IPv6 address local. All of 127.0.0.0/8 and ::1 are local already."""
    global _alias_count
    if ":" in address:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
            packed = socket.inet_pton(socket.AF_INET6, address)
            fcntl.ioctl(control, SIOCSIFADDR, struct.pack("16sIi", packed, 128, socket.if_nametoindex("lo")))
        _await_address(address)
        return
    _alias_count += 1
    name = f"lo:{_alias_count}".encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for request, value in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, "255.255.255.255")):
            sockaddr = struct.pack("H2x4s8x", socket.AF_INET, socket.inet_aton(value))
            fcntl.ioctl(control, request, struct.pack("16s16s", name, sockaddr))
