#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measures posternd's TLS beside stunnel4 with exec, and prints a Markdown table. Method: README.md, "TLS".

    bench/tls_compare.py [--rounds N] [--seconds S] [--assert]
"""
import argparse
import json
import pathlib
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
# Row: (what is compared with stunnel, at least).
TARGETS = {"handshake": 3.0, "bulk": 1.0}


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


def load(port, clients, seconds):
    command = ["taskset", "-c", str(contenders.LOAD_CORE), str(contenders.PROGRAMS / "tls_load"), "--port", str(port),
               "--clients", str(clients), "--milliseconds", str(int(seconds * 1000))]
    run = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120, check=True)
    result = json.loads(run.stdout)
    if result["failed"] or not result["connections"]:
        raise contenders.NotReady(f"port {port}: {result}")
    return result


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
        self.ports, ours, theirs = {}, [], []
        port = 7600
        for kind, pair in pairs.items():
            for server, sandbox, services in (("posternd", "none", ours), ("posternd standard", "standard", ours),
                                              ("stunnel", None, theirs)):
                port += 1
                self.ports["handshake", kind, server] = port
                services.append((f"s{port}", port, contenders.SERVICE, "", sandbox, pair))
        for server, services in (("posternd", ours), ("stunnel", theirs)):
            port += 1
            self.ports["bulk", "ECDSA P-256", server] = port
            services.append((f"s{port}", port, flood, "", "none", pairs["ECDSA P-256"]))
        self.start(lab, ours, theirs)

    def start(self, lab, ours, theirs):
        conf = lab.write("tls.conf", posternd_conf(ours))
        self.posternd = subprocess.Popen([*contenders.PINNED, netlab.POSTERND, "-f", conf, "-d"],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        conf = lab.write("stunnel.conf", stunnel_conf(theirs))
        self.stunnel = subprocess.Popen([*contenders.PINNED, STUNNEL, conf], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env={"LD_LIBRARY_PATH": netlab.peer_libraries()})
        for port in self.ports.values():
            if not lab.wait_listening(port, timeout=20):
                raise contenders.NotReady(f"nothing listens on port {port}")

    def stop(self):
        for process in (self.posternd, self.stunnel):
            process.terminate()
            process.wait(timeout=20)

    def round(self, seconds):
        figures = {}
        for (row, kind, server), port in self.ports.items():
            result = load(port, 1 if row == "bulk" else 16, 0.001 if row == "bulk" else seconds)
            figures[row, kind, server] = (result["bytes"] if row == "bulk" else result["connections"]) / result["seconds"]
        return figures


def report(rounds, check):
    missed = []
    print("| row | key | server | per second | × stunnel |\n|---|---|---|---|---|")
    for row, kind, server in rounds[0]:
        figures = [one[row, kind, server] for one in rounds]
        ratios = [one[row, kind, server] / one[row, kind, "stunnel"] for one in rounds]
        figure, ratio = statistics.median(figures), statistics.median(ratios)
        unit = f"{figure / 1e6:.0f} MB" if row == "bulk" else f"{figure:.0f}"
        print(f"| {row} | {kind} | {server} | {unit} | {ratio:.2f} |")
        if server == "posternd" and ratio < TARGETS[row]:
            missed.append(f"{row}, {kind}: {ratio:.2f} × stunnel, at least {TARGETS[row]}")
    for line in missed:
        print(f"missed: {line}")
    return 1 if check and missed else 0


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
        return report(rounds, options.check)


if __name__ == "__main__":
    sys.exit(main())
