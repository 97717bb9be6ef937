"""The suggestions that the store holds, as they travel with their items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from curation.catalog import Task
from curation.records import Annotation, Article
from curation.store import Store
from curation.studio.encode import prediction
from curation.text import forbidden


@dataclass(frozen=True, slots=True)
class Suggested:
    """What goes along with an article, in Label Studio's form, and in words what was suggested and does not."""

    fit: tuple[Mapping[str, Any], ...] = ()
    unfit: tuple[str, ...] = ()


class Suggestions(Mapping[str, Sequence[Mapping[str, Any]]]):
    """By article id the suggestions for a task in Label Studio's form; they are read when they are asked for.

    A part of a long article has what was suggested for the whole and lies in it. An article for which nothing is left
    is not among them.
    """

    def __init__(self, store: Store, task: Task) -> None:
        self._store = store
        self._task = task
        self._articles: frozenset[str] | None = None

    def covers(self, article: Article) -> bool:
        """Whether anything was suggested for the article, or for the one that it is a part of."""
        if self._articles is None:
            self._articles = frozenset(self._store.predictions.articles(self._task.name))
        return (article.part_of or article.id) in self._articles

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[str]:
        for article_id in self._store.predictions.articles(self._task.name):
            parts = self._store.parts.of(article_id)
            yield from (name for name in ([part.id for part in parts] or [article_id]) if name in self)

    def __getitem__(self, article_id: str) -> Sequence[Mapping[str, Any]]:
        article = self._store.articles.get(article_id) or self._store.parts.get(article_id)
        found = self.of(article).fit if article is not None else ()
        if not found:
            raise KeyError(article_id)
        return found

    def of(self, article: Article) -> Suggested:
        """What was suggested for an article. A span over the end of a part, or an arrow out of it, is unfit there."""
        fit: list[Mapping[str, Any]] = []
        unfit: list[str] = []
        whole = article if article.part_of is None else self._store.articles.get(article.part_of)
        for record in self._store.predictions.of(article.part_of or article.id, self._task.name):
            if whole is None or record.article_sha256 != whole.sha256:
                unfit.append(f"{record.annotator} made it for another text of the article")
                continue
            within = _within(record, article)
            unfit += [
                f"{record.annotator}: {number} {what}" for what, number in _torn(record, article).items() if number
            ]
            try:
                made = prediction(within, self._task, record.annotator)
            except ValueError as error:
                unfit.append(f"{record.annotator}: {error}")
                continue
            harm = next(filter(None, map(forbidden, _texts(made))), None)
            if harm is not None:
                unfit.append(f"{record.annotator}: it holds a {harm[1]}, which would break the whole project")
            elif made["result"] or self._task.is_for_adjudicators:
                # That nothing is agreed is what an adjudicator's screen begins with.
                fit.append(made)
        return Suggested(tuple(fit), tuple(unfit))


def _texts(value: Any) -> Iterator[str]:
    """All texts in what is to become JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Iterable):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(one)


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


def _torn(record: Annotation, article: Article) -> dict[str, int]:
    """What of a record begins in a part of its article and does not end there, so that no part has it."""
    if article.part_of is None:
        return {}
    start, end = article.part_start, article.part_start + len(article.text)
    begun = [mention for mention in record.mentions if start <= mention.start < end]
    there = {mention.id for mention in begun if mention.end <= end}
    torn = [one for one in record.relations if one.source in {mention.id for mention in begun}]
    return {
        "spans reach over the end of the part": len(begun) - len(there),
        "relations have an end elsewhere": sum(not {one.source, one.target} <= there for one in torn),
    }
