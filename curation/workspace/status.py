"""What is in a workspace, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.catalog import Export, Root, Task, list_exports, load_export
from curation.errors import CurationError
from curation.export.inputs import inputs
from curation.folders.manifest import inputs_of
from curation.records import Finding
from curation.store import Store
from curation.workspace.definitions import other_schemas


@dataclass(frozen=True, slots=True)
class Status:
    """Counts by stage; `next` is the command that brings the work on.

    `rejected` were refused and are not mended; `noted` counts by code the articles about which there is a doubt.

    `long` articles are cut into parts. `items` go to annotators: articles, and in the place of long ones their parts.
    `selected` articles were chosen for annotators, as `selected_by` says; None if all of them go there, copies aside.
    `gold` counts by method the articles of which it was found what holds; for `outdated` ones of them the annotations
    are others now, or the rules. `disputed` ones are before adjudicators and not decided. Of the datasets built, those
    in `stale` were made from other annotations or definitions than there are now.
    """

    workspace: Path
    task: str
    articles: int
    long: int
    items: int
    selected: int | None
    selected_by: Mapping[str, Any]
    rejected: int
    duplicates: int
    noted: Mapping[str, int]
    pushed: Mapping[str, int]
    annotations: Mapping[str, int]
    annotators: Mapping[str, int]
    findings: Mapping[str, int]
    gold: Mapping[str, int]
    outdated: int
    disputed: int
    builds: tuple[str, ...]
    stale: tuple[str, ...]
    next: str
    why: str


@dataclass(frozen=True, slots=True)
class _Datasets:
    """The exports of the task; those that are built; those that were built from something else than there is now."""

    declared: tuple[str, ...]
    built: tuple[str, ...]
    stale: tuple[str, ...]


def status(root: Root, store: Store, task: Task, gold_made_with: str) -> Status:
    """The state of `task` in the workspace. Gold that is made today is made with what `gold_made_with` names."""
    annotations = _annotations(store.annotations.counts(task.name))
    pushed = {
        project.server: sum(push.state == "sent" for push in pushes.values())
        for project in store.ledger.projects()
        if project.task == task.name
        for pushes in [store.ledger.pushes(project.server, project.project_id)]
    }
    findings = store.annotations.findings(task.name)
    datasets = _datasets(root, store, task)
    items = len(store.articles.to_annotate())
    outdated = store.gold.outdated(task.name, gold_made_with)
    command, why = _next(items, pushed, annotations, datasets, _to_mend(findings), outdated)
    return Status(
        workspace=root.path,
        task=task.name,
        articles=len(store.articles),
        long=store.parts.wholes(),
        items=items,
        selected=len(store.selection) or None,
        selected_by=store.selection.request(),
        rejected=store.library.refusals(),
        duplicates=store.library.copies(),
        noted=store.library.noted(),
        pushed=pushed,
        annotations=annotations,
        annotators=store.annotations.by_annotator(task.name),
        findings=dict(Counter(found.code for found in findings)),
        gold=store.gold.counts(task.name),
        outdated=outdated,
        disputed=len(store.gold.disputed(task.name)),
        builds=tuple(name for name in list_exports(root) if _is_built(root, name)),
        stale=datasets.stale,
        next=command,
        why=f"{why}; `curation doctor` tells which schemas are not this version's" if other_schemas(root) else why,
    )


def _annotations(counts: Mapping[tuple[str, str | None], int]) -> dict[str, int]:
    """Counts under the names that people use: valid, quarantined, unchecked, skipped, draft, deleted."""
    named: Counter[str] = Counter()
    for (state, verdict), number in counts.items():
        named[(verdict or "unchecked") if state == "submitted" else state] += number
    return dict(named)


def _to_mend(findings: Sequence[Finding]) -> int:
    """How many annotations are quarantined for what somebody has to mend; a superseded one needs nobody."""
    errors = {found.annotation for found in findings if found.severity == "error"}
    return len(errors - {found.annotation for found in findings if found.code == "F_ANNOTATION_SUPERSEDED"})


def _datasets(root: Root, store: Store, task: Task) -> _Datasets:
    exports = [export for export in _readable(root) if export.task == task.name]
    built = [export for export in exports if _is_built(root, export.name)]
    return _Datasets(
        declared=tuple(export.name for export in exports),
        built=tuple(export.name for export in built),
        stale=tuple(export.name for export in built if _is_stale(root, store, export, task)),
    )


def _readable(root: Root) -> Iterator[Export]:
    """The exports whose definition can be read; `doctor` says what is wrong with the others."""
    for name in list_exports(root):
        with suppress(CurationError):
            yield load_export(root, name)


def _is_built(root: Root, name: str) -> bool:
    return (root.path / "build" / name / "README.md").is_file()


def _is_stale(root: Root, store: Store, export: Export, task: Task) -> bool:
    with suppress(CurationError):
        return inputs_of(root.path / "build" / export.name) != inputs(store, export, task)
    return True


def _next(
    items: int,
    pushed: Mapping[str, int],
    annotations: Mapping[str, int],
    datasets: _Datasets,
    to_mend: int,
    outdated: int,
) -> tuple[str, str]:
    if not items:
        return "curation ingest FOLDER", "there are no articles yet"
    if not annotations and max(pushed.values(), default=0) < items:
        return (
            "curation studio push",
            "not every article for annotators is in Label Studio (start one with `curation studio serve`)",
        )
    if not annotations:
        return "curation studio pull", "no annotation has been pulled yet"
    if annotations.get("unchecked"):
        return "curation validate", _said(annotations["unchecked"], "has not been validated", "have not been validated")
    if outdated:
        was = "the annotations of an article have" if outdated == 1 else f"the annotations of {outdated} articles have"
        return "curation adjudicate", f"{was} changed since it was found what holds"
    if annotations.get("valid") and datasets.declared and not datasets.built:
        return f"curation export build {datasets.declared[0]}", "no dataset has been built yet"
    if annotations.get("valid") and datasets.stale:
        return (
            f"curation export build {datasets.stale[0]}",
            "annotations or definitions have changed since it was built",
        )
    if to_mend:
        quarantined = _said(to_mend, "is quarantined", "are quarantined")
        return "curation validate", f"{quarantined}: it lists what to mend"
    return "curation studio pull", "everything pulled is validated; see whether there is more"


def _said(number: int, of_one: str, of_several: str) -> str:
    """What is said of so many annotations."""
    return f"1 annotation {of_one}" if number == 1 else f"{number} annotations {of_several}"
