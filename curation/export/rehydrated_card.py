"""The card of a dataset whose texts were put back: the published one, with the columns and rows that are there now."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from curation.errors import CurationError
from curation.export.card.croissant import FILE as CROISSANT
from curation.export.card.croissant import rewrite_croissant
from curation.export.card.facts import Built
from curation.export.card.metadata import as_yaml, config_of, info_of, parts_of
from curation.export.card.writing import TEXTLESS
from curation.export.tables import Written

if TYPE_CHECKING:
    from curation.export.reading import Dataset

_CARD, _PLOTS = "README.md", "plots"

_NOTE = """
> [!NOTE]
> The texts of this copy were put back by `curation rehydrate`; it is not what was published, which has none.{missing}
> What stands below about columns and files is about the published dataset.
"""
_DESCRIBED = (
    "The texts of this copy were put back by `curation rehydrate`; it is not what was published, which has none."
)
_MISSING = "\n> Articles that could not be found: {}. Their rows are left out, and figures below count them."


def write_card(
    dataset: Dataset, folder: Path, written: Mapping[str, Mapping[str, tuple[int, int]]], missing: int
) -> None:
    """Write README.md and its pictures beside the tables in `folder`. Raises `E_EXPORT_UNREADABLE` without a header."""
    from datasets import Features

    card = (dataset.folder / _CARD).read_text(encoding="utf-8")
    try:
        metadata, body = parts_of(card)
        default = next(one["config_name"] for one in metadata["configs"] if one.get("default"))
    except (KeyError, StopIteration, TypeError, ValueError) as error:
        raise CurationError("E_EXPORT_UNREADABLE", f"{dataset.folder / _CARD} has no header: {error}") from None
    built = {}
    for config, splits in written.items():
        paths = {split: list(_paths(dataset, folder, config, split)) for split in splits}
        stored = sum((folder / path).stat().st_size for of in paths.values() for path in of)
        features = Features._from_yaml_list(dataset.facts["columns"][config])
        built[config] = Built(features, {split: Written(*counts) for split, counts in splits.items()}, paths, stored)
    first = default if default in built else next(iter(built))
    metadata["configs"] = [config_of(name, one, is_default=name == first) for name, one in built.items()]
    metadata["dataset_info"] = [info_of(name, one) for name, one in built.items()]
    note = _NOTE.format(missing=_MISSING.format(f"{missing:,}") if missing else "")
    text = f"---\n{as_yaml(metadata)}---\n{note}{body.replace(TEXTLESS, '')}"
    (folder / _CARD).write_text(text, encoding="utf-8", newline="\n")
    if (dataset.folder / CROISSANT).is_file():
        try:
            rewrite_croissant(dataset.folder, folder, built, _DESCRIBED)
        except ValueError as error:
            raise CurationError("E_EXPORT_UNREADABLE", f"{dataset.folder / CROISSANT}: {error}") from None
    for plot in sorted((dataset.folder / _PLOTS).glob("*")):
        (folder / _PLOTS).mkdir(exist_ok=True)
        shutil.copyfile(plot, folder / _PLOTS / plot.name)


def _paths(dataset: Dataset, folder: Path, config: str, split: str) -> Iterator[str]:
    """The files of a split that were written."""
    for file in dataset.files(config, split):
        if (folder / config / file.name).is_file():
            yield f"{config}/{file.name}"
