"""Measure commands side by side: interleaved runs in fresh processes, medians of CPU, wall time and peak memory.

On a shared machine only the ratios of one comparison mean anything; quote CPU first.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.processes import Watch


@dataclass(frozen=True, slots=True)
class Run:
    """One run: CPU seconds (user and system, children too), wall seconds, peak resident memory in MB (10^6 bytes)."""

    cpu: float
    wall: float
    peak: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The runs of one command."""

    name: str
    runs: tuple[Run, ...]

    @property
    def cpu(self) -> float:
        """Median CPU seconds."""
        return statistics.median(run.cpu for run in self.runs)

    @property
    def wall(self) -> float:
        """Median wall seconds."""
        return statistics.median(run.wall for run in self.runs)

    @property
    def peak(self) -> float:
        """Median peak memory in MB."""
        return statistics.median(run.peak for run in self.runs)

    def times(self, first: Measured) -> float:
        """How many times the CPU of `first`: the median over pairs of runs that stood next to each other."""
        return statistics.median(mine.cpu / theirs.cpu for mine, theirs in zip(self.runs, first.runs, strict=True))


def compare(commands: Mapping[str, Sequence[str]], runs: int = 5, *, warm_up: int = 1) -> dict[str, Measured]:
    """Run every command in turn, `runs` times round after `warm_up` rounds that do not count.

    Raises `RuntimeError` with the end of its output if a command fails.
    """
    taken: dict[str, list[Run]] = {name: [] for name in commands}
    for round_ in range(warm_up + runs):
        for name, command in commands.items():
            run = run_once(command)
            if round_ >= warm_up:
                taken[name].append(run)
    return {name: Measured(name, tuple(of_one)) for name, of_one in taken.items()}


def run_once(command: Sequence[str], *, together: bool = False) -> Run:
    """Run a command in a fresh process and wait for it. Its peak is that of the largest process, or of all `together`.

    Python keeps what it compiles, even if it is told not to here: where a package is installed, that is done once.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = os.posix_spawnp(
            command[0],
            list(command),
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, output.fileno(), 2)],
        )
        watch = Watch([process])
        if together:
            watch.start()
        _, status, usage = os.wait4(process, 0)
        wall = time.perf_counter() - start
        if together:
            watch.stop()
        if status != 0:
            output.seek(0)
            told = output.read()[-2000:].decode(errors="replace")
            raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}:\n{told}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(usage.ru_utime + usage.ru_stime, wall, max(usage.ru_maxrss * unit / 1e6, watch.peak))


def print_table(measured: Mapping[str, Measured]) -> None:
    """Print medians, and each command's CPU as a multiple of the first one's."""
    first = next(iter(measured.values()))
    width = max(len(name) for name in measured)
    print(f"{'':{width}}  {'CPU s':>8}  {'wall s':>8}  {'peak MB':>8}  {'CPU x first':>11}")
    for name, one in measured.items():
        print(f"{name:{width}}  {one.cpu:8.3f}  {one.wall:8.3f}  {one.peak:8.1f}  {one.times(first):11.2f}")
