"""Dip samples, surveys and returns: what proves the record, and what goes to other bodies."""
