"""Values of a field that are taken for one another: see `unclear`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations

from curation.adjudication.asked import Item, Question, most
from curation.adjudication.entries import (
    FEW_PEOPLE,
    HALF_AS_MUCH_AGAIN,
    LEAST_APART,
    LEAST_ARTICLES,
    LEAST_SHARE,
    LEAST_TOGETHER,
    LEVEL,
    TENTATIVE,
    Adjusted,
    Confused,
    Entry,
    Pair,
    Test,
    Tests,
)
from curation.adjudication.examples import SHOWN, Example, Kept, Scene
from curation.adjudication.rates import Excluding, Sums, oftener
from curation.adjudication.reliability import known


@dataclass(slots=True)
class Values:
    """A field that takes one of several values: what was given, and what met what. Grows with values and people."""

    question: Question
    apart: Excluding = field(default_factory=Excluding)
    met: dict[Pair, Excluding] = field(default_factory=dict)
    given: Counter[str | None] = field(default_factory=Counter)
    own: dict[str, Counter[str | None]] = field(default_factory=dict)
    contested: dict[str | None, float] = field(default_factory=dict)
    articles: Counter[str | None] = field(default_factory=Counter)
    open: Counter[str | None] = field(default_factory=Counter)
    kept: dict[Pair, Kept] = field(default_factory=dict)

    def count(self, items: Sequence[Item], scene: Scene) -> None:
        """Count what was said in an article."""
        whole, changes = _Met(), dict[str, _Met]()
        seen: set[str | None] = set()
        for item in items:
            said = {name: known(self.question, value) for name, value in item.said.items()}
            if item.ruling.decision.open:
                self.open.update(known(self.question, value) for value in item.ruling.decision.undecided)
            if len(said) < 2:
                continue
            counts = Counter(said.values())
            seen.update(counts)
            whole.add(counts, 1)
            for name, value in said.items():
                self.own.setdefault(name, Counter())[value] += 1
                # What is left without somebody is a change to the whole: they had no part in all items.
                change = changes.setdefault(name, _Met())
                change.add(counts, -1)
                change.add(counts - Counter({value: 1}), 1)
            self._met(item, counts, scene)
        self.articles.update(seen)
        left = {name: whole.with_(change) for name, change in changes.items()}
        self.apart.add(whole.apart, whole.votes, {name: (one.apart, one.votes) for name, one in left.items()})
        for pair, weight in whole.pairs.items():
            without = {name: (one.pairs[pair], one.apart) for name, one in left.items()}
            self.met.setdefault(pair, Excluding()).add(weight, whole.apart, without)

    def _met(self, item: Item, counts: Counter[str | None], scene: Scene) -> None:
        """Count which values met on an item, which is an example of it."""
        self.given.update(counts)
        for (one, other), weight in _meetings(counts):
            self.contested[one] = self.contested.get(one, 0.0) + weight
            self.contested[other] = self.contested.get(other, 0.0) + weight
            self.kept.setdefault((one, other), Kept()).offer(
                -counts[one] * counts[other],
                scene.article.id,
                (self.question.key, item.ruling.about),
                partial(scene.example, item, most(item.said), "most"),
            )

    def tests(self) -> Iterator[Test]:
        """Every two values that were given."""
        reason = self._too_little()
        for pair in combinations(self._values(), 2):
            expected = self._share_of(pair, None) * self._sums(pair, None).y if self.given else 0.0
            p = 1.0 if reason else max(self._p(pair, name) for name in (None, *sorted(self.own)))
            count = self.met[pair].whole.x if pair in self.met else 0.0
            rarer = min(self.given[value] for value in pair)
            large = count >= LEAST_TOGETHER and count >= LEAST_SHARE * rarer
            large = large and (len(self.given) == 2 or count >= HALF_AS_MUCH_AGAIN * expected)
            yield Test((self.question.key, pair), count, expected, p, large, reason)

    def entries(self, tests: Tests, adjusted: Adjusted) -> Iterator[Entry]:
        """The entries of the values, from all `tests` and their `adjusted` p-values."""
        whole = self.apart.whole
        usual = 2 * whole.x / whole.y if whole.y else None
        key = self.question.key
        for value in self.question.values:
            if value not in self.given:
                continue
            met = self._confusions(value, tests, adjusted)
            named = [each for each in met if each.unclear]
            reason = self._too_little() if met else "no other value is given"
            if not reason and not named and self.given[value] < LEAST_APART:
                reason = f"{self.given[value]} of the {LEAST_APART} votes that are needed"
            yield Entry(
                path=("Relations", value) if key[0] == "label" else (*self.question.path, value),
                question=key,
                votes=self.given[value],
                articles=self.articles[value],
                contested=self.contested.get(value, 0.0) / self.given[value],
                usual=usual,
                confusions=tuple(each for each in met if each.count),
                open=self.open[value],
                unclear=None if reason else bool(named),
                p=min((each.p for each in met if each.p is not None), default=None),
                reason=reason,
                examples=self._examples(value, named or met[:1]),
            )

    def _confusions(self, value: str, tests: Tests, adjusted: Adjusted) -> list[Confused]:
        """What a value is taken for: what makes it unclear first, then what it meets most often."""
        found = []
        for other in self._values():
            pair: Pair = (other, value) if (self.question.key, (other, value)) in tests else (value, other)
            test = tests.get((self.question.key, pair))
            if test is not None:
                p = adjusted.get(test.name)
                named = p is not None and p <= LEVEL and test.large
                found.append(Confused(other, test.count, None if test.reason else test.expected, p, named))
        return sorted(found, key=lambda met: (not met.unclear, -round(met.count, 6), str(met.other)))

    def _examples(self, value: str, confusions: Sequence[Confused]) -> tuple[Example, ...]:
        pairs = [pair for met in confusions for pair in ((value, met.other), (met.other, value))]
        found = [example for pair in pairs if pair in self.kept for example in self.kept[pair].examples]
        return tuple(found[:SHOWN])

    def _values(self) -> list[str | None]:
        """The values that were given, and nothing, in the order in which pairs have them; unlisted ones stay out."""
        return _sorted(value for value in self.given if value is None or value in self.question.values)

    def _too_little(self) -> str | None:
        whole = self.apart.whole
        if len(self.own) < 3:
            return FEW_PEOPLE
        if len(self.given) == 2 and whole.articles >= LEAST_ARTICLES and whole.y >= 2 * LEAST_APART:
            return None
        if whole.x < LEAST_APART:
            return f"{whole.x:.0f} of the {LEAST_APART} disagreements that are needed"
        if whole.articles < LEAST_ARTICLES:
            return f"{whole.articles} of the {LEAST_ARTICLES} articles that are needed"
        return None

    def _shares(self, without: str | None) -> dict[str | None, float]:
        left = self.given - self.own[without] if without is not None else self.given
        total = left.total()
        return {value: count / total for value, count in left.items()} if total else {}

    def _share_of(self, pair: Pair, without: str | None) -> float:
        """Of the disagreement in the field, or of the votes where there are two values alone, the part expected."""
        shares = self._shares(without)
        one, other = (shares.get(value, 0.0) for value in pair)
        if len(self.given) == 2:
            return (1 - TENTATIVE) * one * other
        by_chance = 1 - sum(share**2 for share in shares.values())
        return max(2 * one * other / by_chance if by_chance else 0.0, (one + other) / max(len(shares) - 1, 1))

    def _sums(self, pair: Pair, without: str | None) -> Sums:
        apart = self.apart.lacking(without)
        if len(self.given) == 2:
            return apart
        met = self.met[pair].lacking(without) if pair in self.met else Sums()
        return Sums(apart.articles, met.x, apart.x, met.xx, met.xy, apart.xx)

    def _p(self, pair: Pair, without: str | None) -> float:
        return oftener(*self._sums(pair, without).off(self._share_of(pair, without)))


@dataclass(slots=True)
class _Met:
    """Votes of an article, how many of them are apart, and by which two values."""

    votes: float = 0.0
    apart: float = 0.0
    pairs: dict[Pair, float] = field(default_factory=dict)

    def add(self, counts: Counter[str | None], sign: int) -> None:
        if counts.total() > 1:
            self.votes += sign * counts.total()
            for pair, weight in _meetings(counts):
                self.apart += sign * weight
                self.pairs[pair] = self.pairs.get(pair, 0.0) + sign * weight

    def with_(self, change: _Met) -> _Met:
        both = {pair: self.pairs.get(pair, 0.0) + change.pairs.get(pair, 0.0) for pair in self.pairs}
        return _Met(self.votes + change.votes, self.apart + change.apart, both)


def _meetings(counts: Counter[str | None]) -> Iterator[tuple[Pair, float]]:
    """Every two values that an item got, in one order, with the weight that this has."""
    for one, other in combinations(_sorted(counts), 2):
        yield (one, other), counts[one] * counts[other] / (counts.total() - 1)


def _sorted(values: Iterable[str | None]) -> list[str | None]:
    return sorted(values, key=lambda value: (value is None, value or ""))
