"""How far long work is, told a step at a time to whoever watches: a terminal, the log, `compliance status`, a page."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from compliance.text import describe_age

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WorkStep:
    """How far some work is.

    `what`: what is counted and what is done to it, as in "crimes judged". `of`: how many there are; None: not known.
    """

    what: str
    done: int
    of: int | None

    def in_words(self, took: timedelta) -> str:
        """Return it in words, with how long the rest takes at the speed of what `took` so long until now."""
        if self.of is None:
            return f"{self.done:,} {self.what}"
        said = f"{self.done:,} of {self.of:,} {self.what}"
        if not 0 < self.done < self.of or took < _TOO_EARLY:
            return said
        left = took * ((self.of - self.done) / self.done)
        return f"{said}, {'less than a minute' if left < timedelta(minutes=1) else f'about {describe_age(left)}'} left"


Watch = Callable[[WorkStep], None]
_EVERY: Final = 5000
_TOO_EARLY: Final = timedelta(seconds=2)
_watches: ContextVar[tuple[Watch, ...]] = ContextVar("watches", default=())


def tell_step(what: str, done: int, of: int | None = None) -> None:
    """Tell those who watch how far the work is.

    Call it between two parts, while this thread does not write to the database: whoever watches may, and may end the
    work by an error.
    """
    for watch in _watches.get():
        watch(WorkStep(what, done, of))


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Have `watch` told of every step that this thread does in the context, after those who watch already."""
    token = _watches.set((*_watches.get(), watch))
    try:
        yield
    finally:
        _watches.reset(token)


def telling(what: str, items: Iterable[T], of: int | None = None) -> Iterator[T]:
    """Yield items, and tell how many were done after every few thousand."""
    for number, item in enumerate(items, 1):
        yield item
        if number % _EVERY == 0:
            tell_step(what, number, of)
