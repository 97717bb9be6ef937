"""croissant.json by mlcroissant, which owns the format: valid without a complaint, and every row comes back."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlcroissant
import numpy as np
import pytest
from datasets import ClassLabel, Features, List, Value
from huggingface_hub import DatasetCard
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from curation.export.account import Account
from curation.export.card import Built, CardFacts
from curation.export.card.croissant import _head, write_croissant
from curation.export.card.statistics import Statistics
from curation.export.reading import Dataset
from curation.export.tables import Written
from curation.export.verifying import verify_deep
from curation.folders.card import inert
from curation.workspace.releases import rehydrate

# rdflib, on which mlcroissant rests, speaks of its own classes.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

CONFIGS = ("gold", "annotations", "mentions", "statements", "stance", "tokens", "agreement", "articles")
name = st.text(st.characters(codec="utf-8"), min_size=1, max_size=10).filter(str.strip)


@pytest.fixture(scope="session")
def croissant(carded: Any) -> Any:
    return mlcroissant.Dataset(str(carded.out / "croissant.json"))


def plain(value: Any) -> Any:
    """A value of mlcroissant as JSON has it: texts are bytes there, arrays numpy's, nothing is NaN."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray | list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key.rsplit("/", 1)[1]: plain(one) for key, one in value.items()}
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value


def ids(feature: Any, value: Any) -> Any:
    """A value of our reader with class ids in place of names."""
    if value is None:
        return None
    if isinstance(feature, List):
        return [ids(feature.feature, one) for one in value]
    if isinstance(feature, dict):
        return {key: ids(part, value[key]) for key, part in feature.items()}
    return feature.names.index(value) if isinstance(feature, ClassLabel) else value


def flat(feature: Any) -> bool:
    """Whether Croissant can say all there is of a column: no struct within a struct, no list within a list."""
    if isinstance(feature, List):
        inner = feature.feature
        return not isinstance(inner, List) and (not isinstance(inner, dict) or all(map(flat_part, inner.values())))
    return True


def flat_part(feature: Any) -> bool:
    return not isinstance(feature, dict | List)


def test_it_is_valid(croissant: Any) -> None:
    assert croissant.metadata.issues.errors == set()
    assert croissant.metadata.issues.warnings == set()


@pytest.mark.parametrize("config", CONFIGS)
def test_every_row_comes_back(carded: Any, croissant: Any, config: str) -> None:
    dataset = Dataset(carded.out)
    features = dataset.features(config)
    columns = [column for column, feature in features.items() if flat(feature)]
    assert len(columns) >= len(features) - 3
    wanted = [
        {"split": split} | {column: ids(features[column], row[column]) for column in columns}
        for split in dataset.configs[config]
        for row in dataset.rows(config, split)
    ]
    found = []
    for record in croissant.records(config):
        row = {key.split("/", 1)[1]: plain(value) for key, value in record.items()}
        found.append({column: row[column] for column in ("split", *columns)})

    def order(row: dict[str, Any]) -> str:
        return json.dumps(row, sort_keys=True, default=str)

    def timeless(row: dict[str, Any]) -> dict[str, Any]:
        return {column: value for column, value in row.items() if not is_time(features.get(column))}

    assert sorted(map(timeless, found), key=order) == sorted(map(timeless, wanted), key=order)


def is_time(feature: Any) -> bool:
    return isinstance(feature, Value) and feature.dtype.startswith(("timestamp", "date"))


def test_times_come_back(carded: Any, croissant: Any) -> None:
    wanted = sorted(row["created_at"] for row in Dataset(carded.out).rows("annotations"))
    found = sorted(record["annotations/created_at"] for record in croissant.records("annotations"))
    assert [one.isoformat().replace("+00:00", "Z") for one in found] == wanted


def test_days_come_back(carded: Any, croissant: Any) -> None:
    wanted = {row["article_id"]: row["published_on"] for row in Dataset(carded.out).rows("articles")}
    found = {plain(one["articles/article_id"]): one["articles/published_on"] for one in croissant.records("articles")}
    known = {article: day.date().isoformat() for article, day in found.items() if day is not None}
    assert known == {article: day for article, day in wanted.items() if day is not None}
    assert len(known) == len(wanted) - 1, "of one article the month alone is known"


def test_nested_columns_come_back(carded: Any, croissant: Any) -> None:
    """What lies in a list of structs stands in a field below: its parts, row by row."""
    rows = {row["id"]: row for row in Dataset(carded.out).rows("annotations")}
    for record in croissant.records("annotations"):
        row = rows[record["annotations/id"].decode()]
        marks = [(plain(one)["id"], plain(one)["start"]) for one in record["annotations/mentions"]]
        assert marks == [(one["id"], one["start"]) for one in row["mentions"]]


def test_classes_are_named(carded: Any, croissant: Any) -> None:
    features = Dataset(carded.out).features("stance")
    named = list(croissant.records("stance/label/classes"))
    assert [plain(one["stance/label/classes/name"]) for one in named] == features["label"].names
    assert [one["stance/label/classes/id"] for one in named] == list(range(len(named)))


def test_it_names_every_file_with_its_hash(carded: Any) -> None:
    document = json.loads((carded.out / "croissant.json").read_text(encoding="utf-8"))
    manifest = json.loads((carded.out / "manifest.json").read_text(encoding="utf-8"))["files"]
    files = {one["contentUrl"]: one for one in document["distribution"] if one["@type"] == "cr:FileObject"}
    assert {path: one["sha256"] for path, one in files.items()} == {
        path: one["sha256"] for path, one in manifest.items() if path.endswith(".parquet")
    }
    assert all(one["contentSize"] == f"{manifest[path]['bytes']} B" for path, one in files.items())


def test_it_answers_for_the_data(carded: Any, croissant: Any) -> None:
    metadata = croissant.metadata
    assert metadata.conforms_to == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
    assert metadata.data_annotation_platform == ["Label Studio"]
    assert metadata.data_collection == carded.export.about["collection"]
    assert metadata.data_biases == [carded.export.about["biases"]]
    assert metadata.personal_sensitive_information == [carded.export.about["personal_data"]]
    left_out = "13 articles not in `gold`, because nobody decided what annotators differ on."
    assert metadata.data_limitations == [left_out, "not stated"]
    assert metadata.data_collection_missing_data is None
    assert not metadata.machine_annotation_tools
    assert "Pay: Nobody was paid for the sample." in metadata.data_annotation_protocol
    assert "3 on 19 articles" in metadata.annotations_per_item
    assert "stance_congestion_charge 0." in metadata.data_annotation_analysis[0]
    document = json.loads((carded.out / "croissant.json").read_text(encoding="utf-8"))
    assert document["temporalCoverage"] == "2025-01/2025-11-22"


def test_what_is_not_known_of_articles_and_what_began_as_suggestions(carded: Any, facts_of: Any) -> None:
    found = Statistics(characters=array("q", [10, 20]))
    found.articles.update({"train": 2})
    found.languages.update({"en": 2})
    found.outlets.update({"a": 1})
    found.origins.update({"manual": 1, "prediction": 1})
    head = _head(facts_of(carded.out, carded.export, carded.task), found)
    assert head["rai:dataCollectionMissingData"] == "Not known, of 2 articles: the date of 2, the outlet of 1."
    suggested = "Annotations that began as suggestions: 1 of 2 (1 left as suggested, 0 changed)"
    assert head["rai:machineAnnotationTools"] == [suggested]


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    columns=st.lists(name, min_size=1, max_size=3, unique=True),
    classes=st.lists(name, min_size=1, unique=True),
    said=name,
)
def test_names_of_definitions_cannot_break_it(
    study: Any, tmp_path: Path, columns: list[str], classes: list[str], said: str
) -> None:
    label = ClassLabel(names=classes)
    inner = dict.fromkeys(columns, label)
    features = Features({**inner, **{f"{column} list": List(inner) for column in columns}})
    path = "gold/train-00000-of-00001.parquet"
    (tmp_path / "gold").mkdir(exist_ok=True)
    (tmp_path / path).write_bytes(b"")
    built = Built(features, {"train": Written(1, 10)}, {"train": [path]}, 0)
    about = {"authors": (said,), "publisher": said, "collection": said, "citation": said, "released": "2026-03-02"}
    export = replace(study.export, title=said, license=said, about=about)
    facts = CardFacts(export, replace(study.task, description=said), {"gold": built}, Account(), version="1.0.0")
    write_croissant(tmp_path, facts, Statistics(), {path: "0" * 64})
    read = mlcroissant.Dataset(str(tmp_path / "croissant.json")).metadata
    assert read.issues.errors == set()
    assert (read.name, read.description, read.data_collection) == (said, said, said)
    (records, *named) = read.record_sets
    assert [one.name for one in records.fields] == ["split", *features]
    assert [next(iter(one.data[0].values())) for one in named] == [0] * len(named)
    assert {tuple(row[f"{one.uuid}/name"] for row in one.data) for one in named} == {tuple(classes)}


@pytest.mark.parametrize("title", ["ends in ---", "---", "a\n---\nb", "$work ${nope} $$"])
def test_a_copy_with_its_texts_put_back_has_its_own(
    study: Any, make_article: Callable[[int], Any], build_with_agreement: Callable[..., Any], tmp_path: Path, title: str
) -> None:
    study.fill(6)
    build_with_agreement(study, text="offsets", title=title)
    assert "texts" not in mlcroissant.Dataset(str(study.out / "croissant.json")).metadata.description
    source = tmp_path / "articles.jsonl"
    given = [make_article(number) for number in range(6)]
    documents = [json.dumps({"title": one.title, "text": one.text}) for one in given]
    source.write_text("\n".join(documents), encoding="utf-8")
    copy = tmp_path / "copy"
    rehydrate(study.out, source, copy)
    read = mlcroissant.Dataset(str(copy / "croissant.json"))
    assert read.metadata.issues.errors == set()
    assert read.metadata.name == title
    assert "`curation rehydrate` put them back" in read.metadata.description
    texts = {plain(record["annotations/text"]) for record in read.records("annotations")}
    assert texts == {one.text for one in given}
    assert verify_deep(copy).ok
    card = DatasetCard.load(copy / "README.md")
    assert card.data.pretty_name == title
    assert f"\n# {inert(title)}\n" in card.text
