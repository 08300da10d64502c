"""The catalogue of figures: each one object, which says what it is called, what it means, which rows it counts (hence
its value and its cases), where it stands in the published report, and what of it the public edition tells."""
