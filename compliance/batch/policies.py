"""Read the policy that a batch is judged by."""

from pathlib import Path
from typing import Final

from compliance.errors import SettingsError
from compliance.policy import Policy, load_policy

_UTF_16: Final = "is UTF-16, not UTF-8; save it as UTF-8"
_NOT_TOML: Final = {
    b"\xff\xfe": _UTF_16,
    b"\xfe\xff": _UTF_16,
    b"\xef\xbb\xbf": "begins with a byte order mark, which TOML does not allow; save it as UTF-8 without one",
}


def read_policy(policy: str | Path) -> Policy:
    """Return a policy file, or a supplied policy by its name, like `load_policy`.

    Raises SettingsError, also one that names the encoding of a file saved by an editor in another one.
    """
    path = Path(policy)
    if path.is_file():
        with path.open("rb") as file:
            start = file.read(4)
        for mark, what in _NOT_TOML.items():
            if start.startswith(mark):
                raise SettingsError(f"{path}: {what}")
        if b"\0" in start:
            raise SettingsError(f"{path}: {_UTF_16}")
    return load_policy(path)
