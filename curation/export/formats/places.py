"""Names of files and of types that are made of ids and labels, whatever these hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import quote

_LONGEST = 120


def file_name(name: str) -> str:
    """`name` as that of a file: escaped as in a URL, never hidden, and cut with a hash behind it where it is long."""
    quoted = quote(name, safe="")
    if quoted.startswith("."):
        quoted = "%2E" + quoted[1:]
    return quoted if len(quoted) <= _LONGEST else f"{quoted[:80]}-{sha256(name.encode()).hexdigest()[:16]}"


def words_of(names: Iterable[str]) -> dict[str, str]:
    """For each name one of letters, digits, `_` and `-` alone, no two alike."""
    found: dict[str, str] = {}
    for name in names:
        word = re.sub(r"[^\w-]+", "_", name).strip("_") or "type"
        while word in found.values():
            word += "_"
        found[name] = word
    return found
