#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measures posternd beside Debian's xinetd, openbsd-inetd and tcpserver, and prints a Markdown table.

All servers run at once inside a private network namespace, on one core; the load comes from the other. They are
measured in turn, in rounds (A B C D A B C D …), the first of which is a warm-up that does not count. What counts are
medians over the rounds of ratios within a round: another program that slows the machine down slows both sides.

Needs root, two cores, the build (POSTERN_BIN) and .ci/fetch-peers (POSTERN_PEERS). Exit 0; 1 when a
client was not answered or a refusal not recorded, or, with --assert, when a target is missed; 2 for a wrong command
line. README.md beside this file has the method.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "testlib"))
import contenders  # noqa: E402
import netlab  # noqa: E402
import report  # noqa: E402
from contenders import BURST_LISTENERS, FIRST_OF_BURST, FIRST_OF_MANY, LOAD_CORE, PORTS  # noqa: E402

# Enough that no server runs out of clients, and no more than fit xinetd's listen queue: a rate is a server's only when
# the server is what everyone waits for.
CONCURRENCY = 64
# Clients that wait when a stopped server is let go: nearly all that xinetd's listen queues hold.
BURST = BURST_LISTENERS * 60
SANDBOXED = ("posternd standard", "posternd strict")
TO_LIBC, TO_REFUSING = 20, 50  # from a server's port to that of its twin with the other service, or that refuses


def memory_kib(pid):
    """{VmRSS, RssAnon}: what ps shows, and the part of it that is not shared with the file of the program."""
    words = (line.split() for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return {w[0].rstrip(":"): int(w[1]) for w in words if w and w[0] in ("VmRSS:", "RssAnon:")}


def zygotes_of(pid):
    """The processes in whose sandboxes posternd's services run, and which wait for them in its place."""
    def name(child):
        try:
            return pathlib.Path(f"/proc/{child}/comm").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return ""  # an instance that has ended
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for child in children if name(child) == "postern-zygote\n"]


def cpu_microseconds(pid):
    """(the server itself, the children it has waited for): time on a processor. The first is exact to the nanosecond
    (proc(5), schedstat), the second to a clock tick (stat, cutime and cstime)."""
    own = children = 0.0
    for part in (pid, *zygotes_of(pid)):
        own += int(pathlib.Path(f"/proc/{part}/schedstat").read_text().split()[0]) / 1000
        words = pathlib.Path(f"/proc/{part}/stat").read_text().rpartition(")")[2].split()
        children += (int(words[13]) + int(words[14])) * 1e6 / os.sysconf("SC_CLK_TCK")
    return own, children


class Work:
    """One thing that is measured: a server, and the load that is put on it."""

    def __init__(self, row, server, process, port, *options):
        self.row, self.server, self.process = row, server, process
        self.records = None  # where the server records each refusal
        self.connections = 0
        self.command = ["taskset", "-c", str(LOAD_CORE), str(contenders.PROGRAMS / "connect_load"),
                        "--port", str(port), *map(str, options)]

    def measure(self, milliseconds):
        before = cpu_microseconds(self.process.pid)
        run = subprocess.run([*self.command, "--milliseconds", str(milliseconds)], capture_output=True, text=True,
                             timeout=60, check=False)
        if run.returncode != 0:
            raise contenders.NotReady(f"{self.row}: {self.server} did not answer: {run.stdout}{run.stderr}")
        result = json.loads(run.stdout)
        if result["failed"]:
            raise contenders.NotReady(f"{self.row}: {self.server} failed {result['failed']} clients: {run.stderr}")
        self.connections += result["connections"]
        own, children = (after - b for after, b in zip(cpu_microseconds(self.process.pid), before))
        result["daemon_cpu_us"] = own / result["connections"]
        result["core_per_second"] = result["connections"] * 1e6 / (own + children)
        return result


def start_services(lab):
    """The work on servers that serve. Memory is read before the first client comes."""
    processes = {name: contenders.start_extended(lab, name, PORTS[name]) for name in ("posternd", "xinetd")}
    processes["openbsd-inetd"] = contenders.start_inetd(lab, PORTS["openbsd-inetd"])
    processes["tcpserver"] = contenders.start_tcpserver(lab, PORTS["tcpserver"])
    processes["accept_exec"] = contenders.start_accept_exec(PORTS["accept_exec"])
    for name in SANDBOXED:
        processes[name] = contenders.start_extended(lab, name, PORTS[name])
    processes["bwrap"] = contenders.start_bwrap(lab, PORTS["bwrap"])
    memory = {name: memory_kib(process.pid) for name, process in processes.items() if name not in ("accept_exec", "bwrap")}
    work = [Work("serve", name, process, PORTS[name], "--concurrency", CONCURRENCY)
            for name, process in processes.items()]
    work += [Work("latency", name, process, PORTS[name]) for name, process in processes.items()]
    return memory, work


def start_libc_services(lab):
    """The work on servers whose service is an ordinary static program."""
    program, ports = contenders.LIBC_SERVICE, {name: port + TO_LIBC for name, port in PORTS.items()}
    processes = {name: contenders.start_extended(lab, name, ports[name], program=program)
                 for name in ("posternd", *SANDBOXED, "xinetd")}
    processes["tcpserver"] = contenders.start_tcpserver(lab, ports["tcpserver"], program=program)
    processes["accept_exec"] = contenders.start_accept_exec(ports["accept_exec"], program)
    return [Work("serve libc", name, process, ports[name], "--concurrency", CONCURRENCY)
            for name, process in processes.items()]


def start_refusing(lab, ports, listeners):
    """{server: process} of those that refuse by address. inetd has no address rules of its own."""
    processes = {name: contenders.start_extended(lab, name, ports[name], listeners, contenders.CLOSED)
                 for name in ("posternd", "xinetd")}
    processes["tcpserver"] = contenders.start_tcpserver(lab, ports["tcpserver"], ("127.0.0.1:deny", ":allow"))
    processes["accept_close"] = contenders.start_accept_close(ports["accept_close"], listeners)
    return processes


def start_refusals(lab):
    """The work on servers that refuse: clients that come one after the other, and clients that wait together."""
    steady = {name: port + TO_REFUSING for name, port in PORTS.items()}
    work = [Work("refuse", name, process, steady[name], "--refusals", "--concurrency", CONCURRENCY)
            for name, process in start_refusing(lab, steady, 1).items()]
    # tcpserver listens on one port; its queue, unlike xinetd's, is as long as it is told.
    work += [Work("refuse burst", name, process, FIRST_OF_BURST[name], "--refusals", "--concurrency", BURST,
                  "--ports", 1 if name == "tcpserver" else BURST_LISTENERS, "--stopped", process.pid)
             for name, process in start_refusing(lab, FIRST_OF_BURST, BURST_LISTENERS).items()]
    for w in work:
        if w.server in ("posternd", "xinetd"):
            w.records = contenders.record_file(w.server, steady[w.server] if w.row == "refuse" else
                                               FIRST_OF_BURST[w.server])
    return work


def start_many(lab):
    """The work on servers with one, some and many listeners; the load goes round all of them."""
    work = []
    for (server, count), first in FIRST_OF_MANY.items():
        process = contenders.start_extended(lab, server, first, count)
        work.append(Work(f"listeners {count}", server, process, first, "--ports", count, "--concurrency", CONCURRENCY))
    return work


def check_records(work):
    """That both wrote a record of each refusal: who leaves that out is faster for it."""
    for refused in (w for w in work if w.records):
        def recorded(log=refused.records):
            return log.read_text().count("FAIL: ")
        if not netlab.wait_until(lambda want=refused.connections, count=recorded: count() >= want):
            raise contenders.NotReady(f"{refused.row}: {refused.server} recorded {recorded()} of"
                                      f" {refused.connections} refusals")


def run_rounds(work, rounds, milliseconds):
    """[{(row, server): result}], one for each round that counts."""
    measured = []
    for number in range(rounds + 1):
        results = {(w.row, w.server): w.measure(milliseconds) for w in work}
        print(f"round {number} of {rounds}" + ("" if number else " (warm-up)"), file=sys.stderr)
        if number > 0:
            measured.append(results)
    return measured


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, help="rounds that count (default 7)")
    parser.add_argument("--milliseconds", type=int, help="of each measurement (default 1000)")
    parser.add_argument("--quick", action="store_true", help="3 rounds of 200 milliseconds: below a minute")
    parser.add_argument("--json", metavar="FILE", type=argparse.FileType("w"),
                        help="write every round's figures and the medians to FILE")
    parser.add_argument("--assert", dest="asserting", action="store_true", help="exit 1 when a target is missed")
    arguments = parser.parse_args()
    rounds, milliseconds = (3, 200) if arguments.quick else (7, 1000)
    arguments.rounds = rounds if arguments.rounds is None else arguments.rounds
    arguments.milliseconds = milliseconds if arguments.milliseconds is None else arguments.milliseconds
    if arguments.rounds < 1 or arguments.milliseconds < 1:
        parser.error("at least one round of one millisecond")
    return arguments


def main():
    arguments = parse_arguments()
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("compare.py: needs two cores, one for the servers and one for the load")
    try:
        with netlab.Lab() as lab:
            contenders.install_service(lab)
            memory, work = start_services(lab)
            work += start_libc_services(lab) + start_refusals(lab) + start_many(lab)
            rounds = run_rounds(work, arguments.rounds, arguments.milliseconds)
            check_records(work)
    except contenders.NotReady as problem:
        sys.exit(f"compare.py: {problem}".rstrip())
    summary = report.summarise(memory, rounds)
    print(report.markdown(summary))
    if arguments.json:
        json.dump(summary | {"rounds": report.plain(rounds)}, arguments.json, indent=1)
    missed = [f"missed: {target['text']}, measured {target['measured']:.2f}"
              for target in summary["targets"] if target["met"] is False]
    if arguments.asserting and missed:
        sys.exit("\n".join(missed))


if __name__ == "__main__":
    main()
