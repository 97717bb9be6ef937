"""What a workspace decides where annotators differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from curation.errors import CurationError
from curation.workspace.base import Opened
from curation.workspace.findings import WithFindings, require_known

if TYPE_CHECKING:
    from curation.adjudication import Merged, Rules
    from curation.adjudication.questions import Question
    from curation.catalog import Task
    from curation.records import Annotation, Gold, Origin, Progress
    from curation.store import Decided, Store


_NO_WEIGHTS: Mapping[str, float] = {}


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
    are; `own` decisions are by somebody who had annotated the article. `reopened` decisions no longer count; on
    `contested` articles adjudicators differ. `asked` are open questions, as many as were wanted, by article.
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
    own: int = 0
    reopened: list[Reopened] = field(default_factory=list)
    contested: list[str] = field(default_factory=list)
    asked: list[tuple[str, Question]] = field(default_factory=list)

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
        wanted: int | None = 0,
        progress: Progress | None = None,
    ) -> Iterator[tuple[Iterator[Merged], Adjudicated]]:
        """The articles of a task, each merged by its rules, one at a time while the context lasts, and the sum of it.

        Merged are valid annotations, of each annotator that of the latest round or of `round_`. `experts` are the
        annotators whom the rule `expert` follows beside Label Studio's ground-truth mark, `weights` how much an
        annotator counts where the rule is `weighted`; others count 1. Both are added to those of curation.toml.
        Of the open questions as many are put into words as are `wanted`; None for all. Nothing is kept.
        Raises `E_NOT_FOUND` for an unknown annotator.
        """
        chosen = self._adjudicated_task(task)
        with self._reading() as store:
            merging = Merging(self, store, chosen, round_, experts, weights or {}, wanted=wanted)
            yield (one.merged for one in merging.consider(keep=False, progress=progress)), merging.found

    @contextmanager
    def deciding(
        self, *, task: str | None = None, wanted: int | None = 0, progress: Progress | None = None
    ) -> Iterator[tuple[Iterator[Merged], Adjudicated]]:
        """As `adjudicated`, by curation.toml alone; what holds of each article is kept once the context ends well."""
        chosen = self._adjudicated_task(task)
        self._read_decisions_anew(chosen)
        with self._writing() as store:
            merging = Merging(self, store, chosen, wanted=wanted)
            with store.transaction():
                yield (one.merged for one in merging.consider(keep=True, progress=progress)), merging.found

    def adjudicate(self, *, task: str | None = None, progress: Progress | None = None) -> Adjudicated:
        """Decide every article by the rules and by what adjudicators said, and keep what holds of it as gold.

        Whom the rules follow and who counts for how much is said in curation.toml. What is the same as before is not
        written again.
        """
        with self.deciding(task=task, progress=progress) as (merged, found):
            for _ in merged:
                pass
        return found

    def _adjudicated_task(self, name: str | None) -> Task:
        """The task whose annotations are merged. Raises `E_USAGE` for that of adjudicators, which are not."""
        found = self.task(name)
        if found.is_for_adjudicators:
            message = f"{found.name} is what adjudicators decide, which is not adjudicated again"
            raise CurationError("E_USAGE", message, fix=f"--task {found.declared_as}")
        return found

    def _read_decisions_anew(self, task: Task) -> None:
        """Let decisions be read and judged by the task as it is today: its codebook may have changed."""
        theirs = task.for_adjudicators().name
        with self._reading() as store:
            if not store.annotations.counts(theirs):
                return
        self.validate(task=theirs)


class Merging:
    """Merges articles by the rules of a task and whom they follow, and tells what came of it."""

    def __init__(
        self,
        opened: Opened,
        store: Store,
        task: Task,
        round_: int | None = None,
        experts: Collection[str] = (),
        weights: Mapping[str, float] = _NO_WEIGHTS,
        *,
        wanted: int | None = 0,
    ) -> None:
        from curation.adjudication import Panel, Rules, fit_rules

        settings = opened._panel
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
        self.gone: list[str] = []
        self.wanted = wanted
        self._store, self._task, self._round = store, task, round_
        self._made_with = opened._gold_made_with(store, task)

    def consider(self, *, keep: bool, progress: Progress | None = None) -> Iterator[Considered]:
        """Every article, one at a time. With `keep` its gold is kept: do so inside a transaction.

        `gone` are, in the end, the articles that were decided and of which no annotation is valid any more.
        """
        from curation.adjudication import merge

        for number, given in enumerate(_annotations(self._store, self._task, self._round), 1):
            merged = merge(given, self.rules, self.truths)
            one = Considered(given, merged, *self._outcome(merged))
            self._take(one, keep=keep)
            yield one
            if progress is not None:
                progress(number, None)
        self._tell_orphans()
        if keep:
            self.found.changed += self._store.gold.drop_unfounded(self._task.name)
            self._store.gold.note_run(self._task.name)
        if not self.found.articles:
            raise CurationError("E_NOTHING_TO_COMPARE", f"no article has a valid annotation of {self._task.name}")

    def _take(self, one: Considered, *, keep: bool) -> None:
        self.found.count(one.merged, self.rules)
        self._ask(one)
        if one.gold is not None:
            self.found.gold[one.gold.method] += 1
            self.found.own += one.gold.decided_by in {origin.annotator for origin in one.gold.origins}
        elif one.merged.article_id not in self.found.contested and self._is_put_up(one.merged):
            self.found.waiting += 1
        if one.reopened is not None:
            self.found.reopened.append(one.reopened)
        if keep and one.gold is not None:
            self.found.changed += self._store.gold.put(self._task.name, one.gold)
        elif keep:
            self.found.changed += self._store.gold.drop(self._task.name, one.merged.article_id)

    def _ask(self, one: Considered) -> None:
        """Put the open questions of an article into words, as long as more are wanted."""
        from curation.adjudication.questions import questions
        from curation.adjudication.rivals import versions

        left = None if self.wanted is None else self.wanted - len(self.found.asked)
        if one.merged.conflicts and left != 0:
            told = questions(one.merged, versions(one.annotations, self.rules, self.truths), self.rules)
            self.found.asked += [(one.merged.article_id, question) for question in told[:left]]

    def _is_put_up(self, merged: Merged) -> bool:
        from curation.adjudication.gold import origins_of

        disputes = self._store.gold.disputes(self._task.name, merged.article_id)
        return bool(disputes) and disputes[-1][1] == origins_of(merged)

    def _tell_orphans(self) -> None:
        """Name the decisions on articles of which nobody says anything valid any more."""
        self.gone = self._store.gold.orphans(self._task.name)
        for article_id in self.gone:
            standing = self._standing(article_id)
            if standing:
                self.found.reopened.append(_reopened(standing[-1][0], ()))

    def _standing(self, article_id: str) -> list[tuple[Decided, Annotation]]:
        """What adjudicators say of an article today, as far as it is valid, with what each decided between."""
        return [
            (decision, stored.record)
            for decision in self._store.gold.decisions(self._task.name, article_id)
            for stored in [self._store.annotations.get(decision.annotation)]
            if stored is not None and stored.record is not None and stored.revision == decision.revision
            if stored.status == "submitted" and stored.verdict == "valid"
        ]

    def _outcome(self, merged: Merged) -> tuple[Gold | None, Reopened | None]:
        """What holds of an article: what adjudicators decided from the very annotations, else what the rules settle."""
        from curation.adjudication.gold import content, decided, origins_of, settled

        origins = origins_of(merged)
        standing = self._standing(merged.article_id)
        current = [(decision, record) for decision, record in standing if decision.origins == origins]
        if len({content(record, self._task) for _, record in current}) > 1:
            self.found.contested.append(merged.article_id)
            return None, None
        if current:
            decision, record = current[-1]
            return decided(merged, self._made_with, record, decision.decided_at), None
        gold = settled(merged, self._made_with)
        return gold, _reopened(standing[-1][0], origins, is_settled=gold is not None) if standing else None


def _reopened(last: Decided, origins: Sequence[Origin], *, is_settled: bool = False) -> Reopened:
    changes = tuple(_changes(last.origins, origins))
    return Reopened(last.article_id, last.annotation, last.decided_by, last.decided_at, changes, is_settled)


def _changes(
    before: Sequence[tuple[str, str, str | None]], after: Sequence[tuple[str, str, str | None]]
) -> Iterator[str]:
    """How annotations differ from those that there were, by annotator."""
    then = {annotator: (annotation, revision) for annotation, annotator, revision in before}
    now = {annotator: (annotation, revision) for annotation, annotator, revision in after}
    for annotator in sorted({*then, *now}):
        if annotator not in now:
            yield f"{annotator}'s annotation is gone, or not valid"
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
