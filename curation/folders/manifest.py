"""The manifest of a built dataset: SHA-256 of every file, and what the files were made from."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.errors import CurationError

MANIFEST = "manifest.json"
FORMAT = 1

OF_THE_HUB = (".gitattributes", ".cache/huggingface/")
"""What a download from the Hub finds or leaves in the folder; it is no part of a dataset, and nobody loads it."""


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """How a folder differs from its manifest, in paths relative to it; that of a folder ends in a slash.

    `changed` is what has other bytes, or is no file of its own but a link; a damaged manifest is itself `changed`.
    `extra` are files, links and empty folders that the manifest does not have. What no name in UTF-8 has is escaped.
    """

    path: Path
    name: str | None
    files: int
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the folder is byte for byte what was built."""
        return not (self.changed or self.missing or self.extra)


def verify(folder: Path) -> VerifyResult:
    """Hold a built dataset against its manifest. Raises `E_NOT_FOUND` if the folder has none, `E_DISK`.

    The links by which the Hub's cache shows a download are taken for the files that they lead to, and what the Hub
    itself puts beside them (`OF_THE_HUB`) is left alone.
    """
    if not (folder / MANIFEST).is_file():
        raise CurationError(
            "E_NOT_FOUND",
            f"{folder} holds no {MANIFEST}",
            fix="name a folder that `curation export build` or `curation convert` made",
        )
    try:
        found = dict(_entries(folder))
        manifest_is_ours = found.pop(MANIFEST, False)
        document = _read(folder) if manifest_is_ours else None
        if document is None:
            return VerifyResult(folder, None, len(found), changed=(MANIFEST,))
        declared: dict[str, dict[str, Any]] = document["files"]
        there = [path for path in sorted(declared) if path in found]
        changed = [path for path in there if not (found[path] and _holds(folder / path, declared[path]))]
    except OSError as error:
        raise CurationError("E_DISK", f"{folder}: {error}") from None
    return VerifyResult(
        path=folder,
        name=document["name"],
        files=len(found),
        changed=tuple(changed),
        missing=tuple(sorted(declared.keys() - found.keys())),
        extra=tuple(sorted(map(_legible, found.keys() - declared.keys()))),
    )


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> str:
    """Write the manifest of all files in `folder` and return its digest, which names the build's content."""
    files = {
        path: {"bytes": (folder / path).stat().st_size, "sha256": _sha256(folder / path)}
        for path in sorted(path for path, is_file in _entries(folder) if is_file and path != MANIFEST)
    }
    document = {"format": FORMAT, **facts, "files": files}
    digest = _digest(document)
    (folder / MANIFEST).write_bytes(_written({**document, "digest": digest}))
    return digest


def digest_of(folder: Path) -> str | None:
    """The digest in the manifest of `folder`; None if there is no manifest or it is damaged."""
    document = _read(folder)
    return None if document is None else str(document["digest"])


def facts_of(folder: Path) -> dict[str, Any] | None:
    """Everything in the manifest of `folder`; None if there is none or it is damaged."""
    try:
        return _read(folder)
    except OSError:
        return None


def inputs_of(folder: Path) -> str | None:
    """What the dataset in `folder` was made from, as `inputs` gives it; None if its manifest is missing or damaged."""
    try:
        document = _read(folder)
    except OSError:
        return None
    return None if document is None else document.get("inputs")


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        written = (folder / MANIFEST).read_bytes()
        document = json.loads(written)
        # JSON that means the same is still not what was written: a byte has changed.
        if not isinstance(document, dict) or document.get("format") != FORMAT or _written(document) != written:
            return None
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    digest = document.pop("digest", None)
    return {**document, "digest": digest} if digest == _digest(document) else None


def _written(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _digest(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _entries(folder: Path, below: str = "") -> Iterator[tuple[str, bool]]:
    """Every path in a folder that is no folder with something in it, and whether it is a file of its own.

    An empty folder ends in a slash. No link is followed, but those of the Hub's cache.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{below}{entry.name}"
            if path in OF_THE_HUB or f"{path}/" in OF_THE_HUB:
                continue
            if entry.is_dir(follow_symlinks=False):
                within = list(_entries(Path(entry.path), f"{path}/"))
                yield from within
                if not (within or _of_the_hub(f"{path}/")):
                    yield f"{path}/", False
            else:
                is_file = entry.is_file(follow_symlinks=False)
                yield path, is_file or (entry.is_symlink() and _in_hub_cache(Path(entry.path), path))


def _of_the_hub(folder: str) -> bool:
    return any(path.startswith(folder) for path in OF_THE_HUB)


def _in_hub_cache(link: Path, path: str) -> bool:
    """Whether a link at `path` of a dataset is one of those that the Hub's cache is made of: to `../../blobs`."""
    dataset = link.absolute().parents[path.count("/")]
    blobs = dataset.parent.parent / "blobs"
    return dataset.parent.name == "snapshots" and link.is_file() and link.resolve().parent == blobs.resolve()


def _legible(path: str) -> str:
    """A path that can be shown: what is no character of its name stands as an escape."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _holds(path: Path, declared: Mapping[str, Any]) -> bool:
    return bool(path.stat().st_size == declared["bytes"] and _sha256(path) == declared["sha256"])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
