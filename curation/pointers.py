"""JSON pointers (RFC 6901), and what is wrong at one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """Where and why a document breaks its schema. `pointer` is a JSON pointer (RFC 6901) into the document."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or '(whole document)'}: {self.message}"


def pointer(path: Iterator[str | int] | Any) -> str:
    """A JSON pointer (RFC 6901) of a sequence of keys and indices."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def at_pointer(document: Any, pointer: str) -> Any:
    """The value at a JSON pointer (RFC 6901), None if there is none."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list) and key.isascii() and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        elif isinstance(document, dict) and key in document:
            document = document[key]
        else:
            return None
    return document
