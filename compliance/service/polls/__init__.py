"""Polls: the crime system and the officer directory, asked, and what is said of what they give."""
