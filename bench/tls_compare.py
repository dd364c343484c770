#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measures posternd's TLS beside stunnel4 with exec, and prints a Markdown table. Method: README.md, "TLS".

    bench/tls_compare.py [--rounds N] [--seconds S] [--assert]
"""
import argparse
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
# At least so often as stunnel, by the lower of clock and processor time.
TARGETS = {"handshake": 3.0, "bulk": 1.0}
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


def load(server, port, clients, seconds):
    """What was served in a second of the clock, and of the processor time that it took the server."""
    server_before, load_before = processor_seconds(server.pid), load_seconds()
    command = ["taskset", "-c", str(contenders.LOAD_CORE), str(contenders.PROGRAMS / "tls_load"), "--port", str(port),
               "--clients", str(clients), "--milliseconds", str(int(seconds * 1000))]
    run = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120, check=True)
    result = json.loads(run.stdout)
    if result["failed"] or not result["connections"]:
        raise contenders.NotReady(f"port {port}: {result}")
    done = result["bytes" if clients == 1 else "connections"]
    return {CLOCK: done / result["seconds"], CAPACITY: done / (processor_seconds(server.pid) - server_before),
            "busy": (load_seconds() - load_before) / result["seconds"]}


class Contest:
    """The same services of each server; a port for each service and server."""

    def __init__(self, lab, folder):
        authority = Authority(folder, "bench")
        pairs = {kind: authority.issue(kind.split()[0].lower(), "DNS:bench.test", kind=how)
                 for kind, how in KINDS.items()}
        for certificate, key in pairs.values():
            certificate.chmod(0o644)
            key.chmod(0o640)
        flood = lab.script("flood", f"exec head -c {BULK_MEGABYTES}000000 /dev/zero\n")
        self.ports, ours, theirs, bare = {}, [], [], []
        port = 7600
        for kind, pair in pairs.items():
            for server, sandbox, services in (("posternd", "none", ours), ("posternd standard", "standard", ours),
                                              ("stunnel", None, theirs), ("accept_tls", None, bare)):
                port += 1
                self.ports["handshake", kind, server] = port
                services.append((f"s{port}", port, contenders.SERVICE, "", sandbox, pair))
        for server, services in (("posternd", ours), ("stunnel", theirs)):
            port += 1
            self.ports["bulk", "ECDSA P-256", server] = port
            services.append((f"s{port}", port, flood, "", "none", pairs["ECDSA P-256"]))
        self.servers = {}
        self.start(lab, ours, theirs, bare)

    def start(self, lab, ours, theirs, bare):
        def run(*command, **options):
            return subprocess.Popen([*contenders.PINNED, *map(str, command)], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL, **options)
        posternd = run(netlab.POSTERND, "-f", lab.write("tls.conf", posternd_conf(ours)), "-d")
        stunnel = run(STUNNEL, lab.write("stunnel.conf", stunnel_conf(theirs)),
                      env={"LD_LIBRARY_PATH": netlab.peer_libraries()})
        self.servers.update({service[1]: posternd for service in ours})
        self.servers.update({service[1]: stunnel for service in theirs})
        for _name, port, *_program, pair in bare:
            self.servers[port] = run(contenders.PROGRAMS / "accept_tls", port, *pair)
        for port in self.ports.values():
            if not lab.wait_listening(port, timeout=20):
                raise contenders.NotReady(f"nothing listens on port {port}")

    def stop(self):
        for process in set(self.servers.values()):
            process.terminate()
            process.wait(timeout=20)

    def round(self, seconds):
        return {work: load(self.servers[port], port, 1 if work[0] == "bulk" else 16, 0 if work[0] == "bulk" else seconds)
                for work, port in self.ports.items()}


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
            cells.append(f"{figure / 1e6:.0f} MB" if work[0] == "bulk" else f"{figure:.0f}")
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
            if work[2] != "posternd":
                continue
            least, ratio = TARGETS[work[0]], min(self.times(work, "stunnel", rate) for rate in (CLOCK, CAPACITY))
            if ratio < least:
                yield f"{work[0]}, {work[1]}: {ratio:.2f} × stunnel, at least {least}"


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
