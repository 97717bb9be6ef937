"""JSON Lines: a file for each config and split, a row a line, all that the dataset has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from curation.export.formats.format import Format, Losses, Options
from curation.export.reading import Dataset

# Line breaks for `str.splitlines` and for JavaScript before 2019, but not for JSON.
_BREAKS = re.compile("[\x7f-\x9f\u2028\u2029]")


def write(dataset: Dataset, folder: Path, options: Options) -> Losses:
    """`CONFIG/SPLIT.jsonl`, in UTF-8; nothing is lost."""
    for config, splits in dataset.configs.items():
        (folder / config).mkdir()
        for split in splits:
            with (folder / config / f"{split}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
                for row in dataset.rows(config, split):
                    line = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
                    file.write(_BREAKS.sub(lambda found: f"\\u{ord(found.group()):04x}", line) + "\n")
    return Losses()


def header(dataset: Dataset) -> str:
    """What tells `datasets` of the files and the types of their columns, which it would have to guess."""
    configs = [
        {
            "config_name": config,
            "data_files": [{"split": split, "path": f"{config}/{split}.jsonl"} for split in splits],
        }
        for config, splits in dataset.configs.items()
    ]
    infos = [
        {"config_name": config, "features": dataset.features(config)._to_yaml_list()} for config in dataset.configs
    ]
    document = {"configs": configs, "dataset_info": infos}
    return f"---\n{yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)}---\n\n"


JSONL = Format(
    name="jsonl",
    title="JSON Lines",
    purpose="any program, one row at a time: jq, pandas, databases, other languages",
    write=write,
    header=header,
    files="`CONFIG/SPLIT.jsonl` in UTF-8: one row a line, class names where Parquet has class ids, times in ISO 8601.",
    reading=(
        "`pandas.read_json(path, lines=True, dtype=False, convert_dates=False)`, or "
        '`load_dataset(FOLDER, "gold")`, for which this file tells the types: classes come back as ids. It spells '
        "strings anew that all look like times (`published_at` of `articles`); Parquet does not."
    ),
    loses="No row says which column has classes, and in which order: the header of this file does.",
)
"""The format."""
