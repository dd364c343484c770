# SPDX-License-Identifier: BSD-2-Clause
"""Cases 65-73: redirections, the builtin services and the sensor."""
import contextlib
import socket
import struct
import threading
import time

from suite import Case, Differs, answers, defaults, internal, looks_like_time, netlab, service

D = defaults()
REDIRECT = service("a1", "redirect = 127.0.0.1 20009", "log_on_success += TRAFFIC", without=("server", "server_args"))


class Backend:
    """The far end of a redirection: greets, reads up to the end or `size` bytes, answers, closes."""

    def __init__(self, size=None):
        self.listener = socket.create_server(("127.0.0.1", 20009))
        threading.Thread(target=self._serve, args=(size,), daemon=True).start()

    def _serve(self, size):
        connection, _ = self.listener.accept()
        # What the daemon does when it closes early is seen at the client's end.
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            connection.sendall(b"welcome\n")
            got = b""
            while size is None or len(got) < size:
                chunk = connection.recv(65536)
                if not chunk:
                    break
                got += chunk
            connection.sendall(b"got %d bytes" % len(got))


def _redirect(trial):
    Backend(size=3)
    trial.start(D + REDIRECT)
    with trial.lab.connect(20001) as client:
        greeting = client.read_line()
        client.send(b"abc")
        reply = client.read_all()
    records = trial.records("TRAFFIC", "EXIT")
    return [greeting.decode(), reply.decode(), records]


def _redirect_to_nobody(trial):
    trial.start(D + REDIRECT)
    return [trial.ask(), netlab.wait_until(lambda: trial.complains("127.0.0.1"), 2.0)]


def _half_close(trial):
    Backend()
    trial.start(D + REDIRECT)
    with trial.lab.connect(20001, timeout=6.0) as client:
        client.read_line()
        client.send(b"x" * 1000)
        client.half_close()
        return client.read_all().decode()


def _much_data(trial):
    Backend(size=3_000_000)
    trial.start(D + REDIRECT)
    with trial.lab.connect(20001, timeout=10.0) as client:
        client.send(b"x" * 3_000_000)
        return client.read_all().decode()


def _echo(trial):
    trial.start(D + internal("echo"))
    with trial.lab.connect(20001) as client:
        client.send(b"one")
        first = client.recv(3)
        client.send(b"two")
        return [first.decode(), client.recv(3).decode()]


def _discard(trial):
    trial.start(D + internal("discard"))
    with trial.lab.connect(20001) as client:
        client.send(b"one" * 1000)
        return client.is_open()


def _chargen(trial):
    """The first 200 lines, which run more than twice through the alphabet."""
    trial.start(D + internal("chargen"))
    data = b""
    with trial.lab.connect(20001) as client:
        while len(data) < 74 * 200:
            data += client.recv()
    lines = data.split(b"\r\n")[:200]
    alphabet = bytes(range(ord("!"), ord("!") + 93)) * 3
    return [all(len(line) == 72 for line in lines), sorted({line in alphabet for line in lines}),
            lines[0].decode(), lines[1][:3].decode(), lines[93] == lines[0]]


def _is_now(data):
    if not isinstance(data, bytes) or len(data) != 4:
        return False
    return abs(struct.unpack("!I", data)[0] - 2208988800 - time.time()) < 3


def _daytime(trial):
    trial.start(D + internal("daytime", without=["user"]))
    return looks_like_time(netlab.ask(20001))


def _time(trial):
    trial.start(D + internal("time", without=["user", "protocol"]))
    return _is_now(netlab.ask(20001).encode("latin-1"))


UDP = D + "".join(internal(name, f"id = {name}-udp", port=port, kind="dgram") for name, port in (
    ("echo", 20001), ("discard", 20002), ("chargen", 20003), ("daytime", 20004), ("time", 20005)))


PAUSE = 0.2  # xinetd throws away what arrives right behind its reply; that is case 88's business


def _datagram_builtins(trial):
    trial.start(UDP)

    def reply(port, data=b"x"):
        return netlab.ask_datagram(port, data)
    return {"echo": reply(20001, b"hello").decode(), "discard": reply(20002), "daytime": looks_like_time(
        reply(20004).decode()), "time": _is_now(reply(20005))}


def _long_datagram(trial):
    trial.start(UDP)
    return len(netlab.ask_datagram(20001, b"x" * 5000))


def _chargen_datagram(trial):
    trial.start(UDP)
    return len(netlab.ask_datagram(20003, b"x") or b"")


def _low_source_ports(trial):
    """Replies to requests that come from the ports of services that would answer them again."""
    trial.start(UDP)
    answered = []
    for port in (7, 19, 40000):
        answered.append(netlab.ask_datagram(20001, b"x", source_port=port, timeout=0.6) is not None)
        time.sleep(PAUSE)
    return answered


SENSOR = "flags = SENSOR"


def sensor(deny_time, *other_lines, knock="127.0.0.1", asking=("127.0.0.1", "127.0.0.2"), sensor_lines=()):
    """Somebody touches the sensor; who is then served by another service?"""
    def observe(trial):
        trap = service("trap", SENSOR + " " + " ".join(sensor_lines), f"deny_time = {deny_time}", "type = INTERNAL UNLISTED",
                       without=("server", "server_args"))
        trial.start(D + trap + service("a2", *other_lines, port=20002))
        touched = trial.ask(20001, source=knock)
        time.sleep(0.2)
        return [touched, trial.admitted(20002, asking)]
    return observe


def _sensor_records(trial):
    trap = service("trap", SENSOR, "deny_time = 1", "type = INTERNAL UNLISTED", without=("server", "server_args"))
    trial.start(D + trap + service("a2", port=20002))
    trial.ask(20001)
    trial.ask(20002)
    return trial.records("FAIL")


def _datagram_sensor(trial):
    trap = internal("trap", SENSOR, "deny_time = FOREVER", kind="dgram")
    trial.start(D + trap + service("a2", port=20002))
    netlab.ask_datagram(20001, timeout=0.3)
    time.sleep(0.2)
    return [trial.admitted(20002, ["127.0.0.1"]), trial.records("FAIL")[:1]]


def redirect_is_down(*lines, **options):
    return answers(D + service("a1", "redirect = 127.0.0.1 20009", *lines, **options))


DOWN = {20001: "refused", "running": True}
NO_SERVER = {"without": ("server", "server_args")}

CASES = [
    Case("65a", "a redirection", _redirect,
         ["welcome\n", "got 3 bytes", ["EXIT a1 status=0", "TRAFFIC a1 in=3(bytes) out=19(bytes)"]]),
    Case("65b", "a redirection to a port where nobody listens", _redirect_to_nobody, ["closed", True]),
    Case("65c", "three megabytes through a redirection", _much_data, "welcome\ngot 3000000 bytes"),
    Case("66", "a client that closes its half", _half_close, "",
         Differs("redirect-half-close", "got 1000 bytes")),
    Case("67a", "a redirection that waits", redirect_is_down("wait = yes", **NO_SERVER), DOWN),
    Case("67b", "a redirection of datagrams",
         redirect_is_down("socket_type = dgram", "protocol = udp", "wait = yes", **NO_SERVER), DOWN),
    Case("67c", "a redirection with NAMEINARGS", redirect_is_down("flags = NAMEINARGS", **NO_SERVER), DOWN),
    Case("67d", "TRAFFIC without a redirection", answers(D + service("a1", "log_on_success += TRAFFIC")), DOWN),
    Case("68a", "echo", _echo, ["one", "two"]),
    Case("68b", "discard", _discard, True),
    Case("68c", "chargen", _chargen,
         [True, [True], bytes(range(ord("!"), ord("!") + 72)).decode(), "\"#$", True]),
    Case("68d", "daytime", _daytime, True),
    Case("68e", "echo, discard, daytime and time by datagram", _datagram_builtins,
         {"echo": "hello", "discard": None, "daytime": True, "time": True}),
    Case("68f", "a long datagram to echo", _long_datagram, 2048, Differs("udp-echo-size", 5000)),
    Case("68g", "one byte to chargen by datagram", _chargen_datagram, 1024, Differs("udp-reflection", 1)),
    Case("68h", "datagrams from the ports of echo and chargen", _low_source_ports, [True, True, True],
         Differs("udp-reflection", [False, False, True])),
    Case("69", "the builtins that were removed",
         answers(D + internal("servers") + internal("services", port=20002) + internal("xadmin", port=20003) +
                 internal("daytime", "id = control", port=20004, without=["user"]), 20001, 20002, 20003,
                 complaint=["internal"]),
         {20001: "refused", 20002: "refused", 20003: "refused", "complaint": True, "running": True}),
    Case("70", "time without a user and a protocol", _time, True),
    Case("71a", "a sensor refuses its client everywhere", sensor("1"), ["closed", ["127.0.0.2"]]),
    Case("71b", "a dual-stack sensor and an IPv4 service", sensor("1", "flags = IPv4"),
         ["closed", ["127.0.0.1", "127.0.0.2"]], Differs("sensor-canonical", ["closed", ["127.0.0.2"]])),
    Case("71c", "the records of a sensor", _sensor_records,
         ["FAIL a2 address from=127.0.0.1", "FAIL trap address from=127.0.0.1"]),
    Case("72a", "deny_time = NEVER", sensor("NEVER"), ["closed", ["127.0.0.1", "127.0.0.2"]]),
    Case("72b", "deny_time = FOREVER", sensor("FOREVER"), ["closed", ["127.0.0.2"]]),
    Case("72c", "a datagram to a sensor", _datagram_sensor, [[], ["FAIL a2 address from=127.0.0.1"]],
         Differs("sensor-udp", [["127.0.0.1"], ["FAIL trap address from=127.0.0.1"]])),
    Case("73", "a client whose address ends in zero",
         sensor("1", "flags = IPv4", knock="127.5.1.0", asking=("127.5.1.0", "127.5.1.77"), sensor_lines=["IPv4"]),
         ["closed", []], Differs("sensor-canonical", ["closed", ["127.5.1.77"]])),
]
