# SPDX-License-Identifier: BSD-2-Clause
"""unittest cases that run the probe as a service of posternd: `class X(ConfinedCase)`, and `main()` at the end.

    answers = self.probe(Setting("standard", "zygote", "root"))     # {act: verdict}, all acts
    self.probe(setting, only="ptrace_traceme")                      # one of them
    facts = self.facts(setting)                                     # {name: [value, …]}
"""
import collections
import contextlib
import itertools
import os
import pathlib
import secrets
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
import world  # noqa: E402

PORT = 20001
SECONDS = 30
DAEMON_SECRET = "POSTERN_TEST_SECRET"


class Setting(collections.namedtuple("Setting", "profile isolation user")):
    """How the probe is confined. Without a sandbox there is no isolation to choose: "direct"."""

    @property
    def name(self):
        return "-".join(self)

    def lines(self):
        user = "root" if self.user == "root" else world.USER
        lines = [f"user = {user}", f"sandbox = {self.profile}"]
        if self.profile != "none":
            lines += [f"isolation = {self.isolation}"]
        if self.profile in ("standard", "strict"):
            lines += [f"hidden_paths = {world.HIDDEN}", f"read_write_paths = {world.WORK}"]
        return lines


NONE_ROOT, NONE_USER = Setting("none", "direct", "root"), Setting("none", "direct", "user")
CONFINED = [Setting(*words) for words in itertools.product(
    ("baseline", "standard", "strict"), ("zygote", "fresh"), ("root", "user"))]
SETTINGS = [NONE_ROOT, NONE_USER, *CONFINED]
OF_USER = [setting for setting in SETTINGS if setting.user == "user"]
# Baseline takes no file away, so root has its own there.
KEPT_FROM_FILES_OF_ROOT = [*(setting for setting in CONFINED if (setting.profile, setting.user) != ("baseline", "root")),
                           NONE_USER]


def service(setting, *lines, name="probe", port=PORT, program=world.PROGRAM):
    usual = {"type": "UNLISTED", "port": port, "socket_type": "stream", "protocol": "tcp", "wait": "no",
             "server": program, "groups": "yes"}
    stated = [*setting.lines(), *lines]
    own = {line.split()[0] for line in stated}
    words = [f"{key} = {value}" for key, value in usual.items() if key not in own] + stated
    return f"service {name}\n{{\n" + "".join(f"    {word}\n" for word in words) + "}\n"


class Instance:
    """One connection to the probe."""

    def __init__(self, port=PORT, first=None, **options):
        """`first` is what is sent before the service is there: the name of a tcpmux service."""
        self.client = netlab.Client.connect(port, timeout=SECONDS, **options)
        if first:
            self.client.send(first)
        greeting = self.client.read_line().decode().split()
        if len(greeting) != 2 or greeting[0] != "probe":
            raise ConnectionError(f"the service said {greeting}")
        self.number = int(greeting[1])  # in its own PID namespace

    def request(self, verb, **words):
        text = " ".join([verb, *(f"{key}={value}" for key, value in words.items() if value is not None)])
        self.client.send(text.encode() + b"\n")

    def answer(self):
        """The lines up to "end"; raises when the connection ended before."""
        text = self.client.read_all().decode()
        lines = text.splitlines()
        if not lines or lines[-1] != "end":
            raise ConnectionError(f"the answer of the probe ends with {lines[-3:]}")
        return lines[:-1]

    def close(self):
        self.client.close()


def facts_of(instance):
    """{name: [value, …]} as the kernel tells the instance."""
    instance.request("facts")
    facts = collections.defaultdict(list)
    for line in instance.answer():
        name, _, value = line.partition(" ")
        facts[name].append(value)
    instance.close()
    return facts


def _status(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return line.split()[1:]
    return []


def lab_pid(instance, others=()):
    """The instance's pid as the lab sees it."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) in others:
            continue
        try:
            command = pathlib.Path(f"/proc/{entry}/comm").read_text().strip()
            if command.startswith("probe") and _status(entry, "NSpid")[-1:] == [str(instance.number)]:
                return int(entry)
        except OSError:
            continue
    raise LookupError(f"no process is the probe's number {instance.number}")


def name_of(target, attacker):
    """The number by which the attacker knows the target; outside its PID namespace, one that means nobody there."""
    def namespace(pid):
        return os.readlink(f"/proc/{pid}/ns/pid")
    return _status(target, "NSpid")[-1] if namespace(target) == namespace(attacker) else str(target)


class ConfinedCase(lab_case.LabCase):
    world: world.World

    def serve(self, setting, *lines, more="", **options):
        """posternd with the probe as its service; `more` is configuration beside it."""
        options.setdefault("env", {})[DAEMON_SECRET] = "secret"
        return self.start(lab_case.DEFAULTS + service(setting, *lines) + more, **options)

    def attack(self, **words):
        """Lets one instance loose while another one is there to be attacked; the lines of its answer."""
        sibling = Instance()
        sibling.request("hold")
        target = lab_pid(sibling)
        attacker = Instance()
        number = name_of(target, lab_pid(attacker, others=[target]))
        attacker.request("acts", **self.world.words, sibling=number, attack=secrets.token_hex(4), **words)
        try:
            lines = attacker.answer()
            self.assertTrue(sibling.client.is_open(0.05), "the sibling died of the attack")
            return lines
        finally:
            attacker.close()
            sibling.close()

    @contextlib.contextmanager
    def served(self, setting, *lines, **options):
        """A daemon for the length of a block; each in a lab folder of its own, so that one test may have several."""
        shutil.rmtree(self.lab.folder)
        os.mkdir(self.lab.folder, 0o755)
        daemon = self.serve(setting, *lines, **options)
        try:
            yield daemon
        finally:
            daemon.stop()

    @contextlib.contextmanager
    def serving(self, setting, *lines, **options):
        """The same as a subtest: what fails in it does not end the test."""
        with self.subTest(setting.name), self.served(setting, *lines, **options) as daemon:
            yield daemon

    def verdicts(self, setting, *lines, **words):
        """{theme: {act: verdict}}, in the probe's order."""
        with self.served(setting, *lines):
            themes = {}
            for line in self.attack(**words):
                if line.startswith("# "):
                    theme = themes.setdefault(line[2:], {})
                else:
                    act, verdict = line.split(" ")
                    theme[act] = verdict
            return themes

    def verdict(self, act):
        """Of one act, by the daemon that runs."""
        lines = self.attack(only=act)
        self.assertEqual([line.split(" ")[0] for line in lines], [act])
        return lines[0].split(" ")[1]

    def facts(self):
        """Of an instance of the daemon that runs."""
        return facts_of(Instance())


def main():
    with netlab.Lab() as lab:
        ConfinedCase.lab = lab
        ConfinedCase.world = world.World()
        try:
            lab_case.unittest.main(verbosity=2)
        finally:
            ConfinedCase.world.close()
