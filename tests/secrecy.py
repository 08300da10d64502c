"""What the suite writes is searched, test by test, for the secrets that it was given or made.

Known are those that the settings name (`env:`, `file:`), also for other processes, and what the pages and the JSON API made
up: tokens and sessions. Searched is all that commands and logs say, tracebacks included, and every file of a test but those
that it keeps secrets in. What a database compresses is not.
"""

import os
import re
import secrets
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from compliance.config import Settings

MOST: Final = 200
"""How many secrets are searched for, the newest of a file of tests."""
SHORTEST: Final = 6
"""Characters from which a secret is searched for: "x" is everywhere."""
_NAMED: Final = re.compile(r"""["'](env|file):([^"'\n]+)["']""")
_SHOWN: Final = re.compile(r"\bvcc_[\w-]{43}\s*")
"""`token create` shows the token, once, and nothing else: that is what it is for."""


class Secrecy:
    """The newest secrets that the tests of a file know, and what has been written since somebody looked."""

    def __init__(self) -> None:
        self._file: Path | None = None
        self._known: deque[str] = deque(maxlen=MOST)
        self._written: list[tuple[str, str]] = []

    def begin(self, file: Path) -> None:
        """Forget the secrets of another file of tests: each secret is looked for in all that is written."""
        if file != self._file:
            self._file = file
            self._known.clear()

    def know(self, secret: str) -> None:
        """Search for a secret from now on; of the URL of a database, for its password."""
        if "://" in secret and not secret.startswith("http"):
            secret = urlsplit(secret).password or ""
        if len(secret) >= SHORTEST and secret not in self._known:
            self._known.append(secret)

    def note(self, output: str | bytes | None, source: str) -> None:
        """Note what was written somewhere."""
        text = output.decode("utf-8", "replace") if isinstance(output, bytes) else output
        if text and not _SHOWN.fullmatch(text):
            self._written.append((text, source))

    def find(self, folder: Path | None = None) -> str | None:
        """A sentence if anything that was written since the last time, or a file in a folder, holds a secret."""
        files = [] if folder is None else [path for path in folder.rglob("*") if path.is_file()]
        for path in files:
            if path.suffix == ".toml":
                for secret in _named_in(path):
                    self.know(secret)
        written, self._written = self._written, []
        for text, source in written:
            for secret in self._known:
                if secret in text:
                    return f"{source} holds a secret: {secret!r}"
        for path in files if self._known else ():
            content = path.read_bytes() if path.suffix != ".toml" else b""
            for secret in self._known:
                if secret.encode() in content and not _keeps(content, secret):
                    return f"the file {path} holds a secret: {secret!r}"
        return None


def _named_in(path: Path) -> Iterator[str]:
    """What the settings in a file name as secrets, where it is there."""
    for kind, name in _NAMED.findall(path.read_text("utf-8", "replace")):
        if kind == "env":
            yield os.environ.get(name, "").strip()
        elif (held := path.parent / name).is_file():
            yield held.read_text("utf-8", "replace").strip()


def _keeps(content: bytes, secret: str) -> bool:
    """Whether a file is where a secret is kept: it holds nothing else, but for a name before it."""
    return content.decode("utf-8", "replace").strip().rpartition("=")[2] == secret


SECRECY: Final = Secrecy()


@pytest.fixture(autouse=True, scope="session")
def secrets_are_known() -> Iterator[None]:
    """Note each secret when it is read from where the settings say, or made up."""
    read, make = Settings.secret, secrets.token_urlsafe

    def was_read(self: Settings, value: str | None, key: str) -> str | None:
        found = read(self, value, key)
        if found:
            SECRECY.know(found)
        return found

    def was_made(count: int | None = None) -> str:
        made = make(count)
        SECRECY.know(made)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Settings, "secret", was_read)
        patch.setattr(secrets, "token_urlsafe", was_made)
        yield
