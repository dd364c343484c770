# SPDX-License-Identifier: BSD-2-Clause
"""The rows of COMPATIBILITY.md, by their first cell: the differences from xinetd that cases may name."""
import pathlib
import re

PATH = pathlib.Path(__file__).resolve().parents[2] / "COMPATIBILITY.md"
_HEADINGS = {"name", "what"}


def _names():
    found = set()
    for line in PATH.read_text().splitlines():
        row = re.match(r"^\| ([^|]+?) \|", line)
        if row and row[1] not in _HEADINGS and not set(row[1]) <= set("-: "):
            found.add(row[1])
    return found


DIFFERENCES = _names()

# Rows that no case asserts as a difference, and why.
_NOT_A_CASE = {
    "duplicate-port": "the client sees the same (case 29); which line the error names is a unit test",
    "include-cycle": "the client sees the same (case 27)",
    "exit-status": "asserted with bad-defaults (cases 15 and 16)",
    "failed-control": "a unit test of the launch",
    "removed-builtins": "the client sees the same (case 69)",
    "rpc": "the client sees the same (case 108)",
    "redirect-addresses": "a unit test of the relay",
    "suid-dumpable": "a setting of the whole machine, which no test may change",
    "address-domain": "unit tests of the access list, as long as no name is looked up",
    "names-mapped": "as long as no name is looked up, names-denied decides (case 33)",
    "sensor-expiry": "a unit test of the deny list, with its own clock",
    "userid": "the client sees the same",
    "ident-injection": "unit tests of the log",
    "crash": "not to be provoked from outside",
    "child limits": "xinetd does not know them; the end-to-end tests of inetd.conf do",
    "bad-no-access-word": "asserted by fail_open_test.py (3)",
    "tcpmux": "the end-to-end tests of inetd.conf; the builtin itself is case 62",
    "IPsec": "the client sees the same (case 102p)",
    "over the limit of `nowait.N`": "asserted with starts per minute (case 102e)",
    "`tcp6`": "asserted with families (case 102g)",
}


def unasserted(cases):
    """Rows of COMPATIBILITY.md that neither a case nor the table above accounts for."""
    asserted = {case.posternd.entry for case in cases}
    return sorted(DIFFERENCES - asserted - set(_NOT_A_CASE)) + sorted(
        f"{name} (no such row)" for name in set(_NOT_A_CASE) - DIFFERENCES)
