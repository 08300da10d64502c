"""What a command imports costs as little as it can: no pandas, and no search for garbage among what stays."""

import atexit
import gc
import sys
from typing import Any, Final


class _WithoutPandas:
    """A finder of modules for which there is no pandas."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Raise ModuleNotFoundError for pandas, and find nothing else."""
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not used on the command line", name=name)


_FINDER: Final[Any] = _WithoutPandas()


def leave_out_pandas() -> None:
    """Let this process import no pandas. Arrow would, where it is installed, and take longer than a small file does."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


def look_for_no_garbage() -> None:
    """Let this process look for cycles of garbage less often, and no more once it ends.

    Importing makes hundreds of thousands of objects, all of which stay. To look through them again and again, and once
    more at the end, took a third of the time of a short command.
    """
    gc.set_threshold(10_000)
    atexit.register(gc.freeze)
