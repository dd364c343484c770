# SPDX-License-Identifier: BSD-2-Clause
"""An ident server (RFC 1413) on port 113 of the lab that says whatever a test wants, to many at once."""
import contextlib
import socket
import threading


class IdentServer:
    """`reply` is text in which {p} and {q} are the ports asked for; None: the server never answers; a callable: does
    what it likes with the connection. `questions` are pairs of a question, to its last byte, and who asked."""

    def __init__(self, reply, address="127.0.0.1"):
        self.reply, self.questions, self.held = reply, [], []
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, 113), family=family, backlog=1024)
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(20)
        self.listener.close()
        for connection in self.held:
            connection.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, asker = self.listener.accept()
                threading.Thread(target=self._answer, args=(connection, asker), daemon=True).start()

    def _answer(self, connection, asker):
        with contextlib.suppress(OSError, ValueError):
            connection.settimeout(60)
            question = connection.recv(100).decode()
            self.questions.append((question, asker[0]))
            if self.reply is None:
                self.held.append(connection)
                return
            if callable(self.reply):
                self.reply(connection)
            else:
                p, q = question.strip().split(",")
                connection.sendall(self.reply.replace("{p}", p).replace("{q}", q).encode("latin-1"))
        connection.close()
