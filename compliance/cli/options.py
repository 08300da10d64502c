"""The command line: thin, one command, one call. Heavy imports wait until their command runs."""

import os
import pwd
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from compliance.cli.imports import leave_out_pandas, look_for_no_garbage
from compliance.errors import ComplianceError, UnavailableError, fault_trace
from compliance.progress import WorkStep, watching
from compliance.text import count_noun, printable
from compliance.writing import abandon

if TYPE_CHECKING:
    from compliance.batch.inputs import NotJudged, RefusedRecord
    from compliance.service import Service


class _Instant(click.ParamType[datetime]):
    name = "date-time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        from compliance.records.instants import SHAPE, from_micros, parse_instants

        micros, bad = parse_instants([value])
        if bad[0]:
            self.fail(f"{value!r} is not a valid date-time; expected {SHAPE}", param, ctx)
        return from_micros(int(micros[0]))


INSTANT = _Instant()


class Main(click.Group):
    """The command group. It turns our own errors into a message and an exit code, and other errors into a trace."""

    def __call__(self, *words: Any, **options: Any) -> Any:
        """Run as a program."""
        leave_out_pandas()
        look_for_no_garbage()
        try:
            return super().__call__(*words, **options)
        except Exception as fault:
            echo_text(f"{fault_trace(fault)}\ncompliance: internal error", err=True)
            sys.exit(ComplianceError.exit_code)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command asked for."""
        try:
            with PROGRESS.shown():
                return super().invoke(ctx)
        except ComplianceError as error:
            stop(str(error), error.exit_code)
        except KeyboardInterrupt:
            stop("interrupted", 128 + signal.SIGINT)


def echo(*cells: object, err: bool = False) -> None:
    """Write one line of cells separated by tabs. Text from other systems is made printable."""
    _write("\t".join(printable(str(cell)) for cell in cells), err)


def echo_text(text: str, *, err: bool = False) -> None:
    """Write text that keeps its line breaks and ends with one. Text from other systems is made printable."""
    _write(printable(text.removesuffix("\n"), kept="\n"), err)


def _write(text: str, err: bool) -> None:
    """Write text. What standard error cannot take is lost; the exit code still tells.

    Raises UnavailableError if standard output cannot take it.
    """
    PROGRESS.clear()
    try:
        click.echo(text, err=err)
    except OSError as error:
        abandon(sys.stderr if err else sys.stdout)
        if not err:
            raise UnavailableError(
                f"standard output could not be written to the end ({error.strerror}); what is there is partial"
            ) from None


class ProgressLine:
    """How far the work of a command is, in one line on the terminal, which is gone when anything else is written."""

    def __init__(self) -> None:
        self._shown, self._drawn_at = 0, 0.0
        self._what, self._since = "", 0.0

    @property
    def is_possible(self) -> bool:
        """Whether standard error is a terminal."""
        return sys.stderr is not None and sys.stderr.isatty()  # it is None if it was closed from the start

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show every step that is done in the context, if standard error is a terminal."""
        if not self.is_possible:
            yield
            return
        try:
            with watching(self.draw):
                yield
        finally:
            self.clear()

    def draw(self, step: WorkStep) -> None:
        """Show a step, at most five times a second."""
        now = monotonic()
        if step.what != self._what:
            self._what, self._since = step.what, now
        if now - self._drawn_at < _DRAW_EVERY:
            return
        self._drawn_at = now
        text = printable(step.in_words(timedelta(seconds=now - self._since)))
        with suppress(OSError):
            click.echo(f"\r{text.ljust(self._shown)}", err=True, nl=False)
        self._shown = max(self._shown, len(text))

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            with suppress(OSError):
                click.echo(f"\r{' ' * self._shown}\r", err=True, nl=False)
            self._shown = 0


PROGRESS = ProgressLine()
_DRAW_EVERY: Final = 0.2


def stop(message: str, code: int) -> NoReturn:
    """Exit with a message on standard error and an exit code."""
    echo_text(f"compliance: {message}", err=True)
    sys.exit(code)


def tell(each: "RefusedRecord | NotJudged", place: str = "line") -> None:
    """Report a refused record, or an obligation set aside, on standard error. `place` says what `line` counts."""
    from compliance.batch.inputs import RefusedRecord

    crime = f"crime {each.crime_ref}: " if each.crime_ref else ""
    if not isinstance(each, RefusedRecord):
        number = f" {each.cycle}" if each.cycle else ""
        crime += f"victim {each.victim_ref}: {each.requirement}{number}: set aside (rules {each.clause}): "
    echo(f"{place} {each.line}: {crime}{each.reason}", err=True)


def user_name() -> str:
    """Return who runs the command: the user name on this machine, also behind sudo."""
    return os.environ.get("SUDO_USER") or account_name()


def account_name() -> str:
    """Return whose account runs the command, as the machine knows it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user without a name, as in a container
        return f"user {os.getuid()}"


@contextmanager
def service_of(config: Path) -> "Iterator[Service]":
    """Open the service with the settings in `config`, set up its log, and write to the audit log what the command owes.

    A command of `SHOWS_CASES` writes that itself, once it knows which crimes it is about to show. Raises SettingsError
    if root runs it on the database of another account.
    """
    from compliance.cli.command_notes import SHOWS_CASES, name_command, note_command
    from compliance.config import load_settings
    from compliance.service import Service
    from compliance.service.noting.logs import set_up
    from compliance.service.noting.noted_progress import noted_progress
    from compliance.store import check_account
    from compliance.store.audit.actors import COMMAND_LINE, Actor

    settings = load_settings(config)
    set_up(settings.log)
    check_account(settings.database_url)
    name = name_command(click.get_current_context())
    with Service.open(settings, actor=Actor(user_name(), COMMAND_LINE)) as service:
        if name not in SHOWS_CASES:
            note_command(service.store, service.clock())
        with noted_progress(service.store, name, service.clock, is_logged=not PROGRESS.is_possible):
            yield service


_TOLD = 20


def tell_unknown(counts: Mapping[tuple[str, str], int]) -> None:
    """Print the unknown values in the records, the most frequent first, and what to do about them."""
    if not counts:
        return
    from compliance.service.polls.unknown_notes import REMEDY, name_value

    for (field, value), times in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_TOLD]:
        echo(f"unknown value, seen {count_noun(times, 'time')}: {name_value(field, value)}")
    if len(counts) > _TOLD:
        echo(f"and {count_noun(len(counts) - _TOLD, 'more unknown value')}")
    echo(f"for each value: {REMEDY}")


CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path, readable=False),  # load_settings says what to do
    default=Path("config.toml"),
    show_default=True,
    help="The settings file.",
)
