"""The tables that a conversion writes: their columns, their rows in the making, and their Parquet files."""

from __future__ import annotations

from pathlib import Path


class Writer:
    """Writes tables below a folder as `TABLE/train-00000.parquet`; a table that gets no rows has no file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def close(self) -> list[Path]:
        """Finish all files; the paths of them, in the order of the tables."""
        raise NotImplementedError
