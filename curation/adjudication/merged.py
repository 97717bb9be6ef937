"""What is made of several annotators' graphs: what is agreed, what is open, from whose annotations each part came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from curation.adjudication.decisions import Ballot, Decision
from curation.adjudication.rules import Key
from curation.records import Annotation, Mention, Relation, Value


@dataclass(frozen=True, slots=True)
class Source:
    """Where a part came from: an annotation, its annotator and revision, and the mention or relation in it."""

    annotation: str
    annotator: str
    revision: str | None
    mention: str | None = None
    relation: Relation | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """One question that was put to the annotators, and its outcome.

    `about` are the ids of the mentions concerned: in the merge, or of the mention that it is about to be or not to be.
    `relations` are those of the merge that follow from it. `sources` are all versions; `decision.shares` says who said
    which.
    """

    key: Key
    about: tuple[str, ...]
    ballots: tuple[Ballot, ...]
    decision: Decision
    sources: tuple[Source, ...]
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """One article's annotations as one. What is open is not among mentions, relations, attributes and choices.

    A mention whose boundaries alone are open is there with the characters that all have in common. `annotations` are
    those that were merged, sorted by annotator.
    """

    article_id: str
    article_sha256: str
    task: str
    task_version: str
    part: int | None
    annotations: tuple[Source, ...]
    mentions: tuple[Mention, ...]
    relations: tuple[Relation, ...]
    choices: Mapping[str, Value]
    rulings: tuple[Ruling, ...]

    @property
    def conflicts(self) -> tuple[Ruling, ...]:
        """What is open, with the rival versions."""
        return tuple(ruling for ruling in self.rulings if ruling.decision.open)

    @property
    def rejected(self) -> tuple[Ruling, ...]:
        """The mentions and relations that were decided not to be."""
        return tuple(
            ruling
            for ruling in self.rulings
            if ruling.key[0] in {"mention", "relation"} and not ruling.decision.open and ruling.decision.value is None
        )

    def of(self, mention_id: str) -> tuple[Ruling, ...]:
        """All rulings that concern a mention."""
        return tuple(ruling for ruling in self.rulings if mention_id in ruling.about)

    def annotation(self, name: str, annotator: str) -> Annotation:
        """What is agreed, as an annotation with that id and annotator."""
        return Annotation(
            id=name,
            article_id=self.article_id,
            article_sha256=self.article_sha256,
            task=self.task,
            task_version=self.task_version,
            annotator=annotator,
            mentions=self.mentions,
            relations=self.relations,
            choices=self.choices,
            origin="adjudication",
            part=self.part,
        )
