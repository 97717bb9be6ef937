"""What the annotators of an article were asked, what each said, and what follows from what the others said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from curation.adjudication.boundaries import place, written
from curation.adjudication.decisions import Ballot, Decision, one, several
from curation.adjudication.merged import Merged, Ruling
from curation.adjudication.rules import Key, Rules
from curation.catalog import Task
from curation.records import Annotation, Mention

DRAWN = "drawn"
"""What those said of a relation who drew one of its labels, whichever."""

_UNASKED = frozenset({"undecided end", "rejected end", "no end", "no label"})
_PLAIN = frozenset({"majority", "unanimous", "union", "intersection"})
_SECTIONS = {"mention": "Labels", "boundaries": "Labels", "attribute": "Labels", "choice": "Choices"}

Outcome = tuple[bool, str | None]
"""Whether a question was decided, and the value."""


@dataclass(frozen=True, slots=True)
class Question:
    """A kind of question: the key of a ruling, of which that of relations is two questions.

    ("relation", labels) is whether any of these is drawn, ("label", labels) which, where two people or more drew one.
    `values` are those of the codebook; free text and what is marked, drawn or bounded has none.
    """

    key: Key
    values: tuple[str, ...] = ()
    multiple: bool = False

    @property
    def presence(self) -> bool:
        """Whether it is about something that is there or not: it has a precision and a recall."""
        return self.key[0] in {"mention", "relation"}

    @property
    def listed(self) -> bool:
        """Whether one of several values is the answer."""
        return bool(self.values) and not self.multiple and not self.presence

    @property
    def path(self) -> tuple[str, ...]:
        """The headings of the codebook that it stands under; of relations that rival each other the section's."""
        if self.key[0] in {"relation", "label"}:
            return ("Relations", *(self.key[1:] if len(self.key) == 2 else ()))
        return (_SECTIONS.get(self.key[0], self.key[0]), *self.key[1:])


@dataclass(frozen=True, slots=True)
class Item:
    """One question on one article: what everyone said who was asked, and what the rule makes of all but one of them."""

    question: Question
    said: Mapping[str, str | None]
    ruling: Ruling
    without: Callable[[str], Outcome]
    most: Outcome


class Questions:
    """The questions of a task."""

    def __init__(self, task: Task, rules: Rules) -> None:
        self._rules = rules
        self._known: dict[Key, Question] = {}
        for label, one_field in task.fields:
            key = ("attribute", label.name, one_field.name) if label else ("choice", one_field.name)
            self._known[key] = Question(key, one_field.values, one_field.kind == "choices")

    def of(self, key: Key) -> Question:
        """The question of a key."""
        if key not in self._known:
            self._known[key] = Question(key, key[1:] if key[0] in {"relation", "label"} else ())
        return self._known[key]

    def asked(self, merged: Merged, annotations: Sequence[Annotation]) -> Iterator[Item]:
        """Everything that was asked of an article, from its merge and the annotations that were merged.

        Left out are relations whose ends do not stand: who marked an end that is none is off in the mention.
        """
        marks = {(each.id, mark.id): mark for each in annotations for mark in each.mentions}
        truths: set[str] = set()
        for ruling in merged.rulings:
            truths.update(ballot.annotator for ballot in ruling.ballots if ballot.is_truth)
            kind = ruling.key[0]
            if kind == "boundaries":
                yield self._bounded(ruling, marks, sorted(truths))
            elif kind == "relation":
                if ruling.decision.why not in _UNASKED:
                    yield from self._related(ruling)
            else:
                said = {ballot.annotator: one(ballot.value) for ballot in ruling.ballots}
                yield self._item(self.of(ruling.key), said, ruling, self._without(ruling, said, ruling.ballots))

    def _item(
        self,
        question: Question,
        said: Mapping[str, str | None],
        ruling: Ruling,
        without: Callable[[str], Outcome],
    ) -> Item:
        return Item(question, said, ruling, without, most(said))

    def _without(
        self, ruling: Ruling, said: Mapping[str, str | None], ballots: Sequence[Ballot]
    ) -> Callable[[str], Outcome]:
        if len(said) > 1 and len(set(said.values())) == 1 and self._rules.rule(ruling.key).method in _PLAIN:
            agreed = True, next(iter(said.values()))
            return lambda annotator: agreed
        return lambda annotator: _outcome(self._decide(ruling, annotator, ballots))

    # What breaks ties is one person's word: here others are to be of one mind.
    def _decide(self, ruling: Ruling, annotator: str, ballots: Sequence[Ballot]) -> Decision:
        left = [ballot for ballot in ballots if ballot.annotator != annotator]
        rule = self._rules.rule(ruling.key)
        multiple = rule.multiple or any(len(several(ballot.value)) > 1 for ballot in left)
        return rule.decide(left, self._rules.panel, multiple=multiple)

    def _bounded(self, ruling: Ruling, marks: Mapping[tuple[str, str], Mention], truths: Sequence[str]) -> Item:
        members = {each.annotator: marks[each.annotation, each.mention or ""] for each in ruling.sources}
        rule = self._rules.boundaries.get(ruling.key[1], "majority")

        def without(annotator: str) -> Outcome:
            left = {name: mark for name, mark in members.items() if name != annotator}
            if not left:
                return False, None
            return _outcome(place(left, rule, self._rules.panel, [name for name in truths if name in left])[2])

        said = {name: written(mark.start, mark.end) for name, mark in members.items()}
        start, end, decided = place(members, "majority", self._rules.panel)
        clear = not decided.open and len(members) > 1
        by_most = (True, written(start, end)) if clear else (False, None)
        return Item(self.of(ruling.key), said, ruling, without, by_most)

    def _related(self, ruling: Ruling) -> Iterator[Item]:
        said = {ballot.annotator: DRAWN if several(ballot.value) else None for ballot in ruling.ballots}

        def drawn(annotator: str) -> Outcome:
            decided = self._decide(ruling, annotator, ruling.ballots)
            if decided.open:
                # Which label it is may be open where it is settled that there is one.
                settled = bool(decided.undecided) and None not in decided.undecided
                return (True, DRAWN) if settled else (False, None)
            return True, DRAWN if several(decided.value) else None

        yield self._item(self.of(ruling.key), said, ruling, drawn)
        ballots = [ballot for ballot in ruling.ballots if several(ballot.value)]
        if len(ballots) > 1 and len(ruling.key) > 2:
            labels = {ballot.annotator: one(ballot.value) for ballot in ballots}
            which = self._without(ruling, labels, ballots)

            def label(annotator: str) -> Outcome:
                decided, value = which(annotator)
                return decided and value is not None, value

            yield self._item(self.of(("label", *ruling.key[1:])), labels, ruling, label)


def most(said: Mapping[str, str | None]) -> Outcome:
    """What most of those who were asked said, whatever the rule: all of them count alike. A tie tells nothing."""
    counts: dict[str | None, int] = {}
    for value in said.values():
        counts[value] = counts.get(value, 0) + 1
    if len(said) < 2:
        return False, None
    highest = max(counts.values())
    first = [value for value, count in counts.items() if count == highest]
    return (True, first[0]) if len(first) == 1 else (False, None)


def _outcome(decided: Decision) -> Outcome:
    return (False, None) if decided.open else (True, one(decided.value))
