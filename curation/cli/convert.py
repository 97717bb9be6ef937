"""`curation convert`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curation.cli.console import as_json, command, counted, emit, progress, say, table
from curation.cli.findings import PLACES, listing, print_json
from curation.errors import Exit

if TYPE_CHECKING:
    from curation.studio.conversion.outcome import ConversionReport

_KEPT = 12


def register(cli: click.Group) -> None:
    """Add the command that needs an export and nothing else."""
    _convert(cli)


def _convert(cli: click.Group) -> None:
    @command(cli, "convert")
    @click.argument("export", type=click.Path(path_type=Path, readable=False))
    @click.argument("out", type=click.Path(path_type=Path, readable=False))
    @click.option(
        "--interface",
        type=click.Path(path_type=Path, dir_okay=False, readable=False),
        help="The project's labeling interface (XML), against which labels and choices are checked.",
    )
    @click.option("--fix-offsets", is_flag=True, help="Convert offsets that count another unit than code points.")
    @click.option(
        "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with the marked texts as well."
    )
    def convert(export: Path, out: Path, interface: Path | None, fix_offsets: bool, html: Path | None) -> Exit:
        """Turn any Label Studio JSON export into Parquet tables, and name all that is wrong in it.

        EXPORT is what Label Studio writes for a text project as JSON: a list, JSON Lines, also packed (.gz). JSON-MIN
        is taken as far as it goes. No workspace is needed. OUT becomes a folder of tables (items, annotations,
        mentions, relations, choices, ...) that `datasets` opens, with a card and findings.jsonl. Nothing of the export
        is dropped: what no column has a place for is kept as JSON beside it.

        A second run with the same export and options does nothing; else OUT is replaced as a whole, if it holds nothing
        but an earlier conversion of a file of that name.

        \b
        Example:
          curation convert export.json tables
          curation convert export.json tables --interface config.xml --html report.html
          python -c "import datasets; print(datasets.load_dataset('tables', 'mentions'))"

        Exit status 1 if there are errors in the data; `curation explain CODE` tells more about a finding.
        """
        from curation.converting import convert as run
        from curation.converting import findings_of, require_page, write_report

        if html is not None:
            require_page(html, out)
        with progress("Converting") as bar:
            report = run(export, out, interface=interface, fix_offsets=fix_offsets, progress=bar)
        if html is not None:
            items = f"{counted(report.items, 'item')}, converted into {out}."
            write_report(out, html, title=f"Findings in {export.name}", summary=items)
            say(f"findings in {html}")
        if as_json():
            facts: dict[str, Any] = {**report.to_json(), "out": str(out), "nothing_new": report.nothing_new}
            if html is not None:
                facts["html"] = str(html)
            print_json({name: fact for name, fact in facts.items() if name != "findings"}, findings_of(out))
        else:
            emit(report, _lines(report), painted=True)
        return Exit.FINDINGS if report.errors else Exit.OK


def _lines(report: ConversionReport) -> Iterator[str]:
    from curation.converting import findings_of
    from curation.reports import digest
    from curation.text import visible

    look = listing()
    following = report.following
    listed = (one for one in findings_of(report.out) if one.code not in following)
    found = digest(listed, lambda one: one, limit=PLACES)
    look = replace(look, numbered=True, more=lambda code: str(report.out / "findings.jsonl"))
    yield from look.of(found)
    if following:
        codes = ", ".join(f"{number:,} {code}" for code, number in following.items())
        yield f"Not listed, as most follow from F_OFFSET_UNIT: {codes} (all are in findings.jsonl)"
        yield ""
    if report.tables:
        yield from table(("table", "rows"), list(report.tables.items()))
        yield ""
    left = report.left_over
    if len(left) < len(report.kept):
        keys = counted(len(report.kept) - len(left), "key")
        yield f"Label Studio's own bookkeeping ({keys}) is kept as JSON in `extra`"
    if left:
        named = ", ".join(f"{visible(name)} {number:,}" for name, number in list(left.items())[:_KEPT])
        more = f", and {len(left) - _KEPT} more: see the card" if len(left) > _KEPT else ""
        yield f"Kept as JSON in `extra` and `other`, not interpreted: {named}{more}"
    if report.annotators:
        people = counted(report.annotators, "annotator")
        yield f"Personal data of {people} are in annotators.jsonl, not in the tables: do not publish that file"
    if report.unread:
        yield f"{counted(report.unread, 'piece')} of the file could not be read: unread.jsonl"
    yield from (f"Not in the export: {one}" for one in report.lacks)
    if report.offsets is not None:
        yield visible(f"{report.offsets[:1].upper()}{report.offsets[1:]}")
    items = counted(report.items, "item")
    done = f"nothing to do: the same {items} were converted before" if report.nothing_new else f"{items} converted"
    problems = f"{counted(report.errors, 'error')}, {counted(report.warnings, 'warning')}"
    yield f"{done}; {problems}; {report.out}"
