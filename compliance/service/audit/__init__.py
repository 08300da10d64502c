"""The audit log verified, and its head stamped by a time-stamping service."""
