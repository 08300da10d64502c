"""A draft of a policy: compared and tried, with what is not known of it, and never what a service judges by."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from compliance.cli import main
from compliance.config import load_settings
from compliance.errors import SettingsError
from compliance.policy import load_policy
from compliance.service import Service
from compliance.store import migrate
from tests.stores import crime, raws

ROOT = Path(__file__).parents[2]
DRAFT = "drafts/victims-code-new"
FIRST = "When the new Code comes into force"


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.ndjson"
    events = [{"event_ref": "E1", "kind": "suspect_arrested", "at": "2026-07-06T09:00:00Z"}]
    path.write_bytes(b"\n".join(raws([crime(events=events)])) + b"\n")
    return path


def test_the_draft_supplied_carries_the_code_in_force_over_and_says_what_is_unknown() -> None:
    draft, now = load_policy(DRAFT), load_policy("victims-code-2020")
    kept = {each.id: each.model_dump(exclude={"source"}) for each in draft.requirement}
    assert kept == {each.id: each.model_dump(exclude={"source"}) for each in now.requirement}
    assert draft.unknown is not None
    assert len(draft.unknown) == 5
    assert (draft.title.startswith("Draft"), now.unknown) == (True, None)


def test_whatif_sets_old_and_new_side_by_side_and_says_what_is_unknown(records: Path) -> None:
    asked = ["whatif", "--policy", "victims-code-2020", "--policy-to", DRAFT, "--from", "2026-07-01", "--to",
             "2026-07-31", "--as-at", "2026-08-10T09:00:00Z", "--input", str(records)]  # fmt: skip
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[lines.index("A draft. Not known of it yet:") + 1].startswith(f"- {FIRST}")
    place = next(n for n, line in enumerate(lines) if line.startswith("arrested: "))
    due = [re.search(r"(?:policy|changed) +(\d+) ", line) for line in lines[place:]]
    assert [found[1] for found in due if found][:2] == ["1", "1"], "one arrest, under either"
    told = json.loads(CliRunner().invoke(main, [*asked, "--format", "json"]).stdout)
    assert told["unknown"] == list(load_policy(DRAFT).unknown or ())
    plain = CliRunner().invoke(main, [*asked[:4], "west-mercia", *asked[5:]]).stdout
    assert "draft" not in plain.lower()


def test_evaluate_by_a_draft_says_so(records: Path) -> None:
    asked = ["evaluate", "--as-at", "2026-08-10T09:00:00Z", "--input", str(records), "--output", "-", "--policy"]
    said = CliRunner().invoke(main, [*asked, DRAFT]).stderr
    assert said.count("draft: not known yet: ") == 5
    assert "draft" not in CliRunner().invoke(main, [*asked, "victims-code-2020"]).stderr


def test_no_service_judges_by_a_draft(tmp_path: Path) -> None:
    text = (
        (ROOT / "config.toml").read_text("utf-8").replace("sqlite:///var/compliance.db", f"sqlite:///{tmp_path}/c.db")
    )
    path = tmp_path / "config.toml"
    path.write_text(text.replace('policy = "west-mercia"', f'policy = "{DRAFT}"'), "utf-8")
    migrate(f"sqlite:///{tmp_path}/c.db")
    with pytest.raises(SettingsError, match=rf"is a draft: of it is not known yet, for example: {FIRST}"):
        Service.open(load_settings(path))
    done = CliRunner().invoke(main, ["check", "--offline", "--config", str(path)])
    assert (done.exit_code != 0, "is a draft" in done.stdout + done.stderr) == (True, True), done.output
