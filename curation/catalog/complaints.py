"""What breaks a schema, in words for people who have never read one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

_LONGEST = 200
_QUOTED = 60
_COMPARED = 100
_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "an object",
    "boolean": "true or false",
    "null": "null",
}


def complaint(error: Any) -> str:
    """What a validation error of jsonschema says, on one line; in the library's own words where there are no better."""
    say = _WORDS.get(str(getattr(error, "validator", "")))
    said = say(error) if say is not None else None
    message = said or str(error.message)
    return message if len(message) <= _LONGEST else f"{message[:120]} … {message[-60:]}"


def _type(error: Any) -> str:
    wanted = [error.validator_value] if isinstance(error.validator_value, str) else list(error.validator_value)
    return f"{_value(error.instance)} stands where {_either(_KINDS.get(kind, kind) for kind in wanted)} belongs"


def _required(error: Any) -> str | None:
    # The library has one error for each key; which one it is, its message alone says.
    found = re.match(r"'(.+)' is a required property$", error.message)
    return f"the key '{found[1]}' is missing" if found else None


def _unknown(error: Any) -> str | None:
    if error.validator_value is not False or not isinstance(error.instance, Mapping):
        return None
    known = list(error.schema.get("properties", {}))
    patterns = error.schema.get("patternProperties", {})
    unknown = [
        key for key in error.instance if key not in known and not any(re.search(each, str(key)) for each in patterns)
    ]
    if not unknown:
        return None
    near = dict.fromkeys(each for key in unknown for each in get_close_matches(str(key), known, n=1))
    meant = f"; perhaps {_either(map(repr, near))} is meant" if near else f"; known are {', '.join(known)}"
    return f"there is no key {_either(map(repr, unknown))} here{meant if known else ''}"


def _one_of(error: Any) -> str:
    return f"{_value(error.instance)} is none of {', '.join(map(str, error.validator_value))}"


def _too_few(error: Any) -> str:
    return f"{_count(len(error.instance))} where at least {error.validator_value} belong"


def _too_many(error: Any) -> str:
    return f"{_count(len(error.instance))} where at most {error.validator_value} belong"


def _twice(error: Any) -> str:
    first = error.instance[:_COMPARED]
    again = [one for place, one in enumerate(first) if one in first[:place]]
    return f"{_value(again[0]) if again else 'an entry'} is listed twice"


def _format(error: Any) -> str | None:
    if error.validator_value != "regex":
        return None
    try:
        re.compile(error.instance)
    except re.error as reason:
        return f"{_value(error.instance)} is no regular expression: {reason}"
    return None


def _short(error: Any) -> str:
    return "it is empty" if not error.instance else f"{_value(error.instance)} is too short"


def _no_shape(error: Any) -> str:
    return f"{_value(error.instance)} fits none of what may stand here"


_WORDS: Mapping[str, Callable[[Any], str | None]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _unknown,
    "enum": _one_of,
    "anyOf": _no_shape,
    "minItems": _too_few,
    "maxItems": _too_many,
    "minProperties": _too_few,
    "uniqueItems": _twice,
    "format": _format,
    "minLength": _short,
}


def _value(value: Any) -> str:
    if isinstance(value, str | int | float) or value is None:
        written = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
        written = "null" if value is None else written
        return written if len(written) <= _QUOTED else f"{written[: _QUOTED - 1]}…"
    return "a list" if isinstance(value, list) else "an object"


def _count(number: int) -> str:
    return f"there {'is' if number == 1 else 'are'} {number or 'none'}"


def _either(words: Iterable[str]) -> str:
    *others, last = list(words)
    return f"{', '.join(others)} or {last}" if others else last
