"""Questions about a file of records or, without one, the database: `explain` and `whatif`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from compliance.batch.explanation_page import find_crime, no_such_crime
from compliance.batch.inputs import RefusedRecord
from compliance.batch.line_reader import Chunk
from compliance.batch.parquet import record_chunks
from compliance.batch.whatif import WhatIf, whatif
from compliance.batch.whatif_settings import apply_settings
from compliance.clock import now
from compliance.config import load_settings
from compliance.errors import SettingsError
from compliance.policy import Policy, load_policy
from compliance.policy.explain import Explanation, explain
from compliance.progress import tell_step
from compliance.service.noting.noted_progress import noted_progress
from compliance.store import Store, list_crime_refs, load_columns, officer_refs

CHUNK: Final = 20_000
"""How many stored crimes are judged at once."""


@dataclass(frozen=True)
class RecordsQuestion:
    """The records, policy and instants of a question.

    `source`: a file of records, None for the database of the settings. `policy_name`: a file or a supplied policy, None
    for that of the settings. `as_at`, `known_at`: aware instants, None for now and for all that is known.
    """

    config: Path
    source: str | None
    policy_name: str | None
    as_at: datetime | None
    known_at: datetime | None

    @cached_property
    def policy(self) -> Policy:
        """The policy of the question. Raises SettingsError if it cannot be read."""
        return load_policy(self.policy_name or load_settings(self.config).policy)

    def explain(self, crime_ref: str) -> Explanation:
        """Explain the verdicts on a crime.

        Raises SettingsError with the nearest crime number if the crime is not held, and RecordError if it was refused.
        """
        if self.source:
            return explain(find_crime(self.source, crime_ref), self.policy, self._instant, self.known_at)
        with closing(self._store()) as store:
            found = explain_stored(store, self.policy, crime_ref, self._instant, self.known_at)
            if found is None:
                raise no_such_crime(crime_ref, load_columns(store).crime_ref.to_pylist(), "the database")
            return found

    def whatif(
        self,
        settings: Sequence[str],
        policy_to: str | None,
        period: tuple[date, date],
        examples: int,
        refuse: Callable[[RefusedRecord], None],
    ) -> WhatIf:
        """Compare a period under the policy and under a changed one.

        The change: some keys set differently (`apply_settings`), or another policy. `refuse` is called with every
        refused record. Raises SettingsError unless exactly one of the two is given.
        """
        if bool(settings) == bool(policy_to):
            raise SettingsError("state the change: either --set KEY=VALUE, or --policy-to OTHER.toml")
        after = load_policy(policy_to) if policy_to else apply_settings(self.policy, settings)
        return whatif(
            self._chunks(), self.policy, after, period, self._instant, self.known_at,
            changed=settings, examples=examples, refuse=refuse,
        )  # fmt: skip

    @cached_property
    def _instant(self) -> datetime:
        return self.as_at or now()

    def _chunks(self) -> Iterator[Chunk]:
        """Yield all crimes of the file or the database, in bounded memory."""
        if self.source:
            yield from record_chunks(self.source)
            return
        with closing(self._store()) as store, noted_progress(store, "whatif", now, is_logged=False):
            yield from stored_chunks(store, self.known_at)

    def _store(self) -> Store:
        return Store.open(load_settings(self.config).database_url)


def stored_chunks(store: Store, known_at: datetime | None) -> Iterator[Chunk]:
    """Yield all stored crimes as known now or at an instant, in bounded memory."""
    refs = list_crime_refs(store)
    for first in range(0, len(refs), CHUNK):
        tell_step("crimes judged twice", first, len(refs))
        yield Chunk(load_columns(store, known_at, refs[first : first + CHUNK]), [])


def explain_stored(
    store: Store, policy: Policy, crime_ref: str, as_at: datetime, known_at: datetime | None = None
) -> Explanation | None:
    """Explain the verdicts on a stored crime as at an instant (aware), as known at another or now; None: not stored."""
    crime = load_columns(store, known_at, [crime_ref])
    if len(crime) == 0:
        return None
    return explain(crime, policy, as_at, known_at, officers=officer_refs(store) or None)
