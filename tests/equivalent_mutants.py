"""Faults of the sample that change nothing anybody could see, read one by one (tests/sampled_mutants.py)."""

from typing import Final

EQUIVALENT: Final[dict[tuple[str, str, int], str]] = {
    ("compliance.mail.delivery:_Run.__init__", "1 becomes 2", 1): "one email is handed over at a time: a second thread "
    "would have nothing to do",
    ("compliance.mail.smtp:Mailer.__init__", "0 becomes 1", 2): "`connect` sets it to 0 before the first email",
    ("compliance.reminders.decisions:route", "the call is left out", 3): "`assert_never` is never reached",
    ("compliance.reminders.digests:_decide_all", "True becomes False", 0): "the same rows are read, in a turn that "
    "other writers would have to wait for",
    ("compliance.reminders.emails.composing:_part_of_step", "the call is left out", 0): "`assert_never` is never "
    "reached",
    (
        "compliance.reports.judging.restated_records:Mixture.after",
        "1 becomes 2",
        9,
    ): "what is left out is recognised by a place below 0",
    ("compliance.store.receiving.directory:last_good_directory", "1 becomes 2", 4): "only the first row is read",
}
"""(function, what the fault does, its number among the faults of the function) -> why nothing can notice it."""
