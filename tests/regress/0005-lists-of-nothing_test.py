#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A zygote is under the filter of its service. It made calls that a short list of system calls did not have, and was killed
# for one at the first connection; where the kernel asks it about such calls, it would wait for itself for ever.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import sandboxed  # noqa: E402
from sandboxed import service  # noqa: E402

LISTS = {"short": ("syscalls = exit",), "emptied": ("syscalls -= @start @io @process @stdio-net",),
         "killed": ("syscalls = exit", "namespaces -= pid"),  # by the kernel
         "refused": ("syscalls = exit", "syscall_action = errno")}
CLIENTS = 40


class ListsOfNothing(lab_case.LabCase):
    def test_a_zygote_lives_with_any_list(self):
        ports = {name: 20001 + number for number, name in enumerate(LISTS)}
        daemon = self.start(lab_case.DEFAULTS + "".join(
            service(name, ports[name], "server = /bin/echo", "server_args = hello", *lines)
            for name, lines in LISTS.items()))
        zygotes = {}
        for _ in range(CLIENTS):
            for name, port in ports.items():
                # The loader tells of an errno.
                self.assertRegex(self.ask(port, timeout=20), "^closed$|Operation not permitted", name)
                self.assertEqual(zygotes.setdefault(name, sandboxed.zygote_of(daemon, name)),
                                 sandboxed.zygote_of(daemon, name))
        records = daemon.wait_records(CLIENTS * len(LISTS), kind="EXIT", timeout=20)
        self.assertEqual({(r.id, r.fields.get("signal")) for r in records},
                         {("short", "9"), ("emptied", "9"), ("killed", "31"), ("refused", None)})
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
