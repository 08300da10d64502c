"""Whose certificates are trusted: those of the machine, the same for every connection that the service makes."""

import ssl
from functools import cache


@cache
def machine_authorities() -> ssl.SSLContext:
    """Return how certificates are checked by default: by the authorities that this machine trusts, read once.

    A force's own authority is among them; those of a library are not, and age with it.
    """
    return ssl.create_default_context()
