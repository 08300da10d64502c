"""A web server on a free port of 127.0.0.1 that answers what it is told, byte by byte, and remembers what it was asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final
from urllib.parse import parse_qsl, urlsplit

OK: Final = "200 OK"


def answer(body: bytes, status: str = OK, length: int | None = None, **headers: str) -> bytes:
    """An answer as it goes over the wire; `length` is what it says its length is (-1: nothing)."""
    fields = {"Content-Type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    if length != -1:
        fields["Content-Length"] = str(len(body) if length is None else length)
    head = "".join(f"{name}: {text}\r\n" for name, text in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}Connection: close\r\n\r\n".encode() + body


class WebServer:
    """`answers` are given in turn, the last one for ever; an empty one drops the connection."""

    def __init__(self, port: int) -> None:
        """At a port."""
        self.url = f"http://127.0.0.1:{port}/crimes"
        self.answers: list[bytes] = []
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []

    def next(self, path: str, headers: dict[str, str]) -> bytes:
        """The answer to the next question."""
        self.asked.append(dict(parse_qsl(urlsplit(path).query, keep_blank_values=True)))
        self.headers.append(headers)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving() -> Iterator[WebServer]:
    """A server while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(web.next(self.path, dict(self.headers.items())))
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        web = WebServer(server.server_address[1])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()
