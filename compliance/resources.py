"""Find the files that a force may edit: next to the package in a checkout, inside it when installed."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def resource(*parts: str) -> Path:
    """Return the path of a supplied file or folder, such as `resource("rules", "west-mercia.toml")`."""
    checkout = _HERE.parent / parts[0]
    base = checkout if checkout.exists() and (_HERE.parent / "pyproject.toml").exists() else _HERE / "_data" / parts[0]
    return base.joinpath(*parts[1:])
