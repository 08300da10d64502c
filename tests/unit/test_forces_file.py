"""The file of forces over time: what is wrong in it, and which force a folder is of (decision 0075)."""

from pathlib import Path

import pytest

from compliance.errors import SettingsError
from tests.reorganised_forces import DAY, EVE, MERGED, loaded


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[[force]]\nname = "A"\nuntil = 2026-05-03\nbecame = ["B"]\n',
            "force 'A': became 'B', which is no force here",
        ),
        ('[[force]]\nname = "A"\nbecame = ["A"]\n', "force 'A': became A, but it has no end; add until"),
        ('[[force]]\nname = "A"\n[[force]]\nname = "A"\n', "force 'A': two entries are there at the same time"),
        ('[[force]]\nname = "A"\nspelings = ["22"]\n', "did you mean 'spellings'?"),
        (
            '[[force]]\nname = "A"\nspellings = ["22"]\n[[force]]\nname = "B"\nspellings = ["22"]\n',
            "the spelling '22' is that of force 'A' already",
        ),
        (
            '[[force]]\nname = "A"\nuntil = 2026-05-03\norganisation = "west.toml"\n'
            '[[force]]\nname = "A"\nfrom = 2026-05-04\norganisation = "east.toml"\n',
            "force 'A': names two files as its organisation, east.toml and west.toml; write one for all dates",
        ),
        ('[[force]]\nname = "A"\norganisation = "none.toml"\n', "none.toml: cannot be read"),
        ("", "force: missing; it is required"),
    ],
)
def test_what_is_wrong_in_the_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, text)
    assert "forces.toml" in str(caught.value) or "none.toml" in str(caught.value)
    assert said in str(caught.value)


def test_a_folder_of_no_force_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no force 'Wst'; did you mean 'West'\\? Add it"):
        loaded(tmp_path, MERGED).name_of("Wst")


def test_two_forces_renamed_back_and_forth_have_an_origin(tmp_path: Path) -> None:
    """Names that lead in a circle end the search."""
    text = (
        f'[[force]]\nname = "A"\nuntil = {EVE}\nbecame = ["B"]\n'
        f'[[force]]\nname = "B"\nfrom = {DAY}\nuntil = 2026-05-10\nbecame = ["A"]\n[[force]]\nname = "A"\nfrom = 2026-05-11\n'
    )
    forces = loaded(tmp_path, text)
    assert {forces.origin("A"), forces.origin("B")} <= {"A", "B"}
    assert forces.lineage("A") == {"A", "B"}
