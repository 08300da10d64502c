"""Returns to other bodies: whose figures, by which groups, in which form, signed off by whom; all as data
(docs/returns.md)."""
