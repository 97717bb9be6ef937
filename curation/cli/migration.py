"""`curation task versions` and `curation task migrate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from curation.cli.console import command, counted, emit, in_workspace, open_workspace, progress, table
from curation.errors import CurationError

if TYPE_CHECKING:
    from curation.workspace.tasks import Migrated
    from curation.workspace.weighing import MigrationReport


def add_migration(group: click.Group) -> None:
    """Add both commands to the group `task`."""
    _versions(group)
    _migrate(group)


def _versions(group: click.Group) -> None:
    @command(group, "versions")
    @click.option("--task", help="The task; default: the workspace's.")
    @click.option("--diff", nargs=2, metavar="OLD NEW", help="Show what changed between two versions of one file.")
    @click.option("--show", metavar="VERSION", help="Print a version as it was.")
    @in_workspace
    def versions(task: str | None, diff: tuple[str, str] | None, show: str | None, workspace: Path | None) -> None:
        """List the versions of a task's files, by content: since when Label Studio has shown which, and how many
        annotations were made with it.

        \b
        Example:
          curation task versions
          curation task versions --diff 3f2a 9c01     # the beginnings of two that are listed
          curation task versions --show 3f2a
        """
        if diff is not None and show is not None:
            raise CurationError("E_USAGE", "--diff and --show are two questions", fix="ask one at a time")
        opened = open_workspace(workspace)
        if diff is not None:
            lines = opened.version_diff(*diff, task=task)
            emit({"diff": lines}, lines or ["the two are the same"])
            return
        if show is not None:
            content = opened.version(show, task=task)
            # As it was, so that it can be put back.
            emit({"content": content}, [content.removesuffix("\n")])
            return
        known = opened.versions(task=task)
        rows = [
            (one.kind, one.version, one.seen_at, "now" if one.current else "",
             "" if one.annotations is None else one.annotations, "; ".join(one.shown))
            for one in known.versions
        ]  # fmt: skip
        unknown = [
            f"of {counted(number, 'annotation')} the {kind} is not known" for kind, number in known.unknown.items()
        ]
        emit(known, [*table(("file", "version", "first seen", "", "annotations", "shown in"), rows), *unknown])


def _migrate(group: click.Group) -> None:
    @command(group, "migrate")
    @click.argument("map_", metavar="[MAP.toml]", required=False, type=click.Path(path_type=Path))
    @click.option("--task", help="The task; default: the map's, else the workspace's.")
    @click.option("--dry-run", is_flag=True, help="Count what would change, and change nothing.")
    @click.option("--yes", is_flag=True, help="Also where annotations lose something: by merging or dropping.")
    @click.option("--undo", is_flag=True, help="Take the last migration back, exactly; again, the one before.")
    @click.option("--server", is_flag=True, help="Also change the project in Label Studio and its annotations.")
    @in_workspace
    def migrate(
        map_: Path | None, task: str | None, dry_run: bool, yes: bool, undo: bool, server: bool, workspace: Path | None
    ) -> None:
        """Rename, merge, split or drop labels, relations, fields and values, everywhere at once.

        \b
        MAP.toml says what becomes of what; all else stays:
          [labels]
          Actor.rename = "Party"
          Claim.split = { by = "kind", into = { demand = "Demand" }, else = "Claim" }
          [relations]
          neutral.merge = "unclear"
          [choices]
          note.drop = true
          stance_rent_cap.values.not_addressed.rename = "absent"
        `curation schema show migration` has the whole shape.

        task.toml, interface.xml, codebook.md, the examples, suggestions and the reading of every stored annotation
        change together. Raw annotations stay as they were pulled, so that --undo is exact. What no program can write,
        such as a merged label's definition or prose that says an old name, is listed.

        --server carries over all migrations that Label Studio does not have yet; without a map, it ends what was
        interrupted. --undo takes one migration back at a time, the last first; one that was carried over, with --server
        alone. Class ids stay: what is gone keeps its id in task.toml, under `published`.

        \b
        Example:
          curation task migrate map.toml --dry-run
          curation task migrate map.toml --yes --server
          curation task migrate --undo --server
        """
        if (undo and map_ is not None) or not (undo or map_ or server):
            message = "--undo takes no map" if undo else "which map?"
            raise CurationError(
                "E_USAGE", message, fix="curation task migrate MAP.toml, or curation task migrate --undo"
            )
        opened = open_workspace(workspace)
        with progress("Changing annotations in Label Studio") as bar:
            if undo:
                done = opened.undo_migration(task=task, dry_run=dry_run, server=server, progress=bar)
            else:
                done = opened.migrate(map_, task=task, dry_run=dry_run, yes=yes, server=server, progress=bar)
        emit(done, _lines(done))


def _lines(done: Migrated) -> list[str]:
    changed = done.server is not None and (
        done.server.interface or done.server.annotations or done.server.drafts or done.server.suggestions
    )
    lines = _here(done.here, idle=not changed)
    if done.server is not None:
        numbers = {"annotation": done.server.annotations, "draft": done.server.drafts,
                   "suggestion": done.server.suggestions}  # fmt: skip
        sent = ", ".join(counted(number, noun) for noun, number in numbers.items()) + " changed"
        screen = ", screen updated" if done.server.interface else ""
        lines.append(f"project {done.server.project_id} in Label Studio: {sent}{screen}")
    return lines


def _here(report: MigrationReport, *, idle: bool) -> list[str]:
    """What was done in the workspace; `idle` if nothing was done elsewhere either."""
    from curation.findings import FINDINGS

    again = report.number is not None and not report.undone and not report.files
    if again and not report.applied:
        before = f"migration {report.number} of {report.task} has been applied"
        return [f"nothing to do: {before}" if idle else f"{before} here before"]
    would = "would be " if report.dry_run else ""
    verb = "taken back" if report.undone else "applied"
    number = f" {report.number}" if report.number is not None else ""
    lines = [f"migration{number} of {report.task} {would}{verb}: {counted(len(report.files), 'file')}"]
    named = [name for name in report.files if not name.startswith(("examples/", "sample/"))]
    lines += [f"  {name}" for name in named]
    if len(report.files) > len(named):
        lines.append(f"  {counted(len(report.files) - len(named), 'file')} of examples and samples")
    if report.annotations or report.changes:
        lines.append(
            f"{counted(report.annotations, 'annotation')} of {counted(report.articles, 'article')}"
            f" and {counted(report.suggestions, 'suggestion')} change"
        )
    lines += [f"  {one.count} x {one.kind} {one.old} -> {one.new or '(gone)'}" for one in report.changes]
    lines += [f"  lost: {count} x {what}" for what, count in (report.losses or {}).items()]
    lines += [
        f"  at fault from then on: {counted(count, 'annotation')} by {code} ({FINDINGS[code].title})"
        for code, count in (report.faults or {}).items()
    ]
    if report.by_hand:
        lines += ["to be done by hand:", *(f"  {one}" for one in report.by_hand)]
    return lines
