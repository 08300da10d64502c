"""Ports of 127.0.0.1: free ones, and such that accept connections and say nothing, or a byte now and then without end."""

import socket
from contextlib import suppress
from functools import cache
from threading import Event, Thread


@cache
def _silent() -> socket.socket:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(64)
    return listening


def silent_port() -> int:
    """The port; connections are taken by the machine, and nobody reads from them."""
    return int(_silent().getsockname()[1])


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def dripping_port(beginning: bytes) -> int:
    """A port whose first connection gets these bytes and then one after another, until it is closed."""
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with suppress(OSError), listening:
            connection = listening.accept()[0]
            with connection:
                connection.sendall(beginning)
                while True:
                    Event().wait(0.1)
                    connection.sendall(b"x")

    Thread(target=drip, daemon=True).start()
    return int(listening.getsockname()[1])
