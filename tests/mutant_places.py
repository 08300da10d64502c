"""Functions of the engine that several mutants break, as dotted places below `compliance`."""

# fmt: off

FACTS, CYCLE, OPEN = "policy.facts", "policy.obligations._Cycle", "policy.status.Openness"
ALWAYS, CHAIN, DECLINE = "policy.obligations.always_owed", "policy.obligations.chain", f"{CYCLE}._decline"
NEXT, AFTER, DUE = f"{CYCLE}.next_clock", "policy.windows.Windows._opens", "policy.windows.due_date"
EVENTS, CREATED, WORKING = "policy.instant_obligations.instant_obligations", "policy.instant_obligations._find_created", "policy.calendars.Calendar"
JUDGED, STARTED = "policy.judgement._BlockJudgement._judge", "policy.judgement._BlockJudgement._find_owed"
IN_TIME, BY_HOUR = "policy.hours.is_in_time", "policy.hours.find_limits"
FIRST_AFTER, TAKEN = f"{FACTS}.Contacts.first_at_or_after", "policy.takeovers.begin_chains"
ROWS, TABLE, READ = "policy.verdict_rows", "policy.verdicts.Verdicts.table", "records.assembly._Assembly"
