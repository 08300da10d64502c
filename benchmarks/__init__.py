"""Measurements: each figure beside its own baseline, in the same run."""
