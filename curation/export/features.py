"""Explicit features of each config. Classes stand in the order of their published ids.

Importing this takes seconds, because `datasets` does: import it where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from datasets import ClassLabel, Features, List, Value

from curation.catalog import Field
from curation.errors import CurationError
from curation.export.agreed import agreement_features
from curation.export.columns import Column, Layout, require_distinct
from curation.export.rows import METHODS, ORIGINS
from curation.export.tokens import token_features

SCOPES = ("article", "statement")

_STRING = Value("string")
_INTEGER = Value("int32")
_NUMBER = Value("float64")
_TIME = Value("timestamp[us, tz=UTC]")
_DAY = Value("date32")


def features(config: str, layout: Layout) -> Features | None:
    """The columns of `config` and their types, or None if the task cannot fill it (no labels, no stance).

    Raises `E_DEFINITION` if the task gives two columns one name, or one that `datasets` cannot carry.
    """
    pairs = _CONFIGS[config](layout)
    if pairs is None:
        return None
    require_distinct(config, [name for name, _ in pairs])
    return _require_readable(config, Features(dict(pairs)))


def _require_readable(config: str, features: Features) -> Features:
    try:
        from_card = Features._from_yaml_list(features._to_yaml_list())
        from_file = Features.from_arrow_schema(features.arrow_schema)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        problem = str(error)
    else:
        if from_card == from_file == features:
            return features
        problem = "they read back as others"
    raise CurationError(
        "E_DEFINITION",
        f"`datasets` cannot carry the columns of the config {config!r}: {problem}",
        fix="Rename labels, attributes and fields in task.toml that have no letter, or are called like _type.",
    )


def with_ids_of(features: Features, published: Features, renames: Sequence[Mapping[str, str]]) -> Features:
    """`features` in which the classes that were `published` keep their ids, and others come after these.

    A class that is gone keeps its id too, and its name, so that no other class ever has it. A name in the place of
    another one is the same class only where one of the `renames`, oldest first, gave it.
    """
    kept: Features = Features(_with_ids_of(dict(features), dict(published), renames))
    return kept


def _with_ids_of(feature: Any, published: Any, renames: Sequence[Mapping[str, str]]) -> Any:
    if isinstance(feature, dict):
        before = published if isinstance(published, dict) else {}
        return {name: _with_ids_of(part, before.get(name), renames) for name, part in feature.items()}
    if isinstance(feature, List) and isinstance(published, List):
        return List(_with_ids_of(feature.feature, published.feature, renames))
    if isinstance(feature, ClassLabel) and isinstance(published, ClassLabel):
        kept: list[str] = []
        for name in published.names:
            now = _now(name, feature.names, renames)
            kept.append(name if now in kept or now in published.names else now)
        return _classes([*kept, *(name for name in feature.names if name not in kept)])
    return feature


def _now(name: str, names: Collection[str], renames: Iterable[Mapping[str, str]]) -> str:
    """What a published class is called today: as ever, unless it was renamed to one of `names`."""
    if name in names:
        return name
    now = name
    for one in renames:
        now = one.get(now, now)
    return now if now in names else name


Pairs = list[tuple[str, Any]]

_WHOSE: Pairs = [
    ("annotation", _STRING),
    ("annotator", _STRING),
    ("round", _INTEGER),
    ("task_version", _STRING),
    ("method", ClassLabel(names=list(METHODS))),
]


def _annotations(layout: Layout) -> Pairs:
    return [
        ("id", _STRING),
        ("article_id", _STRING),
        ("title", _STRING),
        ("text", _STRING),
        ("annotator", _STRING),
        ("round", _INTEGER),
        ("task_version", _STRING),
        ("method", _classes(METHODS)),
        ("interface", _STRING),
        ("codebook", _STRING),
        *_nested(layout),
        *_fields(layout.document),
        ("origin", _classes(ORIGINS)),
        ("created_at", _TIME),
        ("lead_time", _NUMBER),
        ("revision", _STRING),
    ]


def _mentions(layout: Layout) -> Pairs | None:
    if not layout.task.labels:
        return None
    return [
        ("article_id", _STRING),
        *_WHOSE,
        *_span(layout),
        *_fields(layout.attributes),
    ]


def _statements(layout: Layout) -> Pairs | None:
    if not layout.claims:
        return None
    fragment = {"id": _STRING, "start": _INTEGER, "end": _INTEGER, "text": _STRING}
    return [
        ("article_id", _STRING),
        *_WHOSE,
        ("claim_text", _STRING),
        ("claim_fragments", List(fragment)),
        *_fields(layout.claim),
        ("holder_id", _STRING),
        ("holder_start", _INTEGER),
        ("holder_end", _INTEGER),
        ("holder_text", _STRING),
        *_fields(layout.holder),
        ("stance", _classes(layout.task.polarities)),
    ]


def _stance(layout: Layout) -> Pairs | None:
    if not layout.task.polarities:
        return None
    label = _classes(layout.task.polarities)
    return [
        ("article_id", _STRING),
        ("scope", _classes(SCOPES)),
        ("target", _STRING),
        ("claim_fragments", List({"id": _STRING, "start": _INTEGER, "end": _INTEGER})),
        ("holder", _STRING),
        ("holder_start", _INTEGER),
        ("holder_end", _INTEGER),
        ("holder_text", _STRING),
        ("annotation", _STRING),
        ("annotator", _STRING),
        ("label", label),
        ("soft", List({"label": label, "votes": _INTEGER, "share": _NUMBER})),
        ("n_annotators", _INTEGER),
        ("task_version", _STRING),
        ("method", _classes(METHODS)),
    ]


def _gold(layout: Layout) -> Pairs:
    return [
        ("article_id", _STRING),
        ("title", _STRING),
        ("text", _STRING),
        *_nested(layout),
        *_fields(layout.decided),
        ("task_version", _STRING),
        ("method", _classes(METHODS)),
        ("annotators", List(_STRING)),
        ("revisions", List(_STRING)),
        ("decided_by", _STRING),
        ("decided_at", _TIME),
    ]


def _articles(layout: Layout) -> Pairs:
    return [
        ("article_id", _STRING),
        ("sha256", _STRING),
        ("title", _STRING),
        ("url", _STRING),
        ("outlet", _STRING),
        ("authors", List(_STRING)),
        ("published_at", _STRING),
        ("published_on", _DAY),
        ("lang", _STRING),
        ("license", _STRING),
        ("characters", _INTEGER),
        ("annotators", List(_STRING)),
        ("task_version", _STRING),
        ("method", _classes(METHODS)),
    ]


_CONFIGS: dict[str, Callable[[Layout], Pairs | None]] = {
    "gold": _gold,
    "annotations": _annotations,
    "mentions": _mentions,
    "statements": _statements,
    "stance": _stance,
    "tokens": token_features,
    "articles": _articles,
    "agreement": lambda layout: agreement_features(),
}


def _nested(layout: Layout) -> Pairs:
    pairs: Pairs = []
    if layout.task.labels:
        mention = dict(_span(layout))
        if layout.attributes:
            attributes = _fields(layout.attributes)
            require_distinct("annotations", [name for name, _ in attributes])
            mention["attributes"] = dict(attributes)
        pairs.append(("mentions", List(mention)))
    if layout.task.relations:
        relation = {"source": _STRING, "target": _STRING, "label": _classes(layout.task.relation_classes)}
        pairs.append(("relations", List(relation)))
    return pairs


def _span(layout: Layout) -> Pairs:
    return [
        ("id", _STRING),
        ("label", _classes(layout.task.label_classes)),
        ("start", _INTEGER),
        ("end", _INTEGER),
        ("text", _STRING),
    ]


def _fields(columns: Iterable[Column]) -> Pairs:
    return [(column.name, _field(column.field)) for column in columns]


def _field(field: Field) -> Any:
    value = _classes(field.classes) if field.values and field.kind != "text" else _STRING
    return List(value) if field.kind == "choices" else value


def _classes(names: Iterable[str]) -> Any:
    return ClassLabel(names=list(names))
