"""`evaluate` from NDJSON, beside decoding the same file alone; and where its time goes."""

import tempfile
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.crimes import AS_AT, ndjson
from benchmarks.timing import show, timed
from compliance.batch.evaluate import evaluate
from compliance.batch.inputs import line_blocks, open_input
from compliance.policy import judge, load_policy
from compliance.records import Crime, check_instants, columns
from compliance.records.wire import paused_gc


def main(count: int = 200_000, runs: int = 3) -> None:
    """Measure on `count` generated crimes."""
    policy = load_policy("west-mercia")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "crimes.ndjson"
        source.write_text("\n".join(ndjson(count)) + "\n", "utf-8")
        decoder = msgspec.json.Decoder(Crime)

        def decode_alone() -> int:
            done = 0
            with open_input(str(source)) as stream, paused_gc():
                for block in line_blocks(stream):
                    done += len([decoder.decode(line) for line in block.text.split(b"\n")])
            return done

        def whole(ending: str) -> Any:
            target = str(folder / f"verdicts{ending}")
            return evaluate(policy, AS_AT, None, str(source), target, lambda _: None)

        names = {
            "decoding alone, msgspec structs, 1 core": decode_alone,
            "evaluate to NDJSON": lambda: whole(".ndjson"),
            "evaluate to CSV": lambda: whole(".csv"),
            "evaluate to Parquet": lambda: whole(".parquet"),
        }
        found = timed(names, runs)
        alone = found["decoding alone, msgspec structs, 1 core"]
        size = source.stat().st_size
        rows = [("", "seconds", "crimes a second", "of decoding alone")]
        rows += [(n, f"{s:.2f}", f"{count / s:,.0f}", f"{s / alone:.1f} x") for n, s in found.items()]
        show(f"Evaluation: {count:,} crimes, {size / 1e6:,.0f} MB of NDJSON", rows)

        with open_input(str(source)) as stream:
            lines = [line for block in line_blocks(stream) for line in block.text.split(b"\n")][:50_000]
        with paused_gc():
            crimes = [decoder.decode(line) for line in lines]
            table = columns(crimes)
            verdicts = judge(table, policy, AS_AT)
            parts = timed(
                {
                    "decoding": lambda: [decoder.decode(line) for line in lines],
                    "checking instants": lambda: check_instants(crimes),
                    "columns": lambda: columns(crimes),
                    "judging": lambda: judge(table, policy, AS_AT),
                    "verdict table": verdicts.table,
                },
                runs,
            )
        total = sum(parts.values())
        show("Where the time goes", [("", "of the parts"), *[(n, f"{s / total:.0%}") for n, s in parts.items()]])
