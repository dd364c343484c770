#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A /proc or /sys of a chroot below /srv, /var or a listed path came into every sandbox as it was: a service of root's wrote
# the kernel's parameters there, core_pattern above all, in `strict` as well; and any service saw the host's processes.
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import namespaces  # noqa: E402

SANDBOXES = {"standard": 20001, "strict": 20002}

# What was there is written again.
TRIES = """cd /srv/chroot
ls proc | grep -c '^[0-9]'
(cat /proc/sys/kernel/core_pattern >proc/sys/kernel/core_pattern) 2>&-
echo $?
(cat /sys/kernel/profiling >sys/kernel/profiling) 2>&-
echo $?
(echo x >file) && cat file
"""


class KernelBelowData(lab_case.LabCase):
    def test_the_kernels_files_below_data_are_no_way_out(self):
        namespaces.mount("tmpfs", "/srv", "tmpfs", 0, "mode=755")
        for kind, place in (("proc", "proc"), ("sysfs", "sys")):
            os.makedirs(f"/srv/chroot/{place}")
            namespaces.mount(kind, f"/srv/chroot/{place}", kind)
        program = self.lab.script("tries", TRIES)
        conf = lab_case.DEFAULTS
        for name, port in SANDBOXES.items():
            block = lab_case.entry(name, port, f"server = {program}", "read_write_paths = /srv/chroot")
            conf += block.replace("sandbox = none", f"sandbox = {name}")
        daemon = self.start(conf)
        for name, port in SANDBOXES.items():
            with self.subTest(name):
                processes, parameter, device, text = self.ask(port, timeout=20).split()
                self.assertEqual((processes, text), ("0", "x"), daemon.log())
                self.assertNotEqual(parameter, "0")
                self.assertNotEqual(device, "0")


if __name__ == "__main__":
    lab_case.main()
