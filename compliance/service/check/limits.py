"""How long a look at another system may take, and what is said of one that fails."""

from typing import Final

from compliance.errors import ComplianceError

SLACK: Final = 30.0
"""Seconds that a look may take beyond the timeout of the settings: a server may answer a byte at a time."""


def plain_problem(error: ComplianceError) -> str:
    """Return the message of an error without what a poll or a delivery does next."""
    said = str(error)
    for next_step in ("; nothing is lost", "; no email is lost", "; no message is lost"):
        said = said.partition(next_step)[0]
    return said
