"""The top of the page: what the figures say to the person who decides whether the next round can start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from curation.agreement.claims import LOST
from curation.agreement.figures import Figure
from curation.agreement.pages.drawn import RELIABLE, TENTATIVE, drawn, interval, judged, lowest, reason, scale
from curation.agreement.study import Agreement
from curation.reports.markup import markup
from curation.reports.tables import named, number, scrolling
from curation.text import counted

LEVELS = ("reliable", "tentative", "too low", "not known")
_SIGNS = {"reliable": "●", "tentative": "◐", "too low": "○", "not known": "–"}
_ALPHA = "krippendorff_alpha"


def summary(found: Agreement) -> Iterator[str]:
    """The head of the page."""
    judgements = alphas(found)
    yield f'<header>\n<h1>{markup(heading(found))}</h1>\n<p class="soft">{markup(_extent(found))}</p>\n'
    yield f'<p class="total"><strong>{markup(verdict([one for _, one in judgements]))}</strong></p>\n<ul>\n'
    yield from (f"<li>{words}</li>\n" for words in (*_judged(judgements), *_lost(found), *_first(found, judgements)))
    yield "</ul>\n"
    if judgements:
        yield from _table(judgements)
    yield "</header>\n"


def heading(found: Agreement) -> str:
    """The title of the page."""
    return f"Agreement on {found.task}" + (f", round {found.round}" if found.round is not None else "")


def alphas(found: Agreement) -> list[tuple[str, Figure]]:
    """Alpha of every field, of the articles and of what is aligned, and of the marks over tokens."""
    of_fields = [
        (one.name, each) for one in found.fields for each in one.figures if each.measure == "krippendorff_alpha"
    ]
    told = found.statements.figures if found.statements else ()
    marks = [("marks in the text", one) for one in found.spans if one.measure == "token_alpha" and not one.of]
    aligned = [one for one in told if one.measure == "pair_alpha"]
    return of_fields + marks + [(one.of if " " in one.of else f"{one.of} of statements", one) for one in aligned]


def verdict(figures: Sequence[Figure]) -> str:
    """Whether the next round can start, as far as alpha tells."""
    values = [one.value for one in figures if one.value is not None]
    if not values:
        return "There is no alpha to judge by: nothing here says whether the next round can start."
    if min(values) < TENTATIVE:
        return "The next round should wait: agreement on at least one thing is too low to rely on."
    if min(values) < RELIABLE or len(values) < len(figures):
        return "The next round can start with care: some figures allow tentative conclusions only, or cannot be had."
    ends = [one.low if one.low is not None else one.value if one.value == 1 else None for one in figures]
    if any(end is None or end < TENTATIVE for end in ends):
        return (
            "Agreement is high enough, but on so few articles that this may be luck: look at the lower ends of "
            "the intervals before the next round starts."
        )
    return "The next round can start: every alpha is reliable, and at least tentative at the lower end of its interval."


def _extent(found: Agreement) -> str:
    shared = counted(found.articles, "article")
    alone = f"; {found.single:,} that one person alone annotated say nothing here" if found.single else ""
    which = f"round {found.round}" if found.round is not None else "all rounds"
    people = counted(len(found.annotators), "annotator")
    return f"{found.task}, {which}: {shared} annotated by two or more of {people}{alone}."


def _judged(judgements: Sequence[tuple[str, Figure]]) -> Iterator[str]:
    """Two sentences: which fields are what by their values, and by the lower ends of their intervals."""
    for words, ends in (
        ("By its alpha", [(name, one.value) for name, one in judgements]),
        ("By the lower end of its interval", [(name, one.low) for name, one in judgements]),
    ):
        groups = [(level, [name for name, end in ends if judged(end) == level]) for level in LEVELS]
        told = "; ".join(f"<strong>{level}</strong>: {_names(names)}" for level, names in groups if names)
        if told:
            yield f"{words}, {told}."


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(named, names))


def _lost(found: Agreement) -> Iterator[str]:
    told = found.statements
    if told is None:
        return
    kept = [one for one in told.figures if one.measure == "statement_f1"]
    if not told.lost or not kept or kept[-1].value is None:
        yield "Statements: there is nothing to compare."
        return
    step = max(told.lost, key=lambda name: told.lost[name])
    shared = f"Of 100 statements, two annotators share {100 * kept[-1].value:.0f} in everything."
    if told.lost[step] <= 0:
        yield f"{shared} No step costs any."
    else:
        yield f"{shared} Most are lost at <strong>{LOST[step]}</strong>: {100 * told.lost[step]:.1f} of 100."


def _first(found: Agreement, judgements: Sequence[tuple[str, Figure]]) -> Iterator[str]:
    """What to work on first: the field with the lowest alpha, and the two values that are confused most in it."""
    low = [(one.value, name, one) for name, one in judgements if one.value is not None and one.value < 1]
    if not low:
        return
    value, name, figure = min(low, key=lambda one: one[:2])
    confusion: Mapping[tuple[str, str], int] = next(
        (one.confusion for one in found.fields if one.name == figure.of and figure.measure == _ALPHA), {}
    )
    if figure.measure == "pair_alpha" and found.statements:
        confusion = found.statements.confusion.get(figure.of, {})
    apart = {pair: count for pair, count in confusion.items() if pair[0] != pair[1]}
    words = f"Work first on <strong>{named(name)}</strong>, whose alpha is lowest ({number(value)})"
    if apart:
        pair = max(apart, key=lambda one: apart[one])
        one, other = map(named, pair)
        words += f"; most confused are {one} and {other} ({counted(apart[pair], 'time')} of {sum(apart.values()):,})"
    yield f'{words}. The articles that people differ on most are <a href="#articles">below</a>.'


def _table(judgements: Sequence[tuple[str, Figure]]) -> Iterator[str]:
    least = lowest(one for _, one in judgements)
    head = (
        '<th scope="col">What</th><th scope="col" class="n">Alpha</th><th scope="col">Says</th>'
        '<th scope="col" class="n">95% interval</th><th scope="col">Its lower end says</th>'
        f'<th scope="col" class="drawn">{scale(least, bounds=True)}</th>'
    )
    rows = (
        f'<tr><th scope="row">{named(name)}</th><td class="n value">{number(one.value)}</td>'
        f'<td class="says">{_badge(one.value)}</td><td class="n sure">{interval(one)}</td><td class="end">'
        f'{_badge(one.low)}{_why(one)}</td><td class="drawn">{drawn(one, least)}</td></tr>\n'
        for name, one in judgements
    )
    yield from scrolling("Everything that is judged by alpha", head, rows, kind="figures judged")
    yield (
        '<p class="soft key">Krippendorff 2004: reliable from .80 on, for tentative conclusions from .67 on, too low '
        "below. The interval says how far the value may be off, as articles are few.</p>\n"
    )


def _badge(value: float | None) -> str:
    level = judged(value)
    return f'<span class="is-{level.replace(" ", "-")}">{_SIGNS[level]} {level}</span>'


def _why(figure: Figure) -> str:
    why = reason(figure)
    return f'<span class="why">{markup(why)}</span>' if why else ""
