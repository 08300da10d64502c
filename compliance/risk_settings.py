"""The settings of the entry in the corporate risk register (docs/risk.md)."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from compliance.feed_settings import SettingsSection


class RiskLevel(SettingsSection):
    """How likely the risk counts as while the rate is below a threshold."""

    below: float = Field(gt=0, le=100, description="Per cent.")
    likelihood: int = Field(ge=1, le=10, description="On the force's own scale; 1 from the highest threshold on.")


class RiskControl(SettingsSection):
    """Something that is done against the risk, and the published figure that says whether it works."""

    name: str = Field(min_length=1, description="What is done.")
    figure: str = Field(description="The figure, as `compliance report cases` names it, such as `rate.28-day`.")
    measure: str = Field("rate", description="Which of its numbers: `rate`, `count` and others (docs/figures.md).")
    at_least: float | None = Field(None, description="It works from this number on; shares in per cent.")
    at_most: float | None = Field(None, description="It works up to this number; shares in per cent.")

    @model_validator(mode="after")
    def _has_one_limit(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"controls: {self.name!r} needs either at_least or at_most")
        return self


class RiskSettings(SettingsSection):
    """The entry in the risk register, which `compliance report risk` writes from the published weeks."""

    title: str = Field("Victims of crime are not kept informed in time", min_length=1, description="The risk.")
    cause: str = Field(
        "Updates are not given, are given late, or are not recorded", min_length=1, description="Its cause."
    )
    owner: str = Field("", description="Who owns it.")
    next_review: date | None = Field(None, description="When it is looked at next.")
    figure: str = Field("rate.7-day", description="The figure that decides how likely it is.")
    levels: tuple[RiskLevel, ...] = Field(
        (
            RiskLevel(below=50, likelihood=5), RiskLevel(below=60, likelihood=4), RiskLevel(below=75, likelihood=3),
            RiskLevel(below=90, likelihood=2),
        ),
        min_length=1,
        description="How likely it counts as, by thresholds of that figure, the lowest first.",
    )  # fmt: skip
    impact: int = Field(4, ge=1, le=10, description="Its impact on the force's own scale.")
    controls: tuple[RiskControl, ...] = Field((), description="What is done against it.")

    @model_validator(mode="after")
    def _levels_fall(self) -> Self:
        pairs = list(zip(self.levels, self.levels[1:], strict=False))
        if any(low.below >= high.below or low.likelihood <= high.likelihood for low, high in pairs):
            raise ValueError("levels: expected the lowest threshold first, and a lower likelihood with each higher one")
        return self
