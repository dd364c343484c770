#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measures posternd's TLS beside stunnel4 with exec, and prints a Markdown table. Method: README.md, "TLS".

    bench/tls_compare.py [--rounds N] [--seconds S] [--assert]
"""
import argparse
import itertools
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "testlib"))
import contenders  # noqa: E402
import netlab  # noqa: E402
from certificates import Authority  # noqa: E402

STUNNEL = netlab.PEERS / "usr" / "bin" / "stunnel4"
BULK_MEGABYTES = 400
KINDS = {"RSA 2048": ("rsa", "rsa_keygen_bits:2048"), "ECDSA P-256": ("ec", "ec_paramgen_curve:P-256")}
# The clients at a time. 64 as in compare.py; with 16, what a server of few clients has of it.
CROWD, FEW, BULK = "handshake, 64 clients", "handshake, 16 clients", "bulk"
CLIENTS = {CROWD: 64, FEW: 16, BULK: 1}
SERVERS = ("posternd", "posternd standard", "stunnel", "accept_tls")
# Who does what with which key, by weight: the order of the measurements and of the rows.
ROWS = tuple(itertools.product(CLIENTS, KINDS, SERVERS))
# At least so often as stunnel, by the lower of clock and processor time.
TARGETS = {CROWD: 3.0, BULK: 1.0}
CLOCK, CAPACITY = "per_second", "core_per_second"


def posternd_conf(services):
    blocks = ["defaults\n{\n    cps = 0 10\n    instances = UNLIMITED\n}\n"]
    for name, port, program, args, sandbox, (certificate, key) in services:
        extra = f"    server_args = {args}\n" if args else ""
        blocks.append(
            f"service {name}\n{{\n    type = UNLISTED\n    port = {port}\n    socket_type = stream\n    protocol = tcp\n"
            f"    wait = no\n    user = nobody\n    flags = NOLIBWRAP\n    server = {program}\n{extra}"
            f"    sandbox = {sandbox}\n    tls = yes\n    tls_certificate = {certificate}\n    tls_private_key = {key}\n}}\n")
    return "".join(blocks)


def stunnel_conf(services):
    parts = ["foreground = yes\npid =\nsyslog = no\ndebug = 0\nsetuid = nobody\nsetgid = nogroup\nsessionCacheSize = 1\n"]
    for name, port, program, args, _sandbox, (certificate, key) in services:
        words = f"execArgs = {pathlib.Path(program).name} {args}\n" if args else ""
        parts.append(f"[{name}]\naccept = 127.0.0.1:{port}\nexec = {program}\n{words}cert = {certificate}\nkey = {key}\n")
    return "".join(parts)


def processor_seconds(pid):
    """Of a server, the processes it keeps (posternd's helpers and zygotes), and the children they have waited for."""
    def words(process):
        try:
            name, _, rest = pathlib.Path(f"/proc/{process}/stat").read_text().partition(" (")[2].rpartition(") ")
            return name, rest.split()
        except (FileNotFoundError, ProcessLookupError):
            return "", ["0"] * 15  # an instance that has ended
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    parts = [words(pid)[1], *(rest for name, rest in map(words, children) if name.startswith("postern-"))]
    return sum(int(ticks) for rest in parts for ticks in rest[11:15]) / os.sysconf("SC_CLK_TCK")


def load_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def load(server, port, work, seconds):
    """What was served in a second of the clock, and of the processor time that it took the server."""
    clients, seconds = CLIENTS[work], 0 if work == BULK else seconds
    server_before, load_before = processor_seconds(server.pid), load_seconds()
    command = ["taskset", "-c", str(contenders.LOAD_CORE), str(contenders.PROGRAMS / "tls_load"), "--port", str(port),
               "--clients", str(clients), "--milliseconds", str(int(seconds * 1000))]
    run = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120, check=True)
    result = json.loads(run.stdout)
    if result["failed"] or not result["connections"]:
        raise contenders.NotReady(f"port {port}: {result}")
    done = result["bytes" if work == BULK else "connections"]
    return {CLOCK: done / result["seconds"], CAPACITY: done / (processor_seconds(server.pid) - server_before),
            "busy": (load_seconds() - load_before) / result["seconds"]}


class Contest:
    """A server of each kind for each work: stunnel never gets rid of what a crowd has cost it. And a port of it for each
    service."""

    def __init__(self, lab, folder):
        self.lab, self.servers = lab, {}
        authority = Authority(folder, "bench")
        self.pairs = {kind: authority.issue(kind.split()[0].lower(), "DNS:bench.test", kind=how)
                      for kind, how in KINDS.items()}
        for certificate, key in self.pairs.values():
            certificate.chmod(0o644)
            key.chmod(0o640)
        self.next_port = 7601
        for work in (CROWD, FEW):
            services = [(kind, sandbox, contenders.SERVICE) for kind in KINDS for sandbox in ("none", "standard")]
            self.start_posternd(work, services)
            self.start_stunnel(work, [service for service in services if service[1] == "none"])
            for kind in KINDS:
                self.start_bare(work, kind)
        flood = [("ECDSA P-256", "none", lab.script("flood", f"exec head -c {BULK_MEGABYTES}000000 /dev/zero\n"))]
        self.start_posternd(BULK, flood)
        self.start_stunnel(BULK, flood)
        for _server, port in self.servers.values():
            if not lab.wait_listening(port, timeout=20):
                raise contenders.NotReady(f"nothing listens on port {port}")

    def ports(self, services):
        numbered = [(f"s{port}", port, program, "", sandbox, self.pairs[kind])
                    for port, (kind, sandbox, program) in enumerate(services, self.next_port)]
        self.next_port += len(services)
        return numbered

    def run(self, *command, **options):
        return subprocess.Popen([*contenders.PINNED, *map(str, command)], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, **options)

    def start_posternd(self, work, services):
        numbered = self.ports(services)
        server = self.run(netlab.POSTERND, "-d", "-pidfile", self.lab.path(f"{numbered[0][0]}.pid"), "-f",
                          self.lab.write(f"{numbered[0][0]}.conf", posternd_conf(numbered)))
        for (kind, sandbox, _program), (_name, port, *_rest) in zip(services, numbered):
            self.servers[work, kind, "posternd" if sandbox == "none" else f"posternd {sandbox}"] = server, port

    def start_stunnel(self, work, services):
        numbered = self.ports(services)
        server = self.run(STUNNEL, self.lab.write(f"{numbered[0][0]}.conf", stunnel_conf(numbered)),
                          env={"LD_LIBRARY_PATH": netlab.peer_libraries()})
        for (kind, *_rest), (_name, port, *_more) in zip(services, numbered):
            self.servers[work, kind, "stunnel"] = server, port

    def start_bare(self, work, kind):
        server = self.run(contenders.PROGRAMS / "accept_tls", self.next_port, *self.pairs[kind])
        self.servers[work, kind, "accept_tls"] = server, self.next_port
        self.next_port += 1

    def stop(self):
        for process in {server for server, _port in self.servers.values()}:
            process.terminate()
            process.wait(timeout=20)

    def round(self, seconds):
        return {row: load(*self.servers[row], row[0], seconds) for row in sorted(self.servers, key=ROWS.index)}


class Report:
    """Ratios within a round, and their median."""

    def __init__(self, rounds):
        self.rounds = rounds

    def median(self, work, rate):
        return statistics.median(one[work][rate] for one in self.rounds)

    def times(self, work, other, rate):
        """None where there is no such other server."""
        against = (*work[:2], other)
        if against not in self.rounds[0]:
            return None
        return statistics.median(one[work][rate] / one[against][rate] for one in self.rounds)

    def row(self, work):
        cells = list(work)
        for rate in (CLOCK, CAPACITY):
            figure = self.median(work, rate)
            cells.append(f"{figure / 1e6:.0f} MB" if work[0] == BULK else f"{figure:.0f}")
            for other in ("stunnel", "accept_tls"):
                ratio = self.times(work, other, rate)
                cells.append("" if ratio is None else f"{ratio:.2f}")
            if rate == CLOCK:
                cells.append(f"{100 * self.median(work, 'busy'):.0f}%")
        return f"| {' | '.join(cells)} |"

    def print_table(self):
        print("| work | key | server | per second | × stunnel | × bare loop | load busy | per core-second | × stunnel "
              "| × bare loop |\n|---|---|---|--:|--:|--:|--:|--:|--:|--:|")
        for work in self.rounds[0]:
            print(self.row(work))

    def missed(self):
        for work in self.rounds[0]:
            if work[0] not in TARGETS or not work[2].startswith("posternd"):
                continue
            least, ratio = TARGETS[work[0]], min(self.times(work, "stunnel", rate) for rate in (CLOCK, CAPACITY))
            if ratio < least:
                yield f"{', '.join(work)}: {ratio:.2f} × stunnel, at least {least}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--assert", dest="check", action="store_true")
    options = parser.parse_args()
    with netlab.Lab() as lab, tempfile.TemporaryDirectory() as folder:
        contenders.install_service(lab)
        contest = Contest(lab, folder)
        try:
            contest.round(options.seconds)  # a warm-up
            rounds = [contest.round(options.seconds) for _ in range(options.rounds)]
        finally:
            contest.stop()
    report = Report(rounds)
    report.print_table()
    missed = list(report.missed())
    for line in missed:
        print(f"missed: {line}")
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
