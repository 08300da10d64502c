"""Processes that tests start to kill: forked from one that has imported what they need, which takes longer than most work.

There is one such server of forks a process. It imports what it is asked for when it is first used, and never more, so all
name the same.
"""

from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from typing import Final

WORK: Final = ("killed", "operated_service", "publishing", "publishing_held", "sending")
"""The modules of the tests in which processes find their work."""


def forking() -> ForkServerContext:
    """The context in which a test starts its processes."""
    context = get_context("forkserver")
    context.set_forkserver_preload([f"tests.{name}" for name in WORK])
    return context
