"""The logs that make the datasets of an evaluated folder Delta Lake tables. Needs the optional extra `delta`."""

import os
import re
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import json

from compliance.batch.dataset_files import keys_of
from compliance.batch.dataset_ledger import NOT_JUDGED, VERDICTS, FinishedFile
from compliance.batch.not_judged_file import COLUMNS
from compliance.errors import SettingsError
from compliance.policy import Policy
from compliance.policy.verdicts import verdict_columns


def check_delta(first: str, policy: Policy) -> None:
    """Check that results can be Delta Lake tables. `first`: a file of the dataset. Raises SettingsError."""
    if find_spec("deltalake") is None:
        raise SettingsError("--delta: needs the library deltalake; in the project's folder, pip install '.[delta]'")
    taken = {name.lower() for name in (*verdict_columns(policy), *COLUMNS.names)}  # capitals make no other name
    for key in keys_of(first):
        if key.lower() in taken:
            raise SettingsError(
                f"--delta: the key {key} of the folders is also the name of a column, and a Delta Lake table can have "
                "one of the two; give the folders another key"
            )
        taken.add(key.lower())


def write_delta_logs(target: Path, finished: Iterable[FinishedFile]) -> None:
    """Write a log into each of the two datasets of a folder, once all their files are finished.

    It names the files, and of each its keys as texts and its number of rows; no file is read or changed for it.
    (`convert_to_deltalake` would read them all, and names a folder such as `force=West%20Mercia` as one that is not
    there.) Raises OSError.
    """
    os.sync()  # or a power cut could spare a log, and not the files that it names
    rows: dict[str, dict[str, int]] = {VERDICTS: {}, NOT_JUDGED: {}}
    keys = list[str]()
    for each in finished:
        keys = list(keys_of(each.file))
        rows[VERDICTS][each.file] = each.counts["verdicts"]
        if each.not_judged:
            rows[NOT_JUDGED][each.file] = each.counts["refused"] + each.counts["set_aside"]
    for kind, files in rows.items():
        _write_log(target / kind, files, keys)


def _write_log(folder: Path, files: Mapping[str, int], keys: list[str]) -> None:
    from deltalake import Schema  # noqa: PLC0415  # an optional extra
    from deltalake.transaction import AddAction, create_table_with_add_actions  # noqa: PLC0415

    folder.mkdir(exist_ok=True)  # where everything was judged, a table without a row: readers need no special case
    held = pq.read_schema(folder / min(files)) if files else COLUMNS
    columns = pa.schema([*held, *(pa.field(key, pa.string()) for key in keys)])
    found = {name: (folder / name).stat() for name in sorted(files)}
    actions = [
        AddAction(
            name, state.st_size, keys_of(name), state.st_mtime_ns // 1_000_000, True,
            json.encode({"numRecords": files[name]}).decode(),
        )
        for name, state in found.items()
    ]  # fmt: skip
    try:
        create_table_with_add_actions(str(folder), Schema.from_arrow(columns), actions, partition_by=keys)
    except OSError as error:  # its text is drawn in lines and colours
        raise OSError(" ".join(re.sub(r"\x1b\[\d+m|↳", " ", str(error)).split())) from None
