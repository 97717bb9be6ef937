"""What goes into a dataset, article by article: the valid annotations, and what holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from curation.catalog import Field, Task
from curation.errors import CurationError
from curation.export.columns import Layout
from curation.export.consensus import agreed, holding, settled
from curation.export.rows import Group, exact
from curation.parts import views
from curation.records import Annotation, Article, Value
from curation.store import Store, Submitted


class Groups:
    """The groups of a task, read from the store one at a time.

    Gold counts that was made with `made_with`; as long as nothing of the task was adjudicated, what all agree on.
    """

    def __init__(self, store: Store, layout: Layout, made_with: str) -> None:
        self._store = store
        self._layout = layout
        self._task = layout.task
        self._made_with = made_with
        self._adjudicated = store.gold.was_run(self._task.name)
        # The quarantined annotations that say nothing about gold, because their annotator's newer one does.
        findings = store.annotations.each_finding(self._task.name)
        self._superseded = {one.annotation for one in findings if one.code == "F_ANNOTATION_SUPERSEDED"}

    def of(self, article_id: str) -> Group:
        """The group of an article. Raises `E_EXPORT_STALE` if an annotation no longer fits it or the task."""
        article = self._store.articles.get(article_id)
        if article is None:
            raise CurationError("E_EXPORT_STALE", f"the article {article_id} is not there any more")
        submitted = [
            one for one in self._store.submitted.of(self._task.name, article_id) if one.id not in self._superseded
        ]
        annotations, complete = self._views(article, [one for one in submitted if one.verdict == "valid"])
        is_settled = settled(submitted) and complete
        kept = self._store.gold.get(self._task.name, article_id)
        gold = holding(kept, self._made_with, annotations) if annotations else None
        is_outdated = bool(annotations) and kept is not None and gold is None
        if not is_settled and (gold is None or gold.method != "adjudicated"):
            # Where an annotation is not valid only an adjudicator's word counts: the others may not have been all.
            gold = None
        elif gold is None and annotations and not self._adjudicated:
            gold = agreed(self._layout, annotations)
        return Group(article, annotations, gold, is_settled, is_outdated)

    def _views(self, article: Article, valid: Sequence[Submitted]) -> tuple[list[Annotation], bool]:
        """What each annotator said of the whole article, and whether nobody lacks a part; who does has no say yet."""
        records = [_record(one, article, self._task) for one in valid]
        if all(record.part is None for record in records):
            return records, True
        joined = views(records, self._store.parts.count(article.id), self._task.choices)
        whole = [exact(article, view.annotation) for view in joined if not view.missing]
        return whole, len(whole) == len(joined)


def _record(submitted: Submitted, article: Article, task: Task) -> Annotation:
    if submitted.record is None:
        raise CurationError("E_EXPORT_STALE", f"annotation {submitted.id} cannot be read")
    # A class that is gone keeps its id: its features alone would let the name pass.
    gone = next(_unknown(task, submitted.record), None)
    if gone is not None:
        raise CurationError("E_EXPORT_STALE", f"annotation {submitted.id}: the task has no {gone} (any more)")
    return exact(article, submitted.record)


def _unknown(task: Task, record: Annotation) -> Iterator[str]:
    """What a record names that the task does not have."""
    for mention in record.mentions:
        label = task.labels.get(mention.label)
        if label is None:
            yield f"label {mention.label!r}"
        else:
            yield from _unknown_values(label.attributes, mention.attributes)
    yield from (f"relation {one.label!r}" for one in record.relations if one.label and one.label not in task.relations)
    yield from _unknown_values(task.choices, record.choices)


def _unknown_values(fields: Mapping[str, Field], given: Mapping[str, Value]) -> Iterator[str]:
    for name, value in given.items():
        known = fields[name].values if name in fields and fields[name].kind != "text" else ()
        values = (value,) if isinstance(value, str) else value
        yield from (f"value {one!r} of {name}" for one in values if known and one not in known)
