"""The pages at the size of a force: twenty people at their tasks while changes are polled; each beside its queries.

In two worlds: victims of crimes that never close are forgotten after some weeks, for up to six years; or they are kept
informed about every three weeks.

PAGES_CRIMES, PAGES_OPEN, PAGES_SECONDS, PAGES_PROCESSES, PAGES_WORLDS and DATABASES in the environment ask for another
number of crimes, another part of them that never closes, another time, number of processes that serve, one world or one
database only. PAGES_STORE names a store that is there already: a million crimes take ten minutes to store.
"""

import asyncio
import json
import os
import random
import re
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import numpy as np
from sqlalchemy import event, select

from benchmarks.large_force import DIVISIONS, OFFICERS, TEAMS, fill_force, first_lines, large_force, units_of
from benchmarks.store import NOW, cycle, databases
from benchmarks.timing import show
from compliance.config import Settings
from compliance.service import Service
from compliance.serving import listening, serve_on, url_of
from compliance.store import Store, migrate
from compliance.store.tables import CRIME
from compliance.web.roles import WebRole
from compliance.web.serving_pages import pages_of
from compliance.web.serving_processes import more_processes
from compliance.web_settings import WebSettings

CRIMES: Final = int(os.environ.get("PAGES_CRIMES", "1000000"))
OPEN: Final = float(os.environ.get("PAGES_OPEN", "0.06"))
SECONDS: Final = float(os.environ.get("PAGES_SECONDS", "300"))
DATABASES: Final = os.environ.get("DATABASES", "sqlite postgresql").split()
STORE: Final = os.environ.get("PAGES_STORE")
PROCESSES: Final = int(os.environ.get("PAGES_PROCESSES", str(WebSettings().processes)))
WORLDS: Final = os.environ.get("PAGES_WORLDS", "forgotten informed").split()
EVERY: Final = 5.0
"""Seconds between two pages of a person, on average."""
CHANGED: Final = 2000
POLLED_EVERY: Final = 20.0
Measured = tuple[dict[str, list[tuple[float, float]]], float]
"""Milliseconds in queries and of processor time of each view by page; seconds of processor time in all."""
_PEOPLE: Final = ((WebRole.OFFICER, 11), (WebRole.SUPERVISOR, 4), (WebRole.CHAMPION, 2), (WebRole.PERFORMANCE, 3))
"""Who asks: twenty people."""
_CRIMES: Final = {name: re.compile(rf'href="(/{name}/[^"?]+)"') for name in ("crimes", "officers")}

_MORE: Final = re.compile(r'href="(/overdue/list\?[^"]*after=[^"]*)"')


def main() -> None:
    """Measure in each world, on each database."""
    for world in WORLDS:
        crimes = large_force(CRIMES, OPEN, are_informed=world == "informed")
        changing = first_lines(crimes, range(CRIMES - 3 * CHANGED, CRIMES - 2 * CHANGED))
        for name in DATABASES:
            with ExitStack() as stack:
                if STORE is not None and STORE.startswith(name):
                    url = STORE
                else:
                    url = stack.enter_context(databases(name))()
                    migrate(url)
                    with closing(Store.open(url)) as store:
                        fill_force(store, crimes)
                measure(f"{name}, {world}", url, changing)


def measure(name: str, url: str, changing: list[bytes]) -> None:
    """Have people ask for pages of a store while it is polled."""
    with closing(Store.open(url)) as store, store.reading() as connection:
        refs = list(connection.execute(select(CRIME.c.crime_ref).order_by(CRIME.c.seen_at).limit(2000)).scalars())
    with served(url) as (address, end), polled(url, changing) as cycles:
        before = cpu()
        seen = asyncio.run(browse(address, refs))
        used = cpu() - before
        polls = cycles()
        queries, server_cpu = end()
    rows = [("page, in milliseconds", "asked", "median", "99th", "longest", "its queries", "processor")]
    everything: list[float] = []
    for page, took in sorted(seen.items(), key=lambda each: -np.median(each[1])):
        everything += took
        bare, processor = (float(each) for each in np.median(queries[page], axis=0))
        whole = float(np.median(took))
        rows.append((page, f"{len(took)}", f"{whole:.0f}", f"{np.quantile(took, 0.99):.0f}", f"{max(took):.0f}",
                     f"{bare:.0f}", f"{processor:.0f}"))  # fmt: skip
    rows.append(("all", f"{len(everything)}", f"{np.median(everything):.0f}",
                 f"{np.quantile(everything, 0.99):.0f}", f"{max(everything):.0f}", "", ""))  # fmt: skip
    show(f"Pages ({name}): {CRIMES:,} crimes, 20 people, a page every {EVERY:.0f} s each (aim: 100 and 300)", rows)
    print(
        f"  {PROCESSES} processes; processor time in {SECONDS:.0f} s: {used:.0f} s for asking, {server_cpu:.0f} s for "
        f"the pages; "
        f"{len(polls)} polls of {CHANGED:,} changes, median {np.median(polls):.1f} s"
    )


@dataclass
class Person:
    """Somebody at work: what they ask for next, and what their pages led them to."""

    role: WebRole
    ref: str
    refs: list[str]
    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def next(self) -> tuple[str, str]:
        """The path of the table that is asked for, and the address."""
        return random.choice(_TASKS[self.role])(self)

    def linked(self, page: str, text: str) -> None:
        """Note where a page leads."""
        for name, pattern in _CRIMES.items():
            if links := pattern.findall(text):
                self.found[name] = links
        if page.startswith("/overdue") and (more := _MORE.search(text)):
            self.found["next"] = [more[1].replace("&amp;", "&")]


def _to(address: str, page: str | None = None) -> Callable[[Person], tuple[str, str]]:
    return lambda _: (page or address, address)


def _linked(name: str, page: str, other: str) -> Callable[[Person], tuple[str, str]]:
    return lambda person: (page, random.choice(person.found[name])) if person.found[name] else (other, other)


def _any_crime(person: Person) -> tuple[str, str]:
    return "/crimes/…", f"/crimes/{person.refs[random.randrange(len(person.refs))].replace('/', '%2F')}"


def _of_force(_: Person) -> tuple[str, str]:
    team, division = units_of(random.randrange(OFFICERS))
    chosen = random.choice(
        (f"state=overdue&division={division}", f"team={team}", "state=overdue&age=28", "state=soon",
         "requirement=7-day&sort=last-due", f"division={division}&sort=officer", "sort=crime", "category=enhanced",
         "state=today")
    )  # fmt: skip
    return "/overdue/list", f"/overdue/list?{chosen.replace(' ', '+')}"


_A_CRIME: Final = _linked("crimes", "/crimes/…", "/")
_AN_OFFICER: Final = _linked("officers", "/officers/…", "/overdue")
_NEXT: Final = _linked("next", "/overdue/list, on", "/overdue")
_LIST: Final = _to("/overdue/list?state=overdue", "/overdue/list")
_TASKS: Final[dict[WebRole, list[Callable[[Person], tuple[str, str]]]]] = {
    WebRole.OFFICER: [_to("/my-victims"), _to("/my-victims"), _A_CRIME],
    WebRole.SUPERVISOR: [_to("/team"), _AN_OFFICER, _A_CRIME, _to("/overdue"), _LIST],
    WebRole.CHAMPION: [_to("/division"), _to("/overdue"), _LIST, _NEXT, _A_CRIME, _to("/disputes"), _to("/reports")],
    WebRole.PERFORMANCE: [_to("/overdue"), _of_force, _NEXT, _any_crime, _to("/disputes"), _to("/outbox"),
                          _to("/quality"), _to("/quality/refused"), _to("/quality/set-aside"),
                          _to("/quality/unknown-officers"), _to("/reports"), _to("/health"), _to("/policy")],
}  # fmt: skip


async def browse(address: str, refs: list[str]) -> dict[str, list[float]]:
    """Have everybody sign in and ask for pages -> milliseconds by page."""
    random.seed(1)
    seen: dict[str, list[float]] = defaultdict(list)
    people = []
    for role, many in _PEOPLE:
        for number in range(many):
            team = f"T{number * 31 % TEAMS:03}"
            ref = {WebRole.OFFICER: f"O{number * 83 % OFFICERS:04}", WebRole.SUPERVISOR: f"S{team}",
                   WebRole.CHAMPION: f"C{number % DIVISIONS}"}.get(role, f"analyst {number}")  # fmt: skip
            people.append(Person(role, ref, refs))
    end = time.perf_counter() + SECONDS
    await asyncio.gather(*(_work(person, address, end, seen) for person in people))
    return seen


async def _work(person: Person, address: str, end: float, seen: dict[str, list[float]]) -> None:
    headers = {"X-Remote-User": person.ref, "X-Remote-Groups": f"group of {person.role}"}
    cookies: dict[str, str] = {}

    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as client:

        async def ask(method: str, path: str, **given: Any) -> httpx.Response:
            held = "; ".join(f"{name}={text}" for name, text in cookies.items())
            answer = await client.request(method, path, headers={"Cookie": held}, **given)
            for line in answer.headers.get_list("set-cookie"):
                name, text = line.split(";")[0].split("=", 1)
                cookies[name] = text.strip('"')
            return answer

        offered = (await ask("GET", "/sign-in")).text
        token = re.search(r'name="token" value="([^"]*)"', offered)
        if token is None:
            raise AssertionError(f"{person.ref} is not offered to sign in")
        form = {"token": token[1], "person": person.ref, "role": str(person.role), "next": "/"}
        await ask("POST", "/sign-in", data=form)
        while (wait := random.expovariate(1 / EVERY)) + time.perf_counter() < end:
            await asyncio.sleep(wait)
            page, path = person.next()
            start = time.perf_counter()
            answer = await ask("GET", path)
            seen[page].append(1000 * (time.perf_counter() - start))
            if answer.status_code not in (200, 303):
                raise AssertionError(f"{person.role} {path}: {answer.status_code}")
            person.linked(page, answer.text)


@contextmanager
def served(url: str) -> Iterator[tuple[str, Callable[[], Measured]]]:
    """The pages, served by processes of their own: their address, and what ends them and gives what was measured."""
    from tests.web_office import settings_of

    with TemporaryDirectory() as folder, listening(0) as listener, ExitStack() as processes:
        listener.listen()
        settings = settings_of(url, Path(folder))
        processes.enter_context(more_processes(settings, listener, PROCESSES, _serve))
        httpx.get(f"{url_of(listener)}/sign-in", timeout=60)

        def end() -> Measured:
            processes.close()
            told = [json.loads(file.read_text()) for file in Path(folder).glob("*.json")]
            if len(told) != PROCESSES:
                raise AssertionError(f"{len(told)} of {PROCESSES} processes said what they measured")
            taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
            for pages, _ in told:
                for page, measured in pages.items():
                    taken[page] += measured
            return taken, sum(seconds for _, seconds in told)

        yield url_of(listener), end


@contextmanager
def _serve(settings: Settings, listener: socket) -> Iterator[None]:
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with Service.open(settings, lambda: NOW) as service:
        _time_queries(service.store, taken)
        before = cpu()
        with serve_on(listener, pages_of(service), "pages"):
            yield
        (settings.base / f"{os.getpid()}.json").write_text(json.dumps((taken, cpu() - before)))


def _time_queries(store: Store, taken: dict[str, list[tuple[float, float]]]) -> None:
    """Sum the time that each request spends in statements: they run in the thread of the request."""
    import threading

    from compliance.web import frame

    here = threading.local()

    def begin(*_: Any) -> None:
        here.start = time.perf_counter()

    def finish(*_: Any) -> None:
        here.spent = getattr(here, "spent", 0.0) + time.perf_counter() - here.start

    event.listen(store.engine, "before_cursor_execute", begin)
    event.listen(store.engine, "after_cursor_execute", finish)
    guarded = frame.Frame.guarded

    def timed(self: Any, answer: Any, request: Any, *given: Any) -> Any:
        here.spent = 0.0
        start = time.thread_time()
        response = guarded(self, answer, request, *given)
        path = request.url.path
        for name in ("crimes", "officers"):
            path = f"/{name}/…" if path.startswith(f"/{name}/") else path
        page = f"{path}, on" if "after=" in str(request.url.query) else path
        taken[page].append((1000 * here.spent, 1000 * (time.thread_time() - start)))
        return response

    frame.Frame.guarded = timed  # type: ignore[method-assign]


@contextmanager
def polled(url: str, lines: list[bytes]) -> Iterator[Callable[[], list[float]]]:
    """Changes polled and judged by a process of its own, again and again: give what tells how long each took."""
    with _process(_poll, url, lines) as (_, pipe):

        def told() -> list[float]:
            pipe.send("end")
            return list(pipe.recv())

        yield told


def _poll(url: str, lines: list[bytes], pipe: Pipe) -> None:
    took = []
    with closing(Store.open(url)) as store:
        for turn in count(int(time.time()) % 10**6):
            took.append(cycle(store, lines, turn))
            if pipe.poll(max(0.0, POLLED_EVERY - took[-1])):
                pipe.recv()
                pipe.send(took)
                return


@contextmanager
def _process(target: Callable[..., None], *given: Any) -> Iterator[tuple[BaseProcess, Pipe]]:
    context = get_context("spawn")  # a fork would inherit locks of the threads that made the crimes
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(*given, theirs), daemon=True)
    process.start()
    try:
        yield process, ours
    finally:
        process.terminate()
        process.join()


def cpu() -> float:
    """The processor time of this process, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
