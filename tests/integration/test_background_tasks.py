"""What pages asked for in the background, on every kind of database: one at a time, each kept for a week (decision 0064)."""

from datetime import datetime, timedelta

from compliance.store import Store
from compliance.store.kept.background_tasks import (
    KEPT,
    LOST_AFTER,
    MOST_WAITING,
    BackgroundTask,
    TaskState,
    ask_task,
    claim_task,
    count_before,
    end_task,
    find_task,
    is_any_waiting,
    list_tasks,
    note_task,
    read_result,
    read_task,
    remove_old_tasks,
)
from tests import stores
from tests.web_office import NOW

new_database, database_url, store = stores.new_database, stores.database_url, stores.store
SECOND = timedelta(seconds=1)


def ask(store: Store, question: str, now: datetime = NOW, kind: str = "cases") -> BackgroundTask:
    task = ask_task(store, kind, question, "an.analyst", now)
    assert task is not None
    return task


def test_the_oldest_is_worked_on_first_and_one_at_a_time(store: Store) -> None:
    assert not is_any_waiting(store)
    first, second = ask(store, "one"), ask(store, "two")
    assert (count_before(store, first), count_before(store, second)) == (0, 1)
    claimed = claim_task(store, NOW + SECOND)
    assert claimed == first
    assert claim_task(store, NOW + SECOND) is None, "another is worked on"
    note_task(store, first, NOW + 2 * SECOND, 20, 100)
    under_way = find_task(store, "cases", "one", NOW + 2 * SECOND)
    assert under_way is not None
    assert (under_way.state, under_way.began_at, under_way.done, under_way.of) == (
        TaskState.RUNNING,
        NOW + SECOND,
        20,
        100,
    )
    end_task(store, first, NOW + 3 * SECOND, TaskState.DONE, b"what came of it", None)
    assert claim_task(store, NOW + 3 * SECOND) == second
    done = find_task(store, "cases", "one", NOW)
    assert done is not None
    assert (done.state, done.ended_at, done.asked_by) == (TaskState.DONE, NOW + 3 * SECOND, "an.analyst")
    assert read_result(store, done) == b"what came of it"
    assert not is_any_waiting(store)


def test_the_same_question_is_asked_once_until_it_has_failed(store: Store) -> None:
    task = ask(store, "one")
    assert ask(store, "one") == task
    assert ask(store, "one", kind="whatif").id != task.id
    claim_task(store, NOW)
    assert ask(store, "one").id == task.id
    end_task(store, task, NOW, TaskState.FAILED, None, "there is no such week")
    again = ask(store, "one")
    assert again.id != task.id
    failed = read_task(store, task.id, NOW)
    assert failed is not None
    assert (failed.state, failed.problem, read_result(store, failed)) == (
        TaskState.FAILED,
        "there is no such week",
        None,
    )
    assert [each.id for each in list_tasks(store, "cases", 10, NOW)] == [again.id, task.id]
    assert [each.id for each in list_tasks(store, "cases", 1, NOW)] == [again.id]


def test_one_of_which_nothing_was_heard_is_interrupted_and_makes_room_for_the_next(store: Store) -> None:
    """Whatever ended: the machine, the pages, or the process alone."""
    task, other = ask(store, "one"), ask(store, "two")
    claim_task(store, NOW)
    note_task(store, task, NOW + SECOND, 5, 10)
    heard = NOW + SECOND + LOST_AFTER
    for at, state in ((heard, TaskState.RUNNING), (heard + SECOND, TaskState.INTERRUPTED)):
        found = find_task(store, "cases", "one", at)
        assert found is not None
        assert found.state is state
    assert claim_task(store, heard) is None
    assert claim_task(store, heard + SECOND) == other
    end_task(store, task, heard + SECOND, TaskState.DONE, b"too late", None)
    late = read_task(store, task.id, heard)
    assert late is not None
    assert (late.state, read_result(store, late)) == (TaskState.INTERRUPTED, None), "what comes too late is not taken"
    assert ask(store, "one", heard).id != task.id


def test_only_so_many_wait(store: Store) -> None:
    tasks = [ask(store, str(n)) for n in range(MOST_WAITING)]
    assert ask_task(store, "cases", "one more", "an.analyst", NOW) is None
    assert ask(store, "3") == tasks[3], "of what is asked already there is room"
    claim_task(store, NOW)
    ask(store, "one more")


def test_they_are_kept_for_a_week(store: Store) -> None:
    old, young = ask(store, "old", NOW), ask(store, "young", NOW + SECOND)
    remove_old_tasks(store, NOW + KEPT + SECOND)
    assert read_task(store, old.id, NOW) is None
    assert read_result(store, old) is None
    assert read_task(store, young.id, NOW) == young
