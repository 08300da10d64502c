"""Rooms working together."""
