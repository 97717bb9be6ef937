"""`curation export list | build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from curation.cli.console import command, counted, emit, in_workspace, open_workspace, progress, say, table

if TYPE_CHECKING:
    from curation.workspace import Listed


_OUTDATED = (
    "gold of {} is outdated and left out, as it was made from other annotations or rules than today's: run"
    " `curation adjudicate`, then build again"
)
_UNDECIDED = "{} on which annotators differ left out of gold; `curation adjudicate` decides, or says what is open"
_NOT_STATED = "the card cannot say: {}; [about] in exports/{}/export.toml can"
_HELD_OUT = "{} held out of all splits; the card says why"
_UNSETTLED = "{} left out of gold, unless adjudicated: somebody's annotation of them is not valid (yet)"
_UNJUDGED = "{} annotations are not validated yet and left out; run `curation validate`"


def register(export: click.Group) -> None:
    """Add `list` and `build`."""
    _list(export)
    _build(export)


def _list(export: click.Group) -> None:
    @command(export, "list")
    @in_workspace
    def list_(workspace: Path | None) -> None:
        """List the exports that the workspace declares, and what is built of each.

        \b
        Example:
          curation export list
        """
        listed = open_workspace(workspace).exports()
        rows = [(entry.name, entry.task, _built(entry), entry.title) for entry in listed]
        emit({"exports": listed}, table(("name", "task", "rows", "title"), rows))


def _built(entry: Listed) -> str | int:
    if entry.damage:
        return "damaged"
    return sum(sum(splits.values()) for splits in entry.rows.values()) or "not built"


def _build(export: click.Group) -> None:
    @command(export, "build")
    @click.argument("name")
    @click.option(
        "--offsets-only", is_flag=True, help="Hashes and offsets in the place of texts, in build/NAME.offsets."
    )
    @click.option("--without-gold", is_flag=True, help="Build also where outdated gold takes away configs it had.")
    @in_workspace
    def build(name: str, offsets_only: bool, without_gold: bool, workspace: Path | None) -> None:
        """Build the dataset that exports/NAME declares into build/NAME.

        Only valid annotations go into it. The same state of the workspace gives the same bytes. A build that was cut
        off goes on where it stopped.

        \b
        Example:
          curation export build news-stance
          python -c "from datasets import load_dataset; print(load_dataset('build/news-stance', 'gold'))"
        """
        with progress("Building") as bar:
            result = open_workspace(workspace).build(
                name, offsets_only=offsets_only, without_gold=without_gold, progress=bar
            )
        splits = list(dict.fromkeys(split for counts in result.configs.values() for split in counts))
        rows = [(config, *(counts.get(split, 0) for split in splits)) for config, counts in result.configs.items()]
        note = "" if result.changed else " (unchanged: nothing to do)"
        left_out = _UNJUDGED.format(result.unjudged) if result.unjudged else None
        open_ = _UNDECIDED.format(counted(result.undecided, "article")) if result.undecided else None
        held = _HELD_OUT.format(counted(sum(result.held_out.values()), "article")) if result.held_out else None
        unsettled = _UNSETTLED.format(counted(result.unsettled, "article")) if result.unsettled else None
        empty = f"without rows and left out: {', '.join(result.left_out)}" if result.left_out else None
        unknown = _NOT_STATED.format(", ".join(result.not_stated), name) if result.not_stated else None
        said = filter(None, [left_out, unsettled, open_, held, empty, unknown])
        where = f"version {result.version} in {result.path}{note}"
        if result.outdated:
            say(_OUTDATED.format(counted(result.outdated, "article")))
        emit(result, [*table(("config", *splits), rows), *said, where])
