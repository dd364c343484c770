# SPDX-License-Identifier: BSD-2-Clause
"""Runs posternd or the real xinetd in a private world and talks to it.

    with Lab() as lab:                                   # the rest of this program runs isolated (namespaces.isolate)
        lab.write("/etc/services", "echo 7/tcp\\n")      # /etc, /run and /var/log are private
        daemon = lab.start_posternd(config_text)         # returns when it serves, or when it has ended
        client = lab.connect(20001, source="127.0.0.2")
        client.send(b"hello\\n"); client.half_close()
        answer = client.read_all()
        records = daemon.service_log()

One process holds one Lab. Everything the Lab starts is ended when the block is left, also by an exception; whatever
escapes that ends with the PID namespace. Every wait is bounded.
"""
import os
import pathlib
import resource
import signal
import socket
import subprocess
import time

import daemon_log
import namespaces
from lab_client import Client, ask, ask_datagram  # noqa: F401  (part of this module's interface)

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PEERS = pathlib.Path(os.environ.get("POSTERN_PEERS", REPOSITORY / "build" / "peers"))
POSTERND = pathlib.Path(os.environ.get("POSTERN_BIN", REPOSITORY / "build" / "bin")) / "posternd"
XINETD = PEERS / "usr" / "sbin" / "xinetd"
START_SECONDS = 15.0


def wait_until(condition, timeout=5.0, step=0.02):
    """Polls until condition() is true; returns its last value, so a timeout shows as a false value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(step)


def alive(pid):
    """Whether the process runs. A zombie does not: nobody reaps what was left behind in the namespace."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def _listed(folder):
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def listening_ports(kind="tcp"):
    """{(family, port)} of all listening TCP (or bound UDP) sockets of this namespace."""
    found = set()
    for family, table in ((4, kind), (6, kind + "6")):
        for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == ("0A" if kind == "tcp" else "07"):
                found.add((family, int(words[1].rpartition(":")[2], 16)))
    return found


def wait_listening(port, timeout=5.0, kind="tcp"):
    return bool(wait_until(lambda: any(port == p for _, p in listening_ports(kind)), timeout))


def peer_libraries():
    """LD_LIBRARY_PATH for programs that were unpacked and never installed."""
    return ":".join(str(folder) for pattern in ("lib/*-linux-gnu*", "usr/lib/*-linux-gnu*")
                    for folder in sorted(PEERS.glob(pattern)))


class Daemon:
    """A super-server under test, in the foreground unless it was told otherwise."""

    def __init__(self, lab, name, argv, env, nofile, ready):
        self.name = name
        self.config_path = lab.path("main.conf")
        self.log_path = lab.path("program.log")
        self.service_log_path = lab.path("svc.log")
        self.pid_path = lab.path("daemon.pid")
        self.stderr_path = lab.path("stderr")

        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (nofile, nofile))
        with open(self.stderr_path, "ab") as stderr:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, env=env,
                                            cwd=lab.folder, preexec_fn=limit, start_new_session=True)
        if ready:
            self.wait_ready()

    @property
    def pid(self):
        return self.process.pid

    def _text(self, path):
        try:
            return pathlib.Path(path).read_text(errors="backslashreplace")
        except FileNotFoundError:
            return ""

    def log(self):
        return daemon_log.parse_program_log(self._text(self.log_path))

    def logged(self, words):
        """The messages of the program log that contain the words."""
        return [message for message in self.log() if words in message.text]

    def stderr(self):
        return self._text(self.stderr_path)

    def service_log(self):
        return daemon_log.parse_service_log(self._text(self.service_log_path))

    def wait_records(self, count, timeout=5.0, kind=None):
        """Waits until there are at least that many records (of a kind); returns what there is at the end."""
        def chosen():
            return [r for r in self.service_log() if kind in (None, r.kind)]
        wait_until(lambda: len(chosen()) >= count, timeout)
        return chosen()

    def running(self):
        return self.process.poll() is None

    def wait_ready(self, timeout=START_SECONDS):
        """True when the daemon has said that it works, False when it has ended."""
        wait_until(lambda: not self.running() or self.logged("Started working"), timeout)
        return self.running()

    def wait_exit(self, timeout=5.0):
        """The exit code, negative for a signal, None when it still runs."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self, timeout=START_SECONDS):
        """SIGHUP, then waits for the daemon's word on how it went; True when it says so and still runs."""
        words = ("Reconfigured", "reconfiguration failed", "Reconfiguration failed")
        def said():
            return sum(any(w in m.text for w in words) for m in self.log())
        before = said()
        self.signal(signal.SIGHUP)
        return bool(wait_until(lambda: not self.running() or said() > before, timeout)) and self.running()

    def state(self):
        """The state dump, which SIGUSR1 asks for (posternd(8))."""
        dump = pathlib.Path("/run/posternd.dump")
        dump.unlink(missing_ok=True)
        self.signal(signal.SIGUSR1)
        if not wait_until(lambda: "END OF DUMP" in self._text(dump), 10):
            raise TimeoutError("posternd dumps no state")
        return dump.read_text()

    def stop(self):
        if self.running():
            self.signal(signal.SIGTERM)
            if self.wait_exit(3.0) is None:
                self.process.kill()
                self.process.wait()

    def fds(self):
        """{descriptor: target} of the daemon."""
        folder = f"/proc/{self.pid}/fd"
        found = {}
        for name in os.listdir(folder):
            try:
                found[int(name)] = os.readlink(f"{folder}/{name}")
            except FileNotFoundError:
                continue
        return found

    def _status_kib(self, key):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])
        return 0

    def rss(self):
        """Resident memory in KiB."""
        return self._status_kib("VmRSS")

    def cpu_seconds(self):
        words = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def children(self):
        """Pids of living direct children: servers without a sandbox, and posternd's helpers."""
        return self._children_of(self.pid)

    def servers(self):
        """Pids of the servers, which are children of posternd's zygotes or its own."""
        return [pid for child in self.children() for pid in (child, *self._children_of(child))]

    def _children_of(self, parent):
        text = "".join(self._text(f"/proc/{parent}/task/{task}/children") for task in _listed(f"/proc/{parent}/task"))
        return [int(pid) for pid in text.split() if alive(int(pid))]


class Lab:
    """The private world. Files that a test names without a leading slash live in `lab.folder`."""

    def __init__(self):
        self.folder = "/run/lab"
        self._daemons = []

    def __enter__(self):
        namespaces.isolate()
        os.makedirs(self.folder, exist_ok=True)
        os.chmod(self.folder, 0o755)
        # No name server can be reached from here: a look-up must answer from /etc/hosts or fail at once.
        self.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\n"
                                         "networks: files\nprotocols: files\nrpc: files\n")
        self.write("/etc/resolv.conf", "")
        # Rules of the machine that runs the test are not part of the test.
        self.write("/etc/hosts.allow", "")
        self.write("/etc/hosts.deny", "")
        self.write("/etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost\n")
        return self

    def __exit__(self, *_):
        for daemon in self._daemons:
            daemon.stop()

    def path(self, name):
        return str(pathlib.Path(self.folder, name))

    def write(self, path, content, mode=None):
        """Writes text or bytes; makes the folder; returns the absolute path."""
        target = pathlib.Path(self.path(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        if mode is not None:
            target.chmod(mode)
        return str(target)

    def script(self, name, text, interpreter="/bin/sh"):
        """An executable server program for a service under test."""
        return self.write(name, f"#!{interpreter}\n{text}", 0o755)

    def add_address(self, address):
        namespaces.add_address(address)

    def start_xinetd(self, conf, *args, **options):
        if not XINETD.exists():
            raise FileNotFoundError(f"{XINETD}: run .ci/fetch-peers first")
        options.setdefault("env", {})["LD_LIBRARY_PATH"] = peer_libraries()
        return self._start("xinetd", [str(XINETD)], conf, args, options)

    def start_posternd(self, conf, *args, **options):
        if not POSTERND.exists():
            raise FileNotFoundError(f"{POSTERND}: build posternd first")
        return self._start("posternd", [str(POSTERND)], conf, args, options)

    def start(self, name, conf, *args, **options):
        """start_xinetd or start_posternd, by name."""
        return {"xinetd": self.start_xinetd, "posternd": self.start_posternd}[name](conf, *args, **options)

    def _start(self, name, argv, conf, args, options):
        """Options: env (added to a minimal one), nofile, ready (False: do not wait), foreground, bare (only `args`),
        program (another copy of it), through (the words of a program that executes it)."""
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC", **options.get("env", {})}
        if conf is not None:
            self.write("main.conf", conf)
        if not options.get("bare"):
            argv = argv + ["-f", self.path("main.conf"), "-pidfile", self.path("daemon.pid"),
                           "-filelog", self.path("program.log")]
            if options.get("foreground", True):
                argv.append("-dontfork")
        argv = [*options.get("through", ()), options.get("program", argv[0]), *argv[1:]]
        daemon = Daemon(self, name, argv + [str(a) for a in args], env, options.get("nofile", 1024),
                        options.get("ready", True))
        self._daemons.append(daemon)
        return daemon

    def connect(self, port, source=None, to=None, family=None, timeout=3.0):
        return Client.connect(port, source, to, family, timeout)

    def wait_listening(self, port, timeout=5.0, kind="tcp"):
        return wait_listening(port, timeout, kind)

    def listen_syslog(self):
        """Stands in for syslogd. Returns a function that gives all messages received so far."""
        # The default of 10 would make a service wait that logs while nobody reads (unix(7)).
        pathlib.Path("/proc/sys/net/unix/max_dgram_qlen").write_text("1000")
        endpoint = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        endpoint.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        endpoint.setblocking(False)
        messages = []

        def received():
            while True:
                try:
                    messages.append(endpoint.recv(8192).decode(errors="replace").rstrip("\0\n"))
                except BlockingIOError:
                    return messages
        return received

    def unix_connect(self, path, timeout=3.0):
        endpoint = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        endpoint.settimeout(timeout)
        endpoint.connect(path)
        return Client(endpoint, timeout)
