"""JSON Lines: the same rows again to every reader."""

from __future__ import annotations

import json

import pandas
import polars
import pytest
from datasets import load_dataset

from curation.export.formats import named, write


@pytest.fixture(scope="module", params=["small", "hostile"])
def both(request, tmp_path_factory):
    dataset = request.getfixturevalue(request.param)
    out = tmp_path_factory.mktemp("jsonl") / "out"
    assert write(dataset, named("jsonl"), out).lost == {}
    return dataset, out


def files(both):
    dataset, out = both
    for config, splits in dataset.configs.items():
        for split in splits:
            yield config, split, out / config / f"{split}.jsonl", list(dataset.rows(config, split))


def test_every_line_is_a_row(both):
    for config, _, path, rows in files(both):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in lines] == rows, config


def test_pandas_reads_the_same_rows(both):
    for config, _, path, rows in files(both):
        frame = pandas.read_json(path, lines=True, dtype=False, convert_dates=False)
        found = [{name: None if value is None or value != value else value for name, value in row.items()}
                 for row in frame.astype(object).to_dict("records")]  # fmt: skip
        assert found == rows, config


def test_polars_reads_the_same_rows(both):
    for config, _, path, rows in files(both):
        assert polars.read_ndjson(path, infer_schema_length=None).to_dicts() == rows, config


def test_datasets_loads_every_config_by_the_readme_as_it_is_in_parquet(both, tmp_path):
    dataset, out = both
    for config in dataset.configs:
        loaded = load_dataset(str(out), config, cache_dir=str(tmp_path))
        assert list(loaded) == list(dataset.configs[config])
        for split, table in loaded.items():
            assert table.features == dataset.features(config)
            stored = [row for batch in dataset.batches(config, split) for row in batch.to_pylist()]
            assert [spelled(row) for row in table.to_list()] == [spelled(row) for row in stored], config


def spelled(row: dict) -> dict:
    """A row with its one text that is a time spelled as `datasets` spells it."""
    time = row.get("published_at")
    return row | {"published_at": str(pandas.Timestamp(time).tz_localize(None))} if time else row
