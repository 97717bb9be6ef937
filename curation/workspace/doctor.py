"""Is everything as it should be? Each check says what it saw and, where something is wrong, how to mend it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from curation.catalog import Root, Schemas, list_exports, list_tasks, load_export, load_task
from curation.errors import CurationError
from curation.folders.manifest import MANIFEST, verify
from curation.records import Progress
from curation.store import Store
from curation.workspace.check import check_task
from curation.workspace.definitions import other_schemas, shipped_schemas
from curation.workspace.exposure import exposed, unwritable

_LITTLE_DISK = 500_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    state: Literal["ok", "warn", "wrong"]
    detail: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All checks; `healthy` unless one is wrong."""

    healthy: bool
    checks: tuple[Check, ...]


def diagnose(
    root: Root,
    store: Store,
    schemas: Schemas,
    task: str | None,
    *,
    deep: bool = False,
    progress: Progress | None = None,
) -> Diagnosis:
    """Look at the workspace, its definitions, its datasets and its Label Studio; with `deep` at each item there.

    What is wrong with them is a check, not an error. A workspace that cannot be opened (a broken curation.toml, no
    folder of schemas, a store of no use) fails before there is a `root`, `store` or `schemas` to look at.
    """
    looks: tuple[Callable[[], Iterator[Check]], ...] = (
        lambda: _workspace(root, store),
        lambda: _schemas(root),
        lambda: _definitions(root, schemas),
        lambda: _datasets(root),
        _convert,
        lambda: _disk(root),
        lambda: _permissions(root),
        lambda: _studio(root, store, task, deep=deep, progress=progress),
    )
    checks: list[Check] = []
    for look in looks:
        try:
            checks.extend(look())
        except CurationError as error:
            checks.append(Check(_subject(error), "wrong", error.message, error.fix))
        except OSError as error:
            detail = f"{error.filename or root.path}: {error.strerror}"
            checks.append(Check("disk", "wrong", detail, "Correct the permissions."))
    return Diagnosis(all(check.state != "wrong" for check in checks), tuple(checks))


def _workspace(root: Root, store: Store) -> Iterator[Check]:
    yield Check("workspace", "ok", str(root.path))
    damage = store.damage()
    if damage:
        yield Check("store", "wrong", damage, "Restore curation.db from a backup.")
    else:
        yield Check("store", "ok", f"{len(store.articles)} articles, {len(store.annotations)} annotations")


def _schemas(root: Root) -> Iterator[Check]:
    others = other_schemas(root)
    if not others:
        yield Check("schemas", "ok", "those of this version")
        return
    ours, own = shipped_schemas(), root.folder("schemas")
    copies = " && ".join(shlex.join(("cp", f"{ours / name}.json", f"{own / name}.json")) for name in others)
    detail = f"not those of this version: {', '.join(others)} (of an earlier one, or edited)"
    yield Check("schemas", "warn", detail, f"If you have not edited them: {copies}")


def _definitions(root: Root, schemas: Schemas) -> Iterator[Check]:
    for name in list_tasks(root):
        report = check_task(load_task(root, name), schemas)
        if report.problems:
            first = report.problems[0]
            detail = f"{len(report.problems)} problems, first {first.where}: {first.message}"
            yield Check(f"task {name}", "wrong", detail, f"curation task check {name}")
        else:
            yield Check(f"task {name}", "ok", "schema, interface, codebook and examples agree")


def _datasets(root: Root) -> Iterator[Check]:
    for name in list_exports(root):
        folder = root.path / "build" / name
        try:
            load_export(root, name)
            if folder.is_dir() and any(folder.iterdir()):
                yield _dataset(name, folder)
        except CurationError as error:
            yield Check(f"dataset {name}", "wrong", error.message, error.fix)
        except OSError as error:
            yield Check(f"dataset {name}", "wrong", str(error), "Correct the permissions.")


def _dataset(name: str, folder: Path) -> Check:
    check, build = f"dataset {name}", f"curation export build {name}"
    held = verify(folder) if (folder / MANIFEST).is_file() else None
    if held is None or MANIFEST in held.changed:
        return Check(check, "wrong", f"{MANIFEST} is missing or damaged", f"Remove {folder}, then {build}")
    damage = [*(f"{path} has changed" for path in held.changed), *(f"{path} is missing" for path in held.missing)]
    if damage:
        return Check(check, "wrong", "; ".join(damage), build)
    if held.extra:
        detail = f"holds files that no build wrote: {', '.join(held.extra)}"
        return Check(check, "warn", detail, "Move them away: the next build replaces the whole folder.")
    return Check(check, "ok", f"{held.files} files, as they were built")


def _convert() -> Iterator[Check]:
    from curation.studio.conversion.compiled import library

    if library() is not None:
        yield Check("convert", "ok", "its compiled core is in use")
    else:
        detail = "without its compiled core: slower, with the same results"
        fix = "Install curation anew with CURATION_REQUIRE_COMPILED=1, which says what is missing."
        yield Check("convert", "warn", detail, fix)


def _disk(root: Root) -> Iterator[Check]:
    free = shutil.disk_usage(root.path).free
    state: Literal["ok", "warn"] = "ok" if free > _LITTLE_DISK else "warn"
    yield Check("disk", state, f"{free / 1e9:.1f} GB free", None if state == "ok" else "Free some space.")


def _permissions(root: Root) -> Iterator[Check]:
    from curation.studio.credentials import SERVER_FOLDER
    from curation.studio.keeping import addresses

    wrong = [*exposed(root.path, root.path / SERVER_FOLDER), *unwritable(root.path)]
    yield from (Check("permissions", "wrong", detail, fix) for detail, fix in wrong)
    try:
        addresses()
    except CurationError as error:
        yield Check("permissions", "wrong", error.message, error.fix)
        return
    if not wrong:
        yield Check(
            "permissions", "ok", "nobody else on this machine may read tokens and addresses, or change anything"
        )


def _studio(root: Root, store: Store, task: str | None, *, deep: bool, progress: Progress | None) -> Iterator[Check]:
    from curation.studio.health import look

    for name, state, detail, fix in look(root, store, load_task(root, task), deep=deep, progress=progress):
        yield Check(name, state, detail, fix)


def _subject(error: CurationError) -> str:
    return error.code.removeprefix("E_").lower().replace("_", " ")
