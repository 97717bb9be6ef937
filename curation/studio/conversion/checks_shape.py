"""Rules on the shape of one annotation and its rows, before anything is read from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from curation.findings import finding
from curation.pointers import pointer
from curation.records import Finding
from curation.studio.conversion.declaration import ROW_TYPES, Declaration
from curation.studio.conversion.inferring import text_tag
from curation.studio.raw import VALUE_KEYS, Row
from curation.text import quote

_Path = tuple[str | int, ...]
_Problem = tuple[_Path, str]
_Test = Callable[[Any], bool]

_DIRECTIONS = ("right", "left", "bi")
# No text is as long, and no reader takes more.
_BITS = 64
_ORIGINS = ("manual", "prediction", "prediction-changed")


def around(annotation: Mapping[str, Any]) -> Iterator[Finding]:
    """What stands beside the result has the type that Label Studio gives it, where it is there at all, and times are
    such as can be."""
    for key, (test, wanted) in _AROUND.items():
        value = annotation.get(key)
        if value is not None and not test(value):
            yield _finding((key,), f"it is {_named(value)}, not {wanted}")
        elif value is not None and (problem := _untimely(key, value)):
            yield finding("F_TIME_IMPOSSIBLE", problem, json_pointer=pointer((key,)))


def result(annotation: Any) -> Iterator[Finding]:
    """An annotation is an object with a list of rows."""
    if not isinstance(annotation, dict):
        yield _finding((), f"the annotation is {_named(annotation)}, not an object")
    elif "result" not in annotation:
        yield _finding((), "the annotation has no result")
    elif not isinstance(annotation["result"], list):
        yield _finding(("result",), f"the result is {_named(annotation['result'])}, not a list of rows")


def row(position: int, found: Any, declaration: Declaration) -> Iterator[Finding]:
    """A row has what its type needs. Of types that are not interpreted only the type is judged."""
    problems = _row(Row(position, found), declaration) if isinstance(found, dict) else _no_row(found)
    region = found.get("id") if isinstance(found, dict) else None
    for path, message in problems:
        named = region if isinstance(region, str) else None
        yield _finding(("result", position, *_there(found, path)), message, region=named)


def _there(found: Any, path: _Path) -> _Path:
    """A path as far as it goes: what is missing is told of what lacks it."""
    for length, step in enumerate(path):
        if not isinstance(found, dict) or step not in found:
            return path[:length]
        found = found[step]
    return path


def kind_of(found: Row, declaration: Declaration) -> str:
    """The kind of control that wrote a row. Labels of a sound are of the kind `other`, though their type is not."""
    declared = declaration.controls.get(found.control)
    if declared is not None and declared.kind == "other":
        return "other"
    return ROW_TYPES.get(found.type, "other")


def is_blank(found: Row) -> bool:
    """Whether a span was given the label that says nothing, as an interface with allowEmpty offers it."""
    return ROW_TYPES.get(found.type) == "labels" and found.value.get(VALUE_KEYS[found.type]) == [None]


def _no_row(found: Any) -> Iterator[_Problem]:
    yield (), f"a row is an object, this is {_named(found)}"


def _row(found: Row, declaration: Declaration) -> Iterator[_Problem]:
    if not found.type:
        yield ("type",), "the row has no type"
        return
    yield from _optional(found.document)
    if found.type == "relation":
        yield from _relation(found)
    elif kind_of(found, declaration) != "other":
        yield from _words(found, ("id", "from_name", "to_name"))
        if not isinstance(found.document.get("value"), dict):
            yield ("value",), "the row has no value"
        else:
            yield from _written(found)
            yield from _places(found, needed=ROW_TYPES[found.type] == "labels")


def _optional(document: Mapping[str, Any]) -> Iterator[_Problem]:
    origin, score = document.get("origin"), document.get("score")
    if origin is not None and origin not in _ORIGINS:
        yield ("origin",), f"the origin is none of {', '.join(_ORIGINS)}"
    if score is not None and not _is_number(score):
        yield ("score",), f"the score is {_named(score)}, not a number"


def _relation(found: Row) -> Iterator[_Problem]:
    yield from _words(found, ("from_id", "to_id"))
    if found.document.get("direction") not in _DIRECTIONS:
        yield ("direction",), f"the direction is none of {', '.join(_DIRECTIONS)}"
    labels = found.document.get("labels")
    if labels is not None and not _are_strings(labels):
        yield ("labels",), "the labels are no list of strings"


def _words(found: Row, keys: tuple[str, ...]) -> Iterator[_Problem]:
    for key in keys:
        if not found.word(key):
            value = found.document.get(key)
            yield (key,), f"the row has no {key}" if value in (None, "") else f"{key} is {_named(value)}, not a string"


def _written(found: Row) -> Iterator[_Problem]:
    key = VALUE_KEYS[found.type]
    test, wanted = _WRITTEN[ROW_TYPES[found.type]]
    if key not in found.value:
        yield ("value", key), f"the value has no {key}"
    elif not test(found.value[key]) and not is_blank(found):
        yield ("value", key), f"{key} is not {wanted}"


def _places(found: Row, *, needed: bool) -> Iterator[_Problem]:
    value, counts = found.value, text_tag(found) == "Text"
    # What is said of a piece of a sound names the length of the whole.
    in_seconds = "original_length" in found.document and not needed
    whole = value.get("globalOffsets")
    if needed and not isinstance(value.get("text", ""), str):
        yield ("value", "text"), f"text is {_named(value['text'])}, not a string"
    for key in ("start", "end"):
        if key not in value:
            if needed and (counts or not isinstance(whole, dict)):
                yield ("value", key), f"the value has no {key}"
        elif counts and not _is_offset(value[key]) and not (in_seconds and isinstance(value[key], float)):
            yield ("value", key), f"{key} is {_named(value[key])}, not an integer"
        elif not counts and not isinstance(value[key], str):
            yield ("value", key), f"{key} is {_named(value[key])}, not a path"
    if not counts and whole is not None:
        offsets = (whole.get("start"), whole.get("end")) if isinstance(whole, dict) else (None, None)
        if not all(map(_is_offset, offsets)):
            yield ("value", "globalOffsets"), "globalOffsets has no start and end that are integers"
    if not counts:
        for key in ("startOffset", "endOffset"):
            if value.get(key) is not None and not _is_offset(value[key]):
                yield ("value", key), f"{key} is {_named(value[key])}, not an integer"


def _untimely(key: str, value: Any) -> str | None:
    if key == "lead_time":
        return f"the time spent is {value} seconds" if value < 0 else None
    if key in ("created_at", "updated_at"):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return f"{quote(value)} is no date and time"
    return None


def _finding(path: _Path, message: str, *, region: str | None = None) -> Finding:
    return finding("F_RAW_SCHEMA", message, region=region, json_pointer=pointer(path))


def _named(value: Any) -> str:
    """What a JSON value is, in words; a number as it is written."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int) and value.bit_length() >= _BITS:
        return "a number out of all bounds"
    if isinstance(value, int | float):
        return repr(value)
    return "a string" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"


def _is_offset(value: Any) -> bool:
    return type(value) is int and value.bit_length() < _BITS


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or _is_offset(value)


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _are_choices(value: Any) -> bool:
    # A choice below another one is the way to it.
    return isinstance(value, list) and all(isinstance(one, str) or (one and _are_strings(one)) for one in value)


def _are_paths(value: Any) -> bool:
    return isinstance(value, list) and all(one and _are_strings(one) for one in value)


_WRITTEN: Mapping[str, tuple[_Test, str]] = {
    "labels": (_are_strings, "a list of strings"),
    "choices": (_are_choices, "a list of strings"),
    "taxonomy": (_are_paths, "a list of paths"),
    "rating": (_is_number, "a number"),
    "number": (_is_number, "a number"),
    "textarea": (_are_strings, "a list of strings"),
}

_AROUND: Mapping[str, tuple[_Test, str]] = {
    "was_cancelled": (lambda value: isinstance(value, bool), "true or false"),
    "ground_truth": (lambda value: isinstance(value, bool), "true or false"),
    "completed_by": (lambda value: type(value) is int or isinstance(value, dict), "a user's id or an object"),
    "lead_time": (_is_number, "a number"),
    "created_at": (lambda value: isinstance(value, str), "a string"),
    "updated_at": (lambda value: isinstance(value, str), "a string"),
}
