"""`curation ingest`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curation.cli.console import command, counted, emit, in_workspace, open_workspace, progress, say, with_options
from curation.errors import CurationError, Exit
from curation.records import named

if TYPE_CHECKING:
    from curation.articles import IngestResult, Options
    from curation.articles.duplicates import Duplicate
    from curation.articles.formats.brat import BratResult
    from curation.articles.formats.columns import Columns
    from curation.articles.rejects import Extent
    from curation.articles.tally import Refusal
    from curation.workspace.brat import Brat

_SHOWN = 10
_OBJECTS = (".jsonl", ".ndjson", ".json")
_KEPT: dict[Extent, str] = {
    "whole": "",
    "beginning": " (the beginning is kept)",
    "end": " (the last bytes that could be read are kept)",
    "nothing": " (not kept: the file lies where it was)",
}
_NO_FILE = (
    (re.compile(r"stdin([/:@]|$)"), " (not kept: standard input can be read only once)"),
    (re.compile(r"https?://", re.IGNORECASE), " (not kept: nothing was fetched)"),
)

_OPTIONS = (
    click.option(
        "--map",
        "mapping",
        multiple=True,
        metavar="FIELD=COLUMN",
        help="Our field (text, title, id, outlet, ...) and the source's column that holds it; FIELD= if none does.",
    ),
    click.option(
        "--format", "kind", metavar="SUFFIX", help="What standard input holds, such as jsonl (default: guessed)."
    ),
    click.option("--encoding", help="Of text that is not UTF-8 (default: detected)."),
    click.option("--update", is_flag=True, help="Take the new text of articles whose id is known."),
    click.option("--fix-mojibake", is_flag=True, help="Mend text that was read with the wrong charset once."),
    click.option(
        "--threshold",
        type=click.FloatRange(0.5, 1.0),
        help="Similarity of near-duplicates (default: 0.7). Below 0.6 some are missed: at 0.5 one pair in eight.",
    ),
    click.option("--keep-duplicates", is_flag=True, help="Send copies to annotators too; they stay linked."),
    click.option("--longest", type=click.IntRange(min=1000), help="Cut longer articles into parts (characters)."),
    click.option(
        "--brat",
        "mode",
        type=click.Choice(("predictions", "annotations", "text")),
        default="predictions",
        show_default=True,
        help="What brat's annotations beside text files become; text leaves them out.",
    ),
    click.option(
        "--annotator", help="Who made brat's annotations (default: NAME in X_NAME.ann, else the folder's name)."
    ),
    click.option("--label", "labels", multiple=True, metavar="BRAT=LABEL", help="A type of span and the task's label."),
    click.option(
        "--relation",
        "relations",
        multiple=True,
        metavar="BRAT[:ROLE>ROLE]=LABEL",
        help="A relation, or two roles of an event, and the task's label.",
    ),
    click.option(
        "--fetch",
        is_flag=True,
        help="Get pages from the network where a source is an address, or a row has one and no text.",
    ),
    click.option("--dry-run", is_flag=True, help="Read everything and show what would become of it; store nothing."),
)


def register(cli: click.Group) -> None:
    """Add the command that reads articles."""

    @command(cli, "ingest")
    @click.argument("sources", nargs=-1, required=True)
    @with_options(_OPTIONS)
    @in_workspace
    def ingest(sources: tuple[str, ...], dry_run: bool, workspace: Path | None, **asked: Any) -> Exit:
        """Read articles from SOURCES: files, folders of them, or - for standard input.

        .txt .md .html .jsonl .json .csv .tsv .xlsx .parquet .warc, folders of `datasets` and of brat, and all of these
        packed as .gz, .bz2, .xz, .zst or .zip. Which columns of a table are read as what is guessed from their names
        and shown; --map corrects it.

        Texts are normalised once (NFC, newlines); the raw ones are kept where they differ. What cannot be an article is
        listed and kept aside. Copies of a text, the same or nearly so, are linked, and one of them goes to annotators.
        Reading the same source again adds nothing.

        \b
        Example:
          curation ingest articles/ dump.jsonl.gz --map text=content --map outlet=source
          zcat crawl.jsonl.gz | curation ingest - --dry-run

        brat's annotations of X.txt are X.ann beside it, or X_NAME.ann there or in a folder beside. As annotations they
        are valid once people have filled in what else the task requires, such as the article's stance.

        What is too large to be an article is kept aside with its beginning alone, what cannot be opened not at all.
        Exit status 1 if anything was refused, an article's text has changed, or brat's annotations were not all read.
        """
        options, brat = _options(asked), _brat(asked)
        with progress("Reading articles") as bar:
            result = open_workspace(workspace).ingest(
                sources, options=options, brat=brat, dry_run=dry_run, progress=bar, **asked
            )
        emit(result, [*_ingest_lines(result, dry_run), *_without_effect(result, asked)])
        unread = result.brat is not None and (result.brat.problems or result.brat.n_alone)
        return Exit.FINDINGS if result.n_rejects or result.n_changed or unread else Exit.OK


def _options(asked: dict[str, Any]) -> Options:
    """How sources are read, by what was `asked`, out of which that is taken."""
    from curation.articles import Options
    from curation.articles.fetching import Fetcher

    return Options(
        field_map=pairs("--map", asked.pop("mapping")),
        fetch=Fetcher() if asked.pop("fetch") else None,
        on_columns=ColumnsTeller(),
        **{name: asked.pop(name) for name in ("kind", "encoding", "fix_mojibake")},
    )


def _brat(asked: dict[str, Any]) -> Brat:
    """What becomes of brat's annotations, by what was `asked`, out of which that is taken."""
    from curation.workspace.brat import Brat

    return Brat(
        labels=pairs("--label", asked.pop("labels")),
        relations=pairs("--relation", asked.pop("relations")),
        **{name: asked.pop(name) for name in ("mode", "annotator")},
    )


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
        rest = _few(columns.rest)
        read = ", ".join(f"{field}={column}" for field, column in found.items())
        # Objects may have other keys than the first one of their file.
        first = ", first record" if any(f"{suffix}." in f"{name.lower()}." for suffix in _OBJECTS) else ""
        say(f"{name}{first}: {read}" + (f"; kept as metadata: {rest}" if rest else ""))


def _ingest_lines(result: IngestResult, dry_run: bool) -> list[str]:
    annotated = result.brat.new if result.brat is not None else 0
    known = f"known ({result.n_outdated} with other metadata)" if result.n_outdated else "known"
    counts = {
        "new": result.new,
        known: result.same,
        "updated": result.updated,
        "repeated": result.n_repeated,
        "duplicate" if result.n_duplicates == 1 else "duplicates": result.n_duplicates,
        "linked as copies and kept": result.linked - result.n_duplicates,
        "changed": result.n_changed,
        "refused": result.n_rejects,
        "with new annotations of brat's": annotated,
    }
    summary = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    idle = result.total == result.same + result.n_repeated
    if idle and not (result.released or result.n_outdated or annotated):
        summary += "; nothing to do"
    lines = [summary + (" (dry run: nothing was stored)" if dry_run else "")]
    if result.n_cut:
        are = "is" if result.n_cut == 1 else "are"
        cut = f"{counted(result.n_cut, 'long article')} {are} cut into {result.n_parts} parts"
        lines.append(f"{cut}, which go to annotators one by one")
    if result.released:
        go = "goes" if result.released == 1 else "go"
        lines.append(f"{counted(result.released, 'known copy', 'known copies')} {go} to annotators too from now on")
    lines += _refused_lines(result, dry_run)
    repeated = [f"{source} is {article} once more" for source, article in result.repeated]
    lines += [*_listed("repeated", repeated, result.n_repeated), *_copy_lines(result)]
    advice = "known with another text (--update takes it; if it is of another article: --map id=)"
    lines += _listed("changed", [f"{article}: {advice}" for article in result.changed], result.n_changed)
    advice = "known with another title, address, outlet, date, licence or authors (--update takes them)"
    lines += _listed("other metadata", [f"{article}: {advice}" for article in result.outdated], result.n_outdated)
    for code, noted in result.noted.items():
        example = "; ".join(f"{article}: {seen}" for article, seen in noted.examples)
        lines.append(f"  noted: {counted(noted.count, 'article')} [{code}], such as {example}")
    passed = [
        f"{source}: " + _few([f"{number} {what}" for what, number in kinds.items()])
        for source, kinds in result.passed.items()
    ]
    lines += _listed("passed over", passed, result.n_passed)
    if result.brat is not None:
        lines += _brat_lines(result.brat)
    # Where there is another reason, it stands behind the name.
    unread = [one if one.endswith(")") else f"{one}: not a kind of file that holds articles" for one in result.skipped]
    return lines + _listed("not read", unread, result.n_skipped)


def _without_effect(result: IngestResult, asked: dict[str, Any]) -> list[str]:
    """Which options say nothing about articles that are known already, if there are such."""
    idle = [f"--{name}" for name in ("longest", "threshold") if asked[name] is not None]
    if not idle or not result.same:
        return []
    return [f"{' and '.join(idle)}: of no effect on what was known already, which stays cut and linked as it is"]


def _refused_lines(result: IngestResult, dry_run: bool) -> list[str]:
    refused = [f"{one.source}: {one.reason} [{one.code}]{'' if dry_run else _extent(one)}" for one in result.rejects]
    lines = _listed("refused", refused, result.n_rejects)
    if refused:
        any_kept = any(one.kept != "nothing" for one in result.rejects)
        aside = "kept aside in the workspace; " if any_kept and not dry_run else ""
        lines.append(f"  ({aside}`curation explain CODE` tells how to mend them)")
    return lines


def _extent(refused: Refusal) -> str:
    """How much is kept of what was refused, unless it is all."""
    if refused.kept == "nothing":
        for names, why in _NO_FILE:
            if names.match(refused.source):
                return why
    return _KEPT[refused.kept]


def _copy_lines(result: IngestResult) -> list[str]:
    copies = [_copy(one, result.threshold) for one in result.duplicates]
    lines = _listed("duplicate", copies, result.n_duplicates)
    told = {(one.article_id, one.copy_of) for one in result.duplicates[:_SHOWN]}
    nearly = [one for one in result.alike if one.similarity < 1 and (one.copy[0], one.original[0]) not in told]
    lines += [f"  least alike, {one.similarity:.2f}: {_named(one.copy)} and {_named(one.original)}" for one in nearly]
    crowded = [
        f"{count} texts have a passage in common with {article}; not all were compared with each other"
        for article, count in result.crowded
    ]
    return lines + _listed("crowded", crowded, len(crowded))


def _copy(one: Duplicate, threshold: float) -> str:
    copy, original = named(one.article_id, one.source), named(one.copy_of, one.copy_of_source)
    if one.similarity == 1:
        return f"{copy} is a copy of {original}"
    others = ", by way of others" if one.similarity < threshold else ""
    return f"{copy} is nearly {original} ({one.similarity:.2f}{others})"


def _named(article: tuple[str, str | None, str | None, str | None]) -> str:
    """An article by its id, outlet and title, as far as there are any."""
    name, outlet, title, source = article
    return named(name, source) + (f" ({outlet})" if outlet else "") + (f" “{title}”" if title else "")


def _brat_lines(brat: BratResult) -> list[str]:
    numbers = ((brat.documents, "document"), (brat.mentions, "mention"), (brat.relations, "relation"))
    counts = ", ".join(counted(*number) for number in numbers)
    units = ", ".join(f"{number} in {unit}" for unit, number in brat.units.items())
    lines = [f"brat: {counts}" + (f"; offsets: {units}" if units else "")]
    lost = [f"{number} {reason}" for reason, number in brat.lost.items()]
    lines += _listed("without words in the task", lost, len(lost))
    problems = [f"{place}: {reason}" for place, reason in brat.problems]
    lines += _listed("not understood", problems, len(problems))
    if brat.n_alone:
        lines.append(f"  annotations without a text beside them: {brat.n_alone} ({_few(brat.alone)})")
    return lines


def pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    """What an option says in pairs. A name of brat's may hold an equals sign, a column's too: ours do not."""
    ours_first = option == "--map"
    pairs = [entry.partition("=") if ours_first else entry.rpartition("=") for entry in given]
    for name, separator, value in pairs:
        # An empty column: the field has none.
        if not (name and separator and (value or ours_first)):
            form = "FIELD=COLUMN" if ours_first else "BRAT=LABEL"
            raise CurationError("E_USAGE", f"{option} takes {form}, not {name + separator + value!r}")
    found: dict[str, str] = {}
    for name, _, value in pairs:
        if found.setdefault(name, value) != value:
            message = f"{option} says two things of {name!r}: {found[name]!r} and {value!r}"
            raise CurationError("E_USAGE", message, fix="say one of them")
    return found


def _listed(what: str, lines: list[str], count: int) -> list[str]:
    """The first of `count` lines."""
    more = [f"  ... and {count - _SHOWN} more (--json lists {_more(len(lines), count)})"] if count > _SHOWN else []
    return [f"  {what}: {line}" for line in lines[:_SHOWN]] + more


def _few(words: Sequence[str]) -> str:
    """The first of some words, in a row."""
    return ", ".join(words[:_SHOWN]) + (", ..." if len(words) > _SHOWN else "")


def _more(told: int, count: int) -> str:
    return "all" if told == count else f"the first {told}"
