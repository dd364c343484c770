# SPDX-License-Identifier: BSD-2-Clause
# What the check scripts share: which files there are, code without its comments, and the verdict.
#
# The tree is the one the scripts lie in, so that a copy of the project is checked by its own copy.
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHIPPED = ("policy", "sandbox", "wrapper", "daemon")
FOLDERS = SHIPPED + ("tests", "fuzz", "bench", "examples", "docs", "packaging", "cmake", ".ci")
CXX = (".cc", ".h")
# Input of parsers under test: arbitrary bytes on purpose.
NOT_SOURCES = ("fuzz/corpus/", "tests/golden/", "tests/conformance/golden/")


def files(folders=FOLDERS, suffixes=None):
    """Yields each source file's path relative to the root, sorted, e.g. policy/base/result.h."""
    found = []
    for folder in folders:
        for directory, _, names in os.walk(ROOT / folder):
            for name in names:
                path = (pathlib.Path(directory) / name).relative_to(ROOT).as_posix()
                if path.startswith(NOT_SOURCES) or "__pycache__" in path:
                    continue
                if suffixes is None or path.endswith(suffixes):
                    found.append(path)
    if folders is FOLDERS and suffixes is None:
        found += [path.name for path in ROOT.iterdir() if path.is_file() and path.name != "LICENSE"]
    return sorted(found)


def read(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", re.DOTALL)


def code_only(text):
    """C++ with comments and literals blanked out, line numbers kept."""
    def blank(match):
        token = match.group()
        if token.startswith("'") and match.start() and text[match.start() - 1].isalnum():
            return token  # the separator of 1'000'000, not a literal
        return '""' + "\n" * token.count("\n") if token[0] in "\"'R" else "\n" * token.count("\n")
    return _TOKEN.sub(blank, text)


def report(name, problems):
    """Prints the problems and ends the script: exit 1 when there are any."""
    for problem in problems:
        print(problem)
    print(f"{name}: {len(problems)} problem(s)" if problems else f"{name}: ok")
    sys.exit(1 if problems else 0)
