"""Findings on a terminal and as JSON, and the options that choose among them."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from curation.cli.console import plain

if TYPE_CHECKING:
    from curation.records import Finding, Severity
    from curation.reports import Digest, Listing, Selection
    from curation.reports.listing import Role

PLACES = 3
"""How many places of each code are listed unless all are asked for."""

_COLOURS: Mapping[str, Mapping[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "code": {"bold": True},
    "faint": {"dim": True},
}


CHOOSING = (
    click.option("--code", "codes", multiple=True, metavar="CODE", help="Only findings of this code; repeatable."),
    click.option("--annotator", metavar="NAME", help="Only findings in this annotator's work."),
    click.option("--article", metavar="ID", help="Only findings in this article."),
    click.option(
        "--severity",
        type=click.Choice(["error", "warning"], case_sensitive=False),
        help="Only errors, or only warnings.",
    ),
)
"""The options that choose findings."""


def selection(codes: Iterable[str], annotator: str | None, article: str | None, severity: Severity | None) -> Selection:
    """The findings that options ask for. Raises `E_NOT_FOUND` for a code that there is not."""
    from curation.reports import Selection
    from curation.workspace.codes import finding_codes

    return Selection(finding_codes(codes), annotator, article, severity)


def listing() -> Listing:
    """How findings are listed where standard output goes: as wide as a terminal is, and in colours on one alone."""
    from curation.reports import Listing

    if not sys.stdout.isatty():
        return Listing()
    width = shutil.get_terminal_size().columns
    coloured = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Listing(width, _paint) if coloured else Listing(width)


def print_json(report: Mapping[str, Any], findings: Iterable[Finding]) -> None:
    """Print a report with all its findings as one JSON object, however many there are.

    After the findings follow what they amount to: `by_code`, `kinds` with the titles, and `by_annotator`.
    """
    from curation.records import to_json
    from curation.reports import Digest

    found: Digest[Finding] = Digest()
    click.echo("{")
    for name, value in report.items():
        click.echo(f"  {json.dumps(name)}: {_dumped(value)},")
    click.echo('  "findings": [', nl=False)
    separator = "\n"
    for one in findings:
        found.see(one)
        click.echo(f"{separator}    {_dumped(to_json(one))}", nl=False)
        separator = ",\n"
    click.echo("],\n  " + ",\n  ".join(f"{json.dumps(name)}: {_dumped(value)}" for name, value in _amounts(found)))
    click.echo("}")


def _amounts(found: Digest[Finding]) -> Iterator[tuple[str, Any]]:
    yield "by_code", {one.code: one.findings for one in sorted(found.tallies, key=lambda one: one.code)}
    yield (
        "kinds",
        [
            {
                "code": one.code,
                "severity": one.severity,
                "title": one.title,
                "fix": one.fix,
                "findings": one.findings,
                "annotations": one.annotations,
                "articles": one.articles,
                "annotators": len(one.annotators),
            }
            for one in found.tallies
        ],
    )
    yield (
        "by_annotator",
        {
            name: {"errors": errors, "warnings": warnings}
            for name, (errors, warnings) in sorted(found.by_annotator.items())
        },
    )


def _dumped(value: Any) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, default=str)
    # Standard output takes no lone surrogate.
    return text if text.isascii() or _encodable(text) else json.dumps(plain(value), default=str)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _paint(text: str, role: Role) -> str:
    return click.style(text, **_COLOURS[role])
