"""One HTTP connection to a Label Studio: tokens, timeouts, repeated reads, writes sent once, and what went wrong."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from curation.errors import CurationError
from curation.studio.tokens import is_personal, payload, redacted

if TYPE_CHECKING:
    from typing import NoReturn

_PAUSES = (0.2, 0.6, 1.8)
_LONGEST_WAIT = 60.0
_RENEW_EARLY = 30.0
_SHOWN = 300
_REFRESH = "/api/token/refresh/"
_READY = "curation_ready"


class ServerFault(CurationError):
    """The server failed to answer a read, time and again, for whatever it holds."""


class UnclearWrite(CurationError):
    """A write was sent and its answer was lost or was a failure: it may or may not have been carried out.

    `wait` is how many seconds the server asked to be left alone for, None if it did not. `failed` says that it answered
    500: it is the server itself that fails, which can be for what was sent.
    """

    wait: float | None = None
    failed: bool = False


class Refused(CurationError):
    """The server looked at a write and carried nothing out."""


class Connection:
    """Sends requests with a token. Never follows redirects, so that the token goes to no other server."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        attempts: int = 4,
        timeout: float = 120.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        local = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
        self._http = httpx.Client(
            base_url=url,
            timeout=httpx.Timeout(timeout, connect=10.0),
            follow_redirects=False,
            headers={"Accept": "application/json"},
            # A connection that the server has given up meanwhile would make a write unclear. The embedded server also
            # answers 40 ms later on a kept connection, since it sends head and body apart.
            limits=httpx.Limits(max_keepalive_connections=0 if local else None, keepalive_expiry=1.0),
            trust_env=not local,
            event_hooks={"response": [_tell]},
            # Reading the authorities takes longer than a request; an unencrypted address has no use for them.
            verify=urlsplit(url).scheme == "https",
        )
        self._url = url
        self._token = token
        self._attempts = attempts
        self._sleep = sleep
        self._clock = clock
        self._access: str | None = None
        self._renew_at = 0.0
        self.is_personal = is_personal(token)
        self.date: str | None = None

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def read(
        self,
        path: str,
        asked: Mapping[str, Any] | None = None,
        *,
        project: int | None = None,
        attempts: int | None = None,
        errors: int | None = None,
        ready: Callable[[], None] | None = None,
    ) -> Any:
        """The JSON document at `path`; repeated after a pause when the connection or the server fails.

        After `errors` answers with status 500 it is given up: these come from what the server holds, not from the way.
        `ready` is called when the server begins to send the document.
        """
        told = {} if ready is None else {"extensions": {_READY: ready}}
        answer = self._insist(lambda: self._send("GET", path, params=asked, **told), attempts or self._attempts, errors)
        self._check(answer, project)
        return _document(answer, ServerFault)

    def ask(self, path: str, body: Any, *, project: int | None = None) -> str | None:
        """What the server objects to in `body`, or None. For checks, which write nothing and may be repeated."""
        answer = self._insist(lambda: self._send("POST", path, json=body), self._attempts)
        if answer.status_code == 400:
            return self._detail(answer)
        self._check(answer, project)
        return None

    def write(self, method: str, path: str, body: Any, *, project: int | None = None) -> Any:
        """Send a write, once. Raises `UnclearWrite` if it is not known what became of it, `Refused` on 400 and 413."""
        try:
            answer = self._connected(lambda: self._send(method, path, json=body))
        except httpx.HTTPError as error:
            raise UnclearWrite("E_PUSH_UNKNOWN", f"{self._url}: {_reason(error)} before the answer") from None
        if answer.status_code >= 500 or answer.status_code in (408, 429):
            message = f"{self._url} answered {answer.status_code} to {method} {path}{_asked(answer)}"
            unclear = UnclearWrite("E_PUSH_UNKNOWN", message)
            unclear.wait, unclear.failed = _retry_after(answer), answer.status_code == 500
            raise unclear
        if answer.status_code in (400, 413):
            raise Refused("E_SERVER_ERROR", f"{method} {path} was refused: {self._detail(answer)}")
        self._check(answer, project)
        return _document(answer, UnclearWrite, "E_PUSH_UNKNOWN") if answer.content else None

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        answer = self._http.request(method, path, headers=self._authorisation(), **content)
        if answer.status_code == 401 and self.is_personal:
            # The server turned it down before it looked at the request: sending it again is safe, even a write.
            self._access = None
            answer = self._http.request(method, path, headers=self._authorisation(), **content)
        self.date = answer.headers.get("Date", self.date)
        return answer

    def _authorisation(self) -> dict[str, str]:
        if not self.is_personal:
            return {"Authorization": f"Token {self._token}"}
        # Kept apart, for another thread may throw away what it was just refused.
        access = self._access
        if access is None or self._clock() >= self._renew_at:
            access = self._access = self._renew()
        return {"Authorization": f"Bearer {access}"}

    def _renew(self) -> str:
        """A fresh access token. Its lifetime is the difference of the server's own times: our clock may be wrong."""
        began = self._clock()
        answer = self._insist(lambda: self._http.post(_REFRESH, json={"refresh": self._token}), self._attempts)
        self._check(answer, None)
        document = _document(answer, ServerFault)
        access = document.get("access") if isinstance(document, dict) else None
        if not isinstance(access, str):
            raise ServerFault("E_SERVER_ERROR", f"{self._url}{_REFRESH} gave no access token")
        claims = payload(access)
        issued, ends = claims.get("iat"), claims.get("exp")
        lifetime = float(ends - issued) if isinstance(issued, int) and isinstance(ends, int) else 2 * _RENEW_EARLY
        self._renew_at = began + max(lifetime - _RENEW_EARLY, lifetime / 2)
        return access

    def _connected(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Try again only while there is no connection: nothing was sent then."""
        for pause in (*_PAUSES[: self._attempts - 1], None):
            try:
                return send()
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if pause is None:
                    self._down(error)
                self._sleep(pause)
        raise AssertionError("the last pause is None")

    def _insist(self, send: Callable[[], httpx.Response], attempts: int, errors: int | None = None) -> httpx.Response:
        for number in range(attempts):
            last = number + 1 == attempts
            pause = _PAUSES[min(number, len(_PAUSES) - 1)]
            try:
                answer = send()
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if last:
                    self._down(error)
            except httpx.HTTPError as error:
                if last:
                    raise ServerFault("E_SERVER_ERROR", f"{self._url}: {_reason(error)}") from None
            else:
                if last or not (answer.status_code >= 500 or answer.status_code == 429):
                    return answer
                if answer.status_code == 500 and errors is not None and number + 1 >= errors:
                    return answer
                pause = _retry_after(answer) or pause
                if pause > _LONGEST_WAIT:
                    return answer
            self._sleep(pause)
        raise AssertionError("attempts is at least 1")

    def _check(self, answer: httpx.Response, project: int | None) -> None:
        status = answer.status_code
        if status < 300:
            return
        if status in (401, 403):
            raise CurationError("E_UNAUTHORISED", f"{self._url} refused the token ({status}): {self._detail(answer)}")
        if status == 404 and project is not None:
            raise CurationError("E_PROJECT_GONE", f"{self._url} has no project {project} (any more)")
        if status < 400:
            there = self._redacted(_origin(answer.headers.get("Location", "")))
            raise CurationError(
                "E_SERVER_ERROR",
                f"{self._url} redirects to {there}, which is not followed",
                fix="set LABEL_STUDIO_URL to the address that the server itself uses",
            )
        # Whoever asks to be left alone does not fail for what was asked for: asking for less is no way out.
        kind = ServerFault if status >= 500 and _retry_after(answer) is None else CurationError
        message = f"{_origin(self._url)}{answer.url.path} answered {status}: {self._detail(answer)}{_asked(answer)}"
        raise kind("E_SERVER_ERROR", message)

    def _down(self, error: httpx.HTTPError) -> NoReturn:
        raise CurationError("E_SERVER_DOWN", f"no answer from {self._url} ({_reason(error)})") from None

    def _detail(self, answer: httpx.Response) -> str:
        """The server's own words, short, and without a token that it may have repeated."""
        try:
            document = answer.json()
        except ValueError:
            return self._redacted(answer.reason_phrase)[:_SHOWN] or "no reason given"
        if isinstance(document, dict):
            document = document.get("validation_errors") or document.get("detail") or document
        text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
        text = self._redacted(text)
        return text if len(text) <= _SHOWN else text[:_SHOWN] + " …"

    def _redacted(self, text: str) -> str:
        return redacted(text, (self._token, self._access))


def _tell(answer: httpx.Response) -> None:
    """Tell who asked for it that an answer has begun to come in."""
    ready = answer.request.extensions.get(_READY)
    if ready is not None and answer.is_success:
        ready()


def _origin(address: str) -> str:
    """The server of an address, without what it may say of users and pages."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "another page"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else "another page"


def _document(answer: httpx.Response, kind: type[CurationError], code: str = "E_SERVER_ERROR") -> Any:
    import msgspec

    try:
        return msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise kind(code, f"{answer.url.path} answered with something that is no JSON") from None


def _retry_after(answer: httpx.Response) -> float | None:
    """The seconds that the server asks to wait, None if it does not say or says what is past.

    A date is held against the server's own, where it tells that: our clock may be wrong.
    """
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9]) or None
    until, now = _date(value), _date(answer.headers.get("Date", ""))
    if until is None:
        return None
    seconds = until - (time.time() if now is None else now)
    return seconds if seconds > 0 else None


def _asked(answer: httpx.Response) -> str:
    wait = _retry_after(answer)
    return f"; it asks to wait {wait:.0f} s" if wait else ""


def _date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None


def _reason(error: httpx.HTTPError) -> str:
    """What broke, in words that name no header and no content."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        words = str(error).lower()
        if "certificate" in words:
            return "its certificate is not trusted"
        if "ssl" in words:
            return "TLS failed; the server may speak plain http"
        if any(isinstance(cause, socket.gaierror) for cause in _causes(error)):
            return "no host of that name is known"
        return "connection refused" if "refused" in words else "cannot connect"
    if isinstance(error, httpx.TimeoutException):
        return "time is up"
    return "the connection broke"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from, its own cause last."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
