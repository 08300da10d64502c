"""A port of 127.0.0.1 that accepts connections and never says a word."""

import socket
from functools import cache


@cache
def _silent() -> socket.socket:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(64)
    return listening


def silent_port() -> int:
    """The port; connections are taken by the machine, and nobody reads from them."""
    return int(_silent().getsockname()[1])
