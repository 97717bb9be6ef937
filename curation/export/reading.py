"""Read a built dataset, wherever it is: its folder is all that is needed, and no workspace."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.errors import CurationError
from curation.folders.manifest import MANIFEST, facts_of

if TYPE_CHECKING:
    from datasets import Features

    from curation.export.rows import Row

_SHARD = re.compile(r"(?P<split>[a-z][a-z0-9_]*)-\d{5}-of-\d{5}\.parquet")
_BATCH = 1_000

_Decoder = Callable[[Any], Any]


class Dataset:
    """A folder that `curation export build` made. Its configs are tables, each in splits, each in one or more files.

    `facts` take the place of a manifest that is not written yet; they say at least which `rows` there are. Raises
    `E_NOT_FOUND` if the folder holds no dataset, `E_EXPORT_UNREADABLE` where its manifest or a file is damaged.
    """

    facts: Mapping[str, Any]

    def __init__(self, folder: Path, facts: Mapping[str, Any] | None = None) -> None:
        self.folder = folder
        if facts is not None:
            self.facts = facts
            return
        if not (folder / MANIFEST).is_file():
            message = f"{folder} holds no {MANIFEST}"
            raise CurationError("E_NOT_FOUND", message, fix="name a folder that `curation export build` made")
        facts = facts_of(folder)
        if facts is None:
            raise CurationError("E_EXPORT_UNREADABLE", f"{folder / MANIFEST} is damaged")
        if "rows" not in facts:
            message = f"{folder} is no dataset of `curation export build`, but something else of ours"
            raise CurationError("E_NOT_FOUND", message, fix="name the dataset itself")
        self.facts = facts

    def __repr__(self) -> str:
        return f"Dataset({str(self.folder)!r})"

    @cached_property
    def configs(self) -> dict[str, dict[str, int]]:
        """The rows of each split of each config, both in the order in which they were declared."""
        return {config: dict(splits) for config, splits in self.facts["rows"].items()}

    def files(self, config: str, split: str) -> list[Path]:
        """The Parquet files of a split, in the order of their rows."""
        return [path for path in sorted((self.folder / config).glob("*.parquet")) if split_of_file(path) == split]

    def features(self, config: str) -> Features:
        """The features that the files of a config declare. Importing them takes seconds, because `datasets` does."""
        from datasets import Features

        return Features.from_arrow_schema(self.schema(config))

    def schema(self, config: str) -> Any:
        """The Arrow schema of a config."""
        import pyarrow.parquet as pq

        split = next(iter(self.configs[config]))
        with _reading(self.files(config, split)[0]) as path:
            return pq.read_schema(path)

    def batches(self, config: str, split: str, *, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """The rows of a split as Arrow record batches of at most 1,000, as they are stored: with class ids."""
        import pyarrow.parquet as pq

        for file in self.files(config, split):
            with _reading(file) as path, pq.ParquetFile(path, page_checksum_verification=True) as opened:
                yield from batches_of(opened, columns)

    def rows(self, config: str, split: str | None = None, *, columns: Sequence[str] | None = None) -> Iterator[Row]:
        """The rows of a split, or of all splits, as JSON values: class names for ids, times in ISO 8601."""
        features = self.features(config)
        wanted = {name: features[name] for name in columns or features}
        decode = _decoder(wanted) or dict
        for one in [split] if split else self.configs[config]:
            for batch in self.batches(config, one, columns=columns):
                yield from map(decode, batch.to_pylist())


def batches_of(opened: Any, columns: Sequence[str] | None = None) -> Iterator[Any]:
    """The rows of an open Parquet file as record batches of at most 1,000."""
    # One group of rows at a time, and by one thread: further ones would be decoded beside it.
    for group in range(opened.num_row_groups):
        yield from opened.iter_batches(_BATCH, row_groups=[group], columns=columns, use_threads=False)


def split_of_file(path: Path) -> str:
    """The split that a file of a dataset holds, which its name says; the whole name where it says none."""
    matched = _SHARD.fullmatch(path.name)
    return matched["split"] if matched else path.stem


@contextmanager
def _reading(file: Path) -> Iterator[Path]:
    import pyarrow as pa

    try:
        yield file
    except (pa.ArrowException, OSError) as error:
        raise CurationError("E_EXPORT_UNREADABLE", f"{file}: {error}") from None


def _decoder(feature: Any) -> _Decoder | None:
    """What turns a stored value into a JSON value; None where they are the same."""
    from datasets import ClassLabel, List

    from curation.export.arrow import is_time

    if isinstance(feature, dict):
        parts = {name: found for name, part in feature.items() if (found := _decoder(part))}
        return (lambda row: row and {**row, **{name: of(row[name]) for name, of in parts.items()}}) if parts else None
    if isinstance(feature, List):
        item = _decoder(feature.feature)
        return (lambda items: None if items is None else [item(one) for one in items]) if item else None
    if isinstance(feature, ClassLabel):
        names = feature.names
        return lambda number: None if number is None else names[number]
    return _written if is_time(feature) else None


def _written(time: date | None) -> str | None:
    return None if time is None else time.isoformat().replace("+00:00", "Z")
