"""Whom a report of adjudication names, in simulated studies of which it is known who is weak and what is unclear.

    python -m benchmarks.naming [--seeds 200] [--speed]

Each study has annotators who mark actors and claims, describe and relate them and judge the article, each right in 93
of 100. Where it is planted, one of them is right on `quotation` in 60 of 100 alone, and everybody takes `factual` for
`causal` and back in 35 of 100. `--speed` times the report on 2,000 articles of 3 annotators beside their merge.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from curation.adjudication import Rules, merge
from curation.adjudication.report import Report, Reported
from curation.catalog import builtin_root, find_root, load_task
from curation.records import Annotation, Article, Mention, Relation

TASK = load_task(find_root(builtin_root()), "news-stance")
KINDS, KIND_SHARES = ("factual", "causal", "prediction", "evaluation", "demand"), (4, 4, 1, 2, 1)
TYPES = ("person", "party", "government", "company")
QUOTATIONS, QUOTATION_SHARES = ("direct", "indirect", "none"), (3, 2, 1)
RELATIONS, RELATION_SHARES = ("supports", "opposes", "neutral"), (6, 2, 1)
STANCES = ("favor", "against", "neutral", "not_addressed")
SWAPPED = {"factual": "causal", "causal": "factual"}
TEXT = "".join(f"word{number:03d} " for number in range(200))

QUOTATION = ("attribute", "Claim", "quotation")
KIND = ("Labels", "Claim", "kind")


@dataclass(frozen=True)
class Study:
    """How a study is made. `per` annotators see each article; in a part of them, `hard`, all are right less often."""

    name: str
    articles: int = 100
    people: int = 4
    per: int = 4
    weak: bool = False
    unclear: bool = False
    hard: float = 0.0

    @property
    def weak_one(self) -> str:
        """Who is weak, if anybody."""
        return f"annotator-{self.people - 1}"

    def articles_of(self, seed: int) -> Iterator[tuple[Article, list[Annotation]]]:
        """The articles with their annotations."""
        draw = random.Random(seed)
        names = [f"annotator-{number}" for number in range(self.people)]
        for number in range(self.articles):
            right = 0.93 - (0.25 if draw.random() < self.hard else 0.0)
            truths = [
                (
                    draw.choices(KINDS, KIND_SHARES)[0],
                    draw.choices(QUOTATIONS, QUOTATION_SHARES)[0],
                    draw.choice(TYPES),
                    draw.choices(RELATIONS, RELATION_SHARES)[0],
                )
                for _ in range(draw.randint(2, 5))
            ]
            stance = draw.choice(STANCES)
            article = Article(f"article-{number}", TEXT, "", title=f"Article {number}")
            people = draw.sample(names, self.per)
            yield article, [self._said(draw, article, who, truths, stance, right) for who in people]

    def _said(
        self,
        draw: random.Random,
        article: Article,
        who: str,
        truths: Sequence[tuple[str, str, str, str]],
        stance: str,
        right: float,
    ) -> Annotation:
        def said(truth: str, values: Sequence[str], chance: float = right) -> str:
            return truth if draw.random() < chance else draw.choice([value for value in values if value != truth])

        mentions: list[Mention] = []
        relations: list[Relation] = []
        for place, (kind, quotation, actor, relation) in enumerate(truths):
            start = place * 300
            swaps = self.unclear and kind in SWAPPED and draw.random() < 0.35
            of_claim = {
                "kind": SWAPPED[kind] if swaps else said(kind, KINDS),
                "quotation": said(quotation, QUOTATIONS, 0.6 if self.weak and who == self.weak_one else right),
            }
            has_actor, has_claim = draw.random() < right, draw.random() < right
            end = start + (100 if draw.random() < right else 108)
            if has_actor:
                words = article.text[start : start + 20]
                mentions.append(Mention(f"a{place}", "Actor", start, start + 20, words, {"type": said(actor, TYPES)}))
            if has_claim:
                words = article.text[start + 30 : end]
                mentions.append(Mention(f"c{place}", "Claim", start + 30, end, words, of_claim))
            if has_actor and has_claim and draw.random() < right:
                relations.append(Relation(f"a{place}", f"c{place}", said(relation, RELATIONS)))
        return Annotation(
            f"{who}-{article.id}", article.id, "", "news-stance", "1", who, mentions=tuple(mentions),
            relations=tuple(relations), choices={"stance_rent_cap": said(stance, STANCES)},
        )  # fmt: skip

    def reported(self, seed: int) -> Reported:
        """The report of it."""
        report = Report(Rules.of(TASK), TASK)
        for article, said in self.articles_of(seed):
            report.add(merge(said, report.rules), article, said)
        return report.reported()

    def named(self, seed: int) -> tuple[bool, bool, bool, bool]:
        """Whether what was planted was named, and whether anything else was: annotators, entries."""
        found = self.reported(seed)
        weak = {(one.annotator, one.question) for one in found.weak}
        unclear = {one.path for one in found.unclear}
        planted_weak = {(self.weak_one, QUOTATION)} if self.weak else set()
        planted_unclear = {(*KIND, value) for value in SWAPPED} if self.unclear else set()
        return (
            planted_weak <= weak,
            bool(weak - planted_weak),
            planted_unclear <= unclear,
            bool(unclear - planted_unclear),
        )


STUDIES = (
    Study("nothing planted"),
    Study("both planted", weak=True, unclear=True),
    Study("nothing planted, a third of the articles hard", hard=0.33),
    Study("both planted, three of six people an article", 150, 6, 3, weak=True, unclear=True),
    Study("nothing planted, three people", 100, 3, 3),
    Study("both planted, three people, 60 articles", 60, 3, 3, weak=True, unclear=True),
)


def main() -> None:
    """Count over many studies, or time one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--speed", action="store_true")
    chosen = parser.parse_args()
    if chosen.speed:
        _speed()
        return
    print(f"{'study':52}{'weak':>8}{'false':>8}{'unclear':>10}{'false':>8}   of {chosen.seeds}")
    with ProcessPoolExecutor() as pool:
        for study in STUDIES:
            columns = zip(*pool.map(study.named, range(chosen.seeds), chunksize=5), strict=True)
            weak, false_weak, unclear, false_unclear = map(sum, columns)
            found = weak if study.weak else "-", false_weak, unclear if study.unclear else "-", false_unclear
            print(f"{study.name:52}{found[0]:>8}{found[1]:>8}{found[2]:>10}{found[3]:>8}", flush=True)


def _speed() -> None:
    study = Study("speed", 2_000, 3, 3)
    report = Report(Rules.of(TASK), TASK)
    merging = reporting = 0.0
    for article, said in study.articles_of(1):
        start = time.process_time()
        merged = merge(said, report.rules)
        middle = time.process_time()
        report.add(merged, article, said)
        merging += middle - start
        reporting += time.process_time() - middle
    start = time.process_time()
    report.reported()
    done = time.process_time() - start
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    print(f"merging {merging:.1f} s, reading {reporting:.1f} s, reporting {done:.1f} s of CPU; {size:.0f} MB at most")


if __name__ == "__main__":
    main()
