"""What goes wrong between a push and the Hub, in one line each, without the token."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curation.errors import CurationError

_LONGEST = 300
_AGAIN = "run the same command again: it finds out what arrived, and sends what is missing"


def translated(error: BaseException, endpoint: str, token: str) -> CurationError | None:
    """The failure that an error of the client means; None if it is none of the client's."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    # The bases of all errors of the HTTP library that this version of the client is built on.
    transport = tuple(base for base in HfHubHTTPError.__bases__ if base is not OSError)
    for cause in _causes(error):
        match cause:
            case CurationError():
                return cause
            case HfHubHTTPError():
                return _refused(cause.response.status_code, _told(cause), endpoint, token)
            case HFValidationError():
                return CurationError("E_HUB_REFUSED", _line(str(cause), token), fix="name it like OWNER/NAME")
            case OfflineModeIsEnabled():
                return CurationError("E_HUB_DOWN", "the client is in offline mode", fix="unset HF_HUB_OFFLINE")
            case _ if isinstance(cause, transport):
                message = f"the connection to {endpoint} failed: {_line(str(cause) or type(cause).__name__, token)}"
                return CurationError("E_HUB_DOWN", message, fix=_AGAIN)
    if isinstance(error, ValueError) and "metadata in README.md" in str(error):
        return CurationError("E_HUB_REFUSED", _line(str(error), token), fix="correct export.toml and build again")
    if isinstance(error, ValueError | KeyError | TypeError | RuntimeError):
        message = f"{endpoint} answers what is not understood: {_line(str(error), token)}"
        return CurationError("E_HUB_DOWN", message, fix=f"see that HF_ENDPOINT is a Hub, then {_AGAIN}")
    return None


def _refused(status: int, told: str, endpoint: str, token: str) -> CurationError:
    told = f": {_line(told, token)}" if told else ""
    match status:
        case 401:
            return CurationError("E_HUB_TOKEN", f"{endpoint} refuses the token (HTTP 401)")
        case 402 | 403:
            fix = f"make a token that may write there at {endpoint}/settings/tokens, then `hf auth login`"
            return CurationError("E_HUB_TOKEN", f"the token may not do this (HTTP {status}{told})", fix=fix)
        case 409 | 412:
            message = f"somebody else has changed the repository meanwhile (HTTP {status}{told})"
            return CurationError("E_HUB_CONFLICT", message)
        case 404:
            fix = "correct OWNER/NAME, and see that the token may read and write there"
            return CurationError("E_HUB_REFUSED", f"the Hub knows no such place (HTTP 404{told})", fix=fix)
        case 408 | 429:
            return CurationError("E_HUB_DOWN", f"the Hub has no time (HTTP {status}{told})", fix=_AGAIN)
        case _ if status >= 500:
            return CurationError("E_HUB_DOWN", f"the Hub failed (HTTP {status}{told})", fix=_AGAIN)
    return CurationError("E_HUB_REFUSED", f"the Hub refuses the request (HTTP {status}{told})")


def _told(error: object) -> str:
    return str(getattr(error, "server_message", None) or "")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it was raised from, outermost first."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _line(text: str, token: str) -> str:
    """A message of others as one line of bearable length, without the token or signatures of addresses."""
    text = " ".join(text.replace(token, "***").split())
    text = re.sub(r"(?i)(bearer\s+)\S+", r"\1***", text)
    text = re.sub(r"(https?://[^\s?]+)\?\S+", r"\1", text)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
