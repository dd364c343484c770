#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# What cannot be executed is told by its own name. For a line that names tcpd, which posternd starts without tcpd where
# addresses decide, the log named tcpd, which was there and had not been tried.
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402

SANDBOXES = {"none": 20001, "standard": 20002}


class NamedProgram(lab_case.LabCase):
    def test_the_log_names_what_could_not_be_executed(self):
        tcpd = self.lab.script("tcpd", "exit 1\n")
        conf = lab_case.DEFAULTS
        for sandbox, port in SANDBOXES.items():
            gone = self.lab.script(f"gone-{sandbox}", "exit 0\n")
            conf += lab_case.entry(sandbox, port, f"server = {tcpd}", "flags = NAMEINARGS", f"server_args = {gone}") \
                .replace("sandbox = none", f"sandbox = {sandbox}")
        daemon = self.start(conf)
        for sandbox, port in SANDBOXES.items():
            os.remove(self.lab.path(f"gone-{sandbox}"))
            self.assertEqual(self.ask(port, timeout=20), "closed")
            told = f"{sandbox}: execve {self.lab.path(f'gone-{sandbox}')} failed: No such file or directory"
            self.assertTrue(netlab.wait_until(lambda: daemon.logged(told)), daemon.log())


if __name__ == "__main__":
    lab_case.main()
