"""The catalogue of figures.

Each figure is one object that holds its name, its meaning, the rows it counts (from which its value and its cases
follow), its place in the published report, and what the public edition discloses of it.
"""
