"""Explicit features of each config, and rows encoded with them. Classes stand in the order of their published ids.

Importing this takes seconds, because `datasets` does: import it where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from datasets import ClassLabel, Features, List, Value

from curation.catalog import Field
from curation.errors import CurationError
from curation.export.agreed import agreement_features
from curation.export.columns import Column, Layout, require_distinct
from curation.export.rows import METHODS, Row
from curation.export.tokens import token_features
from curation.records import moment

SCOPES = ("article", "statement")

_STRING = Value("string")
_INTEGER = Value("int32")
_NUMBER = Value("float64")
_TIME = Value("timestamp[us, tz=UTC]")

Encoder = Callable[[Any], Any]


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


def encoder(features: Features) -> Callable[[Row], Row]:
    """A function that puts class ids in the place of class names, and times in that of written ones, at every depth.

    `datasets`' own encoding looks at the first element of a list to decide for all; a null there hides the rest.
    The function raises `E_EXPORT_STALE` for a name that is no class, and `KeyError` for a row of other columns.
    """
    encode = _encoder(dict(features), "") or dict

    def checked(row: Row) -> Row:
        if row.keys() != features.keys():
            raise KeyError(*(row.keys() ^ features.keys()))
        encoded: Row = encode(row)
        return encoded

    return checked


def _encoder(feature: Any, name: str) -> Encoder | None:
    if isinstance(feature, dict):
        found = {key: _encoder(part, f"{name}.{key}" if name else key) for key, part in feature.items()}
        parts = {key: encode for key, encode in found.items() if encode}
        return (lambda row: {**row, **{key: encode(row[key]) for key, encode in parts.items()}}) if parts else None
    if isinstance(feature, List):
        item = _encoder(feature.feature, name)
        return (lambda items: None if items is None else [item(one) for one in items]) if item else None
    if isinstance(feature, ClassLabel):
        return _class_encoder(feature.names, name)
    return _time_encoder(name) if feature == _TIME else None


def _time_encoder(column: str) -> Encoder:
    def encode(value: str | None) -> datetime | None:
        time = moment(value)
        if value is not None and time is None:
            raise CurationError("E_EXPORT_STALE", f"{column}: {value!r} is no time in ISO 8601")
        return time

    return encode


def _class_encoder(names: Iterable[str], column: str) -> Encoder:
    ids: dict[str | None, int | None] = {name: number for number, name in enumerate(names)}
    ids[None] = None

    def encode(value: str | None) -> int | None:
        if value not in ids:
            raise CurationError("E_EXPORT_STALE", f"{column}: the task has no value {value!r} (any more)")
        return ids[value]

    return encode


Pairs = list[tuple[str, Any]]

_WHOSE: Pairs = [
    ("annotation", _STRING),
    ("annotator", _STRING),
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
        ("origin", _STRING),
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
