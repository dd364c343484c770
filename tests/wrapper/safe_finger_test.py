# SPDX-License-Identifier: BSD-2-Clause
"""safe_finger, Debian's and ours, around the same finger: what it is given, what comes through, how it ends."""
import pathlib
import random
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import netlab  # noqa: E402
import unpacked  # noqa: E402
import wrapped  # noqa: E402

PROGRAMS = ("/usr/sbin/safe_finger", str(wrapped.BIN / "safe_finger"))
FINGER = pathlib.Path("/usr/bin/finger")
ANSWER = pathlib.Path("/run/wrapped/answer")
COPIES = "#!/bin/sh\ncat /run/wrapped/answer\nexit ${FINGER_STATUS:-0}\n"


class SafeFinger(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.finger(COPIES)

    def finger(self, text):
        FINGER.write_text(text)
        FINGER.chmod(0o755)

    def run_one(self, program, *arguments, answer=b"", **env):
        ANSWER.write_bytes(answer)
        ANSWER.chmod(0o644)
        return subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              env={"PATH": "/nowhere", "KEPT": "yes", **env}, check=False)

    def both(self, *arguments, **options):
        """(status, output, errors) of both, which must be equal."""
        seen = []
        for program in PROGRAMS:
            result = self.run_one(program, *arguments, **options)
            seen.append((result.returncode, result.stdout, result.stderr))
        self.assertEqual(seen[1], seen[0])
        return seen[0]

    def test_141_long_lines_are_broken_and_escapes_shown(self):
        status, text, _ = self.both(answer=b"a" * 300 + b"\n\x1b[2J \\ \t\x80\n\nend")
        self.assertEqual(status, 0)
        self.assertEqual(text, b" " + b"a" * 127 + b"\\\n " + b"a" * 127 + b"\\\n " + b"a" * 46 + b"\n"
                         b" \\033[2J \\\\ \t\\200\n\n end")

    def test_whatever_is_said_comes_out_alike(self):
        chance = random.Random(7)
        for _ in range(25):
            pieces = [chance.choice((b"a" * chance.randrange(140), b"\n", b"\\", b"\x1b", b"\r\n", b"\xc3\xa9", b"\t", b"\0"))
                      for _ in range(chance.randrange(200))]
            self.both(answer=b"".join(pieces))

    def test_too_much_is_cut_and_that_is_said(self):
        _, text, _ = self.both(answer=b"abc\n" * 30000)
        self.assertTrue(text.endswith(b"\n\n\n Input truncated to 100000 bytes...\n"))
        self.both(answer=b"x" * 100000)
        self.both(answer=b"x" * 100001)

    def test_the_status_is_fingers(self):
        self.assertEqual(self.both(FINGER_STATUS="0")[0], 0)
        self.assertEqual(self.both(FINGER_STATUS="3")[0], 1)

    def test_finger_is_nobody_and_finds_a_path_of_its_own(self):
        self.finger("#!/bin/sh\nid -u\nid -g\nid -G\necho \"$PATH $KEPT\"\necho \"$*\"\n")
        status, text, _ = self.both("-l", "@host; id")
        self.assertEqual((status, text), (0, b" 65534\n 65534\n 65534\n /bin:/usr/bin:/sbin:/usr/sbin yes\n -l @host; id\n"))

    def test_without_a_finger(self):
        FINGER.unlink()
        self.assertEqual(self.both(), (1, b"", b"finger: No such file or directory\n"))

    def test_one_that_goes_on_for_ever_is_not_waited_for(self):
        self.finger("#!/bin/sh\nyes\n")
        begun = time.monotonic()
        result = self.run_one(PROGRAMS[1])
        self.assertIn(b"Input truncated", result.stdout)
        self.assertLess(time.monotonic() - begun, 20)


if __name__ == "__main__":
    with netlab.Lab() as _lab:
        unpacked.install()
        wrapped.prepare(_lab)
        unittest.main(verbosity=2)
