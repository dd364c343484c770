#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Configurations in which a control that is written is not in force under xinetd.

One test each, run on both daemons like a conformance case (run.py has the options): the client that the
configuration is meant to keep out is served by xinetd and kept out by posternd.
"""
import sys
import time

import run
from suite import Case, Differs, defaults, internal, service

D = defaults()
SERVED, CLOSED, DOWN = "hello", "closed", "refused"
KEEP_OUT = "127.0.0.1"


def client(conf, port=20001, files=None, args=(), source=KEEP_OUT, to=None):
    """What the client sees that is to be kept out."""
    def observe(trial):
        for path, content in (files or {}).items():
            trial.lab.write(path, content)
        trial.start(conf, *args)
        return trial.ask(port, source=source, to=to)
    return observe


def opened(number, title, observe, entry, closed):
    return Case(number, title, observe, SERVED, Differs(entry, closed))


def _sensor(trial):
    """The client is caught over a dual-stack socket and tries an IPv4 one."""
    trap = internal("trap", "flags = SENSOR", "deny_time = FOREVER")
    trial.start(D + trap + service("a2", "flags = IPv4", port=20002))
    trial.ask(20001)
    time.sleep(0.2)
    return trial.ask(20002)


def _waiting_stream(trial):
    trial.lab.write("accept.py", "import socket\nclient, _ = socket.socket(fileno=0).accept()\nclient.send(b'hello')\n")
    trial.start(D + service("a1", "wait = yes", "no_access = 127.0.0.1", "server = /usr/bin/python3",
                            "server_args = /run/lab/accept.py"))
    return trial.ask()


INETD = {"/etc/services": "alpha 20001/tcp\n", "/etc/inetd.conf": "alpha stream tcp nowait root /bin/echo echo hello\n"}
OTHERS_ONLY = "only_from = 10.0.0.1"

CASES = [
    opened("1a", "disable = no behind a bad no_access",
           client(D + service("a1", "no_access = 127.0.0.1,127.0.0.2", "disable = no")), "held-service", DOWN),
    opened("1b", "a service with a bad limit is listed in enabled",
           client(defaults("enabled = a1") + service("a1", "per_source = none")), "held-service", DOWN),
    opened("1c", "disable = no behind a bad bind listens everywhere",
           client(D + service("a1", "bind = 999.1.1.1", "disable = no")), "held-service", DOWN),
    opened("1d", "a misspelt no_access", client(D + service("a1", "no_acess = 127.0.0.1")), "unknown-attribute", DOWN),
    opened("1e", "a comment behind a limit", client(D + service("a1", "instances = 0 # closed")),
           "trailing-comment", DOWN),
    opened("2a", "a service before defaults with only_from", client(service() + defaults(OTHERS_ONLY)),
           "defaults-order", CLOSED),
    opened("2b", "a service before defaults with no_access", client(service() + defaults("no_access = 127.0.0.1")),
           "defaults-order", CLOSED),
    opened("2c", "only_from of defaults and inetd.conf",
           client(defaults(OTHERS_ONLY), files=INETD, args=["-inetd_compat"]), "defaults-inetd", CLOSED),
    opened("3", "a word of no_access that is no address", client(D + service("a1", "no_access = 127.0.0.1/x")),
           "bad-no-access-word", DOWN),
    opened("4", "no_access on a waiting stream service", _waiting_stream, "wait-stream-rules", DOWN),
    opened("5a", "a service called logging", client(D + service("logging", OTHERS_ONLY)), "reserved-names", CLOSED),
    opened("5b", "a service called intercept", client(D + service("intercept", OTHERS_ONLY)), "reserved-names", CLOSED),
    opened("6", "bind = 127.0.0.1 with flags = IPv6, from elsewhere",
           client(D + service("a1", "bind = 127.0.0.1", "flags = IPv6"), source="::1"), "bind-family", DOWN),
    opened("7", "no_access = ::1/128", client(D + service("a1", "no_access = ::1/128"), source="::1"),
           "address-v6-host", CLOSED),
    opened("8", "a client that names itself, with only_from = .example.com",
           client(D + service("a1", "only_from = .example.com", "flags = IPv4"),
                  # The name is another host's, whose address does not point back.
                  files={"/etc/hosts": "127.0.0.9 other.example.org attacker.example.com\n"
                                       "127.0.0.1 attacker.example.com\n"}), "names-confirmed", CLOSED),
    opened("9", "IDONLY without USERID", client(D + service("a1", "flags = IDONLY")), "idonly", CLOSED),
    opened("10", "v6only = yes in defaults, over IPv4", client(defaults("v6only = yes") + service()), "v6only", DOWN),
    opened("11", "a client that a sensor caught, on an IPv4 service", _sensor, "sensor-canonical", CLOSED),
    Case("12", "only_from that is more specific than no_access, which both close",
         client(D + service("a1", "only_from = 127.0.0.1", "no_access = 127.0.0.0/8")), CLOSED),
    opened("14", "a second service with the id of a restricted one",
           client(D + service("a1", OTHERS_ONLY) + service("a2", "id = a1", port=20002), port=20002),
           "duplicate-id", DOWN),
]

if __name__ == "__main__":
    sys.exit(run.main(CASES))
