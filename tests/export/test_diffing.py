"""What changed between two builds, held against what was changed by hand."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, List, Value
from hypothesis import given
from hypothesis import strategies as st

from curation.export import comparing, diffing
from curation.export.comparing import KEYS, RowChanges, compare_rows
from curation.export.diffing import class_changes, diff
from curation.export.leaves import leaves, values
from curation.export.reading import Dataset
from curation.export.versions import Level, entries, level_of
from curation.folders.manifest import facts_of, write_manifest

from .conftest import Study

CONFIGS = ("gold", "annotations", "mentions", "statements", "stance", "articles")


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    study = Study(tmp_path_factory.mktemp("diff") / "study")
    study.fill(12)
    study.build(configs=CONFIGS)
    return study.out


@pytest.fixture
def other(built, tmp_path) -> Path:
    return shutil.copytree(built, tmp_path / "other")


def refit(folder: Path, **changes: object) -> Dataset:
    """The dataset in a folder whose tables were edited, with a manifest that fits."""
    facts = facts_of(folder)
    rows: dict[str, dict[str, int]] = {}
    for config in [one for one in facts["rows"] if (folder / one).is_dir()]:
        for path in sorted((folder / config).glob("*.parquet")):
            rows.setdefault(config, {})[path.name.split("-")[0]] = pq.read_metadata(path).num_rows
    kept = {key: facts[key] for key in facts if key not in ("format", "files", "digest")}
    write_manifest(folder, {**kept, "rows": rows, **changes})
    return Dataset(folder)


def edit(folder: Path, config: str, change: Callable[[list[dict]], object], split: str = "train") -> None:
    path = folder / config / f"{split}-00000-of-00001.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


def restructure(folder: Path, config: str, change: Callable[[dict], dict]) -> None:
    """Give all files of a config other features; values that fit are kept."""
    for path in (folder / config).glob("*.parquet"):
        rows = pq.read_table(path).to_pylist()
        features = Features(change(dict(Features.from_arrow_schema(pq.read_schema(path)))))
        pq.write_table(pa.Table.from_pylist(rows, schema=features.arrow_schema), path)


def test_a_build_is_the_same_as_itself(built, other):
    found = diff(Dataset(built), Dataset(other))
    assert found.same
    assert level_of(found) is Level.NONE


def test_rows_of_each_kind_are_told(built, other):
    edit(other, "mentions", lambda rows: rows.pop())
    edit(other, "mentions", lambda rows: rows[0].update(label=1 - rows[0]["label"]))
    edit(other, "mentions", lambda rows: rows[1].update(text="edited"))
    edit(other, "mentions", lambda rows: rows.append({**rows[2], "id": "m99"}))
    found = diff(Dataset(built), refit(other))
    before = Dataset(built).configs["mentions"]["train"]
    assert found.configs["mentions"].rows["train"] == RowChanges(before, before, 1, 1, 1, 1, 0)
    assert all(config.same for name, config in found.configs.items() if name != "mentions")
    labels = [row["label"] for row in Dataset(built).rows("mentions")]
    after = [row["label"] for row in Dataset(other).rows("mentions")]
    told = found.configs["mentions"].labels["label"]
    assert told == {name: (labels.count(name), after.count(name)) for name in ("Actor", "Claim")}
    assert level_of(found) is Level.MINOR
    assert list(entries(found)) == ["`mentions`: train 1 added, 1 removed, 1 relabelled, 1 edited."]


def test_a_config_that_is_read_several_times_gives_the_same(built, other, monkeypatch):
    edit(other, "mentions", lambda rows: rows.pop())
    edit(other, "mentions", lambda rows: rows[0].update(label=1 - rows[0]["label"]))
    edit(other, "mentions", lambda rows: rows.extend([{**rows[2], "id": "m99"}, rows[3], rows[3]]))
    edit(other, "stance", lambda rows: rows.pop(0))
    after = refit(other)
    once = diff(Dataset(built), after)
    monkeypatch.setattr(comparing, "ROWS_HELD", 17)
    assert diff(Dataset(built), after) == once
    assert once.configs["mentions"].rows["train"].added == 3


def test_what_has_the_same_bytes_is_not_compared(built, other, monkeypatch):
    """Also where a dataset is being built and has no hashes yet."""
    edit(other, "stance", lambda rows: rows.pop())
    facts = refit(other).facts
    compared = []
    monkeypatch.setattr(diffing, "compare_rows", lambda *asked: compared.append(asked[2]) or compare_rows(*asked))
    found = diff(Dataset(built), Dataset(other, {key: facts[key] for key in facts if key != "files"}))
    assert compared == ["stance"]
    assert found.configs["stance"].rows["train"].removed == 1
    for config, splits in Dataset(built).configs.items():
        if config != "stance":
            assert found.configs[config].rows == {split: RowChanges(rows, rows) for split, rows in splits.items()}


def test_the_order_of_rows_says_nothing(built, other):
    for config in CONFIGS:
        edit(other, config, lambda rows: rows.reverse())
    found = diff(Dataset(built), refit(other))
    assert found.same_tables
    assert not found.same
    assert level_of(found) is Level.NONE


def test_a_nested_class_is_a_label_too(built, other):
    edit(other, "gold", lambda rows: rows[0]["mentions"][0].update(label=1))
    found = diff(Dataset(built), refit(other))
    assert found.configs["gold"].rows["train"].relabelled == 1


def test_how_gold_came_about_is_no_label(built, other):
    edit(other, "gold", lambda rows: rows[0].update(method=3))
    changes = diff(Dataset(built), refit(other)).configs["gold"].rows["train"]
    assert (changes.relabelled, changes.edited) == (0, 1)


def test_an_article_in_another_split_breaks(built, other):
    for config in CONFIGS:
        rows = pq.read_table(other / config / "test-00000-of-00001.parquet").to_pylist()
        mine = [row for row in rows if row["article_id"] == rows[0]["article_id"]] if config == "articles" else []
        if mine:
            edit(other, config, lambda given, mine=mine: [given.remove(row) for row in mine], "test")
            edit(other, config, lambda given, mine=mine: given.extend(mine))
            moved = mine[0]["article_id"]
    found = diff(Dataset(built), refit(other))
    assert (found.articles, found.moved) == ((0, 0, 1), (moved,))
    assert found.configs["articles"].rows["train"].moved == 1
    assert level_of(found) is Level.MAJOR
    assert "Breaking: 1 article moved to another split." in entries(found)


def test_columns(built, other):
    def change(features: dict) -> dict:
        label = features.pop("label")
        features["start"] = Value("int64")
        return {**features, "label": label, "weight": Value("float64")}

    restructure(other, "mentions", change)
    restructure(other, "stance", lambda features: {key: part for key, part in features.items() if key != "soft"})
    found = diff(Dataset(built), refit(other))
    mentions = found.configs["mentions"]
    assert (mentions.columns_added, mentions.columns_removed) == (("weight",), ())
    assert mentions.retyped == {"start": ("int32", "int64")}
    assert not any(rows.changed for rows in mentions.rows.values()), "no row differs in what both have"
    assert found.configs["stance"].columns_removed == ("soft.label", "soft.votes", "soft.share")
    assert level_of(found) is Level.MAJOR
    said = list(entries(found))
    assert "Breaking: `mentions`: `start` is int32 no more but int64." in said
    assert "`mentions`: new column `weight`." in said


def test_a_config_that_is_gone_or_new(built, other):
    shutil.rmtree(other / "stance")
    fewer = refit(other)
    assert level_of(diff(Dataset(built), fewer)) is Level.MAJOR
    found = diff(fewer, Dataset(built))
    assert found.configs_added == ("stance",)
    assert level_of(found) is Level.MINOR
    assert list(entries(found)) == ["config `stance` added."]


@pytest.mark.parametrize(
    ("names", "level", "relabelled"),
    [
        (("Actor", "Claim", "Place"), Level.MINOR, False),
        (("Actor", "Assertion"), Level.MAJOR, False),
        (("Claim", "Actor"), Level.MAJOR, True),
    ],
)
def test_classes(built, other, names, level, relabelled):
    restructure(other, "mentions", lambda features: {**features, "label": ClassLabel(names=list(names))})
    found = diff(Dataset(built), refit(other))
    assert level_of(found) is level
    assert any(rows.relabelled for rows in found.configs["mentions"].rows.values()) is relabelled
    assert not any(rows.added or rows.edited for rows in found.configs["mentions"].rows.values())


def test_the_card(built, other):
    card = (other / "README.md").read_text()
    (other / "README.md").write_text(card.replace("license: ", "license: not-", 1) + "\nMore.\n")
    found = diff(Dataset(built), refit(other))
    assert found.card.fields == ("license",)
    assert "+More." in found.card.lines
    assert found.same_tables
    assert found.files == ("README.md",)


def test_texts_that_are_withheld(tmp_path):
    study = Study(tmp_path / "study")
    study.fill(3)
    study.build(configs=CONFIGS)
    full = shutil.copytree(study.out, tmp_path / "full")
    study.build(configs=CONFIGS, text="offsets")
    found = diff(Dataset(full), Dataset(study.out))
    assert found.texts == ("full", "offsets")
    assert level_of(found) is level_of(diff(Dataset(study.out), Dataset(full))) is Level.MAJOR


def test_every_config_has_a_key_that_tells_its_rows_apart(built):
    dataset = Dataset(built)
    for config in CONFIGS:
        assert set(KEYS[config]) <= leaves(dataset.features(config)).keys()
        if config == "statements":
            continue
        keys = [path.split(".") for path in KEYS[config]]
        told = Counter(repr([pick(row, key) for key in keys]) for row in dataset.rows(config))
        assert max(told.values()) == 1, config


def pick(value: object, path: list[str]) -> object:
    if not path or value is None:
        return value
    return [pick(one, path) for one in value] if isinstance(value, list) else pick(value[path[0]], path[1:])


NAMES = st.lists(st.sampled_from("abcdef"), unique=True, max_size=6).map(tuple)


@given(NAMES, NAMES)
def test_class_changes_account_for_every_class(before, after):
    found = class_changes(before, after)
    assert set(found.added) | set(found.renamed.values()) == set(after) - set(before)
    assert set(found.removed) | set(found.renamed) == set(before) - set(after)
    assert found.breaks is not (after[: len(before)] == before)
    assert all(before.index(old) == after.index(new) for old, new in found.renamed.items())


def test_values_of_a_leaf_are_all_there():
    features = Features(
        {"a": List({"b": List({"c": Value("int32")}), "d": Value("string")}), "e": {"f": Value("int8")}}
    )
    rows = [
        {"a": [{"b": [{"c": 1}, {"c": 2}], "d": "x"}, {"b": [], "d": None}], "e": {"f": 5}},
        {"a": None, "e": None},
        {"a": [{"b": [{"c": None}, {"c": 3}], "d": "y"}], "e": {"f": 6}},
    ]
    table = pa.Table.from_pylist(rows, schema=features.arrow_schema)
    found = {
        name: [one for array in values(table.slice(1), leaf) for one in array.to_pylist()]
        for name, leaf in leaves(features).items()
    }
    assert found == {"a.b.c": [None, 3], "a.d": ["y"], "e.f": [None, 6]}
    assert [leaf.kind for leaf in leaves(features).values()] == ["list of list of int32", "list of string", "int8"]
