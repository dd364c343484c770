# SPDX-License-Identifier: BSD-2-Clause
"""Certificates for the tests of TLS, the services that have them, and clients.

WORLD is there while the lab is, for a file that ends with `lab_case.main(WORLD)`.
"""
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import tempfile
import typing

import netlab
from certificates import Authority, openssl
from lab_case import DEFAULTS, entry

PORT = 20443
LONG_AGO, YESTERDAY = "20200101000000Z", "20200102000000Z"


class World:
    """Authorities for servers and clients, and who they have certified."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.servers, self.clients = Authority(self.folder, "servers"), Authority(self.folder, "clients")
        self.strangers = Authority(self.folder, "strangers")
        self.a = self.servers.issue("a", "DNS:a.test")
        self.b = self.servers.issue("b", "DNS:b.test", kind=("rsa", "rsa_keygen_bits:2048"))
        self.expired = self.servers.issue("gone", "DNS:gone.test", start=LONG_AGO, end=YESTERDAY)
        self.alice = self.clients.issue("alice", "DNS:alice.test", "email:alice@x.test", subject="/O=Org/CN=alice")
        self.bob = self.clients.issue("bob", "DNS:bob.test")
        self.revoked = self.clients.issue("mallory", "DNS:mallory.test")
        self.old = self.clients.issue("old", "DNS:old.test", start=LONG_AGO, end=YESTERDAY)
        self.stranger = self.strangers.issue("stranger", "DNS:alice.test")
        self.clients.revoke(self.revoked[0])
        self.crl = self.clients.revocations()
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)


WORLD = World()
CAT = ("server = /bin/cat",)
ENV = ("server = /usr/bin/env",)


def defaults(*lines):
    """lab_case.DEFAULTS with further lines."""
    return DEFAULTS.replace("}\n", "".join(f"    {line}\n" for line in lines) + "}\n")


def tls_entry(port=PORT, *lines, name="secure", pairs=None, server=CAT):
    """`server` may be no line at all, where others say who serves."""
    pairs = pairs if pairs is not None else [WORLD.a]
    files = [f"tls_certificate = {' '.join(str(pair[0]) for pair in pairs)}",
             f"tls_private_key = {' '.join(str(pair[1]) for pair in pairs)}"]
    return entry(name, port, "tls = yes", *files, *server, *lines)


def client_rules(*lines):
    return ("tls_verify_client = require", f"tls_client_ca = {WORLD.clients.certificate}", *lines)


def context(certificate=None, version=None):
    made = ssl.create_default_context(cafile=str(WORLD.servers.certificate))
    if certificate:
        made.load_cert_chain(*map(str, certificate))
    if version:
        made.minimum_version = made.maximum_version = version
    return made


def dial(made, host="a.test", port=PORT, source="127.0.0.1", session=None):
    plain = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))
    try:
        return made.wrap_socket(plain, server_hostname=host, session=session)
    except BaseException:
        plain.close()
        raise


def echoes(client, line=b"x"):
    client.sendall(line)
    return client.recv(100) == line


def read_all(client):
    pieces = []
    while piece := client.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def environment(made, host="a.test", port=PORT):
    with dial(made, host, port) as client:
        return dict(line.split("=", 1) for line in read_all(client).decode().splitlines())


def s_client(*options, stdin=b"", port=PORT):
    return openssl("s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", WORLD.servers.certificate, *options,
                   stdin=stdin, check=False).decode(errors="replace")


def children(daemon, name):
    found = []
    for pid in daemon.children():
        try:
            if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == name[:15]:
                found.append(pid)
        except OSError:
            pass
    return found


def kill_all(daemon, name):
    """The helpers of that name, which are dead or about to be."""
    daemon.state()  # a daemon that answers has started them
    victims = children(daemon, name)
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    return victims


def replaced(daemon, name, victims):
    """Whether there come to be as many others."""
    def are():
        now = set(children(daemon, name))
        return len(now) == len(victims) and now.isdisjoint(victims)
    return netlab.wait_until(are, 20)


class Worker(typing.NamedTuple):
    """A postern-tls and its postern-keys, by their pids."""
    tls: int
    keys: int
    sessions: int
    starting: bool
    leaving: bool


def workers(daemon):
    found = re.findall(r"^tls worker \d+ = postern-tls pid (\d+), postern-keys pid (\d+), sessions (\d+)"
                       r"(, starting)?(, leaving)?$", daemon.state(), re.MULTILINE)
    return [Worker(*map(int, words[:3]), *map(bool, words[3:])) for words in found]


def await_workers(daemon):
    """Until all are ready, clients go to those that are, and who comes back may find another one."""
    assert netlab.wait_until(lambda: not any(one.starting for one in workers(daemon)), 20), daemon.state()


class HalfWay:
    """A client that has said hello, and says the rest when it is told to: with `line` right behind it."""

    def __init__(self, made, port=PORT, plainly=None):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = made.wrap_bio(self.incoming, self.outgoing, server_hostname="a.test")
        self.plain = socket.create_connection(("127.0.0.1", port), timeout=20)
        if plainly:
            plainly(self.plain)
        self.shakes()
        self.incoming.write(self.plain.recv(65536))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.plain.close()

    def shakes(self):
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            self.plain.sendall(self.outgoing.read())
            return True
        return False

    def finish(self, line):
        """What comes next, b"" when that is the end."""
        try:
            while self.shakes():
                self.incoming.write(self.plain.recv(65536))
            self.tls.write(line)
            self.plain.sendall(self.outgoing.read())
            while True:
                self.incoming.write(self.plain.recv(65536) or b"\x15")
                try:
                    return self.tls.read(65536)
                except ssl.SSLWantReadError:
                    continue
        except (ssl.SSLError, OSError):
            return b""
