"""Facts about the simulated force: how much crime of which kind, where, and at what hour.

Volumes are the monthly means of recorded crime, West Mercia Police, October 2018 to February 2019 (data.police.uk, Open
Government Licence v3.0). Anti-social behaviour is left out because it is not a crime with a victim. Everything else in
this file is a plausible assumption about an English county force, chosen once and stated here.
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

MONTH_DAYS: Final = 151 / 5
"""Mean length in days of the five months in which the volumes were counted."""

CID: Final = "CID"
"""Last word of the name of a division's investigation team, which is not a local policing team."""


@dataclass(frozen=True, slots=True)
class SimulatedDivision:
    """A division (BCU): its rough share of the force's crime, its local policing teams, and how well it keeps in touch.

    `care` multiplies its officers' chances of making each contact.
    """

    name: str
    letter: str
    share: float
    teams: int
    care: float


DIVISIONS: Final = (
    SimulatedDivision("Herefordshire", "H", 0.14, 20, 1.16),
    SimulatedDivision("North Worcestershire", "N", 0.22, 32, 0.93),
    SimulatedDivision("Shropshire", "S", 0.21, 31, 1.02),
    SimulatedDivision("South Worcestershire", "W", 0.24, 35, 1.08),
    SimulatedDivision("Telford and Wrekin", "T", 0.19, 27, 0.82),
)


@dataclass(frozen=True, slots=True)
class Offence:
    """A crime type: its monthly volume, its kinds of victim, and the course of its cases.

    `victimless`, `state`, `business`, `enhanced` and `several` are shares of crimes. `screened` is the share closed
    within days because there is no line of enquiry, and `days` the mean length in days of the other investigations.
    `arrest` is the share with an arrest. `hours` and `weekdays` are the pattern of reports (24 and 7 weights, local
    time, Monday first).
    """

    name: str
    monthly: float
    victimless: float
    state: float
    business: float
    enhanced: float
    several: float
    screened: float
    days: float
    arrest: float
    hours: tuple[float, ...]
    weekdays: tuple[float, ...]


def _cumulative(weights: tuple[int, ...]) -> tuple[float, ...]:
    return tuple(part / sum(weights) for part in accumulate(weights))


_NIGHT: Final = _cumulative((8, 7, 6, 4, 2, 1, 1, 2, 3, 4, 5, 5, 5, 5, 5, 6, 6, 6, 7, 7, 8, 8, 9, 9))
_HOME: Final = _cumulative((1, 1, 1, 1, 1, 2, 4, 8, 9, 9, 8, 7, 6, 6, 6, 6, 7, 9, 9, 7, 5, 4, 3, 2))
_SHOP: Final = _cumulative((0, 0, 0, 0, 0, 0, 1, 2, 4, 6, 8, 9, 9, 9, 9, 9, 9, 8, 7, 5, 3, 2, 1, 0))

_EVEN: Final = (1.04, 1.00, 1.00, 1.00, 1.02, 0.98, 0.96)
_WEEKEND: Final = (0.96, 0.90, 0.90, 0.94, 1.04, 1.16, 1.10)
_TRADE: Final = (1.05, 1.03, 1.03, 1.05, 1.10, 1.05, 0.69)

OFFENCES: Final = (
    Offence("Bicycle theft", 84.8, 0.00, 0.00, 0.02, 0.02, 0.00, 0.80, 14, 0.04, _HOME, _EVEN),
    Offence("Burglary", 644.6, 0.00, 0.00, 0.22, 0.14, 0.12, 0.50, 34, 0.10, _HOME, _EVEN),
    Offence("Criminal damage and arson", 790.8, 0.00, 0.06, 0.14, 0.06, 0.04, 0.55, 28, 0.12, _HOME, _WEEKEND),
    Offence("Drugs", 177.4, 0.97, 0.03, 0.00, 0.00, 0.00, 0.20, 40, 0.60, _NIGHT, _EVEN),
    Offence("Other crime", 137.2, 0.15, 0.20, 0.05, 0.15, 0.04, 0.30, 45, 0.20, _HOME, _EVEN),
    Offence("Other theft", 691.2, 0.00, 0.00, 0.24, 0.04, 0.03, 0.65, 22, 0.06, _HOME, _EVEN),
    Offence("Possession of weapons", 68.2, 0.92, 0.08, 0.00, 0.00, 0.00, 0.15, 45, 0.65, _NIGHT, _WEEKEND),
    Offence("Public order", 348.8, 0.05, 0.35, 0.02, 0.18, 0.06, 0.40, 32, 0.22, _NIGHT, _WEEKEND),
    Offence("Robbery", 51.8, 0.00, 0.00, 0.08, 0.30, 0.12, 0.15, 55, 0.35, _NIGHT, _WEEKEND),
    Offence("Shoplifting", 641.8, 0.00, 0.00, 1.00, 0.00, 0.00, 0.50, 24, 0.28, _SHOP, _TRADE),
    Offence("Theft from the person", 71.4, 0.00, 0.00, 0.00, 0.08, 0.02, 0.70, 20, 0.05, _NIGHT, _WEEKEND),
    Offence("Vehicle crime", 522.4, 0.00, 0.00, 0.12, 0.03, 0.02, 0.75, 18, 0.06, _HOME, _EVEN),
    Offence("Violence and sexual offences", 2840.2, 0.00, 0.02, 0.00, 0.42, 0.09, 0.22, 48, 0.28, _NIGHT, _WEEKEND),
)
