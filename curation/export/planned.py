"""The plan of an export's splits: what is known of its articles, and what earlier builds have put where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from curation.catalog import Export
from curation.errors import CurationError
from curation.export.columns import Layout, values
from curation.export.consensus import given
from curation.export.splitting import Member, Plan, plan, rules
from curation.records import Annotation
from curation.rounds import latest
from curation.store import Annotated, Store

COPIES_FROM = 0.7
"""The similarity (Jaccard, of words in threes) from which on two texts of one cluster are copies of each other."""


def planned(store: Store, export: Export, layout: Layout, articles: Iterable[Annotated]) -> Plan:
    """The split of each article with a valid annotation. It is kept, so that no later build moves an article.

    Raises `E_DEFINITION` where the export asks for groups that the task cannot tell, `E_SPLIT_GROUPS` for those that
    leave no fair split, `E_DISK`.
    """
    _require_known(export, layout)
    ruled_by = rules(export.splits, export.seed, export.by, stratify=export.stratify)
    before = store.splits.of(export.name, ruled_by)
    found = plan(
        (_member(store, export, layout, one) for one in articles if one.is_valid),
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
    return found


def _member(store: Store, export: Export, layout: Layout, article: Annotated) -> Member:
    member = Member(article.id, article.cluster, article.outlet, article.published_at)
    if not export.stratify and not {"actor", "topic"} & set(export.by):
        return member
    submitted = store.submitted.of(layout.task.name, article.id)
    said = [one.record for one in submitted if one.verdict == "valid" and one.record is not None]
    return Member(
        member.article_id,
        member.cluster,
        member.outlet,
        member.published_at,
        actors=tuple(sorted(set(actors(layout, said)))) if "actor" in export.by else (),
        topics=tuple(sorted(set(topics(layout, said)))) if "topic" in export.by else (),
        stratum=_stratum(layout, latest(said)) if export.stratify else "",
    )


def actors(layout: Layout, annotations: Iterable[Annotation]) -> Iterator[str]:
    """The names of those who hold claims, as annotators gave them, else as the text has them."""
    labels, named = holders(layout), [column for column in layout.holder if column.field.name == "name"]
    for annotation in annotations:
        for mention in annotation.mentions:
            if mention.label in labels:
                names = values(named, mention.label, mention.attributes).values()
                yield next((name for name in names if isinstance(name, str)), mention.text)


def topics(layout: Layout, annotations: Iterable[Annotation]) -> Iterator[str]:
    """What claims are about, by their attribute `topics` or `topic`."""
    for annotation in annotations:
        for mention in annotation.mentions:
            for name in ("topics", "topic"):
                yield from given(mention.attributes.get(name))


def holders(layout: Layout) -> set[str]:
    """The labels of those who hold claims."""
    return {column.label for column in layout.holder if column.label is not None}


def _stratum(layout: Layout, voters: list[Annotation]) -> str:
    """The stance that most annotators see toward each target; of as many, the codebook's first."""
    held = []
    for field in layout.task.targets.values():
        votes = Counter(value for one in voters for value in given(one.choices.get(field.name)))
        held.append(max(field.values, key=lambda value: votes[value]) if votes else "")
    return "|".join(held)


def _require_known(export: Export, layout: Layout) -> None:
    known = {
        "actor": bool(holders(layout)),
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
    def near(one: str, other: str) -> bool:
        from curation.shingles import jaccard, shingles

        texts = [article.text for key in (one, other) if (article := store.articles.get(key)) is not None]
        return len(texts) == 2 and jaccard(*map(shingles, texts)) >= COPIES_FROM

    return near
