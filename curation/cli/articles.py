"""`curation ingest`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from curation.cli.console import command, emit, in_workspace, open_workspace, progress, say
from curation.errors import CurationError, Exit

if TYPE_CHECKING:
    from curation.articles import IngestResult
    from curation.articles.formats.brat import BratResult
    from curation.articles.formats.columns import Columns
    from curation.workspace.brat import Mode

_SHOWN = 10


def register(cli: click.Group) -> None:
    """Add the command that reads articles."""
    _ingest(cli)


def _ingest(cli: click.Group) -> None:
    @command(cli, "ingest")
    @click.argument("sources", nargs=-1, required=True)
    @click.option(
        "--map",
        "mapping",
        multiple=True,
        metavar="FIELD=COLUMN",
        help="Our field (text, title, id, outlet, ...) and the source's column that holds it.",
    )
    @click.option(
        "--format", "kind", metavar="SUFFIX", help="What standard input holds, such as jsonl (default: guessed)."
    )
    @click.option("--encoding", help="Of text that is not UTF-8 (default: detected).")
    @click.option("--update", is_flag=True, help="Take the new text of articles whose id is known.")
    @click.option("--fix-mojibake", is_flag=True, help="Mend text that was read with the wrong charset once.")
    @click.option("--threshold", type=click.FloatRange(0.5, 1.0), help="Similarity of near-duplicates (default: 0.7).")
    @click.option("--keep-duplicates", is_flag=True, help="Send copies to annotators too; they stay linked.")
    @click.option("--longest", type=click.IntRange(min=1000), help="Cut longer articles into parts (characters).")
    @click.option(
        "--brat",
        type=click.Choice(("predictions", "annotations", "text")),
        default="predictions",
        show_default=True,
        help="What brat's annotations beside text files become; text leaves them out.",
    )
    @click.option("--annotator", help="Who made brat's annotations (default: the folder's name).")
    @click.option("--label", "labels", multiple=True, metavar="BRAT=LABEL", help="A type of span and the task's label.")
    @click.option(
        "--relation",
        "relations",
        multiple=True,
        metavar="BRAT[:ROLE>ROLE]=LABEL",
        help="A relation, or two roles of an event, and the task's label.",
    )
    @click.option(
        "--fetch",
        is_flag=True,
        help="Get pages from the network where a source is an address, or a row has one and no text.",
    )
    @click.option("--dry-run", is_flag=True, help="Read everything and show what would become of it; store nothing.")
    @in_workspace
    def ingest(
        sources: tuple[str, ...],
        mapping: tuple[str, ...],
        kind: str | None,
        encoding: str | None,
        update: bool,
        fix_mojibake: bool,
        threshold: float | None,
        keep_duplicates: bool,
        longest: int | None,
        brat: Mode,
        annotator: str | None,
        labels: tuple[str, ...],
        relations: tuple[str, ...],
        fetch: bool,
        dry_run: bool,
        workspace: Path | None,
    ) -> Exit:
        """Read articles from SOURCES: files, folders of them, or - for standard input.

        .txt .md .html .jsonl .json .csv .tsv .xlsx .parquet .warc, folders of `datasets` and of brat, and all of these
        packed as .gz, .xz, .zst or .zip. Which columns of a table are read as what is guessed from their names and
        shown; --map corrects it.

        Texts are normalised once (NFC, newlines); the raw ones are kept where they differ. What cannot be an article is
        listed and kept aside. Copies of a text, the same or nearly so, are linked, and one of them goes to annotators.
        Reading the same source again adds nothing.

        \b
        Example:
          curation ingest articles/ dump.jsonl.gz --map text=content --map outlet=source
          zcat crawl.jsonl.gz | curation ingest - --dry-run

        Exit status 1 if anything was refused or an article's text has changed.
        """
        from curation.articles import Options
        from curation.articles.fetching import Fetcher
        from curation.workspace.brat import Brat

        options = Options(
            field_map=pairs("--map", mapping),
            kind=kind,
            encoding=encoding,
            fix_mojibake=fix_mojibake,
            on_columns=ColumnsTeller(),
            fetch=Fetcher() if fetch else None,
        )
        with progress("Reading articles") as bar:
            result = open_workspace(workspace).ingest(
                sources,
                options=options,
                update=update,
                keep_duplicates=keep_duplicates,
                threshold=threshold,
                longest=longest,
                brat=Brat(
                    mode=brat,
                    labels=pairs("--label", labels),
                    relations=pairs("--relation", relations),
                    annotator=annotator,
                ),
                dry_run=dry_run,
                progress=bar,
            )
        emit(result, _ingest_lines(result, dry_run))
        unread = result.brat.problems if result.brat is not None else ()
        return Exit.FINDINGS if result.rejects or result.changed or unread else Exit.OK


class ColumnsTeller:
    """Says on stderr which columns are read as what; of many files with the same columns only the first time."""

    def __init__(self) -> None:
        self._told: set[tuple[object, ...]] = set()

    def __call__(self, name: str, columns: Columns) -> None:
        found = columns.found()
        key = (*found.items(), columns.rest)
        if key in self._told:
            return
        self._told.add(key)
        rest = ", ".join(columns.rest[:_SHOWN]) + (", ..." if len(columns.rest) > _SHOWN else "")
        read = ", ".join(f"{field}={column}" for field, column in found.items())
        say(f"{name}: {read}" + (f"; kept as metadata: {rest}" if rest else ""))


def _ingest_lines(result: IngestResult, dry_run: bool) -> list[str]:
    counts = {
        "new": result.new,
        "known": result.same,
        "updated": result.updated,
        "repeated": len(result.repeated),
        "duplicates": len(result.duplicates),
        "linked as copies and kept": result.linked - len(result.duplicates),
        "changed": len(result.changed),
        "refused": len(result.rejects),
    }
    summary = ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "nothing to do"
    lines = [summary + (" (dry run: nothing was stored)" if dry_run else "")]
    lines += _listed("refused", [f"{reject.source}: {reject.reason} [{reject.code}]" for reject in result.rejects])
    if result.rejects:
        lines.append("  (kept aside in the workspace; `curation explain CODE` tells how to mend them)")
    lines += _listed("repeated", [f"{source} is {article} once more" for source, article in result.repeated])
    copies = [
        f"{one.article_id} is "
        + (f"a copy of {one.copy_of}" if one.similarity == 1 else f"nearly {one.copy_of} ({one.similarity:.2f})")
        for one in result.duplicates
    ]
    lines += _listed("duplicate", copies)
    nearly = [one for one in result.alike if one.similarity < 1]
    lines += [f"  least alike, {one.similarity:.2f}: {_named(one.copy)} and {_named(one.original)}" for one in nearly]
    lines += [
        f"  crowded: {count} texts have a passage in common with {article}; not all were compared with each other"
        for article, count in result.crowded
    ]
    advice = (
        "known with another text (--update takes the new one; if they are two articles, give them ids of their own)"
    )
    lines += _listed("changed", [f"{article}: {advice}" for article in result.changed])
    for code, noted in result.noted.items():
        example = "; ".join(f"{article}: {seen}" for article, seen in noted.examples)
        lines.append(f"  noted: {noted.articles} articles [{code}], such as {example}")
    for source, kinds in result.passed.items():
        passed = ", ".join(f"{number} {what}" for what, number in kinds.items())
        lines.append(f"  passed over: {source}: {passed}")
    if result.brat is not None:
        lines += _brat_lines(result.brat)
    lines += _listed("not read", [f"{name}: not a kind of file that holds articles" for name in result.skipped])
    return lines


def _named(article: tuple[str, str | None, str | None]) -> str:
    """An article by its id, outlet and title, as far as there are any."""
    name, outlet, title = article
    return name + (f" ({outlet})" if outlet else "") + (f" “{title}”" if title else "")


def _brat_lines(brat: BratResult) -> list[str]:
    counts = f"{brat.documents} documents, {brat.mentions} mentions, {brat.relations} relations"
    units = ", ".join(f"{number} in {unit}" for unit, number in brat.units.items())
    lines = [f"brat: {counts}" + (f"; offsets: {units}" if units else "")]
    lines += [f"  without words in the task: {number} {reason}" for reason, number in brat.lost.items()]
    return lines + _listed("not understood", [f"{place}: {reason}" for place, reason in brat.problems])


def pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    """What an option says in pairs. A name of brat's may hold an equals sign, a column's too: ours do not."""
    ours_first = option == "--map"
    pairs = [entry.partition("=") if ours_first else entry.rpartition("=") for entry in given]
    for name, separator, value in pairs:
        if not (name and separator and value):
            form = "FIELD=COLUMN" if ours_first else "BRAT=LABEL"
            raise CurationError("E_USAGE", f"{option} takes {form}, not {name + separator + value!r}")
    return {name: value for name, _, value in pairs}


def _listed(what: str, lines: list[str]) -> list[str]:
    more = [f"  ... and {len(lines) - _SHOWN} more (--json lists all)"] if len(lines) > _SHOWN else []
    return [f"  {what}: {line}" for line in lines[:_SHOWN]] + more
