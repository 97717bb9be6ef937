"""Entries of a codebook, and whether they are unclear: what every comparison of them has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from curation.adjudication.examples import Example
from curation.adjudication.rules import Key
from curation.catalog.codebook import Path

LEVEL = 0.05
"""The chance that any entry is named without a cause."""

LEAST_APART, LEAST_TOGETHER, LEAST_ARTICLES = 10, 5, 5
"""So many disagreements in a field, so many of them between two values, in so many articles, are needed; and of a
value that is not unclear as many votes as disagreements."""

TENTATIVE = 2 / 3
HALF_AS_MUCH_AGAIN = 1.5
LEAST_SHARE = 0.10

Pair = tuple[str | None, str | None]

FEW_PEOPLE = "with fewer than three annotators, nobody can tell an unclear entry from one who reads it otherwise"


@dataclass(frozen=True, slots=True)
class Confused:
    """An entry with another one, None for nothing: how often an item got both, and how often that is expected.

    `p` is adjusted; None where it was not tested.
    """

    other: str | None
    count: float
    expected: float | None = None
    p: float | None = None
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the codebook. `path` are its headings there, `question` what is asked.

    `contested` is how probable it is that of two votes on an item, of which one is for it, the other is not; `usual` is
    that of all entries of its kind together. `unclear` is None, with the `reason`, where nobody can say. `open` counts
    the questions which it is a rival in. `line` is that of its heading in codebook.md, `wording` what stands below.
    """

    path: Path
    question: Key
    votes: int
    articles: int
    contested: float | None
    usual: float | None
    confusions: tuple[Confused, ...] = ()
    open: int = 0
    unclear: bool | None = None
    p: float | None = None
    reason: str | None = None
    examples: tuple[Example, ...] = ()
    line: int | None = None
    wording: str = ""

    @property
    def name(self) -> str:
        """The last of its headings."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison: what was found and expected, how probable that is, and whether it is large enough to matter."""

    name: tuple[Key, Pair | Path]
    count: float
    expected: float
    p: float
    large: bool
    reason: str | None


Tests = Mapping[tuple[Key, Pair | Path], Test]
Adjusted = Mapping[tuple[Key, Pair | Path], float]
