"""What is published of texts that may not be: hashes and offsets in the place of every text, and the way back.

Which columns hold what stood in an article is told by the offsets beside them, which are integers, so that a new config
needs no word here, and what a codebook calls by the same names is taken for what it is:

- `text` beside `start` and `end`, `X_text` beside `X_start` and `X_end`, and `tokens` beside lists of `start` and `end`
  are cut from the article;
- `X_text` beside `X_fragments` are these, joined as a claim's text is;
- `text` and `title` of a row are the article's own.

In two columns of `stance` some values are text and some are not: `target` is where the row has `claim_fragments`, and
`holder` is where it repeats `holder_text`. These values are null. What an annotator typed, such as the name of an actor
or a remark, is no text of the article and stays. The article's title has its hash beside the text's, in `articles`.

Importing this takes no time; using it takes seconds, because `datasets` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from curation.errors import CurationError
from curation.text import content_hash

if TYPE_CHECKING:
    from datasets import Features

    from curation.export.rows import Row

JOINT = " […] "
"""What stands between the fragments of a claim where they are one text."""

TITLE_HASH = "title_sha256"
"""The column of `articles` that has the hash of a title, in UTF-8, where the title is not published."""

_Restorer = Callable[["Row", str, str | None], "Row"]
"""Puts text back: takes a row as it is stored, the article's text and its title."""


def without_text(features: Features) -> Features:
    """The columns of a config without those that hold text; a title of `articles` leaves its hash behind."""
    from datasets import Features, Value

    kept = {name: _stripped(feature) for name, feature in features.items() if not _is_text(name, features, top=True)}
    if "title" in features and "sha256" in features:
        kept[TITLE_HASH] = Value("string")
    return Features(kept)


def withhold(table: Any, features: Features) -> Any:
    """An Arrow table of a config without its text. `features` are what `without_text` gives for the config."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = table.column_names
    if TITLE_HASH in features:
        hashes = [title if title is None else content_hash(title) for title in table["title"].to_pylist()]
        table = table.append_column(TITLE_HASH, pa.array(hashes, pa.string()))
    for name, is_text in _mixed(names):
        column = table[name]
        null = pa.scalar(None, column.type)
        kept = pc.if_else(pc.fill_null(is_text(table), False), null, column)
        table = table.set_column(names.index(name), table.schema.field(name), kept)
    return table.select(list(features)).cast(features.arrow_schema)


def facts(features: Mapping[str, Features]) -> dict[str, Any]:
    """What the manifest says of a dataset without texts: the columns that each config has with them."""
    return {"text": "offsets", "columns": {config: columns._to_yaml_list() for config, columns in features.items()}}


def require_hashes(name: str, configs: Iterable[str]) -> None:
    """Raise `E_DEFINITION` for an export without texts that does not publish by what these are found again."""
    if "articles" not in configs:
        raise CurationError(
            "E_DEFINITION",
            f"the export {name!r} is to have no texts, and lacks the config that says which they were",
            fix='add "articles" to configs in export.toml',
        )


def restorer(features: Features) -> _Restorer | None:
    """What puts the text back into a row of a config that has `features` with its text; None where it has none."""
    restore = _of_struct(dict(features), top=True)
    mixed = [name for name, _ in _mixed(list(features))]
    if restore is None or not mixed:
        return restore

    def with_mixed(row: Row, text: str, title: str | None) -> Row:
        row = restore(row, text, title)
        if "holder" in mixed and row["holder"] is None:
            row["holder"] = row["holder_text"]
        if "target" in mixed and row["claim_fragments"]:
            row["target"] = _joined(row["claim_fragments"], text)
        return row

    return with_mixed


def _mixed(names: list[str]) -> list[tuple[str, Callable[[Any], Any]]]:
    """The columns in which some values are text, and what tells of a table in which rows they are."""
    import pyarrow.compute as pc

    found: list[tuple[str, Callable[[Any], Any]]] = []
    if {"holder", "holder_text"} <= set(names):
        found.append(("holder", lambda table: pc.equal(table["holder"], table["holder_text"])))
    if {"target", "claim_fragments"} <= set(names):
        found.append(("target", lambda table: pc.greater(pc.list_value_length(table["claim_fragments"]), 0)))
    return found


def _is_text(name: str, beside: Mapping[str, Any], *, top: bool = False) -> bool:
    return _source(name, beside, top=top) is not None


def _source(name: str, beside: Mapping[str, Any], *, top: bool) -> Callable[[Row, str, str | None], Any] | None:
    """How the text of a column is found again; None for a column that holds none."""
    stem = name.removesuffix("text")
    start, end = f"{stem}start", f"{stem}end"
    if name == "tokens" and are_offsets(beside, "start", "end", in_lists=True):
        return lambda row, text, _: _each(row, text)
    if stem != name and are_offsets(beside, start, end):
        return lambda row, text, _: None if row[start] is None else text[row[start] : row[end]]
    if stem not in ("", name) and _are_fragments(beside.get(f"{stem}fragments")):
        return lambda row, text, _: _joined(row[f"{stem}fragments"], text)
    if top and name == "text":
        return lambda row, text, _: text
    return (lambda row, _, title: title) if top and name == "title" else None


def are_offsets(features: Mapping[str, Any], start: str, end: str, *, in_lists: bool = False) -> bool:
    """Whether two columns hold offsets, one in each row or as many `in_lists`: integers that are no ids of classes."""
    from datasets import List, Value

    there = [features.get(name) for name in (start, end)]
    if in_lists:
        there = [one.feature if isinstance(one, List) else None for one in there]
    return all(isinstance(one, Value) and one.dtype.startswith("int") for one in there)


def _are_fragments(feature: Any) -> bool:
    from datasets import List

    return (
        isinstance(feature, List) and isinstance(feature.feature, dict) and are_offsets(feature.feature, "start", "end")
    )


def _each(row: Row, text: str) -> list[str] | None:
    if row["start"] is None:
        return None
    return [text[start:end] for start, end in zip(row["start"], row["end"], strict=True)]


def _joined(fragments: list[Row] | None, text: str) -> str | None:
    return JOINT.join(text[part["start"] : part["end"]] for part in fragments) if fragments else None


def _stripped(feature: Any) -> Any:
    from datasets import List

    if isinstance(feature, dict):
        return {name: _stripped(part) for name, part in feature.items() if not _is_text(name, feature)}
    if isinstance(feature, List) and isinstance(feature.feature, dict):
        return List(_stripped(feature.feature), length=feature.length)
    return feature


def _of_struct(features: Mapping[str, Any], *, top: bool = False) -> _Restorer | None:
    """What rebuilds a struct in the order of its columns; None if nothing in it is text."""
    sources = {name: _source(name, features, top=top) for name in features}
    inner = {name: _of_feature(feature) for name, feature in features.items()}
    if not any(sources.values()) and not any(inner.values()):
        return None

    def restore(row: Row, text: str, title: str | None) -> Row:
        whole: Row = {}
        for name in features:
            if source := sources[name]:
                whole[name] = source(row, text, title)
            elif (within := inner[name]) and row[name] is not None:
                whole[name] = within(row[name], text, title)
            else:
                whole[name] = row[name]
        return whole

    return restore


def _of_feature(feature: Any) -> Callable[[Any, str, str | None], Any] | None:
    from datasets import List

    if isinstance(feature, dict):
        return _of_struct(feature)
    if isinstance(feature, List) and (restore := _of_feature(feature.feature)):
        return lambda items, text, title: [None if one is None else restore(one, text, title) for one in items]
    return None
