"""What dataset cards have in common: the Hub's categories of size, and texts of others in Markdown and SVG.

Whatever such a text holds, it is shown and does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

LIMIT = 80
"""So many characters of a name a table shows."""

# Signs that no text needs to be read and that move what stands around it, or end it: controls, lone halves of
# surrogate pairs, line separators, the marks of writing direction, byte order marks.
_UNSHOWN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff0-\ufffb]+"
)
# An underline between letters does nothing, and names are full of them.
_MARKED = re.compile(r"([\\`*\[\]|~$#@]|(?<![^\W_])_|_(?![^\W_]))")
# At the beginning of a line these begin a list, or are a rule or the line below a heading.
_LEADING = re.compile(r"^([-+=])(?=\s|$|\1)|^(\d+)([.)])(?=\s|$)")
# What becomes a link without being marked as one.
_LINKED = re.compile(r"(:)(?=//)|(?<=[Ww]{3})(\.)")

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
_LARGER = "100M<n<1B"


def size_category(rows: int) -> str:
    """How the Hub calls a dataset with so many rows."""
    return next((name for bound, name in _SIZES if rows < bound), _LARGER)


def shown(text: str, limit: int | None = None) -> str:
    """A text on one line without signs that cannot be seen, cut off behind `limit` characters."""
    line = " ".join(_UNSHOWN.sub(" ", text[: limit and 4 * limit]).split())
    return line if limit is None or (len(line) <= limit and len(text) <= 4 * limit) else f"{line[:limit].rstrip()}…"


def inert(text: str, limit: int | None = None) -> str:
    """A text as Markdown that shows it as it is, wherever in a line it stands, cut off behind `limit` characters."""
    marked = _MARKED.sub(r"\\\1", escape(shown(text, limit), quote=False))
    return _LINKED.sub(_unlinked, _LEADING.sub(_unled, marked))


def table(
    head: Sequence[str], rows: Iterable[Sequence[object]], *, right: int | None = None, limit: int = LIMIT
) -> str:
    """A table in Markdown whose cells are texts, empty without rows; the columns from `right` on are flush right."""
    lines = [[inert(str(cell), limit) for cell in row] for row in rows]
    if not lines:
        return ""
    rule = ["---:" if right is not None and number >= right else "---" for number in range(len(head))]
    return "\n".join(f"| {' | '.join(line)} |" for line in ([inert(one, LIMIT) for one in head], rule, *lines))


def drawn(text: str) -> str:
    """A text for the inside of an XML element."""
    return escape(shown(text), quote=True)


def _unled(found: re.Match[str]) -> str:
    return rf"\{found[1]}" if found[1] else rf"{found[2]}\{found[3]}"


def _unlinked(found: re.Match[str]) -> str:
    return rf"\{found[1] or found[2]}"
