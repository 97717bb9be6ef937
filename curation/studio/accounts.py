"""People on a Label Studio server: log in, sign up by invitation, and get a token, all without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from curation.errors import CurationError

if TYPE_CHECKING:
    import httpx

_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_LOGIN = "/user/login/"


@contextmanager
def log_in(url: str, email: str, password: str) -> Iterator[httpx.Client]:
    """A session of that user. Raises `E_UNAUTHORISED` if the server refuses the password."""
    with _session(url) as session:
        if not _post_form(session, _LOGIN, {"email": email, "password": password}):
            raise CurationError(
                "E_UNAUTHORISED",
                f"Label Studio at {url} refused the password of {email}",
                fix="was it changed in the browser? Log in there and set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY",
            )
        yield session


def personal_access_token(session: httpx.Client) -> str:
    """A new personal access token of the session's user. The earlier one ends: a user has one at a time."""
    for known in _json(session, "GET", "/api/token/"):
        _json(session, "POST", "/api/token/blacklist/", {"refresh": known["token"]})
    return str(_json(session, "POST", "/api/token/", {})["token"])


def invite(url: str, token: str, email: str, password: str) -> str:
    """The personal access token of an annotator with that address, who is signed up if not yet known.

    `token` is an administrator's. Raises `E_UNAUTHORISED` if the address is known with another password.
    """
    from curation.studio.client import Client
    from curation.studio.credentials import Credentials

    with Client(Credentials(url, token, "invitation")) as client:
        known = email.lower() in (address.lower() for address in client.users().values())
        link = "" if known else client.invitation()
    if known:
        with log_in(url, email, password) as session:
            return personal_access_token(session)
    with _signed_up(url, link, email, password) as session:
        return personal_access_token(session)


def sign_up(url: str, link: str, email: str, password: str) -> None:
    """Make an account by an invitation's `link`.

    Raises `E_SERVER_ERROR` if the server objects, as to a short password or an address that it knows.
    """
    with _signed_up(url, link, email, password):
        pass


@contextmanager
def _signed_up(url: str, link: str, email: str, password: str) -> Iterator[httpx.Client]:
    """A session of a user who is new with it."""
    with _session(url) as session:
        form = {"email": email, "password": password, "allow_newsletters": "false"}
        if not _post_form(session, link, form):
            message = (
                f"Label Studio at {url} did not sign up {email}: it may find the address wrong or the password short"
            )
            raise CurationError("E_SERVER_ERROR", message)
        yield session


def accepts(url: str, token: str) -> bool:
    """Whether the server takes that token."""
    from curation.studio.client import Client
    from curation.studio.credentials import Credentials

    try:
        with Client(Credentials(url, token, "check")) as client:
            client.whoami()
    except CurationError as error:
        if error.code == "E_UNAUTHORISED":
            return False
        raise
    return True


def _session(url: str) -> httpx.Client:
    import httpx

    parts = urlsplit(url)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    limits = httpx.Limits(max_keepalive_connections=0 if local else None)
    session = httpx.Client(
        base_url=url,
        timeout=60,
        follow_redirects=False,
        trust_env=not local,
        limits=limits,
        verify=parts.scheme == "https",
    )

    def send_back(_: httpx.Response) -> None:
        for cookie in session.cookies.jar:
            cookie.secure = False

    if parts.scheme == "http":
        # A server behind a reverse proxy says that its cookies are for TLS alone; here they came without.
        session.event_hooks = {"response": [send_back]}
    return session


def _post_form(session: httpx.Client, path: str, fields: dict[str, str]) -> bool:
    """Send a form as a browser does; the server redirects where it is content and shows the form again where not."""
    import httpx

    try:
        form = _CSRF.search(session.get(path).text)
        if form is None:
            raise CurationError("E_SERVER_ERROR", f"{session.base_url}{path.split('?')[0]} shows no form to fill in")
        answer = session.post(
            path,
            data={"csrfmiddlewaretoken": form[1], **fields},
            headers={"Referer": f"{session.base_url}{path.split('?')[0].lstrip('/')}"},
        )
    except httpx.HTTPError as error:
        raise CurationError("E_SERVER_DOWN", f"{session.base_url}: {type(error).__name__}") from None
    if answer.status_code == 302:
        session.headers["X-CSRFToken"] = session.cookies["csrftoken"]
        session.headers["Referer"] = str(session.base_url)
        return True
    return False


def _json(session: httpx.Client, method: str, path: str, body: dict[str, str] | None = None) -> Any:
    import httpx

    try:
        answer = session.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None
    except httpx.HTTPStatusError as error:
        raise CurationError("E_SERVER_ERROR", f"{path} answered {error.response.status_code}") from None
    except httpx.HTTPError as error:
        raise CurationError("E_SERVER_DOWN", f"{session.base_url}: {type(error).__name__}") from None
    except ValueError:
        raise CurationError("E_SERVER_ERROR", f"{path} answered with something that is no JSON") from None
