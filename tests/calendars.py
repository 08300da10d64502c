"""A policy of working days with a calendar of its own, for tests in which that calendar ends early, or moves on."""

import re
from pathlib import Path

from compliance.policy import Policy, load_policy
from tests.engine import RULES

_SHIPPED = "covers_until = 2028-12-31"


def policy_until(folder: Path, until: str, name: str = "victims-code-2020", first: str = "1995-01-01") -> Policy:
    """A shipped policy whose calendar is known from one date to another, in files in a folder of its own."""
    calendars = folder / "rules" / "calendars"
    calendars.mkdir(parents=True, exist_ok=True)
    text = (RULES / "calendars" / "england-and-wales.toml").read_text("utf-8")
    assert text.count(_SHIPPED) == text.count("covers_from = 1995-01-01") == 1
    text = text.replace(_SHIPPED, f"covers_until = {until}").replace(
        "covers_from = 1995-01-01", f"covers_from = {first}"
    )
    text = re.sub(r"\b(\d{4}-\d\d-\d\d),", lambda day: day[0] if first <= day[1] <= until else "", text)
    (calendars / "england-and-wales.toml").write_text(text, "utf-8")
    path = folder / "rules" / f"{name}.toml"
    path.write_text((RULES / f"{name}.toml").read_text("utf-8"), "utf-8")
    return load_policy(path)
