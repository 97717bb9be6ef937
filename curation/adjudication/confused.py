"""Values of a field that are taken for one another: see `unclear`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

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
from curation.adjudication.examples import Example, Kept, Scene
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
    contested: Counter[str | None] = field(default_factory=Counter)
    articles: Counter[str | None] = field(default_factory=Counter)
    open: Counter[str | None] = field(default_factory=Counter)
    kept: dict[Pair, Kept] = field(default_factory=dict)

    def count(self, items: Sequence[Item], scene: Scene) -> None:
        """Count what was said in an article."""
        whole, without = _Met(), dict[str, _Met]()
        seen: set[str | None] = set()
        for item in items:
            said = {name: known(self.question, value) for name, value in item.said.items()}
            if item.ruling.decision.open:
                self.open.update(known(self.question, value) for value in item.ruling.decision.undecided)
            if len(said) < 2:
                continue
            counts = Counter(said.values())
            seen.update(counts)
            self.given.update(counts)
            for name, value in said.items():
                self.own.setdefault(name, Counter())[value] += 1
            whole.add(counts, 1)
            for name, value in said.items():
                # What is left is counted as a change to the whole, which also has what the annotator is not in.
                less = without.setdefault(name, _Met())
                less.add(counts, -1)
                less.add(counts - Counter({value: 1}), 1)
            for (one, other), weight in _meetings(counts):
                self.contested[one] += weight  # type: ignore[assignment]
                self.contested[other] += weight  # type: ignore[assignment]
                about = (self.question.key, item.ruling.about)
                self.kept.setdefault((one, other), Kept()).offer(
                    -counts[one] * counts[other], scene.article.id, about,
                    partial(scene.example, item, most(item.said), "most"),
                )  # fmt: skip
        self.articles.update(seen)
        left = {name: whole.with_(change) for name, change in without.items()}
        self.apart.add(whole.apart, whole.votes, {name: (one.apart, one.votes) for name, one in left.items()})
        for pair in whole.pairs:
            self.met.setdefault(pair, Excluding()).add(
                whole.pairs[pair],
                whole.apart,
                {name: (one.pairs.get(pair, 0), one.apart) for name, one in left.items()},
            )

    def tests(self) -> Iterator[Test]:
        """Every two values that were given."""
        values = _sorted(self.given, self.question)
        whole = self.apart.whole
        for place, one in enumerate(values):
            for other in values[place + 1 :]:
                pair = (one, other)
                expected, p = self._expected(pair, None) if whole.y else 0.0, 1.0
                reason = self.too_little()
                if not reason:
                    p = max(self._p(pair, name) for name in (None, *sorted(self.own)))
                count = self.met[pair].whole.x if pair in self.met else 0.0
                rarer = min(self.given[one], self.given[other])
                large = count >= LEAST_TOGETHER and count >= LEAST_SHARE * rarer
                large = large and (len(self.given) == 2 or count >= HALF_AS_MUCH_AGAIN * expected)
                yield Test((self.question.key, pair), count, expected, p, large, reason)

    def too_little(self) -> str | None:
        """Why nothing can be said of its values, if so."""
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

    def _expected(self, pair: Pair, without: str | None) -> float:
        return self._share_of(pair, without) * self._sums(pair, without).y

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


def entries_of_values(one: Values, tests: Tests, adjusted: Adjusted) -> Iterator[Entry]:
    key = one.question.key
    values = _sorted(one.given, one.question)
    both = [value for value in one.question.values if value in one.given]
    usual = one.apart.whole.x * 2 / one.apart.whole.y if one.apart.whole.y else None
    for value in both:
        pairs = [
            (left, right)
            for left in values
            for right in values
            if value in (left, right) and (key, (left, right)) in tests
        ]
        confusions = []
        for pair in pairs:
            test = tests[key, pair]
            p = adjusted.get(test.name)
            other = pair[1] if pair[0] == value else pair[0]
            is_named = p is not None and p <= LEVEL and test.large
            confusions.append(Confused(other, test.count, None if test.reason else test.expected, p, is_named))
        confusions.sort(key=lambda met: (not met.unclear, -round(met.count, 6), str(met.other)))
        reason = one.too_little() if pairs else "no other value is given"
        path = ("Relations", value) if key[0] == "label" else (*one.question.path, value)
        named = [met for met in confusions if met.unclear]
        yield Entry(
            path, key, one.given[value], one.articles[value], one.contested[value] / one.given[value], usual,
            tuple(met for met in confusions if met.count or met.unclear), one.open[value],
            None if reason else bool(named), min((met.p for met in confusions if met.p is not None), default=None),
            reason, _examples(one, value, named or confusions[:1]),
        )  # fmt: skip


def _examples(one: Values, value: str, confusions: Sequence[Confused]) -> tuple[Example, ...]:
    found = [
        example
        for met in confusions
        for pair in ((value, met.other), (met.other, value))
        for example in (one.kept[pair].examples if pair in one.kept else ())
    ]
    return tuple(found[:3])


def _meetings(counts: Counter[str | None]) -> Iterator[tuple[Pair, float]]:
    """Every two values that an item got, in one order, with the weight that this has."""
    values = sorted(counts, key=lambda value: (value is None, value or ""))
    total = counts.total()
    for place, one in enumerate(values):
        for other in values[place + 1 :]:
            yield (one, other), counts[one] * counts[other] / (total - 1)


def _sorted(given: Iterable[str | None], question: Question) -> list[str | None]:
    """The values that were given, and nothing, in the order in which pairs have them; unlisted ones stay out."""
    return sorted(
        (value for value in given if value is None or value in question.values),
        key=lambda value: (value is None, value or ""),
    )
