"""What a push has to change: the files of a dataset held against those of a repository."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from curation.folders.manifest import MANIFEST


@dataclass(frozen=True)
class File:
    """A file of the dataset: where it is, its bytes, and its SHA-256 in hexadecimal digits."""

    path: Path
    bytes: int
    sha256: str

    @cached_property
    def blob(self) -> str:
        """What git calls the file's content: SHA-1 of its length and its bytes."""
        digest = hashlib.sha1(b"blob %d\0" % self.bytes, usedforsecurity=False)
        with self.path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Remote:
    """A file of the repository. Large ones are known by their SHA-256, the others by git's name of their content."""

    bytes: int
    blob: str
    sha256: str | None = None

    def holds(self, file: File) -> bool:
        """Whether this is the same content, as the Hub tells it."""
        same = self.blob == file.blob if self.sha256 is None else self.sha256 == file.sha256
        return same and self.bytes == file.bytes


@dataclass(frozen=True, slots=True)
class Change:
    """A file to upload or to delete, and its bytes."""

    path: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes the repository hold the dataset.

    `others` are files that no push of this program has put there: they stay. `edited` are those that somebody has put
    there or changed where the dataset has a file of its own, or wants one gone.
    """

    upload: tuple[Change, ...]
    delete: tuple[Change, ...]
    others: tuple[str, ...]
    edited: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """How much there is to upload."""
        return sum(change.bytes for change in self.upload)


def files_of(folder: Path, manifest: Mapping[str, Any]) -> dict[str, File]:
    """The files of a dataset that agrees with its manifest, by their path in it."""
    files = {path: File(folder / path, one["bytes"], one["sha256"]) for path, one in manifest["files"].items()}
    content = (folder / MANIFEST).read_bytes()
    return files | {MANIFEST: File(folder / MANIFEST, len(content), hashlib.sha256(content).hexdigest())}


def compare(
    files: Mapping[str, File],
    there: Mapping[str, Remote],
    pushed: Mapping[str, str],
    sha256_of: Callable[[str], str],
    doomed: Collection[str] = (),
) -> Plan:
    """What a push changes. `pushed` has the SHA-256 of each file that the last push left there.

    `sha256_of` looks up that of a file of the repository; `doomed` are files of others that are to go.
    """
    upload = [path for path, file in files.items() if path not in there or not there[path].holds(file)]
    stale = [path for path in there if path not in files and path in pushed]
    named = [path for path in there if path not in files and path not in pushed and path in doomed]
    others = [path for path in there if path not in files and path not in pushed and path not in doomed]
    edited = [path for path in [*upload, *stale] if path in there and sha256_of(path) != pushed.get(path)]
    return Plan(
        upload=tuple(Change(path, files[path].bytes) for path in sorted(upload)),
        delete=tuple(Change(path, there[path].bytes) for path in sorted([*stale, *named])),
        others=tuple(sorted(others)),
        edited=tuple(sorted(edited)),
    )
