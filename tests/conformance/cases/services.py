# SPDX-License-Identifier: BSD-2-Clause
"""Cases 79, 107 and 108: what is looked up in /etc/services, what is required, what is refused."""
from suite import Case, Differs, answers, defaults, program, service

D = defaults()
SERVICES = {"/etc/services": "alpha 20001/tcp alphaalias\nalpha 20002/udp\n"}
LISTED = ("type", "port")


def listed(name, *lines, without=LISTED, complaint=None):
    return answers(D + service(name, *lines, without=without), files=SERVICES, complaint=complaint)


def missing(attribute):
    return answers(D + service("a1", without=[attribute]), complaint=["a1", attribute])


def confined_by(*defaults_lines):
    """NoNewPrivs and Seccomp of a server, as the kernel has them."""
    def observe(trial):
        trial.start(defaults(*defaults_lines) + program("a1", "/bin/cat", "server_args = /proc/self/status"))
        lines = dict(line.split(":\t") for line in trial.ask().splitlines() if ":\t" in line)
        return [lines["NoNewPrivs"], lines["Seccomp"]]
    return observe


UP = {20001: "hello", "running": True}
DOWN = {20001: "refused", "running": True}
DOWN_WITH_ERROR = {20001: "refused", "complaint": True, "running": True}
RPC = ("type = RPC UNLISTED", "rpc_version = 1-2", "rpc_number = 600100001")

CASES = [
    Case("79", "IDONLY without USERID", answers(D + service("a1", "flags = IDONLY")), UP,
         Differs("idonly", {20001: "closed", "running": True})),
    Case("107a", "a name of /etc/services", listed("alpha"), UP),
    Case("107b", "an alias of /etc/services", listed("alphaalias"), UP),
    Case("107c", "a listed service with its own port", listed("alpha", "port = 20001", without=["type"]), UP),
    Case("107d", "a listed service with another port", listed("alpha", "port = 20003", without=["type"],
                                                             complaint=["alpha", "port"]), DOWN_WITH_ERROR),
    Case("107e", "a name that is not in /etc/services", listed("omega", complaint=["omega"]), DOWN_WITH_ERROR),
    Case("107f", "the protocol follows from the socket type", listed("alpha", without=(*LISTED, "protocol")), UP),
    Case("107g", "the socket type follows from the protocol", listed("alpha", without=(*LISTED, "socket_type")), UP),
    Case("107h", "neither", listed("alpha", without=(*LISTED, "socket_type", "protocol"), complaint=["alpha"]),
         DOWN_WITH_ERROR),
    Case("107i", "no wait", missing("wait"), DOWN_WITH_ERROR),
    Case("107j", "no user", missing("user"), DOWN_WITH_ERROR),
    Case("107k", "no server", missing("server"), DOWN_WITH_ERROR),
    Case("107l", "an unlisted service without a port", missing("port"), DOWN_WITH_ERROR),
    Case("107m", "an unlisted service without a protocol", answers(D + service("a1", without=["protocol"])), UP),
    Case("107n", "an unknown flag", answers(D + service("a1", "flags = REUSE SHINY")), DOWN),
    Case("107o", "an unknown type", answers(D + service("a1", "type = SHINY")), DOWN),
    Case("107p", "a port above 65535", answers(D + service("a1", "port = 65536")), DOWN),
    Case("107q", "a hexadecimal port", answers(D + service("a1", "port = 0x4e21")), DOWN),
    Case("107r", "REUSE", answers(D + service("a1", "flags = REUSE")), UP),
    Case("108a", "an RPC service without a portmapper",
         answers(D + service("a1", *RPC, without=["port"]) + service("a2", "server_args = second", port=20002), 20002,
                 complaint=["a1"]), {20002: "second", "complaint": True, "running": True}),
    Case("108b", "an RPC service without a number",
         answers(D + service("a1", *RPC[:2], without=["port"]), complaint=["a1", "rpc"]), DOWN_WITH_ERROR),
    Case("108c", "RPC versions in the wrong order",
         answers(D + service("a1", RPC[0], "rpc_version = 4-2", RPC[2], without=["port"]), complaint=["rpc"]),
         DOWN_WITH_ERROR),
    Case("108d", "LABELED", answers(D + service("a1", "flags = LABELED"), complaint=["LABELED"]),
         {20001: "closed", "complaint": False, "running": True}, Differs("labeled", DOWN_WITH_ERROR)),
    Case("108e", "INTERCEPT on a waiting service", answers(D + service("a1", "wait = yes", "flags = INTERCEPT")),
         {20001: "closed", "running": True}, Differs("intercept", DOWN)),
    Case("108f", "a protection that this version cannot enforce",
         answers(D + service("a1", "tls = yes"), complaint=["tls"]), {**UP, "complaint": True},
         Differs("unenforced", DOWN_WITH_ERROR)),
    Case("108g", "a service that says nothing of its sandbox", confined_by(), ["0", "0"],
         Differs("sandbox", ["1", "2"])),
    Case("108h", "sandbox = none", confined_by("sandbox = none"), ["0", "0"],
         Differs("own-filter", ["0", "2"])),
]
