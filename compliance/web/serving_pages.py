"""Serving the pages: for a force behind its reverse proxy, and for the demo on this machine's own address."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from socket import socket

import structlog
from starlette.applications import Starlette

from compliance.config import Settings
from compliance.errors import ComplianceError, SettingsError
from compliance.service import Service
from compliance.service.answers.background_worker import work_in_background
from compliance.serving import listening, serve_locally, serve_on, url_of
from compliance.store import Store
from compliance.web.application import make_application
from compliance.web.demo_sign_in import DemoSignIn
from compliance.web.openid_provider import OpenIdProvider
from compliance.web.openid_sign_in import OpenIdSignIn
from compliance.web.pages import PAGES
from compliance.web.serving_processes import LINGER_SECONDS, more_processes
from compliance.web.sign_in import GroupRoles, ProxySignIn, SignIn
from compliance.web.skin import load_templates

log = structlog.get_logger()


@contextmanager
def serve_pages(service: Service) -> Iterator[str]:
    """Serve the pages of a force as `[web]` says, during the context; give the address to which the proxy connects.

    As many processes do so as `[web] processes` says. Raises SettingsError if the settings name no port, another
    command, or a secret that cannot be read, and UnavailableError if the port is in use.
    """
    settings, source = service.settings.web, service.settings.source
    if settings.port is None:
        raise SettingsError(f"{source}: [web] port: there is none, so no pages; docs/pages.md says what to set")
    if settings.served_by != "web":
        raise SettingsError(
            f'{source}: [web] served_by: `compliance run` serves the pages; set "web" to serve them here'
        )
    with _serve(service, settings.port, settings.processes) as url:
        yield url


@contextmanager
def serve_pages_beside(service: Service) -> Iterator[None]:
    """Serve the pages in the process of `compliance run` during the context, if `[web]` says so.

    They have connections to the database of their own, so the jobs never wait for one. Whatever is wrong with the pages
    is logged, and the jobs go on without.
    """
    settings = service.settings.web
    with ExitStack() as stack:
        if settings.port is not None and settings.served_by == "run":
            try:
                store = Store.open(service.settings.database_url)
                stack.callback(store.close)
                pages = Service(service.settings, service.policy, store, service.clock)
                log.info("pages", url=stack.enter_context(_serve(pages, settings.port)))
            except ComplianceError as error:
                log.error("no pages", problem=f"[web]: {error}")
            except Exception:
                log.exception("fault")
        yield


@contextmanager
def _serve(service: Service, port: int, processes: int = 1) -> Iterator[str]:
    application, settings = pages_of(service), service.settings
    with (
        listening(port, settings.web.listen) as listener,
        work_in_background(service),
        serve_on(listener, application, "pages", linger_seconds=LINGER_SECONDS),
        more_processes(settings, listener, processes - 1, _serve_alike),
    ):
        yield url_of(listener)


@contextmanager
def _serve_alike(settings: Settings, listener: socket) -> Iterator[None]:
    """Serve the same at a socket with connections to the database of its own."""
    with (
        Service.open(settings) as service,
        serve_on(listener, pages_of(service), "pages", linger_seconds=LINGER_SECONDS),
    ):
        yield


def pages_of(service: Service) -> Starlette:
    """Return the pages of a force as an application. Raises SettingsError if the secret cannot be read."""
    load_templates()
    return make_application(service, sign_in_of(service), PAGES)


def sign_in_of(service: Service) -> SignIn:
    """Return the way of signing in that `[web]` names. Raises SettingsError if the secret cannot be read."""
    settings = service.settings.web
    roles = GroupRoles(service.store, settings)
    if settings.openid is None:
        return ProxySignIn(roles)
    secret = service.settings.secret(settings.openid.client_secret, "web.openid.client_secret")
    return OpenIdSignIn(roles, OpenIdProvider(settings.openid, secret or ""))


@contextmanager
def serve_demo(service: Service, port: int) -> Iterator[str]:
    """Serve the pages of a demo, where anybody may be chosen, on a port of 127.0.0.1 (0: any free one)."""
    sign_in = DemoSignIn(service.store, service.settings.reminders)
    application = make_application(service, sign_in, PAGES, is_secure=False)
    served = serve_locally(application, port, "pages", linger_seconds=LINGER_SECONDS)
    with work_in_background(service), served as url:
        yield url
