"""What a command and all processes that it starts take together, as far as that can be seen (on Linux)."""

from __future__ import annotations

import os
import threading
from pathlib import Path

EVERY = 0.2
"""Seconds from one look to the next."""


class Watch(threading.Thread):
    """Looks at the processes below some, again and again: their memory, and the CPU that they took from now on."""

    def __init__(self, roots: list[int]) -> None:
        super().__init__(daemon=True)
        self._roots = roots
        self._over = threading.Event()
        self._began = {pid: _cpu(pid) for pid in below(roots)}
        self._taken: dict[int, float] = {}
        self.peak = 0.0

    @property
    def cpu(self) -> float:
        """Seconds of all processes that were seen."""
        return sum(self._taken.values())

    def run(self) -> None:
        """Look until `stop`."""
        while not self._over.wait(EVERY):
            seen = below(self._roots)
            self.peak = max(self.peak, sum(map(_memory, seen)))
            self._taken |= {pid: _cpu(pid) - self._began.get(pid, 0.0) for pid in seen}

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()


def below(roots: list[int]) -> list[int]:
    """These processes and all that descend from them."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
    found = [pid for pid in roots if pid in parents]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name; none if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _cpu(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _memory(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:")), 0.0)
