"""Keep pandas out of the command line."""

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
