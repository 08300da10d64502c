"""The audit log, and the keys that prove what is in it."""
