"""Obligations as last judged, how they changed, and what could not be judged."""
