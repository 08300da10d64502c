"""Looks at the intranet pages: that somebody can sign in, that they can be served, and that the provider is there."""

import errno
from collections.abc import Iterator

import httpx

from compliance.config import Settings
from compliance.errors import ComplianceError, UnavailableError
from compliance.resources import resource
from compliance.service.conditions import Finding, Problem, note_problem
from compliance.service.openid_discovery import discover
from compliance.serving import bind
from compliance.templating import Templates
from compliance.text import join_words
from compliance.web_settings import WebSettings


def check_pages(settings: Settings) -> Iterator[Finding]:
    """Look at the settings, templates and port of the pages, if they are switched on. Nothing is served or asked."""
    web = settings.web
    if web.port is None:
        return
    yield _check_roles(web)
    yield _check_templates()
    yield _check_port(web.listen, web.port)


def _check_roles(web: WebSettings) -> Finding:
    way = "by OpenID Connect" if web.openid else f"by the header {web.user_header}"
    what = f"pages: people sign in {way}"
    named = [role for role, groups in web.roles.items() if groups]
    if not named:
        return Finding(what, (Problem("pages-for-nobody", "No group has a role in [web.roles]."),))
    notes = [f"these roles are given to groups: {join_words(named)}; nobody has the others"]
    if web.openid and not web.proxies:
        notes.append("[web] proxies names no proxy, so failed sign-ins through one count as from one address")
    return Finding(what, (), tuple(notes))


def _check_templates() -> Finding:
    try:
        Templates(resource("templates", "web"), {}).check_syntax()
    except ComplianceError as error:
        return Finding("pages: templates", (note_problem("templates-wrong", error),))
    return Finding("pages: templates")


def _check_port(address: str, port: int) -> Finding:
    """Look whether the port can be had. One that is in use may be so by the pages themselves."""
    what = f"pages: port {port} of {address}"
    error = _try(address, port)
    if error is None:
        return Finding(what, (), ("nothing listens there: the pages are not served now",))
    if error.errno == errno.EADDRINUSE:
        return Finding(what, (), ("it is in use: by the pages themselves, if they are running",))
    sentence = f"[web] port {port} of {address} cannot be used ({error.strerror})."
    return Finding(what, (Problem("pages-not-served", sentence),))


def _try(address: str, port: int) -> OSError | None:
    try:
        bind(address, port).close()
    except OSError as error:
        return error
    return None


def check_served_pages(settings: Settings) -> Iterator[Finding]:
    """Look whether it is the pages that use their port, if it is in use."""
    port, address = settings.web.port, settings.web.listen
    if port is None or (error := _try(address, port)) is None or error.errno != errno.EADDRINUSE:
        return
    place = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104
    try:
        answer = httpx.get(f"http://{f'[{place}]' if ':' in place else place}:{port}/style.css", trust_env=False)
        is_ours = answer.is_success and answer.headers.get("content-type", "").startswith("text/css")
    except httpx.HTTPError:
        is_ours = False
    if is_ours:
        yield Finding("pages: they are served")
    else:
        sentence = f"Another program uses the port {port} of {address}, which [web] port names."
        yield Finding("pages", (Problem("pages-not-served", sentence),))


def check_provider(settings: Settings) -> Iterator[Finding]:
    """Ask the OpenID provider of the pages, if they have one, what it says of itself."""
    if settings.web.port is None or settings.web.openid is None:
        return
    what = f"OpenID provider {settings.web.openid.issuer}"
    try:
        discover(settings.web.openid)
        yield Finding(what)
    except UnavailableError as error:
        yield Finding(what, (note_problem("openid-provider-unusable", error),))
