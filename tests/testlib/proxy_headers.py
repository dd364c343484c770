# SPDX-License-Identifier: BSD-2-Clause
"""Headers of the PROXY protocol (haproxy's proxy-protocol.txt), right ones and wrong ones."""
import ipaddress
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PROXY, LOCAL = 0x21, 0x20
TCP4, UDP4, TCP6, UNSPEC, UNIX = 0x11, 0x12, 0x21, 0x00, 0x31
ALPN, AUTHORITY, CRC32C, NOOP, UNIQUE_ID, SSL, NETNS = 1, 2, 3, 4, 5, 0x20, 0x30


def line(source, destination, source_port, destination_port):
    """Version 1."""
    family = "TCP6" if ":" in source else "TCP4"
    return f"PROXY {family} {source} {destination} {source_port} {destination_port}\r\n".encode()


def tlv(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


def block(source, destination, source_port, destination_port):
    return (ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
            + struct.pack("!HH", source_port, destination_port))


def raw(command, family, rest):
    """Version 2, whatever it says."""
    return SIGNATURE + struct.pack("!BBH", command, family, len(rest)) + rest


def binary(source, destination, source_port, destination_port, tlvs=b""):
    """Version 2."""
    return raw(PROXY, TCP6 if ":" in source else TCP4,
               block(source, destination, source_port, destination_port) + tlvs)


def crc32c(data):
    total = 0xffffffff
    for byte in data:
        total ^= byte
        for _ in range(8):
            total = total >> 1 ^ (0x82f63b78 if total & 1 else 0)
    return total ^ 0xffffffff


def with_checksum(source, destination, source_port, destination_port, tlvs=b""):
    """Version 2 with a checksum behind its other vectors."""
    header = binary(source, destination, source_port, destination_port, tlvs + tlv(CRC32C, bytes(4)))
    return header[:-4] + struct.pack("!I", crc32c(header))


def is_whole(data):
    """Whether a header of either version is there, with or without something behind it."""
    if data.startswith(SIGNATURE):
        return len(data) >= 16 and len(data) >= 16 + struct.unpack("!H", data[14:16])[0]
    return b"\r\n" in data[1:]
