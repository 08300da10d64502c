"""Sentences: what may be claimed from the figures, and the claim in words."""
