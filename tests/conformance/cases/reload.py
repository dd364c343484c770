# SPDX-License-Identifier: BSD-2-Clause
"""Cases 91-95: SIGHUP and the other signals, and what becomes of running sessions."""
import os
import pathlib
import signal
import time

from suite import Case, Differs, defaults, internal, netlab, program, service

D = defaults()
CAT = "/bin/cat"


def cat(name, *lines, port=20001):
    return program(name, CAT, *lines, port=port)


def lives(client):
    """Whether the session still answers."""
    try:
        client.send(b"alive\n")
        return client.read_line(timeout=1.0) == b"alive\n"
    except (OSError, TimeoutError):
        return False


def reloaded(trial, conf):
    trial.lab.write("main.conf", conf)
    return trial.daemon.reload()


def _mixed(trial):
    """One service stays, one goes, one moves, one gets a rule, one comes."""
    trial.start(D + cat("stays") + cat("goes", port=20002) + cat("moves", port=20003) + cat("ruled", port=20004))
    names = {"stays": 20001, "goes": 20002, "moves": 20003, "ruled": 20004}
    clients = {name: trial.hold(port) for name, port in names.items()}
    ok = reloaded(trial, D + cat("stays") + cat("moves", port=20013) +
                  cat("ruled", "only_from = 10.0.0.1", port=20004) + service("comes", port=20005))
    time.sleep(0.8)
    return {"ok": ok, "sessions": [name for name in names if lives(clients[name])],
            "goes": trial.ask(20002), "moves": [trial.ask(20003), lives(trial.lab.connect(20013))],
            "ruled": trial.ask(20004), "comes": trial.ask(20005)}


def _counts(trial):
    trial.start(D + service("a1") + service("a2", port=20002) + service("a3", port=20003))
    reloaded(trial, D + service("a1") + service("a4", port=20004))
    return [message.text for message in trial.daemon.logged("Reconfigured:")]


def _bind_changes(*lines):
    def observe(trial):
        trial.start(D + cat("a1"))
        client = trial.hold()
        ok = reloaded(trial, D + cat("a1", *lines))
        time.sleep(0.6)
        return [ok, lives(client), lives(trial.lab.connect(20001))]
    return observe


def _keeps_counts(trial):
    """Sessions from before a reload count after it."""
    trial.start(D + cat("a1", "instances = 2"))
    trial.hold_open = trial.hold()
    reloaded(trial, D + cat("a1", "instances = 1"))
    return trial.ask()


def _missing_file(trial):
    trial.start(D + service())
    os.unlink(trial.lab.path("main.conf"))
    trial.daemon.reload()
    return [trial.daemon.running(), trial.ask()]


def _bad_defaults(trial):
    trial.start(D + service())
    trial.lab.write("main.conf", defaults("instances = abc") + service())
    trial.daemon.reload(timeout=2.0)
    code = trial.daemon.wait_exit(1.0)
    return ["runs" if code is None else code, trial.ask()]


def _bad_service(trial):
    """The new files have one sound change and one mistake."""
    trial.start(D + service())
    trial.lab.write("main.conf", D + service("a1", "server_args = changed") +
                    service("a2", "instances = junk", port=20002))
    trial.daemon.reload(timeout=3.0)
    return trial.ask()


def _endless(trial):
    """Reloads that each replace ten services, with few descriptors."""
    def conf(turn):
        ports = range(20100 + 10 * (turn % 2), 20110 + 10 * (turn % 2))
        return D + service("fixed") + "".join(service(f"s{port}x{turn}", port=port) for port in ports)
    trial.start(conf(0), nofile=64)
    for turn in range(1, 9):
        reloaded(trial, conf(turn)) or time.sleep(0.2)
    if not trial.daemon.running():
        return "dead"
    before = trial.daemon.cpu_seconds()
    time.sleep(0.5)
    spins = trial.daemon.cpu_seconds() - before > 0.25
    return "spins" if spins else trial.ask(timeout=1.0)


def _idle_reloads(trial):
    """Fifty reloads that change nothing: descriptors and memory stay where they were."""
    conf = D + service() + service("a2", port=20002)
    trial.start(conf)
    for _ in range(5):
        trial.daemon.reload()
    fds, rss = len(trial.daemon.fds()), trial.daemon.rss()
    for _ in range(50):
        trial.daemon.reload()
    return {"fds": len(trial.daemon.fds()) - fds, "grown": trial.daemon.rss() > rss + 300, "answer": trial.ask()}


def ended_by(number):
    """What is left when the daemon was told to end."""
    def observe(trial):
        trial.start(D + cat("external") + internal("echo", port=20002))
        outside, inside = trial.hold(), trial.hold(20002)
        trial.daemon.signal(number)
        code = trial.daemon.wait_exit(6.0)
        time.sleep(0.3)
        return {"code": code, "pid file": os.path.exists(trial.daemon.pid_path), "external": lives(outside),
                "echo": lives(inside), "port": trial.ask(timeout=0.5)}
    return observe


def survives(number):
    def observe(trial):
        trial.start(D + service())
        trial.daemon.signal(number)
        time.sleep(0.3)
        return [trial.daemon.running(), trial.ask()]
    return observe


def _dump(trial):
    trial.start(D + cat("a1", "instances = 7", "no_access = 10.0.0.1"))
    with trial.hold():
        trial.daemon.signal(signal.SIGUSR1)
        netlab.wait_until(lambda: trial.daemon.logged("generated state dump"), 3.0)
    (path,) = pathlib.Path("/run").glob("*.dump")
    text = path.read_text()
    return [path.name, [word in text for word in (
        "INTERNAL STATE DUMP", "Service = a1", "10.0.0.1", "running servers = 1", "END OF DUMP")]]


def _check(trial):
    trial.start(D + service())
    trial.ask()
    trial.daemon.signal(signal.SIGABRT)
    return bool(netlab.wait_until(lambda: trial.daemon.logged("Consistency check passed"), 3.0))


def _usr2(trial):
    trial.start(D + service())
    trial.lab.write("main.conf", D + service("a1", "server_args = again"))
    trial.daemon.signal(signal.SIGUSR2)
    netlab.wait_until(lambda: trial.daemon.logged("Reconfigured"), 3.0)
    return trial.ask()


ENDED = {"code": 0, "pid file": False, "external": True, "echo": True, "port": "refused"}

CASES = [
    Case("91a", "a reload with every kind of change", _mixed,
         {"ok": True, "sessions": ["stays", "ruled"], "goes": "refused", "moves": ["refused", True],
          "ruled": "closed", "comes": "hello"},
         Differs("reload-sessions",
                 {"ok": True, "sessions": ["stays", "goes", "moves", "ruled"], "goes": "refused",
                  "moves": ["refused", True], "ruled": "closed", "comes": "hello"})),
    Case("91b", "the count of a reload", _counts, ["Reconfigured: new=1 old=1 dropped=2 (services)"]),
    Case("91c", "sessions from before a reload count", _keeps_counts, "closed"),
    Case("92a", "a bind that is added", _bind_changes("bind = 127.0.0.1"), [True, False, True],
         Differs("reload-sessions", [True, True, True])),
    Case("92b", "a reload that changes nothing", _bind_changes(), [True, True, True]),
    Case("92c", "a family that is changed", _bind_changes("flags = IPv4"), [True, False, True],
         Differs("reload-sessions", [True, True, True])),
    Case("93a", "a reload without a file", _missing_file, [True, "hello"]),
    Case("93b", "a reload with bad defaults", _bad_defaults, [0, "refused"],
         Differs("bad-defaults", ["runs", "hello"])),
    Case("93c", "a reload with one bad service", _bad_service, "changed", Differs("bad-reload", "hello")),
    Case("94a", "reloads that replace services, with few descriptors",
         lambda trial: _endless(trial) == "hello", False, Differs("reload-again", True), timeout=90.0),
    Case("94b", "fifty reloads that change nothing", _idle_reloads, {"fds": 0, "grown": False, "answer": "hello"},
         timeout=90.0),
    Case("95a", "TERM", ended_by(signal.SIGTERM), ENDED, Differs("term-sessions", {**ENDED, "echo": False})),
    Case("95b", "QUIT", ended_by(signal.SIGQUIT), ENDED, Differs("term-sessions", {**ENDED, "echo": False})),
    Case("95c", "USR1 writes the state", _dump, ["xinetd.dump", [True] * 5],
         Differs("state-dump", ["posternd.dump", [True] * 5])),
    Case("95d", "ABRT checks the daemon", _check, True),
    Case("95e", "USR2 reloads", _usr2, "again"),
    Case("95f", "INT is ignored", survives(signal.SIGINT), [True, "hello"]),
    Case("95g", "ALRM is ignored", survives(signal.SIGALRM), [True, "hello"]),
    Case("95h", "WINCH is ignored", survives(signal.SIGWINCH), [True, "hello"]),
]
