"""How reliable each annotator is, by kind of question: by what the others said, by an expert, by the models.

Nobody is compared with themselves: what the others said is what the rule makes of their votes alone. A model that was
fitted decides on them too; its parameters were estimated from all votes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from curation.adjudication.asked import Item, Question
from curation.adjudication.examples import Kept, Scene
from curation.adjudication.fits import Fit
from curation.adjudication.rates import Deviation, Rate, Sums
from curation.adjudication.rules import Key
from curation.adjudication.votes import EMPTY

Cells = Mapping[tuple[str | None, str | None], int]
"""Counts of what was said and what was decided."""

_NOTHING = Rate(None, reason="there is nothing to compare")
_OTHER = "(another value)"


@dataclass(frozen=True, slots=True)
class Compared:
    """An annotator compared with what others decided, or with an expert.

    `agreement` is the share of votes equal to the decision. `chance` is the share that would be equal if what the
    annotator said and what was decided had nothing to do with each other (Cohen 1960), `kappa` how far beyond it they
    are, from 1 down; None with `no_chance` as the reason. `precision`, `recall` and `f1` are of marks and relations.
    `cells` counts (said, decided) of fields that have listed values.
    """

    agreement: Rate
    chance: float | None = None
    kappa: float | None = None
    no_chance: str | None = None
    precision: Rate | None = None
    recall: Rate | None = None
    f1: Rate | None = None
    cells: Cells = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reliability:
    """What is known of an annotator for one kind of question.

    `votes` counts what they were asked. `model` is the reliability that a fitted model gives them, by the value that
    the model is of, "" for a field that takes one; `confusion` is then, by truth, how probable each answer is.
    """

    question: Key
    annotator: str
    votes: int
    others: Compared
    gold: Compared
    model: Mapping[str, float] = field(default_factory=dict)
    confusion: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(slots=True)
class Against:
    """Counts of an annotator against decisions, summed article by article.

    `apart` counts what was said where most, or the expert, said otherwise.
    """

    agreed: Sums = field(default_factory=Sums)
    precision: Sums = field(default_factory=Sums)
    recall: Sums = field(default_factory=Sums)
    f1: Sums = field(default_factory=Sums)
    cells: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    apart: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    deviation: Deviation = field(default_factory=Deviation)

    def count(self, one: Counts) -> None:
        """Count an article."""
        self.agreed.add(one.agreed, one.n)
        self.precision.add(one.both, one.both + one.mine)
        self.recall.add(one.both, one.both + one.theirs)
        self.f1.add(one.both, one.both + (one.mine + one.theirs) / 2)

    def compared(self, question: Question) -> Compared:
        """What they come to."""
        agreement = self.agreed.rate() if self.agreed.y else _NOTHING
        if question.presence:
            rates = self.precision.rate(), self.recall.rate(), self.f1.rate()
            return Compared(agreement, None, None, "what nobody marked or drew is no item", *rates)
        if not question.listed:
            why = "it takes several values" if question.multiple else "it has no list of values"
            return Compared(agreement, no_chance=why)
        chance = _chance(self.cells)
        if chance is None or agreement.share is None:
            return Compared(agreement, no_chance="there is nothing to compare", cells=dict(self.cells))
        if chance >= 1 - 1e-12:
            return Compared(agreement, 1.0, None, "there is one value alone", cells=dict(self.cells))
        return Compared(agreement, chance, (agreement.share - chance) / (1 - chance), cells=dict(self.cells))


@dataclass(slots=True)
class Counts:
    """What an annotator did on one article: of `n` items that were decided, how many alike.

    Of what is there or not, what `both` have, only they (`mine`), only the decision (`theirs`). How often they were
    `off`, of the items `asked` of three or more of which most said one thing; how often that is `expected` if all are
    alike, and how often the `others` were.
    """

    n: int = 0
    agreed: int = 0
    both: int = 0
    mine: int = 0
    theirs: int = 0
    asked: int = 0
    off: int = 0
    expected: float = 0.0
    others: float = 0.0

    def see(self, question: Question, said: str | None, decided: str | None) -> None:
        """Count an item that was decided."""
        self.n += 1
        self.agreed += said == decided
        if question.presence:
            self.both += said is not None and decided is not None
            self.mine += said is not None and decided is None
            self.theirs += said is None and decided is not None


@dataclass(slots=True)
class Account:
    """What is kept of an annotator for one kind of question: counts, and a few examples of where they were off."""

    votes: int = 0
    others: Against = field(default_factory=Against)
    gold: Against = field(default_factory=Against)
    by_most: Kept = field(default_factory=Kept)
    by_gold: Kept = field(default_factory=Kept)


class Accounts:
    """The accounts of all annotators. They grow with annotators, questions and listed values, not with articles."""

    def __init__(self) -> None:
        self.questions: dict[Key, Question] = {}
        self.of: dict[tuple[Key, str], Account] = {}

    def account(self, question: Question, annotator: str) -> Account:
        """The account of an annotator for a question."""
        self.questions.setdefault(question.key, question)
        return self.of.setdefault((question.key, annotator), Account())

    def add(self, items: Iterator[Item] | list[Item], scene: Scene) -> None:
        """Count everything that was asked of an article."""
        counts: dict[tuple[Key, str], Counts] = {}
        for item in items:
            self._count(item, scene, counts)
        for (key, annotator), one in counts.items():
            against = self.of[key, annotator].others
            against.count(one)
            against.deviation.add(one.asked, one.off, one.expected, one.others)

    def _count(self, item: Item, scene: Scene, counts: dict[tuple[Key, str], Counts]) -> None:
        clear, value = item.most if len(item.said) > 2 else (False, None)
        off = sum(said != value for said in item.said.values()) if clear else 0
        n = len(item.said)
        for annotator, said in item.said.items():
            account = self.account(item.question, annotator)
            account.votes += 1
            one = counts.setdefault((item.question.key, annotator), Counts())
            decided, outcome = item.without(annotator)
            if decided:
                one.see(item.question, said, outcome)
                if item.question.listed:
                    account.others.cells[known(item.question, said), known(item.question, outcome)] += 1
            if clear:
                is_off = said != value
                one.asked += 1
                one.off += is_off
                one.expected += off / n
                one.others += (off - is_off) / (n - 1)
                if 0 < off < n:
                    chances = account.others.deviation.chances
                    chances[off / n] = chances.get(off / n, 0) + 1
                if is_off and item.question.listed:
                    account.others.apart[known(item.question, said), known(item.question, value)] += 1
                if is_off:
                    # The more others were of one mind, the plainer the example.
                    rank = -(n - off) / n - n / 1e6
                    name = (item.question.key, item.ruling.about)
                    account.by_most.offer(
                        rank, scene.article.id, name, lambda: scene.example(item, (clear, value), "most")
                    )

    def reliability(self, fits: Mapping[Key, Mapping[str, Fit]]) -> tuple[Reliability, ...]:
        """What is known of each annotator, by question and name. `fits` are the models by the key of their rule."""
        found = []
        for (key, annotator), one in sorted(self.of.items()):
            question = self.questions[key]
            model = fits.get(key, {})
            known_to = {value: fit for value, fit in model.items() if annotator in fit.votes.annotators}
            found.append(
                Reliability(
                    question=key,
                    annotator=annotator,
                    votes=one.votes,
                    others=one.others.compared(question),
                    gold=one.gold.compared(question),
                    model={
                        value: float(fit.reliability[fit.votes.annotators.index(annotator)])
                        for value, fit in known_to.items()
                    },
                    confusion=_confusion(known_to[""], annotator) if question.listed and "" in known_to else {},
                )
            )
        return tuple(found)


def known(question: Question, value: str | None) -> str | None:
    """A value as it is counted: those that the codebook does not have are one, so that counts stay few."""
    return value if value is None or value in question.values else _OTHER


def _chance(cells: Cells) -> float | None:
    total = sum(cells.values())
    if not total:
        return None
    said: Counter[str | None] = Counter()
    decided: Counter[str | None] = Counter()
    for (mine, theirs), count in cells.items():
        said[mine] += count
        decided[theirs] += count
    return sum(said[value] * decided[value] for value in said) / total**2


def _confusion(fit: Fit, annotator: str) -> dict[str, dict[str, float]]:
    rows = fit.confusion[fit.votes.annotators.index(annotator)]
    names = [value or EMPTY for value in fit.votes.values]
    return {
        truth: {answer: float(chance) for answer, chance in zip(names, row, strict=True) if chance > 0}
        for truth, row in zip(names, rows, strict=True)
        if row.sum() > 0
    }
