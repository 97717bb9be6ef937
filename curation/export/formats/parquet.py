"""Parquet with names where the dataset has class ids: for programs that know nothing of `datasets`' classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curation.export.formats.format import Format, Losses, Options
from curation.export.reading import Dataset


def write(dataset: Dataset, folder: Path, options: Options) -> Losses:
    """`CONFIG/SPLIT.parquet`, one file however many the dataset has; nothing is lost."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for config, splits in dataset.configs.items():
        (folder / config).mkdir()
        features = dict(dataset.features(config))
        schema = pa.schema([(name, _type(feature)) for name, feature in features.items()])
        for split in splits:
            path = folder / config / f"{split}.parquet"
            with pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True) as file:
                for batch in dataset.batches(config, split):
                    rows = [_named(features, row) for row in batch.to_pylist()]
                    file.write_table(pa.Table.from_pylist(rows, schema=schema))
    return Losses()


def _type(feature: Any) -> Any:
    """The type of a column in Arrow: text for a class, all else as it is."""
    import pyarrow as pa

    if isinstance(feature, dict):
        return pa.struct([(name, _type(part)) for name, part in feature.items()])
    if hasattr(feature, "feature"):
        return pa.list_(_type(feature.feature))
    return pa.string() if hasattr(feature, "names") else feature.pa_type


def _named(feature: Any, value: Any) -> Any:
    """A stored value with the name of each class; times stay times."""
    if value is None:
        return None
    if isinstance(feature, dict):
        return {name: _named(part, value[name]) for name, part in feature.items()}
    if hasattr(feature, "feature"):
        return [_named(feature.feature, one) for one in value]
    return feature.names[value] if hasattr(feature, "names") else value


PARQUET = Format(
    name="parquet",
    title="Parquet with names of classes",
    purpose="DuckDB, polars, R, Spark: what reads Parquet and knows no class ids",
    write=write,
    files=(
        "`CONFIG/SPLIT.parquet`: the same rows and types as the dataset has, but the names of classes in the place of "
        "their ids, and one file a split."
    ),
    reading=("`FROM 'gold/train.parquet'` in DuckDB, `polars.read_parquet(path)`, `arrow::read_parquet(path)` in R."),
    loses="No column says which classes there are, and in which order: the dataset's card does.",
)
"""The format."""
