#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# While it was learned, a service whose process took the name of its zygote (PR_SET_NAME) made the calls that are always
# denied: whoever has that name is on its way to the program, and was let through unjudged.
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402

PORT = 20001
POSTERN = netlab.POSTERND.with_name("postern")

# prctl(PR_SET_NAME, …), and in a child unshare(CLONE_NEWUSER).
TAKES_THE_NAME = """import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(15, b"postern-zygote", 0, 0, 0)
child = os.fork()
if child == 0:
    os._exit(7 if libc.unshare(0x10000000) == 0 else 8)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class LearnedByName(lab_case.LabCase):
    def test_the_name_of_the_zygote_gets_a_service_nothing(self):
        program = self.lab.script("name.py", TAKES_THE_NAME, "/usr/bin/python3")
        block = lab_case.entry("named", PORT, f"server = {program}")
        self.lab.write("main.conf", lab_case.DEFAULTS + block.replace("sandbox = none", "sandbox = standard")
                       .replace("user = root", "user = nobody"))
        with open(self.lab.path("err"), "wb") as err:
            learning = subprocess.Popen([str(POSTERN), "profile", "-f", self.lab.path("main.conf"), "named", "--connections",
                                         "1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err,
                                        env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, cwd=self.lab.folder, text=True)
        try:
            self.assertTrue(netlab.wait_listening(PORT, 20))
            self.assertEqual(self.ask(PORT, timeout=30), "-9\n")
            printed, _ = learning.communicate(timeout=60)
            self.assertIn("# always denied: unshare, tried once", printed)
        finally:
            learning.kill()
            learning.communicate()


if __name__ == "__main__":
    lab_case.main()
