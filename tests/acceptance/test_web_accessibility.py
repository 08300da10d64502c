"""The pages as other people's tools see them, light and dark, at 320 and 1280 pixels: axe-core and html-validate find nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import quote

import httpx
import msgspec
import pytest

from compliance.service.answers.background_work import CASES, WHATIF, WhatIfQuestion, compare_policies
from compliance.serving import serve_locally
from compliance.store.kept.background_tasks import TaskState, ask_task, claim_task, end_task
from compliance.web.application import make_application
from compliance.web.pages import PAGES
from compliance.web.roles import WebRole
from compliance.web.serving_pages import sign_in_of
from compliance.web_settings import WebSettings
from tests import stores
from tests.browser import BROWSER, COLOURS, NEEDED, WCAG, Look, Seen, Window, axe_findings, html_validate, look
from tests.integration.test_report_html import figures
from tests.integration.test_web_disputes import dispute, dispute_of_several
from tests.integration.test_web_outbox import happen
from tests.integration.test_web_quality import receive, set_aside
from tests.integration.test_web_release import PATH as RELEASE
from tests.integration.test_web_release import hold as hold_report
from tests.integration.test_web_reports import publish
from tests.integration.test_web_reviews import TOLD, add_sample
from tests.openid import openid
from tests.serving_sockets import free_port
from tests.stores import crime, take, updates
from tests.traced_lists import looked_up
from tests.web_office import CRIMES, Browser, WebOffice, open_web_office

pytestmark = NEEDED
LINK = '<link rel="stylesheet" href="/style.css">'


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    folder = tmp_path_factory.mktemp("web")
    url = stores.new_migrated(lambda: f"sqlite:///{folder}/compliance.db")
    with open_web_office(url, folder) as opened:
        hold = [{"from": "2026-07-12T09:00:00Z", "reason": "the trial"}]
        victims = [{"victim_ref": "V1", "contact_holds": hold}, {"victim_ref": "V2", "category": "enhanced"}]
        mine = {"officer_ref": "n1a", "team": "N1", "division": "North"}
        told = updates("2026-07-01")
        take(opened.service.store, opened.now, crime("22A/7800/26", victims=victims, updates=told, **mine),
             crime("22A/7801/26", **mine | {"reported_at": "2026-07-15T09:00:00Z"}))  # fmt: skip
        opened.service.judge()
        take(opened.service.store, opened.now, crime("22A/7802/26", officer_ref=None, team="N1"))
        opened.service.judge()
        publish(opened, "2026-W27", "board")
        publish(opened, "2026-W26", "board", version=2)
        publish(opened, "2026-W45", "board", held=msgspec.to_builtins(figures()))
        happen(opened)
        dispute(opened, "n1a", "She was told on the 7th.\nIt is in the log.")
        dispute_of_several(opened)
        receive(opened)
        hold_report(opened)
        add_sample(opened)
        yield opened


@pytest.fixture(scope="module")
def pages(office: WebOffice, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every page there is to see, as files with the stylesheet inside."""
    folder = tmp_path_factory.mktemp("pages")
    officer, supervisor = office.browser(WebRole.OFFICER), office.browser(WebRole.SUPERVISOR)
    analyst = office.browser(WebRole.PERFORMANCE)
    outside = f"/crimes/{quote(CRIMES['s1a'], safe='')}"
    shown = {
        "sign-in": officer.get("/sign-in"),
        "no-role": Browser(office, "n1a", []).get("/sign-in"),
        "signed-out": officer.get("/signed-out"),
        **openid_pages(office, folder),
        "first": supervisor.get("/"),
        "first-error": supervisor.get("/crimes"),
        "officers": supervisor.post("/officers", name="al"),
        "officers-error": supervisor.post("/officers", name=""),
        "my-victims": officer.get("/my-victims?said=filed"),
        "my-victims-error": officer.post("/disputes", crime=CRIMES["n1a"], victim="V1", text=""),
        "crime": officer.get("/crimes/22A%2F7800%2F26"),
        "crime-then": officer.get("/crimes/22A%2F7800%2F26?as_at=2026-07-10&known_at=2026-07-10"),
        "crime-error": officer.get("/crimes/22A%2F7800%2F26?as_at=never"),
        "versions": officer.get("/versions/22A%2F7800%2F26"),
        "reason": supervisor.get(outside),
        "reason-error": supervisor.post(outside, reason=""),
        "refused": officer.get(outside),
        "team": supervisor.get("/team"),
        "division": office.browser(WebRole.CHAMPION).get("/division"),
        "officer": supervisor.get("/officers/n1a"),
        "overdue": analyst.get("/overdue"),
        "overdue-list": analyst.get("/overdue/list?state=overdue"),
        "overdue-none": analyst.get("/overdue/list?division=-&category=enhanced"),
        "disputes": analyst.get("/disputes"),
        "dispute": analyst.get("/disputes/1"),
        "dispute-error": analyst.post("/disputes/2", answer="right", note="x" * 4001),
        "outbox": analyst.get("/outbox"),
        "email": analyst.get("/outbox/4"),
        "reports": office.browser(WebRole.BOARD).get("/reports"),
        "report-figures": analyst.get("/reports/2026-W45/board"),
        "report-sections": analyst.get("/reports/2026-W45/board/sections"),
        "report-sections-unread": analyst.get("/reports/2026-W26/board/sections"),
        **{
            f"report-{name}": analyst.get(f"/reports/2026-W45/board/sections/{name}")
            for name in ("rates", "trends", "divisions", "in-full", "method")
        },
        "report-chosen": analyst.get("/reports/2026-W45/board/sections/views?requirement=7-day"),
        "report-nothing-chosen": analyst.get("/reports/2026-W45/board/sections/views?unit=elsewhere"),
        **cases_pages(office, analyst),
        **whatif_pages(office, analyst),
        **review_pages(analyst),
        "health": office.browser(WebRole.ADMINISTRATOR).get("/health"),
        "reports-to-release": analyst.get("/reports?said=suspended"),
        "release": analyst.get(RELEASE),
        "release-error": analyst.post(RELEASE, reason=""),
        "release-confirm": analyst.post(RELEASE, reason="The crime system was down."),
        "suspend-error": analyst.post("/reports/suspension", reason="A new crime system", until="2020-01-01"),
        "suspend-confirm": analyst.post("/reports/suspension", reason="A new crime system", until="2026-08-02"),
        "policy": officer.get("/policy"),
        "quality": analyst.get("/quality"),
        "refused-records": analyst.get("/quality/refused?taken=1&overtaken=0&refused=2"),
        "refused-record": analyst.get("/quality/refused/1"),
        "unknown-values": analyst.get("/quality/unknown-values"),
        "unknown-officers": analyst.get("/quality/unknown-officers"),
    }
    set_aside(office)  # the last: it judges by another policy
    shown["set-aside"] = analyst.get("/quality/set-aside")
    style = officer.get("/style.css").text
    made = []
    for name, answer in shown.items():
        assert not answer.is_redirect, name
        made.append(folder / f"{name}.html")
        made[-1].write_text(answer.text.replace(LINK, f"<style>{style}</style>"), "utf-8")
    return made


def cases_pages(office: WebOffice, analyst: Browser) -> dict[str, httpx.Response]:
    """The cases behind a number: not looked up, under way, failed, and found."""
    path = "/reports/2026-W45/board/cases?figure="
    looked_up(office, "2026-W45", None, [*CRIMES.values(), *(f"22A/{n}/26" for n in range(60))], 3)
    other = ask_task(office.service.store, CASES, "another", "somebody", office.now)
    assert other
    waiting = analyst.post("/reports/2026-W45/board/cases", figure="rate.28-day")
    under_way = analyst.get(f"{waiting.headers['location']}&keep=3")
    claim_task(office.service.store, office.now)
    end_task(office.service.store, other, office.now, TaskState.FAILED, None, "There is no such week.")
    failed = claim_task(office.service.store, office.now)
    assert failed
    running = analyst.get(waiting.headers["location"])
    end_task(office.service.store, failed, office.now, TaskState.FAILED, None, "There is no such week.")
    return {
        "cases-not-looked-up": analyst.get(f"{path}silent"),
        "cases-waiting": under_way,
        "cases-running": running,
        "cases-failed": analyst.get(waiting.headers["location"]),
        "cases": analyst.get(f"{path}rate.7-day:of"),
    }


def whatif_pages(office: WebOffice, analyst: Browser) -> dict[str, httpx.Response]:
    """What if: the form, what is wrong with it, and what another rule does."""
    changes = ("7-day.within.days=20", "late_entry_days=5")
    question = WhatIfQuestion(date(2026, 7, 1), date(2026, 7, 26), changes, office.now)
    asked = msgspec.json.encode(question).decode()
    assert ask_task(office.service.store, WHATIF, asked, "an.analyst", office.now)
    task = claim_task(office.service.store, office.now)
    assert task
    made = compare_policies(office.service, asked)
    end_task(office.service.store, task, office.now, TaskState.DONE, made, None)
    return {
        "whatif": analyst.get("/whatif"),
        "whatif-error": analyst.post("/whatif", first="2026-07-01", last="2026-07-12"),
        "whatif-run": analyst.get(f"/whatif/{task.id}"),
    }


def review_pages(analyst: Browser) -> dict[str, httpx.Response]:
    """Dip samples: the list, a reader's cases, one of them, answers that cannot be used, and answers given before."""
    error = analyst.post("/reviews/1/2", **TOLD | {"told_on": "2026-07-01", "said_what_next": "", "note": "x" * 501})
    analyst.post("/reviews/1/1", **TOLD)
    return {
        "reviews": analyst.get("/reviews"),
        "review": analyst.get("/reviews/1?said=done"),
        "review-case": analyst.get("/reviews/1/2?stored=1"),
        "review-case-error": error,
        "review-case-answered": analyst.get("/reviews/1/1"),
    }


def openid_pages(office: WebOffice, folder: Path) -> dict[str, httpx.Response]:
    """Those of the same office where one signs in at an OpenID provider, which does not answer."""
    web = WebSettings.model_validate(openid(f"http://127.0.0.1:{free_port()}", folder))
    service = replace(office.service, settings=office.service.settings.model_copy(update={"web": web, "base": folder}))
    with serve_locally(make_application(service, sign_in_of(service), PAGES), 0, "pages") as url:
        browser = Browser(replace(office, url=url), "", [], headers={})
        return {
            "openid": browser.get("/sign-in"),
            "openid-away": browser.get("/sign-in/openid"),
            "openid-refused": browser.get("/sign-in/openid/back"),
        }


UNSCROLLED = ".scroll { overflow: visible !important }"
WINDOWS = [Window(320, UNSCROLLED), Window(1280, UNSCROLLED)]


@pytest.fixture(scope="module")
def seen(pages: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Seen, Seen]:
    """Every page on a light screen; every fifth on a dark one: all have the same colours."""
    light, dark = look(
        tmp_path_factory.mktemp("seen"),
        Look(pages, (*WCAG, "best-practice"), WINDOWS), Look(pages[::5], COLOURS, dark=True),
    )  # fmt: skip
    return light, dark


@BROWSER
def test_axe_finds_nothing(seen: tuple[Seen, Seen]) -> None:
    assert seen[0].wrong == {}


@BROWSER
def test_axe_finds_nothing_on_a_dark_screen(seen: tuple[Seen, Seen]) -> None:
    assert seen[1].wrong == {}


@BROWSER
@pytest.mark.long
def test_axe_finds_nothing_in_any_page_on_a_dark_screen(pages: list[Path], tmp_path: Path) -> None:
    assert axe_findings(pages, COLOURS, tmp_path, dark=True) == {}


@BROWSER
@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: str(window.width))
def test_wcag_1_4_10_no_page_scrolls_sideways(seen: tuple[Seen, Seen], window: Window) -> None:
    assert seen[0].wide[window] == {}


def test_html_validate_finds_nothing(pages: list[Path]) -> None:
    done = html_validate("--preset=recommended,a11y", *pages)
    assert done.returncode == 0, done.stdout
