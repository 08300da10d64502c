"""Telling administrators what is wrong: incidents from the conditions, and alerts about them (decision 0041)."""

from compliance.service.alerts.watch import Watch

__all__ = ["Watch"]
