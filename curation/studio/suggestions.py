"""The suggestions that the store holds, as they travel with their items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from curation.catalog import Task
from curation.records import Annotation, Article
from curation.store import Store
from curation.studio.encode import prediction


class Suggestions(Mapping[str, Sequence[Mapping[str, Any]]]):
    """By article id the suggestions for a task in Label Studio's form; they are read when they are asked for.

    A part of a long article has what was suggested for the whole and lies in it.
    """

    def __init__(self, store: Store, task: Task) -> None:
        self._given: dict[str, int] = {}
        self._unfit: dict[tuple[str, str], None] = {}
        self._store = store
        self._task = task
        self._ids = set(store.predictions.articles(task.name))

    @property
    def given(self) -> int:
        """How many suggestions were given out, those that were asked for again counted once."""
        return sum(self._given.values())

    @property
    def unfit(self) -> tuple[tuple[str, str], ...]:
        """The suggestions that were not given out: the article's id, and why not."""
        return tuple(self._unfit)

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __getitem__(self, article_id: str) -> Sequence[Mapping[str, Any]]:
        article = self._store.articles.get(article_id)
        if article is None or (article.part_of or article.id) not in self._ids:
            raise KeyError(article_id)
        whole = article if article.part_of is None else self._store.articles.get(article.part_of)
        found = []
        for record in self._store.predictions.of(article.part_of or article.id, self._task.name):
            if whole is None or record.article_sha256 != whole.sha256:
                self._unfit[article.id, f"{record.annotator} made it for another text of the article"] = None
                continue
            try:
                found.append(prediction(_within(record, article), self._task, record.annotator))
            except ValueError as error:
                self._unfit[article.id, f"{record.annotator}: {error}"] = None
        self._given[article.id] = len(found)
        return found


def _within(record: Annotation, article: Article) -> Annotation:
    """What of a record on a whole article lies in a part of it."""
    if article.part_of is None:
        return record
    start = article.part_start
    mentions = tuple(
        replace(mention, start=mention.start - start, end=mention.end - start)
        for mention in record.mentions
        if start <= mention.start and mention.end <= start + len(article.text)
    )
    there = {mention.id for mention in mentions}
    relations = tuple(one for one in record.relations if one.source in there and one.target in there)
    return replace(record, mentions=mentions, relations=relations)
