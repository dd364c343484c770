#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A process of the service's user stopped its zygote: clients hung for ever, and their sessions counted for ever. A zygote that
# answers nothing for 20 seconds is killed, the clients have a FAIL record, and the next one gets another zygote.
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import netlab  # noqa: E402

CONFINED = 20001


def confined(name, port):
    block = lab_case.entry(name, port, "server = /bin/cat", "server_args = -")
    return block.replace("sandbox = none", "sandbox = standard").replace("user = root", "user = nobody")


class StoppedZygote(lab_case.LabCase):
    def test_it_is_given_up_and_another_takes_its_place(self):
        daemon = self.start(lab_case.DEFAULTS + confined("victim", CONFINED))
        with self.lab.connect(CONFINED, timeout=20) as client:
            self.assertTrue(lab_case.answers(client))
        self.assertTrue(daemon.wait_records(1, kind="EXIT"))
        zygote, = [pid for pid in daemon.children()
                   if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("postern-zygote")]
        subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "kill", "-STOP", str(zygote)],
                       check=True, timeout=10)
        with self.lab.connect(CONFINED) as held_up:
            self.assertEqual(held_up.read_all(timeout=60), b"")
        self.assertTrue(daemon.logged("it does not answer"), daemon.log())
        self.assertIn("FAIL", [record.kind for record in daemon.wait_records(3, timeout=20)])
        self.assertTrue(netlab.wait_until(lambda: not netlab.alive(zygote)))
        with self.lab.connect(CONFINED, timeout=20) as client:
            self.assertTrue(lab_case.answers(client))
        self.assert_consistent(daemon)


if __name__ == "__main__":
    lab_case.main()
