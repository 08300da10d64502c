"""What an officer's mail says of who else is told."""

from collections.abc import Iterable, Iterator
from datetime import date

from compliance.policy import Policy
from compliance.reminders.routing import Directory
from compliance.reminders.rules import ReminderRules, working_from
from compliance.reminders.stages import OVERDUE, Decision, champion_on, supervisor_on
from compliance.reminders.words import day_text, plural


def escalation(
    told: Iterable[Decision], policy: Policy, rules: ReminderRules, today: date, directory: Directory | None
) -> Iterator[str]:
    """Who else is told of what the officer in the case is told themselves: of how many already, and from when first if
    nothing is recorded. Nobody is named whom there is not."""
    already: dict[str, set[tuple[str, str]]] = {}
    coming: dict[str, set[date]] = {}
    for decision in told:
        if decision.step != OVERDUE or not decision.own:
            continue
        owed, me = decision.owed, decision.recipient_ref
        ladder = rules.ladder_for(owed.requirement, owed.waiting.category)
        for who, day, ask in (
            ("your supervisor", supervisor_on(owed, ladder), Directory.to_supervisor),
            ("the division's champion", champion_on(owed, ladder), Directory.to_champion),
        ):
            if directory is not None and ask(directory, owed.waiting).recipient_ref in (None, me):
                continue
            if day <= today:
                already.setdefault(who, set()).add(owed.waiting.key)
            else:
                coming.setdefault(who, set()).add(working_from(policy, day))
    if already:
        said = [f"{who} of {plural(len(victims), 'victim', 'victims')}" for who, victims in already.items()]
        yield f"Who else is told already: {' and '.join(said)}."
    if coming:
        said = [
            f"{who} from {day_text(min(days), today)}{' at the earliest' if len(days) > 1 else ''}"
            for who, days in coming.items()
        ]
        yield f"Who else is told if no update is recorded: {' and '.join(said)}."
