# SPDX-License-Identifier: BSD-2-Clause
"""Cases 58-60, 63, 64, 97: what a server process gets, and how its end is told."""
import json

from suite import Case, Differs, answers, defaults, program, service

D = defaults()
# Writes down what it finds in itself, as JSON.
PROBE = """
import json, os, resource, socket, struct, sys
end = socket.socket(fileno=os.dup(0))
old = os.umask(0)
def listed(names): return {name: os.environ.get(name) for name in names}
flags = __import__("fcntl").fcntl(0, 3)
print(json.dumps({
    "argv": open("/proc/self/cmdline").read().split("\\0")[:-1],
    "environment": sorted(os.environ), "values": dict(os.environ),
    "cwd": os.getcwd(), "leader": os.getsid(0) == os.getpid(), "umask": "%03o" % old,
    "family": end.family.name, "peer": end.getpeername()[0], "blocking": not flags & os.O_NONBLOCK,
    "uid": os.getresuid(), "gid": os.getresgid(), "groups": os.getgroups(),
    "nice": os.nice(0),
    "limits": {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in ("AS", "CPU", "NOFILE")},
    "nodelay": bool(end.getsockopt(6, 1)), "keepalive": bool(end.getsockopt(1, 9)),
}))
"""
ENVIRONMENT = ("FOO=foo", "BAR=bar")


def looks(*lines, show, defaults_lines=(), args="one $HOME \"two"):
    """Runs the probe as the server and shows some of what it found."""
    def observe(trial):
        trial.lab.write("probe.py", PROBE, 0o644)
        server = service("a1", "server = /usr/bin/python3", f"server_args = /run/lab/probe.py {args}", *lines)
        trial.start(defaults(*defaults_lines) + server, env=dict(item.split("=") for item in ENVIRONMENT))
        answer = trial.ask(timeout=8.0)
        if not answer.startswith("{"):
            trial.settle()
            return [answer, trial.records()]
        found = json.loads(answer)
        return {name: found[name] for name in show}
    return observe


def variables(*lines, defaults_lines=()):
    """Which of the interesting variables reach the server, with their values."""
    def observe(trial):
        found = looks(*lines, show=["values"], defaults_lines=defaults_lines)(trial)["values"]
        return {name: found[name] for name in ("FOO", "BAR", "NEW", "NOSUCH", "PATH", "REMOTE_HOST") if name in found}
    return observe


def _environment_names(trial):
    names = looks("passenv =", show=["environment"])(trial)["environment"]
    # Python itself may set LC_CTYPE.
    return [name for name in names if name != "LC_CTYPE"]


def _signals(trial):
    trial.start(D + program("a1", "/bin/cat", "server_args = /proc/self/status"))
    lines = dict(line.split(":\t") for line in trial.ask().splitlines() if ":\t" in line)
    return [lines["SigBlk"], lines["SigIgn"]]


def _descriptors(trial):
    # The shell holds its own script on 10 or above.
    trial.lab.script("list", "for n in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$n ] && echo $n; done; exit 0")
    trial.start(D + program("a1", "/run/lab/list", "user = daemon") + service("a2", port=20002))
    return trial.ask().split()


def ends(script, *lines):
    """A server that ends in some way: what the client sees and what is recorded."""
    def observe(trial):
        trial.lab.script("server", script)
        trial.start(D + program("a1", "/run/lab/server", *lines))
        return [trial.ask(), trial.records()]
    return observe


def _not_executable_format(trial):
    trial.lab.write("bad", b"\x7fELF\x02\x01\x01" + bytes(60), 0o755)
    trial.start(D + program("a1", "/run/lab/bad"))
    return [trial.ask(), trial.records(), trial.complains("/run/lab/bad")]


def _directory(trial):
    trial.start(D + program("a1", "/usr/bin"))
    return [trial.ask(), trial.records("EXIT")]


NAMED = "server_args = myname hello"
PASSED = {"FOO": "foo", "BAR": "bar", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
CREDENTIALS = ("uid", "gid", "groups")


def without_host(trial_function):
    def observe(trial):
        found = trial_function(trial)
        return {name: value for name, value in found.items() if name != "REMOTE_HOST"}
    return observe


CASES = [
    Case("58", "arguments, session, folder, umask and socket of a server",
         looks(show=["argv", "leader", "cwd", "umask", "family", "peer", "blocking"]),
         {"argv": ["python3", "/run/lab/probe.py", "one", "$HOME", "\"two"], "leader": True, "cwd": "/",
          "umask": "022", "family": "AF_INET", "peer": "127.0.0.1", "blocking": True}),
    Case("58b", "REMOTE_HOST of an IPv4 client", variables("passenv ="), {"REMOTE_HOST": "::ffff:127.0.0.1"},
         Differs("plain-ipv4", {"REMOTE_HOST": "127.0.0.1"})),
    Case("58c", "signals of a server", _signals, ["0000000000000000"] * 2),
    Case("58d", "the names of the variables of a server", _environment_names, ["REMOTE_HOST"],
         Differs("environment", ["PROTO", "REMOTE_HOST", "REMOTE_PORT", "TCPLOCALIP", "TCPLOCALPORT", "TCPREMOTEIP",
                                 "TCPREMOTEPORT"])),
    Case("59a", "all variables pass without passenv", without_host(variables()), PASSED),
    Case("59b", "passenv in defaults", without_host(variables(defaults_lines=["passenv = FOO"])), {"FOO": "foo"}),
    Case("59c", "env replaces a passed variable",
         without_host(variables("env = FOO=other NEW=new", defaults_lines=["passenv = FOO"])),
         {"FOO": "other", "NEW": "new"}),
    Case("59d", "an empty passenv", without_host(variables("passenv =", defaults_lines=["passenv = FOO"])), {}),
    Case("59e", "passenv += with a variable that is not set",
         without_host(variables("passenv += BAR NOSUCH", defaults_lines=["passenv = FOO"])),
         {"FOO": "foo", "BAR": "bar"}),
    Case("59f", "env with a word that is no assignment", answers(D + service("a1", "env = FOO")),
         {20001: "refused", "running": True}),
    Case("59g", "env += adds", without_host(variables("env = FOO=a", "env += NEW=b", "passenv =")),
         {"FOO": "a", "NEW": "b"}),
    Case("60a", "the user alone", looks("user = daemon", show=CREDENTIALS),
         {"uid": [1] * 3, "gid": [1] * 3, "groups": []}),
    Case("60b", "another group", looks("user = daemon", "group = adm", show=CREDENTIALS),
         {"uid": [1] * 3, "gid": [4] * 3, "groups": []}),
    Case("60c", "a numeric user", looks("user = 12345", show=CREDENTIALS),
         {"uid": [12345] * 3, "gid": [12345] * 3, "groups": []}),
    Case("60d", "the groups of a user without an account", looks("user = 12345", "groups = yes", show=CREDENTIALS),
         ["closed", ["EXIT a1 status=1", "START a1 from=127.0.0.1"]],
         Differs("groups-unknown-uid", ["refused", []])),
    Case("60e", "groups = yes and another group", looks("user = daemon", "group = adm", "groups = yes",
                                                        show=CREDENTIALS),
         {"uid": [1] * 3, "gid": [4] * 3, "groups": [1]}),
    Case("60f", "umask, nice and limits",
         looks("umask = 007", "nice = 5", "rlimit_as = 512M", "rlimit_cpu = 7", "rlimit_files = 50",
               show=["umask", "nice", "limits"]),
         {"umask": "007", "nice": 5,
          "limits": {"AS": [512 << 20] * 2, "CPU": [7, 7], "NOFILE": [50, 50]}}),
    Case("60g", "NODELAY and KEEPALIVE", looks("flags = NODELAY KEEPALIVE", show=["nodelay", "keepalive"]),
         {"nodelay": True, "keepalive": True}),
    Case("60h", "neither NODELAY nor KEEPALIVE", looks(show=["nodelay", "keepalive"]),
         {"nodelay": False, "keepalive": False}),
    Case("60i", "an unknown user", answers(D + service("a1", "user = nosuchuser")),
         {20001: "refused", "running": True}),
    Case("60j", "an umask that is not octal", answers(D + service("a1", "umask = 088")),
         {20001: "refused", "running": True}),
    Case("63", "the descriptors of a server", _descriptors, ["0", "1", "2"]),
    Case("64a", "NAMEINARGS before server_args",
         answers(D + program("a1", "/bin/sh", "flags = NAMEINARGS", "server_args = myname /run/lab/s"),
                 files={"s": "tr '\\0' ' ' < /proc/$$/cmdline"}),
         {20001: "myname /run/lab/s ", "running": True}),
    Case("64b", "NAMEINARGS behind server_args",
         answers(D + program("a1", "/bin/sh", "server_args = myname /run/lab/s", "flags = NAMEINARGS"),
                 files={"s": "tr '\\0' ' ' < /proc/$$/cmdline"}),
         {20001: "closed", "running": True},
         Differs("nameinargs-order", {20001: "myname /run/lab/s ", "running": True})),
    Case("64c", "NAMEINARGS without server_args", answers(D + program("a1", "/bin/echo", "flags = NAMEINARGS")),
         {20001: "refused", "running": True}),
    Case("97a", "a server that kills itself", ends("kill -9 $$"),
         ["closed", ["EXIT a1 signal=9", "START a1 from=127.0.0.1"]]),
    Case("97b", "a server that fails", ends("exit 3"), ["closed", ["EXIT a1 status=3", "START a1 from=127.0.0.1"]]),
    Case("97c", "a program that is no program", _not_executable_format,
         ["closed", ["EXIT a1 status=0", "START a1 from=127.0.0.1"], True],
         Differs("exec-failure", ["closed", ["EXIT a1 status=126", "START a1 from=127.0.0.1"], True])),
    Case("97d", "a folder as the server", _directory, ["closed", ["EXIT a1 status=0"]],
         Differs("exec-failure", ["refused", []])),
    Case("97e", "a server that does not exist", answers(D + program("a1", "/run/lab/nothing")),
         {20001: "refused", "running": True}),
]
