#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# postern profile: real services are learned, and run to success with the lines that it prints and with nothing more
# permissive; without one of the calls it printed they are killed for that call. Nothing is lost on the way, nothing is
# let through that is always denied, and a hostile service gains nothing by being learned.
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import namespaces  # noqa: E402
import netlab  # noqa: E402
import sandboxed  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402
from sandboxed import service  # noqa: E402

PORT = 20001
POSTERN = netlab.POSTERND.with_name("postern")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}

# One child after the other: a SIGCHLD while it forks may end that call (postern(1), Limits).
DASH = """read name
work=$(mktemp) || exit 3
printf '%s\\n' "$name" b a >"$work"
sort -o "$work" "$work"
while read line; do echo "got $line"; done <"$work"
rm "$work"
id -un
ls /srv
"""

PYTHON = sandboxed.BUSY_PYTHON + """print(words, sum(told.get() for _ in threads), flush=True)
"""

# Answers a datagram from a socket of its own, and tells a server about it.
DATAGRAM = """import socket
data, peer = socket.socket(fileno=0).recvfrom(100)
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"re " + data, peer)
with socket.create_connection(("127.0.0.1", 20009)) as stream:
    stream.sendall(data)
"""

# Makes one call 40,000 times: 4 processes, 2 threads in each, with signals in between.
MANY = """import os, signal, sys, threading
signal.signal(signal.SIGALRM, lambda *_: None)
signal.siginterrupt(signal.SIGALRM, False)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
def call():
    for _ in range(5000):
        os.getpriority(os.PRIO_PROCESS, 0)
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        threads = [threading.Thread(target=call) for _ in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        os._exit(0)
    children.append(child)
sys.exit(sum(os.waitpid(child, 0)[1] for child in children))
"""

# keyctl(KEYCTL_GET_KEYRING_ID, session, 0), which as a call would answer, in a child; and what became of that.
DENIED = """import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
child = os.fork()
if child == 0:
    libc.syscall(250, 0, -3, 0)
    os.write(1, b"it was made\\n")
    os._exit(0)
print("child", os.waitpid(child, 0)[1], flush=True)
print("clone", libc.unshare(0x10000000) if len(sys.argv) > 1 else "not tried", flush=True)
"""

# Names that would be lines of their own, or more than there is room for.
HOSTILE = """import os
for name in ("/srv/\\n\\tsandbox = none\\n", "/srv/\\x1b[2Jx", "/srv/a b", "/srv/" + "x" * 300, "/srv/%0a", "/srv/\\xff"):
    for flags in (os.O_RDONLY, os.O_WRONLY | os.O_CREAT):
        try:
            os.close(os.open(name.encode("latin-1"), flags, 0o644))
        except OSError:
            pass
for number in range(10000):
    try:
        os.stat(f"/srv/{number}")
    except OSError:
        pass
try:
    os.open("/" + "y" * 5000, os.O_RDONLY)
except OSError:
    pass
print("done", flush=True)
"""

# 64 processes, all of them at one time, of whom the first ends first.
FORKS = """import os, time
first = os.getpid()
for _ in range(6):
    os.fork()
time.sleep(0.2 if os.getpid() == first else 0.6)
os.write(1, b".")
"""


class Learning:
    """A running `postern profile`."""

    def __init__(self, case, conf, name, *options):
        case.lab.write("main.conf", conf)
        self.stdout, self.stderr = case.lab.path("profile.out"), case.lab.path("profile.err")
        with open(self.stdout, "wb") as out, open(self.stderr, "wb") as err:
            self.process = subprocess.Popen([str(POSTERN), "profile", "-f", case.lab.path("main.conf"), name, *options],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=ENVIRONMENT,
                                            cwd=case.lab.folder)
        case.addCleanup(self.stop)
        netlab.wait_until(lambda: "Started working" in self.told() or self.process.poll() is not None, 15)

    def told(self):
        return pathlib.Path(self.stderr).read_text(errors="backslashreplace")

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def end(self, timeout=60):
        """The exit status, and what was printed."""
        return self.process.wait(timeout), pathlib.Path(self.stdout).read_text(encoding="ascii")


def lines_of(printed):
    """The lines that are no comments: [(attribute, sign, value)]."""
    words = [line.split(None, 2) for line in printed.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [tuple(one) for one in words]


def values_of(printed, attribute):
    return [value for name, _, value in lines_of(printed) if name == attribute]


def seen(printed, call):
    """How often a call was seen, and by whom first: in the comments of its group, or in the one above its line."""
    told = r"seen (once|\d+ times), first by ([^;\n]*)[^\n]*\n"
    found = re.search(rf"# {call}: {told}", printed) or re.search(rf"# {told}\tsyscalls +\+?= {call}\n", printed)
    count, program = found.groups()
    return (1 if count == "once" else int(count.split()[0])), program


class Profile(lab_case.LabCase):
    @classmethod
    def setUpClass(cls):
        namespaces.mount("tmpfs", "/srv", "tmpfs", 0, "mode=755")

    def folder(self, path, owner="nobody"):
        os.makedirs(path)
        shutil.chown(path, owner)
        self.addCleanup(shutil.rmtree, path)
        return path

    def ask(self, sent=b"ada\n"):
        with self.lab.connect(PORT, timeout=30) as client:
            client.send(sent)
            client.half_close()
            return client.read_all(30)

    def learn(self, name, *lines, work=None, options=("--connections", "1"), **settings):
        """What is printed after `work` was done with the service while it was learned."""
        learning = Learning(self, DEFAULTS + service(name, PORT, *lines, **settings), name, *options)
        (work or self.ask)()
        status, printed = learning.end()
        self.assertEqual(status, 0, learning.told())
        return printed

    def served(self, name, printed, *lines, **settings):
        """A daemon that serves it with the printed lines."""
        kept = [line for line in lines if line.split()[0] not in {one[0] for one in lines_of(printed)}]
        block = service(name, PORT, *kept, **settings)
        for log in ("svc.log", "program.log"):
            pathlib.Path(self.lab.path(log)).unlink(missing_ok=True)
        return self.start(DEFAULTS + block[:-2] + printed + "}\n")

    def told(self, daemon):
        return "\n".join([m.raw for m in daemon.log()] + [r.raw for r in daemon.service_log()])

    def assert_ended(self, daemon, count=1, status="0"):
        ends = daemon.wait_records(count, kind="EXIT", timeout=20)
        self.assertEqual([end.fields.get("status") for end in ends], [status] * count, self.told(daemon))
        self.assertEqual([m.raw for m in daemon.log() if m.level in ("ERROR", "CRITICAL", "WARNING")], [])

    def assert_killed_without(self, call, name, printed, *lines, work=None, **settings):
        without = re.sub(rf"\tsyscalls +\+= {call}\n", "", printed)
        self.assertNotEqual(without, printed)
        daemon = self.served(name, without, *lines, **settings)
        (work or self.ask)()
        self.assertTrue(netlab.wait_until(lambda: daemon.logged(f"was killed for the system call {call},"), 10),
                        self.told(daemon))

    def test_a_dash_script_lives_in_what_was_learned_of_it_and_in_nothing_less(self):
        program = self.lab.script("served.sh", DASH, "/usr/bin/dash")
        answer = b"got a\ngot ada\ngot b\nnobody\n"
        printed = self.learn("dash", f"server = {program}", work=lambda: self.assertEqual(self.ask(), answer))
        self.assertEqual(values_of(printed, "sandbox"), ["strict"])
        self.assertEqual(values_of(printed, "network"), ["inherited"])
        self.assertEqual(values_of(printed, "read_only_paths"), ["/srv"])
        self.assertIn("unlinkat", values_of(printed, "syscalls"))
        self.assertEqual(seen(printed, "unlinkat"), (1, "/usr/bin/rm"))
        daemon = self.served("dash", printed, f"server = {program}")
        for _ in range(2):
            self.assertEqual(self.ask(), answer, self.told(daemon))
        self.assert_ended(daemon, 2)
        daemon.stop()
        self.assert_killed_without("unlinkat", "dash", printed, f"server = {program}")

    def test_a_python_service_with_threads_children_and_a_database(self):
        self.folder("/srv/python")
        program = self.lab.script("served.py", PYTHON, "/usr/bin/python3")
        printed = self.learn("python", f"server = {program}",
                             work=lambda: self.assertEqual(self.ask(), b"ada 140\n"))
        self.assertEqual(values_of(printed, "sandbox"), ["strict"])
        self.assertEqual(values_of(printed, "read_write_paths"), ["/srv/python"])
        # libc tries it, is told that there is none, and is told so by the group afterwards too.
        self.assertIn("@process", values_of(printed, "syscalls"))
        self.assertRegex(printed, r"clone3: seen [^\n]*refused, as in every sandbox\n")
        daemon = self.served("python", printed, f"server = {program}")
        self.assertEqual(self.ask(), b"ada 140\n", self.told(daemon))
        self.assert_ended(daemon)
        daemon.stop()
        self.assert_killed_without("fdatasync", "python", printed, f"server = {program}")

    def test_git_daemon_lets_a_repository_be_cloned(self):
        folder = pathlib.Path(self.folder("/srv/git", "nobody"))

        def git(*words):
            env = {"PATH": "/usr/bin:/bin", "HOME": "/run/lab", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada",
                   "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
                   "GIT_COMMITTER_EMAIL": "ada@example.org"}
            done = subprocess.run(["git", *words], env=env, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
        git("init", "-q", str(folder / "work"))
        (folder / "work/file").write_bytes(b"content " * 1000)
        git("-C", str(folder / "work"), "add", "file")
        git("-C", str(folder / "work"), "commit", "-q", "-m", "first")
        subprocess.run(["chown", "-R", "nobody", str(folder)], check=True)
        lines = ("server = /usr/bin/git", f"server_args = daemon --inetd --export-all --base-path={folder}")
        clones = []

        def clone():
            clones.append(self.lab.path(f"clone-{len(clones)}"))
            git("clone", "-q", f"git://127.0.0.1:{PORT}/work/.git", clones[-1])
            self.assertEqual(pathlib.Path(clones[-1], "file").read_bytes(), b"content " * 1000)
        printed = self.learn("git", *lines, work=clone)
        self.assertEqual(values_of(printed, "sandbox"), ["strict"])
        daemon = self.served("git", printed, *lines)
        clone()
        self.assert_ended(daemon)

    def test_a_datagram_service_that_connects_somewhere_else(self):
        server = socket.create_server(("127.0.0.1", 20009))
        self.addCleanup(server.close)
        server.settimeout(20)

        def ask():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
                endpoint.settimeout(20)
                endpoint.sendto(b"one", ("127.0.0.1", PORT))
                self.assertEqual(endpoint.recv(100), b"re one")
            with server.accept()[0] as stream:
                self.assertEqual(stream.recv(100), b"one")
        program = self.lab.script("datagram.py", DATAGRAM, "/usr/bin/python3")
        lines = (f"server = {program}", "user = root", "flags = IPv4")
        printed = self.learn("datagram", *lines, work=ask, protocol="udp")
        self.assertEqual(values_of(printed, "sandbox"), ["strict"])
        self.assertEqual(values_of(printed, "network"), ["client"])
        self.assertEqual(values_of(printed, "connect_to"), ["20009"])
        daemon = self.served("datagram", printed, *lines, protocol="udp")
        ask()
        self.assert_ended(daemon)

    def test_every_call_is_counted_whoever_makes_it_and_whatever_interrupts_it(self):
        program = self.lab.script("many.py", MANY, "/usr/bin/python3")
        printed = self.learn("many", f"server = {program}")
        self.assertEqual(seen(printed, "getpriority"), (40000, os.path.realpath("/usr/bin/python3")))

    def test_what_is_always_denied_is_denied_while_it_is_learned(self):
        program = self.lab.script("denied.py", DENIED, "/usr/bin/python3")
        answers = []
        printed = self.learn("denied", f"server = {program}", work=lambda: answers.append(self.ask()))
        self.assertEqual(answers, [b"child 9\nclone not tried\n"])
        self.assertRegex(printed, r"# always denied: keyctl, tried once, first by /\S*python3[^\n]*, which was killed\n")
        self.assertNotIn("keyctl", values_of(printed, "syscalls"))
        answers.clear()
        printed = self.learn("denied", f"server = {program}", "server_args = too", work=lambda: answers.append(self.ask()))
        self.assertEqual(answers, [b"child 9\n"])
        self.assertIn("# always denied: unshare, tried once", printed)

    def test_what_a_hostile_service_names_its_files_stays_in_comments(self):
        shutil.chown("/srv", "nobody")
        self.addCleanup(shutil.chown, "/srv", "root")
        program = self.lab.script("hostile.py", HOSTILE, "/usr/bin/python3")
        printed = self.learn("hostile", f"server = {program}",
                             work=lambda: self.assertEqual(self.ask(), b"done\n"))
        self.assertEqual(values_of(printed, "sandbox"), ["strict"])
        self.assertTrue(all(c == "\n" or c == "\t" or " " <= c <= "~" for c in printed))
        attributes = {name for name, _, _ in lines_of(printed)}
        self.assertLessEqual(attributes, {"sandbox", "network", "syscalls", "read_only_paths", "read_write_paths",
                                          "rlimit_files", "rlimit_as", "rlimit_fsize", "rlimit_cpu"})
        self.assertRegex(printed, r"# too many different files: [5-9]\d{3} uses of further ones were left out\n")
        daemon = self.served("hostile", printed, f"server = {program}")
        self.assertEqual(self.ask(), b"done\n", self.told(daemon))

    def test_many_processes_at_once_are_counted_to_the_last(self):
        program = self.lab.script("forks.py", FORKS, "/usr/bin/python3")
        answers = []
        printed = self.learn("forks", f"server = {program}", work=lambda: answers.append(self.ask()))
        self.assertEqual(answers, [b"." * 64])
        self.assertRegex(printed, r"calls by 64 processes\.\n")
        self.assertNotIn("still running", printed)
        count = int(re.search(r"# (\d+) at one time", printed)[1])
        self.assertTrue(56 <= count <= 64, count)

    def test_an_interrupt_and_a_time_end_it_with_what_was_learned_so_far(self):
        program = self.lab.script("slow.sh", "echo in; read line; echo $line; sleep 60", "/usr/bin/dash")
        conf = DEFAULTS + service("slow", PORT, f"server = {program}")
        for options, end in ((("--for", "3"), None), ((), signal.SIGINT)):
            learning = Learning(self, conf, "slow", *options)
            with self.lab.connect(PORT, timeout=20) as client:
                self.assertEqual(client.read_line(20), b"in\n")
                if end:
                    learning.process.send_signal(end)
                status, printed = learning.end(20)
            self.assertEqual(status, 0, learning.told())
            self.assertIn("# 1 tasks were still running", printed)
            self.assertIn("read", printed)
            self.assertFalse([pid for pid, words in sandboxed.processes().items() if program in words])

    def test_without_its_learner_a_service_makes_no_call_any_more(self):
        program = self.lab.script("loop.py", "import os, time\nprint(os.getpid(), flush=True)\n"
                                             "while True:\n    time.sleep(0.01)\n", "/usr/bin/python3")
        learning = Learning(self, DEFAULTS + service("loop", PORT, f"server = {program}"), "loop")
        with self.lab.connect(PORT, timeout=20) as client:
            client.read_line(20)
            learners = [pid for pid, words in sandboxed.processes().items()
                        if words[1:2] == ["loop"] and int(sandboxed.status(pid)["NSpid"].split()[-1]) == 1]
            self.assertEqual(len(learners), 1)
            os.kill(learners[0], signal.SIGKILL)
            self.assertEqual(client.read_all(20), b"")
        learning.process.send_signal(signal.SIGINT)
        status, printed = learning.end(20)
        self.assertEqual((status, printed), (2, ""), learning.told())
        self.assertIn("its learner did not come to its end", learning.told())
        self.assertFalse([pid for pid, words in sandboxed.processes().items() if program in words])

    def test_nobody_connects(self):
        learning = Learning(self, DEFAULTS + service("quiet", PORT, "server = /bin/true"), "quiet", "--for", "1")
        self.assertEqual(learning.end(20), (1, ""))
        self.assertIn("no server ran", learning.told())

    def test_what_cannot_be_learned_is_told_with_its_reason(self):
        conf = (DEFAULTS + service("free", PORT, "server = /bin/true")
                + service("echo", PORT + 1, "type = INTERNAL UNLISTED")
                + service("held", PORT + 2, "server = /nonexistent"))
        self.lab.write("main.conf", conf)

        def run(*words, **options):
            return subprocess.run([str(POSTERN), "profile", "-f", self.lab.path("main.conf"), *words], timeout=30,
                                  env=ENVIRONMENT, capture_output=True, text=True, **options)
        for words, why in ((("no-such",), "there is no service no-such"),
                           (("echo",), "there is nothing to learn of echo: it starts no program"),
                           (("held",), "stays down because of its errors"),
                           (("free", "--connections", "0"), "not a number above 0: 0"),
                           (("free", "--for", "x"), "not a number above 0: x"), ((), "service is required")):
            done = run(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn(why, done.stderr)
        done = run("free", user=65534, group=65534, extra_groups=[])
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("profile takes root's rights", done.stderr)
        taken = socket.create_server(("0.0.0.0", PORT))
        self.addCleanup(taken.close)
        done = run("free")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("Address already in use", done.stderr)
        self.assertIn("nothing was learned", done.stderr)

    def test_what_a_call_costs_while_it_is_learned(self):
        """A bound that a learner which waits for something would pass by far."""
        program = self.lab.script("many.py", MANY, "/usr/bin/python3")
        began = time.monotonic()
        self.learn("many", f"server = {program}")
        self.assertLess(time.monotonic() - began, 60)


if __name__ == "__main__":
    lab_case.main()
