#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# ./dev, README.md and the checks of .ci/: what a newcomer types works, and every check can fail.
#
# Each planted mistake goes into a copy of the tree; the copy's own check must exit 1 and name it.
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*command, cwd=ROOT):
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


class DevScript(unittest.TestCase):
    def test_help_lists_every_verb_that_the_script_has(self):
        shown = run("./dev", "help")
        self.assertEqual(shown.returncode, 0)
        verbs = re.findall(r"^  (\w+)(?: \|[^)]*)?\)", (ROOT / "dev").read_text(), re.MULTILINE)
        self.assertGreater(len(verbs), 8)
        for verb in verbs:
            self.assertRegex(shown.stdout, rf"(?m)^  {verb}\b")

    def test_an_unknown_verb_is_a_usage_error(self):
        shown = run("./dev", "frobnicate")
        self.assertEqual(shown.returncode, 2)
        self.assertIn("usage: ./dev", shown.stderr)

    def test_continuous_integration_calls_the_same_test_run(self):
        self.assertIn("exec ./dev test", (ROOT / ".ci/run").read_text())

    def test_every_package_has_a_purpose_and_a_reason(self):
        for line in (ROOT / ".ci/packages").read_text().splitlines():
            if line and not line.startswith("#"):
                self.assertRegex(line, r"^(build|test|lint|fuzz|run)\s+[a-z0-9.+-]+\s+\w.{10,}$")

    def test_installed_packages_are_not_installed_again(self):
        again = run(".ci/install-packages", "build")
        self.assertEqual((again.returncode, again.stdout), (0, ""))


class InstallPackages(unittest.TestCase):
    """With apt-get and dpkg-query replaced: what would be installed on a machine that lacks things."""
    def setUp(self):
        self.bin = pathlib.Path(tempfile.mkdtemp(prefix="postern-apt-"))
        self.addCleanup(shutil.rmtree, self.bin)
        self.calls = self.bin / "calls"
        self.program("dpkg-query", 'case "$4" in cmake | shellcheck) exit 1 ;; *) echo installed ;; esac')

    def program(self, name, body):
        (self.bin / name).write_text(f"#!/bin/sh\n{body}\n")
        (self.bin / name).chmod(0o755)

    def install(self, *purposes):
        environment = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}"}
        result = subprocess.run([ROOT / ".ci/install-packages", *purposes], env=environment,
                                capture_output=True, text=True, timeout=60)
        calls = self.calls.read_text().splitlines() if self.calls.exists() else []
        return result, calls

    def test_only_what_is_missing_for_the_purpose_is_installed_without_recommendations(self):
        self.program("apt-get", f'echo "$DEBIAN_FRONTEND $*" >>{self.calls}')
        result, calls = self.install("build")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(calls), 1)
        self.assertRegex(calls[0], r"^noninteractive .*install --no-install-recommends cmake$")

    def test_the_package_lists_are_fetched_only_when_the_first_try_fails(self):
        self.program("apt-get", f"""echo "$*" >>{self.calls}
case "$*" in *update) touch {self.bin}/fresh ;; *) test -e {self.bin}/fresh ;; esac""")
        result, calls = self.install("build", "lint")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([call.split()[-1] for call in calls], ["shellcheck", "update", "shellcheck"])

    def test_a_package_that_cannot_be_had_is_an_error(self):
        self.program("apt-get", "exit 100")
        result, _ = self.install("build")
        self.assertNotEqual(result.returncode, 0)


class Readme(unittest.TestCase):
    def test_the_first_commands_are_run_and_test(self):
        block = re.search(r"```\w*\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
        commands = [line.split("#")[0].strip() for line in block.group(1).splitlines()]
        self.assertEqual(commands, ["./dev run", "./dev test"])

    def test_every_path_of_the_map_exists(self):
        tree = re.search(r"## The tree\n.*?```\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
        for line in tree.group(1).splitlines():
            path = line.split()[0]
            self.assertTrue((ROOT / path).exists(), path)


class PlantedMistake(unittest.TestCase):
    def setUp(self):
        self.tree = pathlib.Path(tempfile.mkdtemp(prefix="postern-lint-"))
        self.addCleanup(shutil.rmtree, self.tree)
        shutil.copytree(ROOT, self.tree, dirs_exist_ok=True, symlinks=True,
                        ignore=shutil.ignore_patterns(".git", "build*", "__pycache__", "corpus"))

    def plant(self, path, text, mode="a"):
        target = self.tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, mode, encoding="utf-8") as out:
            out.write(text)

    def assert_caught(self, check, *words):
        result = run(f".ci/{check}", cwd=self.tree)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        for word in words:
            self.assertIn(word, result.stdout + result.stderr)

    HEADER = "// SPDX-License-Identifier: BSD-2-Clause\n"

    def test_layering_catches_each_forbidden_include(self):
        forbidden = {
            "policy/planted_a.h": ["<unistd.h>", "<thread>", '"sandbox/sys/unique_fd.h"'],
            "sandbox/planted_b.h": ['"policy/base/result.h"', '"daemon/protocol.h"'],
            "daemon/planted_c.h": ["<sys/socket.h>", "<linux/seccomp.h>", "<pwd.h>", '"tests/testlib/x.h"',
                                   '"fuzz/x.h"', '"bench/x.h"', '"protocol.h"'],
            "daemon/relay/planted_d.h": ['"daemon/acceptor/planted.h"'],
            "daemon/acceptor/planted_e.h": ['"daemon/relay/planted.h"'],
        }
        expected = []
        for path, headers in forbidden.items():
            self.plant(path, self.HEADER + "".join(f"#include {header}\n" for header in headers))
            expected += [f"{path}:{line}: includes {header.strip('<>')}".replace('"', "")
                         for line, header in enumerate(headers, 2)]
        self.assert_caught("check-layering", *expected)

    def test_layering_ignores_an_include_in_a_comment(self):
        before = run(".ci/check-layering", cwd=self.tree).stdout
        self.plant("policy/planted.h", self.HEADER + "/*\n#include <unistd.h>\n*/\n// #include <fcntl.h>\n")
        self.assertEqual(run(".ci/check-layering", cwd=self.tree).stdout, before)

    def test_mistakes_catches_each_banned_call(self):
        calls = ["strcpy(a, b)", "sprintf(a, b)", "atoi(a)", "system(a)", "popen(a, b)", "close(3)",
                 "::close(3)", 'getenv("HOME")', "errno = 0", "new int", "using namespace std"]
        self.plant("daemon/planted.cc", self.HEADER + "".join(f"{call};\n" for call in calls))
        self.assert_caught("check-mistakes",
                           *(f"daemon/planted.cc:{line}: " for line in range(2, 2 + len(calls))))

    def test_mistakes_does_not_read_comments_literals_or_members(self):
        self.plant("daemon/planted.cc", self.HEADER + "// close(3), atoi\nauto s = \"system(x)\";\n"
                   "file.close();\nint closed(1);\nauto n = 1'000; // new\n")
        self.assertNotIn("planted", run(".ci/check-mistakes", cwd=self.tree).stdout)

    def test_mistakes_catches_what_no_text_file_may_hold(self):
        self.plant("docs/planted.md", "TO" "DO: later\n/wo" "rk/x\nsee /ho" "me/me\nblank \n")
        self.assert_caught("check-mistakes", *(f"docs/planted.md:{line}: " for line in range(1, 5)))

    def test_mistakes_catches_oversize_files_and_functions(self):
        self.plant("daemon/long.cc", self.HEADER + "int x;\n" * 400)
        self.plant("daemon/long.h", self.HEADER + "int x;\n" * 150)
        self.plant("daemon/deep.cc", self.HEADER + "int F(int a) {\n" + "  a++;\n" * 40 + "}\n")
        self.assert_caught("check-mistakes", "daemon/long.cc: 401 lines", "daemon/long.h: 151 lines",
                           "daemon/deep.cc:2: function of 41 lines")

    def test_mistakes_catches_a_missing_licence_line_a_tab_and_a_missing_test(self):
        self.plant("policy/base/planted.cc", "int\tx;\n")
        self.assert_caught("check-mistakes", "policy/base/planted.cc:1: tab",
                           "policy/base/planted.cc:1: the first lines lack",
                           "policy/base/planted.cc: no tests/policy/planted_test.cc")

    def test_mistakes_catches_a_test_that_is_never_run(self):
        for path in ("tests/policy/planted_test.cc", "tests/e2e/planted_test.py", "fuzz/planted_fuzz.cc"):
            self.plant(path, "")
        self.assert_caught("check-mistakes", "tests/policy/planted_test.cc: no CMake",
                           "tests/e2e/planted_test.py: no CMake", "fuzz/planted_fuzz.cc: no CMake")

    def test_format_catches_another_layout(self):
        self.plant("policy/base/planted.cc", self.HEADER + "int   x ;\n")
        self.assert_caught("check-format", "planted.cc:2")

    def test_docs_catches_an_attribute_or_option_that_the_manual_lacks_or_invents(self):
        def edit(path, old, new):
            text = (self.tree / path).read_text()
            self.assertIn(old, text)
            (self.tree / path).write_text(text.replace(old, new, 1))
        edit("policy/service/attribute_table.cc", '{"umask",', '{"umusk",')
        edit("docs/man/posternd.8", ".It Fl reuse", ".It Fl rescue")
        self.assert_caught("check-docs", "posternd.conf.5: differs", "option reuse is not documented",
                           "option rescue does not exist")
        subprocess.run([".ci/check-docs", "--fix"], cwd=self.tree, check=False, capture_output=True)
        self.assertIn("umusk", (self.tree / "docs/man/posternd.conf.5").read_text())

    def test_docs_catches_a_mistake_in_the_markup_and_a_path_that_does_not_exist(self):
        self.plant("docs/man/posternd.8", ".Bl -tag\n")
        self.plant("docs/privsep.md", "See `daemon/planted`.\n")
        self.assert_caught("check-docs", "posternd.8", "docs/privsep.md: daemon/planted does not exist")

    def test_scripts_catches_an_unquoted_variable_and_a_syntax_error(self):
        self.plant("bench/planted.sh", "#!/bin/sh\nrm $1\n")
        self.plant("bench/planted.py", "def f(:\n")
        self.assert_caught("check-scripts", "planted.sh", "planted.py")


if __name__ == "__main__":
    unittest.main()
