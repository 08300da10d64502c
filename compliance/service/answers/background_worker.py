"""The worker that does the background work of the pages, one task at a time, in a process of its own (decision 0064).

A process, because judging a force fills a processor and much memory for some time: the pages go on meanwhile, and what
it took is given back when it ends.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Event, Thread
from time import monotonic
from typing import Any, Final

import structlog

from compliance.config import Settings
from compliance.errors import ComplianceError, fault_trace
from compliance.progress import WorkStep, watching
from compliance.service.answers.background_work import WORK
from compliance.service.service import Service
from compliance.store.kept.background_tasks import (
    BackgroundTask,
    TaskState,
    claim_task,
    end_task,
    is_any_waiting,
    note_task,
    remove_old_tasks,
)

log = structlog.get_logger()

LOOK_SECONDS: Final = 1.0
"""How often it looks for a task."""
NOTE_SECONDS: Final = 2.0
"""How often it stores that a task is still worked on."""
AFTER_ERROR_SECONDS: Final = 30.0
"""How long it waits after an error, such as a database that cannot be reached."""
CLEAN_EVERY: Final = timedelta(hours=1)
"""How often it removes what has been kept long enough."""
NICER: Final = 10
"""By how much the process gives way to others."""
FAULT: Final = "Something is wrong with this program. It was noted in the log of the service."


@contextmanager
def work_in_background(service: Service) -> Iterator[None]:
    """Work on tasks during the context, in a thread of its own. What is under way at the end counts as interrupted."""
    worker = _Worker(service)
    thread = Thread(target=worker.run, name="background work", daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stop.set()
        thread.join()


class _Worker:
    """The thread that looks for tasks."""

    def __init__(self, service: Service) -> None:
        self._service, self.stop = service, Event()
        self._cleaned_at = service.clock() - CLEAN_EVERY

    def run(self) -> None:
        """Work on one task after another until stopped."""
        wait = 0.0
        while not self.stop.wait(wait):
            wait = LOOK_SECONDS
            try:
                self._look()
            except ComplianceError as error:
                log.error("no background work", problem=str(error))
                wait = AFTER_ERROR_SECONDS
            except Exception:
                log.exception("fault")
                wait = AFTER_ERROR_SECONDS

    def _look(self) -> None:
        store, now = self._service.store, self._service.clock()
        if now - self._cleaned_at >= CLEAN_EVERY:
            self._cleaned_at = now
            remove_old_tasks(store, now)
        if is_any_waiting(store) and (task := claim_task(store, now)) is not None:
            self._work(task)

    def _work(self, task: BackgroundTask) -> None:
        """Have a task done by a process, and store what came of it."""
        context = get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(
            target=_do, args=(theirs, self._service.settings, task.kind, task.asked), daemon=True,
        )  # fmt: skip
        process.start()
        theirs.close()
        try:
            state, result, problem = self._follow(task, ours)
        finally:
            process.kill()  # it only reads; SIGTERM is ignored in whatever a process that ignores it starts
            process.join()
            ours.close()
        end_task(self._service.store, task, self._service.clock(), state, result, problem)
        log.info("background work", kind=task.kind, state=str(state))

    def _follow(self, task: BackgroundTask, pipe: Connection) -> tuple[TaskState, bytes | None, str | None]:
        """Store what the process says of how far it is, until it says what came of it or is no more."""
        far, noted_at = (0, None), monotonic()
        while not self.stop.is_set():
            if pipe.poll(LOOK_SECONDS):
                try:
                    word, said = pipe.recv()
                except EOFError:
                    return TaskState.INTERRUPTED, None, None
                match word:
                    case "far":
                        far = said
                    case "done":
                        return TaskState.DONE, said, None
                    case "problem":
                        return TaskState.FAILED, None, said
                    case _:
                        log.error("fault", exception=said)
                        return TaskState.FAILED, None, FAULT
            if monotonic() - noted_at >= NOTE_SECONDS:
                note_task(self._service.store, task, self._service.clock(), *far)
                noted_at = monotonic()
        return TaskState.INTERRUPTED, None, None


def _do(pipe: Connection, settings: Settings, kind: str, asked: str) -> None:
    """Do a task in this process, with connections to the database of its own, and say what came of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt at the terminal is for the service, which ends this
    os.nice(NICER)

    def tell(step: WorkStep) -> None:
        pipe.send(("far", (step.done, step.of)))

    answer: tuple[str, Any]
    try:
        with Service.open(settings) as service, watching(tell):
            answer = "done", WORK[kind](service, asked)
    except ComplianceError as error:
        answer = "problem", str(error)
    except Exception as error:  # told to the service, which logs it
        answer = "fault", fault_trace(error)
    pipe.send(answer)
