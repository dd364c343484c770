# SPDX-License-Identifier: BSD-2-Clause
"""The servers that compare.py measures, each with the same service, the same limits and the same records.

Every function starts one server inside the Lab and returns its process once its port listens. All of them run on core
SERVER_CORE, and what they start does too; each has its own folder, so that they can run side by side.
"""
import contextlib
import os
import pathlib
import shutil
import subprocess

import netlab

LOAD_CORE, SERVER_CORE = 0, 1
SERVICE, LIBC_SERVICE = "/run/lab/static_service", "/run/lab/libc_service"
NOFILE = 16384
PROGRAMS = netlab.POSTERND.parent
INETD = netlab.PEERS / "usr" / "sbin" / "inetd"
TCPSERVER = netlab.PEERS / "usr" / "bin" / "tcpserver"
BWRAP = netlab.PEERS / "usr" / "bin" / "bwrap"
TCPRULES = netlab.PEERS / "usr" / "bin" / "tcprules"
PINNED = ("taskset", "-c", str(SERVER_CORE))

PORTS = {"posternd": 7101, "xinetd": 7102, "openbsd-inetd": 7103, "tcpserver": 7104, "accept_close": 7105,
         "accept_exec": 7106, "posternd standard": 7107, "posternd strict": 7108, "bwrap": 7109}
# Each listens on BURST_LISTENERS ports: xinetd's listen queues hold no more than 64 clients each.
FIRST_OF_BURST = {"posternd": 7500, "xinetd": 7600, "accept_close": 7700, "tcpserver": 7800}
BURST_LISTENERS = 32
FIRST_OF_MANY = {("posternd", 1): 7200, ("posternd", 100): 7300, ("posternd", 5000): 10000,
                 ("xinetd", 1): 7201, ("xinetd", 100): 7400, ("xinetd", 5000): 20000}

# The load comes from 127.0.0.1. What is refused is refused by address, and recorded in a file.
OPEN, CLOSED = "only_from = 127.0.0.1", "no_access = 127.0.0.1"


class NotReady(Exception):
    """A server did not start: there is nothing to compare."""


def _folder_of(server, port):
    return f"/run/lab/{server.partition(' ')[0]}-{port}"


def record_file(server, port):
    """Where posternd or xinetd records who was refused."""
    return pathlib.Path(_folder_of(server, port), "svc.log")


@contextlib.contextmanager
def _own_folder(lab, folder):
    """What is started inside keeps its files in a folder of its own."""
    outer, lab.folder = lab.folder, folder
    os.makedirs(lab.folder, exist_ok=True)
    try:
        yield
    finally:
        lab.folder = outer


def install_service(lab):
    """Copies the services to where every user may execute them, whatever the mode of the build folder's parents."""
    for service in (SERVICE, LIBC_SERVICE):
        shutil.copy(PROGRAMS / pathlib.Path(service).name, service)
        os.chmod(service, 0o755)
    # Not every inetd takes a port number for a service name.
    port = PORTS["openbsd-inetd"]
    lab.write("/etc/services", f"bench{port} {port}/tcp\n")


def extended_configuration(server, first_port, count, access, program):
    """xinetd.conf, the same for posternd and xinetd but for the sandbox, which xinetd does not have."""
    lines = ["defaults", "{", f"log_type = FILE {record_file(server, first_port)}", "log_on_failure = HOST",
             "instances = UNLIMITED", "cps = 0 10"]  # a rate of 0 is no limit in either
    if server.startswith("posternd"):
        lines.append(f"sandbox = {server.partition(' ')[2] or 'none'}")
    lines.append("}")
    for port in range(first_port, first_port + count):
        lines += [f"service bench{port}", "{", "type = UNLISTED", "socket_type = stream", "protocol = tcp",
                  "flags = IPv4 NOLIBWRAP", "wait = no", "user = nobody", "bind = 127.0.0.1", f"port = {port}",
                  f"server = {program}", access, "}"]
    return "\n".join(lines) + "\n"


def start_extended(lab, server, first_port, count=1, access=OPEN, program=SERVICE):
    """posternd or xinetd, with `count` services on successive ports."""
    with _own_folder(lab, _folder_of(server, first_port)):
        text = extended_configuration(server, first_port, count, access, program)
        daemon = lab.start(server.partition(" ")[0], text, through=PINNED, nofile=NOFILE, ready=False)
    if not daemon.wait_ready(60.0) or not netlab.wait_listening(first_port + count - 1):
        raise NotReady(f"{server}: {daemon.stderr()}{''.join(m.text for m in daemon.log())}")
    return daemon.process


def _start_plain(argv, port, name):
    # A session of its own, as Lab.start gives its daemons: the kernel shares processors out by session (sched(7)).
    process = subprocess.Popen([*PINNED, *map(str, argv)], stdin=subprocess.DEVNULL, start_new_session=True,
                               env={"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": netlab.peer_libraries()})
    if not netlab.wait_listening(port):
        raise NotReady(f"{name}: port {port} does not listen")
    return process


def start_inetd(lab, port):
    # inetd(8): the number after nowait is the greatest number of starts in a minute.
    line = f"127.0.0.1:bench{port} stream tcp nowait.1000000000 nobody {SERVICE} static_service\n"
    configuration = lab.write("openbsd-inetd/inetd.conf", line)
    return _start_plain([INETD, "-i", configuration], port, "openbsd-inetd")


def start_tcpserver(lab, port, rules=(), program=SERVICE):
    """Without look-ups, as a busy site runs it, and as the user of the service, because it cannot change later."""
    nobody = pathlib.Path("/etc/passwd").read_text().partition("\nnobody:")[2].split(":")
    options = ["-q", "-H", "-R", "-D", "-l", "0", "-c", "1000000", "-b", "4096", "-u", nobody[1], "-g", nobody[2]]
    if rules:
        options += ["-x", tcp_rules(lab, rules)]
    return _start_plain([TCPSERVER, *options, "127.0.0.1", port, program], port, "tcpserver")


def start_bwrap(lab, port, program=SERVICE):
    """What one puts together today: tcpserver, and for each connection a sandbox of bubblewrap's with the namespaces and
    the file system of `sandbox = standard` (no system-call filter, no Landlock)."""
    wrapped = lab.write("bwrap/service", f"#!/bin/sh\nexec {BWRAP} --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp"
                        f" --unshare-pid --unshare-ipc --unshare-uts {program}\n", 0o755)
    return start_tcpserver(lab, port, program=wrapped)


def tcp_rules(lab, rules):
    os.makedirs(lab.path("tcpserver"), exist_ok=True)
    database = lab.path("tcpserver/rules.cdb")
    subprocess.run([TCPRULES, database, database + ".new"], input="".join(f"{rule}\n" for rule in rules), text=True,
                   check=True, timeout=10)
    os.chmod(database, 0o644)
    return database


def start_accept_close(port, count=1):
    return _start_plain([PROGRAMS / "accept_close", port, count], port + count - 1, "accept_close")


def start_accept_exec(port, program=SERVICE):
    return _start_plain([PROGRAMS / "accept_exec", port, program], port, "accept_exec")
