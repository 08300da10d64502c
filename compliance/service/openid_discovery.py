"""What an OpenID provider says of itself; and asking it: for so long, so much, and only where nobody reads along."""

import httpx
import msgspec

from compliance.errors import UnavailableError
from compliance.service.bounded_requests import ask_once
from compliance.web_settings import OpenIdSettings, is_private_address


class ProviderFacts(msgspec.Struct, frozen=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3), as far as it is needed."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


def discover(settings: OpenIdSettings) -> ProviderFacts:
    """Ask the provider what it says of itself.

    Raises UnavailableError that says for IT what is wrong: it does not answer, calls itself otherwise than the
    settings, or names an address to which what is sent could be read on the way.
    """
    url = f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration"
    status, body = ask_provider(url, settings.timeout_seconds)
    if status != httpx.codes.OK:
        raise UnavailableError(f"{url} answered with status {status}: check [web.openid] issuer")
    try:
        facts = msgspec.json.decode(body, type=ProviderFacts)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise UnavailableError(f"{url} does not describe an OpenID provider: check [web.openid] issuer") from None
    if facts.issuer != settings.issuer:
        raise UnavailableError(
            f"{url} says that its issuer is {facts.issuer[:200]!r}, and [web.openid] issuer is {settings.issuer!r}: "
            "they must be the same to the letter"
        )
    addresses = (facts.authorization_endpoint, facts.token_endpoint, facts.jwks_uri, facts.end_session_endpoint)
    for address in filter(None, addresses):
        if not is_private_address(address):
            raise UnavailableError(f"{url} names an address that is not HTTPS: {address[:200]!r}")
    return facts


def ask_provider(
    url: str, seconds: float, form: dict[str, str] | None = None, user: httpx.Auth | None = None
) -> tuple[int, bytes]:
    """Return the status and the body of an answer; with `form`, of one to a form that is posted.

    The whole answer has `seconds`. Raises UnavailableError, which quotes nothing of what was sent or answered.
    """

    method = "GET" if form is None else "POST"
    return ask_once(method, url, seconds, "application/json", data=form, auth=user)
