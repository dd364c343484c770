#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# postern diff from outside: exit statuses, what it says, and that `postern match` confirms every sample it gives.
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

POSTERN = os.path.join(os.environ.get("POSTERN_BIN", "build/bin"), "postern")

SERVICE = """\
service %s
{
    type = UNLISTED
    port = %d
    socket_type = stream
    protocol = tcp
    wait = no
    user = root
    server = /bin/true
    %s
}
"""
OLD = {
    "hosts.allow": "sshd: 192.0.2.0/24 .example.org EXCEPT evil.example.org\nALL: LOCAL\nin.ftpd: carol@10.\n",
    "hosts.deny": "ALL: ALL\n",
    "xinetd.conf": SERVICE % ("web", 8080, "flags = NOLIBWRAP\n only_from = 192.0.2.0/24 .office.test") +
                   SERVICE % ("gone", 8081, "flags = NOLIBWRAP"),
}
NEW = {
    "hosts.allow": "sshd: 192.0.2.0/25 .example.org\nALL: LOCAL\nin.ftpd: 10.\nALL: *.50\n",
    "hosts.deny": "ALL: ALL\n",
    "xinetd.conf": SERVICE % ("web", 8080, "flags = NOLIBWRAP\n only_from = 192.0.2.0/24 .office.test\n"
                                           " no_access = 192.0.2.128/25 bad.office.test"),
}


class PosternDiff(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def policy(self, name, files):
        path = pathlib.Path(self.folder.name, name)
        path.mkdir()
        for file, text in files.items():
            (path / file).write_text(text)
        return str(path)

    def run_postern(self, *arguments, stdin=""):
        return subprocess.run([POSTERN, *arguments], input=stdin, capture_output=True, text=True, timeout=60)

    def diff(self, *arguments):
        return self.run_postern("diff", *arguments)

    def questions(self, difference, change):
        # One question for each subject, about the sample of a change.
        sample = dict(change["sample"])
        for subject in difference["subjects"]:
            question = dict(sample)
            if "service" in subject:
                question["service"] = subject["service"]
            else:
                daemon = subject["daemon"]
                question["daemon"] = daemon.get("is") or daemon["sample"]
            yield question

    def verdicts(self, policy, questions):
        answered = self.run_postern(
            "match", "--batch", "--hosts-allow", policy + "/hosts.allow", "--hosts-deny", policy + "/hosts.deny",
            "--config", policy + "/xinetd.conf", stdin="".join(json.dumps(q) + "\n" for q in questions))
        return [json.loads(line).get("verdict", "deny") for line in answered.stdout.splitlines()]

    def test_match_confirms_every_sample(self):
        old, new = self.policy("old", OLD), self.policy("new", NEW)
        answer = self.diff("--json", old, new)
        self.assertEqual(answer.returncode, 1, answer.stderr)
        found = json.loads(answer.stdout)
        self.assertTrue(found["opens"])
        asked = [(question, change) for difference in found["differences"] for change in difference["changes"]
                 for question in self.questions(difference, change)]
        self.assertGreater(len(asked), 8)
        questions = [question for question, _ in asked]
        for side, policy in (("old", old), ("new", new)):
            for (question, change), verdict in zip(asked, self.verdicts(policy, questions), strict=True):
                self.assertEqual(verdict, change[side]["verdict"], (side, question, change))

    def test_services_are_compared_with_their_own_rules(self):
        found = json.loads(self.diff("--json", self.policy("old", OLD), self.policy("new", NEW)).stdout)
        by_service = {}
        for difference in found["differences"]:
            for subject in difference["subjects"]:
                by_service.setdefault(subject.get("service"), []).append(difference)
        gone = by_service["gone"][0]["changes"][0]
        self.assertEqual((gone["effect"], gone["addresses"]), ("closes", ["0.0.0.0/0", "::/0"]))
        self.assertEqual(gone["new"]["reason"], "no such service")
        names = [client["name"].get("is") for difference in by_service["web"] for client in difference["clients"]]
        self.assertIn("bad.office.test", names)
        self.assertIn(["192.0.2.128/25"],
                      [change["addresses"] for difference in by_service["web"] for change in difference["changes"]])

    def test_equal_policies_have_no_difference(self):
        old, new = self.policy("old", OLD), self.policy("new", OLD)
        answer = self.diff(old, new)
        self.assertEqual((answer.returncode, answer.stdout), (0, ""), answer.stderr)
        self.assertEqual(json.loads(self.diff("--json", old, new).stdout), {"opens": False, "differences": []})

    def test_closing_alone_does_not_widen(self):
        old = self.policy("old", {"hosts.deny": "ftpd: 10.\n"})
        new = self.policy("new", {"hosts.deny": "ftpd: 10. 11.0.0.0/9\n"})
        self.assertEqual(self.diff("--fail-on", "widen", old, new).returncode, 0)
        self.assertEqual(self.diff("--fail-on", "widen", new, old).returncode, 1)
        answer = self.diff(old, new)
        self.assertEqual(answer.returncode, 1)
        self.assertEqual(answer.stdout, f"daemon ftpd: everybody\n"
                                        f"  closes: allow (no rule matches) -> deny ({new}/hosts.deny:1)\n"
                                        f"    11.0.0.0/9\n    for example 11.0.0.0\n")

    def test_options_are_told_and_widen_only_where_more_is_allowed(self):
        old = self.policy("old", {"hosts.allow": "sshd: 10. : severity info\nftpd: 10. : twist /bin/no\n",
                                  "hosts.deny": "ALL: ALL\n"})
        new = self.policy("new", {"hosts.allow": "sshd: 10.\nftpd: 10. : twist /bin/no\n",
                                  "hosts.deny": "ALL: ALL\n"})
        answer = self.diff(old, new)
        self.assertEqual(answer.returncode, 1, answer.stderr)
        self.assertEqual(answer.stdout, f"daemon sshd: everybody\n"
                                        f"  options: allow ({old}/hosts.allow:1) -> allow ({new}/hosts.allow:1)\n"
                                        f"    old: severity info\n    new: none\n"
                                        f"    10.0.0.0/8\n    for example 10.0.0.0\n")
        self.assertEqual(self.diff("--fail-on", "widen", old, new).returncode, 0)
        change = json.loads(self.diff("--json", old, new).stdout)["differences"][0]["changes"][0]
        self.assertEqual((change["effect"], change["widens"]), ("options", False))
        self.assertEqual((change["old"]["options"], change["new"]["options"]), ("severity info", ""))
        served = self.policy("served", {"hosts.allow": "sshd: 10.\nftpd: 10.\n", "hosts.deny": "ALL: ALL\n"})
        answer = self.diff("--fail-on", "widen", new, served)
        self.assertEqual(answer.returncode, 1, answer.stderr)
        self.assertIn("  options, and more is allowed: allow", answer.stdout)

    def test_what_would_take_too_much_names_a_rule(self):
        old = self.policy("old", {"hosts.allow": "ALL: 10.\nALL: *a" + 20 * "?" + "\n"})
        answer = self.diff(old, old)
        self.assertEqual((answer.returncode, answer.stdout), (2, ""))
        self.assertIn("hosts.allow:2", answer.stderr)

    def test_single_files_are_told_by_their_names(self):
        old = self.policy("old", {"hosts.deny": "ALL: ALL\n"})
        new = self.policy("new", {"hosts.deny.new": "ALL: ALL EXCEPT 10.\n", "rules": ""})
        common = pathlib.Path(self.folder.name, "common")
        common.write_text("ALL: 10.1.\n")
        answer = self.diff("--hosts-allow", str(common), old + "/hosts.deny", new + "/hosts.deny.new")
        self.assertEqual(answer.returncode, 1, answer.stderr)
        self.assertIn("10.0.0.0/16 10.2.0.0-10.255.255.255\n", answer.stdout)
        self.assertEqual(self.diff(old, new + "/rules").returncode, 2)

    def test_unusable_input_is_an_error(self):
        old = self.policy("old", {"hosts.allow": "sshd@@servers: ALL\n"})
        missing = self.diff(old, old + "/nothing")
        self.assertEqual((missing.returncode, missing.stdout), (2, ""))
        self.assertIn("nothing", missing.stderr)
        inexact = self.diff(old, old)
        self.assertEqual(inexact.returncode, 2)
        self.assertIn("hosts.allow:1", inexact.stderr)
        self.assertEqual(self.diff(old).returncode, 2)
        self.assertEqual(self.diff("--fail-on", "never", old, old).returncode, 2)


if __name__ == "__main__":
    unittest.main()
