"""Servers that keep one waiting: silent at some step, or a byte a second without end."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Final

HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
SMTP: Final = (
    (b"", b"220 mail.example ESMTP\r\n"),
    (b"EHLO", b"250 mail.example\r\n"),
    (b"MAIL", b"250 OK\r\n"),
    (b"RCPT", b"250 OK\r\n"),
    (b"DATA", b"354 Go on\r\n"),
    (b"\r\n.\r\n", b"250 Taken\r\n"),
    (b"QUIT", b"221 Bye\r\n"),
)
"""What is waited for, and the answer to it."""


class Hanging:
    """A server on a port of 127.0.0.1; `reached` is set when somebody has begun to wait for it."""

    def __init__(self, port: int) -> None:
        self.port, self.reached = port, Event()


@contextmanager
def hanging(serve: Callable[[socket.socket, Event], None]) -> Iterator[Hanging]:
    """Accepts every connection and serves it in a thread of its own, which sets the event when it leaves one waiting."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Hanging(listening.getsockname()[1])
        held: list[socket.socket] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection = listening.accept()[0]
                    held.append(connection)
                    Thread(target=served, args=(connection,), daemon=True).start()

        def served(connection: socket.socket) -> None:
            with suppress(OSError):
                serve(connection, server.reached)

        Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            for connection in (listening, *held):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()


def silent(connection: socket.socket, reached: Event) -> None:
    """Reads what it is asked and never answers; of a TLS handshake too."""
    connection.recv(65536)
    reached.set()


def trickling(connection: socket.socket, reached: Event) -> None:
    """An answer that comes a byte a second."""
    connection.recv(65536)
    connection.sendall(HEAD)
    reached.set()
    while True:
        connection.sendall(b" ")
        time.sleep(1)


def smtp_until(step: bytes, *, trickles: bool = False) -> Callable[[socket.socket, Event], None]:
    """A mail server that answers up to a step and then is silent, or trickles its answer."""

    def serve(connection: socket.socket, reached: Event) -> None:
        for asked, answer in SMTP:
            heard = b""
            while asked not in heard.upper():
                if not (came := connection.recv(65536)):
                    return
                heard += came
            if asked == step:
                reached.set()
                while trickles:
                    connection.sendall(b"2")
                    time.sleep(1)
                return
            connection.sendall(answer)

    return serve
