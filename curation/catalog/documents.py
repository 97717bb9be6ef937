"""Read the documents in a file, strictly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from curation.catalog.root import read_toml
from curation.errors import CurationError


@dataclass(frozen=True, slots=True)
class Unparsed:
    """A document that is none: why its text cannot be parsed."""

    reason: str


def read_documents(path: Path) -> Iterator[tuple[str, Any]]:
    """The documents of a .toml, .json or .jsonl file, each with its place (file, or file and line).

    Raises `E_NOT_FOUND` for a file that is not there, `E_DEFINITION` for one that cannot be parsed.
    """
    for place, document in parse_documents(path):
        if isinstance(document, Unparsed):
            raise CurationError("E_DEFINITION", f"{place}: {document.reason}", fix="correct the file")
        yield place, document


def parse_documents(path: Path) -> Iterator[tuple[str, Any]]:
    """Like `read_documents`, but with an `Unparsed` in the place of what cannot be parsed."""
    if not path.is_file():
        raise CurationError("E_NOT_FOUND", f"{path} is not a file", fix="name an existing file")
    if path.suffix == ".toml":
        yield str(path), read_toml(path)
        return
    if path.suffix != ".jsonl":
        yield str(path), _parse(path.read_bytes())
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield f"{path}:{number}", _parse(line)


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        return Unparsed(str(error))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object")
    return document
