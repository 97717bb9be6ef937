"""How long `--help` of every command and `import curation` take, from a fresh process.

    python -m benchmarks.startup

Goals (wall time, medians): 300 ms for every --help, 100 ms more than the bare interpreter for the import.
"""

from __future__ import annotations

import argparse
import sys

import click

from benchmarks.measure import compare, print_table
from curation.cli import cli

GOAL_HELP = 0.300
GOAL_IMPORT = 0.100


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The words of every command and group."""
    found = [path]
    for name, command in group.commands.items():
        found += commands(command, (*path, name)) if isinstance(command, click.Group) else [(*path, name)]
    return found


def main() -> int:
    """Measure and print; exit status 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=5, help="runs of each (default: 5)")
    runs: int = parser.parse_args().n
    bare = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import curation": [sys.executable, "-c", "import curation"],
    }
    helps = {
        " ".join(("curation", *path)): [sys.executable, "-m", "curation", *path, "--help"] for path in commands(cli)
    }
    measured = compare({**bare, **helps}, runs)
    print_table(measured)
    imported = measured["import curation"].wall - measured["python -c pass"].wall
    slowest = max((one for name, one in measured.items() if name in helps), key=lambda one: one.wall)
    print(
        f"import curation: {imported * 1000:.0f} ms more than the bare interpreter (goal: {GOAL_IMPORT * 1000:.0f} ms)"
    )
    print(f"slowest --help: {slowest.name}, {slowest.wall * 1000:.0f} ms (goal: {GOAL_HELP * 1000:.0f} ms)")
    return 0 if imported <= GOAL_IMPORT and slowest.wall <= GOAL_HELP else 1


if __name__ == "__main__":
    sys.exit(main())
