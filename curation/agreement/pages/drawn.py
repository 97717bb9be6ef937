"""Figures as rows of a table: the value and its interval as text, and drawn on a scale; and tables to hold them.

Nothing has a style attribute, which the page's policy forbids: places are attributes of SVG.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from curation.agreement.figures import Figure
from curation.agreement.study import ALL_MEASURES
from curation.reports.markup import markup

RELIABLE, TENTATIVE = 0.8, 2 / 3
"""From which alpha on a field is reliable, and from which conclusions are tentative (Krippendorff 2004, p. 241)."""

ALPHAS = frozenset(
    {"krippendorff_alpha", "pair_alpha", "token_alpha", "character_alpha", "u_alpha", "binary_u_alpha", "cu_alpha",
     "ku_alpha"}
)  # fmt: skip
"""The measures to which these bounds apply."""

SHADES = 4


def number(value: float | None) -> str:
    """Two decimals, with a true minus sign; a dash where there is none. What is below 1 is never rounded up to it."""
    if value is None:
        return "–"
    if 0.995 <= value < 1 - 1e-12:
        return f"{value:.3f}" if value < 0.9995 else ">0.999"
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def signed(value: float | None) -> str:
    """A difference with its sign."""
    shown = number(value)
    return f"+{shown}" if value is not None and value >= 0.005 else shown


def interval(figure: Figure) -> str:
    """The interval as text, or why there is none."""
    if figure.low is not None and figure.high is not None:
        return f"{number(figure.low)} to {number(figure.high)}"
    return ""


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


def scrolling(caption: str, head: str, rows: Iterable[str], *, kind: str = "") -> Iterator[str]:
    """A table that scrolls by itself where the window is narrow. `head` and `rows` are HTML, `caption` is text."""
    named = markup(caption)
    yield (
        f'<div class="wide" tabindex="0" role="region" aria-label="{named}"><table class="{kind}">'
        f"<caption>{named}</caption><thead><tr>{head}</tr></thead><tbody>\n"
    )
    yield from rows
    yield "</tbody></table></div>\n"


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


def named(name: str, otherwise: str = "(none)") -> str:
    """A name of the task or of a person as HTML: of its own direction of writing; it may break after _ and +."""
    return f"<bdi>{markup(name).replace('_', '_<wbr>').replace('+', '+<wbr>') or otherwise}</bdi>"


def shade(count: float, of: float) -> int:
    """How dark a cell of a matrix is, by its share `of` what it could be: 0 for nothing, up to `SHADES`."""
    return min(SHADES, 1 + int(SHADES * count / of)) if count and of else 0


def columns(names: Sequence[str], corner: str) -> str:
    """The head of a matrix."""
    cells = "".join(f'<th scope="col" class="n">{named(name)}</th>' for name in names)
    return f'<th scope="col">{corner}</th>{cells}'


def _row(name: str, figure: Figure, least: float) -> str:
    why = reason(figure)
    note = f'<span class="why">{"no interval: " if figure.value is not None else "no value: "}{markup(why)}</span>'
    return (
        f'<tr><th scope="row">{name}{note if why else ""}</th><td class="n value">{number(figure.value)}</td>'
        f'<td class="n sure">{interval(figure)}</td><td class="drawn">{drawn(figure, least)}</td>'
        f'<td class="n items">{figure.n_items:,}</td></tr>\n'
    )


def drawn(figure: Figure, least: float = 0.0) -> str:
    """A figure on a scale from `least` to 1: a line for the interval, a point for the value. Hidden from readers
    aloud, who have the numbers beside it.
    """
    if figure.value is None:
        return ""
    lines = "".join(_upright(bound, least, "bound") for bound in _bounds(figure))
    if figure.low is not None and figure.high is not None:
        left, right = _place(figure.low, least), _place(figure.high, least)
        lines += f'<line class="range" x1="{left}" x2="{right}" y1="50%" y2="50%"/>'
    point = f'<circle class="point" cx="{_place(figure.value, least)}" cy="50%" r="5"/>'
    ground = f'<line class="ground" x1="{_place(least, least)}" x2="{_place(1, least)}" y1="50%" y2="50%"/>'
    return f'<svg class="bar" aria-hidden="true">{ground}{lines}{point}</svg>'


def scale(least: float, *, bounds: bool) -> str:
    """The scale above drawn figures; with the bounds of alpha, if there are such figures."""
    ticks = [(least, number(least).removesuffix(".00")), *([(0.0, "0")] if least < 0 else []), (1.0, "1")]
    ticks += [(TENTATIVE, ".67"), (RELIABLE, ".80")] if bounds else [(0.5, ".5")]
    texts = "".join(f'<text x="{_place(at, least)}" y="75%">{words}</text>' for at, words in ticks)
    return f'<svg class="scale" role="img" aria-label="on a scale from {number(least)} to 1">{texts}</svg>'


def _bounds(figure: Figure) -> tuple[float, ...]:
    return (TENTATIVE, RELIABLE) if figure.measure in ALPHAS else ()


def _upright(value: float, least: float, kind: str) -> str:
    place = _place(value, least)
    return f'<line class="{kind}" x1="{place}" x2="{place}" y1="0" y2="100%"/>'


def _place(value: float, least: float) -> str:
    """Where a value stands, leaving room for a point at either end."""
    share = (max(value, least) - least) / (1 - least)
    return f"{4 + 92 * share:.2f}%"


def lowest(figures: Iterable[Figure]) -> float:
    """Where the scale of some figures begins: at 0, or at -1/2 or -1 where a figure is below 0."""
    least = min((end for one in figures for end in (one.value, one.low) if end is not None), default=0.0)
    return 0.0 if least >= 0 else -0.5 if least >= -0.5 else -1.0
