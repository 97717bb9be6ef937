"""What is compared: the valid annotations of a task, article by article, one of each annotator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from curation.catalog import Task
from curation.parts import views
from curation.records import Annotation, Article
from curation.rounds import latest
from curation.store import Store, StoredAnnotation, Submitted


@dataclass(frozen=True, slots=True)
class Read:
    """An article and what each of its annotators said of it in the latest round, by annotator."""

    article: Article
    annotations: tuple[Annotation, ...]


def collect(
    store: Store, task: Task, *, round_: int | None = None, only: Iterable[str] | None = None
) -> Iterator[Read]:
    """The articles of a task with valid annotations, one at a time; of each annotator that of the latest round.

    `round_` takes that round alone, and `only` those articles alone, by id. Whoever lacks a part of a long article has
    said nothing of it yet.
    """
    if only is not None:
        for article_id in only:
            yield from _read(store, task, article_id, store.submitted.of(task.name, article_id), round_)
        return
    for group in store.annotations.by_article(task.name):
        submitted = [one for one in group if one.status == "submitted"]
        yield from _read(store, task, group[0].article_id or "", submitted, round_)


def _read(
    store: Store, task: Task, article_id: str, group: Sequence[StoredAnnotation | Submitted], round_: int | None
) -> Iterator[Read]:
    records = [one.record for one in group if one.verdict == "valid" and one.record is not None]
    wanted = [one for one in records if round_ in (None, one.round)]
    article = store.articles.get(article_id) if wanted else None
    if article is None:
        return
    whole = wanted
    if any(one.part is not None for one in wanted):
        joined = views(wanted, store.parts.count(article.id), task.choices)
        whole = [view.annotation for view in joined if not view.missing]
    if whole:
        yield Read(article, tuple(latest(whole)))
