"""Annotators against an expert's annotation of the same article.

The two are merged as a pair, so that what is the same is what it is among annotators: mentions are aligned by overlap,
relations by their ends, a stance toward a fragment is one toward the claim.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

from curation.adjudication.asked import DRAWN, Item, Questions
from curation.adjudication.examples import Scene
from curation.adjudication.merging import MARKED, merge
from curation.adjudication.reliability import Accounts, Counts, known
from curation.adjudication.rules import Key, Rules
from curation.records import Annotation

_EXPERT = "\N{BULLET}expert"
"""How the expert is called beside an annotator, whatever their names: both are there."""


class Experts:
    """Comparisons with an expert."""

    def __init__(self, rules: Rules, questions: Questions) -> None:
        self._questions = questions
        self._rules = replace(
            rules,
            rules={
                key: replace(rule, method="union" if key[0] in {"mention", "relation"} else "majority", fits={})
                for key, rule in rules.rules.items()
            },
            boundaries=dict.fromkeys(rules.boundaries, "majority"),
            tie_breaker=None,
        )

    def add(self, annotations: Sequence[Annotation], gold: Annotation, accounts: Accounts, scene: Scene) -> None:
        """Count an article: each annotator against `gold`, but whoever made it.

        Raises `ValueError` if it is not of the same text, part and task.
        """
        counts: dict[Key, dict[str, Counts]] = {}
        for mine in annotations:
            if mine.annotator == gold.annotator or mine.id == gold.id:
                continue
            self._pair(mine, gold, accounts, scene, counts)
        for key, by_annotator in counts.items():
            n = sum(one.n for one in by_annotator.values())
            off = sum(one.n - one.agreed for one in by_annotator.values())
            for annotator, one in by_annotator.items():
                against = accounts.of[key, annotator].gold
                against.count(one)
                if n > one.n:
                    mine_off = one.n - one.agreed
                    others = one.n * (off - mine_off) / (n - one.n)
                    against.deviation.add(one.n, mine_off, one.n * off / n, others)

    def _pair(
        self,
        mine: Annotation,
        gold: Annotation,
        accounts: Accounts,
        scene: Scene,
        counts: dict[Key, dict[str, Counts]],
    ) -> None:
        expert = replace(gold, id=f"{gold.id}{_EXPERT}", annotator=f"{mine.annotator}{_EXPERT}")
        pair = (mine, expert)
        of_pair = replace(scene, annotations={one.id: one for one in pair})
        for item in self._questions.asked(merge(pair, self._rules), pair):
            said, decided = item.said.get(mine.annotator), item.said.get(expert.annotator)
            if item.question.presence:
                # Who drew or marked it alone: the other did not, or could not.
                said, decided = (_there(item, one.annotator) for one in pair)
            elif len(item.said) < 2:
                continue
            account = accounts.account(item.question, mine.annotator)
            one = counts.setdefault(item.question.key, {}).setdefault(mine.annotator, Counts())
            one.see(item.question, said, decided)
            if item.question.listed:
                account.gold.cells[known(item.question, said), known(item.question, decided)] += 1
            if said != decided:
                if item.question.listed:
                    account.gold.apart[known(item.question, said), known(item.question, decided)] += 1
                shown = replace(item, said={mine.annotator: said})
                name = (item.question.key, decided, tuple(sorted(map(repr, item.ruling.sources))))
                account.by_gold.offer(
                    0.0, scene.article.id, name,
                    partial(of_pair.example, shown, (True, decided), "gold"),
                )  # fmt: skip


def truth_of(
    annotations: Sequence[Annotation], truths: Collection[str] = (), experts: Collection[str] = ()
) -> Annotation | None:
    """The annotation of an article that stands for the truth: the one with Label Studio's ground-truth mark, else that
    of a named expert. None where there is none or more than one.
    """
    marked = [one for one in annotations if one.id in truths]
    found = marked or [one for one in annotations if one.annotator in experts]
    return found[0] if len(found) == 1 else None


def _there(item: Item, annotator: str) -> str | None:
    value = MARKED if item.question.key[0] == "mention" else DRAWN
    return value if any(source.annotator == annotator for source in item.ruling.sources) else None
