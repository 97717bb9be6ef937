"""What a token tells of itself, and how it is kept out of what people read."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from curation.errors import CurationError
from curation.text import counted

_LONG = 3650
# Label Studio's have 40 characters and more. What is short also stands in words, out of which it would be blotted.
_SHORTEST = 20
_WEB_TOKEN = re.compile(r"eyJ[\w-]{10,}(?:\.[\w-]*){0,2}")


def payload(token: str) -> dict[str, Any]:
    """What a JSON web token says, unverified; empty for any other text."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        document = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def is_personal(token: str) -> bool:
    """Whether it is a personal access token, which is traded for short-lived ones, rather than a legacy one."""
    return payload(token).get("token_type") == "refresh"


def ends(token: str) -> datetime | None:
    """When a token stops to count, by the clock of the server that made it; None if it does not say."""
    moment = payload(token).get("exp")
    try:
        return datetime.fromtimestamp(moment, UTC) if isinstance(moment, int | float) else None
    except (OverflowError, OSError, ValueError):
        return None


def checked(token: str, origin: str) -> str:
    """The token without white space around it.

    Raises `E_NO_CREDENTIALS` if it holds what no token has, or is too short for one.
    """
    token = token.strip()
    if not token:
        fix = "log in with a token from Account & Settings in Label Studio: curation studio login"
        raise CurationError("E_NO_CREDENTIALS", f"{origin} holds no token", fix=fix)
    if not (token.isascii() and token.isprintable()) or " " in token:
        fix = "copy the token alone, as Account & Settings in Label Studio shows it"
        raise CurationError("E_NO_CREDENTIALS", f"{origin} holds a character that no token has", fix=fix)
    if len(token) < _SHORTEST:
        fix = "copy the whole token, as Account & Settings in Label Studio shows it"
        found = counted(len(token), "character")
        raise CurationError("E_NO_CREDENTIALS", f"{origin} holds {found}, too few for a token", fix=fix)
    return token


def redacted(text: str, secrets: Iterable[str | None]) -> str:
    """The text without these secrets, whole, and without any web token, even if it is cut short."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return _WEB_TOKEN.sub("***", text)


def days_left(token: str, now: datetime | None) -> int | None:
    """Whole days until a token ends, at the time `now` of its server or else of this machine; None if it does not."""
    end = ends(token)
    return None if end is None else (end - (now or datetime.now(UTC))).days


def lasting(days: int | None) -> str:
    """How long a token still counts, to be put behind what it is; empty where it outlives every study."""
    return "" if days is None or days > _LONG else f", {counted(max(days, 0), 'day')} left"
