"""The same study gives the same bytes, in whatever order it came in, and whoever builds it wherever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("shuffled_builds.py")
OTHER = "CURATION_OTHER_PYTHON"
"""Names an interpreter of another version that has what `curation` needs."""


def digests(folder: Path, first: int, number: int, python: str = sys.executable, **environment: str) -> list[str]:
    """The digests of builds, in another order each, in a process of its own."""
    run = subprocess.run(
        [python, str(SCRIPT), str(folder), str(first), str(number)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout.split()


def test_twenty_orders_give_the_same_bytes(tmp_path):
    here = digests(tmp_path / "here", 0, 10, PYTHONHASHSEED="1", TZ="Asia/Tokyo", LC_ALL="C", OMP_NUM_THREADS="1")
    there = digests(tmp_path / "there", 10, 10, PYTHONHASHSEED="2", TZ="America/Lima", LANG="tr_TR.UTF-8")
    assert len(here) == len(there) == 10
    assert len({*here, *there}) == 1


def test_another_python_gives_the_same_bytes(tmp_path):
    python = os.environ.get(OTHER)
    if python is None:
        pytest.skip(f"{OTHER} names no interpreter of another version")
    assert digests(tmp_path / "here", 0, 1) == digests(tmp_path / "there", 1, 1, python)
