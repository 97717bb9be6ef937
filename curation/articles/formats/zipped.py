"""Zip files: their members, and what is one thing only together: saved data sets, texts and their annotations.

A member's name is only a name: nothing is ever written where it says.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, cast

from curation.articles.formats.packing import Budget, Counted, Unpacked
from curation.articles.options import Options
from curation.articles.rejects import Broken
from curation.articles.sources import DATASET_FILES, SPLITS_FILE, Source, article_kind, printable
from curation.records import Reject

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

_CHUNK = 1 << 16
_STORED, _DEFLATED, _BZIP2 = 0, 8, 12


def members(source: Source, inner: Source, budget: Budget, options: Options) -> Iterator[Source | Reject]:
    """The members of a zip file sorted by name; a folder in it that `datasets` saved is one source.

    Such a folder has to lie on the disk: it is unpacked to a temporary one, which is gone when the next source is
    asked for.
    """
    with source.seekable() as stream:
        opened = _open(source, stream, budget)
        folders = _saved(opened.members)
        names: Counter[str] = Counter()
        for member in opened.members:
            folder, _, file = member.filename.rpartition("/")
            name = f"{source.name}/{printable(member.filename)}"
            if not file or _is_hidden(member.filename) or file == SPLITS_FILE:
                continue
            if folder in folders:
                if member is folders[folder]:
                    yield from _dataset(
                        opened, folder, replace(inner, name=name.removesuffix(printable(file)), in_folder=True)
                    )
                continue
            kind = article_kind(member.filename)
            if kind is None:
                options.on_skipped(name)
                continue
            names[name] += 1
            if names[name] > 1:
                name = f"{name}#{names[name]}"
            if budget.spent:
                yield Reject(name, "R_BOMB", _spent(budget), b"")
                return
            problem = _unreadable(member)
            if problem:
                yield Reject(name, "R_PACKED", problem, b"")
            else:
                content = partial(opened.unpacked, member)
                yield replace(inner, name=name, kind=kind, in_folder=True, content=content, ending=None)


def held(source: Source, suffix: str) -> Iterator[Source]:
    """The members of a zip file on the disk that end in `suffix`, sorted by name.

    The file stays open as long as one of them is held. There are none in what is damaged.
    """
    try:
        budget = Budget()
        opened = _open(source, source.path.open("rb"), budget)
    except OSError:
        return
    inner = replace(source, in_folder=True, depth=1, budget=budget)
    seen = set()
    for member in opened.members:
        name = member.filename
        if not name.lower().endswith(suffix) or name in seen or _is_hidden(name) or _unreadable(member):
            continue
        seen.add(name)
        yield replace(
            inner,
            name=f"{source.name}/{printable(name)}",
            kind=article_kind(name) or "",
            content=partial(opened.unpacked, member),
        )


@dataclass(frozen=True, slots=True)
class _Zip:
    """An open zip file, its members sorted by name, and what they may unpack to."""

    archive: ZipFile
    members: Sequence[ZipInfo]
    packed: Counted
    budget: Budget

    def unpacked(self, member: ZipInfo) -> Unpacked:
        """The content of a member."""

        def chunks() -> Generator[bytes, None, None]:
            with self.archive.open(member) as stream:
                yield from iter(partial(cast(BufferedIOBase, stream).read1, _CHUNK), b"")

        opened = chunks()
        return Unpacked(opened, self.packed, self.budget, opened.close)


def _open(source: Source, stream: IO[bytes], budget: Budget) -> _Zip:
    size = stream.seek(0, 2)
    if source.depth == 0:
        budget.size = size
    packed = Counted(stream, None if source.depth else budget)
    archive = _archive(packed, size)
    return _Zip(archive, sorted(archive.infolist(), key=lambda member: member.filename), packed, budget)


def _saved(members: Sequence[ZipInfo]) -> dict[str, ZipInfo]:
    """The folders in a zip file that `datasets` saved, each with the first of its members."""
    folders: dict[str, dict[str, ZipInfo]] = {}
    for member in members:
        folder, _, file = member.filename.rpartition("/")
        if file and not _is_hidden(member.filename):
            folders.setdefault(folder, {}).setdefault(file, member)
    return {folder: next(iter(files.values())) for folder, files in folders.items() if files.keys() >= {*DATASET_FILES}}


def _dataset(opened: _Zip, folder: str, source: Source) -> Iterator[Source | Reject]:
    """A folder that `datasets` saved, as long as it is being read."""
    with TemporaryDirectory(prefix="curation-") as home:
        for member in opened.members:
            inside, _, file = member.filename.rpartition("/")
            if inside != folder or not file:
                continue
            problem = _unreadable(member)
            if problem:
                yield Reject(source.name + printable(file), "R_PACKED", problem, b"")
                return
            try:
                # Without the part before the last slash it is the name of a file, and of no other folder.
                with opened.unpacked(member) as content, (Path(home) / file).open("wb") as out:
                    shutil.copyfileobj(content, out, _CHUNK)
            except Broken as error:
                yield Reject(source.name + printable(file), error.code, error.reason, error.tail)
                return
            except (OSError, ValueError) as error:
                yield Reject(source.name + printable(file), "R_PACKED", f"it cannot be unpacked: {error}", b"")
                return
        yield replace(source, path=Path(home), kind="dataset", content=None, ending=None)


def _spent(budget: Budget) -> str:
    return (
        f"the zip file unpacks to far too much, {budget.unpacked} bytes from {budget.packed}: it was not read from "
        "here on"
    )


def _archive(packed: Counted, size: int) -> ZipFile:
    from zipfile import ZipFile

    try:
        return ZipFile(packed)
    except Broken:
        raise
    except Exception as error:  # of every kind: the list may say anything
        reason = (
            f"it is no whole zip file: up to byte {size}, its end, there is no list of its members that can be read"
        )
        raise Broken("R_PACKED", f"{reason} ({error})") from None


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") and part.strip(".") for part in name.split("/"))


def _unreadable(member: ZipInfo) -> str | None:
    if member.flag_bits & 1:
        return "it is encrypted"
    if member.compress_type not in (_STORED, _DEFLATED, _BZIP2):
        return f"it is packed by method {member.compress_type} of zip, which is not read"
    return None
