"""What readers of a dip sample are told: the same for all of them, and nothing of what the record says."""

from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import Final

from compliance.text import join_words

OPEN: Final = (
    "Open each crime in the crime recording system. Look at what was recorded, and at whatever else shows whether the "
    "victim was really told. Do not ask the officer first, and do not look up the verdict of the compliance "
    "monitor: it is what is being tested. Read alone, without other readers."
)
QUESTION: Final = (
    "The question is always the same: was this victim told about the case by anybody from the police, on the day from "
    "which contacts count or later? Contacts before it do not count here."
)
UNSURE: Final = (
    "If the victim was told and the day cannot be found, answer cannot tell. If nothing was owed to this victim, "
    "answer what happened all the same, and say so in the note."
)
NO_PROOF: Final = "It was not stored with this sample what counts as proof: ask before you begin."
_WIDTH: Final = 118


def state_methods(counted: Sequence[str] | None) -> str:
    """Return by which methods a contact counts under a policy (rules 2.4). None: by all."""
    by = f"only by {join_words(counted, 'or')}" if counted else "by any method"
    return f"A contact counts {by}."


def how_to_read(number: int, criteria: Iterable[Sequence[str]], proof: Sequence[str]) -> str:
    """Return how the forms of a dip sample are filled in.

    `criteria`: (id, question). `proof`: what counts as proof, a sentence each; empty: it was not stored.
    """
    questions = "\n".join(f"  {name:<22}{question}  yes / no" for name, question in criteria)
    said = "\n".join(
        fill(each, _WIDTH, initial_indent="  - ", subsequent_indent="    ") for each in proof or [NO_PROOF]
    )
    opening, question, unsure = (fill(each, _WIDTH) for each in (OPEN, QUESTION, UNSURE))
    return f"""\
How to read the cases of dip sample {number}

{opening}

{question}

Fill in one row for each case. The day from which contacts count is in look_from:

  told                  yes / no / cannot tell
  told_on               if yes: the day of the first contact from look_from on, such as 24/11/2026 or 2026-11-24
  told_by               by whom: a reference, not a name
{questions}
  answered_request      did it answer what the victim had asked?  yes / no / nothing asked
  note                  what the record has wrong, in a few words, without names

What counts as proof:

{said}

{unsure}

Leave a row empty until you have read the case; a note alone is no answer. Columns about the contact stay empty unless
told is yes. Then give the form back to whoever gave it to you.
"""
