# SPDX-License-Identifier: BSD-2-Clause
"""A name server on port 53 of the lab, which tells the truth, lies, is slow or keeps silent, as each name wants it.

    with NameServer() as dns:
        dns.names["127.0.0.7"] = "good.test"       # the reverse entry
        dns.addresses["good.test"] = ["127.0.0.7"]  # the forward one
        dns.silent.add("127.0.0.8")                # never answered; a name will do, too
"""
import contextlib
import ipaddress
import socket
import struct
import threading

PTR, A, AAAA, CNAME = 12, 1, 28, 5


def _encode(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


class NameServer:
    def __init__(self, address="127.0.0.1"):
        self.names, self.addresses, self.aliases = {}, {}, {}
        self.silent, self.broken = set(), set()
        self.lifetime, self.delay = 60, 0.0
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((address, 53))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.over = False

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", self.socket.getsockname())
        self.thread.join(20)
        self.socket.close()

    def tell(self, address, name, *forward):
        """A reverse entry, and the addresses of the name; without any, the address itself."""
        self.names[address] = name
        self.addresses[name] = list(forward) or [address]

    def _serve(self):
        while not self.over:
            query, sender = self.socket.recvfrom(2048)
            if len(query) > 16:
                self._answer(query, sender)

    @staticmethod
    def _question(query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += query[at] + 1
        return ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0], query[12:at + 5]

    def _answer(self, query, sender):
        name, kind, question = self._question(query)
        known = ipaddress_of(name) if kind == PTR else name.lower()
        self.asked.append((known, kind))
        if known in self.silent:
            return
        records, code = self._records(known, kind)
        if known in self.broken:
            records, code = [], 2
        message = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0) + question
        for owner, record_kind, data in records:
            message += _encode(owner) if owner else b"\xc0\x0c"
            message += struct.pack(">HHIH", record_kind, 1, self.lifetime, len(data)) + data
        if self.delay:
            threading.Timer(self.delay, self._send, (message, sender)).start()
        else:
            self._send(message, sender)

    def _send(self, message, sender):
        with contextlib.suppress(OSError):  # the test may be over
            self.socket.sendto(message, sender)

    def _records(self, known, kind):
        if kind == PTR:
            name = self.names.get(known)
            return ([("", PTR, name if isinstance(name, bytes) else _encode(name))], 0) if name else ([], 3)
        records, owner = [], ""
        if known in self.aliases:
            records.append(("", CNAME, _encode(self.aliases[known])))
            owner = known = self.aliases[known]
        for address in self.addresses.get(known, ()):
            packed = ipaddress.ip_address(address).packed
            if len(packed) == (4 if kind == A else 16):
                records.append((owner, kind, packed))
        return records, 0 if records or known in self.addresses else 3


def ipaddress_of(reverse):
    """The address that a name of in-addr.arpa or ip6.arpa asks for."""
    labels = reverse.lower().split(".")[:-2]
    if reverse.lower().endswith("in-addr.arpa"):
        return ".".join(reversed(labels))
    digits = "".join(reversed(labels))
    return str(ipaddress.ip_address(bytes.fromhex(digits)))
