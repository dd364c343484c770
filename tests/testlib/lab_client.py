# SPDX-License-Identifier: BSD-2-Clause
"""Clients of a service under test: bounded in time, and with outcomes that can be compared as values."""
import socket
import time


def _family(source, to, family):
    if family is not None:
        return family
    return socket.AF_INET6 if ":" in (source or to or "") else socket.AF_INET


class Client:
    """One TCP connection. Every call waits at most `timeout` seconds; a wait that ends so raises TimeoutError."""

    def __init__(self, endpoint, timeout):
        self.socket = endpoint
        self.timeout = timeout

    @classmethod
    def connect(cls, port, source=None, to=None, family=None, timeout=3.0):
        family = _family(source, to, family)
        to = to or ("::1" if family == socket.AF_INET6 else "127.0.0.1")
        endpoint = socket.socket(family, socket.SOCK_STREAM)
        try:
            endpoint.settimeout(timeout)
            if source:
                endpoint.bind((source, 0))
            endpoint.connect((to, port))
        except OSError:
            endpoint.close()
            raise
        return cls(endpoint, timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def port(self):
        return self.socket.getsockname()[1]

    def send(self, data):
        self.socket.sendall(data)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def recv(self, size=65536, timeout=None):
        """b"" is the end of the stream."""
        self.socket.settimeout(self.timeout if timeout is None else timeout)
        return self.socket.recv(size)

    def read_until(self, ending, timeout=None):
        """All bytes up to and including the ending, or up to the end of the stream."""
        data = b""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while not data.endswith(ending):
            chunk = self.recv(1, max(0.01, deadline - time.monotonic()))
            if not chunk:
                break
            data += chunk
        return data

    def read_line(self, timeout=None):
        return self.read_until(b"\n", timeout)

    def read_all(self, timeout=None):
        """All bytes up to the end of the stream; a reset counts as the end (`was_reset` tells). After a
        TimeoutError, `partial` holds what had come."""
        data = b""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        self.was_reset = False
        self.partial = b""
        while True:
            try:
                chunk = self.recv(65536, max(0.01, deadline - time.monotonic()))
            except ConnectionResetError:
                self.was_reset = True
                return data
            if not chunk:
                return data
            data += chunk
            self.partial = data

    def is_open(self, wait=0.3):
        """Whether the other side still holds the connection: nothing to read, and no end."""
        try:
            return self.recv(65536, wait) != b""
        except TimeoutError:
            return True
        except ConnectionResetError:
            return False

    def close(self):
        self.socket.close()


def ask(port, data=b"", source=None, to=None, timeout=3.0, half_close=False):
    """What one client sees: the bytes as text, or one of "closed", "reset", "refused", "silent".

    "closed" is an end without a byte; "silent" is a connection that stays open without a byte; "hello|silent" one that stays open after "hello"."""
    try:
        client = Client.connect(port, source, to, timeout=timeout)
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "no connection"
    with client:
        answer = b""
        try:
            if data:
                client.send(data)
            if half_close:
                client.half_close()
            answer = client.read_all(timeout)
        except TimeoutError:
            return client.partial.decode("latin-1") + "|silent" if client.partial else "silent"
        except (ConnectionResetError, BrokenPipeError):
            return "reset"
        if answer:
            return answer.decode("latin-1")
        return "reset" if client.was_reset else "closed"


def ask_datagram(port, data=b"x", source=None, source_port=0, to=None, timeout=1.0):
    """The reply to one datagram as bytes; None when nothing came; "unreachable" for an ICMP refusal."""
    family = _family(source, to, None)
    to = to or ("::1" if family == socket.AF_INET6 else "127.0.0.1")
    with socket.socket(family, socket.SOCK_DGRAM) as endpoint:
        endpoint.settimeout(timeout)
        endpoint.bind((source or "", source_port))
        endpoint.connect((to, port))
        try:
            endpoint.send(data)
            return endpoint.recv(65536)
        except TimeoutError:
            return None
        except ConnectionRefusedError:
            return "unreachable"
