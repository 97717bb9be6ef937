"""What is in a workspace, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from curation.catalog import Root, Task, list_exports
from curation.store import Store


@dataclass(frozen=True, slots=True)
class Status:
    """Counts by stage; `next` is the command that brings the work on."""

    workspace: Path
    task: str
    articles: int
    rejected: int
    duplicates: int
    pushed: Mapping[str, int]
    annotations: Mapping[str, int]
    annotators: Mapping[str, int]
    findings: Mapping[str, int]
    builds: tuple[str, ...]
    next: str
    why: str


def status(root: Root, store: Store, task: Task) -> Status:
    """The state of `task` in the workspace."""
    annotations = _annotations(store.annotations.counts(task.name))
    pushed = {
        project.server: sum(push.state == "sent" for push in pushes.values())
        for project in store.ledger.projects()
        if project.task == task.name
        for pushes in [store.ledger.pushes(project.server, project.project_id)]
    }
    builds = tuple(name for name in list_exports(root) if (root.path / "build" / name / "README.md").is_file())
    articles = len(store.articles)
    command, why = _next(articles, pushed, annotations, builds, list_exports(root))
    return Status(
        workspace=root.path,
        task=task.name,
        articles=articles,
        rejected=len(store.articles.rejects()),
        duplicates=len(store.articles.duplicates()),
        pushed=pushed,
        annotations=annotations,
        annotators=store.annotations.by_annotator(task.name),
        findings=Counter(found.code for found in store.annotations.findings(task.name)),
        builds=builds,
        next=command,
        why=why,
    )


def _annotations(counts: Mapping[tuple[str, str | None], int]) -> dict[str, int]:
    """Counts under the names that people use: valid, quarantined, unchecked, skipped, draft, deleted."""
    named: Counter[str] = Counter()
    for (state, verdict), number in counts.items():
        named[(verdict or "unchecked") if state == "submitted" else state] += number
    return dict(named)


def _next(
    articles: int,
    pushed: Mapping[str, int],
    annotations: Mapping[str, int],
    builds: tuple[str, ...],
    exports: list[str],
) -> tuple[str, str]:
    if not articles:
        return "curation ingest FOLDER", "there are no articles yet"
    if not annotations and max(pushed.values(), default=0) < articles:
        return "curation studio push", "not every article is in Label Studio (start one with `curation studio serve`)"
    if not annotations:
        return "curation studio pull", "no annotation has been pulled yet"
    if annotations.get("unchecked"):
        return "curation validate", f"{annotations['unchecked']} annotations have not been validated"
    if annotations.get("valid") and not builds and exports:
        return f"curation export build {exports[0]}", "no dataset has been built yet"
    return "curation studio pull", "everything pulled is validated; see whether there is more"
