"""A build in blocks of articles, each kept once it is whole: a build that was cut off goes on where it stopped."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

_NOTES = "notes.json"
_MADE_FROM = "made-from"
_KEPT = "figures.json"

Kept = TypeVar("Kept")


@dataclass(slots=True)
class Block:
    """A folder of tables, and what is noted beside them as JSON values. Set `notes` before the block ends."""

    folder: Path
    notes: dict[str, Any] = field(default_factory=dict)


class Blocks:
    """The blocks of a dataset that is to stand at `out`, in a folder beside it.

    Those of a build that was made from something else than `made_from` are removed. Nobody else may write there: hold
    the lock of `out`. Raises `OSError`.
    """

    def __init__(self, out: Path, made_from: str) -> None:
        self._folder = _beside(out)
        if not self._are_from(made_from):
            self.remove()
            self._folder.mkdir()
            (self._folder / _MADE_FROM).write_text(made_from)
        for partial in self._folder.glob("*.partial"):
            shutil.rmtree(partial)

    def done(self, number: int) -> Block | None:
        """The block of that number, if it is whole."""
        folder = self._folder / f"{number:05d}"
        return Block(folder, json.loads((folder / _NOTES).read_text(encoding="utf-8"))) if folder.is_dir() else None

    @contextmanager
    def new(self, number: int) -> Iterator[Block]:
        """A folder to write the block's tables to; it counts once this ends without an error."""
        partial = self._folder / f"{number:05d}.partial"
        partial.mkdir()
        block = Block(partial)
        yield block
        (partial / _NOTES).write_text(json.dumps(block.notes), encoding="utf-8")
        for file in partial.rglob("*"):
            if file.is_file():
                _sync(file)
        block.folder = partial.rename(self._folder / f"{number:05d}")

    def kept(self, kind: type[Kept], make: Callable[[], Kept]) -> Kept:
        """What an earlier build has made for all blocks together, else what is made now, which is kept for later ones.

        It has to be a dataclass that JSON can hold.
        """
        file = self._folder / _KEPT
        if file.is_file():
            return msgspec.json.decode(file.read_bytes(), type=kind)
        made = make()
        partial = self._folder / f"{_KEPT}.new"
        partial.write_bytes(msgspec.json.encode(made))
        _sync(partial)
        partial.rename(file)
        return made

    def remove(self) -> None:
        """Remove them all: the dataset is in its place, or they are of no use."""
        _remove(self._folder)

    def _are_from(self, made_from: str) -> bool:
        try:
            return (self._folder / _MADE_FROM).read_text() == made_from
        except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
            return False


def discard(out: Path) -> None:
    """Remove the blocks of a dataset that stands at `out`, where a build was cut off before it did so itself."""
    _remove(_beside(out))


def gather(blocks: Sequence[Block], config: str, split: str, folder: Path) -> list[str]:
    """Put the files of a split together in `folder`/`config`, numbered as its shards; the paths in `folder`.

    Raises `OSError`.
    """
    files = [file for block in blocks if (file := block.folder / config / f"{split}.parquet").is_file()]
    paths = [f"{config}/{split}-{number:05d}-of-{len(files):05d}.parquet" for number in range(len(files))]
    (folder / config).mkdir(exist_ok=True)
    for file, path in zip(files, paths, strict=True):
        try:
            # The block stays whole until the dataset is in its place.
            os.link(file, folder / path)
        except OSError:
            shutil.copyfile(file, folder / path)
    return paths


def _beside(out: Path) -> Path:
    return out.parent / f".{out.name}.blocks"


def _remove(folder: Path) -> None:
    # First what says of what they are: half of a block is never taken for one.
    with suppress(OSError):
        (folder / _MADE_FROM).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _sync(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
