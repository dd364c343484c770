# SPDX-License-Identifier: BSD-2-Clause
"""The rows of COMPATIBILITY.md, by their first cell: the differences from xinetd that cases may name.

Those from tcp_wrappers are asserted in tests/wrapper."""
import pathlib
import re

PATH = pathlib.Path(__file__).resolve().parents[2] / "COMPATIBILITY.md"
_HEADINGS = {"name", "what"}


def _names():
    found = set()
    for line in PATH.read_text().partition("\n## tcpd and libwrap")[0].splitlines():
        row = re.match(r"^\| ([^|]+?) \|", line)
        if row and row[1] not in _HEADINGS and not set(row[1]) <= set("-: "):
            found.add(row[1])
    return found


DIFFERENCES = _names()

# Rows that no case asserts as a difference, because a test elsewhere asserts what posternd does: the
# file, and the test's title as it stands there.
_ELSEWHERE = {
    "duplicate-port": ("policy/duplicates_test.cc", "one port without bind belongs to the first service (case 29)"),
    "include-cycle": ("policy/conf_sources_test.cc", "a file that includes itself is an error, by any name (case 27)"),
    "hex-account": ("policy/account_lessons_test.cc",
                    "CVE-2020-13776: 0x0 is no number and no name, even if a name service knows it"),
    "exit-status": ("conformance/cases/parsing.py", "a bad value in defaults"),
    "failed-control": ("sandbox/launch_test.cc", "A limit that cannot be set keeps the program from running"),
    "fork-retry": ("daemon/sessions_test.cc", "A sandbox without a process to spare refuses its client at once"),
    "removed-builtins": ("policy/check_kind_test.cc", "removed and unknown built-ins are named as such (case 69)"),
    "rpc": ("policy/check_kind_test.cc", "RPC services are refused with a way out (case 108)"),
    "redirect-addresses": ("daemon/relay_redirect_test.cc", "a dead address is passed over for the next one"),
    "address-domain": ("policy/access_list_test.cc", "a name is found by itself or by a domain above it"),
    "sensor-expiry": ("policy/deny_list_test.cc", "a repeated hit extends an entry and never shortens it"),
    "userid": ("policy/check_admission_test.cc",
               "USERID is left out, and IDONLY refused, where nobody's user could be asked for"),
    "libwrap-untold": ("policy/hosts_evaluate_test.cc", "a name that nobody could tell grants nothing and evades nothing"),
    "ident-injection": ("daemon/record_test.cc", "A forged line end in any text field stays inside its line"),
    "child limits": ("policy/inetd_drafts_test.cc", "rate and child limits of the dialects are kept (case 102)"),
    "bad-no-access-word": ("conformance/fail_open_test.py", "a word of no_access that is no address"),
    "tcpmux": ("policy/inetd_drafts_test.cc",
               "built-in services are called by name and kind, tcpmux too (cases 102, 104)"),
    "IPsec": ("conformance/cases/inetd.py", "an IPsec policy"),
    "over the limit of `nowait.N`": ("conformance/cases/inetd.py", "nowait.5"),
    "`tcp6`": ("conformance/cases/inetd.py", "tcp6"),
}

# Rows that no test asserts, and why.
_NOT_TESTED = {
    "suid-dumpable": "a setting of the whole machine, which no test may change",
    "crash": "not to be provoked from outside",
}


def _missing_tests():
    for row, (file, title) in _ELSEWHERE.items():
        path = PATH.parent / "tests" / file
        if not path.is_file() or f'"{title}"' not in path.read_text():
            yield f"{row} (no test {title!r} in tests/{file})"


def unasserted(cases):
    """Rows of COMPATIBILITY.md that neither a case nor the tables above account for."""
    asserted = {case.posternd.entry for case in cases}
    listed = set(_ELSEWHERE) | set(_NOT_TESTED)
    return sorted(DIFFERENCES - asserted - listed) + sorted(_missing_tests()) + sorted(
        f"{name} (no such row)" for name in listed - DIFFERENCES)
