"""Places to write sources to and read them from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curation.store import Store


@pytest.fixture
def folder(tmp_path) -> Path:
    """An empty folder for sources."""
    path = tmp_path / "sources"
    path.mkdir()
    return path


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    home = tmp_path / "workspace"
    home.mkdir()
    with Store(home) as opened:
        yield opened


@pytest.fixture
def write(folder) -> Callable[..., Path]:
    """Write a file: bytes or text as they are, a list as JSON Lines."""

    def write(name: str, content: bytes | str | list[Any]) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, list):
            content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
