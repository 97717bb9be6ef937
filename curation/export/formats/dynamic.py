"""Networks of several windows as one whose nodes and edges come and go, for programs that play it along a time line.

Source: GEXF 1.2draft, chapter Dynamics (spells, and attributes with a time); Gephi takes the edges' attribute of the
reserved id `weight` for their weight at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from networkx import MultiGraph

# What an edge is, whenever it is there; all else that is known of it holds in one window.
_LASTING = ("stance", "relation", "sign")
_WEIGHT = "weight_at_a_time"
_DECLARED = re.compile(f'<attribute id="(\\d+)" title="{_WEIGHT}"')
_DAY = timedelta(days=1)

Spell = tuple[str, str]
"""The first and the last day of a window, in ISO 8601."""


def spell(window: Callable[[date], str], day: date) -> Spell:
    """The window that a day is in."""
    first = last = day
    while first > date.min and window(first - _DAY) == window(day):
        first -= _DAY
    while last < date.max and window(last + _DAY) == window(day):
        last += _DAY
    return first.isoformat(), last.isoformat()


def extend(whole: MultiGraph, part: MultiGraph, when: Spell) -> None:
    """Add the network of a window to that of all."""
    for node, told in part.nodes(data=True):
        if node not in whole:
            whole.add_node(node, **told, spells=[])
        whole.nodes[node]["spells"].append(when)
    for one, other, told in part.edges(data=True):
        key = told.get("stance") or told["relation"]
        if not whole.has_edge(one, other, key):
            lasting = {name: told[name] for name in _LASTING if name in told}
            whole.add_edge(one, other, key=key, **lasting, spells=[])
        held = whole.edges[one, other, key]
        held["spells"].append(when)
        for name, value in told.items():
            if name not in _LASTING:
                held.setdefault(_WEIGHT if name == "weight" else name, []).append((value, *when))


def weighted(text: str) -> str:
    """The GEXF of such a network with the reserved id for weights, for which networkx takes but one number."""
    declared = _DECLARED.search(text)
    if declared is None:
        return text
    text = text.replace(declared[0], '<attribute id="weight" title="weight"', 1)
    return text.replace(f' for="{declared[1]}" ', ' for="weight" ')
