# SPDX-License-Identifier: BSD-2-Clause
"""Cases 61 and 62: services that are reached by their name (RFC 1078)."""
import time

from suite import Case, Differs, defaults, internal, netlab, program, service

MUX = internal("tcpmux", without=["user"])
PLUS = "type = TCPMUXPLUS UNLISTED"
TCPMUX = "type = TCPMUX UNLISTED"
UNKNOWN = "-Service name not found\r\n"


def mux(target, *pieces):
    """What a client sees that sends these pieces, a moment apart."""
    def observe(trial):
        trial.start(defaults() + MUX + target)
        with trial.lab.connect(20001) as client:
            for piece in pieces:
                try:
                    client.send(piece)
                except (ConnectionResetError, BrokenPipeError):
                    return "closed"
                time.sleep(0.2 if len(pieces) > 1 else 0)
            # A reset, because something was left unread, shows the client no more than a close does.
            return client.read_all().decode()
    return observe


def refused(trial):
    """A client whom the target's own rules refuse."""
    trial.start(defaults() + MUX + service("m1", TCPMUX, "only_from = 10.0.0.1", without=["port"]))
    seen = netlab.ask(20001, b"m1\r\n")
    return [seen, [r for r in trial.records("FAIL", "START") if " m1 " in r]]


M1 = service("m1", TCPMUX, without=["port"])
NORMAL = service("normal", port=20002)

CASES = [
    Case("61", "TCPMUXPLUS as another user",
         mux(program("m5", "/usr/bin/id", PLUS, "server_args = -u", "user = daemon", without=["port"]), b"m5\r\n"),
         "+Go\r\n\x001\n", Differs("tcpmux-reply", "+Go\r\n1\n")),
    Case("62a", "TCPMUX", mux(M1, b"m1\r\n"), "hello\n"),
    Case("62b", "a name in upper case", mux(M1, b"M1\r\n"), "hello\n"),
    Case("62c", "a target without UNLISTED", mux(service("m1", "type = TCPMUX", without=["port"]), b"m1\r\n"),
         UNKNOWN + "\0", Differs("tcpmux-reply", UNKNOWN)),
    Case("62d", "the name of an ordinary service", mux(NORMAL, b"normal\r\n"), UNKNOWN + "\0",
         Differs("tcpmux-reply", UNKNOWN)),
    Case("62e", "a name that nobody has", mux(M1, b"nobody\r\n"), UNKNOWN + "\0", Differs("tcpmux-reply", UNKNOWN)),
    Case("62f", "help", mux(M1 + service("m2", PLUS, without=["port"]), b"help\r\n"), UNKNOWN + "\0",
         Differs("tcpmux-name", "m1\r\nm2\r\n")),
    Case("62g", "a bare LF", mux(M1, b"m1\n"), "", Differs("tcpmux-name", "hello\n")),
    Case("62h", "data behind the name", mux(program("m1", "/usr/bin/head", TCPMUX, "server_args = -c 5", without=["port"]),
                                            b"m1\r\nEXTRA"), "", Differs("tcpmux-name", "EXTRA")),
    Case("62i", "a name in two pieces", mux(M1, b"m", b"1\r\n"), "", Differs("tcpmux-name", "hello\n")),
    Case("62j", "a target that refuses its client", refused, ["closed", []],
         Differs("tcpmux-target", ["closed", ["FAIL m1 address from=127.0.0.1"]])),
    Case("62k", "a name that never ends", mux(M1, b"x" * 5000), ""),
]
