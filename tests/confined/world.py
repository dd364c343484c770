# SPDX-License-Identifier: BSD-2-Clause
"""What the probe is let loose on: a lab with secrets, devices, listeners and foreign files, each with a way to it.

Everything is made in the lab's private world, but for two files in /tmp and /dev/shm, which it takes away again.
"""
import ctypes
import os
import pathlib
import secrets
import shutil
import socket
import stat
import subprocess

import namespaces
import netlab

PROBE = pathlib.Path(os.environ.get("POSTERN_PROBE", netlab.REPOSITORY / "build" / "tests" / "confined_probe_static"))
PROGRAMS = "/usr/local/sbin"
PROGRAM = f"{PROGRAMS}/probe"
WORK, HIDDEN = "/srv/work", "/srv/hidden"
USER, USER_ID, GROUP_ID, EXTRA_GROUP_ID = "probeuser", 54320, 54321, 54322
STRANGER = 12345  # as in the probe
SHM_KEY = 0x706F7374
FIRST_PID = 30000  # of what the lab starts; no namespace of a service gets that far

# What a machine has in /dev, and the lab's private /dev lacks.
DEVICES = {
    "mem": (stat.S_IFCHR | 0o640, 1, 1), "kmsg": (stat.S_IFCHR | 0o644, 1, 11), "console": (stat.S_IFCHR | 0o600, 5, 1),
    "tty1": (stat.S_IFCHR | 0o600, 4, 1), "kvm": (stat.S_IFCHR | 0o666, 10, 232), "fuse": (stat.S_IFCHR | 0o666, 10, 229),
    "net/tun": (stat.S_IFCHR | 0o666, 10, 200), "loop-control": (stat.S_IFCHR | 0o660, 10, 237),
}
# VFS_CAP_REVISION_2 with the effective bit, and CAP_SYS_ADMIN.
FILE_CAPABILITY = (0x02000001).to_bytes(4, "little") + (1 << 21).to_bytes(4, "little") + bytes(12)


def _mount_tmpfs(folder, mode="755"):
    namespaces.mount("tmpfs", folder, "tmpfs", 0, f"mode={mode}")


def _copy_of_probe(name, owner=(0, 0), mode=0o755):
    path = f"{PROGRAMS}/{name}"
    shutil.copyfile(PROBE, path)
    os.chown(path, *owner)
    os.chmod(path, mode)  # after chown(2), which takes set-id bits away
    return path


def _first_disk():
    for line in pathlib.Path("/proc/partitions").read_text().splitlines()[2:]:
        major, minor = map(int, line.split()[:2])
        if minor < 256:
            return major, minor
    return None


def _cgroup_folder():
    mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    folders = [m[1] for m in mounts if m[2] == "cgroup2"] + [m[1] for m in mounts if m[2] == "cgroup"]
    return folders[0] if folders else None


def _libc():
    maps = pathlib.Path("/proc/self/maps").read_text().splitlines()
    return next((line.split()[-1] for line in maps if "/libc.so" in line or "/libc-" in line), None)


class World:
    """Made once in a lab. `words` are the key=value words of a request that tell the probe of it."""

    def __init__(self):
        self.words = {}
        self._listeners = []
        self._outside = []
        self._make_users()
        self._make_programs()
        self._make_files()
        self._make_devices()
        self._listen()
        self._start_process()

    def close(self):
        for endpoint in self._listeners:
            endpoint.close()
        for path in self._outside:
            os.unlink(path)
        self._sleeper.kill()
        self._sleeper.wait()

    def _make_users(self):
        # The number that setresuid(2) takes for "leave as it is".
        with open("/etc/passwd", "a", encoding="ascii") as users:
            users.write("minusone:x:4294967295:4294967295::/nonexistent:/usr/sbin/nologin\n")
            users.write(f"{USER}:x:{USER_ID}:{GROUP_ID}::/nonexistent:/usr/sbin/nologin\n")
        with open("/etc/group", "a", encoding="ascii") as groups:
            groups.write("minusone:x:4294967295:\n")
            groups.write(f"{USER}:x:{GROUP_ID}:\n{USER}extra:x:{EXTRA_GROUP_ID}:{USER}\n")

    def _make_programs(self):
        _mount_tmpfs(PROGRAMS)
        _copy_of_probe("probe")
        _copy_of_probe("idle")
        self.words["program_folder"] = PROGRAMS
        self.words["setuid_root"] = _copy_of_probe("setuid-root", (0, 0), 0o4755)
        self.words["setuid_stranger"] = _copy_of_probe("setuid-stranger", (STRANGER, 0), 0o4755)
        self.words["setgid_stranger"] = _copy_of_probe("setgid-stranger", (0, STRANGER), 0o2755)
        self.words["capable"] = _copy_of_probe("capable")
        os.setxattr(self.words["capable"], "security.capability", FILE_CAPABILITY)

    def _make_files(self):
        _mount_tmpfs("/srv")
        for folder, mode in ((WORK, 0o1777), (HIDDEN, 0o755)):
            os.mkdir(folder)
            os.chmod(folder, mode)
        self._file("hidden", f"{HIDDEN}/secret", 0o644)
        for key in ("foreign", "sticky"):
            self._file(key, f"{WORK}/{key}", 0o600)
            os.chown(f"{WORK}/{key}", 54399, 54399)
        for key, folder in (("host_tmp", "/tmp"), ("host_shm", "/dev/shm")):
            self._outside.append(self._file(key, f"{folder}/postern-probe-{secrets.token_hex(8)}", 0o644))
        self.words["work"] = WORK
        self.words["library"] = _libc()
        self.words["cgroup"] = _cgroup_folder()

    def _file(self, key, path, mode):
        pathlib.Path(path).write_text("a secret\n", encoding="ascii")
        os.chmod(path, mode)
        self.words[key] = path
        return path

    def _make_devices(self):
        os.makedirs("/dev/net", exist_ok=True)
        for name, (mode, major, minor) in DEVICES.items():
            os.mknod(f"/dev/{name}", mode, os.makedev(major, minor))
            os.chmod(f"/dev/{name}", mode & 0o777)
        disk = _first_disk()
        if disk:
            os.mknod("/dev/probe-disk", stat.S_IFBLK | 0o660, os.makedev(*disk))
            self.words["disk"] = "/dev/probe-disk"
            self.words["disk_device"] = disk[0] << 8 | disk[1]

    def _listen(self):
        self.listener = self._listener(socket.AF_INET, ("127.0.0.1", 0))
        self.words["port"] = self.listener.getsockname()[1]
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", self.words["port"]))
        self._listeners.append(datagrams)
        self.words["abstract"] = "postern-probe"
        self._listener(socket.AF_UNIX, "\0postern-probe")
        self.words["hidden_socket"] = f"{HIDDEN}/socket"
        self._listener(socket.AF_UNIX, f"{HIDDEN}/socket")
        os.chmod(f"{HIDDEN}/socket", 0o777)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.shmget(SHM_KEY, 4096, 0o1666) < 0:
            raise OSError(ctypes.get_errno(), "shmget")
        self.words["shm_key"] = SHM_KEY

    def _listener(self, family, address):
        endpoint = socket.socket(family, socket.SOCK_STREAM)
        endpoint.bind(address)
        endpoint.listen(64)
        endpoint.settimeout(5)
        self._listeners.append(endpoint)
        return endpoint

    def _start_process(self):
        """A process of the machine, with a number that no process of a service's own namespace has."""
        pathlib.Path("/proc/sys/kernel/ns_last_pid").write_text(str(FIRST_PID), encoding="ascii")
        self._sleeper = subprocess.Popen(["/bin/sleep", "600"])
        self.words["host_pid"] = self._sleeper.pid
