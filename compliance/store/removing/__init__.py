"""Retention: what is removed when it has been kept long enough."""
