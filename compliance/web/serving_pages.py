"""Serving the pages: for a force behind its reverse proxy, and for the demo on this machine's own address."""

from collections.abc import Iterator
from contextlib import contextmanager

from compliance.errors import SettingsError
from compliance.service import Service
from compliance.serving import serve_locally
from compliance.web.application import make_application
from compliance.web.pages import PAGES
from compliance.web.sign_in import DemoSignIn, ProxySignIn

_LINGER_SECONDS = 5


@contextmanager
def serve_pages(service: Service) -> Iterator[str]:
    """Serve the pages of a force as `[web]` says, during the context; give the address to which the proxy connects.

    Raises SettingsError if the settings name no port or no proxy, and UnavailableError if the port is in use.
    """
    settings, source = service.settings.web, service.settings.source
    if settings.port is None:
        raise SettingsError(f"{source}: [web] port: there is none, so no pages; docs/pages.md says what to set")
    if not settings.proxies:
        raise SettingsError(f"{source}: [web] proxies: name the address of the reverse proxy that signs people in")
    application = make_application(service, ProxySignIn(service.store, settings), PAGES)
    with serve_locally(
        application, settings.port, "pages", linger_seconds=_LINGER_SECONDS, address=settings.listen
    ) as url:
        yield url


@contextmanager
def serve_demo(service: Service, port: int) -> Iterator[str]:
    """Serve the pages of a demo, where anybody may be chosen, on a port of 127.0.0.1 (0: any free one)."""
    sign_in = DemoSignIn(service.store, service.settings.reminders)
    application = make_application(service, sign_in, PAGES, is_secure=False)
    with serve_locally(application, port, "pages", linger_seconds=_LINGER_SECONDS) as url:
        yield url
