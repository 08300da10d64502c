"""The settings of returns: which characteristics of victims are kept for them, and where they are defined
(docs/returns.md)."""

from typing import Literal

from pydantic import Field

from compliance.feed_settings import SettingsSection

Characteristic = Literal["age_band", "sex", "ethnicity", "disability"]


class ReturnSettings(SettingsSection):
    """Returns to other bodies (docs/returns.md)."""

    characteristics: tuple[Characteristic, ...] = Field(
        (),
        description="Which of `age_band`, `sex`, `ethnicity` and `disability` of victims are kept, apart from the "
        "records and for returns alone (docs/data-protection.md). None: whatever the crime system sends is dropped.",
    )
    definitions: str | None = Field(
        None, description="The folder of the returns' definitions (`*.toml`); absent: those supplied."
    )
