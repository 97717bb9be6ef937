"""Push a built dataset: look what is there, commit what differs, and hold what is there then against the files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from curation.errors import CurationError
from curation.export.hub.comparison import Change, File, Plan, compare, files_of
from curation.export.hub.names import require_names
from curation.export.hub.repository import Repository
from curation.export.hub.session import connected
from curation.export.reading import Dataset
from curation.folders.manifest import MANIFEST, facts_of, verify
from curation.records import Progress
from curation.text import counted

if TYPE_CHECKING:
    from curation.export.hub.comparison import Remote

# Files of at most so many bytes are read back after a push; larger ones by `deep` alone.
_SMALL = 10_000_000
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class PushResult:
    """What a push did, or would do.

    `commit` is where the repository holds the dataset, None before it does; `others` are files that are not the
    dataset's and stay; `read_back` counts the files that were fetched again and compared byte for byte.
    """

    repository: str
    url: str
    branch: str
    private: bool
    created: bool
    commit: str | None
    tag: str | None
    uploaded: tuple[Change, ...]
    deleted: tuple[Change, ...]
    others: tuple[str, ...]
    read_back: int
    dry_run: bool

    @property
    def changed(self) -> bool:
        """Whether there was anything to do but a tag."""
        return bool(self.created or self.uploaded or self.deleted)


def push(
    folder: Path,
    repository: str,
    *,
    public: bool = False,
    branch: str = "main",
    message: str | None = None,
    tag: str | None = None,
    tagging: bool = True,
    overwrite: bool = False,
    delete: Collection[str] = (),
    deep: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> PushResult:
    """Make a repository of the Hub hold the dataset in `folder`, by one commit on top of the one that was looked at.

    A repository that is missing is made, private unless `public`. `tag` defaults to the dataset's version, if it has
    one and unless `tagging` is off. `overwrite` replaces what others have changed in the repository, `delete` names
    files of others that are to go. With `deep` all files are read back, else the small ones. A second push has nothing
    to do, and after one that was cut off the next does the rest.

    Raises `E_HUB_REFUSED` for a name that the Hub takes none for, `E_NOT_FOUND` if there is no dataset,
    `E_EXPORT_DAMAGED` if it differs from its manifest, `E_HUB_PUBLIC`, `E_HUB_CONFLICT`, `E_HUB_DIFFERS`, and what
    `connected` does.
    """
    require_names(repository, branch, tag)
    manifest = _manifest(folder)
    if public and "rehydrated" in manifest:
        message = f"{folder} holds texts that its authors do not give to everybody: `curation rehydrate` put them in"
        raise CurationError("E_HUB_PUBLIC", message, fix="push it without --public, or the dataset without texts")
    files = files_of(folder, manifest)
    version = manifest.get("version") if tagging else None
    tag = tag or (f"v{version}" if version else None)
    arrived = _Arrived(progress)
    with connected(arrived) as api:
        there = Repository.find(api, repository, branch)
        if there.exists and not there.private and not public:
            raise CurationError("E_HUB_PUBLIC", f"{there.name} is public already")
        held = there.files()
        plan = compare(files, held, *_pushed(there, held), delete)
        tagged = there.tags.get(tag) if tag else None
        if tag and tagged:
            _require_same(there, tag, tagged, files)
        result = PushResult(
            repository=there.name,
            url=there.url,
            branch=branch,
            private=there.private if there.exists else not public,
            created=not there.exists,
            commit=None if plan.upload or plan.delete else there.head,
            tag=tag,
            uploaded=plan.upload,
            deleted=plan.delete,
            others=plan.others,
            read_back=0,
            dry_run=dry_run,
        )
        _require_unedited(plan, overwrite)
        if dry_run:
            return result
        if not there.exists:
            there = there.create(private=not public)
            plan = compare(files, there.files(), *_pushed(there, there.files()), delete)
            _require_unedited(plan, overwrite)
        arrived.total = plan.bytes
        commit = _commit(there, plan, files, message or _message(manifest))
        arrived(plan.bytes)
        read_back = _check(there, commit, files, None if deep else _SMALL)
        if tag and not tagged:
            there.tag(tag, commit)
        return replace(result, commit=commit, read_back=read_back)


class _Arrived:
    """Bytes of files that have arrived, for whoever watches."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self.total: int | None = None
        self.bytes = 0

    def __call__(self, more: int) -> None:
        self.bytes += more
        if self.progress and self.total is not None:
            self.progress(min(self.bytes, self.total), self.total)


def _manifest(folder: Path) -> Mapping[str, Any]:
    """The manifest of a dataset that agrees with it."""
    found = verify(folder)
    if not found.ok:
        differing = [*found.changed, *found.missing, *found.extra]
        message = f"{folder} is not what was built: {_listed(differing)}"
        raise CurationError("E_EXPORT_DAMAGED", message)
    # Other folders with a manifest are no datasets: that of a conversion names the people who annotated.
    return Dataset(folder).facts


def _pushed(there: Repository, held: Mapping[str, Remote]) -> tuple[dict[str, str], Callable[[str], str]]:
    """The SHA-256 of what the last push left in the repository, and a way to look up what is there now."""

    def sha256_of(path: str) -> str:
        return held[path].sha256 or there.sha256(path)

    if MANIFEST not in held:
        return {}, sha256_of
    with TemporaryDirectory() as folder:
        there.fetch(MANIFEST, Path(folder) / MANIFEST)
        manifest = facts_of(Path(folder))
    if manifest is None:
        return {}, sha256_of
    return {MANIFEST: sha256_of(MANIFEST)} | {path: one["sha256"] for path, one in manifest["files"].items()}, sha256_of


def _require_unedited(plan: Plan, overwrite: bool) -> None:
    if plan.edited and not overwrite:
        message = f"others have changed the repository where the dataset has files: {_listed(plan.edited)}"
        fix = "see what was changed there; --overwrite replaces it"
        raise CurationError("E_HUB_CONFLICT", message, fix=fix)


def _require_same(there: Repository, tag: str, commit: str, files: Mapping[str, File]) -> None:
    """Raise `E_HUB_CONFLICT` where a tag names other content: a version that somebody may have cited never changes."""
    held = there.files(commit)
    if _differing(files, held):
        message = f"the tag {tag} is there already, and names another content (commit {commit[:12]})"
        fix = "run `curation export release NAME` and push NAME@latest, a version of its own; or say --no-tag"
        raise CurationError("E_HUB_CONFLICT", message, fix=fix)


def _message(manifest: Mapping[str, Any]) -> str:
    version = f" {manifest['version']}" if manifest.get("version") else ""
    return f"{manifest['name']}{version} ({manifest['digest'][:12]})"


def _commit(there: Repository, plan: Plan, files: Mapping[str, File], message: str) -> str:
    """Commit the plan; the id of the commit that holds the dataset."""
    if not (plan.upload or plan.delete):
        if there.head is None:
            raise CurationError("E_HUB_DOWN", "the Hub made a repository without a commit")
        return there.head
    additions = {change.path: files[change.path].path for change in plan.upload}
    return there.commit(additions, [change.path for change in plan.delete], message)


def _differing(files: Mapping[str, File], held: Mapping[str, Remote]) -> list[str]:
    return [path for path, file in sorted(files.items()) if path not in held or not held[path].holds(file)]


def _check(there: Repository, commit: str, files: Mapping[str, File], limit: int | None) -> int:
    """Hold the repository at a commit against the files; how many were read back. Raises `E_HUB_DIFFERS`."""
    wrong = _differing(files, there.files(commit))
    small = [path for path, file in sorted(files.items()) if limit is None or file.bytes <= limit]
    wrong += [path for path in small if path not in wrong and there.sha256(path, commit) != files[path].sha256]
    if wrong:
        message = f"{there.name} holds other bytes than were sent (commit {commit[:12]}): {_listed(sorted(wrong))}"
        raise CurationError("E_HUB_DIFFERS", message)
    return len(small)


def _listed(paths: Collection[str]) -> str:
    shown = ", ".join(list(paths)[:_SHOWN])
    more = len(paths) - _SHOWN
    return f"{shown} and {counted(more, 'more file', 'more files')}" if more > 0 else shown
