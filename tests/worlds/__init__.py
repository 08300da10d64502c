"""Worlds of planted truth, and a plain checker that judges every claim of every report of them (statistics 2 and 6)."""
