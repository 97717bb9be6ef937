"""Pictures in SVG: rows of bars and intervals with their words, for reading on a phone as on a screen, light or dark.

A picture is 480 units wide, so that its words can still be read where 340 pixels are left for it. It brings its own
ground, which follows the reader's choice of light or dark along with the ink: what shows it may follow neither. No
fonts are embedded. The same rows give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from unicodedata import east_asian_width

from curation.folders.card import drawn, shown

WIDTH = 480
_LEFT, _RIGHT, _TOP = 16, 464, 16
_LINE = 20
_LIMIT = 44

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a8a8a", "#b8a800")
"""Told apart by most people who do not see all colours (Okabe and Ito 2008), the last two added."""

_STYLE = (
    ".ground{fill:#fff}.ink{fill:#1c1c1e}.soft{fill:#57575c}.line{stroke:#1c1c1e}.faint{stroke:#c9c9cf}.rest{fill:#e7e7ec}"
    "text{font:15px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}.head{font-size:17px;font-weight:600}"
    ".small{font-size:13px}"
    "@media(prefers-color-scheme:dark){.ground{fill:#17181c}.ink{fill:#f2f2f5}.soft{fill:#b3b3bb}.line{stroke:#f2f2f5}"
    ".faint{stroke:#45464d}.rest{fill:#33343a}}"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of words, what stands at its end, and below it a bar of parts, each a share of the whole width."""

    name: str
    end: str
    parts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Whisker:
    """A line of words with a figure, and below it the figure with its interval on an axis."""

    name: str
    value: float
    low: float | None
    high: float | None


def bars(title: str, description: str, rows: Sequence[Bar | str], legend: Sequence[str] = ()) -> str:
    """Rows of bars; a text among the rows is a heading. `legend` names the parts of the bars."""
    body, y = _legend(legend, _head(title))
    for row in rows:
        if isinstance(row, str):
            y += 10
            body.append(_text(_LEFT, y + 14, row, "ink"))
            y += _LINE + 2
            continue
        body.append(_text(_LEFT, y + 14, row.name, "soft", limit=_LIMIT - 2 - len(row.end)))
        body.append(_text(_RIGHT, y + 14, row.end, "ink", at_end=True))
        y += _LINE + 2
        body.append(_rect(_LEFT, y, _RIGHT - _LEFT, "rest"))
        x = float(_LEFT)
        for number, part in enumerate(row.parts):
            wide = part * (_RIGHT - _LEFT)
            if wide >= 0.05:
                body.append(_rect(x, y, wide, colour=COLOURS[number % len(COLOURS)]))
            x += wide
        y += 24
    return _picture(title, description, body, y + 6)


def whiskers(title: str, description: str, rows: Sequence[Whisker]) -> str:
    """Figures with their intervals on one axis, which reaches from 0, or the least below it, to 1."""
    least = min([0.0, *(one.value for one in rows), *(one.low for one in rows if one.low is not None)])
    least = -(-least // 0.25 * -0.25) if least == 0 else (least // 0.25) * 0.25

    def x(number: float) -> float:
        return _LEFT + (number - least) / (1 - least) * (_RIGHT - _LEFT)

    body, y = [], _head(title)
    top = y
    for row in rows:
        body.append(_text(_LEFT, y + 14, row.name, "soft", limit=_LIMIT - 6))
        body.append(_text(_RIGHT, y + 14, f"{row.value:.2f}", "ink", at_end=True))
        y += _LINE + 8
        if row.low is not None and row.high is not None:
            body.append(_stroke(x(row.low), y, x(row.high), y, "line", 2))
            body += [_stroke(x(end), y - 5, x(end), y + 5, "line", 2) for end in (row.low, row.high)]
        body.append(f'<circle cx="{x(row.value):.1f}" cy="{y}" r="5" fill="{COLOURS[0]}"/>')
        y += 18
    ticks = [least + 0.25 * step for step in range(round((1 - least) / 0.25) + 1)]
    grid = [_stroke(x(tick), top, x(tick), y, "faint", 1) for tick in ticks]
    for number, tick in enumerate(ticks):
        anchor = "start" if number == 0 else "end" if number == len(ticks) - 1 else "middle"
        body.append(_text(x(tick), y + 15, f"{tick:.2f}", "soft small", anchor=anchor))
    return _picture(title, description, [*grid, *body], y + 24)


def columns(title: str, description: str, values: Sequence[tuple[str, int]]) -> str:
    """Columns over time; the first and the last are named, and the highest says how many it stands for."""
    y, high = _head(title), 150
    most = max(number for _, number in values)
    step = (_RIGHT - _LEFT) / len(values)
    wide = max(step * 0.8, 0.5)
    body = [_text(_LEFT, y + 14, f"most: {most:,}", "soft small")]
    base = y + _LINE + high
    for place, (_, number) in enumerate(values):
        tall = number / most * high
        x = _LEFT + place * step + (step - wide) / 2
        body.append(
            f'<rect x="{x:.1f}" y="{base - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}" fill="{COLOURS[0]}"/>'
        )
    body.append(_stroke(_LEFT, base, _RIGHT, base, "line", 1))
    body.append(_text(_LEFT, base + 17, values[0][0], "soft small"))
    if len(values) > 1:
        body.append(_text(_RIGHT, base + 17, values[-1][0], "soft small", at_end=True))
    return _picture(title, description, body, base + 26)


def _head(title: str) -> int:
    return _TOP + 22 * len(_lines(title)) + 8


def _lines(title: str) -> list[str]:
    """A title on lines that are no wider than the picture."""
    lines = [""]
    for word in title.split():
        if lines[-1] and len(lines[-1]) + len(word) >= 42:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _legend(names: Sequence[str], y: int) -> tuple[list[str], int]:
    body: list[str] = []
    x = _LEFT
    for number, name in enumerate(names):
        wide = 22 + 8 * min(len(name), 24) + 14
        if x + wide > _RIGHT and x > _LEFT:
            x, y = _LEFT, y + _LINE
        body.append(f'<rect x="{x}" y="{y + 3}" width="13" height="13" fill="{COLOURS[number % len(COLOURS)]}"/>')
        body.append(_text(x + 19, y + 14, name, "soft small", limit=24))
        x += wide
    return body, y + (_LINE + 6 if names else 0)


def _picture(title: str, description: str, body: Sequence[str], height: int) -> str:
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' role="img" aria-labelledby="title desc">',
        f'<title id="title">{drawn(title)}</title>',
        f'<desc id="desc">{drawn(description)}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>',
        *(_text(_LEFT, _TOP + 16 + 22 * number, line, "ink head") for number, line in enumerate(_lines(title))),
        *body,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _text(
    x: float, y: float, text: str, kind: str, *, at_end: bool = False, anchor: str = "", limit: int = _LIMIT
) -> str:
    where = "end" if at_end else anchor
    anchored = f' text-anchor="{where}"' if where and where != "start" else ""
    return f'<text x="{x:.4g}" y="{y:.5g}" class="{kind}"{anchored}>{drawn(_fitting(text, limit))}</text>'


def _fitting(text: str, places: int) -> str:
    """A text that takes at most so many places; signs of Chinese, Japanese and Korean take almost two."""
    line = shown(text, places)
    wide = [1.8 if east_asian_width(sign) in "WF" else 1.0 for sign in line]
    kept = sum(1 for _ in takewhile(lambda reached: reached <= places + 1, accumulate(wide)))
    return line if kept == len(line) else f"{line[:kept].rstrip()}…"


def _rect(x: float, y: int, wide: float, kind: str = "", colour: str = "") -> str:
    filled = f'class="{kind}"' if kind else f'fill="{colour}"'
    return f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="12" {filled}/>'


def _stroke(x: float, y: float, to_x: float, to_y: float, kind: str, width: int) -> str:
    return f'<line x1="{x:.1f}" y1="{y}" x2="{to_x:.1f}" y2="{to_y}" class="{kind}" stroke-width="{width}"/>'
