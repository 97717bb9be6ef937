"""What a workspace decides where annotators differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from curation.errors import CurationError
from curation.workspace.base import Opened
from curation.workspace.findings import WithFindings, require_known

if TYPE_CHECKING:
    from curation.adjudication import Merged, Rules
    from curation.catalog import Task
    from curation.records import Annotation, Gold, Progress
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


@dataclass(frozen=True, slots=True)
class Reopened:
    """A decision that no longer counts, because the annotations that it was made from changed: how, by annotator.

    It `is_settled` if the rules leave nothing open any more; else it has to be made again.
    """

    article_id: str
    annotation: str
    decided_by: str
    decided_at: str | None
    changes: tuple[str, ...]
    is_settled: bool = False


@dataclass(slots=True)
class Adjudicated:
    """What was decided over all articles. `whole` counts those without an open question.

    `kinds` has a tally for each kind of question, such as ("attribute", "Claim", "kind"). `reliability` is, by kind and
    annotator, how far a model trusts each; empty where no rule asks for a model. `gold` counts, by method, the articles
    of which all is known; `changed` of them is so since this time. `waiting` articles are before adjudicators as they
    are. `reopened` decisions no longer count; on `contested` articles adjudicators differ.
    """

    task: str
    articles: int = 0
    whole: int = 0
    annotators: Counter[str] = field(default_factory=Counter)
    kinds: dict[tuple[str, ...], Tally] = field(default_factory=dict)
    reliability: dict[tuple[str, ...], dict[str, float]] = field(default_factory=dict)
    gold: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    waiting: int = 0
    reopened: list[Reopened] = field(default_factory=list)
    contested: list[str] = field(default_factory=list)

    @property
    def open(self) -> int:
        """How many questions the rules leave open."""
        return sum(one.open for one in self.kinds.values())

    @property
    def undecided(self) -> int:
        """How many articles have an open question that nobody has decided."""
        return self.articles - self.gold.total()

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


class Considered(NamedTuple):
    """An article as it was merged, from whose annotations, and what came of it: gold, or a decision that is reopened.

    `gold` is None where something is open.
    """

    annotations: tuple[Annotation, ...]
    merged: Merged
    gold: Gold | None
    reopened: Reopened | None


class WithAdjudication(WithFindings):
    """Deciding by the rules of task.toml, and by what adjudicators said; what these leave open is said to be."""

    @contextmanager
    def adjudicated(
        self,
        *,
        task: str | None = None,
        round_: int | None = None,
        experts: Collection[str] = (),
        weights: Mapping[str, float] | None = None,
        keep: bool = False,
        progress: Progress | None = None,
    ) -> Iterator[tuple[Iterator[Merged], Adjudicated]]:
        """The articles of a task, each merged by its rules, one at a time while the context lasts, and the sum of it.

        Merged are valid annotations, of each annotator that of the latest round or of `round_`. `experts` are the
        annotators whom the rule `expert` follows beside Label Studio's ground-truth mark, `weights` how much an
        annotator counts where the rule is `weighted`; others count 1. Both are added to those of curation.toml.
        With `keep`, what holds of each article is kept as its gold, once the context ends without an error.
        Raises `E_NOT_FOUND` for an unknown annotator.
        """
        chosen = self.task(task)
        if keep:
            self._read_decisions_anew(chosen)
        with self._writing() if keep else self._reading() as store:
            merging = Merging(self, store, chosen, round_, experts, weights or {})
            with store.transaction() if keep else nullcontext():
                considered = merging.consider(keep=keep, progress=progress)
                yield (one.merged for one in considered), merging.found

    def _read_decisions_anew(self, task: Task) -> None:
        """Let decisions be read and judged by the task as it is today: its codebook may have changed."""
        theirs = task.for_adjudicators().name
        with self._reading() as store:
            if not store.annotations.counts(theirs):
                return
        self.validate(task=theirs)

    def adjudicate(
        self,
        *,
        task: str | None = None,
        round_: int | None = None,
        experts: Collection[str] = (),
        weights: Mapping[str, float] | None = None,
        progress: Progress | None = None,
    ) -> Adjudicated:
        """Decide every article by the rules and by what adjudicators said, and keep what holds of it as gold.

        Takes what `adjudicated` takes. What is the same as before is not written again.
        """
        options = {"round_": round_, "experts": experts, "weights": weights, "progress": progress}
        with self.adjudicated(task=task, keep=True, **options) as (merged, found):  # type: ignore[arg-type]
            for _ in merged:
                pass
        return found


class Merging:
    """Merges articles by the rules of a task and whom they follow, and tells what came of it."""

    def __init__(
        self,
        opened: Opened,
        store: Store,
        task: Task,
        round_: int | None,
        experts: Collection[str],
        weights: Mapping[str, float],
    ) -> None:
        from curation.adjudication import Panel, Rules, fit_rules

        settings = opened.root.settings.get("adjudication", {})
        experts = {*settings.get("experts", ()), *experts}
        weights = {**settings.get("weights", {}), **weights}
        people = [name for name, _ in store.ledger.annotators()] or list(store.annotations.by_annotator(task.name))
        for name in (*sorted(experts), *weights):
            require_known("annotator", name, people)
        rules = Rules.of(task, Panel(weights=weights, experts=frozenset(experts)))
        self.rules = fit_rules(_annotations(store, task, round_), rules)
        self.truths = frozenset(_truths(store, task))
        self.found = Adjudicated(task.name)
        self.found.reliability = {
            key: dict(zip(fit.votes.annotators, map(float, fit.reliability), strict=True))
            for key in self.rules.modelled
            for fit in self.rules.rule(key).fits.values()
        }
        self._store, self._task, self._round = store, task, round_

    def consider(self, *, keep: bool, progress: Progress | None = None) -> Iterator[Considered]:
        """Every article, one at a time. With `keep` its gold is kept: do so inside a transaction."""
        from curation.adjudication import merge

        for number, given in enumerate(_annotations(self._store, self._task, self._round), 1):
            merged = merge(given, self.rules, self.truths)
            one = Considered(given, merged, *self._outcome(merged))
            self._take(one, keep=keep)
            yield one
            if progress is not None:
                progress(number, None)
        if keep:
            self.found.changed += self._store.gold.drop_unfounded(self._task.name)
        if not self.found.articles:
            raise CurationError("E_NOTHING_TO_COMPARE", f"no article has a valid annotation of {self._task.name}")

    def _take(self, one: Considered, *, keep: bool) -> None:
        self.found.count(one.merged, self.rules)
        if one.gold is not None:
            self.found.gold[one.gold.method] += 1
        elif self._is_put_up(one.merged):
            self.found.waiting += 1
        if one.reopened is not None:
            self.found.reopened.append(one.reopened)
        if keep and one.gold is not None:
            self.found.changed += self._store.gold.put(self._task.name, one.gold)
        elif keep:
            self.found.changed += self._store.gold.drop(self._task.name, one.merged.article_id)

    def _is_put_up(self, merged: Merged) -> bool:
        from curation.adjudication.gold import origins_of

        disputes = self._store.gold.disputes(self._task.name, merged.article_id)
        return bool(disputes) and disputes[-1][1] == origins_of(merged)

    def _outcome(self, merged: Merged) -> tuple[Gold | None, Reopened | None]:
        """What holds of an article: what adjudicators decided from the very annotations, else what the rules settle."""
        from curation.adjudication.gold import content, decided, origins_of, settled

        origins = origins_of(merged)
        standing = [
            (decision, stored.record)
            for decision in self._store.gold.decisions(self._task.name, merged.article_id)
            for stored in [self._store.annotations.get(decision.annotation)]
            if stored is not None and stored.record is not None and stored.revision == decision.revision
            if stored.status == "submitted" and stored.verdict == "valid"
        ]
        current = [(decision, record) for decision, record in standing if decision.origins == origins]
        if len({content(record) for _, record in current}) > 1:
            self.found.contested.append(merged.article_id)
            return None, None
        if current:
            decision, record = current[-1]
            return decided(merged, self._task, record, decision.decided_at), None
        if not standing:
            return settled(merged, self._task), None
        last, _ = standing[-1]
        changes = tuple(_changes(last.origins, origins))
        gold = settled(merged, self._task)
        return gold, Reopened(
            merged.article_id, last.annotation, last.decided_by, last.decided_at, changes, gold is not None
        )


def _changes(
    before: Sequence[tuple[str, str, str | None]], after: Sequence[tuple[str, str, str | None]]
) -> Iterator[str]:
    """How annotations differ from those that there were, by annotator."""
    then = {annotator: (annotation, revision) for annotation, annotator, revision in before}
    now = {annotator: (annotation, revision) for annotation, annotator, revision in after}
    for annotator in sorted({*then, *now}):
        if annotator not in now:
            yield f"{annotator}'s annotation is gone"
        elif annotator not in then:
            yield f"{annotator}'s annotation is new"
        elif then[annotator] != now[annotator]:
            yield f"{annotator}'s annotation changed"


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
