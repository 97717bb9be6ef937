"""Is every mistake found, and how fast: seeded corruption, then validators side by side.

    python -m benchmarks.validation --corrupted 200000 --items 400 --n 5

Valid annotations are broken in known ways, one or two at a time; each must be found under its code with nothing beside
it, in a workspace and in an export (which knows no task.toml), and valid ones must give nothing. As many again, every
other one broken, are converted twice, quickly and with all rules: rows and findings must be the same.

Goals: no fault missed, no false alarm and no crash; over a generated export, with all cross-checks, at least 8 times as
many annotations decoded and judged a CPU second as by `label_studio_sdk`'s LabelInterface and 100 times as many as by
`jsonschema`. All decode the same bytes for that; ours also checks the items around, and ends with columns. The peers
are shown without decoding too.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.corruption.both import Both, compare
from benchmarks.corruption.breaking import WAYS
from benchmarks.corruption.exported import EXPORTED, UNTOLD
from benchmarks.corruption.judging import judged, judged_export
from benchmarks.corruption.running import Tally, run
from curation.catalog import Schemas, Task, find_root, load_task
from curation.studio.conversion.declaring import declare

GOALS = {"decode, LabelInterface": 8.0, "decode, jsonschema oneOf": 100.0}
_CHUNK = 4_000


def definitions() -> tuple[Task, Schemas]:
    """The task whose annotations are broken, and the schemas."""
    root = find_root(Path(__file__).resolve().parents[1])
    return load_task(root, "news-stance"), Schemas(root.folder("schemas"))


def chunk(seed: int, size: int) -> tuple[Tally, Tally, Both]:
    """So many broken and so many valid annotations, judged as in a workspace and as in an export, and converted."""
    task, schemas = definitions()
    declaration = declare(task.interface)
    of_workspace = run(lambda case: judged(case, task, schemas), task, seed=seed, mutated=size, valid_ones=size)
    of_export = run(
        lambda case: judged_export(case, declaration),
        task,
        seed=seed + 1,
        mutated=size,
        valid_ones=size,
        ways=EXPORTED,
        counted=False,
    )
    return of_workspace, of_export, compare(task, declaration, seed=seed, count=2 * size)


def corruption(corrupted: int, workers: int) -> tuple[Tally, Tally, Both]:
    """The same in several processes, in chunks with seeds of their own."""
    sizes = [_CHUNK] * (corrupted // _CHUNK) + ([corrupted % _CHUNK] if corrupted % _CHUNK else [])
    of_workspace, of_export, both = Tally(), Tally(), Both()
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for one, other, twice in pool.map(chunk, range(0, 2 * len(sizes), 2), sizes):
            of_workspace += one
            of_export += other
            both += twice
            if sys.stderr.isatty():
                print(f"\r{of_export.mutated} of {corrupted}", end="", file=sys.stderr, flush=True)
    return of_workspace, of_export, both


def print_corruption(of_workspace: Tally, of_export: Tally, both: Both) -> None:
    """Print each way with what it must give and how often it was caught, then the sums."""
    width = max(len(way.name) for way in EXPORTED)
    task_codes = {way.name: way.codes for way in WAYS}
    print(f"{'way':{width}}  {'workspace':>11}  {'export':>11}  codes (in an export, if others)")
    for way in EXPORTED:
        codes = _listing(task_codes[way.name])
        if way.codes and way.codes != task_codes[way.name]:
            codes += f" ({_listing(way.codes)})"
        print(f"{way.name:{width}}  {_score(of_workspace, way.name):>11}  {_score(of_export, way.name):>11}  {codes}")
    print(f"\nof these, {len(UNTOLD)} are no faults in an export, and it must say nothing:")
    for name, reason in UNTOLD.items():
        print(f"{name:{width}}  {reason}")
    print()
    for name, tally in (("workspace", of_workspace), ("export", of_export)):
        caught = tally.caught.total() + tally.pairs_caught
        print(
            f"{name}: {caught} of {tally.mutated} broken annotations judged right ({tally.pairs} of them broken in two "
            f"ways), {tally.false_alarms} false alarms over {tally.valid} valid ones, {tally.crashes} crashes"
        )
        print("".join(f"  missed: {missed}\n" for missed in tally.missed), end="")
    print(
        f"converted twice: {both.items} items, {both.quick} of them quickly, {both.differing} exports that differ, "
        f"{both.alarmed} valid items with findings, {both.crashes.total()} crashes"
    )
    print("".join(f"  crashed: {crash}\n" for crash in both.crashes), end="")


def speed(items: int, rounds: int) -> bool:
    """Measure and print; whether the goals are met."""
    from benchmarks.validators import of_a_task, of_an_export, race

    task, schemas = definitions()
    met = True
    with tempfile.TemporaryDirectory() as folder:
        for title, contestants, goals in (
            (f"export of {items} items", of_an_export(Path(folder), items, schemas), GOALS),
            ("annotations of news-stance", of_a_task(items, task, schemas), {}),
        ):
            paced = list(race(contestants, rounds).values())
            print(f"{title:32}  {'annotations/CPU s':>17}  {'ours is x times':>15}  accepted")
            for one in paced:
                ratio = paced[0].times(one)
                goal = f"  (goal: {goals[one.name]:.0f})" if one.name in goals else ""
                print(f"{one.name:32}  {one.rate:17,.0f}  {ratio:15.1f}  {one.accepted}{goal}")
                met = met and ratio >= goals.get(one.name, 0)
    return met


def main() -> int:
    """Run both parts; exit status 1 if something was missed or a goal is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=5, help="rounds of the comparison (default: 5)")
    parser.add_argument("--items", type=int, default=400, help="items of the generated export (default: 400)")
    parser.add_argument(
        "--corrupted",
        type=int,
        default=8_000,
        help="how many annotations to break, and how many not to (default: 8000)",
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    options = parser.parse_args()
    of_workspace, of_export, both = corruption(options.corrupted, options.workers)
    print_corruption(of_workspace, of_export, both)
    met = speed(options.items, options.n) if options.n else True
    return 0 if met and of_workspace.is_clean and of_export.is_clean and both.is_clean else 1


def _score(tally: Tally, name: str) -> str:
    return f"{tally.caught[name]}/{tally.tried[name]}"


def _listing(codes: Sequence[str]) -> str:
    return ", ".join(codes) or "nothing"


if __name__ == "__main__":
    sys.exit(main())
