"""The report of an adjudication: how reliable annotators are, who is weak in what, which entries are unclear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from curation.adjudication.against import Experts, truth_of
from curation.adjudication.asked import Questions
from curation.adjudication.entries import Entry
from curation.adjudication.examples import Example, Scene
from curation.adjudication.merged import Merged
from curation.adjudication.reliability import Accounts, Compared, Reliability
from curation.adjudication.rules import Key, Rules
from curation.adjudication.unclear import Entries
from curation.adjudication.weak import Judgement, judged
from curation.catalog import Task
from curation.catalog.codebook import entry_places
from curation.records import Annotation, Article


@dataclass(frozen=True, slots=True)
class Reported:
    """All that is told of annotators and codebook.

    `articles` counts those that were merged, `experts` those of them that an expert decided. `annotators` has how many
    each annotated. `rules` is what decides each question, `open` how many questions are.
    """

    task: str
    articles: int
    experts: int
    annotators: Mapping[str, int]
    open: int
    rules: Mapping[Key, str]
    reliability: tuple[Reliability, ...]
    judgements: tuple[Judgement, ...]
    entries: tuple[Entry, ...]

    @property
    def weak(self) -> tuple[Judgement, ...]:
        """The annotators that are named, with what they are weak in: the largest difference to the others first."""
        return tuple(one for one in self.judgements if one.weak)

    @property
    def unclear(self) -> tuple[Entry, ...]:
        """The entries of the codebook that are named, the surest first."""
        return tuple(one for one in self.entries if one.unclear)

    def document(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return {
            "task": self.task,
            "articles": self.articles,
            "decided_by_experts": self.experts,
            "annotators": dict(self.annotators),
            "open": self.open,
            "rules": [{"about": list(key), "rule": rule} for key, rule in self.rules.items()],
            "weak": [_judgement(one) for one in self.weak],
            "unclear": [_entry(one) for one in self.unclear],
            "reliability": [_reliability(one) for one in self.reliability],
            "judgements": [_judgement(one) for one in self.judgements],
            "entries": [_entry(one) for one in self.entries],
        }


@dataclass(slots=True)
class Report:
    """Takes in one article after the other. What it holds grows with annotators, questions and listed values alone.

    `rules` have their models fitted, as `merge` needs them.
    """

    rules: Rules
    task: Task
    articles: int = 0
    experts: int = 0
    open: int = 0
    annotators: Counter[str] = field(default_factory=Counter)
    _accounts: Accounts = field(default_factory=Accounts)
    _entries: Entries = field(default_factory=Entries)
    _questions: Questions = field(init=False)
    _gold: Experts = field(init=False)

    def __post_init__(self) -> None:
        self._questions = Questions(self.task, self.rules)
        self._gold = Experts(self.rules, self._questions)

    def add(
        self, merged: Merged, article: Article, annotations: Sequence[Annotation], gold: Annotation | None = None
    ) -> None:
        """Take in an article: its merge, the annotations that were merged, and an expert's annotation of it.

        Without `gold` an annotation counts as the expert's that has the ground-truth mark, or is by a named expert.
        Raises `ValueError` for annotations that are not those of the merge, or gold that is not of the same text.
        """
        if {one.annotation for one in merged.annotations} != {one.id for one in annotations}:
            raise ValueError("these are not the annotations of the merge")
        scene = Scene.of(article, annotations)
        items = list(self._questions.asked(merged, annotations))
        self.articles += 1
        self.open += len(merged.conflicts)
        self.annotators.update(one.annotator for one in annotations)
        self._accounts.add(items, scene)
        self._entries.add(items, scene)
        truths = {one.id for one in annotations if _is_marked(merged, one)}
        expert = gold or truth_of(annotations, truths, self.rules.panel.experts)
        if expert is not None:
            self.experts += 1
            self._gold.add(annotations, expert, self._accounts, scene)

    def reported(self) -> Reported:
        """What all of it comes to so far."""
        fits = {key: self.rules.rule(key).fits for key in self.rules.modelled}
        return Reported(
            task=self.task.name,
            articles=self.articles,
            experts=self.experts,
            annotators=dict(sorted(self.annotators.items())),
            open=self.open,
            rules={key: self._rule(key) for key in sorted(self._accounts.questions)},
            reliability=self._accounts.reliability(fits),
            judgements=judged(self._accounts),
            entries=self._entries.found(entry_places(self.task.codebook)),
        )

    def _rule(self, key: Key) -> str:
        if key[0] == "boundaries":
            return self.rules.boundaries.get(key[1], "majority")
        return self.rules.rule(("relation", *key[1:]) if key[0] == "label" else key).method


def _is_marked(merged: Merged, annotation: Annotation) -> bool:
    return any(
        ballot.is_truth
        for ruling in merged.rulings
        for ballot in ruling.ballots
        if ballot.annotator == annotation.annotator
    )


def _judgement(one: Judgement) -> dict[str, Any]:
    document = asdict(one)
    document["examples"] = [_example(each) for each in one.examples]
    document["confusions"] = [{**asdict(each), "systematic": each.systematic} for each in one.confusions]
    return {**document, "question": list(one.question)}


def _entry(one: Entry) -> dict[str, Any]:
    document = {**asdict(one), "path": list(one.path), "question": list(one.question)}
    document["examples"] = [_example(each) for each in one.examples]
    return document


def _reliability(one: Reliability) -> dict[str, Any]:
    return {
        **asdict(one),
        "question": list(one.question),
        "others": _compared(one.others),
        "gold": _compared(one.gold),
    }


def _compared(one: Compared) -> dict[str, Any]:
    cells = sorted(one.cells.items(), key=lambda each: (-each[1], str(each[0])))
    counted = [{"said": said, "decided": decided, "count": count} for (said, decided), count in cells]
    return {**{name: _plain(getattr(one, name)) for name in _COMPARED}, "cells": counted}


_COMPARED = ("agreement", "chance", "kappa", "no_chance", "precision", "recall", "f1")


def _plain(value: Any) -> Any:
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value


def _example(one: Example) -> dict[str, Any]:
    return {
        "article": one.article_id,
        "title": one.title,
        "text": one.text,
        "said": dict(one.said),
        "decided": one.decided,
        "open": one.is_open,
        "by": one.by,
    }
