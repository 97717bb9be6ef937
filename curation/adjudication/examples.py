"""A few examples of what was said: the marked text with what is around it, who said what, and what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from curation.adjudication.asked import Item
from curation.matching import Extent, extent
from curation.records import Annotation, Article, Finding, Mention
from curation.reports.excerpts import Mark, Marked, Piece, excerpt
from curation.reports.wording import shortened

SHOWN = 3
"""So many examples are kept of each thing that is told."""

_QUOTED = 160


@dataclass(frozen=True, slots=True)
class Example:
    """A question on one article. `pieces` are the text, of which what it is about is `meant`.

    `said` is what each annotator said, sorted by name; None is nothing. `decided` is what `by` made of it: the most of
    all who were asked, or an expert; `is_open` where nothing came of it.
    """

    article_id: str
    title: str | None
    pieces: tuple[Piece, ...]
    said: tuple[tuple[str, str | None], ...]
    decided: str | None
    is_open: bool
    by: str

    @property
    def text(self) -> str:
        """The text on one line, what it is about between » and «."""
        return "".join(
            " […] " if piece.left_out else f"»{piece.text}«" if piece.meant else piece.text for piece in self.pieces
        ).replace("«»", "")


@dataclass(slots=True)
class Kept:
    """The few examples that come first by their rank, one an article, whatever the order in which they come."""

    limit: int = SHOWN
    _kept: list[tuple[tuple[float, str], str, Example]] = field(default_factory=list)

    def offer(self, rank: float, article_id: str, name: object, make: Callable[[], Example]) -> None:
        """Keep what `make` makes if it is among the first: by the least `rank`, then as if drawn by lot."""
        lot = hashlib.blake2b(f"{article_id}\0{name}".encode(errors="surrogatepass"), digest_size=8).hexdigest()
        key = (rank, lot)
        same = next((place for place, kept in enumerate(self._kept) if kept[1] == article_id), None)
        if same is not None:
            if key >= self._kept[same][0]:
                return
            del self._kept[same]
        elif len(self._kept) == self.limit and key >= self._kept[-1][0]:
            return
        self._kept.append((key, article_id, make()))
        self._kept.sort(key=lambda kept: kept[0])
        del self._kept[self.limit :]

    @property
    def examples(self) -> tuple[Example, ...]:
        """Those that were kept, the first first."""
        return tuple(example for *_, example in self._kept)


@dataclass(frozen=True, slots=True)
class Scene:
    """An article and its annotations, of which examples are made."""

    article: Article
    annotations: Mapping[str, Annotation]

    @classmethod
    def of(cls, article: Article, annotations: Sequence[Annotation]) -> Scene:
        """An article with its annotations by their ids."""
        return cls(article, {one.id: one for one in annotations})

    def example(self, item: Item, decided: tuple[bool, str | None], by: str) -> Example:
        """An item as an example."""
        said = sorted((name, self.shown(item, value)) for name, value in item.said.items())
        return Example(
            self.article.id, shortened(self.article.title or "", _QUOTED) or None, self.pieces(item), tuple(said),
            self.shown(item, decided[1]), not decided[0], by,
        )  # fmt: skip

    def shown(self, item: Item, value: str | None) -> str | None:
        """A value as people read it: boundaries as the words between them."""
        if value is None or item.question.key[0] != "boundaries":
            return None if value is None else shortened(value, _QUOTED)
        start, end = map(int, value.split(":"))
        words = self.article.text[start:end]
        if len(words) > _QUOTED:
            half = _QUOTED // 2
            return f"{words[:half].rstrip()} […] {words[-half:].lstrip()}"
        return shortened(words, _QUOTED)

    def pieces(self, item: Item) -> tuple[Piece, ...]:
        """The text around what an item is about; of an item on the whole article, its beginning."""
        found = self._ends(item)
        marks = tuple(
            Mark(str(place), mentions[0].label, min(m.start for m in mentions), max(m.end for m in mentions))
            for place, mentions in enumerate(found)
        )
        arrows = (("0", "1", None),) if len(marks) == 2 else ()
        pointer = "/relations/0" if arrows else "/mentions/0" if marks else None
        about = Finding("", "warning", "", "", json_pointer=pointer)
        return excerpt(about, self.article.text, Marked(marks, arrows)).pieces

    def extent(self, item: Item) -> Extent:
        """The characters that any version of a mention takes in."""
        return extent((mark.start, mark.end) for mark in self._ends(item)[0])

    def _ends(self, item: Item) -> list[list[Mention]]:
        """What an item is about: the versions of a mention, or of a relation one version of both ends."""
        if item.question.key[0] == "choice":
            return []
        for source in item.ruling.sources:
            if source.relation is not None:
                own = self.annotations[source.annotation]
                ends = (own.mention(source.relation.source), own.mention(source.relation.target))
                return [[end] for end in ends if end is not None]
        found = (self.annotations[one.annotation].mention(one.mention or "") for one in item.ruling.sources)
        return [[mark for mark in found if mark is not None]]
