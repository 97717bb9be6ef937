"""`curation init | demo | status | doctor`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curation.cli.console import command, emit, in_workspace, open_workspace, program, progress, say, table
from curation.errors import Exit

if TYPE_CHECKING:
    from curation.workspace.status import Status


def register(cli: click.Group) -> None:
    """Add the commands about the workspace as a whole."""
    for add in (_init, _demo, _status, _doctor):
        add(cli)


def _init(cli: click.Group) -> None:
    @command(cli, "init")
    @click.argument("folder", type=click.Path(path_type=Path))
    def init(folder: Path) -> None:
        """Make FOLDER a workspace, with its own copy of schemas, tasks and exports to edit.

        \b
        Example:
          curation init my-study && cd my-study
        """
        from curation.catalog import WORKSPACE_FILE
        from curation.workspace import init as make

        known = (folder / WORKSPACE_FILE).is_file()
        made = make(folder)
        lines = [
            f"workspace in {made.path}",
            "edit first:  tasks/news-stance/  (the stance targets and the codebook are a sample's)",
            "             exports/news-stance/export.toml  (licence and languages of your articles)",
            f"then:        cd {folder} && curation ingest FOLDER-OF-ARTICLES",
        ]
        if known:
            lines = [f"{made.path} is a workspace already; nothing to do"]
        emit({"workspace": made.path, "made": not known}, lines)


def _demo(cli: click.Group) -> None:
    @command(cli, "demo")
    @click.argument("folder", type=click.Path(path_type=Path), default=Path("demo"))
    @click.option("--keep", is_flag=True, help="Leave Label Studio running, to annotate by hand and pull again.")
    def demo(folder: Path, keep: bool) -> None:
        """Run the whole main job on a real Label Studio with sample articles, in FOLDER (default: ./demo).

        Articles are ingested and pushed, three annotators sign up and submit, their work is pulled, validated,
        exported and loaded with `datasets`. The first run installs Label Studio (about three minutes). Running it
        again goes on where it stopped, or finds nothing to do.

        \b
        Example:
          curation demo --keep
        """
        from curation.workspace.demo import run

        result = run(folder, keep=keep, say=say, progress=progress)
        emit(result, result.lines(program()))


def _status(cli: click.Group) -> None:
    @command(cli, "status")
    @click.option("--task", help="The task; default: the workspace's.")
    @in_workspace
    def status(task: str | None, workspace: Path | None) -> None:
        """Show what is in the workspace and what to do next.

        \b
        Example:
          curation status
        """
        found = open_workspace(workspace).status(task=task)
        emit(found, _status_lines(found))


def _status_lines(found: Status) -> list[str]:
    numbers = [
        ("articles", found.articles),
        *([("  chosen for annotators", found.selected)] if found.selected is not None else []),
        ("  refused", found.rejected),
        ("  duplicates left out", found.duplicates),
        *((f"  noted {code}", number) for code, number in found.noted.items()),
        *([("  long ones, cut into parts", found.long), ("items for annotators", found.items)] if found.long else []),
        *((f"sent to Label Studio ({server})", number) for server, number in found.pushed.items()),
        ("annotations", sum(found.annotations.values())),
        *((f"  {state}", number) for state, number in found.annotations.items()),
        *((f"  by {annotator}", number) for annotator, number in found.annotators.items()),
        *((f"finding {code}", number) for code, number in found.findings.items()),
        *([("articles with gold", sum(found.gold.values()))] if found.gold else []),
        *((f"  {method}", number) for method, number in found.gold.items()),
        *([("  of annotations or rules that have changed", found.outdated)] if found.outdated else []),
        *([("articles before adjudicators, not decided", found.disputed)] if found.disputed else []),
    ]
    return [
        f"{found.workspace}, task {found.task}",
        *table(("", ""), numbers)[1:],
        *([f"chosen with: {_asked(found.selected_by)}"] if found.selected_by else []),
        f"datasets built: {', '.join(found.builds) or 'none'}",
        f"next: {found.next}   ({found.why})",
    ]


def _asked(request: Mapping[str, Any]) -> str:
    """A selection's request in a line: `size 500, by outlet month, since 2020`."""
    plain = {**request, **request.get("filters", {})}
    plain.pop("filters", None)
    return ", ".join(
        f"{name} {' '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in plain.items()
    )


def _doctor(cli: click.Group) -> None:
    @command(cli, "doctor")
    @click.option("--task", help="The task; default: the workspace's.")
    @click.option("--deep", is_flag=True, help="Look at every item in Label Studio (500 a second).")
    @in_workspace
    def doctor(task: str | None, deep: bool, workspace: Path | None) -> Exit:
        """Check the workspace, its definitions and its Label Studio; every fault comes with its fix.

        It tells version and known advisories of the server, kind and end of the token, whether the clocks agree, what
        was edited in Label Studio, and who else may read the workspace's files. --deep finds the items on which the
        server fails, those that stand twice, and those that are not of this workspace.

        \b
        Example:
          curation doctor
          curation doctor --deep --json

        Exit status 1 if something is wrong; a warning leaves it at 0.
        """
        with progress("Looking at items") as bar:
            found = open_workspace(workspace).doctor(task=task, deep=deep, progress=bar)
        lines = []
        for check in found.checks:
            lines.append(f"{check.state:5}  {check.name}: {check.detail}")
            if check.fix:
                lines.append(f"       Fix: {check.fix}")
        emit(found, lines)
        return Exit.OK if found.healthy else Exit.FINDINGS
