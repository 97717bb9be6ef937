"""Run as a script: prints the folder in memory where tests may keep their files, or nothing where there is none.

Tests build, pull and ingest thousands of times, and all of that waits until a disk has it; memory has it at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOM = 4 * 2**30
"""How many bytes must be free there: some tests write a file of a gigabyte, and each worker runs one."""


def folder() -> Path | None:
    """A folder in memory, with room enough, from which programs may be run."""
    found = Path("/dev/shm")
    if sys.platform != "linux" or not os.access(found, os.W_OK):
        return None
    room = os.statvfs(found)
    return found if min(room.f_bavail * room.f_frsize, _free()) > ROOM and not room.f_flag & os.ST_NOEXEC else None


def _free() -> int:
    """How many bytes of memory programs may still take: a folder there may be promised more."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)


if __name__ == "__main__":
    sys.stdout.write(str(folder() or ""))
