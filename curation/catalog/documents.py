"""Read the documents in a file, strictly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from curation.catalog.root import read_toml
from curation.errors import CurationError


def read_documents(path: Path) -> Iterator[tuple[str, Any]]:
    """The documents of a .toml, .json or .jsonl file, each with its place (file, or file and line).

    Raises `E_NOT_FOUND` for a file that is not there, `E_DEFINITION` for one that cannot be parsed.
    """
    if not path.is_file():
        raise CurationError("E_NOT_FOUND", f"{path} is not a file", fix="name an existing file")
    if path.suffix == ".toml":
        yield str(path), read_toml(path)
        return
    lines = enumerate(path.read_bytes().splitlines(), start=1) if path.suffix == ".jsonl" else [(0, path.read_bytes())]
    for number, line in lines:
        if line.strip() or not number:
            place = f"{path}:{number}" if number else str(path)
            yield place, _parse(line, place)


def _parse(raw: bytes, place: str) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise CurationError("E_DEFINITION", f"{place}: {error}", fix="correct the file") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
