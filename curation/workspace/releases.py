"""Datasets that were built: whether they are whole, what changed between two, and releases, which stay as they are.

A release is a copy of a build, in `releases/NAME/VERSION`, beside the changelog of all of them. What needs no workspace
is a function here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from curation.catalog import list_exports, load_export
from curation.errors import CurationError
from curation.records import Progress
from curation.workspace.base import OFFSETS, RELEASES, Opened

if TYPE_CHECKING:
    from curation.articles import Options
    from curation.export.diffing import Diff
    from curation.export.rehydrating import Rehydrated
    from curation.export.verifying import DeepResult
    from curation.export.versions import History


@dataclass(frozen=True, slots=True)
class Released:
    """A release: its version and folder, what its changelog says of it, and the version `before` it.

    `changed` is False where the build was released before, or nothing that a reader would notice changed since.
    """

    name: str
    version: str
    path: Path
    changelog: str
    before: str | None
    changed: bool


def verify_dataset(
    folder: str | os.PathLike[str], *, deep: bool = False, progress: Progress | None = None
) -> DeepResult:
    """Hold a built or converted dataset against its manifest; with `deep`, read all of it.

    Raises `E_NOT_FOUND` if the folder has no manifest, `E_DISK`.
    """
    from curation.export.verifying import DeepResult, verify_deep
    from curation.folders.manifest import verify

    return verify_deep(Path(folder), progress=progress) if deep else DeepResult(verify(Path(folder)))


def diff_datasets(before: str | os.PathLike[str], after: str | os.PathLike[str]) -> Diff:
    """What changed between two built datasets, which must be as they were built.

    Raises `E_NOT_FOUND`, `E_EXPORT_DAMAGED`, `E_EXPORT_UNREADABLE`.
    """
    from curation.export.diffing import diff
    from curation.export.reading import Dataset

    for folder in (before, after):
        require_whole(Path(folder))
    return diff(Dataset(Path(before)), Dataset(Path(after)))


class WithReleases(Opened):
    """Releasing datasets, and finding those that were."""

    def dataset(self, name: str) -> Path:
        """The folder of `NAME`, as it is built, or of the release `NAME@VERSION`; `NAME@latest` is the last one.

        `NAME.offsets` is what was built of it with `offsets_only`. Raises `E_NOT_FOUND` where there is no such release.
        """
        from curation.export.versions import released

        export, _, version = name.partition("@")
        if not version:
            return self._built(export)
        there = {str(one): path for one, path in released(self._releases(export)).items()}
        if version == "latest" and there:
            return next(reversed(there.values()))
        if version not in there:
            fix = f"one of: {', '.join(there)}" if there else f"curation export release {export}"
            raise CurationError("E_NOT_FOUND", f"{export} has no release {version}", fix=fix)
        return there[version]

    def _built(self, name: str) -> Path:
        folder = self.path / "build" / name
        known = list_exports(self.root)
        if not folder.is_dir() and name.split(".")[0] not in known:
            raise CurationError(
                "E_NOT_FOUND", f"no export {name!r}", fix=f"one of: {', '.join(known)}; or name a folder"
            )
        if not folder.is_dir():
            fix = f"curation export build {name.split('.')[0]}"
            raise CurationError("E_NOT_FOUND", f"nothing is built of {name}", fix=fix)
        return folder

    def history(self, name: str) -> History:
        """Version and changelog of the last release of an export."""
        from curation.export.versions import history

        return history(self._releases(name))

    def release(self, name: str, *, note: str | None = None) -> Released:
        """Freeze what is built of the export `name`; its version follows from what changed since the last release.

        `NAME.offsets` is what was built of it with `offsets_only`. `note` is a line for the changelog. A build that was
        released, or that differs in nothing that a reader would notice, is not released again.

        Raises `E_NOT_FOUND` if nothing is built, `E_EXPORT_DAMAGED` if what is built has changed since,
        `E_RELEASE_STALE` if it was built before the last release and calls itself by a version that is taken,
        `E_LOCKED`, `E_DISK`.
        """
        from curation.folders.lock import lock_of

        load_export(self.root, name.removesuffix(OFFSETS))
        build, releases = self.path / "build" / name, self._releases(name)
        if not build.is_dir():
            fix = f"curation export build {name}"
            raise CurationError("E_NOT_FOUND", f"nothing is built of {name}", fix=fix)
        try:
            releases.mkdir(parents=True, exist_ok=True)
            with lock_of(build), lock_of(releases):
                return _release(name, build, releases, note)
        except OSError as error:
            raise CurationError("E_DISK", f"{error.filename or releases}: {error.strerror}") from None

    def _releases(self, name: str) -> Path:
        return self.path / RELEASES / name


def _release(name: str, build: Path, releases: Path, note: str | None) -> Released:
    from curation.export.reading import Dataset
    from curation.export.versions import History, Level, next_version, released
    from curation.folders.manifest import digest_of

    require_whole(build)
    dataset = Dataset(build)
    upcoming = next_version(releases, dataset)
    last = next(reversed(released(releases)), None)
    before = None if last is None else str(last)
    own = upcoming.history
    if upcoming.level is Level.NONE and upcoming.patched is not None:
        same_card = (build / "README.md").read_bytes() == ((upcoming.last or build) / "README.md").read_bytes()
        own = own if same_card else upcoming.patched
    if own.version == before:
        path = releases / own.version
        _complete_changelog(releases, own, note if digest_of(path) == digest_of(build) else None)
        return Released(name, own.version, path, own.changelog, before, changed=False)
    _require_version(name, dataset.facts.get("version"), own.version)
    own = History(own.version, dataset.facts.get("changelog", own.changelog))
    freeze(name, build, releases / own.version)
    _complete_changelog(releases, own, note)
    return Released(name, own.version, releases / own.version, own.changelog, before, changed=True)


def require_whole(folder: Path) -> None:
    """Raise `E_EXPORT_DAMAGED` where a dataset's files are not those that its manifest has."""
    from curation.folders.manifest import verify

    found = verify(folder)
    if not found.ok:
        wrong = [*found.changed, *found.missing, *found.extra]
        raise CurationError("E_EXPORT_DAMAGED", f"{folder} is not as it was built: {', '.join(wrong[:3])}")


def _require_version(name: str, said: str | None, version: str) -> None:
    if said is not None and said != version:
        raise CurationError(
            "E_RELEASE_STALE",
            f"what is built of {name} calls itself {said}, but would be {version}",
            fix=f"curation export build {name}",
        )


def freeze(name: str, build: Path, out: Path) -> None:
    """Copy a build of the export `name` to `out`, whole or not at all, and see that the copy is right.

    Raises `E_EXPORT_DAMAGED`, `E_EXISTS` if `out` holds something else, `E_LOCKED`, `E_DISK`.
    """
    from curation.folders.staging import publish, staging

    try:
        with staging(out, name) as folder:
            for file in sorted(path for path in build.rglob("*") if path.is_file()):
                copy = folder / file.relative_to(build)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
            require_whole(folder)
            publish(folder, out)
    except OSError as error:
        raise CurationError("E_DISK", f"{out}: {error}") from None


def _complete_changelog(releases: Path, own: History, note: str | None) -> None:
    """Give the changelog its newest section, if that is not there: a release may have been cut off before it."""
    from curation.export.versions import CHANGELOG, TITLE, dated
    from curation.folders.whole import whole

    path = releases / CHANGELOG
    if path.is_file() and f"\n## {own.version} " in path.read_text(encoding="utf-8"):
        return
    today = datetime.now(UTC).date().isoformat()
    text = f"{TITLE}\n\n{dated(own.changelog, own.version, today, note).strip()}\n"
    with whole(path) as file:
        file.write(text.encode())


def rehydrate(
    dataset: str | os.PathLike[str],
    articles: str | Path | Sequence[str | Path],
    out: str | os.PathLike[str],
    *,
    options: Options | None = None,
    progress: Progress | None = None,
) -> Rehydrated:
    """Put the texts back into a dataset that was published without them, as a new dataset in the folder `out`.

    `articles` are files and folders in any form that `Workspace.ingest` reads, with `options` as there. An article is
    taken for one of the dataset's where its text, normalised as all are, has the hash that was published. Rows of an
    article that is not there are left out. Raises `E_NOT_FOUND`, `E_NO_INPUT`, `E_USAGE` for a dataset that has its
    texts, `E_EXPORT_DAMAGED` for one that is not as it was built, `E_EXISTS` if `out` holds anything but a copy of it,
    `E_LOCKED`, `E_DISK`.
    """
    from curation.articles import read
    from curation.export.rehydrating import rehydrate as run

    source = Path(dataset)
    require_whole(source)
    several = [articles] if isinstance(articles, str | Path) else articles
    return run(source, read(several, options), Path(out), progress=progress)
