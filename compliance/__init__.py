"""The Victims' Code compliance monitor: no victim of crime is forgotten, and the figure that says so can be trusted."""
