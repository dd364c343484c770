#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# What an access rule sets (hosts_options(5), setenv) takes the place of what posternd says of the connection. A confined
# program was given both words, and getenv(3) finds the first.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402

PORT = 20001


class RuleWords(lab_case.LabCase):
    def test_a_word_of_the_rule_is_the_only_one_of_its_name(self):
        self.lab.write("/etc/hosts.allow", "ALL: ALL: setenv REMOTE_HOST of-the-rule\n")
        block = lab_case.entry("told", PORT, "server = /usr/bin/env").replace("sandbox = none", "sandbox = standard")
        daemon = self.start(lab_case.DEFAULTS + block)
        words = self.ask(PORT, timeout=20).splitlines()
        self.assertEqual([word for word in words if word.startswith("REMOTE_HOST=")], ["REMOTE_HOST=of-the-rule"],
                         daemon.log())
        self.assertIn("REMOTE_PORT", [word.partition("=")[0] for word in words])


if __name__ == "__main__":
    lab_case.main()
