"""Parquet with names of classes: the same rows and types to programs that know no class ids."""

from __future__ import annotations

import duckdb
import polars
import pyarrow.parquet as pq
import pytest

from curation.export.formats import named, write


@pytest.mark.parametrize("name", ["small", "hostile"])
def test_duckdb_and_polars_read_the_rows_with_names(name, request, tmp_path):
    dataset = request.getfixturevalue(name)
    assert write(dataset, named("parquet"), tmp_path / "out").lost == {}
    for config, splits in dataset.configs.items():
        for split in splits:
            path = tmp_path / "out" / config / f"{split}.parquet"
            rows = list(dataset.rows(config, split))
            for found in (polars.read_parquet(path).to_dicts(), arrow(duckdb.sql(f"SELECT * FROM '{path}'"))):
                assert [spelled(row) for row in found] == rows, config


def arrow(relation) -> list[dict]:
    return relation.to_arrow_table().to_pylist()


def spelled(row: dict) -> dict:
    return {
        name: value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else value
        for name, value in row.items()
    }


def test_types_are_those_of_the_dataset_but_for_classes(small, tmp_path):
    write(small, named("parquet"), tmp_path / "out")
    for config in small.configs:
        kept, ours = pq.read_schema(tmp_path / "out" / config / "train.parquet"), small.schema(config)
        features = small.features(config)
        assert kept.names == ours.names
        for name in kept.names:
            if features[name].__class__.__name__ == "Value":
                assert kept.field(name).type == ours.field(name).type
            if features[name].__class__.__name__ == "ClassLabel":
                assert str(kept.field(name).type) == "string"
