"""For each addition to the rules, engines and policies that break it: what its worked examples must notice
(docs/rules-additions.md).
"""
# One mutant a line or two, however long, so that the list can be read down.
# fmt: off

from tests.mutant_places import AFTER, BY_HOUR, CHAIN, CYCLE, FACTS, FIRST_AFTER, IN_TIME, JUDGED, ROWS, STARTED, TAKEN
from tests.mutation import broken, otherwise

ADDED = (
    broken("rules A1", "enhanced victims have the interval of all others", "policy.intervals._own_intervals", ("if requirement.enhanced:", "if False:")),
    broken("rules A1", "every victim has the interval of enhanced victims", "policy.intervals._own_intervals", ("fill(enhanced,", "fill(slice(None),")),
    broken("rules A1", "the interval of enhanced victims comes before the one agreed", "policy.intervals._own_intervals", ("honoured = agreed > 0", "honoured = (agreed > 0) & ~enhanced")),
    broken("rules A1a", "a requirement for all but some categories is owed to them too", "policy.whom._restrictions", ("if requirement.except_for is not None:", "if False:")),
    broken("rules A1a", "a requirement for all but some categories is owed to them alone", "policy.whom._restrictions", ("~_is_any(category, victim, requirement.except_for)", "_is_any(category, victim, requirement.except_for)")),
    broken("rules A1a", "where R is not owed to a victim, the window opens after R all the same", AFTER, ("np.where(applies, opens, found)", "opens")),
    broken("rules A2", "a requirement for some offence groups is owed for all", "policy.whom._restrictions", ("if requirement.only_offences is not None:", "if False:")),
    broken("rules A2", "a crime without an offence group is of every group", "policy.whom._is_any", ("[texts.code(text) for text in wanted]", "[-1, *(texts.code(text) for text in wanted)]")),
    broken("rules A2a", "a requirement for all but some offence groups is owed for them too", "policy.whom._restrictions", ("if requirement.except_offences is not None:", "if False:")),
    broken("rules A2a", "a requirement for all but some offence groups is owed for them alone", "policy.whom._restrictions", ("~_is_any(columns.offence, crime[victim], requirement.except_offences)", "_is_any(columns.offence, crime[victim], requirement.except_offences)")),
    broken("rules A3", "working days between updates are counted as calendar days", "policy.intervals.Intervals.after", ("if self.calendar is not None:", "if False:")),
    broken("rules A3", "an agreed interval is counted in working days too", "policy.intervals._own_intervals", ("agreed[honoured], False", "agreed[honoured], True")),
    broken("rules A3a", "the cycles before one that is not known are judged all the same", "policy.obligations._without_unknown", ("if len(unknown):", "if False:")),
    broken("rules A5", "a chain goes on under the old requirement", "policy.takeovers.last_start", ("if requirement.until and policy.successor(requirement)", "if False")),
    broken("rules A5", "a cycle that starts on the day of the switch is the old requirement's", CHAIN, ("(start > last_start)", "(start > last_start + 1)")),
    broken("rules A5", "a cycle belongs to the requirement of its clock date", CHAIN, ("np.maximum(clock, owed.due + 1)", "clock")),
    broken("rules A5", "silence counts the interval in force on the due date", f"{CYCLE}.__init__", ("repeat.after(due, due + 1)", "repeat.after(due, due)")),
    broken("rules A5", "the day of the clock is in the window", "policy.judgement._start_chains", ("taken.clock, taken.clock + 1", "taken.clock, taken.clock")),
    broken("rules A5", "what goes past a requirement that took over is lost", JUDGED, ("[start.passed_on]", "[]")),
    broken("rules A5", "what goes past a requirement that took over stays with it", STARTED, ("taken.split(last_start(self._block.policy, requirement))", "taken.split(NEVER)")),
    broken("rules A5", "what takes over from a chain set aside is judged", "policy.judgement._BlockJudgement._take_over", ("aside.where(covers & has_come)", "aside.where(covers & False)")),
    broken("rules A5", "what takes over is set aside before its first day", "policy.judgement._BlockJudgement._take_over", ("has_come = requirement.since is not None and self._block.moment.today >= to_day(requirement.since)", "has_come = True")),
    broken("rules A5", "what takes over is set aside only after its first day", "policy.judgement._BlockJudgement._take_over", ("today >= to_day", "today > to_day")),
    broken("rules A5", "silence across the switch counts the old interval", "policy.intervals.Intervals.after", ("for since, other in self.later:", "for since, other in ():")),
    broken("rules A5", "the first cycle under the new requirement may be due before the one it follows", "policy.judgement._start_chains", ("np.maximum(after, taken.earliest)", "after")),
    broken("rules A5", "the first cycle is due on the day of the one it follows", CHAIN, ("owed.due[beyond] + 1", "owed.due[beyond]")),
    otherwise("rules A5", "the switch decides by the date of the report alone", "switch", "fortnightly.takes_over="),
    broken("rules A5a", "a chain goes over to a requirement that is not owed to the victim", "policy.judgement._BlockJudgement._take_over", ("judged.over.where(covers)", "judged.over")),
    broken("rules A5a", "silence goes on counting for whom the new requirement is not", "policy.intervals.intervals", ("np.where(owed, theirs.count, np.int32(NEVER))", "theirs.count")),
    broken("rules A5a", "no chain begins for those to whom the old requirement was not owed", TAKEN, ("if first >= today:", "if True:")),
    broken("rules A5a", "a chain begins before the day of the switch is over", TAKEN, ("if first >= today:", "if first > today:")),
    broken("rules A5a", "a chain begins although the case is closed", TAKEN, ("np.where(is_open, np.int32(first), following)", "np.full(len(case), first, dtype=np.int32)")),
    broken("rules A5a", "a chain begins although the victim declines updates", TAKEN, ("ended = ", "ended = False & ")),
    broken("rules A5a", "a chain begins although the crime is cancelled", TAKEN, ("~openness.cancelled[cases.crime] & ", "")),
    broken("rules A6", "an update at the last instant is late", IN_TIME, ("[row] <= limit)", "[row] < limit)")),
    broken("rules A6", "at the last instant it is overdue", "policy.obligations.OpenObligations.has_passed", ("self.limit < moment.as_at", "self.limit <= moment.as_at")),
    broken("rules A6", "it is overdue only once the day has passed", "policy.obligations.OpenObligations.has_passed", ("self.due < moment.today if self.limit is None else self.limit < moment.as_at", "self.due < moment.today")),
    broken("rules A6", "an hour is counted on the clocks", "policy.instant_obligations.instant_obligations", ("else block.policy.local.of(limit)", "else block.policy.local.of(limit)\n    limit = None if limit is None else limit + np.where((block.policy.local.of(limit) == 20_751), 3_600_000_000, 0)")),
    broken("rules A6", "enhanced victims have the hours of all others", BY_HOUR, ("[enhanced.astype(np.int8)]", "[0 * enhanced.astype(np.int8)]")),
    broken("rules A6", "the hours of a victim added later run from the report", f"{FACTS}.cases", ("began=began", "began=reported[row]")),
    broken("rules A6", "typed in later on the same day is not typed in after", f"{ROWS}._entered_after_due", ("np.where(limit == NONE, result[done], by_instant)", "result[done]")),
    broken("rules A6a", "after a limit in hours the window opens after any update on the day", "policy.windows.Windows._day_met", ("if requirement.is_in_hours:", "if False:")),
    broken("rules A6a", "an update before the report counts, on the same day", FIRST_AFTER, ("self.at[middle] < instant[live]", "self.day[middle] < instant[live] // 86_400_000_000")),
    broken("rules A6b", "the last instant is that of all others, for enhanced victims", BY_HOUR, ("(None, \"enhanced\")", "(None, None)")),
    broken("records A6b", "the column is the instant that starts the clock", "policy.hours.find_due_instants", ("found[rows] = limit", "found[rows] = instant")),
    broken("records A2", "the division is taken for the offence group", "policy.whom._restrictions", ("columns.offence, crime[victim], requirement.only_offences", "columns.division, crime[victim], requirement.only_offences")),
)
