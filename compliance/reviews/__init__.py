"""Dip samples: obligations of a published week, drawn by lot and read by people who do not see the verdict."""
