"""What annotators marked in an article: units of text with a label, nested, overlapping or in several stretches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from curation.matching import Extent, extent
from curation.records import Annotation, Article
from curation.statements import claims

_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """A label on one or several stretches of text, half-open, in code points; stretches that touch become one.

    Raises `ValueError` if it covers nothing or begins before the text.
    """

    extent: Extent
    label: str

    def __post_init__(self) -> None:
        if not self.extent or any(not 0 <= start < end for start, end in self.extent):
            raise ValueError(f"no unit of text: {self.label!r} on {self.extent!r}")
        object.__setattr__(self, "extent", extent(self.extent))

    @classmethod
    def at(cls, start: int, end: int, label: str) -> Unit:
        """A unit of one stretch."""
        return cls(((start, end),), label)

    @property
    def start(self) -> int:
        """Where its first stretch begins."""
        return self.extent[0][0]

    @property
    def end(self) -> int:
        """Where its last stretch ends."""
        return self.extent[-1][1]


@dataclass(frozen=True, slots=True)
class MarkedArticle:
    """An article with the units of everyone who annotated it, by annotator; one who marked nothing has none.

    Raises `ValueError` if a unit ends after the text.
    """

    id: str
    text: str = field(repr=False)
    units: Mapping[str, Sequence[Unit]]

    def __post_init__(self) -> None:
        if any(unit.end > len(self.text) for marked in self.units.values() for unit in marked):
            raise ValueError(f"article {self.id!r}: a unit ends after the text")

    @property
    def n_units(self) -> int:
        """How many units all annotators together marked."""
        return sum(map(len, self.units.values()))

    def only(self, label: str) -> MarkedArticle:
        """The same with the units of one label."""
        kept = {
            annotator: tuple(unit for unit in marked if unit.label == label) for annotator, marked in self.units.items()
        }
        return MarkedArticle(self.id, self.text, kept)


def marked(article: Article, annotations: Iterable[Annotation], continuation: str | None = None) -> MarkedArticle:
    """What annotators marked in an article, one annotation each. Mentions that relations of the label `continuation`
    join are one discontinuous unit, with the label of the first.
    """
    units = {
        one.annotator: tuple(
            Unit(tuple((part.start, part.end) for part in whole), whole[0].label)
            for whole in claims(one, continuation, {mention.label for mention in one.mentions})
        )
        for one in annotations
    }
    return MarkedArticle(article.id, article.text, units)


def tokens(text: str) -> list[tuple[int, int]]:
    r"""Start and end of every token, `\w+|[^\w\s]`: runs of letters, digits and `_`, and single other signs."""
    return [found.span() for found in _TOKEN.finditer(text)]


def annotators(articles: Iterable[MarkedArticle]) -> tuple[str, ...]:
    """Everyone who annotated one of the articles, in order."""
    return tuple(sorted({annotator for article in articles for annotator in article.units}))


def labels(articles: Iterable[MarkedArticle]) -> tuple[str, ...]:
    """Every label that was used, in order."""
    return tuple(sorted({unit.label for one in articles for marked in one.units.values() for unit in marked}))


def pairs(articles: Sequence[MarkedArticle]) -> Iterator[tuple[str, str]]:
    """Every two annotators who have an article in common."""
    for one, other in combinations(annotators(articles), 2):
        if any(one in article.units and other in article.units for article in articles):
            yield one, other
