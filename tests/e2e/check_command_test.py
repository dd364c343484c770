# SPDX-License-Identifier: BSD-2-Clause
# postern check and postern convert from outside: exit statuses, the three forms of the answer, and that no file, of
# whatever kind, makes it crash, hang or tell something without its place.
import csv
import datetime
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
from certificates import Authority  # noqa: E402

POSTERN = os.path.join(os.environ.get("POSTERN_BIN", "build/bin"), "postern")
ROOT = pathlib.Path(__file__).resolve().parents[2]
# Files as they are found in the world; not part of the project.
REAL = ROOT.parent / "shared" / "realconf"
NOTHING = {"--hosts-allow": "/dev/null", "--hosts-deny": "/dev/null", "--config": "/dev/null"}
CPU_SECONDS = 10  # that nothing takes; a run that does is killed


def run(*words):
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    return subprocess.run([POSTERN, *map(str, words)], capture_output=True, timeout=120, check=False, preexec_fn=limit)


def arguments(**named):
    chosen = {**NOTHING, **{"--" + name.replace("_", "-"): path for name, path in named.items()}}
    if "--inetd" in chosen:
        del chosen["--config"]
    return [word for pair in chosen.items() for word in pair]


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="postern-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def findings(self, status, **named):
        """The findings, after having looked at what holds for all of them."""
        done = run("check", "--format", "json", *arguments(**named))
        self.assertEqual((done.returncode, done.stderr), (status, b""), named)
        answer = json.loads(done.stdout)
        for finding in answer["findings"]:
            self.assertGreater(finding["line"], 0, finding)
            self.assertIn("explanation", finding)
        weights = [finding["severity"] for finding in answer["findings"]]
        self.assertEqual([answer["errors"], answer["warnings"], answer["notes"]],
                         [weights.count("error"), weights.count("warning"), weights.count("note")])
        self.assertEqual(status, int(answer["errors"] + answer["warnings"] > 0))
        return answer["findings"]


class Certificates(Files):
    """posternd has them judged, with the rights of whoever asks."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="postern-")
        cls.addClassCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        cls.files = pathlib.Path(folder.name)
        cls.own = Authority(cls.files, "own")
        cls.good = cls.own.issue("good", "DNS:a.test")

    def services(self, **pairs):
        """A service for each; (certificate, key, further lines)."""
        text = ""
        for number, (name, (certificate, key, *lines)) in enumerate(pairs.items()):
            lines = (f"port = {20001 + number}", f"tls_certificate = {certificate}", f"tls_private_key = {key}", *lines)
            text += (f"service {name}\n{{\n    type = UNLISTED\n    socket_type = stream\n    wait = no\n"
                     "    user = nobody\n    server = /bin/cat\n    sandbox = standard\n    tls = yes\n"
                     + "".join(f"    {line}\n" for line in lines) + "}\n")
        return self.write("xinetd.conf", text)

    def rules(self, status, **pairs):
        found = self.findings(status, config=self.services(**pairs))
        return {(finding["message"].split(":")[0].removeprefix("service "), finding["rule"]) for finding in found
                if finding["rule"] not in ("world-open-root", "default-profile")}

    def file(self, name, content, mode=0o600):
        path = self.files / name
        path.write_bytes(content)
        path.chmod(mode)
        return path

    def test_what_is_good_is_status_0(self):
        ca = self.own.certificate
        self.assertEqual(self.rules(0, good=(*self.good, "tls_verify_client = require", f"tls_client_ca = {ca}",
                                             f"tls_crl = {self.own.revocations()}",
                                             f"tls_ocsp = {self.own.staple(self.good[0])}")), set())

    def test_each_flaw_has_a_name(self):
        other = self.own.issue("other", "DNS:b.test")
        over = self.own.issue("over", "DNS:c.test", start="20200101000000Z", end="20200102000000Z")
        early = self.own.issue("early", "DNS:d.test", start="20900101000000Z", end="20910101000000Z")
        weak = self.own.issue("weak", "DNS:e.test", kind=("rsa", "rsa_keygen_bits:1024"))
        certificate, key = self.good
        junk = self.file("junk", b"no PEM at all\n")
        both = self.file("both", certificate.read_bytes() + key.read_bytes())
        clients = ("tls_verify_client = require", f"tls_client_ca = {self.own.certificate}")
        self.assertEqual(
            self.rules(1, pair=(certificate, other[1]), over=over, early=early, weak=weak, key=(certificate, junk),
                       cert=(junk, key), both=(both, key), exposed=(certificate, self.file("open", b"x", 0o644)),
                       gone=(certificate, self.files / "nowhere"),
                       ca=(*self.good, "tls_verify_client = require", f"tls_client_ca = {junk}"),
                       crl=(*self.good, *clients, f"tls_crl = {junk}"), ocsp=(*self.good, f"tls_ocsp = {junk}"),
                       long=(*self.good, f"tls_ocsp = {self.file('long', bytes(65528))}")),
            {("pair", "key-mismatch"), ("over", "certificate-expired"), ("early", "certificate-not-yet-valid"),
             ("weak", "bad-private-key"), ("key", "bad-private-key"), ("cert", "bad-certificate"),
             ("both", "bad-certificate"), ("exposed", "exposed-key"), ("gone", "unknown-path"),
             ("ca", "bad-client-ca"), ("crl", "bad-crl"), ("ocsp", "bad-ocsp"), ("long", "bad-ocsp")})

    def test_what_expires_soon_is_a_warning_with_its_days(self):
        found = self.findings(1, config=self.services(soon=self.ending("soon", 13), later=self.ending("later", 14)))
        found = [finding for finding in found if finding["rule"].startswith("certificate")]
        self.assertEqual([(finding["rule"], finding["severity"]) for finding in found],
                         [("certificate-expires-soon", "warning")])
        self.assertIn("service soon: the certificate expires in 13 days", found[0]["message"])

    def ending(self, name, days):
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days, hours=1)
        return self.own.issue(name, f"DNS:{name}.test", end=end.strftime("%Y%m%d%H%M%SZ"))

    def chain(self, name, *certificates):
        return self.file(name, b"".join(certificate.read_bytes() for certificate in certificates), 0o644)

    def test_all_flaws_of_all_pairs_are_told_with_their_lines(self):
        other = self.own.issue("second", "DNS:b.test")
        over = self.own.issue("long-over", "DNS:c.test", start="20200101000000Z", end="20200102000000Z")
        junk = self.file("second-junk", b"no PEM at all\n")
        config = self.services(many=(
            self.good[0], self.good[1],
            f"tls_certificate += {over[0]} {other[0]}",
            f"tls_private_key += {other[1]} {other[1]}",
            f"tls_certificate += {other[0]}", f"tls_private_key += {junk}",
            f"tls_ocsp = {junk} {junk}",
            "tls_verify_client = require", f"tls_client_ca = {junk}", f"tls_crl = {junk}"))
        lines = config.read_text().splitlines()
        found = [(finding["rule"], lines[finding["line"] - 1].strip().split(" ")[0],
                  lines[finding["line"] - 1][finding["column"] - 1:].split(" ")[0])
                 for finding in self.findings(1, config=config)]
        self.assertEqual(sorted(each for each in found if each[0] not in ("world-open-root", "default-profile")), sorted([
            ("bad-ocsp", "tls_ocsp", str(junk)), ("bad-ocsp", "tls_ocsp", str(junk)),
            ("key-mismatch", "tls_private_key", str(other[1])),
            ("certificate-expired", "tls_certificate", str(over[0])),
            ("bad-private-key", "tls_private_key", str(junk)),
            ("bad-client-ca", "tls_client_ca", str(junk)), ("bad-crl", "tls_crl", str(junk))]))

    def test_of_a_chain_the_first_to_expire_counts(self):
        leaf, link = self.ending("leaf", 20), self.ending("link", 5)
        over = self.own.issue("link-over", "DNS:l.test", start="20200101000000Z", end="20200102000000Z")
        found = self.findings(1, config=self.services(
            short=(self.chain("short.pem", leaf[0], link[0]), leaf[1]),
            old=(self.chain("old.pem", leaf[0], over[0]), leaf[1])))
        found = {finding["message"]: finding["severity"] for finding in found if "c" == finding["rule"][0]}
        self.assertEqual(found, {
            f"service short: certificate 2 of the file, of the chain, expires in 5 days ({self.files}/short.pem)": "warning",
            f"service old: a certificate of the chain has expired ({self.files}/old.pem)": "warning"})

    @unittest.skipUnless(os.getuid() == 0, "root alone has something to hide from others")
    def test_without_its_key_a_certificate_is_judged(self):
        over = self.own.issue("unread-over", "DNS:c.test", start="20200101000000Z", end="20200102000000Z")
        leaf = self.ending("unread-soon", 3)
        junk = self.file("unread-junk", b"no PEM at all\n", 0o644)
        both = self.file("unread-both", self.good[0].read_bytes() + self.good[1].read_bytes(), 0o644)
        config = self.services(over=over, soon=leaf, both=(both, self.good[1]), ocsp=(*self.good, f"tls_ocsp = {junk}"),
                               cert=(junk, self.good[1]))
        os.chmod(self.folder, 0o755)
        done = subprocess.run([POSTERN, "check", "--format", "json", *map(str, arguments(config=config))],
                              capture_output=True, timeout=120, check=False, user=65534, group=65534, extra_groups=[])
        found = [(finding["message"].split(":")[0].removeprefix("service "), finding["rule"])
                 for finding in json.loads(done.stdout)["findings"] if finding["rule"] != "default-profile"]
        names = ("over", "soon", "both", "ocsp", "cert")
        self.assertEqual(set(found), {(name, "tls-not-judged") for name in names} | {
            ("over", "certificate-expired"), ("soon", "certificate-expires-soon"), ("both", "bad-certificate"),
            ("ocsp", "bad-ocsp"), ("cert", "bad-certificate")})
        self.assertIn(b"the private key is not judged, nor whether it is the certificate's: ", done.stdout)

    @unittest.skipUnless(os.getuid() == 0, "root alone has something to hide from others")
    def test_what_may_not_be_read_is_not_judged(self):
        hidden = self.files / "hidden"
        hidden.mkdir(mode=0o700)
        shutil.copy(self.good[1], hidden / "key")
        os.chmod(hidden / "key", 0o600)
        config = self.services(closed=self.good, hidden=(self.good[0], hidden / "key"))
        os.chmod(self.folder, 0o755)
        done = subprocess.run([POSTERN, "check", "--format", "json", *map(str, arguments(config=config))],
                              capture_output=True, timeout=120, check=False, user=65534, group=65534, extra_groups=[])
        found = [finding for finding in json.loads(done.stdout)["findings"] if finding["rule"] == "tls-not-judged"]
        self.assertEqual([finding["severity"] for finding in found], ["note", "note"], done)
        for finding in found:
            self.assertIn("Permission denied", finding["message"])
        self.assertEqual(done.returncode, 0, done)

    def test_without_posternd_nothing_is_judged(self):
        alone = self.folder / "bin" / "postern"
        alone.parent.mkdir()
        shutil.copy(POSTERN, alone)
        config = self.services(pair=self.good)
        done = subprocess.run([alone, "check", *map(str, arguments(config=config))], capture_output=True, timeout=120,
                              check=False, text=True)
        if "tls-not-judged" not in done.stdout:
            self.skipTest("another posternd is installed here")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("not judged: ", done.stdout)


class Check(Files):
    def test_nothing_wrong_is_status_0(self):
        deny = self.write("deny", "ALL: ALL\n")
        self.assertEqual(self.findings(0, hosts_deny=deny), [])
        self.assertEqual(run("check", *arguments(hosts_deny=deny)).stdout, b"0 errors, 0 warnings, 0 notes\n")

    def test_findings_are_status_1_with_place_and_fix(self):
        deny = self.write("deny", "sshd: 10.0.0.1/8\n")
        done = run("check", *arguments(hosts_deny=deny))
        self.assertEqual((done.returncode, done.stderr), (1, b""))
        self.assertEqual(done.stdout.decode().splitlines(), [
            f"{deny}:1:7: error: 10.0.0.1 has bits behind its mask, so this never matches [host-bits-set]",
            "  sshd: 10.0.0.1/8", "        ^", "  fix: 10.0.0.0/8", "1 error, 0 warnings, 0 notes"])
        self.assertEqual(run("check", "--json", *arguments(hosts_deny=deny)).stdout,
                         run("check", "--format", "json", *arguments(hosts_deny=deny)).stdout)

    def test_notes_count_when_strict(self):
        deny = self.write("deny", "sshd: 10.\nsshd: 10.1.\n")
        self.assertEqual([f["rule"] for f in self.findings(0, hosts_deny=deny)], ["redundant-rule"])
        self.assertEqual(run("check", "--strict", *arguments(hosts_deny=deny)).returncode, 1)
        self.assertEqual(run("check", "--strict", *arguments()).returncode, 0)

    def test_an_unreadable_file_and_wrong_usage_are_status_2(self):
        for words in (arguments(hosts_deny=self.folder / "none"), arguments(hosts_allow=self.folder),
                      arguments(config=self.folder / "none"), arguments(inetd=self.folder / "none"),
                      ["--format", "xml"], ["word"]):
            done = run("check", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertTrue(done.stderr.startswith(b"postern: "), words)

    def test_a_file_of_each_kind_is_looked_at(self):
        service = "service x\n{\n type = UNLISTED\n port = 7\n socket_type = stream\n wait = no\n user = root\n" \
                  " server = %s\n}\n"
        missing = self.write("missing", service % "/no/such")
        self.assertEqual([f["rule"] for f in self.findings(1, config=missing)], ["server-not-executable"])
        there = self.write("there", service % "/bin/true")
        root = ["root-service", "default-profile"]
        self.assertEqual([f["rule"] for f in self.findings(1, config=there)], ["world-open-root", *root])
        deny = self.write("deny", "true: ALL\n")
        self.assertEqual([f["rule"] for f in self.findings(1, config=there, hosts_deny=deny)], root)
        confined = self.write("confined", (service % "/bin/true").replace("root", "nobody\n sandbox = strict"))
        self.assertEqual(self.findings(0, config=confined, hosts_deny=deny), [])
        line = self.write("inetd", "20001 stream tcp nowait root /bin/tcpd /no/such\n")
        rules = [f["rule"] for f in self.findings(1, inetd=line)]
        self.assertIn("server-not-executable", rules)

    def test_programs_are_looked_at_on_this_system(self):
        program = self.write("program", pathlib.Path("/bin/true").read_bytes())
        conf = self.write("conf", f"service x\n{{\n type = UNLISTED\n port = 7\n socket_type = stream\n wait = no\n"
                                  f" user = nobody\n server = {program}\n sandbox = standard\n}}\n")
        for mode, rules in ((0o755, []), (0o4755, ["setuid-program"]), (0o2755, ["setuid-program"]),
                            (0o757, ["writable-program"])):
            program.chmod(mode)
            found = self.findings(int(bool(rules)), config=conf)
            self.assertEqual([finding["rule"] for finding in found], rules, oct(mode))
        program.chmod(0o4755)
        self.assertEqual(self.findings(1, config=conf)[0]["fix"], "sandbox = baseline")

    def test_a_word_of_the_confinement_that_nobody_knows_is_an_error(self):
        lines = {"syscalls += @nosuch": "bad-value", "syscalls += wriet": "bad-value", "syscalls += @debug": "bad-value",
                 "capabilities = chwon": "bad-value", "hidden_paths = /no/such": "unknown-path",
                 "root = /bin/true": "unknown-path", "namespaces += nett": "bad-value"}
        for line, rule in lines.items():
            conf = self.write("conf", f"service x\n{{\n type = UNLISTED\n port = 7\n socket_type = stream\n wait = no\n"
                                      f" user = nobody\n server = /bin/true\n {line}\n}}\n")
            found = self.findings(1, config=conf)
            self.assertEqual([(finding["rule"], finding["line"]) for finding in found], [(rule, 9)], line)

    def test_sarif_has_what_readers_of_it_require(self):
        deny = self.write("de ny", "sshd: 10.0.0.1/8\nfoo\nssh: ALL\nsshd: 10.\nsshd: 10.1.\n")
        done = run("check", "--format", "sarif", *arguments(hosts_deny=deny))
        self.assertEqual(done.returncode, 1)
        log = json.loads(done.stdout)
        self.assertEqual(log["version"], "2.1.0")
        self.assertTrue(log["$schema"].startswith("https://") and "sarif-2.1.0" in log["$schema"])
        self.assertEqual(len(log["runs"]), 1)
        driver = log["runs"][0]["tool"]["driver"]
        self.assertEqual(driver["name"], "postern")
        rules = {rule["id"]: rule for rule in driver["rules"]}
        self.assertEqual(len(rules), len(driver["rules"]))
        for rule in rules.values():
            self.assertTrue(rule["shortDescription"]["text"] and rule["fullDescription"]["text"])
            self.assertIn(rule["defaultConfiguration"]["level"], ("none", "note", "warning", "error"))
        results = log["runs"][0]["results"]
        self.assertEqual([result["ruleId"] for result in results],
                         ["host-bits-set", "missing-colon", "unused-daemon", "redundant-rule"])
        for result, level in zip(results, ("error", "error", "warning", "note")):
            self.assertIn(result["ruleId"], rules)
            self.assertEqual(result["level"], level)
            self.assertTrue(result["message"]["text"])
            place = result["locations"][0]["physicalLocation"]
            self.assertEqual(place["artifactLocation"]["uri"], "file://" + str(deny).replace(" ", "%20"))
            self.assertGreaterEqual(min(place["region"]["startLine"], place["region"]["startColumn"]), 1)
        self.assertEqual(results[0]["locations"][0]["physicalLocation"]["region"], {"startLine": 1, "startColumn": 7})

    def test_text_from_a_file_reaches_no_terminal(self):
        deny = self.write("deny", b"ssh\x1b[2J: 1.2 \xff\x9b\nx\x07y\n")
        for form in ("text", "json", "sarif"):
            out = run("check", "--format", form, *arguments(hosts_deny=deny)).stdout
            self.assertFalse(set(out) - set(range(0x20, 0x7f)) - {10}, out)

    def test_fifteen_thousand_rules_take_less_than_a_second(self):
        rules = "".join(f"{'ALL' if i % 3 else 'sshd'}: {i % 200 + 1}.{i // 200}.{i % 7}.{i % 250} h{i}.example.org\n"
                        for i in range(15000))
        deny = self.write("deny", rules)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.findings(0, hosts_deny=deny)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertLess(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1)


class AnyFile(Files):
    def roles(self, path, kind):
        if kind == "hosts":
            return [{"hosts_deny" if "deny" in path.name else "hosts_allow": path}]
        return [{"config" if kind == "xinetd" else "inetd": path}]

    def test_seeds_of_the_fuzzers_and_golden_files(self):
        corpora = [(ROOT / "fuzz/corpus", None), (ROOT / "tests/golden", "xinetd")]
        files = [(path, kind) for folder, kind in corpora for path in sorted(folder.rglob("*"))
                 if path.is_file() and path.suffix != ".ref"]
        self.assertGreater(len(files), 20)
        for path, kind in files[::max(1, len(files) // 150)]:
            for role in ({"hosts_deny": path}, {"hosts_allow": path}, {"config": path}, {"inetd": path}):
                done = run("check", "--format", "json", *arguments(**role))
                self.assertIn(done.returncode, (0, 1), (role, done.stderr))
                for finding in json.loads(done.stdout)["findings"]:
                    self.assertGreater(finding["line"], 0, finding)

    def test_files_of_the_world_have_the_right_verdict(self):
        if not REAL.is_dir():
            return  # the seeds above are all there is to read
        with open(REAL / "manifest.tsv", newline="", encoding="utf-8") as manifest:
            rows = list(csv.DictReader(manifest, delimiter="\t"))
        self.assertGreater(len(rows), 100)
        for row in rows:
            path, kind = REAL / row["file"], row["file"].split("/")[0]
            for role in self.roles(path, kind):
                status = run("check", *arguments(**role)).returncode
                findings = self.findings(status, **role)
                rules = {finding["rule"] for finding in findings}
                foreign = any(rule.startswith("not-") and rule.endswith("-file") for rule in rules)
                self.assertEqual(foreign, row["class"].startswith("foreign"), (row, rules))
                if row["class"] == "comments-only":
                    self.assertEqual(findings, [], row)
                if row["class"] == "malformed:no-colon":
                    self.assertEqual(rules, {"missing-colon"}, row)

    def test_the_largest_file_of_the_world_takes_less_than_a_tenth_of_a_second(self):
        if not REAL.is_dir():
            return  # see above
        largest = max((path for path in (REAL / "hosts").iterdir()), key=lambda path: path.stat().st_size)
        times = []
        for _ in range(15):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            run("check", *arguments(hosts_deny=largest))
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        self.assertLess(min(times), 0.1)


class Kernel(unittest.TestCase):
    """What the machine has, whichever it is that the test runs on."""
    AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")

    def consistent(self, done):
        self.assertEqual(done.stderr, b"")
        answer = json.loads(done.stdout)
        rows = answer["protections"]
        self.assertLessEqual({row["standing"] for row in rows}, {"present", "missing", "untried"})
        lacking = [row["name"] for row in rows if row["standing"] != "present" and row["profiles"]]
        self.assertEqual((done.returncode, answer["complete"]), (int(bool(lacking)), not lacking), lacking)
        self.assertEqual(answer["kernel"], os.uname().release)
        return answer

    def test_the_exit_status_is_what_the_answer_says(self):
        done = run("check", "--kernel", "--json")
        answer = self.consistent(done)
        self.assertEqual(answer["privileged"], os.getuid() == 0)
        self.assertEqual(run("check", "--kernel", "--format", "json").stdout, done.stdout)
        text = run("check", "--kernel")
        self.assertEqual((text.returncode, text.stderr), (done.returncode, b""))
        lines = text.stdout.decode().splitlines()
        for row in answer["protections"]:
            beginning = f"{row['standing']}  {row['name']}"
            self.assertEqual(len([line for line in lines if line.split(": ")[0] == beginning]), 1, beginning)

    @unittest.skipUnless(os.getuid() == 0, "needs root to become another user")
    def test_anybody_may_ask(self):
        # As a copy: whoever asks may have no way to where this one was built.
        with tempfile.TemporaryDirectory(prefix="postern-") as folder:
            os.chmod(folder, 0o755)
            copy = shutil.copy(POSTERN, folder)
            done = subprocess.run([*self.AS_NOBODY, copy, "check", "--kernel", "--json"], capture_output=True, timeout=120,
                                  check=False)
        answer = self.consistent(done)
        self.assertFalse(answer["privileged"])
        of_root = self.consistent(run("check", "--kernel", "--json"))
        standing, roots = ({row["name"]: row["standing"] for row in told["protections"]} for told in (answer, of_root))
        # Whoever gets a user namespace and a mount namespace in it may call there what root may.
        if standing["mount-namespace"] == "present":
            self.assertEqual(standing["mount-calls"], roots["mount-calls"])

    @unittest.skipUnless(os.getuid() == 0, "needs root to be forbidden something")
    def test_what_is_forbidden_is_told_with_what_follows(self):
        # A user namespace has limits of its own; who asks is root there and nobody outside.
        script = 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"'
        words = ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh", POSTERN, "check", "--kernel"]
        asked = self.consistent(subprocess.run([*words, "--json"], capture_output=True, timeout=120, check=False))
        missing = [row for row in asked["protections"] if row["name"] == "net-namespace"]
        self.assertEqual([(row["standing"], row["profiles"]) for row in missing], [("missing", ["strict"])])
        done = subprocess.run(words, capture_output=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout.decode(), r"(?m)^missing  net-namespace: unshare.*\n"
                         r" +wanted by strict: programs are refused; with on_missing = warn they start without it\n"
                         r" +needed for namespaces: ")

    def test_what_is_about_files_does_not_go_with_it(self):
        for words in (["--strict"], ["--format", "sarif"], ["--config", "/dev/null"], ["--inetd", "/dev/null"],
                      ["--hosts-allow", "/dev/null"], ["--hosts-deny", "/dev/null"], ["word"]):
            done = run("check", "--kernel", *words)
            self.assertEqual((done.returncode, done.stdout), (2, b""), words)
            self.assertTrue(done.stderr.startswith(b"postern: "), words)


class Convert(Files):
    def test_what_is_converted_is_a_configuration(self):
        inetd = self.write("inetd", "# mine\n20001 stream tcp nowait root /usr/sbin/tcpd /bin/true -x\n")
        done = run("convert", "--inetd", inetd)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        xinetd = self.write("xinetd", done.stdout)
        self.assertEqual([f["rule"] for f in self.findings(1, config=xinetd)],
                         ["world-open-root", "root-service", "default-profile"])
        policy = ["--config", xinetd, "--hosts-allow", "/dev/null", "--hosts-deny", self.write("deny", "true: ALL\n")]
        self.assertEqual(run("match", *policy, "--service", "20001", "--client-addr", "192.0.2.1").returncode, 1)
        policy[-1] = "/dev/null"
        self.assertEqual(run("match", *policy, "--service", "20001", "--client-addr", "192.0.2.1").returncode, 0)

    def test_what_is_left_out_is_told_by_its_place(self):
        inetd = self.write("inetd", "20001 stream tcp nowait.9 root /bin/true\n20002 stream\n")
        done = run("convert", "--inetd", inetd)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"postern: {inetd}:1:1: warning: ", done.stderr.decode())
        self.assertIn(f"postern: {inetd}:2:", done.stderr.decode())
        self.assertNotIn(b"service", done.stdout)

    def test_a_file_that_cannot_be_read_is_status_2(self):
        for words in (["--inetd", self.folder / "none"], ["--inetd", self.folder], ["--inetd", ""], ["word"]):
            done = run("convert", *words)
            self.assertEqual((done.returncode, done.stdout), (2, b""), words)
            self.assertTrue(done.stderr.startswith(b"postern: "), words)


if __name__ == "__main__":
    unittest.main()
