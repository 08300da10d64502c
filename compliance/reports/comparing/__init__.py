"""Units beside the rest, and beside their own past (statistics 1.5, 1.5b)."""
