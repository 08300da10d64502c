"""The table of pages: who may open each, and whose cases it shows. `docs/security.md` prints it, and tests hold it."""

from typing import Final

from compliance.web.case_pages import go_to_crime, show_crime, show_crime_for_reason, show_first_page
from compliance.web.dispute_pages import answer_on_page, crimes_of_dispute, show_disputes, show_one_dispute
from compliance.web.figure_pages import go_to_figures, show_report_figures, show_section, show_sections
from compliance.web.health_page import show_health
from compliance.web.my_victims import file_dispute_on_page, show_dispute_again, show_my_victims
from compliance.web.officer_search import find_officers, no_crimes
from compliance.web.outbox_pages import change_email, crimes_of_email, show_one_email, show_outbox
from compliance.web.owed_files import give_owed_list
from compliance.web.owed_pages import show_owed, show_owed_list
from compliance.web.page_table import WebPage
from compliance.web.policy_pages import show_policy
from compliance.web.quality_pages import show_quality, show_set_aside, show_unknown_officers, show_unknown_values
from compliance.web.refused_pages import crimes_of_refused, retry_refused, show_refused, show_refused_record
from compliance.web.release_pages import (
    once_confirmed,
    release_on_page,
    resume_on_page,
    show_release,
    show_resumption,
    show_suspension,
    suspend_on_page,
)
from compliance.web.report_pages import give_report, show_reports
from compliance.web.review_pages import (
    crimes_of_answers,
    save_answers,
    show_case_again,
    show_case_to_read,
    show_review,
    show_reviews,
)
from compliance.web.roles import CaseScope, WebRole
from compliance.web.team_pages import show_officer, show_team
from compliance.web.traced_pages import give_cases, look_up_cases, show_cases
from compliance.web.version_pages import give_proof_pack, show_versions
from compliance.web.whatif_pages import ask_whatif, ask_whatif_again, show_one_whatif, show_whatif

_EVERYONE: Final = frozenset(WebRole)
_WITH_CASES: Final = frozenset({WebRole.OFFICER, WebRole.SUPERVISOR})
_OF_CASES: Final = frozenset({WebRole.OFFICER, WebRole.SUPERVISOR, WebRole.CHAMPION, WebRole.PERFORMANCE})
_LEADERS: Final = frozenset({WebRole.SUPERVISOR, WebRole.CHAMPION, WebRole.PERFORMANCE})
_READERS: Final = frozenset({WebRole.CHAMPION, WebRole.PERFORMANCE, WebRole.BOARD})
_OPERATORS: Final = frozenset({WebRole.PERFORMANCE, WebRole.ADMINISTRATOR})
_ANALYSTS: Final = frozenset({WebRole.CHAMPION, WebRole.PERFORMANCE})
_PERFORMANCE: Final = frozenset({WebRole.PERFORMANCE})
_WITH_REASON: Final = frozenset({WebRole.SUPERVISOR, WebRole.CHAMPION})
_CASE: Final = "/reviews/{number}/{case}"

PAGES: Final = (
    WebPage("/", show_first_page, _EVERYONE, CaseScope.NONE),
    WebPage("/my-victims", show_my_victims, _WITH_CASES, CaseScope.OWN, label="My victims"),
    WebPage("/disputes", file_dispute_on_page, _WITH_CASES, CaseScope.OWN, "POST", again=show_dispute_again),
    WebPage("/crimes", go_to_crime, _OF_CASES, CaseScope.NONE),
    WebPage("/crimes/{crime_ref:path}", show_crime, _OF_CASES, CaseScope.FORCE),
    WebPage("/crimes/{crime_ref:path}", show_crime_for_reason, _WITH_REASON, CaseScope.FORCE, "POST"),
    WebPage("/versions/{crime_ref:path}", show_versions, _OF_CASES, CaseScope.FORCE),
    WebPage("/proof/{crime_ref:path}", give_proof_pack, _OF_CASES, CaseScope.FORCE),
    WebPage("/team", show_team, frozenset({WebRole.SUPERVISOR}), CaseScope.TEAM, label="My team"),
    WebPage("/division", show_team, frozenset({WebRole.CHAMPION}), CaseScope.DIVISION, label="My division"),
    WebPage("/overdue", show_owed, _LEADERS, CaseScope.FORCE, label="Overdue now"),
    WebPage("/overdue/list", show_owed_list, _LEADERS, CaseScope.FORCE),
    WebPage("/overdue/list/{form}", give_owed_list, _LEADERS, CaseScope.FORCE),
    WebPage("/figures", go_to_figures, _READERS, CaseScope.NONE, label="Division and force"),
    WebPage("/officers", find_officers, _LEADERS, CaseScope.FORCE, "POST", None, no_crimes),
    WebPage("/officers/{officer_ref:path}", show_officer, _LEADERS, CaseScope.FORCE),
    WebPage("/disputes", show_disputes, _ANALYSTS, CaseScope.FORCE, label="Disputes"),
    WebPage("/disputes/{number}", show_one_dispute, _ANALYSTS, CaseScope.FORCE),
    WebPage("/disputes/{number}", answer_on_page, _PERFORMANCE, CaseScope.FORCE, "POST", None, crimes_of_dispute),
    WebPage("/outbox", show_outbox, _PERFORMANCE, CaseScope.NONE, label="Outbox"),
    WebPage("/outbox/{number}", show_one_email, _PERFORMANCE, CaseScope.FORCE),
    WebPage("/outbox/{number}", change_email, _PERFORMANCE, CaseScope.FORCE, "POST", None, crimes_of_email),
    WebPage("/quality", show_quality, _PERFORMANCE, CaseScope.NONE, label="Data quality"),
    WebPage("/quality/refused", show_refused, _PERFORMANCE, CaseScope.FORCE),
    WebPage("/quality/refused", retry_refused, _PERFORMANCE, CaseScope.FORCE, "POST", None, crimes_of_refused),
    WebPage("/quality/refused/{number}", show_refused_record, _PERFORMANCE, CaseScope.FORCE),
    WebPage("/quality/refused/{number}", retry_refused, _PERFORMANCE, CaseScope.FORCE, "POST", None, crimes_of_refused),
    WebPage("/quality/set-aside", show_set_aside, _PERFORMANCE, CaseScope.FORCE),
    WebPage("/quality/unknown-values", show_unknown_values, _PERFORMANCE, CaseScope.NONE),
    WebPage("/quality/unknown-officers", show_unknown_officers, _PERFORMANCE, CaseScope.NONE),
    WebPage("/reports", show_reports, _READERS, CaseScope.NONE, label="Reports"),
    WebPage("/reports/suspension", show_suspension, _PERFORMANCE, CaseScope.NONE),
    WebPage("/reports/suspension", suspend_on_page, _PERFORMANCE, CaseScope.NONE, "POST", None, once_confirmed),
    WebPage("/reports/resumption", show_resumption, _PERFORMANCE, CaseScope.NONE),
    WebPage("/reports/resumption", resume_on_page, _PERFORMANCE, CaseScope.NONE, "POST", None, once_confirmed),
    WebPage("/reports/{period}/release", show_release, _PERFORMANCE, CaseScope.NONE),
    WebPage("/reports/{period}/release", release_on_page, _PERFORMANCE, CaseScope.NONE, "POST", None, once_confirmed),
    WebPage("/reports/{period}/{edition}", show_report_figures, _READERS, CaseScope.NONE),
    WebPage("/reports/{period}/{edition}/sections", show_sections, _READERS, CaseScope.NONE, under="/figures"),
    WebPage("/reports/{period}/{edition}/sections/{section}", show_section, _READERS, CaseScope.NONE, under="/figures"),
    WebPage("/reports/{period}/{edition}/cases", show_cases, _ANALYSTS, CaseScope.FORCE),
    WebPage("/reports/{period}/{edition}/cases", look_up_cases, _ANALYSTS, CaseScope.FORCE, "POST", None, no_crimes),
    WebPage("/reports/{period}/{edition}/cases/{form}", give_cases, _ANALYSTS, CaseScope.FORCE),
    WebPage("/reports/{period}/{edition}/{form}", give_report, _READERS, CaseScope.NONE),
    WebPage("/reviews", show_reviews, _PERFORMANCE, CaseScope.NONE, label="Dip samples"),
    WebPage("/reviews/{number}", show_review, _LEADERS, CaseScope.NONE),
    WebPage(_CASE, show_case_to_read, _LEADERS, CaseScope.FORCE),
    WebPage(_CASE, save_answers, _LEADERS, CaseScope.FORCE, "POST", None, crimes_of_answers, again=show_case_again),
    WebPage("/whatif", show_whatif, _PERFORMANCE, CaseScope.NONE, label="What if"),
    WebPage("/whatif", ask_whatif, _PERFORMANCE, CaseScope.NONE, "POST", None, no_crimes),
    WebPage("/whatif/{number}", show_one_whatif, _PERFORMANCE, CaseScope.FORCE),
    WebPage("/whatif/{number}", ask_whatif_again, _PERFORMANCE, CaseScope.FORCE, "POST", None, no_crimes),
    WebPage("/policy", show_policy, _EVERYONE, CaseScope.NONE, label="Policy"),
    WebPage("/health", show_health, _OPERATORS, CaseScope.NONE, label="Health"),
)
