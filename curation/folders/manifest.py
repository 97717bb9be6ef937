"""The manifest of a built dataset: SHA-256 of every file, and what the files were made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.errors import CurationError

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """How a folder differs from its manifest, in paths relative to it. A damaged manifest is itself `changed`."""

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
    """Hold a built dataset against its manifest. Raises `E_NOT_FOUND` if the folder has none, `E_DISK`."""
    if not (folder / MANIFEST).is_file():
        raise CurationError(
            "E_NOT_FOUND",
            f"{folder} holds no {MANIFEST}",
            fix="name a folder that `curation export build` or `curation convert` made",
        )
    try:
        document = _read(folder)
        found = {path for path in _files(folder) if path != MANIFEST}
        if document is None:
            return VerifyResult(folder, None, len(found), changed=(MANIFEST,))
        declared: dict[str, dict[str, Any]] = document["files"]
        changed = [
            path for path in sorted(found & declared.keys()) if _sha256(folder / path) != declared[path]["sha256"]
        ]
    except OSError as error:
        raise CurationError("E_DISK", f"{folder}: {error}") from None
    return VerifyResult(
        path=folder,
        name=document["name"],
        files=len(found),
        changed=tuple(changed),
        missing=tuple(sorted(declared.keys() - found)),
        extra=tuple(sorted(found - declared.keys())),
    )


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> str:
    """Write the manifest of all files in `folder` and return its digest, which names the build's content."""
    files = {
        path: {"bytes": (folder / path).stat().st_size, "sha256": _sha256(folder / path)} for path in _files(folder)
    }
    document = {"format": FORMAT, **facts, "files": files}
    digest = _digest(document)
    text = json.dumps({**document, "digest": digest}, ensure_ascii=False, indent=2) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
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
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    digest = document.pop("digest", None)
    return {**document, "digest": digest} if digest == _digest(document) else None


def _digest(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
