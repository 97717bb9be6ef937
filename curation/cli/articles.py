"""`curation ingest`."""

from __future__ import annotations

from pathlib import Path

import click

from curation.cli.console import command, emit, in_workspace, open_workspace, progress
from curation.errors import CurationError, Exit

_SHOWN = 10


def register(cli: click.Group) -> None:
    """Add the commands about articles."""

    @command(cli, "ingest")
    @click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
    @click.option(
        "--map",
        "mapping",
        multiple=True,
        metavar="FIELD=COLUMN",
        help="Our field (text, title, id, outlet, ...) and the source's column that holds it.",
    )
    @click.option("--update", is_flag=True, help="Take the new text of articles whose id is known.")
    @in_workspace
    def ingest(sources: tuple[Path, ...], mapping: tuple[str, ...], update: bool, workspace: Path | None) -> Exit:
        """Read articles from SOURCES: .txt, .md, .html, .jsonl, .csv, .parquet, a `datasets` folder, or folders.

        Texts are normalised once (NFC, newlines). What cannot be an article is listed and kept aside in the workspace.
        Reading the same source again adds nothing.

        \b
        Example:
          curation ingest articles/ dump.jsonl --map text=content --map outlet=source

        Exit status 1 if anything was refused or an article's text has changed.
        """
        from curation.articles import Options

        with progress("Reading articles") as bar:
            result = open_workspace(workspace).ingest(
                sources, options=Options(field_map=_field_map(mapping)), update=update, progress=bar
            )
        counts = {
            "new": result.new,
            "known": result.same,
            "updated": result.updated,
            "repeated": len(result.repeated),
            "duplicates": len(result.duplicates),
            "changed": len(result.changed),
            "refused": len(result.rejects),
        }
        lines = [", ".join(f"{number} {name}" for name, number in counts.items() if number) or "nothing to do"]
        lines += _listed("refused", [f"{reject.source}: {reject.reason} [{reject.code}]" for reject in result.rejects])
        if result.rejects:
            lines.append("  (kept aside in the workspace; `curation explain CODE` tells how to mend them)")
        lines += _listed(
            "duplicate",
            [f"{one.article_id} is a copy of {one.copy_of} ({one.similarity:.2f})" for one in result.duplicates],
        )
        advice = (
            "known with another text (--update takes the new one; if they are two articles, give them ids of their own)"
        )
        lines += _listed("changed", [f"{article}: {advice}" for article in result.changed])
        lines += _listed("not read", [f"{name}: not a kind of file that holds articles" for name in result.skipped])
        emit(result, lines)
        return Exit.FINDINGS if result.rejects or result.changed else Exit.OK


def _field_map(mapping: tuple[str, ...]) -> dict[str, str]:
    pairs = [entry.partition("=") for entry in mapping]
    for field, separator, column in pairs:
        if not (field and separator and column):
            raise CurationError("E_USAGE", f"--map takes FIELD=COLUMN, not {field + separator!r}")
    return {field: column for field, _, column in pairs}


def _listed(what: str, lines: list[str]) -> list[str]:
    more = [f"  ... and {len(lines) - _SHOWN} more (--json lists all)"] if len(lines) > _SHOWN else []
    return [f"  {what}: {line}" for line in lines[:_SHOWN]] + more
