"""A small web server in a thread of its own: for monitoring, for the pages, and for the simulator."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import uvicorn
from starlette.applications import Starlette

from compliance.errors import UnavailableError

_LONGEST_START = 20


def bind(address: str, port: int) -> socket.socket:
    """Return a socket bound to a port of an address of this machine, to be closed by the caller. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # The protocol is given because asyncio sends small answers at once only on sockets that say they are TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
    except OSError:
        listener.close()
        raise
    return listener


@contextmanager
def listening(port: int, address: str = "127.0.0.1") -> Iterator[socket.socket]:
    """Give a socket bound to a port (0: any free port) of an address of this machine.

    Raises UnavailableError if the port is in use.
    """
    try:
        listener = bind(address, port)
    except OSError as error:
        raise UnavailableError(f"port {port} of {address} cannot be used ({error.strerror}); choose another") from None
    with listener:
        yield listener


def url_of(listener: socket.socket) -> str:
    """Return the address that leads to a socket: `http://127.0.0.1:PORT`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def serve_on(
    listener: socket.socket, application: Starlette, name: str, *, linger_seconds: int | None = None
) -> Iterator[None]:
    """Serve what comes to a socket during the context, in a thread.

    `name` is what errors and the thread call the server. At the end, requests under way have `linger_seconds` (None: as
    long as they need). Raises UnavailableError if the server does not start.
    """
    config = uvicorn.Config(
        application, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=linger_seconds,
        proxy_headers=False,  # where a request comes from is never taken from what it says of itself
        server_header=False,
    )  # fmt: skip
    server = _Server(config)
    thread = Thread(target=server.run, args=([listener],), name=name, daemon=True)
    thread.start()
    if not server.ready.wait(_LONGEST_START):
        raise UnavailableError(
            f"the server of the {name} did not start within {_LONGEST_START} s; is this machine overloaded?"
        )
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def serve_locally(application: Starlette, port: int, name: str, *, linger_seconds: int | None = None) -> Iterator[str]:
    """Serve on a port (0: any free port) of this machine's own address during the context; give `http://127.0.0.1:PORT`.

    The rest is as in `listening` and `serve_on`.
    """
    with listening(port) as listener, serve_on(listener, application, name, linger_seconds=linger_seconds):
        yield url_of(listener)


class _Server(uvicorn.Server):
    """A server that signals when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
