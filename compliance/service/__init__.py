"""The jobs, their schedule, and the check: the rooms below joined by the settings."""

from compliance.service.service import Service, reminder_rules

__all__ = ["Service", "reminder_rules"]
