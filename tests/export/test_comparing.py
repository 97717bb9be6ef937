"""Rows that are compared by columns, held against the same done row by row."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, List, Value
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.export import comparing, leaves
from curation.export.comparing import RowChanges, compare_rows
from curation.export.digests import digester
from curation.export.reading import Dataset

NAMES = ["Actor", "Claim", "Other"]
RENAMED = ["Actor", "Claims", "Other"]


def features(names: list[str]) -> Features:
    label = ClassLabel(names=names)
    part = {"id": Value("string"), "label": label, "at": Value("int32")}
    return Features(
        {
            "annotation": Value("string"),
            "id": Value("string"),
            "label": label,
            "method": label,
            "text": Value("string"),
            "share": Value("float64"),
            "known": Value("bool"),
            "time": Value("timestamp[us, tz=UTC]"),
            "day": Value("date32"),
            "kinds": List(label),
            "layers": List(List(Value("int32"))),
            "parts": List(part),
            "one": part,
        }
    )


few = st.sampled_from(["", "a", "b", "ä🚋"])
number = st.none() | st.integers(0, 2)
part = st.fixed_dictionaries({"id": st.none() | few, "label": number, "at": number})
row = st.fixed_dictionaries(
    {
        "annotation": few,
        "id": few,
        "label": number,
        "method": number,
        "text": st.none() | few,
        "share": st.none() | st.sampled_from([0.0, 0.5, 1e300]),
        "known": st.none() | st.booleans(),
        "time": st.none() | st.integers(0, 2).map(lambda day: datetime(2026, 3, 1 + day, tzinfo=UTC)),
        "day": st.none() | st.integers(0, 2).map(lambda day: date(2026, 3, 1 + day)),
        "kinds": st.none() | st.lists(number, max_size=3),
        "layers": st.none() | st.lists(st.none() | st.lists(number, max_size=2), max_size=2),
        "parts": st.none() | st.lists(part, max_size=2),
        "one": st.none() | part,
    }
)


@st.composite
def versions(draw: st.DrawFn) -> tuple[dict[str, list[dict]], dict[str, list[dict]]]:
    """Two versions of some rows, some the same, some edited, some in another split, some twice."""
    rows = draw(st.lists(row, min_size=1, max_size=8))
    sides = []
    for _ in range(2):
        chosen = draw(st.lists(st.sampled_from(rows), min_size=1, max_size=10))
        edits = [{**one, **draw(st.sampled_from([{}, {}, {"text": "new"}, {"label": 0}]))} for one in chosen]
        where = [draw(st.sampled_from(["train", "train", "test"])) for _ in edits]
        sides.append(
            {
                split: own
                for split in ("train", "test")
                if (own := [r for r, s in zip(edits, where, strict=True) if s == split])
            }
        )
    return sides[0], sides[1]


def written(folder: Path, config: str, rows: dict[str, list[dict]], names: list[str]) -> Dataset:
    (folder / config).mkdir(parents=True)
    for split, own in rows.items():
        table = pa.Table.from_pylist(own, schema=features(names).arrow_schema)
        pq.write_table(table, folder / config / f"{split}-00000-of-00001.parquet", row_group_size=3)
    return Dataset(folder, {"rows": {config: {split: len(own) for split, own in rows.items()}}})


def slowly(before: dict[str, list[dict]], after: dict[str, list[dict]], keyed: bool) -> dict[str, RowChanges]:
    """The changes, one row after the other: of rows with one key the first is held against the first, and so on."""
    changes = {split: RowChanges() for split in (*before, *after)}
    held = defaultdict(list)
    for split, rows in before.items():
        for one in rows:
            changes[split].before += 1
            held[key_of(one, keyed)].append((split, one))
    for split, rows in after.items():
        for one in rows:
            changes[split].after += 1
            found = held[key_of(one, keyed)]
            if not found:
                changes[split].added += 1
                continue
            other, was = found.pop(0)
            if other != split:
                changes[split].moved += 1
            elif labels_of(was) != labels_of(one):
                changes[split].relabelled += 1
            elif was != one:
                changes[split].edited += 1
    for split, _ in [one for found in held.values() for one in found]:
        changes[split].removed += 1
    return changes


def key_of(one: dict[str, Any], keyed: bool) -> str:
    return json.dumps([one["annotation"], one["id"]] if keyed else one, default=str)


def labels_of(one: dict[str, Any]) -> list[Any]:
    parts = [one["one"], *(one["parts"] if one["parts"] is not None else [None])]
    empty = one["parts"] == [], one["parts"] is None
    return [one["label"], one["kinds"], empty, [part and [part["label"]] for part in parts]]


@settings(max_examples=40)
@given(versions(), st.sampled_from(["mentions", "of another name"]), st.sampled_from([2, 1_000]), st.booleans())
def test_columns_say_what_rows_say(sides, config, held, is_renamed):
    before, after = sides
    names = RENAMED if is_renamed else NAMES
    renamed = {"Claim": "Claims"} if is_renamed else {}
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(comparing, "ROWS_HELD", held)
        patched.setattr(leaves, "GATHERED", held)
        old = written(Path(folder) / "old", config, before, NAMES)
        new = written(Path(folder) / "new", config, after, names)
        paths = ("label", "method", "kinds", "parts.label", "one.label")
        found = compare_rows(old, new, config, dict.fromkeys(paths, renamed))
        assert found == slowly(before, after, config == "mentions")


@given(st.lists(row, min_size=1, max_size=12))
def test_rows_have_one_digest_where_they_are_the_same(rows):
    schema = features(NAMES)
    batch = pa.RecordBatch.from_pylist(rows, schema=schema.arrow_schema)
    digests = digester(schema, lambda _: True, {})(batch).tolist()
    texts = [json.dumps(one, default=str) for one in rows]
    assert len(set(digests)) == len(set(texts))
    assert len({*zip(digests, texts, strict=True)}) == len(set(texts))
    cut = batch.slice(1)
    assert digester(schema, lambda _: True, {})(cut).tolist() == digests[1:]
