"""docs/write-a-policy.md: a force's words become a rule in use, as the page says, command by command."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from compliance.batch.examples import failures
from compliance.config import load_settings
from compliance.service import Service
from compliance.service.check import policy_checks
from compliance.service.running.daemon import Daemon
from tests import checks
from tests.engine import RULES
from tests.following import DOCS
from tests.laid_out import laid_out
from tests.stores import at, crime, take

sampled_once = checks.sampled_once
pytestmark = pytest.mark.usefixtures("sampled_once")
PAGE = (DOCS / "write-a-policy.md").read_text("utf-8")


def crimes() -> list[dict[str, Any]]:
    """The crimes of the table on the page, reported and updated at noon of the days that it gives."""
    found = []
    for line in re.findall(r"^\| (22D/.*) \|$", PAGE, re.MULTILINE):
        ref, offence, *days = line.split(" | ")
        reported, *told = [
            f"{datetime.strptime(f'{day} +0000', '%a %d %B %Y %z'):%Y-%m-%d}T12:00:00Z"
            for day in days
            if day != "never"
        ]
        updates = [{"update_ref": "U1", "at": day, "outcome": "informed"} for day in told]
        found.append(crime(ref, offence=offence, division="North", reported_at=reported, updates=updates))
    return found


def test_the_words_of_a_decision_become_a_rule_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service that runs is a daemon whose schedule stands still; a reload is the daemon's own, as on SIGHUP. The
    examples of the policies supplied are taken to hold, which tests/unit/test_check.py proves."""
    monkeypatch.setattr(
        policy_checks,
        "failures",
        lambda example, policy: [] if RULES in policy.path.parents else failures(example, policy),
    )
    with laid_out(tmp_path, monkeypatch) as follower:
        follower.follow("```console\n$ compliance migrate\n```\n")
        with Service.open(load_settings(Path("config.toml")), lambda: follower.now) as service:
            take(service.store, at("2026-07-20 08:55"), *crimes())
            service.judge()
            daemon = Daemon(service)
            daemon._scheduler.start(paused=True)

            def reload() -> None:
                daemon._guard("reload", daemon._reload)()
                daemon._service.judge()

            follower.programs["systemctl reload compliance"] = reload
            try:
                follower.follow(PAGE)
            finally:
                daemon._scheduler.shutdown()
            assert daemon._service.policy.title.startswith("Avonshire")
