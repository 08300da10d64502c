"""A web server on a free port of 127.0.0.1 that answers what it is told, byte by byte, and remembers what it was asked."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
    """`answers` are given in turn, the last one for ever; an empty one drops the connection. `grants` are the answers
    to what is posted, in the same way, unless `granting` makes an answer of it."""

    def __init__(self, port: int, scheme: str) -> None:
        """At a port."""
        self.url = f"{scheme}://127.0.0.1:{port}/crimes"
        self.answers: list[bytes] = []
        self.grants: list[bytes] = []
        self.granting: Callable[[bytes], bytes] | None = None
        self.forms: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.users: list[str] = []
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []

    def next(self, path: str, headers: dict[str, str]) -> bytes:
        """The answer to the next question."""
        self.asked.append(dict(parse_qsl(urlsplit(path).query, keep_blank_values=True)))
        self.headers.append(headers)
        return _next(self.answers)

    def post(self, form: bytes, headers: dict[str, str]) -> bytes:
        """The answer to a form."""
        self.bodies.append(form)
        self.forms.append(dict(parse_qsl(form.decode("utf-8", "replace"))))
        self.users.append(headers.get("Authorization", ""))
        return _next(self.grants) if self.granting is None else self.granting(form)


def _next(answers: list[bytes]) -> bytes:
    return answers.pop(0) if len(answers) > 1 else answers[0]


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A handshake that fails is for the one who asks to tell of."""


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """A server while the context lasts; with `tls` over HTTPS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._give(web.next(self.path, dict(self.headers.items())))

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"]))
            self._give(web.post(form, dict(self.headers.items())))

        def _give(self, given: bytes) -> None:
            self.close_connection = True
            with suppress(ConnectionError):  # nobody has to read to the end
                self.wfile.write(given)

        def log_message(self, *_: object) -> None:
            pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            # The handshake is made where the question is read, not where connections are accepted.
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        web = WebServer(server.server_address[1], "http" if tls is None else "https")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()
