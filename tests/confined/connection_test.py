#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# The inherited connection as a way out: an accepted socket belongs to the host's network namespace, whatever namespace
# the service is in. Unconfined, it can be led to another service of the host, and made a listener there.
import select

import confined_case
import netlab
from confined_case import NONE_ROOT, NONE_USER


class Connection(confined_case.ConfinedCase):
    def let_loose(self, setting, act):
        self.serve(setting)
        instance = confined_case.Instance()
        instance.request("acts", **self.world.words, only=act)
        return instance

    def assert_reaches_the_host(self, setting):
        self.let_loose(setting, "final_reconnect").close()
        reached, _ = self.world.listener.accept()
        with netlab.Client(reached, timeout=5) as client:
            self.assertEqual(client.read_line(), b"final_reconnect reached the listener\n")

    def assert_becomes_a_listener(self, setting):
        before = netlab.listening_ports()
        instance = self.let_loose(setting, "final_relisten")
        ports = netlab.wait_until(lambda: {port for _, port in netlab.listening_ports() - before} - {confined_case.PORT})
        self.assertEqual(len(ports), 1, "no port was opened")
        self.assertIn("final_relisten serves a port of the host", netlab.ask(ports.pop()))
        instance.close()

    def test_an_unconfined_root_service_leads_its_connection_to_the_host(self):
        self.assert_reaches_the_host(NONE_ROOT)

    def test_an_unconfined_service_leads_its_connection_to_the_host(self):
        self.assert_reaches_the_host(NONE_USER)

    def test_an_unconfined_service_listens_with_its_connection(self):
        self.assert_becomes_a_listener(NONE_USER)

    def test_a_confined_service_keeps_its_connection_and_nothing_more(self):
        for setting in confined_case.CONFINED:
            if setting.profile == "baseline":
                continue  # network = host
            for act in ("final_reconnect", "final_relisten"):
                with self.serving(setting):
                    before = netlab.listening_ports()
                    instance = confined_case.Instance()
                    instance.request("acts", **self.world.words, only=act)
                    # Where connect(2) is there for local sockets, a service can cut its own connection, and no more.
                    self.assertIn(instance.client.read_all().decode(), ("", f"{act} EACCES\nend\n", f"{act} EPERM\nend\n"))
                    self.assertEqual(netlab.listening_ports(), before)
                    self.assertEqual(select.select([self.world.listener], [], [], 0.05)[0], [], "the host was reached")
                    instance.close()


if __name__ == "__main__":
    confined_case.main()
