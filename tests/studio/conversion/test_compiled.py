"""The compiled core of `convert` is loaded where it is there and of this version, and missed by nobody where not."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from curation.studio.conversion import compiled


@pytest.fixture(autouse=True)
def copy(tmp_path, monkeypatch) -> Path:
    """What `make` has compiled, in a place of its own; each test is a process that has loaded nothing yet."""
    monkeypatch.delenv("CURATION_PURE_PYTHON", raising=False)
    monkeypatch.setattr(compiled, "FILE", Path(shutil.copy(compiled.FILE, tmp_path)))
    compiled._once.cache_clear()
    yield compiled.FILE
    compiled._once.cache_clear()


def test_it_is_loaded_once(copy):
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: compiled.library(), range(8)))
    copy.unlink()
    assert loaded[0] is not None
    assert loaded[0].usual_version() == compiled.VERSION
    assert all(one is loaded[0] for one in [*loaded, compiled.library()])


@pytest.mark.parametrize(("asked", "used"), [("1", False), ("0", True), ("", True)])
def test_the_environment_can_do_without(monkeypatch, asked, used):
    monkeypatch.setenv("CURATION_PURE_PYTHON", asked)
    assert (compiled.library() is not None) == used


def test_one_of_another_version_is_not_used(monkeypatch):
    monkeypatch.setattr(compiled, "VERSION", compiled.VERSION + 1)
    assert compiled.library() is None


def test_another_library_is_not_used():
    assert compiled.load(Path(msgspec._core.__file__)) is None


@pytest.mark.parametrize("content", [None, b"", b"\x7fELF of another machine"], ids=["none", "empty", "foreign"])
def test_what_cannot_be_loaded_is_not_there(tmp_path, content):
    path = tmp_path / "library"
    if content is not None:
        path.write_bytes(content)
    assert compiled.load(path) is None
