"""A folder that `compliance init` has laid out and in which all is decided, but for the crime system: where the pages of
documentation begin that lead through a task (docs/connect.md)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from compliance.cli import main
from tests.following import Follower
from tests.integration.test_mail_server import Server, running

DECIDED: Final = {
    r"# name = .*": 'name = "Avonshire Police"',
    r'policy = "rules/DECIDE.toml".*': 'policy = "rules/west-mercia.toml"',
    r"# due_from = .*": "due_from = 2026-07-20",
    r'# url = "https://crimes.*': 'url = "http://127.0.0.1:1/crimes"',
    r"# host = .*": 'host = "127.0.0.1"',
    r"port = 25$": "port = PORT",
    r'security = "starttls" .*': 'security = "plain"',
    r"# sender = .*": 'sender = "victim.updates@force.example"',
}
"""The lines marked DECIDE, as the pages take them as decided."""


@contextmanager
def laid_out(folder: Path, patch: pytest.MonkeyPatch, server: Server | None = None) -> Iterator[Follower]:
    """Whoever follows a page in /etc/compliance, as the page calls it, while the mail server runs."""
    settings, data = folder / "etc", folder / "data"
    data.mkdir()
    assert CliRunner().invoke(main, ["init", str(settings), "--data", str(data)]).exit_code == 0
    with running(Server() if server is None else server) as port:
        text = (settings / "config.toml").read_text("utf-8")
        for old, new in DECIDED.items():
            text, count = re.subn(rf"^{old}", new.replace("PORT", str(port)), text, count=1, flags=re.MULTILINE)
            assert count == 1, old
        (settings / "config.toml").write_text(text, "utf-8")
        yield Follower(settings, patch, {"/etc/compliance": str(settings), "/var/lib/compliance": str(data)})
