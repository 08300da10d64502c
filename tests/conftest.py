"""What the suite writes is searched, test by test, for what a terminal would obey (compliance/text.py), and for secrets.

Processes that tests start have the libraries that an installed service has.
"""

import gc
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from multiprocessing import spawn
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from hypothesis import settings

from tests import postgres
from tests.compiled import Compiled
from tests.secrecy import SECRECY, secrets_are_known  # noqa: F401  # for every test

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
"""Read when NumPy is imported. Tests run side by side: where sums of one are shared out to threads, these spend their
time waiting for each other, and one svd takes the time of thirty."""
MEMORY: Final = Path("/dev/shm")  # noqa: S108
ROOM: Final = 4 << 30
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
"""Thousands of databases are made and removed. On disk that takes more time than what is done with them."""
settings.register_profile("suite", deadline=None)  # no test asserts a time: on a busy machine any example may take long
settings.load_profile("suite")
OBEYED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Controls but tab and line break, line separators, zero-width characters, bidirectional marks, overrides, isolates."""


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Stop the PostgreSQL server before a process that shares out the tests says that it is done.

    From then on it has 10 seconds before it is killed. Servers and their folders, gigabytes a run, used to stay.
    """
    postgres.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before those that are long are left out."""
    from tests.stores import share_out  # which imports NumPy: see OPENBLAS_NUM_THREADS

    share_out(items)


def pytest_collection_finish() -> None:
    """Half a million objects are there from now on: looking through them for garbage finds none and takes a twentieth of
    all the time. What comes to be after them is looked through less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


@pytest.fixture(autouse=True, scope="session")
def quick_stores() -> Iterator[None]:
    """Thousands of stores are made and opened, and each would plan its migrations and compile its statements again. No
    test in this process cuts the power to the disk, so none waits for it; what a killed process has written is there all
    the same."""
    from sqlalchemy import create_engine, event

    from compliance.store.database import dialect, schema
    from tests.schema_once import SchemaOnce

    compiled = Compiled()

    def created(*words: Any, **options: Any) -> Any:
        engine = create_engine(*words, **options)
        engine.update_execution_options(compiled_cache=compiled)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialect, "create_engine", created)
        patch.setattr(schema, "upgrade", SchemaOnce(schema.upgrade))
        yield


@pytest.fixture(autouse=True, scope="session")
def without_pandas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No process that a test starts finds pandas, which only the tests need. Where Arrow finds it, it imports it, and
    that would take each of them as long as its work."""
    folder = tmp_path_factory.mktemp("absent")
    (folder / "pandas.py").write_text('raise ImportError("a service is installed without pandas")\n')
    prepared = spawn.get_preparation_data

    def prepared_without(name: str) -> dict[str, Any]:
        """For processes of `multiprocessing`, which look for modules where this one does."""
        data = prepared(name)
        return data | {"sys_path": [str(folder), *data["sys_path"]]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
        patch.setattr(spawn, "get_preparation_data", prepared_without)
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before the first fixture of a file."""
    SECRECY.begin(item.path)


def check_output(output: str | bytes | None, source: str) -> None:
    """Fails for an output that holds one, and notes it for the search for secrets."""
    SECRECY.note(output, source)
    text = output.decode("utf-8", "surrogateescape") if isinstance(output, bytes) else output or ""
    if found := OBEYED.search(text):
        start = max(found.start() - 60, 0)
        pytest.fail(f"{source} holds {found[0]!r}, unescaped: …{text[start : found.end() + 20]!r}")


@pytest.fixture(autouse=True)
def printable_output(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every command run in this process or another, and all that is captured, writes only what is seen.

    Commands write as to a terminal: click takes escape sequences out of what goes anywhere else.
    """
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    invoke, read, communicate = CliRunner.invoke, pytest.CaptureFixture.readouterr, subprocess.Popen.communicate

    def invoked(self: CliRunner, command: Any, *words: Any, **options: Any) -> Any:
        result = invoke(self, command, *words, **({"color": True} | options))
        check_output(result.stdout_bytes, f"standard output of {words}")
        check_output(result.stderr_bytes, f"standard error of {words}")
        return result

    def was_read(self: pytest.CaptureFixture[Any]) -> Any:
        found = read(self)
        check_output(found.out, "standard output")
        check_output(found.err, "standard error")
        return found

    def communicated(self: "subprocess.Popen[Any]", *words: Any, **options: Any) -> Any:
        found = communicate(self, *words, **options)
        if "compliance" in str(self.args):
            for output in found:
                check_output(output, f"the output of {self.args!r}")
        return found

    monkeypatch.setattr(CliRunner, "invoke", invoked)
    monkeypatch.setattr(pytest.CaptureFixture, "readouterr", was_read)
    monkeypatch.setattr(subprocess.Popen, "communicate", communicated)
    yield
    if folder is not None:
        for path in folder.rglob("log"):
            check_output(path.read_bytes(), f"the log {path}")
    if said := SECRECY.find(folder):
        pytest.fail(said)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test leaves captured is searched when it is over."""
    report = yield
    if call.when == "teardown" and report.passed:
        for name, output in report.sections:
            SECRECY.note(output, f"{name} of {item.nodeid}")
            if found := OBEYED.search(output):
                report.outcome = "failed"
                report.longrepr = f"{name} of {item.nodeid} holds {found[0]!r}, unescaped"
        if said := SECRECY.find():
            report.outcome, report.longrepr = "failed", said
    return report
