"""Merged statements beside crowd-kit on the same votes, in simulated studies of which the truth is known.

    python -m benchmarks.statements [--studies 20]
    python -m benchmarks.statements --golden

Annotators of known accuracy and bias miss marks, move boundaries, and take one attribute value or stance for another by
confusion matrices of their own. Their annotations are merged twice, by majority and by Dawid-Skene; crowd-kit gets the
votes on the very same questions. Goal: in the mean over all studies, ours finds the truth no less often than crowd-kit
by more than 0.005. Without crowd-kit, which is no dependency, nothing is measured and the exit status is 1.
`--golden` writes what crowd-kit says of one study, for a test that runs without it.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from benchmarks.models import INSTALL
from curation.adjudication import Merged, Rule, Rules, Ruling, fit_rules, merge
from curation.catalog import builtin_root, find_root, load_task
from curation.records import Annotation, Article, Mention, Relation

TASK = load_task(find_root(builtin_root()), "news-stance")
TEXT = "".join(f"word{number:03d} " for number in range(200))
GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "adjudication" / "golden" / "statements.json"
GOLDEN_SEED, GOLDEN_ARTICLES = 7, 80
GOAL = -0.005
NOBODY = ""

SHARES: Mapping[str, Mapping[str, int]] = {
    "kind": {"factual": 4, "causal": 3, "prediction": 2, "evaluation": 2, "demand": 2},
    "quotation": {"direct": 3, "indirect": 3, "none": 2},
    "topics": {"transport": 3, "housing": 2, "economy": 1},
    "type": {"person": 3, "party": 2, "government": 2, "company": 1},
    "stance": {"supports": 5, "opposes": 3, "neutral": 2, NOBODY: 1},
    "stance_rent_cap": {"favor": 3, "against": 2, "neutral": 1, "not_addressed": 2},
}
"""How common each value of what is asked is; a claim that nobody holds has the empty stance."""

QUESTIONS = {
    ("attribute", "Claim", "kind"): "claim: kind",
    ("attribute", "Claim", "quotation"): "claim: quotation",
    ("attribute", "Actor", "type"): "actor: type",
    ("relation", "supports", "opposes", "neutral", "unclear"): "stance toward a claim",
}
"""What is decided and compared, by the key of its rule."""

Outcome = Literal["majority", "dawid-skene"]
Item = tuple[str, ...]
"""An article and the mentions in it that a question is about, by their true names."""


@dataclass(frozen=True)
class Annotator:
    """Somebody who gives the right value with the probability `accuracy`, and else another one.

    The value at the place `favoured` (among those of a question, again from the first after the last) is `bias` times
    as likely as any other wrong one. A mark is overlooked with the probability `miss`, its end moved by `shift`. An
    actor is marked as a claim that nobody holds with the probability `slip`.
    """

    name: str
    accuracy: float
    favoured: int = 0
    bias: float = 3.0
    miss: float = 0.1
    shift: float = 0.2
    slip: float = 0.0

    @cached_property
    def confusion(self) -> Mapping[str, Mapping[str, Sequence[float]]]:
        """The probability of each answer, by question and truth."""
        found: dict[str, dict[str, list[float]]] = {}
        for question, values in SHARES.items():
            liked = list(values)[self.favoured % len(values)]
            for truth in values:
                weights = [0.0 if one == truth else self.bias if one == liked else 1.0 for one in values]
                left = (1 - self.accuracy) / sum(weights)
                row = [
                    self.accuracy if one == truth else left * weight
                    for one, weight in zip(values, weights, strict=True)
                ]
                found.setdefault(question, {})[truth] = row
        return found

    def said(self, draw: random.Random, question: str, truth: str, *, hard: bool) -> str:
        """An answer. In a hard article, every fourth is any value."""
        values = list(SHARES[question])
        if hard and draw.random() < 0.25:
            return draw.choice(values)
        return draw.choices(values, self.confusion[question][truth])[0]


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one claim and of the actor marked before it. Its holder is the actor of the place `holder`."""

    claim: Mapping[str, str]
    holder: int
    actor: str


@dataclass(frozen=True, slots=True)
class Simulated:
    """An article, what is true of it, and the annotations."""

    article: Article
    truths: tuple[Truth, ...]
    rent_cap: str
    annotations: tuple[Annotation, ...]

    def truth(self, ruling: Ruling) -> tuple[Item, str]:
        """Which marks a ruling is about, and the true answer, empty for no relation."""
        if ruling.key[0] == "attribute":
            name = str(ruling.sources[0].mention)
            told = self.truths[int(name[1:])]
            return (self.article.id, name), told.actor if name[0] == "a" else told.claim[ruling.key[2]]
        drawn = next(source.relation for source in ruling.sources if source.relation)
        told = self.truths[int(drawn.target[1:])]
        stance = told.claim["stance"] if int(drawn.source[1:]) == told.holder else NOBODY
        return (self.article.id, drawn.source, drawn.target), stance


FIVE = tuple(
    Annotator(f"annotator-{number}", accuracy, number, 4.0 if number > 2 else 1.0)
    for number, accuracy in enumerate((0.9, 0.85, 0.75, 0.6, 0.5))
)
THREE = tuple(
    Annotator(f"annotator-{number}", accuracy, number, slip=0.04) for number, accuracy in enumerate((0.9, 0.85, 0.75))
)


def simulated(seed: int, count: int, people: Sequence[Annotator], hard: float = 0.0) -> Iterator[Simulated]:
    """So many articles with everybody's annotation; the same `seed` gives the same. A share of them is `hard`."""
    draw = random.Random(seed)

    def true(question: str) -> str:
        return draw.choices(list(SHARES[question]), list(SHARES[question].values()))[0]

    for number in range(count):
        names = ("kind", "quotation", "topics", "stance")
        of = range(draw.randint(2, 5))
        truths = tuple(
            Truth(
                {name: true(name) for name in names},
                draw.choice((place, place, place, max(place - 1, 0))),
                true("type"),
            )
            for place in of
        )
        article = Article(f"article-{number:06}", TEXT, "", title=f"Article {number}")
        is_hard, rent_cap = draw.random() < hard, true("stance_rent_cap")
        said = tuple(_annotation(draw, article, one, truths, rent_cap, hard=is_hard) for one in people)
        yield Simulated(article, truths, rent_cap, said)


def _annotation(
    draw: random.Random, article: Article, who: Annotator, truths: Sequence[Truth], rent_cap: str, *, hard: bool
) -> Annotation:
    mentions: list[Mention] = []
    relations: list[Relation] = []
    for place, truth in enumerate(truths):
        start = place * 300
        if draw.random() >= who.miss:
            slips = who.slip > 0 and draw.random() < who.slip
            label = "Claim" if slips else "Actor"
            said = {"holder": "unnamed"} if slips else {"type": who.said(draw, "type", truth.actor, hard=hard)}
            mentions.append(_mention(draw, who, f"a{place}", label, start, start + 24, said))
        if draw.random() < who.miss:
            continue
        told = {name: who.said(draw, name, value, hard=hard) for name, value in truth.claim.items()}
        holder = truth.holder if draw.random() < who.accuracy else draw.randrange(len(truths))
        stance = told.pop("stance")
        fields = {**told, "topics": (told["topics"],), **({} if stance else {"holder": "unnamed"})}
        mentions.append(_mention(draw, who, f"c{place}", "Claim", start + 32, start + 80 + 24 * place, fields))
        if stance:
            relations.append(Relation(f"a{holder}", f"c{place}", stance))
    actors = {one.id for one in mentions if one.label == "Actor"}
    return Annotation(
        f"{who.name}-{article.id}", article.id, "", TASK.name, TASK.version, who.name, mentions=tuple(mentions),
        relations=tuple(one for one in relations if one.source in actors),
        choices={"stance_rent_cap": who.said(draw, "stance_rent_cap", rent_cap, hard=hard)},
    )  # fmt: skip


def _mention(
    draw: random.Random, who: Annotator, name: str, label: str, start: int, end: int, attributes: Mapping[str, Any]
) -> Mention:
    if draw.random() < who.shift:
        end += draw.choice((-8, 8))
    return Mention(name, label, start, end, TEXT[start:end], attributes)


@dataclass(frozen=True, slots=True)
class Answered:
    """One question: its votes by annotator (empty for nothing), the truth, and what was decided, None if it is open."""

    item: Item
    votes: Mapping[str, str]
    truth: str
    decided: str | None


def answered(articles: Sequence[Simulated], method: Outcome) -> dict[str, list[Answered]]:
    """What merging decides by a method, by question; marks themselves stand by majority either way."""
    rules = Rules.of(TASK)
    changed: dict[tuple[str, ...], Rule] = {key: replace(rules.rule(key), method=method) for key in QUESTIONS}
    rules = replace(rules, rules={**rules.rules, **changed})
    rules = fit_rules((one.annotations for one in articles), rules)
    found: dict[str, list[Answered]] = {title: [] for title in QUESTIONS.values()}
    for one in articles:
        merged: Merged = merge(one.annotations, rules)
        for ruling in merged.rulings:
            if ruling.key in QUESTIONS and ruling.decision.why not in ("rejected end", "undecided end"):
                item, truth = one.truth(ruling)
                votes = {ballot.annotator: _one(ballot.value) for ballot in ruling.ballots}
                decided = None if ruling.decision.open else _one(ruling.decision.value)
                found[QUESTIONS[ruling.key]].append(Answered(item, votes, truth, decided))
    return found


def _one(value: object) -> str:
    return value if isinstance(value, str) else NOBODY


def theirs(asked: Sequence[Answered], model: Any) -> list[str]:
    """What a model of crowd-kit makes of the same votes."""
    rows = [(place, who, value) for place, one in enumerate(asked) for who, value in one.votes.items()]
    labels = model.fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"]))
    return [str(labels.loc[place]) for place in range(len(asked))]


def shares(asked: Sequence[Answered], peer: Sequence[str]) -> tuple[float, float]:
    """How often ours and the peer's answer is the truth, of the questions that ours does not leave open.

    What a tie leaves open is not counted: crowd-kit takes the first of the values, which says nothing of either.
    """
    counted = [(one, label) for one, label in zip(asked, peer, strict=True) if one.decided is not None]
    right = sum(one.decided == one.truth for one, _ in counted), sum(one.truth == label for one, label in counted)
    return right[0] / len(counted), right[1] / len(counted)


def recovery(kit: Any, studies: int, count: int) -> bool:
    """Print how often the truth is found, question by question; whether ours is as good within `GOAL`."""
    accuracies = ", ".join(str(one.accuracy) for one in FIVE)
    print(f"Truth found in {studies} studies of {count} articles, annotators of accuracy {accuracies}:")
    print("  ours, crowd-kit, difference (standard error); questions that are left open")
    good = True
    found: dict[tuple[Outcome, str], list[tuple[float, float, float]]] = {}
    for seed in range(studies):
        articles = list(simulated(seed, count, FIVE))
        methods: Mapping[Outcome, Any] = {"majority": kit.MajorityVote(), "dawid-skene": kit.DawidSkene(100)}
        for method, model in methods.items():
            for question, asked in answered(articles, method).items():
                is_open = sum(one.decided is None for one in asked) / len(asked)
                found.setdefault((method, question), []).append((*shares(asked, theirs(asked, model)), is_open))
    for (method, question), rows in found.items():
        ours, peer, is_open = (statistics.mean(column) for column in zip(*rows, strict=True))
        apart = [mine - other for mine, other, _ in rows]
        error = statistics.stdev(apart) / len(apart) ** 0.5 if len(apart) > 1 else 0.0
        good &= ours - peer >= GOAL
        print(
            f"  {method:12} {question:22} {ours:.4f}  {peer:.4f}  {ours - peer:+.4f} ({error:.4f})  {is_open:.2%} open"
        )
    return good


def write_golden(kit: Any, version: str) -> None:
    """Write what crowd-kit says of one small study."""
    articles = list(simulated(GOLDEN_SEED, GOLDEN_ARTICLES, FIVE))
    models: Mapping[Outcome, Any] = {"majority": kit.MajorityVote(), "dawid-skene": kit.DawidSkene(100)}
    document = {
        "made": f"crowd-kit {version}, by python -m benchmarks.statements --golden",
        "labels": {
            method: {question: theirs(asked, model) for question, asked in answered(articles, method).items()}
            for method, model in models.items()
        },
    }
    GOLDEN.write_text(json.dumps(document) + "\n", encoding="utf-8")


def main() -> int:
    """Measure and print; exit status 1 if the goal is missed, or could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=20, help="simulated studies (default: 20)")
    parser.add_argument("--articles", type=int, default=200, help="articles of each (default: 200)")
    parser.add_argument("--golden", action="store_true", help="write the figures that a test compares with")
    options = parser.parse_args()
    try:
        import crowdkit
        from crowdkit import aggregation
    except ImportError:
        print(f"goal not measured: {INSTALL}")
        return 1
    if options.golden:
        write_golden(aggregation, crowdkit.__version__)
        return 0
    met = recovery(aggregation, options.studies, options.articles)
    print("goal met" if met else "goal missed")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
