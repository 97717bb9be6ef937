"""The plan of an export's splits: what is known of its articles, and what earlier builds have put where."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from curation.catalog import Export, Task
from curation.errors import CurationError
from curation.export.columns import Layout, layout
from curation.export.consensus import given
from curation.export.naming import NAMES, known_as
from curation.export.reading import Dataset
from curation.export.splitting import Leakage, Member, Plan, leakage, plan, rules
from curation.rounds import latest
from curation.store import Annotated, Said, Store
from curation.store.splits import Kept


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the hash of the rules that it was made by."""

    plan: Plan
    rules: str


def planned(workspace: Path, export: Export, task: Task, last: Dataset | None = None) -> Planned:
    """The split of each article with a valid annotation. It is kept, so that no later build moves an article.

    Where the store knows of no plan, that of the `last` release holds, if it was made by the same rules.

    Raises `E_DEFINITION` where the export asks for groups that the task cannot tell, `E_SPLIT_GROUPS` for those that
    leave no fair split, `E_DISK`.
    """
    shape = layout(task)
    _require_known(export, shape)
    ruled_by = rules(export.splits, export.seed, export.by, stratify=export.stratify)
    with Store(workspace) as store:
        before = store.splits.of(export.name, ruled_by)
        if not before.splits and last is not None and last.facts.get("split_rules") == ruled_by:
            before = Kept(_released(last), last.facts["cuts"])
        found = plan(
            _members(store, shape),
            shares=export.splits,
            seed=export.seed,
            by=export.by,
            stratify=export.stratify,
            before=before.splits,
            cuts=before.cuts,
            near=_near(store),
        )
        with store.transaction():
            store.splits.keep(export.name, ruled_by, found.splits, found.cuts)
    return Planned(found, ruled_by)


def _released(last: Dataset) -> dict[str, str]:
    """The split of each article of a release."""
    return {
        article_id: split
        for config, splits in last.configs.items()
        if "article_id" in last.schema(config).names
        for split in splits
        for batch in last.batches(config, split, columns=["article_id"])
        for article_id in batch["article_id"].to_pylist()
    }


def leaks(workspace: Path, task: Task, splits: Mapping[str, str], order: Sequence[str]) -> Leakage:
    """What the splits of a workspace's articles have in common; see `leakage`."""
    with Store(workspace) as store:
        return leakage(_members(store, layout(task)), splits, order, texts_of(store))


def texts_of(store: Store) -> Callable[[str], str]:
    """What gives the text of an article by its id; empty where it is gone."""

    def text(article_id: str) -> str:
        article = store.articles.get(article_id)
        return article.text if article else ""

    return text


def _members(store: Store, layout: Layout) -> Iterator[Member]:
    """What is known of the articles with a valid annotation."""
    task = layout.task.name
    return (
        _member(layout, one, store.submitted.said(task, one.id))
        for one in store.submitted.articles(task)
        if one.is_valid
    )


def _member(layout: Layout, article: Annotated, said: Sequence[Said]) -> Member:
    return Member(
        article.id,
        article.cluster,
        article.outlet,
        article.published_at,
        actors=tuple(sorted(set(map(sys.intern, actors(layout, said))))),
        topics=tuple(sorted(set(map(sys.intern, topics(layout, said))))),
        strata=tuple(_strata(layout, latest(said))),
    )


def actors(layout: Layout, annotations: Iterable[Said]) -> Iterator[str]:
    """The names of those who hold claims as annotators gave them, or their Wikidata items where they gave no name.

    Words that are marked without either name nobody: "she" is one actor here and another one elsewhere. Whoever is the
    same as an actor with a name (`same_as`) is told by that one.
    """
    labels = holders(layout)
    for annotation in annotations:
        for mention in annotation.mentions:
            name = known_as(mention.attributes) if mention.label in labels else None
            if name is not None:
                yield name


def topics(layout: Layout, annotations: Iterable[Said]) -> Iterator[str]:
    """What claims are about, by their attribute `topics` or `topic`."""
    for annotation in annotations:
        for mention in annotation.mentions:
            for name in ("topics", "topic"):
                if name in mention.attributes:
                    yield from given(mention.attributes[name])


def holders(layout: Layout) -> set[str]:
    """The labels of those who hold claims."""
    return {column.label for column in layout.holder if column.label is not None}


def _strata(layout: Layout, voters: list[Said]) -> Iterator[str]:
    """The stance that most annotators see toward each target; of as many, the codebook's first."""
    for target, field in layout.task.targets.items():
        votes = Counter(value for one in voters for value in given(one.choices.get(field.name)))
        held = max(field.values, key=lambda value: votes[value]) if votes else ""
        yield sys.intern(f"{target}: {held}")


def _require_known(export: Export, layout: Layout) -> None:
    known = {
        "actor": any(column.field.name in NAMES for column in layout.holder),
        "topic": any(column.field.name in ("topic", "topics") for column in layout.attributes),
    }
    for one in export.by:
        if not known.get(one, True):
            raise CurationError(
                "E_DEFINITION",
                f"{export.folder / 'export.toml'}: /split/by: the task {layout.task.name!r} tells no {one}s",
                fix="Take it out of [split] by.",
            )


def _near(store: Store) -> Callable[[str, str], bool]:
    @cache
    def copies() -> Callable[[str, str], bool]:
        from curation.export.splitting.nearest import near

        return near(texts_of(store))

    return lambda one, other: copies()(one, other)
