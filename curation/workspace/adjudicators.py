"""What a workspace puts before adjudicators in Label Studio, and what they bring back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from curation.records import moment
from curation.workspace.adjudication import Adjudicated, Considered, Merging, WithAdjudication
from curation.workspace.studio import WithStudio

if TYPE_CHECKING:
    from curation.catalog import Task
    from curation.records import Progress
    from curation.store import Decided, Store, StoredAnnotation
    from curation.studio.disputes import Dispute, PutUp
    from curation.studio.results import PullResult
    from curation.validation import ValidationReport


@dataclass(frozen=True, slots=True)
class Submitted:
    """What went to adjudicators, and what was decided before.

    `held_back` articles are open: somebody's annotation of them is quarantined or not validated.
    """

    sent: PutUp
    held_back: tuple[str, ...]
    result: Adjudicated


@dataclass(frozen=True, slots=True)
class Unfounded:
    """An adjudicator's annotation that decides nothing, and why."""

    annotation: str
    article_id: str | None
    annotator: str | None
    reason: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Decisions:
    """What adjudicators brought back: `pull` and `validation` of their project, and what is decided with that.

    `made` counts the decisions that were not known before. `unfounded` annotations decide nothing.
    """

    pull: PullResult
    validation: ValidationReport
    made: int
    unfounded: tuple[Unfounded, ...]
    result: Adjudicated


class WithAdjudicators(WithAdjudication, WithStudio):
    """The way of open articles to adjudicators and back."""

    def put_before_adjudicators(
        self,
        *,
        task: str | None = None,
        named: bool = False,
        pending: bool = False,
        new_project: bool = False,
        update_interface: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> Submitted:
        """Decide what can be decided, as `adjudicate` does, and send what stays open to a project of adjudicators.

        Each article shows its open questions, what is agreed and the rival versions; with `named` also whose they are.
        One with an annotation that is quarantined or not validated is held back, unless `pending` ones go too.
        Decisions made there since the last `decisions` stay as they are. With `dry_run` nothing is written anywhere.
        """
        from curation.adjudication.rivals import AGREED
        from curation.studio.disputes import put_up
        from curation.studio.interface import require_interface

        chosen = self._adjudicated_task(task)
        theirs = chosen.for_adjudicators()
        require_interface(chosen)
        if not dry_run:
            self._read_decisions_anew(chosen)
        with self._writable(dry_run) as store, self._client() as client:
            merging = Merging(self, store, chosen)
            disputes: list[Dispute] = []
            kept: set[str] = set()
            waiting: list[str] = []
            with store.transaction():
                store.predictions.forget(theirs.name)
                for one in merging.consider(keep=True, progress=progress):
                    article_id = one.merged.article_id
                    if one.gold is not None and one.gold.method != "adjudicated":
                        continue
                    if one.gold is None and not pending and store.annotations.pending(chosen.name, article_id):
                        waiting.append(article_id)
                    elif one.gold is None and article_id not in merging.found.contested:
                        disputes.append(_dispute(store, theirs, merging, one, named=named))
                        continue
                    kept.add(article_id)
                kept.update(merging.gone)
            sent = put_up(
                store,
                theirs,
                disputes,
                kept,
                client,
                first=AGREED,
                new_project=new_project,
                update_interface=update_interface,
                workspace_id=self._id,
                dry_run=dry_run,
                progress=progress,
            )
        return Submitted(sent, tuple(waiting), merging.found)

    def decisions(
        self,
        *,
        task: str | None = None,
        full: bool = False,
        progress: Progress | None = None,
    ) -> Decisions:
        """Fetch what adjudicators decided, hold it against the rules of valid annotations, and keep it as gold.

        Raises as `pull` and `adjudicate` do.
        """
        chosen = self._adjudicated_task(task)
        theirs = chosen.for_adjudicators().name
        pulled = self.pull(task=theirs, full=full, progress=progress)
        validation = self.validate(task=theirs)
        made = 0
        with self._writing() as store, store.transaction():
            unfounded = [_withdrawn(one) for name in pulled.gone for one in [store.gold.decided_with(name)] if one]
            for stored in store.annotations.all(task=theirs, status="submitted"):
                found = _decision(store, chosen, stored)
                if isinstance(found, Unfounded):
                    unfounded.append(found)
                else:
                    made += store.gold.decide(chosen.name, found)
        result = self.adjudicate(task=chosen.name)
        return Decisions(pulled, validation, made, tuple(unfounded), result)

    @contextmanager
    def _writable(self, dry_run: bool) -> Iterator[Store]:
        with self._trying() if dry_run else self._writing() as store:
            yield store


def _dispute(store: Store, theirs: Task, merging: Merging, one: Considered, *, named: bool) -> Dispute:
    """An open article as adjudicators get it; what is suggested for it is put into the store."""
    from curation.adjudication.gold import origins_of
    from curation.adjudication.questions import questions, told
    from curation.adjudication.rivals import AGREED, versions
    from curation.records import to_json
    from curation.studio.disputes import Dispute
    from curation.text import content_hash

    found = versions(one.annotations, merging.rules, merging.truths)
    suggested = [one.merged.annotation("", AGREED)]
    for number, version in enumerate(found, start=1):
        whose = f": {' + '.join(version.annotators)}" if named else ""
        suggested.append(version.merged.annotation("", f"version {number}{whose}"))
    for suggestion in suggested:
        store.predictions.put(replace(suggestion, task=theirs.name))
    text = told(questions(one.merged, found, merging.rules), named=named, before=_before(one, named=named))
    origins = origins_of(one.merged)
    content = json.dumps([origins, text, [to_json(suggestion) for suggestion in suggested]], sort_keys=True)
    return Dispute(one.merged.article_id, origins, text, content_hash(content)[:16], one.reopened is not None)


_KEEP = "Look again. To keep your answer, change something and change it back; then press Update."


def _before(one: Considered, *, named: bool) -> list[str]:
    if one.reopened is None:
        return []
    changes = "; ".join(one.reopened.changes) if named else "annotations changed"
    return [f"Decided before, and open again: {changes}. {_KEEP}"]


def _withdrawn(decided: Decided) -> Unfounded:
    reason = "it was deleted in Label Studio"
    return Unfounded(decided.annotation, decided.article_id, decided.decided_by, reason)


def _decision(store: Store, task: Task, stored: StoredAnnotation) -> Decided | Unfounded:
    """What an adjudicator's annotation decides, and between what."""
    from curation.store import Decided

    def unfounded(reason: str) -> Unfounded:
        return Unfounded(stored.id, stored.article_id, stored.annotator, reason, stored.url)

    if stored.verdict != "valid":
        return unfounded(f"it has errors: curation validate --task {task.name}.adjudication")
    known = store.gold.decision(stored.id, stored.revision)
    if known is not None:
        return known
    written = str(stored.raw.get("updated_at") or stored.raw.get("created_at") or "") or None
    server, project = stored.context.get("server"), stored.context.get("project")
    disputes = store.gold.disputes(task.name, stored.article_id or "", server, project)
    at = moment(written)
    between = [origins for since, origins in disputes if at is None or since <= at]
    if not between or stored.article_id is None or stored.annotator is None:
        return unfounded("its article was not put before adjudicators by then")
    return Decided(stored.id, stored.revision, stored.article_id, between[-1], stored.annotator, written)
