"""A small web server on this machine's own address, in a thread of its own: for monitoring, and for the simulator."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import uvicorn
from starlette.applications import Starlette

from compliance.errors import UnavailableError

_LONGEST_START = 20


@contextmanager
def serve_locally(application: Starlette, port: int, name: str, *, linger_seconds: int | None = None) -> Iterator[str]:
    """Serve on a port of 127.0.0.1 (0: any free port) during the context; give `http://127.0.0.1:PORT`.

    `name` is what errors and the thread call the server. At the end, requests under way have `linger_seconds` (None: as
    long as they need). Raises UnavailableError if the port is in use or the server does not start.
    """
    # The protocol is given because asyncio sends small answers at once only on sockets that say they are TCP.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise UnavailableError(
                f"port {port} of 127.0.0.1 cannot be used ({error.strerror}); choose another"
            ) from None
        config = uvicorn.Config(
            application, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=linger_seconds
        )
        server = _Server(config)
        thread = Thread(target=server.run, args=([listener],), name=name, daemon=True)
        thread.start()
        if not server.ready.wait(_LONGEST_START):
            raise UnavailableError(
                f"the server of the {name} did not start within {_LONGEST_START} s; is this machine overloaded?"
            )
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """A server that signals when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
