"""Figures of agreement as rows of a table: the value and its interval as text, and drawn on a scale."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from curation.agreement.figures import Figure
from curation.agreement.study import ALL_MEASURES
from curation.reports.markup import markup
from curation.reports.tables import bar, between, number, scrolling, ticked

RELIABLE, TENTATIVE = 0.8, 2 / 3
"""From which alpha on a field is reliable, and from which conclusions are tentative (Krippendorff 2004, p. 241)."""

ALPHAS = frozenset(
    {"krippendorff_alpha", "pair_alpha", "token_alpha", "character_alpha", "u_alpha", "binary_u_alpha", "cu_alpha",
     "ku_alpha"}
)  # fmt: skip
"""The measures to which these bounds apply."""


def signed(value: float | None) -> str:
    """A difference with its sign."""
    shown = number(value)
    return f"+{shown}" if value is not None and value >= 0.005 else shown


def interval(figure: Figure) -> str:
    """The interval as text, or why there is none."""
    return between(figure.low, figure.high)


def reason(figure: Figure) -> str:
    """Why there is no value, or no interval; empty where both are there, or no interval was asked for."""
    return str(figure.reason or figure.details.get("no_interval") or "")


def title(figure: Figure) -> str:
    """The name of a figure's measure."""
    measure = ALL_MEASURES.get(figure.measure)
    return measure.title if measure else figure.measure


def judged(value: float | None) -> str:
    """What a value of alpha, or the end of an interval, allows, in a word."""
    if value is None:
        return "not known"
    return "reliable" if value >= RELIABLE else "tentative" if value >= TENTATIVE else "too low"


def figure_table(caption: str, first: str, rows: Iterable[tuple[str, Figure]]) -> Iterator[str]:
    """A table of figures; each row has a name, which is HTML already, and its figure."""
    listed = list(rows)
    if not listed:
        return
    least = lowest(figure for _, figure in listed)
    bounds = any(figure.measure in ALPHAS for _, figure in listed)
    head = (
        f'<th scope="col">{first}</th><th scope="col" class="n">Value</th>'
        '<th scope="col" class="n">95% interval</th>'
        f'<th scope="col" class="drawn">{scale(least, bounds=bounds)}</th><th scope="col" class="n">n</th>'
    )
    yield from scrolling(caption, head, (_row(name, figure, least) for name, figure in listed), kind="figures")


def definitions(figures: Iterable[Figure]) -> Iterator[str]:
    """What the measures of some figures are, where they come from and how they are read: folded until asked for."""
    names = [name for name in dict.fromkeys(figure.measure for figure in figures) if name in ALL_MEASURES]
    if not names:
        return
    yield '<details class="measures"><summary>What these measures are, and how they are read</summary>\n<dl>\n'
    for one in (ALL_MEASURES[name] for name in names):
        yield (
            f"<dt>{markup(one.title)}</dt><dd><p>{markup(one.definition)}</p><p>{markup(one.reading)}</p>"
            f'<p class="soft">Source: {markup(one.source)}</p></dd>\n'
        )
    yield (
        '</dl>\n<p class="soft">n counts the articles that had a say. Intervals come from drawing articles anew: '
        "where a line is long, more articles are needed before a value says much.</p></details>\n"
    )


def _row(name: str, figure: Figure, least: float) -> str:
    why = reason(figure)
    note = f'<span class="why">{"no interval: " if figure.value is not None else "no value: "}{markup(why)}</span>'
    return (
        f'<tr><th scope="row">{name}{note if why else ""}</th><td class="n value">{number(figure.value)}</td>'
        f'<td class="n sure">{interval(figure)}</td><td class="drawn">{drawn(figure, least)}</td>'
        f'<td class="n items">{figure.n_items:,}</td></tr>\n'
    )


def drawn(figure: Figure, least: float = 0.0) -> str:
    """A figure on a scale from `least` to 1, with the bounds of alpha where they apply."""
    return bar(figure.value, figure.low, figure.high, least=least, bounds=_bounds(figure))


def scale(least: float, *, bounds: bool) -> str:
    """The scale above drawn figures; with the bounds of alpha, if there are such figures."""
    ticks = [(least, number(least).removesuffix(".00")), *([(0.0, "0")] if least < 0 else []), (1.0, "1")]
    ticks += [(TENTATIVE, ".67"), (RELIABLE, ".80")] if bounds else [(0.5, ".5")]
    return ticked(ticks, least=least)


def _bounds(figure: Figure) -> tuple[float, ...]:
    return (TENTATIVE, RELIABLE) if figure.measure in ALPHAS else ()


def lowest(figures: Iterable[Figure]) -> float:
    """Where the scale of some figures begins: at 0, or at -1/2 or -1 where a figure is below 0."""
    least = min((end for one in figures for end in (one.value, one.low) if end is not None), default=0.0)
    return 0.0 if least >= 0 else -0.5 if least >= -0.5 else -1.0
