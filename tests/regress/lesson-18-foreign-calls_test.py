#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Filters of firejail and Docker looked at native calls only: by the 32-bit or the x32 ABI everything could be done. Such a
# call ends the process, in every sandbox.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "confined"))
import confined_case  # noqa: E402


class ForeignCalls(confined_case.ConfinedCase):
    def test_a_call_by_another_abi_ends_the_process(self):
        for setting in confined_case.CONFINED:
            with self.serving(setting):
                for act in ("i386_getpid", "i386_mount", "x32_getpid", "x32_ptrace"):
                    # SIGSEGV: a kernel without the 32-bit ABI.
                    self.assertIn(self.verdict(act), ("SIGSYS", "SIGSEGV"), act)


if __name__ == "__main__":
    confined_case.main()
