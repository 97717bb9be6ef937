"""Findings as one HTML page that needs nothing beside it: no other file, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from curation.records import Finding
from curation.reports.digest import Digest, Tally, digest
from curation.reports.excerpts import Excerpt, Marked, excerpt
from curation.reports.frame import framed, page_place, write_framed
from curation.reports.listing import extent
from curation.reports.markup import advice, link, markup, message, passage
from curation.text import counted

SHOWN = 200
"""How many findings of one code a page shows; it says how many more there are."""

# Columns for which a narrow window has no room; each section says the same again.
_BESIDE = ("Annotations", "Articles", "Annotators")

TextOf = Callable[[str], str | None]
MarkedIn = Callable[[str], Marked | None]


@dataclass(frozen=True, slots=True)
class _Shown:
    finding: Finding
    excerpt: Excerpt


def write_html(
    path: Path,
    findings: Iterable[Finding],
    text_of: TextOf,
    marked_in: MarkedIn,
    *,
    title: str,
    summary: str = "",
    chosen: str = "",
    more: str = "",
    limit: int = SHOWN,
) -> None:
    """Write findings, which come by article and annotation, as a page.

    `text_of` gives an article's text by its id, `marked_in` what an annotation marks by its own; both are asked as the
    findings come by and for the first `limit` of each code alone, so that memory does not grow with their number.
    `summary` stands on top; `chosen` says in words which findings these are, if not all; `more` says where those are
    that are left out. The page appears whole or not at all.
    Raises what `page_place` does, and `E_DISK` where it cannot be written.
    """
    place = page_place(path)

    def shown(found: Finding) -> _Shown:
        text = text_of(found.article_id) if found.article_id is not None else None
        marked = marked_in(found.annotation) if found.annotation is not None else None
        return _Shown(found, excerpt(found, text, marked or Marked()))

    all_ = digest(findings, shown, limit=limit)
    script = files("curation.reports").joinpath("filter.js").read_text("utf-8") if all_.tallies else ""
    write_framed(path, place, framed(title, _body(all_, title, summary, chosen, more), script=script))


def _body(found: Digest[_Shown], title: str, summary: str, chosen: str, more: str) -> Iterator[str]:
    yield from _top(found, title, summary, chosen)
    yield "<main>\n"
    if found.tallies:
        yield from _codes(found.tallies)
        yield from _people(found)
        yield from _filter(found)
    for tally in found.tallies:
        yield from _section(tally, more)
    yield "</main>\n"


def _top(found: Digest[_Shown], title: str, summary: str, chosen: str) -> Iterator[str]:
    yield f"<header>\n<h1>{markup(title)}</h1>\n"
    if found.tallies:
        both = f"{counted(found.errors, 'error')} and {counted(found.warnings, 'warning')}"
        within = [counted(found.annotations, "annotation"), counted(found.articles, "article")]
        yield f'<p class="total">{both} in {" of ".join(within)}.</p>\n'
    else:
        yield f'<p class="total">No findings{"" if chosen else ": nothing needs to be mended"}.</p>\n'
    if chosen:
        yield f"<p>On this page are {markup(chosen)} alone.</p>\n"
    if summary:
        yield f'<p class="soft">{markup(summary)}</p>\n'
    yield "</header>\n"


def _codes(tallies: Iterable[Tally[_Shown]]) -> Iterator[str]:
    yield _table("By kind", ("", "Kind"), ("Findings", *_BESIDE))
    for one in tallies:
        beside = (one.annotations, one.articles, len(one.annotators))
        yield (
            f'<tr><td class="{_severity(one)}">{_severity(one)}</td>'
            f'<th scope="row" class="kind"><a href="#{markup(one.code)}">{markup(one.title)}</a>'
            f"<code>{markup(one.code).replace('_', '_<wbr>')}</code></th>{_numbers((one.findings,), beside)}</tr>\n"
        )
    yield "</tbody></table></div>\n"


def _people(found: Digest[_Shown]) -> Iterator[str]:
    yield _table("By annotator", ("Annotator",), ("Errors", "Warnings"))
    ranked = sorted(found.by_annotator.items(), key=lambda one: (-one[1][0], -one[1][1], one[0]))
    for name, numbers in ranked:
        yield f'<tr><th scope="row"><bdi>{markup(name) or "nobody"}</bdi></th>{_numbers(numbers)}</tr>\n'
    yield "</tbody></table></div>\n"


def _filter(found: Digest[_Shown]) -> Iterator[str]:
    """Hidden until the script shows it: without one it would do nothing."""
    yield '<form class="filter" hidden role="search">\n<label>Annotator <select><option value="">everybody</option>'
    for name in sorted(filter(None, found.by_annotator)):
        yield f'<option value="{markup(name)}">{markup(name)}</option>'
    yield '</select></label>\n<label>Words <input type="search"></label>\n<output aria-live="polite"></output>\n'
    yield "</form>\n"
    yield (
        '<p class="key soft">Highlighted is what a finding is about; a dotted line is under other marks of the same '
        "annotation; [&hellip;] stands for text that is left out. White space at the edges and characters that cannot "
        "be seen are in boxes.</p>\n"
    )


def _section(tally: Tally[_Shown], more: str) -> Iterator[str]:
    severity = _severity(tally)
    code = markup(tally.code)
    yield (
        f'<section class="is-{severity}" id="{code}" data-code="{code}" aria-labelledby="h-{code}">\n<header>\n'
        f'<h2 id="h-{code}">{markup(tally.title)}</h2>\n'
        f'<p><span class="{severity}">{severity}</span> <code>{code}</code> '
        f'<span class="soft">{extent(tally)}</span></p>\n'
    )
    if tally.explanation:
        yield f"<p>{advice(tally.explanation)}</p>\n"
    if tally.fix:
        yield f"<p><strong>Fix:</strong> {advice(tally.fix)}</p>\n"
    yield "</header>\n"
    for one in tally.shown:
        yield from _finding(one, tally.fix)
    left = tally.findings - len(tally.shown)
    if left:
        yield f'<p class="soft">{left:,} more of this kind are not on this page. {advice(more)}</p>\n'
    yield "</section>\n"


def _finding(one: _Shown, usual: str) -> Iterator[str]:
    found = one.finding
    where = [f"<h3><bdi>{markup(found.article_id or found.json_pointer or 'the whole')}</bdi></h3>"]
    if found.annotator:
        where.append(f'<span class="soft">by <bdi>{markup(found.annotator)}</bdi></span>')
    where += [f'<span class="soft"><bdi>{markup(label)}</bdi></span>' for label in dict.fromkeys(one.excerpt.about)]
    if found.article_id and found.json_pointer and not one.excerpt.about:
        where.append(f'<code class="soft">{markup(found.json_pointer)}</code>')
    where.append(link(found.url, "Open in Label Studio"))
    yield f'<article data-by="{markup(found.annotator or "")}">\n<div class="where">{"".join(where)}</div>\n'
    yield f"<p>{message(found.message)}</p>\n"
    yield from (f'<p class="soft">{markup(fault)}</p>\n' for fault in one.excerpt.faults)
    if one.excerpt.beginning:
        yield '<p class="key soft">The article begins:</p>\n'
    if one.excerpt.pieces:
        yield passage(one.excerpt) + "\n"
    if found.fix and found.fix != usual:
        yield f"<p><strong>Fix:</strong> {advice(found.fix)}</p>\n"
    yield "</article>\n"


def _table(caption: str, words: tuple[str, ...], numbers: tuple[str, ...]) -> str:
    """A table up to its first row; it scrolls by itself where the window is narrow."""
    head = "".join(f'<th scope="col">{word or "Severity"}</th>' for word in words)
    head += "".join(f'<th scope="col" class="n{" extra" if word in _BESIDE else ""}">{word}</th>' for word in numbers)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{caption}"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>\n"
    )


def _numbers(numbers: Iterable[int], extra: Iterable[int] = ()) -> str:
    cells = [f'<td class="n">{number:,}</td>' for number in numbers]
    return "".join([*cells, *(f'<td class="n extra">{number:,}</td>' for number in extra)])


def _severity(tally: Tally[_Shown]) -> str:
    return "error" if tally.severity == "error" else "warning"
