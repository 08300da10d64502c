"""Tests, and the plain reference of the rules that the engine is compared with."""
