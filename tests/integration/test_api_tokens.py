"""The tokens of programs: made by a person, shown once, kept as a hash, and ended by time or by a person."""

import re
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result

from compliance.cli import main
from compliance.cli.options import user_name
from compliance.cli.token_commands import create
from compliance.errors import SettingsError
from compliance.records import Officer
from compliance.store import Store, migrate, save_officers
from compliance.store.kept.api_tokens import find_token, list_tokens, revoke_token, touch_token
from compliance.store.tables import API_TOKEN
from compliance.web.api.client_tokens import ROLES, RefusedTokenError, create_token, viewer_of
from compliance.web.roles import Viewer, WebRole
from tests import stores
from tests.mails import CONFIG
from tests.stores import at, rows

new_database, database_url, store = stores.new_database, stores.database_url, stores.store

NOW: Final = at("2026-07-20 10:00")


def make(store: Store, name: str = "power-bi", role: WebRole = WebRole.PERFORMANCE, **given: Any) -> str:
    asked = {"division": None, "days": 90, "by": "mhill", "now": NOW} | given
    return create_token(store, name, role, **asked)


def test_a_token_is_random_and_only_its_hash_is_stored(store: Store) -> None:
    first, second = make(store, "a"), make(store, "b")
    assert re.fullmatch(r"vcc_[\w-]{43}", first)
    assert first != second
    held = b"".join(str(row).encode() for row in rows(store, API_TOKEN))
    assert first.removeprefix("vcc_").encode() not in held
    assert {len(digest) for (digest,) in rows(store, API_TOKEN, "digest")} == {32}


def test_a_token_says_who_asks_in_which_role_and_of_which_division(store: Store) -> None:
    save_officers(store, [Officer("n1", division="North")], NOW)
    token = make(store, role=WebRole.CHAMPION, division="North")
    expected = Viewer("token power-bi", WebRole.CHAMPION, "power-bi", None, None, "North")
    assert viewer_of(store, [f"Bearer {token}"], NOW) == expected
    assert viewer_of(store, [f"bearer {token}"], NOW) == expected, "the name of a scheme may be written so"


def test_it_stands_until_the_instant_at_which_it_expires_or_is_revoked(store: Store) -> None:
    header = [f"Bearer {make(store, days=2)}"]
    end = NOW + timedelta(days=2)
    assert viewer_of(store, header, end - timedelta(seconds=1))
    with pytest.raises(RefusedTokenError, match="power-bi has expired"):
        viewer_of(store, header, end)
    revoke_token(store, "power-bi", "other", NOW)
    with pytest.raises(RefusedTokenError, match="power-bi was revoked"):
        viewer_of(store, header, NOW)
    with pytest.raises(SettingsError, match="there is no token power-bi"):
        revoke_token(store, "power-bi", "mhill", NOW)
    (row,) = rows(store, API_TOKEN, "name", "made_by", "made_at", "expires_at", "revoked_by", "revoked_at")
    assert row == ("power-bi", "mhill", NOW, end, "other", NOW)


def test_one_token_of_a_name_stands_and_an_expired_one_makes_room(store: Store) -> None:
    make(store, days=1)
    with pytest.raises(SettingsError, match="there is a token power-bi already; choose another name"):
        make(store)
    make(store, now=NOW + timedelta(days=1))
    assert [each.revoked_at for each in list_tokens(store)] == [NOW + timedelta(days=1), None]
    revoke_token(store, "power-bi", "mhill", NOW + timedelta(days=2))
    make(store, now=NOW + timedelta(days=2))
    assert len(list_tokens(store)) == 3


@pytest.mark.parametrize("name", ["", "Power BI", "power_bi", "-a", "a" * 41, "a\n", "é"])
def test_a_name_is_plain(store: Store, name: str) -> None:
    """It stands in logs and in the audit log."""
    with pytest.raises(SettingsError, match="a name has 1 to 40 lower-case letters"):
        make(store, name)


def test_a_division_is_for_a_champion_and_must_be_there(store: Store) -> None:
    with pytest.raises(SettingsError, match="state whose cases"):
        make(store, role=WebRole.CHAMPION)
    with pytest.raises(SettingsError, match="is for the role champion"):
        make(store, role=WebRole.BOARD, division="North")
    with pytest.raises(SettingsError, match="Nroth: no officer"):
        make(store, role=WebRole.CHAMPION, division="Nroth")
    assert list_tokens(store) == []


def test_when_it_was_used_is_stored_when_that_is_news(store: Store) -> None:
    make(store)
    for minutes, expected in ((0, 0), (59, 0), (60, 60)):
        (token,) = list_tokens(store)
        touch_token(store, token, NOW + timedelta(minutes=minutes))
        assert rows(store, API_TOKEN, "used_at") == [(NOW + timedelta(minutes=expected),)]


def test_a_digest_of_nobody_is_no_token(store: Store) -> None:
    assert find_token(store, b"x" * 32) is None


@pytest.fixture
def config(tmp_path: Path) -> Path:
    url, file = f"sqlite:///{tmp_path}/compliance.db", tmp_path / "config.toml"
    file.write_text(CONFIG.format(url=url))
    migrate(url)
    return file


def run(config: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["token", *words, "--config", str(config)])


def opened(config: Path) -> "closing[Store]":
    return closing(Store.open(f"sqlite:///{config.parent}/compliance.db"))


def test_the_command_shows_the_token_alone_and_once(config: Path) -> None:
    made = run(config, "create", "power-bi", "--role", "performance")
    assert made.exit_code == 0
    token = made.stdout.strip()
    assert re.fullmatch(r"vcc_[\w-]{43}", token)
    assert "shown only now. It stands for 90 days" in made.stderr
    with opened(config) as store:
        assert viewer_of(store, [f"Bearer {token}"], list_tokens(store)[0].made_at).name == "power-bi"
        assert list_tokens(store)[0].made_by == user_name()
    listed = run(config, "list")
    assert token not in listed.output
    line = r"power-bi  performance  -  made \S+ \S+Z by \S+  used \S+ \S+Z  expires \S+ \S+Z"
    assert re.fullmatch(line, listed.stdout.strip().replace("\t", "  "))
    assert listed.stderr.strip() == "1 token, 1 in force"


def test_the_command_revokes(config: Path) -> None:
    run(config, "create", "power-bi", "--role", "board", "--days", "366")
    assert run(config, "revoke", "power-bi").stdout.strip() == "token power-bi revoked"
    listed = run(config, "list")
    assert f"revoked {list_tokens_of(config)} by {user_name()}" in listed.stdout
    assert listed.stderr.strip() == "1 token, 0 in force"
    again = run(config, "revoke", "power-bi")
    assert again.exit_code == 2
    assert "there is no token power-bi that is not revoked" in again.output


def list_tokens_of(config: Path) -> str:
    with opened(config) as store:
        (token,) = list_tokens(store)
    return f"{token.revoked_at:%Y-%m-%d %H:%MZ}"


@pytest.mark.parametrize(
    "words",
    [
        ("create", "a"), ("create", "a", "--role", "officer"), ("create", "a", "--role", "board", "--days", "367"),
        ("create", "a", "--role", "board", "--days", "0"), ("create", "A", "--role", "board"),
        ("create", "a", "--role", "champion"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_with_the_reason(config: Path, words: tuple[str, ...]) -> None:
    done = run(config, *words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr


def test_the_command_offers_the_roles_and_the_times_of_the_api() -> None:
    role, days = (next(each for each in create.params if each.name == name) for name in ("role", "days"))
    assert tuple(getattr(role.type, "choices", ())) == tuple(map(str, ROLES))
    assert (days.default, getattr(days.type, "max", None)) == (90, 366)
