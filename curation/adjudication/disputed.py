"""Entries of which it is disputed whether they are there: see `unclear`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from curation.adjudication.asked import Item, most
from curation.adjudication.decisions import several
from curation.adjudication.entries import (
    FEW_PEOPLE,
    HALF_AS_MUCH_AGAIN,
    LEAST_APART,
    LEAST_ARTICLES,
    LEAST_SHARE,
    LEVEL,
    Adjusted,
    Confused,
    Entry,
    Test,
    Tests,
)
from curation.adjudication.examples import Kept, Scene
from curation.adjudication.rates import Excluding, oftener
from curation.adjudication.rules import Key
from curation.catalog.codebook import Path
from curation.matching import iou

Seen = tuple[Path, Item, frozenset[str]]
"""An entry, what was asked, and who said that it is there."""


@dataclass(slots=True)
class There:
    """Entries of one kind of which it may be disputed whether they are there."""

    entries_of: dict[Path, Excluding] = field(default_factory=dict)
    question: dict[Path, Key] = field(default_factory=dict)
    votes: Counter[Path] = field(default_factory=Counter)
    open: Counter[Path] = field(default_factory=Counter)
    people: set[str] = field(default_factory=set)
    confused: dict[Path, Counter[str]] = field(default_factory=dict)
    kept: dict[Path, Kept] = field(default_factory=dict)

    def count(self, seen: Iterable[Seen], scene: Scene) -> None:
        """Count an article: each entry, what was asked, and who said that it is there."""
        whole: dict[Path, tuple[float, float]] = {}
        without: dict[Path, dict[str, tuple[float, float]]] = {}
        for path, item, there in seen:
            people = item.said.keys()
            self.people |= people
            self.question[path] = item.question.key
            self.votes[path] += len(there)
            self.open[path] += item.ruling.decision.open
            apart = _disputed(len(there), len(people))
            whole[path] = _plus(whole.get(path), *apart)
            for name in people:
                left = _disputed(len(there - {name}), len(people) - 1)
                change = left[0] - apart[0], left[1] - apart[1]
                of_entry = without.setdefault(path, {})
                of_entry[name] = _plus(of_entry.get(name), *change)
            if apart[0]:
                self.kept.setdefault(path, Kept()).offer(
                    -len(there) * (len(people) - len(there)), scene.article.id, (path, item.ruling.about),
                    partial(scene.example, item, most(item.said), "most"),
                )  # fmt: skip
        for path, counts in whole.items():
            left_of = {name: _plus(counts, *change) for name, change in without[path].items()}
            self.entries_of.setdefault(path, Excluding()).add(*counts, left_of)

    def rivals(self, seen: Iterable[Seen], scene: Scene) -> None:
        """Count marks of which people took one for this label, and others, at the same place, for another."""
        disputed = [(path, people, scene.extent(item)) for path, item, people in seen if len(people) < len(item.said)]
        for place, (path, people, extent) in enumerate(disputed):
            for other, others, beside in disputed[place + 1 :]:
                if other != path and not people & others and iou(extent, beside) >= 0.5:
                    self.confused.setdefault(path, Counter())[other[-1]] += 1
                    self.confused.setdefault(other, Counter())[path[-1]] += 1

    def tests(self) -> Iterator[Test]:
        """Every entry against the others."""
        for path, one in sorted(self.entries_of.items()):
            reason = self._too_little(path)
            usual = self._usual(path, None)
            p = 1.0 if reason else max(self._p(path, name) for name in (None, *sorted(self.people)))
            share = one.whole.x / one.whole.y if one.whole.y else 0.0
            large = share >= HALF_AS_MUCH_AGAIN * usual and share - usual >= LEAST_SHARE
            yield Test((self.question[path], path), one.whole.x, usual * one.whole.y, p, large, reason)

    def entries(self, tests: Tests, adjusted: Adjusted) -> Iterator[Entry]:
        """The entries, from all `tests` and their `adjusted` p-values."""
        votes = sum(each.whole.y for each in self.entries_of.values())
        usual = sum(each.whole.x for each in self.entries_of.values()) / votes if votes else None
        for path, sums in self.entries_of.items():
            test = tests[self.question[path], path]
            p = adjusted.get(test.name)
            rivals = sorted(self.confused.get(path, Counter()).items(), key=lambda each: (-each[1], each[0]))
            yield Entry(
                path=path,
                question=self.question[path],
                votes=self.votes[path],
                articles=sums.whole.articles,
                contested=sums.whole.x / sums.whole.y if sums.whole.y else None,
                usual=usual,
                confusions=tuple(Confused(name, count) for name, count in rivals),
                open=self.open[path],
                unclear=None if test.reason else p is not None and p <= LEVEL and test.large,
                p=p,
                reason=test.reason,
                examples=self.kept[path].examples if path in self.kept else (),
            )

    def _too_little(self, path: Path) -> str | None:
        whole = self.entries_of[path].whole
        if len(self.people) < 3:
            return FEW_PEOPLE
        if len(self.entries_of) < 2:
            return "there is no other entry of its kind to compare it with"
        if whole.y < 2 * LEAST_APART:
            return f"{whole.y:.0f} of the {2 * LEAST_APART} votes that are needed"
        if whole.articles < LEAST_ARTICLES:
            return f"{whole.articles} of the {LEAST_ARTICLES} articles that are needed"
        return None

    def _usual(self, path: Path, without: str | None) -> float:
        """The share that is disputed of the other entries."""
        others = [one.lacking(without) for name, one in self.entries_of.items() if name != path]
        votes = sum(one.y for one in others)
        return sum(one.x for one in others) / votes if votes else 1.0

    def _p(self, path: Path, without: str | None) -> float:
        return oftener(*self.entries_of[path].lacking(without).off(self._usual(path, without)))


def presences(item: Item) -> Iterator[tuple[Key, Path, frozenset[str]]]:
    """The entries which it is a question of whether they are there, their kind, and who said so."""
    question = item.question
    if question.key[0] == "mention":
        yield ("mention",), question.path, frozenset(name for name, said in item.said.items() if said is not None)
    elif question.key[0] == "relation":
        labels = Counter(label for ballot in item.ruling.ballots for label in several(ballot.value))
        first = labels.most_common(2)
        if first and (len(first) == 1 or first[0][1] > first[1][1]):
            drawn = frozenset(name for name, said in item.said.items() if said is not None)
            yield ("relation",), ("Relations", first[0][0]), drawn
    elif question.multiple:
        given = {ballot.annotator: several(ballot.value) for ballot in item.ruling.ballots}
        for value in question.values:
            people = frozenset(name for name, values in given.items() if value in values)
            if people:
                yield question.key, (*question.path, value), people


def _disputed(there: int, of: int) -> tuple[float, float]:
    """The votes whose fellows differ, and all: of no item where nobody says that it is there, or nobody differs."""
    if of < 2 or not there:
        return 0.0, 0.0
    return 2 * there * (of - there) / (of - 1), float(of)


def _plus(one: tuple[float, float] | None, x: float, y: float) -> tuple[float, float]:
    return (one[0] + x, one[1] + y) if one else (x, y)
