"""Read a built dataset back: its Parquet footers, or the whole of it as a stranger's `datasets` would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from curation.errors import CurationError
from curation.export.reading import split_of_file

Rows = dict[str, dict[str, int]]
"""Row counts by config and split."""

_LOAD = """
import json, sys
import datasets
datasets.disable_progress_bars()
found = {}
for config in datasets.get_dataset_config_names(sys.argv[1]):
    loaded = datasets.load_dataset(sys.argv[1], config)
    found[config] = {str(split): rows.num_rows for split, rows in loaded.items()}
print(json.dumps(found))
"""


def describe(folder: Path) -> Rows:
    """What a built dataset holds, read from the footers of its files; empty if nothing is built there.

    Raises `E_EXPORT_UNREADABLE` for a damaged file.
    """
    files = sorted(folder.glob("*/*.parquet"))
    if not files:
        return {}
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows: Rows = {}
    for file in files:
        try:
            splits = rows.setdefault(file.parent.name, {})
            split = split_of_file(file)
            splits[split] = splits.get(split, 0) + pq.read_metadata(file).num_rows
        except (pa.ArrowException, OSError) as error:
            raise CurationError("E_EXPORT_UNREADABLE", f"{file}: {error}") from None
    return rows


def load_check(folder: Path) -> Rows:
    """Load every config with `datasets` in a fresh process with an empty cache, offline; return what came back.

    Raises `E_EXPORT_UNREADABLE` with the last line that the process wrote if it fails.
    """
    path = str(folder.resolve())
    if set(path) & set("*?["):
        raise CurationError(
            "E_EXPORT_UNREADABLE",
            f"`datasets` takes {path} for a pattern, because of a *, ? or [ in it",
            fix="Move it to a folder without these characters; the dataset itself is whole.",
        )
    with tempfile.TemporaryDirectory(prefix="curation-load-") as home:
        offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        caches = {"HF_HOME": home, "HF_DATASETS_CACHE": f"{home}/datasets", "HF_HUB_CACHE": f"{home}/hub"}
        loaded = subprocess.run(
            [sys.executable, "-P", "-c", _LOAD, path],
            env={**os.environ, **offline, **caches},
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )
    if loaded.returncode:
        said = loaded.stderr.strip().splitlines() or [f"exit status {loaded.returncode}"]
        raise CurationError("E_EXPORT_UNREADABLE", f"{folder}: {said[-1][:300]}")
    rows: Rows = json.loads(loaded.stdout.splitlines()[-1])
    return rows
