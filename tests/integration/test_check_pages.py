"""`compliance check` on the intranet pages that are switched on; what it finds wrong is in `tests/planted_setups.py`."""

from pathlib import Path

import pytest

from compliance.errors import SettingsError
from compliance.service.check.page_checks import check_pages, check_provider, check_served_pages
from compliance.templating import Templates
from tests import stores
from tests.openid import bent_provider, openid
from tests.serving_sockets import free_port
from tests.web_office import open_web_office, settings_of


def test_pages_that_are_not_switched_on_are_not_looked_at(tmp_path: Path) -> None:
    settings = settings_of(f"sqlite:///{tmp_path}/none.db", tmp_path, port=None)
    assert [*check_pages(settings), *check_served_pages(settings), *check_provider(settings)] == []


def test_pages_that_run_use_their_own_port_and_their_provider_is_asked(tmp_path: Path) -> None:
    url = stores.new_migrated(lambda: f"sqlite:///{tmp_path}/compliance.db")
    with bent_provider() as provider, open_web_office(url, tmp_path) as office:
        port = int(office.url.rpartition(":")[2])
        settings = settings_of(url, tmp_path, **openid(provider.url, tmp_path), port=port)
        looked = [*check_pages(settings), *check_served_pages(settings), *check_provider(settings)]
    assert [problem for finding in looked for problem in finding.problems] == []
    assert [finding.what for finding in looked] == [
        "pages: people sign in by OpenID Connect",
        "pages: templates",
        f"pages: port {port} of 127.0.0.1",
        "pages: they are served",
        f"OpenID provider {provider.url}",
    ]
    assert looked[2].notes == ("it is in use: by the pages themselves, if they are running",)


def test_notes_say_which_roles_somebody_has_and_that_a_proxy_is_not_named(tmp_path: Path) -> None:
    web = openid("https://login.example", tmp_path) | {"proxies": [], "roles": {"officer": ["Officers"], "board": []}}
    settings = settings_of(f"sqlite:///{tmp_path}/none.db", tmp_path, port=free_port(), **web)
    assert next(iter(check_pages(settings))).notes == (
        "these roles are given to groups: officer; nobody has the others",
        "[web] proxies names no proxy, so failed sign-ins through one count as from one address",
    )


def test_a_template_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "one.html.j2").write_text("{{ of_any_filter | so_called }}\n")
    Templates(tmp_path, {}).check_syntax()
    (tmp_path / "two.html.j2").write_text("<p>\n{% if %}")
    with pytest.raises(SettingsError, match=r"two\.html\.j2, line 2: Expected an expression"):
        Templates(tmp_path, {}).check_syntax()
    (tmp_path / "two.html.j2").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="cannot be read"):
        Templates(tmp_path, {}).check_syntax()
