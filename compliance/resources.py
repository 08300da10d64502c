"""Where the files that a force may edit are found: beside the package in a checkout, inside it when installed."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def resource(*parts: str) -> Path:
    """The path of a shipped file or folder, such as `resource("rules", "west-mercia.toml")`."""
    checkout = _HERE.parent / parts[0]
    base = checkout if checkout.exists() and (_HERE.parent / "pyproject.toml").exists() else _HERE / "_data" / parts[0]
    return base.joinpath(*parts[1:])
