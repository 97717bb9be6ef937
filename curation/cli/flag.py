"""`curation studio flag`: findings go back to the people who can mend them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from curation.cli.console import command, counted, emit, in_workspace, open_workspace, progress
from curation.errors import CurationError, Exit

_NAMED = 8


def add_flag(group: click.Group) -> None:
    """Add the command to the group `studio`."""

    @command(group, "flag")
    @click.option("--task", help="The task; default: the workspace's.")
    @click.option("--code", "codes", multiple=True, metavar="CODE", help="Only findings of this code; repeatable.")
    @click.option("--warnings", is_flag=True, help="Flag warnings as well, not only errors.")
    @click.option("--clear", is_flag=True, help="Take all flags away.")
    @click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing in Label Studio.")
    @in_workspace
    def flag(
        task: str | None, codes: tuple[str, ...], warnings: bool, clear: bool, dry_run: bool, workspace: Path | None
    ) -> Exit:
        """Mark the items in Label Studio whose annotations have findings, so that their annotators can mend them.

        In Label Studio, the project's tab "Findings" shows the flagged items, and its column `findings` the codes and
        who has to mend what. Filter there for one kind, "findings contains F_RELATION_ENDS", or for one person's,
        "findings contains annotator-02", as `curation studio annotators list` names them. The annotation screen itself
        shows no flag.

        Flags follow from what was pulled last: pull first, and flag again after the next pull. Items that have been
        mended lose their flags then. Nothing else of an item is changed.

        \b
        Example:
          curation studio pull && curation studio flag
          curation studio flag --code F_RELATION_ENDS --code F_HOLDER_MISSING
          curation studio flag --clear

        Exit status 1 if Label Studio did not take a flag.
        """
        if clear and (codes or warnings):
            message = "--clear takes all flags away: it goes with no --code and no --warnings"
            raise CurationError("E_USAGE", message, fix="curation studio flag --clear, or without --clear what to flag")
        with progress("Flagging") as bar:
            result = open_workspace(workspace).flag(
                task=task, codes=codes, warnings=warnings, clear=clear, dry_run=dry_run, progress=bar
            )
        done = ("would be flagged", "would be cleared") if dry_run else ("flagged", "cleared")
        changed = [f"{counted(result.flagged, 'item')} {done[0]}", f"{result.cleared} {done[1]}"]
        nothing = not (result.flagged or result.cleared or result.gone or result.refused)
        lines = [
            f"{', '.join(changed)}, {result.unchanged} as before" + ("; nothing to do" if nothing else ""),
            *([f"  gone: {_named(result.gone)}; `curation studio pull` takes note"] if result.gone else []),
            *(f"  refused: {_named(items)}: {reason}" for reason, items in _by_reason(result.refused).items()),
        ]
        if result.elsewhere:
            lines.append(
                f"{counted(result.elsewhere, 'finding')} of annotations that are not in this project: not sent"
            )
        if result.findings and not dry_run:
            lines.append(f"{counted(result.findings, 'finding')} to mend: {result.url}")
        emit(result, lines)
        return Exit.FINDINGS if result.refused else Exit.OK


def _by_reason(refused: Iterable[tuple[int, str]]) -> dict[str, list[int]]:
    by_reason: dict[str, list[int]] = {}
    for item, reason in refused:
        by_reason.setdefault(reason, []).append(item)
    return by_reason


def _named(items: Sequence[int]) -> str:
    """Items in a few words, however many there are."""
    more = f" and {len(items) - _NAMED:,} more" if len(items) > _NAMED else ""
    return f"item{'' if len(items) == 1 else 's'} {', '.join(map(str, items[:_NAMED]))}{more}"
