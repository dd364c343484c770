# SPDX-License-Identifier: BSD-2-Clause
"""Case 57: hosts.allow and hosts.deny, as libwrap reads them for xinetd and posternd for itself."""
import os
import pathlib
import time

from cases.datagram import datagram as datagram_service
from cases.datagram import scripts
from cases.datagram import waiting as waiting_service
from suite import Case, Differs, defaults, internal, looks_like_time, netlab, program, service

D = defaults()
ALLOW, DENY = "/etc/hosts.allow", "/etc/hosts.deny"
SERVED, CLOSED = "hello", "closed"


def tables(trial, allow="", deny=""):
    trial.lab.write(ALLOW, allow)
    trial.lab.write(DENY, deny)


def seen(*lines, allow="", deny="", conf=None):
    """What 127.0.0.1 sees of /bin/echo with these lines and files."""
    def observe(trial):
        tables(trial, allow, deny)
        trial.start(conf or D + service("a1", *lines))
        return trial.ask()
    return observe


def admitted(*lines, allow="", deny=""):
    def observe(trial):
        tables(trial, allow, deny)
        trial.start(D + service("a1", *lines))
        return trial.admitted()
    return observe


def _records(trial):
    tables(trial, deny="echo: 127.0.0.1\n")
    trial.start(D + service("a1"))
    return [trial.ask(), trial.records("START", "FAIL"),
            len(trial.daemon.logged("libwrap refused connection to a1 (libwrap=echo) from "))]


def _edited(trial):
    """The files are edited while the daemon runs; nobody tells it."""
    trial.start(D + service("a1"))
    found = [trial.ask()]
    for deny in ("echo: 127.0.0.1\n", "echo: 127.0.0.2\n", "ALL: ALL\n", ""):
        tables(trial, deny=deny)
        found.append(trial.ask())
    return found


def _internal(trial):
    tables(trial, deny="daytime: 127.0.0.1\ndayid: 127.0.0.2\n")
    trial.start(D + internal("daytime", "id = dayid"))
    return [trial.ask(), looks_like_time(trial.ask(source="127.0.0.2"))]


def _redirect(trial):
    tables(trial, deny="a1: 127.0.0.1\n")
    trial.start(D + service("a1", "redirect = 127.0.0.1 20002", without=("server", "server_args")) +
                service("a2", "flags = NOLIBWRAP", port=20002))
    return [trial.ask(), trial.ask(source="127.0.0.2")]


def waiting(allow="", deny=""):
    """A server that accepts for itself: nobody knows its clients before."""
    def observe(trial):
        tables(trial, allow, deny)
        scripts(trial)
        trial.start(D + waiting_service("cps = 5 3"))
        try:
            return trial.ask()
        except ConnectionResetError:  # as early as in connect(2)
            return "reset"
    return observe


def datagrams(allow="", deny=""):
    """Which of two senders get an answer."""
    def observe(trial):
        tables(trial, allow, deny)
        scripts(trial)
        trial.start(D + datagram_service())
        return [str(netlab.ask_datagram(20001, b"x", source=source)) for source in ("127.0.0.1", "127.0.0.2")]
    return observe


TELL = 'echo "hello $WHO $(umask) $(nice)"\n'
SPAWNED = "/run/lab/spawned"


def acts(allow="", deny="", *lines):
    """What a client sees of a program that tells what it was given, and what a spawned command wrote."""
    def observe(trial):
        tables(trial, allow, deny)
        trial.lab.write("/run/lab/banners/tell", "be %d's guest, %a\n")
        trial.lab.script("tell", TELL)
        trial.start(D + program("a1", "/run/lab/tell", *lines))
        answer = trial.ask()
        netlab.wait_until(lambda: "spawn" not in allow + deny or os.path.exists(SPAWNED))
        trial.settle()
        written = pathlib.Path(SPAWNED).read_text() if os.path.exists(SPAWNED) else ""
        return [answer, written, len(trial.records("FAIL"))]
    return observe


def _acting_refusals(trial):
    """Clients that a rule refuses while its command runs on: how many commands there are at a time."""
    tables(trial, deny="ALL: ALL: spawn (echo x >>/run/lab/spawned; exec sleep 6)\n")
    trial.start(D + service("a1", "cps = 0 1"))
    clients = [trial.lab.connect(20001) for _ in range(40)]

    def commands():
        return len(pathlib.Path(SPAWNED).read_text().split()) if os.path.exists(SPAWNED) else 0
    most = 16 if trial.side == "posternd" else 40
    netlab.wait_until(lambda: commands() >= most)
    time.sleep(0.3)
    for client in clients:
        client.close()
    return commands()


def _name_in_args(trial):
    tables(trial, deny="in.foo: 127.0.0.1\n")
    trial.start(D + service("a1", "flags = NAMEINARGS", "server_args = /opt/in.foo hello"))
    return [trial.ask(), trial.ask(source="127.0.0.2")]


CASES = [
    Case("57", "a rule in hosts.deny", seen(deny="echo: 127.0.0.1\n"), CLOSED),
    Case("57b", "NOLIBWRAP and a rule in hosts.deny", seen("flags = NOLIBWRAP", deny="echo: 127.0.0.1\n"), SERVED),
    Case("57c", "a rule in hosts.deny for another daemon name",
         seen("libwrap = foo", deny="echo: 127.0.0.1\n"), SERVED),
    Case("57d", "a rule in hosts.deny for the name that libwrap = gives",
         seen("libwrap = foo", deny="foo: 127.0.0.1\n"), CLOSED),
    Case("57e", "a builtin service goes by its name, not its id", _internal, [CLOSED, True]),
    Case("57f", "a redirect goes by its service's name", _redirect, [CLOSED, SERVED]),
    Case("57g", "NAMEINARGS gives the name to the access files", _name_in_args, [CLOSED, SERVED]),
    Case("57h", "what a refusal leaves in the logs", _records,
         [CLOSED, ["FAIL a1 libwrap from=127.0.0.1", "START a1 from=127.0.0.1"], 1],
         Differs("refusal-records", [CLOSED, ["FAIL a1 libwrap from=127.0.0.1"], 1])),
    Case("57i", "hosts.allow before hosts.deny", admitted(allow="echo: 127.0.0.\n", deny="ALL: ALL\n"),
         ["127.0.0.1", "127.0.0.2"]),
    Case("57j", "EXCEPT in hosts.allow", admitted(allow="ALL: 127. EXCEPT 127.0.0.2\n", deny="ALL: ALL\n"),
         ["127.0.0.1", "127.1.2.3"]),
    Case("57k", "networks of both families", admitted(allow="echo: 127.1.0.0/16 [::1]/128\n", deny="ALL: ALL\n"),
         ["127.1.2.3", "::1"]),
    Case("57l", "a client that no rule names", admitted(deny="echo: 10.\n"),
         ["127.0.0.1", "127.0.0.2", "127.1.2.3", "::1"]),
    Case("57m", "files that are edited between two connections", _edited, [SERVED, CLOSED, SERVED, CLOSED, SERVED]),
    Case("57n", "a hosts.deny whose last line has no newline", seen(deny="ALL: ALL"), CLOSED),
    Case("57r", "a waiting service and rules for others", waiting(deny="in.foo: ALL\n"), SERVED),
    Case("57s", "a waiting service that everybody may use",
         waiting(allow="python3: ALL\n", deny="ALL: ALL\n"), SERVED),
    Case("57t", "a waiting service that nobody may use", waiting(deny="ALL: ALL\n"), "reset"),
    Case("57u", "a waiting service that somebody may not use", waiting(deny="python3: 127.0.0.1\n"), SERVED,
         Differs("libwrap-wait", "reset")),
    Case("57v", "datagrams", datagrams(deny="python3: 127.0.0.2\n"), ["b're:x'", "None"]),
    Case("57o", "the option deny in hosts.allow", seen(allow="echo: 127.0.0.1: deny\n"), CLOSED),
    Case("57p", "the option allow in hosts.deny", seen(deny="echo: 127.0.0.1: allow\nALL: ALL\n"), SERVED),
    Case("57q", "severity, which changes no verdict",
         admitted(allow="echo: 127.0.0.1: severity auth.info\n", deny="ALL: ALL: severity mail.warn\n"), ["127.0.0.1"]),
    Case("57xa", "spawn for a client that is let in",
         acts("tell: 127.0.0.1: spawn (echo %d %a >/run/lab/spawned)\n", "ALL: ALL\n"),
         ["hello  0022 0", "tell 127.0.0.1\n", 0]),
    Case("57xb", "spawn for a client that is refused",
         acts("", "ALL: ALL: spawn (echo %d %a >/run/lab/spawned)\n"), [CLOSED, "tell 127.0.0.1\n", 1]),
    Case("57xc", "twist", acts("tell: 127.0.0.1: twist /bin/echo instead of %d\n"), ["instead of tell", "", 0]),
    Case("57xd", "setenv", acts("tell: 127.0.0.1: setenv WHO %a\n"), ["hello  0022 0", "", 0],
         Differs("libwrap-setenv", ["hello 127.0.0.1 0022 0", "", 0])),
    Case("57xe", "umask and nice", acts("tell: 127.0.0.1: umask 77: nice 3\n"), ["hello  0077 3", "", 0]),
    Case("57xf", "banners", acts("tell: 127.0.0.1: banners /run/lab/banners\n"),
         ["be tell's guest, 127.0.0.1\r\nhello  0022 0", "", 0]),
    Case("57xg", "banners before a refusal", acts("", "ALL: ALL: banners /run/lab/banners\n"),
         ["be tell's guest, 127.0.0.1", "", 1]),
    Case("57xh", "a host name that is confirmed", acts("tell: localhost\n", "ALL: ALL\n"), ["hello  0022 0", "", 0]),
    Case("57xi", "another host name", acts("tell: .example.org\n", "ALL: ALL\n"), [CLOSED, "", 1]),
    Case("57xj", "a command that agrees", acts("tell: ALL: aclexec /bin/true\n", "ALL: ALL\n"),
         ["hello  0022 0", "", 0]),
    Case("57xk", "a command that does not", acts("tell: ALL: aclexec /bin/false\n", "ALL: ALL\n"), [CLOSED, "", 1]),
    Case("57xl", "an option that does not exist", acts("tell: ALL: nonsense\n"), [CLOSED, "", 1]),
    Case("57xn", "the option user, for a service of somebody else", acts("tell: ALL: user daemon\n", "", "user = nobody"),
         ["hello  0022 0", "", 0], Differs("libwrap-user", [CLOSED, "", 1])),
    Case("57xp", "an option for a service that is not root's",
         acts("tell: 127.0.0.1: umask 77\n", "ALL: ALL\n", "user = nobody"), ["hello  0077 0", "", 0]),
    Case("57xo", "many refused clients whose rule runs a command that takes long", _acting_refusals, 40,
         Differs("libwrap-actions", 16)),
]
