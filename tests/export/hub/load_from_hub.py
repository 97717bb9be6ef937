"""Run as a script: load every config of a dataset from the Hub as a stranger would, at once and streamed.

Usage: load_from_hub.py OWNER/NAME CONFIG... Prints {config: [{split: rows} loaded, {split: rows} streamed]}.
"""

from __future__ import annotations

import json
import sys

import datasets


def main(name: str, *configs: str) -> None:
    datasets.disable_progress_bars()
    found = {}
    for config in configs:
        loaded = datasets.load_dataset(name, config)
        streamed = datasets.load_dataset(name, config, streaming=True)
        found[config] = [{str(split): list(part) for split, part in one.items()} for one in (loaded, streamed)]
    sys.stdout.write(json.dumps(found, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
