"""What a stranger gets who loads the dataset with `datasets`, in a fresh process with an empty cache."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest

from curation.errors import CurationError
from curation.export import describe, load_check
from curation.export.reading import Dataset

CONFIGS = ("gold", "annotations", "mentions", "statements", "stance", "tokens", "agreement", "articles")
METHODS = ["unanimous", "single", "rules", "adjudicated", "annotator", "votes"]
ORIGINS = ["manual", "prediction", "prediction-changed"]
LOAD = Path(__file__).with_name("load_rows.py")


def load(folder: Path, cache: Path, *options: str) -> dict:
    run = subprocess.run(
        [sys.executable, str(LOAD), str(folder), *options],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "HF_DATASETS_CACHE": str(cache / "datasets")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def loaded(built, cache):
    study, _ = built
    return load(study.out, cache)


def rows(loaded: dict, config: str) -> list[dict]:
    return [row for part in loaded[config]["rows"].values() for row in part]


def test_every_config_loads_with_the_rows_that_the_build_reports(built, loaded):
    _, result = built
    assert tuple(result.configs) == CONFIGS
    counted = {
        config: {split: len(part) for split, part in loaded[config]["rows"].items()} for config in loaded if config
    }
    assert counted == result.configs
    assert loaded[""]["rows"] == result.configs["gold"], "the first config is what a bare load_dataset gives"


@pytest.mark.parametrize("options", [(), ("--streaming",)], ids=["warm", "streaming"])
def test_however_it_is_loaded_the_rows_are_those_of_our_reader(built, loaded, cache, options):
    study, _ = built
    dataset = Dataset(study.out)
    own = {
        config: {split: list(dataset.rows(config, split)) for split in splits}
        for config, splits in dataset.configs.items()
    }
    assert {config: loaded[config]["rows"] for config in CONFIGS} == own
    again = load(study.out, cache, *options)
    assert again == loaded


def test_pandas_polars_and_duckdb_read_the_files(built):
    study, result = built
    for config, splits in result.configs.items():
        for split, count in splits.items():
            pattern = str(study.out / config / f"{split}-*.parquet")
            (file,) = Dataset(study.out).files(config, split)
            columns = list(Dataset(study.out).features(config))
            frame = pd.read_parquet(file)
            assert (list(frame.columns), len(frame)) == (columns, count)
            polar = pl.read_parquet(pattern)
            assert (polar.columns, polar.height) == (columns, count)
            rows = duckdb.sql(f"SELECT * FROM '{pattern}'")
            assert (rows.columns, len(rows.fetchall())) == (columns, count)
            if "article_id" in columns:
                ids = [row["article_id"] for row in Dataset(study.out).rows(config, split)]
                assert list(frame["article_id"]) == polar["article_id"].to_list() == ids


def test_days_are_dates_to_all_who_read_them(built):
    study, _ = built
    (file,) = Dataset(study.out).files("articles", "train")
    said = [row["published_at"] for row in Dataset(study.out).rows("articles", "train")]
    known = {"2026-03-02": date(2026, 3, 2), "2026-03-02T23:30:00-05:00": date(2026, 3, 3)}
    days = [known.get(one) for one in said]
    assert {*said} == {None, "2026", "2026-03", *known}, "of a year or a month no day is known"
    assert days == pd.read_parquet(file)["published_on"].to_list() == pl.read_parquet(file)["published_on"].to_list()
    assert pl.read_parquet(file).schema["published_on"] == pl.Date
    assert duckdb.sql(f"SELECT published_on FROM '{file}'").fetchall() == [(day,) for day in days]
    assert duckdb.sql(f"SELECT published_on FROM '{file}'").types == ["DATE"]


def test_load_check_says_the_same(built):
    study, result = built
    assert load_check(study.out) == result.configs == describe(study.out)


@pytest.mark.parametrize("config", CONFIGS)
def test_rows_satisfy_their_schema(built, loaded, config):
    study, _ = built
    assert rows(loaded, config)
    for row in rows(loaded, config):
        assert study.schemas.problems(f"rows/{config}", row) == []


def test_classes_stand_in_codebook_order(built, loaded):
    task = built[0].task
    actor, claim = task.labels["Actor"].attributes, task.labels["Claim"].attributes
    polarities = ["favor", "against", "neutral", "not_addressed", "unclear"]
    mentions = {
        "label": ["Actor", "Claim"],
        "actor_type": list(actor["type"].values),
        "claim_kind": list(claim["kind"].values),
        "claim_quotation": list(claim["quotation"].values),
        "claim_topics": list(claim["topics"].values),
        "claim_holder": ["unnamed"],
    }
    method = {"method": METHODS}
    assert loaded["mentions"]["classes"] == mentions | method
    nested = {f"mentions.{'' if name == 'label' else 'attributes.'}{name}": names for name, names in mentions.items()}
    nested["relations.label"] = list(task.relations)
    fields = {name: list(task.choices[name].values) for name in ("stance_congestion_charge", "stance_rent_cap")}
    assert loaded["gold"]["classes"] == nested | fields | method
    assert loaded["annotations"]["classes"] == nested | fields | method | {"origin": ORIGINS}
    assert loaded["statements"]["classes"] == {
        **{name: names for name, names in mentions.items() if name.startswith("claim_")},
        "holder_type": list(actor["type"].values),
        "stance": polarities,
        **method,
    }
    assert loaded["stance"]["classes"] == {
        "scope": ["article", "statement"],
        "label": polarities,
        "soft.label": polarities,
        **method,
    }
    assert loaded["articles"]["classes"] == method


def test_offsets_cut_the_text_of_every_mention(loaded):
    texts = {row["article_id"]: row["text"] for row in rows(loaded, "annotations")}
    assert any("🚋" in text for text in texts.values())
    found = [
        (texts[row["article_id"]], span)
        for config, nested in (("gold", "mentions"), ("annotations", "mentions"), ("statements", "claim_fragments"))
        for row in rows(loaded, config)
        for span in row[nested]
    ]
    found += [(texts[row["article_id"]], row) for row in rows(loaded, "mentions")]
    assert len(found) > 500
    for text, span in found:
        assert text[span["start"] : span["end"]] == span["text"]
    for row in rows(loaded, "statements"):
        if row["holder_id"]:
            assert texts[row["article_id"]][row["holder_start"] : row["holder_end"]] == row["holder_text"]


def test_an_article_is_in_one_split_in_all_configs(loaded):
    splits: dict[str, set[str]] = {}
    for config in set(CONFIGS) - {"agreement"}:
        for split, part in loaded[config]["rows"].items():
            for row in part:
                splits.setdefault(row["article_id"], set()).add(split)
    assert len(splits) == 30
    assert all(len(found) == 1 for found in splits.values())


def test_extra_files_in_the_folder_do_not_come_in(built, tmp_path):
    study, result = built
    copy = tmp_path / "copy"
    shutil.copytree(study.out, copy)
    (copy / "gold" / "leftover.parquet").write_bytes((copy / "gold" / "train-00000-of-00001.parquet").read_bytes())
    (copy / "more.jsonl").write_text('{"x": 1}\n')
    assert load_check(copy) == result.configs


def test_a_damaged_dataset_is_named(built, tmp_path):
    study, _ = built
    copy = tmp_path / "copy"
    shutil.copytree(study.out, copy)
    (copy / "stance" / "train-00000-of-00001.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(CurationError) as loading:
        load_check(copy)
    with pytest.raises(CurationError) as describing:
        describe(copy)
    assert loading.value.code == describing.value.code == "E_EXPORT_UNREADABLE"
    assert "train-00000-of-00001.parquet" in describing.value.message


def test_a_path_that_datasets_takes_for_a_pattern(built, tmp_path):
    study, result = built
    copy = tmp_path / "study [2]" / "data"
    shutil.copytree(study.out, copy)
    assert describe(copy) == result.configs
    with pytest.raises(CurationError) as error:
        load_check(copy)
    assert "pattern" in error.value.message


def test_nothing_is_described_where_nothing_is_built(tmp_path):
    assert describe(tmp_path / "missing") == {}


def test_importing_the_package_is_light():
    heavy = "{'datasets', 'pyarrow', 'pandas', 'yaml', 'jsonschema', 'huggingface_hub'}"
    script = f"import sys, curation.export; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


@pytest.mark.parametrize("config", CONFIGS)
def test_examples_of_row_schemas(built, config):
    study, _ = built
    document = study.schemas.document(f"rows/{config}")
    assert document["$id"] == f"urn:curation:schema:rows/{config}"
    assert document["examples"]
    for example in document["examples"]:
        assert study.schemas.problems(f"rows/{config}", example) == []
        for key in document["required"]:
            lacking = {name: value for name, value in example.items() if name != key}
            assert study.schemas.problems(f"rows/{config}", lacking), f"{key} is required"
