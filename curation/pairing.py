"""Which marks of two annotators are the same one: by label and overlap, and stacked ones by what is said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

from curation.matching import LEAST, SLIGHT, Extent, extent, iou, matched
from curation.records import Annotation
from curation.statements import Claim, claims

_RELATIONS, _ID = 1e-2, 1e-4


@dataclass(frozen=True, slots=True)
class Same:
    """A mark of one annotator and that of another, each as the fragments that it consists of.

    `overlap` is their intersection over union, `alike` how far they say the same, from 0 to about 1.
    """

    mine: Claim
    yours: Claim
    overlap: float
    alike: Callable[[], float]

    @property
    def worth(self) -> float:
        """The overlap, and next to nothing more the more alike they are."""
        return self.overlap + SLIGHT * self.alike()


def paired(
    one: Annotation,
    other: Annotation,
    *,
    continuation: str | None = None,
    labels: Collection[str] = (),
    least: float = LEAST,
) -> Iterator[Same]:
    """The marks that two annotations of an article both have, label by label, in the order of the text of `one`.

    Marks are paired one-to-one, so that their overlaps have the largest sum; none is below `least`. Of stacked marks,
    which overlap equally, those with the same attributes belong together, then those with the same relations, then
    those of one id. Marks with one of `labels` that relations of the label `continuation` join are fragments of one,
    which has the label of the first.
    """
    mine, yours = (_Told(each, continuation, labels) for each in (one, other))
    for label, ours in mine.by_label.items():
        theirs = yours.by_label.get(label, [])
        left, right = ([covered(whole) for whole in side] for side in (ours, theirs))
        alike = partial(_likeness, mine, yours, label)
        for row, column in matched(left, right, least=least, alike=alike):
            overlap = iou(left[row], right[column])
            yield Same(ours[row], theirs[column], overlap, partial(alike, row, column))


def marks(annotation: Annotation, continuation: str | None, labels: Collection[str]) -> list[Claim]:
    """The marks of an annotation, each as its fragments, in the order of the text; see `paired`."""
    single = [(mention,) for mention in annotation.mentions if mention.label not in labels]
    return sorted((*claims(annotation, continuation, labels), *single), key=_place)


def covered(whole: Claim) -> Extent:
    """The text that a mark covers."""
    return extent((fragment.start, fragment.end) for fragment in whole)


class _Told:
    """The marks of an annotation by label, and what is said of each."""

    def __init__(self, annotation: Annotation, continuation: str | None, labels: Collection[str]) -> None:
        self._annotation = annotation
        self.by_label: dict[str, list[Claim]] = {}
        for whole in marks(annotation, continuation, labels):
            self.by_label.setdefault(whole[0].label, []).append(whole)

    def drawn(self, whole: Claim) -> Counter[object]:
        """The relations of a mark, of all its fragments."""
        return sum((self._relations.get(fragment.id, Counter()) for fragment in whole), Counter[object]())

    @cached_property
    def _relations(self) -> dict[str, Counter[object]]:
        """By mention: the relations that it has, told by label, direction and what stands at the other end."""
        mentions = {mention.id: mention for mention in self._annotation.mentions}
        found: dict[str, Counter[object]] = {}
        for relation in self._annotation.relations:
            source, target = mentions.get(relation.source), mentions.get(relation.target)
            if source and target:
                there = "to", relation.label, target.label, target.start, target.end
                back = "from", relation.label, source.label, source.start, source.end
                found.setdefault(source.id, Counter())[there] += 1
                found.setdefault(target.id, Counter())[back] += 1
        return found


def _likeness(mine: _Told, yours: _Told, label: str, row: int, column: int) -> float:
    """How far two marks are alike beside their place: mostly by their attributes, from 0 to about 1."""
    one, other = mine.by_label[label][row], yours.by_label[label][column]
    return (
        _common(_said(one), _said(other))
        + _RELATIONS * _common(mine.drawn(one), yours.drawn(other))
        + _ID * (one[0].id == other[0].id)
    )


def _place(whole: Claim) -> tuple[int, int, str]:
    return whole[0].start, whole[0].end, whole[0].id


def _said(whole: Claim) -> Counter[object]:
    """The values of a mark's attributes."""
    return Counter(
        (name, each)
        for fragment in whole
        for name, value in fragment.attributes.items()
        for each in ((value,) if isinstance(value, str) else value)
    )


def _common(one: Counter[object], other: Counter[object]) -> float:
    """Dice's coefficient of two bags; two empty ones are the same."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0
