"""How a clause is broken on purpose: one function of the engine with a piece of its text replaced, or a policy with a
key set otherwise. For tests that prove that the worked examples bite."""

import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any

from compliance.batch.whatif_settings import apply_settings
from compliance.policy import Policy, calendars, load_policy
from tests.engine import ADDITIONAL, ADDITIONS, RULES


def _read_calendars_anew() -> None:
    """Forget the calendars that another engine has made."""
    calendars._calendar.cache_clear()


@dataclass(frozen=True, slots=True)
class Mutant:
    """A clause (`rules 3.3`), what the broken engine or policy does instead, and how: text replaced in a function of
    `compliance` (`policy.windows._first_day`), or a key of one policy (`west-mercia`) set as `whatif --set` sets it."""

    clause: str
    does: str
    where: str
    changes: tuple[tuple[str, str], ...] = ()
    setting: str = ""

    def __str__(self) -> str:
        return f"{self.clause}: {self.does}"

    @property
    def policy(self) -> str | None:
        """The one policy that a changed key concerns, None where the engine itself is broken."""
        return self.where if self.setting else None

    def policy_for(self, name: str) -> Policy:
        """The policy that an example of `name` is judged under, read anew so that nothing of another engine stays."""
        policy = load_policy((ADDITIONS if name in ADDITIONAL else RULES) / f"{name}.toml")
        return apply_settings(policy, [self.setting]) if self.policy == name else policy

    @contextmanager
    def alive(self) -> Iterator[None]:
        """The engine is broken inside, and whole again after."""
        if self.setting:
            yield
            return
        function = _function(self.where)
        whole = function.__code__
        function.__code__ = self._code(function)
        try:
            _read_calendars_anew()
            yield
        finally:
            function.__code__ = whole
            _read_calendars_anew()

    def _code(self, function: FunctionType) -> CodeType:
        source = textwrap.dedent(inspect.getsource(function))
        for old, new in self.changes:
            assert source.count(old) == 1, f"{self}: {old!r} stands {source.count(old)} times in {self.where}; adapt it"
            source = source.replace(old, new)
        compiled = compile(source, f"<{self.where} broken>", "exec")
        return next(code for code in compiled.co_consts if isinstance(code, CodeType))


def broken(clause: str, does: str, where: str, *changes: tuple[str, str]) -> Mutant:
    """An engine in which one function does otherwise: each change is (the text that stands there once, another)."""
    return Mutant(clause, does, where, changes)


def otherwise(clause: str, does: str, policy: str, setting: str) -> Mutant:
    """A policy that asks for something else."""
    return Mutant(clause, does, policy, setting=setting)


def _function(where: str) -> FunctionType:
    """The function at a dotted place below `compliance`: in a module, or of a class in it."""
    parts = where.split(".")
    owner: Any = import_module("compliance." + ".".join(parts[:2]))
    for part in parts[2:]:
        owner = inspect.getattr_static(owner, part)
    found = getattr(owner, "__func__", getattr(owner, "fget", owner))
    assert isinstance(found, FunctionType), f"{where} is no function"
    return found
