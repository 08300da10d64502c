"""What readers of a dip sample are told: the same for all of them, and nothing of what the record says."""

from collections.abc import Iterable, Sequence

from compliance.text import join_words


def how_to_read(number: int, criteria: Iterable[Sequence[str]], counted_methods: Sequence[str] | None) -> str:
    """Return how the forms of a dip sample are filled in.

    `criteria`: (id, question). `counted_methods`: the methods that count in the policy (rules 2.4); None: all.
    """
    questions = "\n".join(f"  {name:<22}{question}  yes / no" for name, question in criteria)
    methods = f"only by {join_words(counted_methods, 'or')}" if counted_methods else "by any method"
    return f"""\
How to read the cases of dip sample {number}

Open each crime in the crime recording system. Look at what was recorded, and at whatever else shows whether the victim
was really told: messages, letters, call records, body-worn video. Do not ask the officer first, and do not look the
case up in the compliance monitor: its verdict is what is being tested. Read alone, without other readers.

The question is always the same: was this victim told about the case by anybody from the police, on the day in
look_from or later? Contacts before it do not count here. Fill in one row for each case:

  told                  yes / no / cannot tell
  told_on               if yes: the day of the first contact from look_from on, such as 24/11/2026 or 2026-11-24
  told_by               by whom: a reference, not a name
{questions}
  answered_request      did it answer what the victim had asked?  yes / no / nothing asked
  note                  what the record has wrong, in a few words, without names

A contact counts {methods}. An attempt that did not reach the victim, such as a call without an
answer, does not count. Of a letter or a message, give the day on which it was sent. If the victim was told and the day
cannot be found, answer cannot tell. If nothing was owed to this victim, answer what happened all the same, and say so
in the note.

Is what an officer wrote enough, if nothing else shows the contact? That is for the force to say, and the same for all
readers: ask before you begin.

Leave a row empty until you have read the case; a note alone is no answer. Columns about the contact stay empty unless
told is yes. Then give the form back to whoever gave it to you.
"""
