"""A page that is followed fails where it is not so (tests/following.py); docs/connect.md and others rest on that."""

from pathlib import Path

import pytest

from tests.following import Follower, is_shown, with_sections

FILE = "Write `a.toml`:\n\n```toml\none = 1\n```\n"
MENDED = "In `a.toml`:\n\n```diff\n-one = 1\n+one = 2\n```\n"


@pytest.fixture
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Follower:
    return Follower(tmp_path, monkeypatch, {"/etc/compliance": str(tmp_path)})


def console(*lines: str) -> str:
    return "```console\n" + "".join(f"{line}\n" for line in lines) + "```\n"


def test_files_are_laid_out_and_changed_and_commands_run_where_they_lie(follower: Follower) -> None:
    follower.follow(FILE + MENDED + console("$ cat /etc/compliance/a.toml", "one = 2", "$ pwd", "/etc/compliance"))
    assert follower.commands == ["cat /etc/compliance/a.toml", "pwd"]


def test_a_command_of_the_service_is_run_at_the_instant_that_the_page_gives(follower: Follower) -> None:
    """In London, where it was an hour earlier in UTC."""
    follower.follow("**Tuesday 21 July 2026, 08:00**\n" + console("$ compliance feed try", "…", "(exit code 2)"))
    assert f"{follower.now:%d %H:%M %Z}" == "21 07:00 UTC"


@pytest.mark.parametrize(
    "page",
    [
        FILE + console("$ cat a.toml", "one = 2"),
        FILE + console("$ cat a.toml", "one = 1", "(exit code 1)"),
        console("$ false"),
        console("$ cat a.toml"),
        FILE + "In `a.toml`:\n\n```diff\n-two = 1\n+two = 2\n```\n",
        "A block without the name of a file above it.\n\n```text\nsomething\n```\n",
        "```console\nno command\n```\n",
    ],
)
def test_a_page_that_is_not_so_fails(follower: Follower, page: str) -> None:
    with pytest.raises(AssertionError):
        follower.follow(page)


@pytest.mark.parametrize(
    ("shown", "is_so"),
    [
        ("one\ntwo  three", True),
        ("one … three", True),
        ("… three", True),
        ("one …", True),
        ("one two", False),
        ("two …", False),
        ("one … four", False),
        ("one.two three", False),
    ],
)
def test_an_ellipsis_stands_for_anything_and_spaces_for_spaces(shown: str, is_so: bool) -> None:
    assert is_shown(shown, "one two\n  three\n") is is_so


def test_sections_take_the_place_of_those_of_their_name() -> None:
    settings = "[a]\none = 1\n[b]\ntwo = 2\n[b.c]\nthree = 3\n[[b.d]]\n# [b.e]\n[bb]\nfour = 4\n"
    assert with_sections(settings, "[b]\nfive = 5\n") == "[a]\none = 1\n[b]\nfive = 5\n\n[bb]\nfour = 4\n"
