"""What the commands say of an officer directory that was not taken over (records section 4)."""

from pathlib import Path

import pytest

from compliance.config import load_settings
from compliance.store import migrate
from tests import stores
from tests.feed_sites import settings_text
from tests.integration import test_officer_directory as over_http
from tests.integration.test_feed_settings import DATABASE_URL, call
from tests.integration.test_officer_directory import GOOD, HALF, HTML, TROUBLES, World

pytestmark = stores.shared_out
new_database, database_url = stores.new_database, stores.database_url
store, world = stores.store, over_http.world


def test_the_poll_command_tells_of_it_and_has_done_its_work(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = settings_of(world, tmp_path)
    migrate(load_settings(path).database_url)
    world.officers.answers = [TROUBLES["401"][0], GOOD, HTML]
    said = [call(capsys, "poll", "--config", str(path)) for _ in range(3)]
    assert [code for code, _, _ in said] == [0, 0, 0]
    first, second, third = ([line for line in out.splitlines() if "officer directory" in line] for _, out, _ in said)
    assert first[0].startswith(f"officer directory not accepted: {world.officers.url} answered 401")
    assert first[1:] == ["no officer directory is in use: no one can be emailed"]
    assert len(second) == 1
    assert second[0].startswith("officer directory in use: as of 20")
    assert third[0].startswith(f"officer directory not accepted: {world.officers.url} gave a web page")
    assert third[1:] == second


def test_the_poll_command_accepts_a_directory_that_has_really_shrunk(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = settings_of(world, tmp_path)
    migrate(load_settings(path).database_url)
    world.officers.answers = [GOOD, HALF]
    call(capsys, "poll", "--config", str(path))
    _, out, _ = call(capsys, "poll", "--config", str(path))
    assert "it has 2 usable entries, where the last good one has 4; if it has really shrunk" in out
    code, out, _ = call(capsys, "poll", "--accept-directory", "--config", str(path))
    assert (code, "not accepted" in out) == (0, False)
    _, out, _ = call(capsys, "poll", "--config", str(path))
    assert "not accepted" not in out


def test_the_setting_says_by_how_much_it_may_shrink(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = settings_of(world, tmp_path)
    path.write_text(path.read_text().replace("officers_url", "directory_shrink_limit = 0.75\nofficers_url"))
    migrate(load_settings(path).database_url)
    world.officers.answers = [GOOD, HALF]
    said = [call(capsys, "poll", "--config", str(path))[1] for _ in range(2)]
    assert not any("not accepted" in out for out in said)


@pytest.mark.parametrize("trouble", ["401", "empty", "every entry refused"])
def test_feed_try_shows_the_records_though_the_directory_is_of_no_use(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], trouble: str
) -> None:
    world.officers.answers = [TROUBLES[trouble][0]]
    code, out, err = call(capsys, "feed", "try", "--config", str(settings_of(world, tmp_path)))
    assert (code, "2 records, 0 refused" in out) == (4, True)
    assert "compliance: officer directory: " in err
    assert TROUBLES[trouble][1] in err


def settings_of(world: World, folder: Path) -> Path:
    system = f'url = "{world.crimes.url}"\nofficers_url = "{world.officers.url}"'
    path = folder / "config.toml"
    path.write_text(settings_text(DATABASE_URL, system))
    return path
