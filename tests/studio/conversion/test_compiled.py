"""The compiled core of `convert` is loaded where it is there and of this version, and missed by nobody where not."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from curation.studio.conversion import compiled
from curation.studio.conversion.compiled import VERSION, load

COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
compiles = pytest.mark.skipif(COMPILER is None, reason="no C compiler on PATH to make small libraries with")


def made(folder: Path, source: str) -> Path:
    """A library of a line of C."""
    (folder / "small.c").write_text(source, encoding="utf-8")
    library = folder / compiled.FILE.name
    subprocess.run([COMPILER, "-shared", "-fPIC", str(folder / "small.c"), "-o", str(library)], check=True)
    return library


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    """Each test is a process that has loaded nothing yet."""
    monkeypatch.delenv("CURATION_PURE_PYTHON", raising=False)
    compiled._once.cache_clear()
    yield
    compiled._once.cache_clear()


@compiles
def test_a_library_of_this_version_is_loaded(tmp_path):
    loaded = load(made(tmp_path, f"int usual_version(void) {{ return {VERSION}; }}"))
    assert loaded is not None
    assert loaded.usual_version() == VERSION


@compiles
@pytest.mark.parametrize(
    "source",
    [f"int usual_version(void) {{ return {VERSION + 1}; }}", "int something_else(void) { return 0; }"],
    ids=["another version", "another library"],
)
def test_another_is_not_used(tmp_path, source):
    assert load(made(tmp_path, source)) is None


@pytest.mark.parametrize("content", [None, b"", b"\x7fELF of another machine"], ids=["none", "empty", "foreign"])
def test_what_cannot_be_loaded_is_not_there(tmp_path, content):
    library = tmp_path / compiled.FILE.name
    if content is not None:
        library.write_bytes(content)
    assert load(library) is None


@compiles
def test_it_is_loaded_once(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "FILE", made(tmp_path, f"int usual_version(void) {{ return {VERSION}; }}"))
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: compiled.library(), range(8)))
    compiled.FILE.unlink()
    assert loaded[0] is not None
    assert all(one is loaded[0] for one in [*loaded, compiled.library()])


@compiles
@pytest.mark.parametrize(("asked", "used"), [("1", False), ("0", True), ("", True)])
def test_the_environment_can_do_without(tmp_path, monkeypatch, asked, used):
    monkeypatch.setattr(compiled, "FILE", made(tmp_path, f"int usual_version(void) {{ return {VERSION}; }}"))
    monkeypatch.setenv("CURATION_PURE_PYTHON", asked)
    assert (compiled.library() is not None) == used
