#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# `rlimit_nproc = 1` started nothing in a sandbox: the zygote is a process of the user as well, and its own limit kept it
# from making the one that was meant.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402

SANDBOXES = {"baseline": 20001, "standard": 20002, "strict": 20003}
FIRST_UID = 54340


class OneProcess(lab_case.LabCase):
    def test_a_limit_of_one_process_leaves_room_for_the_zygote(self):
        # A user for each, since the kernel counts all processes of one.
        users = "".join(f"{name}:x:{FIRST_UID + number}:{FIRST_UID}::/nonexistent:/usr/sbin/nologin\n"
                        for number, name in enumerate(SANDBOXES))
        self.lab.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n" + users)
        conf = lab_case.DEFAULTS
        for name, port in SANDBOXES.items():
            block = lab_case.entry(name, port, "server = /bin/cat", "server_args = /proc/self/limits", "rlimit_nproc = 1")
            conf += block.replace("sandbox = none", f"sandbox = {name}").replace("user = root", f"user = {name}")
        daemon = self.start(conf)
        for name, port in SANDBOXES.items():
            with self.subTest(name):
                limits = [line.split() for line in self.ask(port, timeout=20).splitlines()]
                self.assertIn(["Max", "processes", "1", "1", "processes"], limits, daemon.log())


if __name__ == "__main__":
    lab_case.main()
