"""Figures across forces: judged, compared, and as text, CSV, JSON and a page (statistics 1, 3)."""
