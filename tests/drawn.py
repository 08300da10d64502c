"""How many random histories are looked at: a share of them by `make test`, all by `make soak` (ALL_DRAWN=1).

A module that draws so is marked `drawn`, for `make soak` to run it.
"""

import os


def drawn(count: int, share: int = 3) -> int:
    """So many, or one in `share` of them."""
    return count if os.environ.get("ALL_DRAWN") else count // share
