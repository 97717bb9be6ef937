"""Figures as rows of tables: the value and its interval as text, and drawn on a scale; and tables to hold them.

Nothing has a style attribute, which the policy of pages forbids: places are attributes of SVG.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files

from curation.reports.markup import markup

SHADES = 4


def figures_style() -> str:
    """The look of pages of figures, beside that of all pages."""
    return files("curation.reports").joinpath("figures.css").read_text("utf-8")


def number(value: float | None) -> str:
    """Two decimals, with a true minus sign; a dash where there is none. What is below 1 is never rounded up to it."""
    if value is None:
        return "–"
    if 0.995 <= value < 1 - 1e-12:
        return f"{value:.3f}" if value < 0.9995 else ">0.999"
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def between(low: float | None, high: float | None) -> str:
    """An interval as text; empty where there is none."""
    return f"{number(low)} to {number(high)}" if low is not None and high is not None else ""


def scrolling(caption: str, head: str, rows: Iterable[str], *, kind: str = "") -> Iterator[str]:
    """A table that scrolls by itself where the window is narrow. `head` and `rows` are HTML, `caption` is text."""
    named = markup(caption)
    yield (
        f'<div class="wide" tabindex="0" role="region" aria-label="{named}"><table class="{kind}">'
        f"<caption>{named}</caption><thead><tr>{head}</tr></thead><tbody>\n"
    )
    yield from rows
    yield "</tbody></table></div>\n"


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


def bar(
    value: float | None,
    low: float | None,
    high: float | None,
    *,
    least: float = 0.0,
    bounds: Iterable[float] = (),
) -> str:
    """A figure on a scale from `least` to 1: a line for the interval, a point for the value, and bounds upright.

    Hidden from readers aloud, who have the numbers beside it. Empty where there is no value.
    """
    if value is None:
        return ""
    lines = "".join(_upright(bound, least) for bound in bounds)
    if low is not None and high is not None:
        left, right = _place(low, least), _place(high, least)
        lines += f'<line class="range" x1="{left}" x2="{right}" y1="50%" y2="50%"/>'
    point = f'<circle class="point" cx="{_place(value, least)}" cy="50%" r="5"/>'
    ground = f'<line class="ground" x1="{_place(least, least)}" x2="{_place(1, least)}" y1="50%" y2="50%"/>'
    return f'<svg class="bar" aria-hidden="true">{ground}{lines}{point}</svg>'


def ticked(ticks: Iterable[tuple[float, str]], *, least: float = 0.0) -> str:
    """The scale above bars, with words at places."""
    texts = "".join(f'<text x="{_place(at, least)}" y="75%">{words}</text>' for at, words in ticks)
    return f'<svg class="scale" role="img" aria-label="on a scale from {number(least)} to 1">{texts}</svg>'


def _upright(value: float, least: float) -> str:
    place = _place(value, least)
    return f'<line class="bound" x1="{place}" x2="{place}" y1="0" y2="100%"/>'


def _place(value: float, least: float) -> str:
    """Where a value stands, leaving room for a point at either end."""
    share = (max(value, least) - least) / (1 - least)
    return f"{4 + 92 * share:.2f}%"
