"""Units over time: which divisions and teams there are, since when, and what became of them (decision 0031).

The monitor never looks here: a verdict does not depend on whose case it is. Reports name units by it.
"""

from compliance.reports.organisation.file import FILE, Organisation, load_organisation, organisation_of
from compliance.reports.organisation.unit_map import UNKNOWN_DIVISION, UNKNOWN_TEAM, UnitMap

__all__ = [
    "FILE",
    "UNKNOWN_DIVISION",
    "UNKNOWN_TEAM",
    "Organisation",
    "UnitMap",
    "load_organisation",
    "organisation_of",
]
