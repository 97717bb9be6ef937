"""Agreement as one HTML page that needs nothing beside it, for who decides whether the next round can start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from curation.agreement.pages.beside import articles
from curation.agreement.pages.sections import fields, spans, statements
from curation.agreement.pages.summary import heading, summary
from curation.agreement.study import Agreement
from curation.reports import framed, page_place, write_framed
from curation.reports.tables import figures_style


def write_page(path: Path, agreement: Agreement) -> None:
    """Write a page of agreement; it appears whole or not at all.

    On top what the figures say in words, then every figure with its interval, and the articles that people differ on
    most, marked side by side. Annotators are named by their pseudonyms alone.
    Raises `E_USAGE` where no page can be, `E_DISK` if it cannot be written, `E_EXISTS` if the file that is there is no
    page of this program.
    """
    place = page_place(path, "a page of agreement")
    write_framed(path, place, framed(heading(agreement), _body(agreement), style=figures_style()))


def _body(agreement: Agreement) -> Iterator[str]:
    yield from summary(agreement)
    yield "<main>\n"
    yield from _contents(agreement)
    yield from fields(agreement)
    yield from statements(agreement.statements)
    yield from spans(agreement.spans)
    yield from articles(agreement)
    yield "</main>\n"


def _contents(agreement: Agreement) -> Iterator[str]:
    there = {
        "fields": ("Fields of the article", agreement.fields),
        "statements": ("Statements", agreement.statements),
        "spans": ("Marks in the text", agreement.spans),
        "articles": ("Articles with most disagreement", agreement.worst),
    }
    links = (f'<a href="#{name}">{words}</a>' for name, (words, content) in there.items() if content)
    yield f'<nav aria-label="Contents">{" ".join(links)}</nav>\n'
