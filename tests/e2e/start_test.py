#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Starting: listeners that a service manager hands over, the moment at which a start that becomes a daemon returns, and
# files that are no configuration: an error that names the place, and never a service with fewer controls than written.
import contextlib
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
import sandboxed  # noqa: E402
from lab_case import DEFAULTS, answers, entry  # noqa: E402

HELLO, CAT, LATE = range(20001, 20004)
CONF = DEFAULTS + entry("hello", HELLO) + entry("cat", CAT, "server = /bin/cat")


def inherit(*ports):
    """The words of a program that listens on these ports, has one client waiting at the last, and executes posternd
    with the listeners from descriptor 3 on (sd_listen_fds(3))."""
    text = (f"import os, socket, sys\n"
            f"ports = {ports}\n"
            "listeners = [socket.create_server(('127.0.0.1', port)) for port in ports]\n"
            "high = [os.dup2(listener.fileno(), 100 + n) for n, listener in enumerate(listeners)]\n"
            "early = socket.create_connection(('127.0.0.1', ports[-1]))\n"
            "os.dup2(early.fileno(), 200)\n"
            "for n, number in enumerate(high):\n"
            "    os.dup2(number, 3 + n)\n"
            "    os.close(number)\n"
            "os.environ.update(LISTEN_FDS=str(len(ports)), LISTEN_PID=str(os.getpid()))\n"
            "print(*[os.readlink(f'/proc/self/fd/{3 + n}') for n in range(len(ports))], flush=True)\n"
            "os.execv(sys.argv[1], sys.argv[1:])\n")
    return [sys.executable, "-c", text]


class Starting(lab_case.LabCase):
    def test_the_daemon_gives_up_capabilities_and_a_server_of_root_has_them_all(self):
        daemon = self.start(DEFAULTS + entry("status", CAT, "server = /bin/cat", "server_args = /proc/self/status"))
        server = dict(line.split(":\t") for line in self.ask(CAT).splitlines() if ":\t" in line)
        own = dict(line.split(":\t") for line in
                   pathlib.Path(f"/proc/{daemon.pid}/status").read_text().splitlines() if ":\t" in line)
        self.assertEqual(server["CapEff"], server["CapBnd"])  # entry() says sandbox = none, user = root
        self.assertEqual(own["CapBnd"], server["CapBnd"])
        self.assertEqual(own["CapEff"], own["CapPrm"])
        module, clock, bind = (1 << number for number in (16, 25, 10))  # capabilities(7)
        self.assertEqual(int(own["CapEff"], 16) & (module | clock), 0)
        self.assertTrue(int(own["CapEff"], 16) & bind)

    def test_inherited_listeners_are_served(self):
        bound = "bind = 127.0.0.1"
        conf = DEFAULTS + entry("hello", HELLO, bound) + entry("cat", CAT, bound, "server = /bin/cat")
        daemon = self.start(conf, through=inherit(LATE, CAT))
        sockets = daemon.stderr().splitlines()[0].split()
        self.assertIn(sockets[1], daemon.fds().values())
        with self.lab.connect(CAT) as client:
            self.assertTrue(answers(client))
            seen = []
            for pid in daemon.children():
                # The client that knocked before has a server too, which may end just now.
                with contextlib.suppress(OSError):
                    if sandboxed.arguments(pid)[:1] == ["cat"]:
                        seen.append(pathlib.Path(f"/proc/{pid}/environ").read_bytes())
            self.assertTrue(seen)
            self.assertFalse([words for words in seen if b"LISTEN_" in words])
        self.assertEqual(self.ask(HELLO), "hello\n")
        # Not even the client that knocked before posternd ran is lost.
        self.assertEqual(len(daemon.wait_records(3, kind="START")), 3)
        # The other one waits for the reload that brings its service.
        self.lab.write("main.conf", conf + entry("late", LATE, bound))
        self.assertTrue(daemon.reload())
        self.assertIn(sockets[0], daemon.fds().values())
        self.assertEqual(self.ask(LATE), "hello\n")

    def test_listeners_meant_for_another_process_are_not_taken(self):
        through = inherit(CAT)
        through[2] = through[2].replace("str(os.getpid())", "'1'")
        conf = DEFAULTS + entry("hello", HELLO)
        daemon = self.start(conf, through=through)
        self.assertNotIn(daemon.stderr().splitlines()[0], daemon.fds().values())

    def tearDown(self):
        super().tearDown()
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(pathlib.Path(self.lab.path("daemon.pid")).read_text()), signal.SIGKILL)

    def launch(self, conf):
        """The exit status and standard error of a start that becomes a daemon."""
        self.lab.write("main.conf", conf)
        argv = [netlab.POSTERND, "-f", self.lab.path("main.conf"), "-pidfile", self.lab.path("daemon.pid"),
                "-filelog", self.lab.path("program.log")]
        done = subprocess.run(argv, cwd=self.lab.folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
                              check=False)
        return done.returncode, done.stderr.decode()

    def test_the_start_returns_when_the_listeners_are_up(self):
        for _ in range(10):
            self.assertEqual(self.launch(CONF), (0, ""))
            self.assertEqual(self.ask(HELLO), "hello\n")
            pid = int(pathlib.Path(self.lab.path("daemon.pid")).read_text())
            os.kill(pid, signal.SIGTERM)
            self.assertTrue(netlab.wait_until(lambda: not netlab.alive(pid)))
            self.assertEqual(self.ask(HELLO), "refused")

    def test_a_start_that_serves_nothing_says_so(self):
        for conf in ("", "defaults\n{\n", DEFAULTS.replace("instances", "instnaces") + entry("hello", HELLO),
                     DEFAULTS + entry("hello", HELLO, "no_access = 127.0.0.300")):
            status, words = self.launch(conf)
            self.assertEqual(status, 1, conf)
            self.assertRegex(words, r"\Aposternd: \S+")
            self.assertEqual(self.ask(HELLO), "refused")


class BadFiles(lab_case.LabCase):
    GOOD = entry("hello", HELLO, "only_from = 10.0.0.1", "instances = 3", "per_source = 2",
                 "access_times = 08:00-09:00")

    def check(self, content):
        """(exit status, standard output, standard error) of `posternd -t`."""
        path = self.lab.write("check.conf", content)
        done = subprocess.run([netlab.POSTERND, "-t", "-f", path], cwd=self.lab.folder, capture_output=True, timeout=60,
                              check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr[-500:])
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_every_bad_file_is_an_error_with_its_place(self):
        self.lab.write("included/self", "includedir /run/lab/included\n")
        bad = {
            "binary": (b"\x7fELF\2\1\1\0" + bytes(range(256)) * 64, r"check\.conf:\d+:\d+: error: .*not a text file"),
            "includes itself": ("include /run/lab/check.conf\n", r"check\.conf:1:1: error: .*within itself"),
            "its folder includes itself": ("includedir /run/lab/included\n",
                                           r"included/self:1:1: error: .*within itself"),
            "half written": (self.GOOD[:-30], r"check\.conf:\d+:\d+: error"),
            "a line without end": ("defaults\n{\n log_type = " + "a" * 3_000_000,
                                   r"check\.conf:3:\d+: error: .*longer than"),
            "huge": (self.GOOD * 100_000, r"check\.conf: error: .*File too large"),
            "blocks in blocks": ("service a\n{\n" * 50_000, r"check\.conf:\d+:\d+: error"),
        }
        for what, (content, message) in bad.items():
            with self.subTest(what):
                status, _, words = self.check(content)
                self.assertEqual(status, 1)
                self.assertRegex(words, message)

    def test_what_is_no_readable_file_is_an_error(self):
        os.mkfifo(self.lab.path("fifo"))
        for path in ("/run/lab/absent", "/run/lab", "/run/lab/fifo", "/dev/zero", "/proc/self/mem"):
            done = subprocess.run([netlab.POSTERND, "-t", "-f", path], capture_output=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 1, path)
            self.assertIn(f"{path}: error: cannot read", done.stderr.decode())

    def test_line_ends_of_another_system_change_nothing(self):
        self.assertEqual(self.check(self.GOOD.replace("\n", "\r\n"))[:2], self.check(self.GOOD)[:2])
        daemon = self.start((DEFAULTS + entry("hello", HELLO, "no_access = 127.0.0.2")).replace("\n", "\r\n"))
        self.assertEqual([self.ask(HELLO), self.ask(HELLO, source="127.0.0.2")], ["hello\n", "closed"])
        self.assertTrue(daemon.running())

    def test_a_file_cut_anywhere_has_the_whole_service_or_none(self):
        whole = len(self.GOOD.rstrip())
        for end in range(len(self.GOOD) + 1):
            status, counts, _ = self.check(self.GOOD[:end])
            self.assertEqual(counts.startswith("1 services would start"), end >= whole, self.GOOD[:end])
            if end < whole and self.GOOD[:end].strip():
                self.assertEqual(status, 1, self.GOOD[:end])


if __name__ == "__main__":
    lab_case.main()
