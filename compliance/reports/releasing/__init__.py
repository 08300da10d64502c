"""The checks before a report is released (statistics section 7)."""
