# SPDX-License-Identifier: BSD-2-Clause
"""libwrap.so.0 beside Debian's: the symbols and their sizes, what it needs, and what a compiled program sees."""
import pathlib
import re
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests" / "testlib"))
import netlab  # noqa: E402
import unpacked  # noqa: E402
import wrapped  # noqa: E402

OURS = wrapped.LIB / "libwrap.so.0"
DEBIANS = next(netlab.PEERS.glob("usr/lib/*/libwrap.so.0"))


def output(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=120, **options).stdout


def exported(library):
    """{name: (kind, binding, size)}; a function's size is nobody's business."""
    found = {}
    for line in output("readelf", "--dyn-syms", "-W", str(library)).splitlines():
        words = line.split()
        if len(words) == 8 and words[0] != "Num:" and words[6] != "UND" and words[4] in ("GLOBAL", "WEAK"):
            size = int(words[2]) if words[3] == "OBJECT" else 0
            found[words[7]] = (words[3], words[4], size)
    return found


def dynamic(library, tag):
    return re.findall(rf"\({tag}\).*?\[(.*)\]", output("readelf", "-dW", str(library)))


class Abi(unittest.TestCase):
    maxDiff = None

    def test_the_forty_symbols_with_their_sizes_and_no_other(self):
        ours = exported(OURS)
        self.assertEqual(len(ours), 40)
        self.assertEqual(ours, exported(DEBIANS))

    def test_the_name_is_debians_and_no_symbol_has_a_version(self):
        self.assertEqual(dynamic(OURS, "SONAME"), dynamic(DEBIANS, "SONAME"))
        self.assertNotIn("VERDEF", output("readelf", "-dW", str(OURS)))

    def test_it_needs_the_c_library_alone(self):
        self.assertLessEqual({name.split(".so")[0] for name in dynamic(OURS, "NEEDED")}, {"libc", "ld-linux-x86-64"})

    def test_every_access_to_exported_data_can_be_redirected(self):
        # Copies in the program (socat) or definitions of its own (nearly all) must be what the library uses.
        relocated = output("readelf", "-rW", str(OURS))
        for name, (kind, _, _) in exported(OURS).items():
            if kind == "OBJECT" and name not in ("paranoid",):  # not used inside
                self.assertRegex(relocated, rf"(GLOB_DAT|R_X86_64_64|ABS64)\s+\S+ {name} ")

    def test_the_stack_is_not_executable_and_addresses_are_bound_at_start(self):
        self.assertRegex(output("readelf", "-lW", str(OURS)), r"GNU_STACK.*RW ")
        self.assertIn("NOW", output("readelf", "-dW", str(OURS)))


class Compiled(unittest.TestCase):
    maxDiff = None

    def compile(self, header, name):
        program = f"{_lab.folder}/{name}"
        subprocess.run(["cc", "-O1", "-w", f"-I{header}", str(HERE / "probe.c"), "-o", program, str(DEBIANS),
                        "-Wl,--allow-shlib-undefined"], check=True, timeout=120)
        return program

    def transcript(self, program, side):
        folder = pathlib.Path(_lab.folder, "work")
        folder.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
        result = subprocess.run([program], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=60, env=wrapped.environment(side), check=False)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout[-500:])
        self.assertIn("exit functions run", result.stdout)
        return result.stdout, [(priority, text) for priority, _, text in wrapped.new_log()]

    def test_a_program_compiled_for_debians_library_sees_the_same_of_ours(self):
        program = self.compile(netlab.PEERS / "usr/include", "probe")
        debians, debians_log = self.transcript(program, wrapped.DEBIAN)
        ours, ours_log = self.transcript(program, wrapped.MIXED)
        self.assertGreater(debians.count("\n"), 60)
        self.assertEqual(ours.splitlines(), debians.splitlines())
        self.assertEqual(ours_log, debians_log)

    def test_a_program_compiled_with_our_header_is_the_same_program(self):
        _, with_debians = self.compile(netlab.PEERS / "usr/include", "probe"), None
        program = self.compile(ROOT / "wrapper/libwrap", "probe_ours")
        self.assertEqual(self.transcript(program, wrapped.MIXED),
                         self.transcript(f"{_lab.folder}/probe", wrapped.MIXED))

    def test_our_header_is_clean_c_and_cxx(self):
        use = '#include <tcpd.h>\n#include <string.h>\n#include <strings.h>\nint allow_severity, deny_severity;\n' \
              'int main(void) { struct request_info r; request_init(&r, RQ_FILE, 0, 0); sock_host(&r);\n' \
              'return hosts_access(&r) && STR_EQ(eval_hostname(r.client), unknown) && NOT_INADDR("a"); }\n'
        include = f"-I{ROOT / 'wrapper/libwrap'}"
        for compiler, standard, suffix in (("cc", "c99", "c"), ("cc", "c17", "c"), ("c++", "c++98", "cc"),
                                           ("c++", "c++20", "cc")):
            for define in ("-DINET6", "-UINET6"):
                with self.subTest(standard=standard, define=define):
                    source = _lab.write(f"use.{suffix}", use)
                    subprocess.run([compiler, f"-std={standard}", "-D_DEFAULT_SOURCE", define, "-Wall", "-Wextra",
                                    "-Werror", "-fsyntax-only", include, source], check=True, timeout=60)


if __name__ == "__main__":
    with netlab.Lab() as _lab:
        unpacked.install()
        wrapped.prepare(_lab)
        unittest.main(verbosity=2)
