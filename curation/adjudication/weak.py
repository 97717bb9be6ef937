"""Which annotators are weak in what: those whom most others contradict oftener than they contradict each other.

An annotator is named if, on the items of three votes or more where most said the same,

1. they were asked at least 20 times in at least 5 articles,
2. they were off at least 5 in 100 times oftener than the others were on the very same items, and
3. that is no luck: if all voters of an item were alike, each would be as likely as the others to be the one who is off.
   Given how many were off on each item, the expected number and its spread follow. The p-value is adjusted by Holm's
   method over all annotators and questions, so that with 95% probability nobody at all is named without a cause.

Who was given hard articles is thus not compared with who was given easy ones, and all votes count alike, whatever the
rule. Where experts decided, the same is asked of the errors against them, article by article: then two annotators are
enough, and both families are adjusted as one. Intervals that do not overlap would be no such rule: they compare people
on different items, and take votes on one article as independent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from curation.adjudication.examples import Example
from curation.adjudication.rates import Deviation, holm
from curation.adjudication.reliability import Account, Accounts, Against
from curation.adjudication.rules import Key

LEVEL = 0.05
"""The chance that anybody is named without a cause."""

LEAST_VOTES, LEAST_ARTICLES, LEAST_DIFFERENCE = 20, 5, 0.05

_SYSTEMATIC = 5


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often somebody said one value where another was decided, of all the times that they were off."""

    said: str | None
    decided: str | None
    count: int
    of: int

    @property
    def systematic(self) -> bool:
        """Whether it is half of all that is off or more, and at least 5 times."""
        return self.count >= _SYSTEMATIC and 2 * self.count >= self.of


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an annotator is weak in a kind of question, by the `others` or by `gold`; None where nobody can say.

    Of `n` they were `off` so often, and the others on the same items `others`, which is no whole number. `p` is
    adjusted. `confusions` are what they took for what, the most frequent first.
    """

    question: Key
    annotator: str
    by: str
    weak: bool | None
    n: int = 0
    articles: int = 0
    off: int = 0
    others: float = 0.0
    p: float | None = None
    reason: str | None = None
    confusions: tuple[Confusion, ...] = ()
    examples: tuple[Example, ...] = ()


def judged(accounts: Accounts) -> tuple[Judgement, ...]:
    """All judgements, those on the weak first: the largest difference to the others leads."""
    found = [one for (key, name), account in sorted(accounts.of.items()) for one in _judgements(key, name, account)]
    asked = [place for place, one in enumerate(found) if one.p is not None]
    adjusted = holm([found[place].p or 0.0 for place in asked])
    for place, p in zip(asked, adjusted, strict=True):
        one = found[place]
        found[place] = replace(one, p=p, weak=p <= LEVEL and one.off - one.others >= LEAST_DIFFERENCE * one.n)
    return tuple(
        sorted(found, key=lambda one: (not one.weak, -round(_difference(one), 9), one.question, one.annotator, one.by))
    )


def _judgements(key: Key, annotator: str, account: Account) -> Iterator[Judgement]:
    yield _judgement(key, annotator, "others", account.others, account.by_most.examples)
    if account.gold.agreed.y:
        yield _judgement(key, annotator, "gold", account.gold, account.by_gold.examples)


def _judgement(key: Key, annotator: str, by: str, against: Against, examples: tuple[Example, ...]) -> Judgement:
    one = against.deviation
    made = Judgement(
        key, annotator, by, None, round(one.n), one.articles, round(one.off), one.others,
        confusions=_confusions(against), examples=examples,
    )  # fmt: skip
    why = _too_little(one, by)
    return replace(made, reason=why) if why else replace(made, p=one.p_value())


def _too_little(one: Deviation, by: str) -> str | None:
    if not one.n:
        if by == "gold":
            return "no expert decided an article that another annotator had too"
        return "on no item with three votes or more did most say the same"
    if one.n < LEAST_VOTES:
        return f"{one.n:.0f} of the {LEAST_VOTES} votes that are needed"
    if one.articles < LEAST_ARTICLES:
        return f"{one.articles} of the {LEAST_ARTICLES} articles that are needed"
    return None


def _confusions(against: Against) -> tuple[Confusion, ...]:
    ranked = sorted(against.apart.items(), key=lambda one: (-one[1], str(one[0])))
    total = against.apart.total()
    return tuple(Confusion(said, decided, count, total) for (said, decided), count in ranked[:3])


def _difference(one: Judgement) -> float:
    return (one.off - one.others) / one.n if one.n else 0.0
