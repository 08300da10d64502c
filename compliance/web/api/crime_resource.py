"""One crime for programs: its verdicts, each with its clause and how it came about, as `compliance explain` has it."""

from compliance.service.answers.explaining import explain_stored
from compliance.store.owed.owed_crimes import crimes_within
from compliance.web.api.resource_table import ApiAnswer
from compliance.web.case_pages import no_such_crime
from compliance.web.page_table import RefusedPageError, Visit
from compliance.web.roles import LOGGED, WIDEST, CaseScope


def give_crime(visit: Visit) -> ApiAnswer:
    """Return how a crime of the token's scope was judged, as at now."""
    service, ref = visit.service, visit.place["crime_ref"]
    of_force = WIDEST[visit.viewer.role] is CaseScope.FORCE  # also a crime about which nothing is owed
    if not of_force and not crimes_within(service.store, visit.within, [ref]):
        words = f"It is of another division, or not there. {LOGGED}"
        raise RefusedPageError("This crime is not of the scope of your token", words, "a crime outside its scope")
    explanation = explain_stored(service.store, service.policy, ref, visit.now)
    if explanation is None:
        raise no_such_crime()
    return ApiAnswer(explanation, [ref], 1)
