"""What a workspace decides where annotators differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from curation.errors import CurationError
from curation.workspace.base import Opened
from curation.workspace.findings import require_known

if TYPE_CHECKING:
    from curation.adjudication import Merged, Rules
    from curation.catalog import Task
    from curation.records import Annotation, Progress
    from curation.store import Store


@dataclass(slots=True)
class Tally:
    """How the questions of one kind came out: settled, open, and settled against a mark or relation that somebody made.

    `rule` is what decided them.
    """

    rule: str
    settled: int = 0
    open: int = 0
    outvoted: int = 0


@dataclass(slots=True)
class Adjudicated:
    """What was decided over all articles. `whole` counts those without an open question.

    `kinds` has a tally for each kind of question, such as ("attribute", "Claim", "kind"). `reliability` is, by kind and
    annotator, how far a model trusts each; empty where no rule asks for a model.
    """

    task: str
    articles: int = 0
    whole: int = 0
    annotators: Counter[str] = field(default_factory=Counter)
    kinds: dict[tuple[str, ...], Tally] = field(default_factory=dict)
    reliability: dict[tuple[str, ...], dict[str, float]] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """How many questions are open."""
        return sum(one.open for one in self.kinds.values())

    def count(self, merged: Merged, rules: Rules) -> None:
        """Take an article's rulings into account."""
        self.articles += 1
        self.whole += not merged.conflicts
        self.annotators.update(one.annotator for one in merged.annotations)
        outvoted = {id(ruling) for ruling in merged.rejected}
        for ruling in merged.rulings:
            tally = self.kinds.setdefault(ruling.key, Tally(_rule(rules, ruling.key)))
            tally.open += ruling.decision.open
            tally.outvoted += id(ruling) in outvoted
            tally.settled += not ruling.decision.open and id(ruling) not in outvoted


class WithAdjudication(Opened):
    """Deciding by the rules of task.toml; what these leave open is said to be."""

    @contextmanager
    def adjudicated(
        self,
        *,
        task: str | None = None,
        round_: int | None = None,
        experts: Collection[str] = (),
        weights: Mapping[str, float] | None = None,
        progress: Progress | None = None,
    ) -> Iterator[tuple[Iterator[Merged], Adjudicated]]:
        """The articles of a task, each merged by its rules, one at a time while the context lasts, and the sum of it.

        Merged are valid annotations, of each annotator that of the latest round or of `round_`. `experts` are the
        annotators whom the rule `expert` follows beside Label Studio's ground-truth mark, `weights` how much an
        annotator counts where the rule is `weighted`; others count 1. Raises `E_NOT_FOUND` for an unknown annotator.
        """
        from curation.adjudication import Panel, Rules, fit_rules, merge

        chosen = self.task(task)
        with self._reading() as store:
            people = [name for name, _ in store.ledger.annotators()] or list(
                store.annotations.by_annotator(chosen.name)
            )
            for name in (*experts, *(weights or {})):
                require_known("annotator", name, people)
            panel = Panel(weights=dict(weights or {}), experts=frozenset(experts))
            rules = Rules.of(chosen, panel)
            rules = fit_rules(_annotations(store, chosen, round_), rules)
            truths = frozenset(_truths(store, chosen))
            found = Adjudicated(chosen.name)
            found.reliability = {
                key: dict(zip(fit.votes.annotators, map(float, fit.reliability), strict=True))
                for key in rules.modelled
                for fit in rules.rule(key).fits.values()
            }

            def merged() -> Iterator[Merged]:
                for number, annotations in enumerate(_annotations(store, chosen, round_), 1):
                    one = merge(annotations, rules, truths)
                    found.count(one, rules)
                    yield one
                    if progress is not None:
                        progress(number, None)
                if not found.articles:
                    raise CurationError("E_NOTHING_TO_COMPARE", f"no article has a valid annotation of {chosen.name}")

            yield merged(), found


def _annotations(store: Store, task: Task, round_: int | None) -> Iterator[tuple[Annotation, ...]]:
    from curation.agreement.collecting import collect

    for read in collect(store, task, round_=round_):
        for one in read.annotations:
            if one.article_sha256 != read.article.sha256:
                message = f"annotation {one.id} is of another text than the article {read.article.id} has now"
                raise CurationError("E_EXPORT_STALE", message, fix="curation validate")
        yield read.annotations


def _truths(store: Store, task: Task) -> Iterator[str]:
    from curation.studio.decode import is_ground_truth

    for one in store.annotations.all(task=task.name, status="submitted", verdict="valid"):
        if is_ground_truth(one.raw):
            yield one.id


def _rule(rules: Rules, key: tuple[str, ...]) -> str:
    if key[0] == "boundaries":
        return rules.boundaries.get(key[1], "majority")
    return rules.rule(key).method
