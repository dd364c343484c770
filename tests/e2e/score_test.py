#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# postern score against a posternd that runs, and without one: the number follows what is in force.
import json
import os
import pathlib
import resource
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402
import sandboxed  # noqa: E402
from lab_case import DEFAULTS  # noqa: E402
from sandboxed import service  # noqa: E402

POSTERN = netlab.POSTERND.parent / "postern"
CAT = ("server = /bin/cat",)
# name: (port, the band that its manual page promises, lines)
PROFILES = {"none": (20001, "loose", ("sandbox = none",)),
            "baseline": (20002, "partial", ("sandbox = baseline",)),
            "standard": (20003, "tight", ("sandbox = standard",)),
            "strict": (20004, "tight", ("sandbox = strict",))}
CONF = DEFAULTS + "".join(service(name, port, *CAT, *lines) for name, (port, _, lines) in PROFILES.items())
# Executes its arguments under a filter that refuses io_setup(2) and nothing else.
UNDER_A_FILTER = """
import ctypes, os, platform, struct, sys
number = {"x86_64": 206, "aarch64": 0}[platform.machine()]
# BPF: load the number; is it this one; EPERM; allow.
program = b"".join(struct.pack("HBBI", *one) for one in (
    (0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)))
buffer = ctypes.create_string_buffer(program)
filter = struct.pack("HxxxxxxP", 4, ctypes.addressof(buffer))
if ctypes.CDLL(None).prctl(22, 2, ctypes.c_char_p(filter), 0, 0) != 0:  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
    sys.exit("prctl: no filter")
os.execvp(sys.argv[1], sys.argv[1:])
"""
# Of the processor: whoever shares the machine with other tests waits longer by the clock.
SECONDS_FOR_100 = 10


def items(row):
    return {item["item"]: item for item in row["items"]}


def time_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def exposed(row):
    """{item: share of its weight}"""
    return {name: item["share"] for name, item in items(row).items() if item["share"]}


class Score(lab_case.LabCase):
    def script(self, text):
        return self.written(text, "script.py")

    def score(self, *words, status=0, config=None, through=()):
        config = config or self.lab.path("main.conf")
        done = subprocess.run([*through, POSTERN, "score", "--json", "--config", config, *words], capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual((done.returncode, done.stderr), (status, ""), done.stdout[-2000:])
        return json.loads(done.stdout)

    def rows(self, *words, **options):
        answer = self.score(*words, **options)
        self.assertEqual(answer["failed"], [])
        return {row["id"]: row for row in answer["services"]}

    def refused(self, *words, **options):
        done = subprocess.run([POSTERN, "score", *words], capture_output=True, text=True, timeout=120, check=False,
                              **options)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertTrue(done.stderr.startswith("postern: "), done.stderr)
        return done.stderr

    def written(self, conf, name="main.conf"):
        self.lab.write(name, conf)
        return self.lab.path(name)

    def client(self, port):
        client = self.lab.connect(port)
        self.addCleanup(client.close)
        self.assertTrue(lab_case.answers(client))
        return client

    def test_profiles_of_live_services_expose_less_and_less(self):
        daemon = self.start(CONF)
        clients = [self.client(port) for port, _, _ in PROFILES.values()]
        before = sandboxed.processes()
        rows = self.rows()
        print("\n  live:", {name: f"{rows[name]['exposure']} {rows[name]['band']}" for name in PROFILES})
        numbers = [rows[name]["exposure"] for name in PROFILES]
        self.assertEqual(numbers, sorted(set(numbers), reverse=True))
        self.assertEqual({name: row["band"] for name, row in rows.items()},
                         {name: band for name, (_, band, _) in PROFILES.items()})
        self.assertEqual((rows["none"]["looked_at"], rows["none"]["pid"]), ("posternd", daemon.pid))
        for name in list(PROFILES)[1:]:
            self.assertEqual((rows[name]["looked_at"], rows[name]["pid"]),
                             ("zygote", sandboxed.zygote_of(daemon, name)))
            self.assertEqual({item["origin"] for item in rows[name]["items"]}, {"read"}, name)
        # The most exposed comes first; nobody was disturbed, and nothing stays behind.
        self.assertEqual(list(rows), list(PROFILES))
        self.assertTrue(all(lab_case.answers(client) for client in clients))
        self.assertEqual(sandboxed.processes(), before)
        self.assert_consistent(daemon)

    def test_a_service_exposes_the_same_idle_and_live(self):
        idle = self.rows(config=self.written(CONF))
        self.assertEqual({name: row["looked_at"] for name, row in idle.items()},
                         {"none": "self", **{name: "own-zygote" for name in list(PROFILES)[1:]}})
        self.start(CONF)
        for port, _, _ in PROFILES.values():
            self.client(port)
        live = self.rows()
        for name in list(PROFILES)[1:]:
            self.assertEqual((live[name]["exposure"], exposed(live[name])), (idle[name]["exposure"], exposed(idle[name])))
        # posternd hands its own filter on, the command has none.
        more = set(exposed(idle["none"])) - set(exposed(live["none"]))
        self.assertIn("calls-module", more)
        self.assertEqual([name for name in more if not name.startswith("calls-")], [])

    def test_one_attribute_moves_its_item_alone(self):
        flips = {"clock": ("capabilities += sys_time", {"cap-clock": 100}),
                 "client": ("network = client", {"internet": 60}),
                 "server": ("network = server", {"internet": 100}),
                 "gains": ("no_new_privileges = no", {"new-privileges": 100}),
                 "calls": ("syscalls += ptrace", {"calls-debug": 100}),
                 "listed": ("syscalls += @resources", {"calls-resources": 100}),
                 "shm": ("syscalls += @sysv-ipc", {"calls-sysv-ipc": 100}),
                 "names": ("namespaces -= uts", {"uts-namespace": 100}),
                 "tmp": ("private_tmp = no", {"tmp": 100}),
                 "dev": ("private_dev = no", {"devices": 100}),
                 "home": ("hidden_paths = /home /root", {"homes": 0}),
                 "umask": ("umask = 077", {"umask": 0}),
                 "less": ("capabilities -= setuid setgid", {"cap-identity": 0})}
        conf = DEFAULTS + "".join(service(name, 20100 + number, *CAT, "user = root", line)
                                  for number, (name, (line, _)) in enumerate(flips.items()))
        rows = self.rows(config=self.written(conf + service("plain", 20099, *CAT, "user = root")))
        plain = {name: item["share"] for name, item in items(rows["plain"]).items()}
        for name, (line, moved) in flips.items():
            now = {item: one["share"] for item, one in items(rows[name]).items()}
            self.assertEqual({item: share for item, share in now.items() if share != plain[item]}, moved, line)
            weights = sum(item["weight"] * item["share"] for item in rows[name]["items"])
            total = sum(item["weight"] for item in rows[name]["items"])
            self.assertEqual(rows[name]["exposure"], -(-weights // total), line)

    def test_a_user_that_is_not_root_moves_what_root_has(self):
        conf = DEFAULTS + service("root", 20001, *CAT, "user = root") + service("nobody", 20002, *CAT)
        rows = self.rows(config=self.written(conf))
        self.assertIn("root", exposed(rows["root"]))
        self.assertLess(rows["nobody"]["exposure"], rows["root"]["exposure"])
        left = set(exposed(rows["root"])) - set(exposed(rows["nobody"]))
        self.assertEqual({name for name in left if not name.startswith("cap-")}, {"root", "calls-privdrop"})

    def test_the_running_state_counts_and_not_the_text(self):
        def conf(profile):
            return DEFAULTS + service("svc", 20001, *CAT, f"sandbox = {profile}")
        daemon = self.start(conf("strict"))
        client = self.client(20001)
        strict = self.rows()["svc"]
        for profile in ("none", "baseline", "standard"):
            self.written(conf(profile))
            row = self.rows()["svc"]
            self.assertEqual((row["exposure"], row["pid"], exposed(row)),
                             (strict["exposure"], strict["pid"], exposed(strict)), profile)
        # Also when the files have the service no longer.
        self.written(DEFAULTS + service("other", 20002, *CAT))
        self.assertEqual(self.rows("svc")["svc"]["exposure"], strict["exposure"])
        # After a reload the old sandbox still runs, and the worse one counts.
        self.written(conf("baseline"))
        daemon.signal(1)
        self.assertTrue(netlab.wait_until(lambda: daemon.logged("Reconfigured")))
        second = self.client(20001)
        row = self.rows()["svc"]
        self.assertEqual(row["band"], "partial")
        self.assertNotEqual(row["pid"], strict["pid"])
        self.assertTrue(lab_case.answers(client) and lab_case.answers(second))

    def test_what_an_instance_alone_has_is_read_from_it(self):
        self.start(DEFAULTS + service("svc", 20001, *CAT, "umask = 077"))
        client = self.client(20001)
        self.assertEqual(items(self.rows()["svc"])["umask"]["seen"], "077")
        client.close()
        self.assertTrue(netlab.wait_until(lambda: not items(self.rows()["svc"])["umask"]["counted"]))

    def test_filters_that_cannot_be_read_are_taken_from_the_plan(self):
        self.start(CONF)
        for port, _, _ in PROFILES.values():
            self.client(port)
        read = self.rows()
        # The kernel gives filters to nobody who is under one, as in a container.
        planned = self.rows(through=("python3", self.script(UNDER_A_FILTER)))
        for name, row in planned.items():
            origins = {item["item"]: item["origin"] for item in row["items"]}
            if name == "none":  # there is no plan of posternd's own
                self.assertEqual(origins["calls-mount"], "unknown")
                self.assertGreater(row["exposure"], read[name]["exposure"])
                continue
            self.assertEqual(origins["calls-mount"], "planned")
            self.assertEqual((row["exposure"], exposed(row)), (read[name]["exposure"], exposed(read[name])))
        # No plan either: whatever a filter could refuse counts.
        self.written(DEFAULTS + service("other", 20009, *CAT))
        unknown = self.rows("strict", through=("python3", self.script(UNDER_A_FILTER)))["strict"]
        self.assertEqual(items(unknown)["calls-mount"]["origin"], "unknown")
        self.assertIn("internet", exposed(unknown))
        self.assertNotIn("root", exposed(unknown))

    def test_every_filter_that_posternd_itself_is_under_counts(self):
        conf = DEFAULTS + service("none", 20001, *CAT, "sandbox = none") + service("base", 20002, *CAT, "sandbox = baseline")
        self.start(conf, through=("python3", self.script(UNDER_A_FILTER)))
        self.client(20002)
        rows = self.rows()
        for name in ("none", "base"):
            self.assertEqual(items(rows[name])["calls-aio"]["seen"],
                             "io_destroy io_getevents io_submit io_cancel io_pgetevents", name)
        self.assertEqual(items(rows["none"])["calls-mount"]["share"], 100)
        self.assertEqual(items(rows["base"])["calls-mount"]["share"], 0)

    def test_every_zygote_of_a_fresh_service_is_looked_at(self):
        daemon = self.start(DEFAULTS + service("svc", 20001, *CAT, "isolation = fresh"))
        clients = [self.client(20001) for _ in range(3)]
        row = self.rows()["svc"]
        self.assertEqual(row["band"], "tight")
        self.assertIn(row["pid"], sandboxed.zygotes_of(daemon))
        self.assertTrue(all(lab_case.answers(client) for client in clients))

    def test_the_group_of_a_live_service_is_left_alone(self):
        name = f"score-{os.getpid()}-{time.monotonic_ns()}"
        self.start(DEFAULTS + service(name, 20001, *CAT, "tasks_max = 1", "on_missing = warn"))
        row = self.rows()[name]
        self.assertEqual((row["looked_at"], row["remark"]), ("own-zygote", None))
        groups = [folder for _, folders, _ in os.walk("/sys/fs/cgroup") for folder in folders]
        self.assertEqual([folder for folder in groups if name in folder], [])

    def test_what_has_no_program_of_its_own_is_not_scored(self):
        conf = DEFAULTS + service("plain", 20001, *CAT) + service("sent-on", 20002, "redirect = 127.0.0.1 20001")
        conf += "service echo\n{\n type = INTERNAL UNLISTED\n port = 20003\n socket_type = stream\n protocol = tcp\n" \
                " wait = no\n user = root\n}\n"
        conf += service("broken", 20004, "server = /no/such/program")
        answer = self.score(config=self.written(conf))
        self.assertEqual([row["id"] for row in answer["services"]], ["plain"])
        why = {row["id"]: row["why"] for row in answer["not_scored"]}
        self.assertEqual(set(why), {"sent-on", "echo", "broken"})
        self.assertIn("postern-relay", why["echo"])
        self.assertIn("postern check", why["broken"])
        self.assertEqual(why["echo"], why["sent-on"])

    def test_at_most(self):
        config = self.written(CONF)
        standard = self.rows("standard", config=config)["standard"]["exposure"]
        self.score("standard", "--at-most", str(standard), config=config)
        self.score("standard", "--at-most", str(standard - 1), config=config, status=1)
        self.score("--at-most", "50", config=config, status=1)
        for word in ("", "x", "-1", "101", "1.5", "99999999999999999999"):
            self.assertIn("--at-most", self.refused(f"--at-most={word}", "--config", config))

    def test_a_sandbox_that_cannot_be_made_fails_alone(self):
        # A link that somebody else may have put there is not followed.
        folder = self.lab.path("theirs")
        os.mkdir(folder)
        os.symlink("/etc", folder + "/link")
        os.chown(folder, 65534, 65534)
        conf = DEFAULTS + service("good", 20001, *CAT) + service("bad", 20002, *CAT, f"read_only_paths = {folder}/link")
        answer = self.score(config=self.written(conf), status=2)
        self.assertEqual([row["id"] for row in answer["services"]], ["good"])
        self.assertEqual([row["id"] for row in answer["failed"]], ["bad"])
        self.assertIn(folder, answer["failed"][0]["why"])

    def test_mistakes(self):
        config = self.written(CONF)
        self.assertIn('no service has the id "nowhere"', self.refused("--config", config, "nowhere"))
        self.assertIn('no service has the id "a\\', self.refused("--config", config, "a\nb"))
        self.assertIn("takes root", self.refused("--config", config, user=65534, group=65534, extra_groups=[]))
        self.assertIn("cannot be used", self.refused("--config", self.written("defaults\n{\n nonsense\n}\n", "bad.conf")))
        self.assertIn("/no/such/file", self.refused("--config", "/no/such/file"))
        for content in ("", "x\n", "0\n", "-1\n", "99999999999\n", f"{os.getpid()}\n"):
            self.written(content, "some.pid")
            self.assertIn("some.pid", self.refused("--config", config, "--pid-file", self.lab.path("some.pid")))
        self.assertIn("/no/such/pid", self.refused("--config", config, "--pid-file", "/no/such/pid"))

    def test_another_users_posternd_is_none(self):
        config = self.written(CONF)
        copy = self.lab.path("posternd")
        pathlib.Path(copy).write_bytes(pathlib.Path("/bin/sleep").read_bytes())
        os.chmod(copy, 0o755)
        with subprocess.Popen([copy, "60"], user=65534, group=65534, extra_groups=[]) as impostor:
            self.written(f"{impostor.pid}\n", "some.pid")
            netlab.wait_until(lambda: sandboxed.arguments(impostor.pid)[:1] == [copy])
            self.assertEqual(self.rows("none", config=config)["none"]["looked_at"], "self")
            self.assertIn("not root's", self.refused("--config", config, "--pid-file", self.lab.path("some.pid")))
            impostor.kill()

    def test_several_daemons_are_told_apart_by_their_pid_files(self):
        daemon = self.start(DEFAULTS + service("svc", 20001, *CAT, "sandbox = strict"))
        client = self.client(20001)
        strict = self.rows()["svc"]
        other = self.written(DEFAULTS + service("svc", 20002, *CAT, "sandbox = baseline"), "other.conf")
        second = self.start(None, "-f", other, "-pidfile", self.lab.path("other.pid"), "-dontfork", "-filelog",
                            self.lab.path("other.log"), bare=True, ready=False)
        self.assertTrue(self.lab.wait_listening(20002))
        loose = self.client(20002)
        text = self.refused("--config", other)
        self.assertIn("--pid-file", text)
        for pid in (daemon.pid, second.pid):
            self.assertIn(str(pid), text)
        self.assertEqual(self.rows("--pid-file", daemon.pid_path)["svc"]["pid"], strict["pid"])
        row = self.rows("--pid-file", self.lab.path("other.pid"))["svc"]
        self.assertEqual((row["band"], row["looked_at"]), ("partial", "zygote"))
        self.assertTrue(lab_case.answers(client) and lab_case.answers(loose))

    def test_a_hundred_services_take_seconds(self):
        profiles = ("baseline", "standard", "strict")
        conf = DEFAULTS + "".join(service(f"s{n}", 21000 + n, *CAT, f"sandbox = {profiles[n % 3]}") for n in range(100))
        config = self.written(conf)
        before = sandboxed.processes()
        begun, used = time.monotonic(), time_of_children()
        rows = self.rows(config=config)
        seconds = time_of_children() - used
        print(f"\n  100 idle services: {time.monotonic() - begun:.1f} s, {seconds:.1f} s of the processor")
        self.assertEqual(len(rows), 100)
        self.assertLess(seconds, SECONDS_FOR_100)
        self.assertEqual(sandboxed.processes(), before)

    def test_the_text_says_what_the_json_says(self):
        config = self.written(CONF)
        def text(*words):
            return subprocess.run([POSTERN, "score", "--config", config, *words], capture_output=True, text=True,
                                  timeout=120, check=True).stdout
        lines = text().splitlines()
        rows = self.rows(config=config)
        self.assertEqual([line.split()[:3] for line in lines],
                         [[str(row["exposure"]), row["band"], name] for name, row in rows.items()])
        told = text("standard")
        self.assertEqual(told, text("standard", "standard", "--verbose"))
        for name, share in exposed(rows["standard"]).items():
            item = items(rows["standard"])[name]
            self.assertIn(f"{item['weight'] * share // 100}  {name}: {item['title']}: {item['seen']}", told)
            self.assertIn(f"{item['why']} (to lower it: {item['attribute']})", told)


if __name__ == "__main__":
    lab_case.main()
