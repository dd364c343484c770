# SPDX-License-Identifier: BSD-2-Clause
"""Services in a sandbox, and what can be seen of them from outside: zygotes, instances, namespaces, /proc."""
import contextlib
import os
import pathlib

import lab_case
import netlab

NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "user", "uts")

# What a Python server with threads, a database and a child needs of its sandbox. Leaves `words` (what the client said),
# `told` with a number of each of `threads`, and `base`.
BUSY_PYTHON = """import queue, sqlite3, subprocess, sys, threading
name = sys.stdin.readline().strip()
base = sqlite3.connect("/srv/python/base.sqlite")
base.execute("create table if not exists seen (name text)")
base.execute("insert into seen values (?)", (name,))
base.commit()
told = queue.Queue()
threads = [threading.Thread(target=lambda n=n: told.put(n * n)) for n in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
words = subprocess.run(["/bin/echo", name], capture_output=True, text=True, check=True).stdout.strip()
"""


def service(name, port, *lines, protocol="tcp"):
    """A service block with nothing said of its sandbox. What `lines` say goes before what is usual."""
    usual = {"type": "UNLISTED", "port": port, "protocol": protocol, "user": "nobody",
             "socket_type": "stream" if protocol == "tcp" else "dgram", "wait": "no" if protocol == "tcp" else "yes"}
    own = {line.split()[0] for line in lines}
    words = [f"{key} = {value}" for key, value in usual.items() if key not in own] + list(lines)
    return f"service {name}\n{{\n" + "".join(f"    {word}\n" for word in words) + "}\n"


# One service without a sandbox, in one with the connection, and in one behind the relay: at these ports.
BARE, CONFINED, RELAYED = 20001, 20002, 20003


def three(*lines):
    return (lab_case.entry("bare", BARE, *lines) + service("confined", CONFINED, *lines, "sandbox = standard")
            + service("relayed", RELAYED, *lines, "sandbox = standard", "network = relay"))


def _comm(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def zygotes_of(daemon):
    """Pids of the living zygotes, without order."""
    return [pid for pid in daemon.children() if _comm(pid).startswith("postern-zygote")]


def zygote_of(daemon, service_name):
    """The pid of the one zygote of a service: its second argument is the service's id."""
    def found():
        return [pid for pid in zygotes_of(daemon) if arguments(pid)[1:2] == [service_name]]
    pids = netlab.wait_until(found)
    if len(pids or ()) != 1:
        raise LookupError(f"{service_name} has the zygotes {pids}")
    return pids[0]


def arguments(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode("latin-1").split("\0")[:-1]
    return []


def children(pid):
    """Living direct children, zombies not among them."""
    with contextlib.suppress(OSError):
        tasks = os.listdir(f"/proc/{pid}/task")
        text = " ".join(pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text() for task in tasks)
        return [int(word) for word in text.split() if netlab.alive(int(word))]
    return []


def status(pid):
    """/proc/PID/status as {name: text}."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def processes():
    """{pid: arguments} of everything that lives in the test's world but the test itself and its threads."""
    found = {int(name): arguments(name) for name in os.listdir("/proc") if name.isdigit()}
    return {pid: words for pid, words in found.items() if pid != os.getpid() and netlab.alive(pid)}


def namespaces_in_use():
    """Every namespace that a living process of the test's world is in."""
    found = set()
    for pid in [os.getpid(), *processes()]:
        for kind in NAMESPACES:
            with contextlib.suppress(OSError):
                found.add(os.readlink(f"/proc/{pid}/ns/{kind}"))
    return found


def mounts(pid):
    return len(pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines())


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident(pid):
    """KiB."""
    return int(status(pid)["VmRSS"].split()[0])
