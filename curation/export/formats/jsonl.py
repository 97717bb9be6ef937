"""JSON Lines: a file for each config and split, a row a line, all that the dataset has."""

from __future__ import annotations

import json
import re
from pathlib import Path

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


JSONL = Format(
    name="jsonl",
    title="JSON Lines",
    purpose="any program, one row at a time: jq, pandas, databases, other languages",
    write=write,
    files="`CONFIG/SPLIT.jsonl` in UTF-8: one row a line, class names where Parquet has class ids, times in ISO 8601.",
    reading=(
        '`load_dataset(FOLDER, "gold")`, or `pandas.read_json(path, lines=True, dtype=False, convert_dates=False)`.'
    ),
    loses="Types: that a column has classes, and in which order their ids are, is on the dataset's card only.",
)
"""The format."""
