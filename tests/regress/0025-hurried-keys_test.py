#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Hundreds of TLS services with new certificates: as long as postern-keys and postern-tls were still being given them, the
# clients of those services whose turn had not come were refused. Here postern-keys is held until a client waits.
import os
import pathlib
import signal
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
from tls_world import WORLD, context, defaults, dial, echoes, tls_entry, workers  # noqa: E402

PORTS = range(20001, 20301)


class HurriedKeys(lab_case.LabCase):
    def configuration(self, pair):
        return defaults("tls_workers = 1") + "".join(tls_entry(port, name=f"s{port}", pairs=[pair]) for port in PORTS)

    def test_no_client_is_refused_for_keys_that_are_still_to_come(self):
        daemon = self.start(self.configuration(WORLD.a), nofile=8192)
        (worker,) = workers(daemon)
        os.kill(worker.keys, signal.SIGSTOP)
        self.lab.write("main.conf", self.configuration(WORLD.servers.issue("a2", "DNS:a.test")))
        self.assertTrue(daemon.reload(60))
        threading.Timer(0.5, os.kill, (worker.keys, signal.SIGCONT)).start()
        for port in reversed(PORTS):
            with dial(context(), port=port) as client:
                self.assertTrue(echoes(client), port)
        self.assertEqual(workers(daemon)[0][:2], worker[:2])


if __name__ == "__main__":
    lab_case.main(WORLD)
