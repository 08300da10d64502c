"""The jobs, their schedule and the check: the rooms below, joined by the settings."""

from compliance.service.service import Service, reminder_settings

__all__ = ["Service", "reminder_settings"]
