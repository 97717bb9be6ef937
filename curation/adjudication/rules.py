"""Which rule decides what: the task's declarations, who counts for how much, and the models that were fitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast, get_args

from curation.adjudication.ballots import Method, Panel, decide, value_by_value
from curation.adjudication.boundaries import Boundaries
from curation.adjudication.dawid_skene import dawid_skene
from curation.adjudication.decisions import Ballot, Decision, broken, several
from curation.adjudication.fits import Fit, Model
from curation.adjudication.mace import mace
from curation.adjudication.votes import Votes
from curation.catalog import Field, Task
from curation.matching import LEAST

Key = tuple[str, ...]
"""What is decided alike: ("mention", label), ("boundaries", label), ("attribute", label, name), ("choice", name), and
("relation", label, ...) with all labels that rival each other."""

MODELS = {"dawid-skene": dawid_skene, "mace": mace}
"""The annotator models by the name of their rule."""

_SINGLE = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of question is decided. `fits` are the fitted models of a rule that asks for one.

    A field that takes one value has one fit, under ""; one that takes several has one for each value.
    """

    method: Method | Model = "majority"
    values: tuple[str, ...] = ()
    multiple: bool = False
    fits: Mapping[str, Fit] = field(default_factory=dict)

    def decide(self, ballots: Sequence[Ballot], panel: Panel, *, multiple: bool | None = None) -> Decision:
        """What follows from the ballots. Raises `ValueError` if the rule asks for a model and none is fitted."""
        by_value = self.multiple if multiple is None else multiple
        if self.method not in MODELS:
            return decide(ballots, cast(Method, self.method), panel, values=self.values, multiple=by_value)
        if not self.fits:
            raise ValueError(f"{self.method} is a model of all articles' annotators: fit it first")
        return value_by_value(ballots, self.values, self._modelled) if by_value else self._modelled(_SINGLE, ballots)

    def _modelled(self, value: str, ballots: Sequence[Ballot]) -> Decision:
        fit = self.fits.get(value)
        # A value that the model has never seen, or none at all: only what all say can be decided.
        return fit.decide(ballots) if fit else decide(ballots, "unanimous", values=self.values)

    def fitted(self, ballots: Mapping[str, Sequence[Ballot]]) -> Rule:
        """The rule with its model fitted to the ballots on all items."""
        if self.method not in MODELS:
            return self
        fit = MODELS[self.method]
        if not self.multiple:
            return replace(self, fits={_SINGLE: fit(Votes.of_ballots(ballots, self.values))})
        given = {one for each in ballots.values() for ballot in each for one in several(ballot.value)}
        return replace(
            self,
            fits={
                value: fit(Votes.of_ballots({item: _on(value, each) for item, each in ballots.items()}, (value,)))
                for value in sorted(given)
            },
        )


def _on(value: str, ballots: Iterable[Ballot]) -> list[Ballot]:
    return [replace(ballot, value=value if value in several(ballot.value) else None) for ballot in ballots]


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a task. What has none is decided by majority.

    `overlap` is the least intersection over union of mentions that may be the same. `rivals` are the labels of
    relations that join the same labels of mentions under the same rule: between two mentions they compete.
    `continuations` join the fragments of one claim, and `stances` are the relations that mean the whole claim,
    whichever fragment they reach. What they leave open is as the `tie_breaker` has it, if there is one.
    """

    rules: Mapping[Key, Rule] = field(default_factory=dict)
    boundaries: Mapping[str, Boundaries] = field(default_factory=dict)
    rivals: Mapping[str, Key] = field(default_factory=dict)
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    left_out: frozenset[Key] = frozenset()
    continuations: frozenset[str] = frozenset()
    stances: frozenset[str] = frozenset()
    panel: Panel = field(default_factory=Panel)
    tie_breaker: str | None = None
    overlap: float = LEAST

    @classmethod
    def of(cls, task: Task, panel: Panel | None = None, overlap: float = LEAST) -> Rules:
        """The rules that a task declares, and the defaults where it declares none: see docs/adjudication.md."""
        declared: dict[Key, str] = {}
        rules: dict[Key, Rule] = {}

        def add(key: Key, method: str | None, of: Field | None = None) -> None:
            declared[key] = method or ("none" if key[0] == "choice" and of and of.kind == "text" else "majority")
            if declared[key] != "none":
                values, multiple = (of.values, of.kind == "choices") if of else ((), False)
                rules[key] = Rule(cast(Method, declared[key]), values, multiple)

        for name, label in task.labels.items():
            add(("mention", name), label.adjudication)
            for field_name, one in label.attributes.items():
                add(("attribute", name, field_name), one.adjudication, one)
        for name, one in task.choices.items():
            add(("choice", name), one.adjudication, one)
        rivals = _rivals(task)
        for name, group in rivals.items():
            rules[group] = Rule(cast(Method, task.relations[name].adjudication or "majority"), group[1:])
        holders = [label.holder for label in task.labels.values() if label.holder]
        return cls(
            rules=rules,
            boundaries={name: cast(Boundaries, label.boundaries or "majority") for name, label in task.labels.items()},
            rivals=rivals,
            attributes={name: tuple(label.attributes) for name, label in task.labels.items()},
            choices=tuple(task.choices),
            left_out=frozenset(key for key, method in declared.items() if method == "none"),
            continuations=frozenset(holder.continuation for holder in holders if holder.continuation),
            stances=frozenset(name for holder in holders for name in holder.relations),
            panel=panel or Panel(),
            overlap=overlap,
        )

    def rule(self, key: Key) -> Rule:
        """The rule for questions of this kind."""
        return self.rules.get(key, Rule())

    def decide(self, key: Key, ballots: Sequence[Ballot], *, multiple: bool | None = None) -> Decision:
        """What follows from the ballots on one question. `multiple` says whether it takes several values, if given."""
        rule = self.rule(key)
        by_value = rule.multiple if multiple is None else multiple
        decision = rule.decide(ballots, self.panel, multiple=by_value)
        return broken(decision, ballots, self.tie_breaker, multiple=by_value) if self.tie_breaker else decision

    def group(self, label: str) -> Key:
        """The key of a relation's label: all labels that it rivals."""
        return self.rivals.get(label, ("relation", label))

    @property
    def modelled(self) -> tuple[Key, ...]:
        """What is decided by models, which have to be fitted to all articles."""
        return tuple(key for key, rule in self.rules.items() if rule.method in MODELS)

    def provisional(self) -> Rules:
        """The same rules with the majority wherever a model was asked for."""
        modelled = {key: replace(rule, method="majority", fits={}) for key, rule in self._of_models()}
        return replace(self, rules={**self.rules, **modelled})

    def fitted(self, ballots: Mapping[Key, Mapping[str, Sequence[Ballot]]]) -> Rules:
        """The rules with their models fitted to ballots by kind of question and item."""
        fits = {key: rule.fitted(ballots.get(key, {})) for key, rule in self._of_models()}
        return replace(self, rules={**self.rules, **fits})

    def _of_models(self) -> list[tuple[Key, Rule]]:
        return [(key, self.rules[key]) for key in self.modelled]


def _rivals(task: Task) -> dict[str, Key]:
    groups: dict[tuple[object, ...], list[str]] = {}
    for name, rule in task.relations.items():
        groups.setdefault((frozenset(rule.sources), frozenset(rule.targets), rule.adjudication), []).append(name)
    return {name: ("relation", *names) for names in groups.values() for name in names}


METHODS: tuple[str, ...] = (*get_args(Method), *get_args(Model))
"""Every rule for what is voted on."""
