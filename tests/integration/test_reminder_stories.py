"""Every story of the ladder is lived and holds, and one that does not hold is told from one that does."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from compliance.errors import SettingsError
from compliance.mail import Connection, Mail, OutgoingMessage
from compliance.simulator import MailSink
from compliance.store import Store
from tests import postgres, stores
from tests.mails import smtp_server
from tests.story_files import Story, StoryDay, load_force, load_stories, sections
from tests.story_page import PAGE, stories_page
from tests.story_world import Answers, failures, side_by_side

FORCE = load_force()
STORIES = [story for file in load_stories() for story in file.story]
A_STORY = STORIES[0]


Live = Callable[..., list[str]]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Lives a story, one after another in one store -> how it differs from what is written."""
    folder = tmp_path_factory.mktemp("stories")
    with closing(Store.open(stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db"))) as store:
        yield lambda *stories, **channel: failures(store, stories, FORCE, folder, **channel)


@pytest.mark.parametrize(
    "stories", side_by_side(STORIES), ids=lambda stories: f"{len(stories)} from {stories[0].title}"
)
def test_every_story_holds_day_by_day(stories: list[Story], live: Live) -> None:
    assert live(*stories) == []


A_FEW = [next(story for story in file.story if not story.settings) for file in load_stories()[1:6]]


def test_a_story_that_is_lived_alone_is_the_same(live: Live) -> None:
    """No story depends on those beside it."""
    for story in A_FEW[2:]:
        assert live(story) == []


def test_stories_hold_on_postgresql_too(tmp_path: Path) -> None:
    """What is decided does not depend on the database."""
    with closing(Store.open(stores.new_migrated(postgres.new_database))) as store:
        (stories,) = side_by_side(A_FEW)
        assert failures(store, stories, FORCE, tmp_path) == []


class Answering:
    """A real mail server whose mailboxes do what stories say."""

    def __init__(self, answers: Answers, sink: MailSink) -> None:
        self._answers, self._sink = answers, sink

    def compose(self, message: OutgoingMessage) -> Mail:
        return Mail.of(message)

    def open(self) -> Connection[Mail]:
        for answer, addresses in (("refused", self._sink.refuse), ("deferred", self._sink.defer)):
            addresses.clear()
            addresses.update(address for address, said in self._answers().items() if said == answer)
        return smtp_server(self._sink.host, self._sink.port, security="plain", timeout=10).open()


def test_stories_of_mailboxes_hold_over_smtp_too(live: Live, tmp_path: Path) -> None:
    mailboxes = [story for story in STORIES if "mailboxes" in story.path.name]
    with MailSink(tmp_path) as sink:
        for stories in side_by_side(mailboxes):
            assert live(*stories, channel=lambda answers: Answering(answers, sink)) == []
        assert sink.messages


def test_titles_are_unique_and_sections_are_those_of_the_documentation() -> None:
    assert [title for title, count in Counter(story.title for story in STORIES).items() if count > 1] == []
    assert {story.section for story in STORIES} <= set(sections())


def test_the_page_of_stories_is_as_written() -> None:
    assert PAGE.read_text("utf-8") == stories_page(), "run `make docs`"


def shortened(**said: object) -> Story:
    """The first three days of the first story, the first of them said otherwise."""
    days = {A_STORY.first + timedelta(days=n): A_STORY.day(A_STORY.first + timedelta(days=n)) for n in range(3)}
    return A_STORY.model_copy(update={"days": days | {A_STORY.first: StoryDay.model_validate(said)}})


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "officer told: expected nothing; got C1 overdue"),
        (
            {"told": {"officer": "C1 overdue", "colleague": "C1 overdue"}},
            "colleague told: expected C1 overdue; got nothing",
        ),
        (
            {"told": {"officer": "C1 overdue"}, "not_told": {"officer": "C1 overdue held: contact hold"}},
            "officer not told: C1 overdue held: contact hold: expected C1 overdue held: contact hold; got nothing",
        ),
        (
            {"told": {"officer": "C1 overdue"}, "not_taken": {"officer": "refused"}},
            "not taken: expected {'officer': 'refused'}; got none",
        ),
        (
            {"happens": "06:00 officer: absent until 2026-06-10"},
            "officer not told: C1 overdue held: officer absent: expected nothing; got C1 overdue held: officer absent",
        ),
    ],
    ids=["told", "not told", "why", "not taken", "newly held"],
)
def test_a_story_that_does_not_hold_names_the_day_and_what_came(said: Any, problem: str, live: Live) -> None:
    assert live(shortened(**said))[0] == f"{A_STORY}: Tuesday 9 June 2026: {problem}"


@pytest.mark.parametrize(
    "sentence", ["C1: udpate", "C9: update", "stranger: leaves", "C1: update of 2026-06-02 removed"]
)
def test_a_sentence_that_means_nothing_is_refused(sentence: str, live: Live) -> None:
    with pytest.raises(ValueError, match=sentence):
        live(shortened(happens=sentence))


def test_a_wrong_file_names_the_key(tmp_path: Path) -> None:
    (tmp_path / "1.toml").write_text(
        'title = "t"\n[[story]]\ntitle = "one"\nsection = "The ladder"\nstory = "s"\ncrimes.C1.reported = 2026-06-01\n'
        '[story.days]\n2026-06-09.tolled.officer = "C1 overdue"\n'
    )
    with pytest.raises(SettingsError, match=r"tolled.*told"):
        load_stories(tmp_path)
