# SPDX-License-Identifier: BSD-2-Clause
"""Cases 81-90: waiting services and datagrams."""
import contextlib
import socket
import time

from suite import Case, Differs, answers, defaults, internal, netlab, service

D = defaults()
ACCEPT = """
import socket, sys
listener = socket.socket(fileno=0)
listener.settimeout(1.0)
for _ in range(int(sys.argv[1])):
    try:
        connection, _ = listener.accept()
    except TimeoutError:
        break
    connection.sendall(b"hello\\n")
    connection.close()
"""
REPLY = """
import socket, sys
end = socket.socket(fileno=0)
data, peer = end.recvfrom(2048)
end.sendto(b"re:" + data, peer)
"""


def waiting(*lines, clients=1, port=20001, name="a1"):
    return service(name, "wait = yes", "server = /usr/bin/python3", f"server_args = /run/lab/accept.py {clients}",
                   *lines, port=port)


def datagram(*lines, script="reply.py", port=20001):
    return service("a1", "socket_type = dgram", "protocol = udp", "wait = yes", "server = /usr/bin/python3",
                   f"server_args = /run/lab/{script}", *lines, port=port)


def scripts(trial):
    trial.lab.write("accept.py", ACCEPT)
    trial.lab.write("reply.py", REPLY)
    trial.lab.write("deaf.py", "")


def _two_one_shots(trial):
    scripts(trial)
    trial.start(D + waiting())
    seen = [trial.ask(), trial.ask()]
    return [seen, trial.records("START")]


def _one_loop(trial):
    scripts(trial)
    trial.start(D + waiting(clients=2))
    seen = [trial.ask(), trial.ask()]
    return [seen, trial.records("START")]


def access(rule):
    """A waiting stream service with an address rule: who is served, and how many servers were started?"""
    def observe(trial):
        scripts(trial)
        trial.start(D + waiting(rule) + service("a2", port=20002))
        seen = trial.ask()
        starts = len(trial.records("START"))
        return {"served": seen == "hello", "servers": starts > 10, "other": trial.ask(20002)}
    return observe


def _never_accepts(trial):
    """A server that leaves its client in the queue. It is started a bounded number of times."""
    scripts(trial)
    trial.start(D + service("a1", "wait = yes", "server = /bin/true", "cps = 5 3", without=["server_args"]))
    client = trial.lab.connect(20001)
    time.sleep(1.0)
    starts = len(trial.records("START"))
    client.close()
    return [1 <= starts <= 5, trial.daemon.running()]


def _suspended(trial):
    """Refused once by the load; then the limit is taken away."""
    scripts(trial)
    trial.start(D + waiting("max_load = -1"), "-stayalive")
    with contextlib.suppress(ConnectionResetError), trial.lab.connect(20001):
        time.sleep(0.3)  # posternd resets what waits, perhaps before connect(2) has returned
    time.sleep(0.1)
    records = trial.records()
    trial.lab.write("main.conf", D + waiting())
    trial.daemon.reload()
    return [records, trial.ask()]


def _suspended_datagrams(trial):
    scripts(trial)
    trial.start(D + datagram("max_load = -1"), "-stayalive")
    first = netlab.ask_datagram(20001, b"1", timeout=0.5)
    trial.lab.write("main.conf", D + datagram())
    trial.daemon.reload()
    return [first, (netlab.ask_datagram(20001, b"2", timeout=3.0) or b"").decode()]


def _resumes_after_time(trial):
    """Refused by instances while one server runs elsewhere is not possible with wait; -limit is."""
    scripts(trial)
    trial.start(D + waiting() + service("a2", "server = /bin/cat", port=20002, without=["server_args"]),
                "-limit", "1")
    with trial.hold(20002):
        with contextlib.suppress(ConnectionResetError), trial.lab.connect(20001):
            time.sleep(0.3)  # the reset may come before connect(2) returns
    time.sleep(0.3)
    return trial.ask(timeout=6.0)


def sent_at_once(count, port=20001):
    """`count` clients send at once; how many get their own reply?"""
    ends = []
    for number in range(count):
        end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end.connect(("127.0.0.1", port))
        ends.append((end, b"%d" % number))
    for end, data in ends:
        end.send(data)
    deadline = time.monotonic() + 6.0
    replies = 0
    for end, data in ends:
        end.settimeout(max(0.05, min(deadline - time.monotonic(), 6.0 if replies == len(ends) - 1 else 2.5)))
        try:
            replies += end.recv(100) in (data, b"re:" + data)
        except TimeoutError:
            pass
        end.close()
    return replies


def _three_clients(trial):
    scripts(trial)
    trial.start(D + datagram())
    return sent_at_once(3)


def _ten_clients(trial):
    trial.start(D + internal("echo", kind="dgram"))
    # The daemon is stopped meanwhile, so that all ten are queued when it looks.
    trial.daemon.signal(19)
    ends = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(10)]
    for end in ends:
        end.settimeout(0.5)
        end.sendto(b"x", ("127.0.0.1", 20001))
    trial.daemon.signal(18)
    replies = 0
    for end in ends:
        try:
            replies += end.recv(10) == b"x"
        except TimeoutError:
            pass
    return replies


def _pairs_in_turn(trial):
    """Two requests at a time; is every one of them answered?"""
    trial.start(D + internal("echo", "cps = 0 1", kind="dgram"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.connect(("127.0.0.1", 20001))
        end.settimeout(0.1)
        lost = 0
        for _ in range(30):
            end.send(b"x")
            end.send(b"y")
            try:
                end.recv(10)
                end.recv(10)
            except TimeoutError:
                lost += 1
    return "some lost" if lost else "none lost"


def _does_not_read(trial):
    """A server that leaves its datagram in the queue must not be started for ever."""
    scripts(trial)
    trial.start(D + datagram(script="deaf.py"))
    reply = netlab.ask_datagram(20001, timeout=0.5)
    time.sleep(1.2)
    starts = len(trial.records("START"))
    return [reply, 1 <= starts <= 5, trial.daemon.running()]


def _refused_datagram(trial):
    scripts(trial)
    trial.start(D + datagram("only_from = 10.0.0.1"))
    reply = netlab.ask_datagram(20001, timeout=0.6)
    return [reply, trial.records()]


def _refused_again(trial):
    """One source port is refused twice within a minute."""
    scripts(trial)
    trial.start(D + datagram("only_from = 10.0.0.1"))
    for _ in range(2):
        netlab.ask_datagram(20001, source_port=40001, timeout=0.5)
    return len(trial.records("FAIL"))


def _datagram_rate(trial):
    trial.start(D + internal("echo", "cps = 3 5", kind="dgram"))
    for _ in range(6):
        netlab.ask_datagram(20001, timeout=0.15)
        time.sleep(0.05)  # xinetd throws away what arrives right behind its reply
    trial.settle()
    return len(trial.daemon.logged("Deactivating service echo"))


NO_WAIT = service("a1", "socket_type = dgram", "protocol = udp")

CASES = [
    Case("81a", "a server that accepts one client is started for each", _two_one_shots,
         [["hello", "hello"], ["START a1 from=<no address>"] * 2]),
    Case("81b", "a server that accepts two clients is started once", _one_loop,
         [["hello", "hello"], ["START a1 from=<no address>"]]),
    Case("82a", "only_from on a waiting stream service", access("only_from = 127.0.0.1"),
         {"served": False, "servers": True, "other": "hello"},
         Differs("wait-stream-rules", {"served": False, "servers": False, "other": "hello"})),
    Case("82b", "no_access on a waiting stream service", access("no_access = 127.0.0.1"),
         {"served": True, "servers": False, "other": "hello"},
         Differs("wait-stream-rules", {"served": False, "servers": False, "other": "hello"})),
    Case("83", "a waiting server that never accepts", _never_accepts, [True, True]),
    Case("84a", "a waiting service after a refusal by load", _suspended,
         [["FAIL a1 load from=<no address>"], "silent"],
         Differs("suspended", [["FAIL a1 load from=<no address>"], "hello"])),
    Case("84b", "a datagram service after a refusal by load", _suspended_datagrams, [None, ""],
         Differs("suspended", [None, "re:2"])),
    Case("84c", "a waiting service after a refusal by -limit", _resumes_after_time, "silent",
         Differs("suspended", "hello")),
    Case("85", "three datagrams at once, one server each", _three_clients, 1, Differs("datagram-drain", 3)),
    Case("86", "a server that does not read its datagram", _does_not_read, [None, True, True]),
    Case("87", "a datagram that only_from refuses", _refused_datagram,
         [None, ["EXIT a1 status=0", "FAIL a1 address from=127.0.0.1", "START a1 from=127.0.0.1"]],
         Differs("refusal-records", [None, ["FAIL a1 address from=127.0.0.1"]])),
    Case("87b", "a datagram source that is refused again at once", _refused_again, 2, Differs("repeated-refusal", 1)),
    Case("88a", "ten queued datagrams to echo", _ten_clients, 1, Differs("datagram-drain", 10)),
    Case("88b", "thirty pairs of datagrams to echo", _pairs_in_turn, "some lost",
         Differs("datagram-drain", "none lost")),
    Case("89", "cps of a datagram service", _datagram_rate, 1),
    Case("90", "an external datagram service that does not wait", answers(D + NO_WAIT, complaint=["wait"]),
         {20001: "refused", "complaint": False, "running": True},
         Differs("dgram-nowait", {20001: "refused", "complaint": True, "running": True})),
]
