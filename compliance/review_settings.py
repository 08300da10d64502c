"""The settings of dip samples: what readers are asked of each case (docs/reviews.md)."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from compliance.feed_settings import SettingsSection


class ReviewCriterion(SettingsSection):
    """A question that readers answer with yes or no of a contact with the victim."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,29}$", description="The name of its column in the form.")
    question: str = Field(min_length=1, max_length=200, description="The question. Yes is what is wanted.")


_CRITERIA = (
    ReviewCriterion(id="said_what_happened", question="Did it say what has happened in the case?"),
    ReviewCriterion(id="said_what_next", question="Did it say what happens next, and when?"),
    ReviewCriterion(
        id="could_be_understood", question="Was it in words, and in a language, that the victim could use?"
    ),
)
PROOF = (
    "Messages, letters, call records and body-worn video show a contact.",
    "An attempt that did not reach the victim, such as a call without an answer, does not count.",
    "A letter or a message counts from the day on which it was sent.",
    "It is not laid down whether what an officer wrote is enough if nothing else shows the contact: ask first.",
)
"""What counts as proof unless a force says more: it leaves open what only the force can say."""
RESERVED = frozenset(
    {"number", "crime", "victim", "look_from", "told", "told_on", "told_by", "answered_request", "note"}
)


class ReviewSettings(SettingsSection):
    """Dip samples: is the record behind the figures true (docs/reviews.md)?"""

    proof: tuple[Annotated[str, Field(min_length=1, max_length=300)], ...] = Field(
        PROOF,
        description="What readers take as proof that a victim was told, a sentence each; stored with each sample.",
    )
    criteria: tuple[ReviewCriterion, ...] = Field(
        _CRITERIA, description="What makes a contact good enough, as questions of yes or no."
    )
    half_width: float = Field(
        5, gt=0, le=50, description="How exact the adjusted rate is to be: percentage points either side of it."
    )
    read_twice: float = Field(
        20, ge=0, le=100, description="Per cent of the cases that a second reader reads too, without knowing which."
    )

    @model_validator(mode="after")
    def _has_columns_of_its_own(self) -> Self:
        names = [each.id for each in self.criteria]
        for name in names:
            if name in RESERVED:
                raise ValueError(f"criteria: {name!r} is a column of its own; choose another id")
            if names.count(name) > 1:
                raise ValueError(f"criteria: {name!r} is there twice")
        return self
