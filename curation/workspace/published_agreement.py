"""How far annotators agree, as a dataset publishes it: the figures of the study as plain rows, of a sample at most."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from curation.catalog import Task
from curation.errors import CurationError
from curation.export.agreed import AgreementFigure, AgreementFigures, Scope
from curation.records import task_versions
from curation.store import Store
from curation.workspace.base import Opened

if TYPE_CHECKING:
    from curation.agreement import Agreement, Bootstrap, Figure
    from curation.agreement.collecting import Read
    from curation.records import Progress

MOST_ARTICLES = 2_000
"""Of so many articles agreement is measured at most: more would make a build long and the intervals hardly narrower."""

_SEED = "agreement"


def agreement_of(workspace: Path, task: str, held_out: Collection[str]) -> AgreementFigures:
    """The figures of agreement on a task of a workspace; see `published_agreement`."""
    opened = Opened(workspace)
    with opened._reading() as store:
        return published_agreement(store, opened.task(task), held_out=held_out)


def published_agreement(
    store: Store,
    task: Task,
    *,
    held_out: Collection[str] = (),
    most: int = MOST_ARTICLES,
    bootstrap: Bootstrap | None = None,
    progress: Progress | None = None,
) -> AgreementFigures:
    """The figures of agreement on a task: fields, each value of them, spans and statements.

    What is `held_out` of the dataset has no say.

    Of more than `most` articles with two annotators those are measured whose ids have the least hashes, which depends
    neither on the order of articles nor on what else is there of an article. Where no article has two annotators there
    is one row a field without a figure, which says so.
    """
    from curation.agreement import Bootstrap
    from curation.agreement.collecting import collect
    from curation.agreement.study import study

    sure = bootstrap or Bootstrap()
    shared = [one for one in store.submitted.shared(task.name) if one not in held_out]
    chosen = sample(shared, most)
    versions: set[str] = set()
    read = _noting(versions, collect(store, task, only=chosen))
    try:
        found = study(read, task, bootstrap=sure, windows=1, worst=0, progress=progress)
    except CurationError as error:
        if error.code != "E_NOTHING_TO_COMPARE":
            raise
        return _nothing(store, task)
    return AgreementFigures(
        figures=tuple(_rows(found)),
        articles=found.articles,
        shared=len(shared) - (len(chosen) - found.articles),
        confidence=sure.confidence,
        resamples=sure.resamples,
        seed=sure.seed,
        measures=_titles(),
        task_version=task_versions(versions),
    )


def sample(articles: Iterable[str], most: int) -> list[str]:
    """At most so many articles, by the hash of their ids, in the order of their ids."""
    return sorted(heapq.nsmallest(most, articles, key=lambda one: hashlib.sha256(f"{_SEED}\0{one}".encode()).digest()))


def _noting(versions: set[str], articles: Iterable[Read]) -> Iterator[Read]:
    """The articles as they are, adding the versions of the codebook of the annotations that are compared."""
    for one in articles:
        if len(one.annotations) > 1:
            versions.update(annotation.task_version for annotation in one.annotations)
        yield one


def _rows(found: Agreement) -> Iterator[AgreementFigure]:
    for one in found.fields:
        yield from (_row("field", figure) for figure in one.figures)
        yield from (_row("value", figure) for figure in one.by_label)
    yield from (_row("spans", figure) for figure in found.spans)
    yield from (_row("statements", figure) for figure in (found.statements.figures if found.statements else ()))


def _row(scope: Scope, figure: Figure) -> AgreementFigure:
    no_interval = figure.details.get("no_interval")
    return AgreementFigure(
        scope=scope,
        of=figure.of,
        measure=figure.measure,
        level=figure.level,
        value=figure.value,
        ci_low=figure.low,
        ci_high=figure.high,
        n_units=figure.n_items,
        n_annotators=figure.n_annotators,
        reason=figure.reason or (str(no_interval) if no_interval else None),
    )


def _nothing(store: Store, task: Task) -> AgreementFigures:
    annotators = len(store.annotations.by_annotator(task.name))
    reason = "no article has valid annotations of two annotators"
    fields = [one for one in task.choices.values() if one.kind != "text"]
    rows: list[tuple[Scope, str, str, str | None]] = [
        ("field", one.name, "krippendorff_alpha", one.agreement or "nominal") for one in fields
    ]
    rows += [("spans", "", "token_alpha", None)] if task.labels else []
    figures = [
        AgreementFigure(scope, of, measure, level, None, None, None, 0, annotators, reason)
        for scope, of, measure, level in rows
    ]
    versions = task_versions(store.submitted.versions(task.name))
    return AgreementFigures(tuple(figures), measures=_titles(), reason=reason, task_version=versions)


def _titles() -> dict[str, str]:
    from curation.agreement.study import ALL_MEASURES

    return {name: measure.title for name, measure in ALL_MEASURES.items()}
