# SPDX-License-Identifier: BSD-2-Clause
"""What a conformance case is, and the words the case tables are written in.

A case is a stimulus that is run once on the real xinetd and once on posternd, each in its own private
world, and gives a comparable value: what clients saw, which records were written, an exit code. The
expectation for xinetd is written down too, so that a case whose premise is wrong fails by itself.
"""
import dataclasses
import json
import pathlib
import re
import sys
import time
from typing import Any, Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))

import netlab  # noqa: E402
from compatibility import DIFFERENCES  # noqa: E402

SERVICE_LOG = "/run/lab/svc.log"
SOURCES = ("127.0.0.1", "127.0.0.2", "127.1.2.3", "::1")
SETTLE_SECONDS = 0.35


@dataclasses.dataclass(frozen=True)
class Differs:
    """posternd does something else on purpose; `entry` names the row of COMPATIBILITY.md that says why."""
    entry: str
    value: Any

    def __post_init__(self):
        if self.entry not in DIFFERENCES:
            raise KeyError(f"COMPATIBILITY.md has no row {self.entry!r}")


class _Agrees:
    entry = None


AGREES = _Agrees()


@dataclasses.dataclass(frozen=True)
class Case:
    number: str
    title: str
    observe: Callable[["Trial"], Any]
    xinetd: Any
    posternd: Any = AGREES
    timeout: float = 45.0

    def expectation(self, side):
        if side == "posternd" and isinstance(self.posternd, Differs):
            return plain(self.posternd.value)
        return plain(self.xinetd)


def plain(value):
    """The value as it comes back from another process: tuples are lists, keys are strings."""
    return json.loads(json.dumps(value))


# --- configuration text -------------------------------------------------------------------------

def _block(head, base, lines, without):
    given = {line.split()[0].lower() for line in lines if line.split()}
    kept = [f"{name} = {value}" for name, value in base.items()
            if name not in given and name not in without]
    body = "".join(f"\t{line}\n" for line in [*kept, *lines])
    return f"{head}\n{{\n{body}}}\n"


def service(name="a1", *lines, port=20001, without=()):
    """An external echo of "hello"; a line for an attribute that the base has replaces it."""
    base = {"type": "UNLISTED", "socket_type": "stream", "protocol": "tcp", "wait": "no",
            "user": "root", "server": "/bin/echo", "server_args": "hello", "port": port}
    return _block(f"service {name}", base, lines, without)


def internal(name, *lines, port=20001, kind="stream", without=()):
    """A builtin service: waiting, as inetd.conf has it, where it is a datagram one."""
    base = {"type": "INTERNAL UNLISTED", "socket_type": kind,
            "protocol": "tcp" if kind == "stream" else "udp",
            "wait": "no" if kind == "stream" else "yes", "user": "root", "port": port}
    return _block(f"service {name}", base, lines, without)


def program(name, server, *lines, port=20001, without=()):
    """An external service that runs another program; server_args only where a line gives them."""
    return service(name, f"server = {server}", *lines, port=port, without=("server_args", *without))


def defaults(*lines, without=()):
    base = {"log_type": f"FILE {SERVICE_LOG}", "log_on_success": "PID HOST EXIT DURATION",
            "log_on_failure": "HOST ATTEMPT"}
    return _block("defaults", base, lines, without)


# --- one run of one case on one daemon ----------------------------------------------------------

class Trial:
    """Handed to a stimulus: the world it runs in and the daemon it looks at."""

    def __init__(self, side, lab):
        self.side = side
        self.lab = lab
        self.daemon = None

    def start(self, conf, *args, **options):
        self.daemon = self.lab.start(self.side, conf, *args, **options)
        return self.daemon

    def ask(self, port=20001, data=b"", **options):
        """What one client sees, without the line end."""
        return netlab.ask(port, data, **options).rstrip("\r\n")

    def serves(self, port=20001, source=None):
        return self.ask(port, source=source) not in ("closed", "reset", "refused", "silent")

    def admitted(self, port=20001, sources=SOURCES):
        """Which clients are served. The reason why the others are not is the case's own business."""
        return [source for source in sources if self.serves(port, source)]

    def settle(self, seconds=SETTLE_SECONDS, timeout=6.0):
        """Waits until neither log has grown for a while: everything that was to be said is said."""
        def size():
            return sum(len(self.daemon._text(p)) for p in (self.daemon.log_path, SERVICE_LOG))
        deadline = time.monotonic() + timeout
        last, since = size(), time.monotonic()
        while time.monotonic() < deadline and time.monotonic() - since < seconds:
            time.sleep(0.03)
            now = size()
            if now != last:
                last, since = now, time.monotonic()

    def records(self, *kinds):
        """The normalised records of the service log, in an order that does not depend on scheduling."""
        self.settle()
        return sorted(record.normalised() for record in self.daemon.service_log()
                      if not kinds or record.kind in kinds)

    def complains(self, *words):
        """Whether a message of the program log, or standard error, holds all the words."""
        lines = [m.raw for m in self.daemon.log() if m.level in ("WARNING", "ERROR", "CRITICAL", "UNPARSED")]
        lines += self.daemon.stderr().splitlines()
        return any(all(w.lower() in line.lower() for w in words) for line in lines)

    def hold(self, port=20001, source=None):
        """A client whose session is known to run: /bin/cat has answered it."""
        client = self.lab.connect(port, source)
        client.send(b"hold\n")
        assert client.read_line() == b"hold\n"
        return client


# --- stimuli that many cases share --------------------------------------------------------------

def answers(conf, *ports, files=None, args=(), complaint=None, **options):
    """{port: what a client sees}; with a complaint's words also whether the log has them."""
    def observe(trial):
        for path, content in (files or {}).items():
            trial.lab.write(path, content)
        daemon = trial.start(conf, *args, **options)
        seen = {port: trial.ask(port) for port in ports or (20001,)}
        if complaint:
            seen["complaint"] = trial.complains(*complaint)
        seen["running"] = daemon.running()
        return seen
    return observe


def exits(conf, *args, **options):
    """The exit code of a daemon that is expected to end at its start; "runs" when it does not."""
    def observe(trial):
        code = trial.start(conf, *args, **options).wait_exit(3.0)
        return "runs" if code is None else code
    return observe


def admits(*lines, before="", files=None):
    """The sources that a service with these lines serves."""
    def observe(trial):
        for path, content in (files or {}).items():
            trial.lab.write(path, content)
        trial.start((before or defaults()) + service("a1", *lines))
        return trial.admitted()
    return observe


def looks_like_time(text):
    """Whether the text is what the daytime builtin says, in xinetd's form of it."""
    return bool(re.fullmatch(r"\d{1,2} [A-Z]{3} \d{4} \d\d:\d\d:\d\d [A-Z]+", text.strip()))
