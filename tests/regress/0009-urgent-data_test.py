#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# One urgent byte of a client's stopped a redirect, or a program with `network = relay`: splice(2) does not get past it.
# The relay span then, and what came with the client's end of file was lost.
import os
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testlib"))
import lab_case  # noqa: E402
import sandboxed  # noqa: E402

SERVER, FRONT, RELAYED = 20001, 20002, 20003


def processor_time(pid):
    """In seconds."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class UrgentData(lab_case.LabCase):
    def test_what_follows_an_urgent_byte_arrives(self):
        daemon = self.start(lab_case.DEFAULTS + lab_case.entry("server", SERVER, "server = /bin/cat")
                            + lab_case.entry("front", FRONT, f"redirect = 127.0.0.1 {SERVER}")
                            + sandboxed.service("relayed", RELAYED, "server = /bin/cat", "sandbox = standard",
                                                "network = relay"))
        for port in (SERVER, FRONT, RELAYED):
            with self.subTest(port=port), self.lab.connect(port, timeout=20) as client:
                self.assertTrue(lab_case.answers(client))
                client.socket.send(b"!", socket.MSG_OOB)
                self.assertTrue(lab_case.answers(client, b"behind it\n"))
                relay = lab_case.relay_of(daemon)
                before = processor_time(relay)
                time.sleep(0.5)
                self.assertLess(processor_time(relay) - before, 0.1)
                client.socket.send(b"!", socket.MSG_OOB)
                client.send(b"the last\n")
                client.half_close()
                self.assertEqual(client.read_all(), b"the last\n")


if __name__ == "__main__":
    lab_case.main()
