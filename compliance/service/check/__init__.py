"""`compliance check`: looks at everything that can be wrong, one thing after another."""

from compliance.service.check.checking import CheckOptions, check
from compliance.service.check.checkup import Checkup

__all__ = ["CheckOptions", "Checkup", "check"]
