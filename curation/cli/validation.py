"""`curation validate`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curation.cli.console import as_json, command, counted, emit, in_workspace, open_workspace, progress, with_options
from curation.cli.findings import CHOOSING, PLACES, listing, print_json, selection
from curation.errors import Exit

if TYPE_CHECKING:
    from curation.records import Finding, Severity
    from curation.reports import Selection
    from curation.validation import ValidationReport
    from curation.workspace import Workspace

_ON_SERVER = (
    "To mend in Label Studio, where `curation studio flag` marks the items; then: "
    "curation studio pull && curation validate"
)
_IN_FILES = (
    "To mend where it was annotated, as `curation validate --html report.html` shows it; then export it again: "
    "curation studio pull --file EXPORT.json && curation validate"
)
_COUNTS = ("checked", "unchanged", "valid", "quarantined", "skipped", "drafts")


def register(cli: click.Group) -> None:
    """Add the commands about findings."""
    _validate(cli)


def _validate(cli: click.Group) -> None:
    @command(cli, "validate")
    @click.option("--task", help="The task; default: the workspace's.")
    @with_options(CHOOSING)
    @click.option("--all", "everything", is_flag=True, help="List every finding, not only the first few of each code.")
    @click.option(
        "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with the marked texts instead."
    )
    @click.option(
        "--fix-offsets",
        is_flag=False,
        flag_value="auto",
        metavar="[UNIT|none]",
        help="Convert offsets that count another unit than code points, as the evidence says or as named; "
        "none takes it back.",
    )
    @in_workspace
    def validate(
        task: str | None,
        codes: tuple[str, ...],
        annotator: str | None,
        article: str | None,
        severity: Severity | None,
        everything: bool,
        html: Path | None,
        fix_offsets: str | None,
        workspace: Path | None,
    ) -> Exit:
        """Judge every submitted annotation against the schemas and the task's rules.

        An annotation with an error is quarantined: it is kept and listed, and not exported until it is mended. What
        is shown can be narrowed down; everything is judged all the same.

        The page that --html writes needs no other file and no network. It holds stretches of the articles' texts.

        Offsets that count UTF-16 units, bytes, or line breaks otherwise (F_OFFSET_UNIT) are found by the texts stored
        with them. --fix-offsets converts them, those of later pulls too; what was pulled stays as it is.

        \b
        Example:
          curation validate
          curation validate --severity error --annotator annotator-02 --all
          curation validate --html report.html
          curation validate --fix-offsets
          curation validate --json | jq '.findings[] | .code'

        Exit status 1 if there are errors; `curation explain CODE` tells more about a finding.
        """
        from curation.reports import page_place

        chosen = selection(codes, annotator, article, severity)
        opened = open_workspace(workspace)
        opened.require_chosen(chosen, task=task)
        if html is not None:
            page_place(html)
        fixed = opened.fix_offsets(fix_offsets, task=task) if fix_offsets is not None else []
        with progress("Validating") as bar:
            report = opened.validate(task=task, progress=bar)
        summary = "\n".join([*map(str, fixed), _summary(report)])
        if html is not None:
            opened.write_report(html, task=task, selection=chosen, summary=_of_page(report))
        if as_json():
            written: dict[str, Any] = {} if html is None else {"html": str(html)}
            if fix_offsets is not None:
                written["offsets"] = [asdict(one) for one in fixed]
            counts = {name: getattr(report, name) for name in _COUNTS}
            with opened.each_finding(task=task, selection=chosen) as findings:
                print_json({**counts, **written}, findings)
        elif html is not None:
            emit(report, [f"findings in {html}", summary])
        else:
            emit(report, _lines(opened, task, chosen, summary, everything=everything), painted=True)
        return Exit.FINDINGS if report.quarantined else Exit.OK


def _lines(opened: Workspace, task: str | None, chosen: Selection, summary: str, *, everything: bool) -> Iterator[str]:
    """What there is to mend, and last what a reader of the last line wants to know."""

    def of_code(code: str) -> Iterator[Finding]:
        with opened.each_finding(task=task, selection=replace(chosen, codes=(code,))) as findings:
            yield from findings

    found = opened.digest(task=task, selection=chosen, limit=PLACES)
    look = listing()
    yield from look.of(found, of_code if everything else None)
    yield from look.people(found)
    if found.errors:
        yield from look.said(_ON_SERVER if opened.is_pushed(task=task) else _IN_FILES)
    if chosen:
        yield f"{counted(found.errors + found.warnings, 'finding')} as chosen; of all annotations:"
    yield summary


def _summary(report: ValidationReport) -> str:
    if not (report.valid or report.quarantined):
        return "there is no annotation to validate; `curation studio pull` fetches them, `--file` from an export"
    summary = _verdicts(report)
    return summary if report.checked else f"{summary}; nothing to do: all were validated before"


def _of_page(report: ValidationReport) -> str:
    nothing = not (report.valid or report.quarantined)
    return "There is no annotation to validate." if nothing else f"Of all annotations {_verdicts(report)}."


def _verdicts(report: ValidationReport) -> str:
    return f"{report.valid} valid, {report.quarantined} quarantined"
