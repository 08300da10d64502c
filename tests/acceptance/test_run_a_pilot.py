"""docs/run-a-pilot.md: from an installed service to the first real emails, as the page says, day by day."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import checks
from tests.following import DOCS, Follower, with_sections
from tests.integration.test_mail_server import Server
from tests.laid_out import laid_out

sampled_once, without_examples = checks.sampled_once, checks.without_examples
PAGE = (DOCS / "run-a-pilot.md").read_text("utf-8")
CRIME_SYSTEM = """[crime_system]
kind = "files"
[crime_system.files]
folder = "/var/lib/compliance/exports"
tables = { crimes = "crimes_*.ndjson" }
officers = "officers.ndjson"
"""


def table(*columns: str) -> list[dict[str, str]]:
    """The rows of the table on the page that has these columns."""
    head = "| " + " | ".join(columns) + " |\n|---|---|---|---|\n"
    rows = PAGE.partition(head)[2].partition("\n\n")[0].splitlines()
    return [dict(zip(columns, (cell.strip() for cell in row.strip("|").split("|")), strict=True)) for row in rows]


def day(text: str) -> datetime:
    """A day on the page, at noon."""
    return datetime.strptime(f"{text} 12 +0000", "%a %d %B %Y %H %z")


class CrimeSystem:
    """Exports what it knows whenever the clock of the page is moved, and the service reads it."""

    def __init__(self, follower: Follower) -> None:
        self._follower, self._folder = follower, Path(follower.here("/var/lib/compliance/exports"))
        self._read: datetime | None = None
        self._folder.mkdir()
        self._officers = {row["officer"]: row for row in table("team", "officer", "role", "address")}
        entries = [
            {
                "officer_ref": ref,
                "email": row["address"],
                "division": row["team"].split()[0],
                "role": row["role"] or None,
            }
            | ({"team": row["team"]} if " " in row["team"] else {})
            for ref, row in self._officers.items()
        ]
        self._put("officers.ndjson", entries)

    def export(self) -> None:
        """Export all crimes early on each day since the last time and as they are now, and have them read."""
        now = self._follower.now
        days = [self._read + timedelta(days=n) for n in range(1, (now - self._read).days + 1)] if self._read else []
        for self._follower.now in (*days, now):
            self._put(f"crimes_{self._follower.now:%Y%m%d%H%M}.ndjson", self._crimes(self._follower.now))
            self._follower.follow("```console\n$ compliance poll\n…\n```\n")
        self._read = now

    def _crimes(self, now: datetime) -> list[dict[str, Any]]:
        found = []
        for row in table("crime", "officer", "reported", "updated"):
            team = self._officers[row["officer"]]["team"]
            told = [] if row["updated"] == "never" else [day(row["updated"])]
            updates = [{"update_ref": "U1", "at": at.isoformat(), "outcome": "informed"} for at in told if at <= now]
            found.append(
                {"crime_ref": row["crime"], "reported_at": day(row["reported"]).isoformat(), "updates": updates,
                 "officer_ref": row["officer"], "team": team, "division": team.split()[0],
                 "victims": [{"victim_ref": "V1"}], "changed_at": now.isoformat()}
            )  # fmt: skip
        return found

    def _put(self, name: str, lines: list[dict[str, Any]]) -> None:
        self._follower.write(self._folder / name, "".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.usefixtures("sampled_once", "without_examples")
def test_from_an_installed_service_to_the_first_emails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    with laid_out(tmp_path, monkeypatch, server) as follower:
        config = Path("config.toml")
        config.write_text(with_sections(config.read_text("utf-8"), follower.here(CRIME_SYSTEM)), "utf-8")
        follower.follow("```console\n$ compliance migrate\n```\n")
        follower.moved = CrimeSystem(follower).export
        follower.follow(PAGE)
    assert len(server.taken) == 7, "a test email, and two on each of three mornings"
