#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Without a pid namespace a service could kill its own zygote, which has the same user, and went on: counted in no limit,
# ended by no max_lifetime, and with an EXIT record that said it was over. What a lost zygote leaves behind is killed.
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402

PORT = 20001


class KilledZygote(lab_case.LabCase):
    def test_who_kills_the_zygote_ends_with_it(self):
        program = self.lab.script("server", "echo $$; read -r line; kill -9 $PPID; exec sleep 600\n")
        block = lab_case.entry("victim", PORT, f"server = {program}")
        block = block.replace("sandbox = none", "sandbox = baseline").replace("user = root", "user = nobody")
        daemon = self.start(lab_case.DEFAULTS + block)
        client = self.lab.connect(PORT, timeout=20)
        pid = int(client.read_line())
        self.assertTrue(netlab.alive(pid))
        client.send(b"\n")
        self.assertEqual([r.kind for r in daemon.wait_records(2, timeout=20)], ["START", "EXIT"])
        self.assertTrue(netlab.wait_until(lambda: not netlab.alive(pid), timeout=10))
        client.close()
        self.assertTrue(self.lab.connect(PORT, timeout=20).read_line())
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
