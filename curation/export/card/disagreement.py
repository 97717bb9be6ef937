"""Examples of disagreement: what annotators said differently of the same article, without any of its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from curation.catalog import Task
from curation.export.card.facts import Tables
from curation.export.columns import Layout, layout

EXAMPLES = 2
"""So many examples each matter has."""

LOOKED_AT = 500
"""In so many articles of two or more annotators, from the first row of the first split on, examples are looked for."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One article on which annotators differ on a matter: what each said, by pseudonym.

    `place` is where, in code points of the text; empty if it is the article as a whole.
    """

    matter: str
    article: str
    place: str
    said: tuple[tuple[str, str], ...]


def differences(tables: Tables, task: Task) -> list[Difference]:
    """The first articles on which annotators differ, for each field, attribute and relation in codebook order."""
    shape = layout(task)
    matters = [*_fields(tables, shape), *_marks(tables, shape), *_arrows(tables)]
    found: list[list[Difference]] = [[] for _ in matters]
    for number, rows in enumerate(_shared(tables, shape)):
        if number == LOOKED_AT or all(len(one) == EXAMPLES for one in found):
            break
        for one, (name, compared) in zip(found, matters, strict=True):
            if len(one) < EXAMPLES and (differing := next(_differing(name, compared, rows), None)):
                one.append(differing)
    return [difference for one in found for difference in one]


Places = Callable[[Row], dict[str, str]]
"""What an annotation says on a matter, by place."""


def _differing(name: str, places: Places, rows: Sequence[Row]) -> Iterator[Difference]:
    """Where two or more annotators say something of one place, and not the same."""
    said = {str(row["annotator"]): places(row) for row in rows}
    everywhere = sorted({place for one in said.values() for place in one}, key=_order)
    for place in everywhere:
        here = tuple((who, one[place]) for who, one in sorted(said.items()) if place in one)
        if any(one != other for (_, one), (_, other) in combinations(here, 2)):
            yield Difference(name, str(rows[0]["article_id"]), place, here)


def _order(place: str) -> tuple[int, ...]:
    return tuple(int(number) for number in place.replace("→", "–").replace(" ", "").split("–") if number)


def _shared(tables: Tables, shape: Layout) -> Iterator[list[Row]]:
    """The rows of each article with two or more annotators: of each annotator that of the latest round."""
    if "annotations" not in tables.built:
        return
    fields = [one.name for one in shape.document if one.field.kind != "text" and tables.has("annotations", one.name)]
    parts = ["id", "label", "start", "end"]
    attributes = [f"attributes.{one.name}" for one in shape.attributes if one.field.kind != "text"]
    marks = [f"mentions.list.element.{one}" for one in (*parts, *attributes)] if shape.task.labels else []
    arrows = ["source", "target", "label"] if shape.task.relations else []
    columns = [
        "article_id",
        "annotator",
        "round",
        *fields,
        *marks,
        *(f"relations.list.element.{one}" for one in arrows),
    ]
    rows: dict[str, Row] = {}
    article: str | None = None
    for _, batch in tables.batches("annotations", columns):
        for row in batch.to_pylist():
            if row["article_id"] != article:
                if len(rows) > 1:
                    yield [*rows.values()]
                article, rows = row["article_id"], {}
            before = rows.get(row["annotator"])
            if before is None or before["round"] <= row["round"]:
                rows[row["annotator"]] = row
    if len(rows) > 1:
        yield [*rows.values()]


def _fields(tables: Tables, shape: Layout) -> Iterator[tuple[str, Places]]:
    for column in shape.document:
        if column.field.kind != "text" and tables.has("annotations", column.name):
            yield column.name, _of_article(column.name, tables.names("annotations", column.name))


def _of_article(column: str, names: Sequence[str]) -> Places:
    return lambda row: {"": _named(row[column], names)}


def _marks(tables: Tables, shape: Layout) -> Iterator[tuple[str, Places]]:
    if not tables.has("annotations", "mentions"):
        return
    yield "label", _of_mentions(("label",), tables.names("annotations", "mentions", "label"), None)
    labels = tables.names("annotations", "mentions", "label")
    for column in shape.attributes:
        if column.field.kind != "text" and column.label in labels:
            path = ("attributes", column.name)
            names = tables.names("annotations", "mentions", *path)
            yield column.name, _of_mentions(path, names, labels.index(column.label))


def _of_mentions(path: tuple[str, ...], names: Sequence[str], label: int | None) -> Places:
    """The label or an attribute of each mention of one label (None: of any), where no other has the same ends."""

    def places(row: Row) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for mention in row["mentions"] or ():
            if label is None or mention["label"] == label:
                value = mention
                for step in path:
                    value = value[step]
                found.setdefault(f"{mention['start']}–{mention['end']}", []).append(_named(value, names))
        return {place: said[0] for place, said in found.items() if len(said) == 1}

    return places


def _arrows(tables: Tables) -> Iterator[tuple[str, Places]]:
    if not (tables.has("annotations", "mentions") and tables.has("annotations", "relations")):
        return
    names = tables.names("annotations", "relations", "label")

    def places(row: Row) -> dict[str, str]:
        ends = {one["id"]: f"{one['start']}–{one['end']}" for one in row["mentions"] or ()}
        found: dict[str, list[str]] = {}
        for one in row["relations"] or ():
            place = f"{ends.get(one['source'], '')} → {ends.get(one['target'], '')}"
            found.setdefault(place, []).append(_named(one["label"], names))
        return {place: said[0] for place, said in found.items() if len(said) == 1}

    yield "relation", places


def _named(value: Any, names: Sequence[str]) -> str:
    values = value if isinstance(value, list) else [] if value is None else [value]
    return ", ".join(names[one] if names else str(one) for one in values) or "nothing"
