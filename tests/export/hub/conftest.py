from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from curation.folders.manifest import write_manifest
from tests.export.hub.fake_hub import FakeHub

CANARY = "hf_Canary0000SingsInTheMine"
FILES = {
    "README.md": b"---\nlicense: cc0-1.0\n---\n# Stances\n",
    "gold/train-00000-of-00001.parquet": b"PAR1 train" * 2_000,
    "gold/test-00000-of-00001.parquet": b"PAR1 test" * 2_000,
    "plots/labels.svg": b"<svg/>",
}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """A Hub on loopback, with the environment of somebody who is logged in to it."""
    hub = FakeHub(CANARY)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", CANARY)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_XET", "HF_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    yield hub
    hub.close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds for which the client would have waited before it tries again; here it does not."""
    waited: list[float] = []
    clock = SimpleNamespace(sleep=waited.append, time=time.time, monotonic=time.monotonic)
    monkeypatch.setattr("huggingface_hub.utils._http.time", clock)
    return waited


def write_dataset(folder: Path, files: Mapping[str, bytes], **facts: object) -> Path:
    """A folder that its manifest describes."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    write_manifest(folder, {"name": "stances", "rows": {"gold": {"train": 2, "test": 1}}, **facts})
    return folder


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Make a dataset of these files, each time in a folder of its own."""
    number = iter(range(1_000))

    def call(files: Mapping[str, bytes] = FILES, **facts: object) -> Path:
        return write_dataset(tmp_path / f"dataset-{next(number)}", files, **facts)

    return call


def local(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
