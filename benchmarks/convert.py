"""A Label Studio export into tables, beside the SDK's converter and `datasets` reading the JSON.

    python -m benchmarks.convert --items 10000 --many 100000

We decode, check everything, and write Parquet tables that hold all of the export; the peers check nothing, and lose
relations and regions (JSON_MIN, CSV) or leave everything nested (`load_dataset`). Interleaved runs in fresh processes;
CPU with the start of each process and its imports.

Goals for 10,000 items (some 230 MB): a sixth of the CPU of JSON_MIN, a tenth of CSV's, a twelfth of `load_dataset`'s;
at most 250 MB of memory at any size, and for ten times as many items at most 1.2 times as much.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.ls_exports import INTERFACE, write
from benchmarks.measure import Measured, Run, compare, print_table, run_once

GOALS = {"SDK: JSON_MIN": 6.0, "SDK: CSV": 10.0, "load_dataset": 12.0}
GOAL_PEAK = 250
GOAL_GROWTH = 1.2

CURATION = """
import sys, tempfile
import curation
with tempfile.TemporaryDirectory() as folder:
    report = curation.convert(sys.argv[1], folder + "/out", interface=sys.argv[2])
assert report.items == int(sys.argv[3]) and not report.errors and report.tables["relations"], report
"""

_SDK = """
import sys, tempfile
from label_studio_sdk.converter import Converter
with tempfile.TemporaryDirectory() as folder:
    Converter(sys.argv[2], project_dir=None).convert(sys.argv[1], folder, "{}", is_dir=False)
"""

DATASETS = """
import sys, tempfile
import datasets
datasets.disable_progress_bars()
with tempfile.TemporaryDirectory() as folder:
    rows = datasets.load_dataset("json", data_files=sys.argv[1], split="train", cache_dir=folder)
    rows.to_parquet(folder + "/out.parquet")
assert len(rows) == int(sys.argv[3])
"""

SCRIPTS = {
    "curation: convert": CURATION,
    "SDK: JSON_MIN": _SDK.format("JSON_MIN"),
    "SDK: CSV": _SDK.format("CSV"),
    "load_dataset": DATASETS,
}


def measure(items: int, many: int, runs: int) -> tuple[dict[str, Measured], Run]:
    """Measure all scripts on the same export, and ours once on a large one."""
    with tempfile.TemporaryDirectory() as name:
        export, interface = Path(name) / "export.json", Path(name) / "interface.xml"
        interface.write_text(INTERFACE, encoding="utf-8")
        write(export, items)
        print(f"{items} items, {export.stat().st_size / 1e6:.0f} MB; medians of {runs} runs", flush=True)

        def command(code: str, count: int) -> list[str]:
            return [sys.executable, "-c", code, str(export), str(interface), str(count)]

        measured = compare({name: command(code, items) for name, code in SCRIPTS.items()}, runs)
        write(export, many)
        return measured, run_once(command(CURATION, many))


def main() -> int:
    """Measure and print; exit status 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=5, help="runs of each (default: 5)")
    parser.add_argument("--items", type=int, default=2_000, help="how many items (default: 2000)")
    parser.add_argument("--many", type=int, default=20_000, help="how many to measure memory with (default: 20000)")
    options = parser.parse_args()
    measured, large = measure(options.items, options.many, options.n)
    print_table(measured)
    ours, *peers = measured.values()
    times = {peer.name: peer.times(ours) for peer in peers}
    for name, number in times.items():
        print(f"{name} takes {number:.1f} times our CPU (goal: {GOALS[name]:.0f})")
    growth = large.peak / ours.peak
    print(
        f"with {options.many} items we take {large.peak:.0f} MB (goal: {GOAL_PEAK}), {growth:.2f} times as much as ",
        end="",
    )
    print(f"with {options.items} (goal: {GOAL_GROWTH}), and {large.cpu:.1f} s of CPU")
    met = all(number >= GOALS[name] for name, number in times.items())
    return 0 if met and max(large.peak, ours.peak) <= GOAL_PEAK and growth <= GOAL_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
