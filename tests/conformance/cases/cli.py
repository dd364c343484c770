# SPDX-License-Identifier: BSD-2-Clause
"""Case 96: the command line, exit codes and the pid file."""
import os
import pathlib
import stat

from suite import Case, Differs, defaults, netlab, service

D = defaults()
CONF = D + service()


def command(*args, conf=CONF, shows=None):
    """The exit code of a command line of which nothing else is given; "runs" when it does not end."""
    def observe(trial):
        trial.lab.write("main.conf", conf)
        daemon = trial.start(None, *args, bare=True, ready=False)
        code = daemon.wait_exit(4.0)
        seen = "runs" if code is None else code
        return seen if shows is None else [seen, all(word in daemon.stderr() for word in shows)]
    return observe


def daemonised(conf, file="/run/lab/main.conf"):
    """What the starting process returns, and whether a client is served the moment it has."""
    def observe(trial):
        trial.lab.write("main.conf", conf)
        daemon = trial.start(None, "-f", file, "-filelog", "/run/lab/program.log", "-pidfile", "/run/lab/daemon.pid",
                             bare=True, ready=False)
        return [daemon.wait_exit(10.0), trial.ask()]
    return observe


def _pid_file(trial):
    daemon = trial.start(CONF)
    path = pathlib.Path(daemon.pid_path)
    return [path.read_text() == f"{daemon.pid}\n", stat.S_IMODE(path.stat().st_mode),
            os.readlink(f"/proc/{daemon.pid}/cwd")]


def _daemonised_pid(trial):
    trial.lab.write("main.conf", CONF)
    daemon = trial.start(None, "-f", "/run/lab/main.conf", "-filelog", "/run/lab/program.log", "-pidfile",
                         "/run/lab/daemon.pid", bare=True, ready=False)
    daemon.wait_exit(10.0)
    pid_file = pathlib.Path(daemon.pid_path)
    # xinetd's starting process returns before its daemon has written the whole line.
    netlab.wait_until(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"))
    pid = int(pid_file.read_text())
    return [netlab.alive(pid), os.getsid(pid) != os.getsid(0), os.readlink(f"/proc/{pid}/cwd")]


def _unknown_option(trial):
    daemon = trial.start(CONF, "-bogus")
    return trial.ask() if daemon.running() else daemon.wait_exit()


def _daemonised_and_serving(trial):
    """posternd's starting process returns when clients are served; xinetd's some time before."""
    trial.lab.write("main.conf", CONF)
    daemon = trial.start(None, "-f", "/run/lab/main.conf", "-filelog", "/run/lab/program.log", "-pidfile",
                         "/run/lab/daemon.pid", bare=True, ready=False)
    code = daemon.wait_exit(10.0)
    if trial.side == "xinetd":
        trial.lab.wait_listening(20001)
    return [code, trial.ask()]


def _no_services(trial):
    daemonised(D)(trial)
    found = netlab.wait_until(lambda: trial.daemon.logged("no services"), 3.0)
    return "gone" if found and not os.path.exists(trial.daemon.pid_path) else "stays"


FILE = ("-f", "/run/lab/main.conf")
LOG = ("-filelog", "/run/lab/program.log")

CASES = [
    Case("96a", "no file, as a daemon", daemonised(CONF, "/run/lab/nothing"), [0, "refused"],
         Differs("readiness", [1, "refused"])),
    Case("96b", "no file, in the foreground", command("-dontfork", "-f", "/run/lab/nothing", *LOG), 1),
    Case("96c", "bad defaults, as a daemon", daemonised(defaults("instances = abc") + service()), [0, "refused"],
         Differs("readiness", [1, "refused"])),
    Case("96d", "an unknown option", _unknown_option, "hello", Differs("unknown-option", 1)),
    Case("96e", "a word that is no option", command("-dontfork", *FILE, "word"), 1),
    Case("96f", "-f without a file", command("-dontfork", "-f"), 1),
    Case("96g", "-limit with a word", command("-dontfork", *FILE, "-limit", "abc"), 1),
    Case("96h", "-filelog and -syslog", command("-dontfork", *FILE, *LOG, "-syslog", "daemon"), 1),
    Case("96i", "-version", command("-version"), 0),
    Case("96j", "a log that cannot be opened", command("-dontfork", *FILE, "-filelog", "/run/lab/no/log"), 1),
    Case("96k", "no services, as a daemon that need not stay", _no_services, "gone"),
    Case("96l", "the pid file in the foreground", _pid_file, [True, 0o644, "/"]),
    Case("96m", "the pid file of a daemon", _daemonised_pid, [True, True, "/"]),
    Case("96o", "-t and sound files", command("-t", "-dontfork", *FILE, *LOG), "runs", Differs("config-test", 0)),
    Case("96p", "-t and a service with an error", command("-t", "-dontfork", *FILE, *LOG, conf=D + service("a1", "wait = maybe")),
         "runs", Differs("config-test", 1)),
    Case("96q", "sound files, as a daemon", _daemonised_and_serving, [0, "hello"]),
    Case("96n", "no services, with -stayalive in the foreground", command("-dontfork", *FILE, *LOG, conf=D), "runs"),
]
