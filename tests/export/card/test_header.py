"""The YAML of the card: what the Hub and `datasets` read of it is what was declared and written."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from datasets import DatasetInfo, Features
from huggingface_hub import DatasetCard, DatasetCardData
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.catalog import Field
from curation.errors import CurationError
from curation.export.account import Account
from curation.export.card import Built, CardFacts
from curation.export.card.hub import LICENSES
from curation.export.card.metadata import header
from curation.export.columns import layout
from curation.export.features import features
from curation.export.tables import Written

# What the Hub takes: hub-docs, datasetcard.md, and huggingface.js, packages/tasks/src/pipelines.ts.
CREATORS = {"crowdsourced", "expert-generated", "found", "machine-generated", "no-annotation", "other"}
MULTILINGUALITY = {"monolingual", "multilingual", "translation", "other"}
SIZES = {"n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B"}
TASKS = {
    "text-classification": {
        "multi-class-classification",
        "multi-label-classification",
        "topic-classification",
        "sentiment-classification",
        "natural-language-inference",
    },
    "token-classification": {"named-entity-recognition", "part-of-speech", "parsing", "lemmatization"},
    "other": set(),
}

NASTY = st.sampled_from(
    ["---", "\n---\n", "yes", "null", "1", "0x1f", "'", '"', "a: b", "- x", "# no", "{}", "[", "&a", "*a",
     "!!python", "_type", "|", "a|b", "<script>", "${seed}", "$title", "%", "@", "`", "\u2028", "\x85", "🚋",
     "\ufeff", "سقف", "\\", "~", "é", "\0", "=cmd()", "x" * 10_000]
)  # fmt: skip
text = st.lists(NASTY | st.text(st.characters(codec="utf-8"), max_size=8), max_size=4).map("".join)
name = text.filter(str.strip)
named = name.filter(lambda label: any(character.isalnum() for character in label))
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def data(card: str) -> dict[str, Any]:
    """What the Hub's own library reads of a card."""
    return dict(DatasetCard(card).data.to_dict())


@pytest.fixture(scope="session")
def read(carded: Any) -> dict[str, Any]:
    return data((carded.out / "README.md").read_text(encoding="utf-8"))


def test_the_hub_knows_every_word(read: dict[str, Any]) -> None:
    assert read["license"] in LICENSES
    assert set(read["annotations_creators"]) <= CREATORS
    assert set(read["language_creators"]) <= CREATORS - {"no-annotation"}
    assert set(read["multilinguality"]) <= MULTILINGUALITY
    assert set(read["size_categories"]) <= SIZES
    assert read["source_datasets"] == ["original"]
    assert set(read["task_categories"]) <= TASKS.keys()
    assert set(read["task_ids"]) <= set.union(*(TASKS[one] for one in read["task_categories"]))


def test_what_is_declared_comes_back(carded: Any, read: dict[str, Any]) -> None:
    assert read["pretty_name"] == carded.export.title
    assert read["license"] == "cc0-1.0"
    assert read["language"] == ["en", "de", "ar"]
    assert read["multilinguality"] == ["multilingual"]
    assert read["annotations_creators"] == list(carded.export.about["annotations_creators"])
    typed = DatasetCardData(**read)
    assert (typed.license, typed.language, typed.task_ids) == (read["license"], read["language"], read["task_ids"])


def test_it_lists_every_file_once(carded: Any, read: dict[str, Any]) -> None:
    listed = [path for one in read["configs"] for files in one["data_files"] for path in files["path"]]
    there = sorted(path.relative_to(carded.out).as_posix() for path in carded.out.rglob("*.parquet"))
    assert sorted(listed) == there
    assert [one["config_name"] for one in read["configs"] if one.get("default")] == ["gold"]


def test_its_features_and_sizes_are_those_of_the_files(carded: Any, read: dict[str, Any]) -> None:
    """Class names in the header win over those in the files, silently: they must be the same."""
    infos = {one["config_name"]: one for one in read["dataset_info"]}
    assert infos.keys() == {one["config_name"] for one in read["configs"]} == set(carded.export.configs)
    for config in read["configs"]:
        info = DatasetInfo._from_yaml_dict(infos[config["config_name"]])
        rows = {}
        for files in config["data_files"]:
            rows[files["split"]] = sum(pq.read_metadata(carded.out / path).num_rows for path in files["path"])
            for path in files["path"]:
                held = Features.from_arrow_schema(pq.read_schema(carded.out / path))
                assert held == info.features
                assert held.arrow_schema == pq.read_schema(carded.out / path)
        assert {split: one.num_examples for split, one in info.splits.items()} == rows
        stored = sum((carded.out / path).stat().st_size for one in config["data_files"] for path in one["path"])
        assert info.download_size == stored


@slow
@given(title=name, values=st.lists(name, min_size=1, max_size=5, unique=True), label=named, licence=name, said=name)
def test_names_of_definitions_cannot_break_it(
    study: Any, title: str, values: list[str], label: str, licence: str, said: str
) -> None:
    export = replace(
        study.export, title=title, license=licence, about={"license_link": said, "source_datasets": (said,)}
    )
    field = Field("stance", "stance", "choice", tuple(values), target=label)
    task = replace(
        study.task,
        title=title,
        labels={label: replace(study.task.labels["Actor"], name=label)},
        relations={},
        choices={"stance": field},
    )
    columns = features("gold", layout(task))
    built = Built(columns, {"train": Written(1, 10)}, {"train": ["gold/train-00000-of-00001.parquet"]}, 5)
    card = f"---\n{header(CardFacts(export, task, {'gold': built}, Account()))}---\n\n# x\n\n---\n"
    read = data(card)
    assert read["pretty_name"] == title
    assert licence in LICENSES or (read["license"], read["license_name"], read["license_link"]) == (
        "other",
        licence,
        said,
    )
    assert read["source_datasets"] == [said]
    (info,) = read["dataset_info"]
    assert DatasetInfo._from_yaml_dict(info).features == columns
    assert yaml.safe_load(card.split("\n---\n")[0][4:]) == read, "the header ends where YAML ends"


@pytest.mark.parametrize("tag", ["English", "EN", "xx", "", "e", "de_DE", "\0"])
def test_a_language_without_a_code_is_named(study: Any, tag: str) -> None:
    facts = SimpleNamespace(export=replace(study.export, languages=("en", tag)), task=study.task)
    with pytest.raises(CurationError) as error:
        header(facts)
    assert error.value.code == "E_DEFINITION"
    assert repr(tag) in error.value.message


def test_a_language_with_a_region_keeps_it_apart(study: Any) -> None:
    built = Built(Features({}), {"train": Written(1, 10)}, {"train": ["gold/train-00000-of-00001.parquet"]}, 5)
    export = replace(study.export, languages=("pt-BR", "pt-PT", "de"))
    read = yaml.safe_load(header(CardFacts(export, study.task, {"gold": built}, Account())))
    assert read["language"] == ["pt", "de"]
    assert read["language_bcp47"] == ["pt-BR", "pt-PT"]
