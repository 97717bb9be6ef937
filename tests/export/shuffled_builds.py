"""Run as a script: build the same study over and over, put in in another order each time, with copies that are linked.
Prints one digest a build.

Usage: shuffled_builds.py FOLDER FIRST NUMBER. FIRST is the seed of the first order.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def main(folder: Path, first: int, number: int) -> None:
    spec = importlib.util.spec_from_file_location("studies", Path(__file__).with_name("conftest.py"))
    studies = importlib.util.module_from_spec(spec)
    sys.modules["studies"] = studies
    spec.loader.exec_module(studies)
    for seed in range(first, first + number):
        study = studies.Study(folder / str(seed))
        study.fill(8, shuffled=seed, linked=True)
        made = study.build(measured=True)
        sys.stdout.write(f"{made.digest}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
