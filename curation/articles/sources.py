"""What there is to read: files and folders as they were named, and the kinds of file that hold articles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from curation.errors import CurationError

KINDS = {
    ".txt": "text",
    ".md": "text",
    ".html": "page",
    ".htm": "page",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".csv": "table",
    ".tsv": "table",
    ".parquet": "parquet",
}
"""Suffix -> kind of file."""

_BUFFER = 1 << 18
STATE_FILE = "state.json"
_DATASET_FILES = (STATE_FILE, "dataset_info.json")
_SPLITS_FILE = "dataset_dict.json"
_ABOUT = ("readme", "license", "licence", "changelog")


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, or a folder that `datasets` saved. `name` is its path below what was named, never absolute.

    Of a folder that `datasets` saved it begins with that folder and ends in a slash. `in_folder`: it was not named
    itself, but found in a folder that was.
    """

    path: Path
    name: str
    kind: str
    in_folder: bool = False

    @property
    def suffix(self) -> str:
        """The ending that tells the kind, in lower case."""
        return self.path.suffix.lower()

    def open(self) -> BinaryIO:
        """The content from its beginning. The stream may not be seekable."""
        return self.path.open("rb", buffering=_BUFFER)


def find_sources(named: Sequence[str | Path], skipped: Callable[[str], None]) -> Iterator[Source]:
    """Every file to read, folders sorted by name; `skipped` is told which files of a folder are of no such kind.

    Raises `E_NO_INPUT` at once, before anything is read, if one that was named does not exist or holds nothing.
    """
    paths = list(dict.fromkeys(Path(path) for path in named))
    if not paths:
        raise CurationError("E_NO_INPUT", "no source was named")
    for path in paths:
        _require(path)
    return (source for path in paths for source in _sources(path, skipped))


def _require(path: Path) -> None:
    try:
        if path.is_dir():
            others: list[str] = []
            if next(_sources(path, others.append), None) is None:
                raise CurationError("E_NO_INPUT", f"{path} holds no file that can be read{_sample(others)}")
        elif not path.exists():
            raise CurationError("E_NO_INPUT", f"{path} does not exist")
        elif path.suffix.lower() not in KINDS:
            raise CurationError("E_NO_INPUT", f"{path} is not a kind of file that holds articles")
        elif path.is_file() and path.stat().st_size == 0:
            raise CurationError("E_NO_INPUT", f"{path} is empty")
    except OSError as error:
        raise CurationError("E_DISK", f"{path}: {error.strerror}") from None


def _sample(names: list[str]) -> str:
    if not names:
        return ": it is empty"
    return f", only {', '.join(names[:3])}" + (f" and {len(names) - 3} others" if len(names) > 3 else "")


def _sources(path: Path, skipped: Callable[[str], None]) -> Iterator[Source]:
    if not path.is_dir():
        yield Source(path, _printable(path.name), KINDS[path.suffix.lower()])
    elif _is_dataset(path):
        yield Source(path, _prefix(path), "dataset")
    else:
        # Every folder of splits holds files of the same names.
        yield from _walk(path, _prefix(path) if (path / _SPLITS_FILE).is_file() else "", skipped)


def _walk(folder: Path, prefix: str, skipped: Callable[[str], None]) -> Iterator[Source]:
    try:
        with os.scandir(folder) as entries:
            names = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    except OSError:
        skipped(prefix)
        return
    for entry, is_folder in names:
        path, name = folder / entry, prefix + _printable(entry)
        if entry.startswith(".") or entry == _SPLITS_FILE:
            continue
        if is_folder and _is_dataset(path):
            yield Source(path, name + "/", "dataset", in_folder=True)
        elif is_folder:
            yield from _walk(path, name + "/", skipped)
        elif path.suffix.lower() in KINDS and path.is_file() and path.stem.lower() not in _ABOUT:
            yield Source(path, name, KINDS[path.suffix.lower()], in_folder=True)
        else:
            skipped(name)


def _prefix(folder: Path) -> str:
    """The folder's own name with a slash, also where it was named as `.` or `..`."""
    name = folder.name if folder.name not in ("", "..") else folder.resolve().name
    return _printable(name) + "/" if name else ""


def _is_dataset(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _DATASET_FILES)


def _printable(name: str) -> str:
    """A file's name without the lone surrogates that stand for bytes that are no UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
