"""Run as a script: load every config of a dataset as a stranger would, and print its rows with class names.

Usage: load_rows.py FOLDER [--streaming]. Prints {config: {"rows": {split: [...]}, "classes": {column: [...]}}}.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import Any

import datasets


def plain(feature: Any, value: Any) -> Any:
    """`value` with class names in the place of class ids."""
    if value is None:
        return None
    if isinstance(feature, dict):
        assert value.keys() == feature.keys()
        return {key: plain(part, value[key]) for key, part in feature.items()}
    if isinstance(feature, datasets.List):
        return [plain(feature.feature, item) for item in value]
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    return feature.int2str(value) if isinstance(feature, datasets.ClassLabel) else value


def classes(feature: Any, name: str) -> dict[str, list[str]]:
    """The class names of every class column under `feature`, at every depth."""
    if isinstance(feature, dict):
        found: dict[str, list[str]] = {}
        for key, part in feature.items():
            found |= classes(part, f"{name}.{key}".lstrip("."))
        return found
    if isinstance(feature, datasets.List):
        return classes(feature.feature, name)
    return {name: feature.names} if isinstance(feature, datasets.ClassLabel) else {}


def main(folder: str, streaming: bool) -> None:
    datasets.disable_progress_bars()
    found = {}
    for config in datasets.get_dataset_config_names(folder):
        loaded = datasets.load_dataset(folder, config, streaming=streaming)
        features = dict(next(iter(loaded.values())).features)
        rows = {str(split): [plain(features, row) for row in part] for split, part in loaded.items()}
        found[config] = {"rows": rows, "classes": classes(features, "")}
    bare = datasets.load_dataset(folder, streaming=streaming)
    found[""] = {"rows": {str(split): sum(1 for _ in part) for split, part in bare.items()}}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], "--streaming" in sys.argv)
