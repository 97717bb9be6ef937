"""Annotators and codebook as one HTML page that needs nothing beside it, for who decides whom to talk to."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from curation.adjudication.pages.cards import links, unclear, weak
from curation.adjudication.pages.people import people
from curation.adjudication.report import Reported
from curation.adjudication.telling import headline
from curation.reports import framed, page_place, write_framed
from curation.reports.markup import markup
from curation.reports.tables import figures_style
from curation.text import counted


def write_page(path: Path, found: Reported) -> None:
    """Write a page of annotators and codebook; it appears whole or not at all.

    On top whom to talk to and what to rewrite; then each weak annotator and unclear entry with examples, and every
    figure. Raises `E_USAGE` where no page can be, `E_DISK` if it cannot be written, `E_EXISTS` if the file that is
    there is no page of this program.
    """
    place = page_place(path, "a page of annotators and codebook")
    style = figures_style() + files("curation.adjudication").joinpath("pages", "style.css").read_text("utf-8")
    write_framed(path, place, framed(_title(found), _body(found), style=style))


def _title(found: Reported) -> str:
    return f"Annotators and codebook of {found.task}"


def _body(found: Reported) -> Iterator[str]:
    experts = f", {found.experts:,} of them decided by an expert" if found.experts else ""
    extent = (
        f"{counted(found.articles, 'article')} of {counted(len(found.annotators), 'annotator')}{experts}; "
        f"{counted(found.open, 'question')} open."
    )
    yield f'<header>\n<h1>{markup(_title(found))}</h1>\n<p class="soft">{markup(extent)}</p>\n'
    yield from (f'<p class="total"><strong>{markup(sentence)}</strong></p>\n' for sentence in headline(found))
    yield "</header>\n<main>\n"
    there = [("weak", "Weak annotators", True), ("unclear", "Unclear entries", bool(found.entries))]
    there += [("people", "Every annotator", bool(found.reliability))]
    yield links((name, words) for name, words, is_there in there if is_there)
    yield from weak(found)
    yield from unclear(found)
    yield from people(found)
    yield "</main>\n"
