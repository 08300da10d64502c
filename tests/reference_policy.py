"""What a policy asks for one victim of one crime, for the plain reference (`docs/rules.md` 7 and 9, the additions)."""

from datetime import date

from tests.reference_case import Case, Json


class Asked:
    """To whom and when each requirement of a policy is owed, and how long it gives a victim."""

    def __init__(self, case: Case, victim: Json) -> None:
        self.case, self.victim = case, victim
        category = victim.get("category")
        self.category: str = "standard" if category is None else category
        self.offence: str | None = case.record.get("offence")
        added_at = victim.get("added_at")
        # Section 3: D0 is the date of the report or, where later, of the victim's being added
        self.d0 = max(case.reported_on, case.local(added_at)) if added_at else case.reported_on
        self.requirements = {requirement["id"]: requirement for requirement in case.policy["requirement"]}

    def applies(self, requirement: Json, on: date | None = None) -> bool:
        """9.5, A1a, A2 and 6.2: owed to this victim; in force on D0 or, for an event, on the event's date."""
        on = on or self.d0
        return self.covers(requirement) and requirement.get("from", on) <= on <= requirement.get("until", on)

    def covers(self, requirement: Json) -> bool:
        """9.5, A1a, A2: owed to this category, for this offence group."""
        return (
            self.category in requirement.get("only_for", [self.category])
            and self.category not in requirement.get("except_for", [])
            and self.offence in requirement.get("only_offences", [self.offence])
            and self.offence not in requirement.get("except_offences", [])
        )

    def within(self, requirement: Json) -> Json:
        """9.1: 7.4 and 7.2 may replace the requirement's own `within` for a victim."""
        enhanced: Json = requirement.get("enhanced", {}) if self.category == "enhanced" else {}
        return self.agreed(requirement) or enhanced.get("within") or requirement["within"]

    def agreed(self, requirement: Json) -> Json | None:
        """7.4 and 9.6: the agreed interval replaces both `within` and `repeat_every`."""
        days = self.victim.get("agreed_interval_days")
        return {"days": days} if requirement.get("honour_agreed_interval") and days else None

    def repeats(self, requirement: Json | None) -> Json | None:
        if requirement is None:
            return None
        enhanced: Json = requirement.get("enhanced", {}) if self.category == "enhanced" else {}
        every: Json | None = requirement.get("repeat_every")
        return every and (self.agreed(requirement) or enhanced.get("repeat_every") or every)  # 9.6, 7.4, A1

    def goes_over(self, requirement: Json, start: date) -> bool:
        """A5: a cycle that starts on this day is not this requirement's: another has taken over by then."""
        takes_over = any(each.get("takes_over") == requirement["id"] for each in self.requirements.values())
        return takes_over and start > requirement["until"]

    def governing(self, requirement: Json | None, start: date) -> Json | None:
        """A5: the requirement to which a cycle that starts on this day belongs; none where it is not owed to the victim."""
        if requirement is None or not self.goes_over(requirement, start):
            return requirement
        following = next(each for each in self.requirements.values() if each.get("takes_over") == requirement["id"])
        return self.governing(following if self.covers(following) else None, start)
