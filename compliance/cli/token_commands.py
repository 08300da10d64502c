"""Commands for the tokens by which programs read the JSON API: create, list, revoke."""

from datetime import datetime
from pathlib import Path

import click

from compliance.cli.options import CONFIG, echo, service_of, user_name
from compliance.text import count_noun

_ROLES = ("performance", "champion", "board", "administrator")
_NAME = click.argument("name")


@click.group()
def token() -> None:
    """Create, list and revoke the tokens by which programs read the JSON API (docs/api.md)."""


@token.command()
@CONFIG
@_NAME
@click.option("--role", type=click.Choice(_ROLES), required=True, help="What it may read (docs/api.md).")
@click.option("--division", help="Whose cases, with the role champion.")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How long it stands.")
def create(config: Path, name: str, role: str, division: str | None, days: int) -> None:
    """Create a token for a program, and show it once.

    Standard output has the token and nothing else. Your user name is stored with it.
    """
    from compliance.web.api.client_tokens import create_token
    from compliance.web.roles import WebRole

    with service_of(config) as service:
        made = create_token(service.store, name, WebRole(role), division, days, user_name(), service.clock())
    echo(made)
    echo(f"This is shown only now. It stands for {count_noun(days, 'day')}.", err=True)


@token.command("list")
@CONFIG
def list_all(config: Path) -> None:
    """List the tokens, the oldest first: name, role, division, made, used last, and how it stands. Times are in UTC."""
    from compliance.store.kept.api_tokens import list_tokens

    with service_of(config) as service:
        found, now = list_tokens(service.store), service.clock()
    for each in found:
        if each.revoked_at is not None:
            stands = f"revoked {_minute(each.revoked_at)} by {each.revoked_by}"
        else:
            stands = f"{'expired' if each.expires_at <= now else 'expires'} {_minute(each.expires_at)}"
        used = "never used" if each.used_at is None else f"used {_minute(each.used_at)}"
        made = f"made {_minute(each.made_at)} by {each.made_by}"
        echo(each.name, each.role, each.division or "-", made, used, stands)
    standing = sum(each.revoked_at is None and each.expires_at > now for each in found)
    echo(f"{count_noun(len(found), 'token')}, {standing:,} in force", err=True)


@token.command()
@CONFIG
@_NAME
def revoke(config: Path, name: str) -> None:
    """Revoke a token for good, at once. Your user name is stored with it."""
    from compliance.store.kept.api_tokens import revoke_token

    with service_of(config) as service:
        revoke_token(service.store, name, user_name(), service.clock())
    echo(f"token {name} revoked")


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%MZ}"
