"""The wheel, built by way of the sdist, works in a clean environment and from another folder, compiled or not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

import hatch_build
from curation.studio.conversion import compiled

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = f"curation/studio/conversion/{compiled.FILE.name}"
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("CURATION_")}
PLAINLY = ("--wheel", "--no-isolation")
NOWHERE = {"CC": "/nowhere/cc"}


def build(source: Path, out: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "build", *options, "--outdir", str(out), str(source)]
    return subprocess.run(command, capture_output=True, text=True, env=PLAIN | environment, check=False)


def holds_the_library(wheel: Path) -> bool:
    return LIBRARY in zipfile.ZipFile(wheel).namelist()


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    # Isolated: where the machine has no compiler one comes from the package index.
    done = build(ROOT, folder, "--installer", "uv")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def source(built, tmp_path_factory) -> Path:
    """The sources as they are published, of which nothing is compiled."""
    (sdist,) = built.glob("*.tar.gz")
    folder = tmp_path_factory.mktemp("source")
    with tarfile.open(sdist) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Not before Python 3.11.4.
        archive.extractall(folder)
    (root,) = folder.iterdir()
    return root


def test_the_wheel_holds_one_package_and_the_definitions(built):
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"curation"}
    for wanted in ("schemas/annotation.json", "tasks/news-stance/interface.xml", "exports/news-stance/card.md"):
        assert f"curation/_assets/{wanted}" in names
    assert "curation/_assets/schemas/migration.json" in names
    assert {"curation/reports/style.css", "curation/reports/figures.css", "curation/reports/filter.js"} <= set(names)
    assert not [name for name in names if "_assets" in name and name.endswith(".py")]
    assert not [name for name in names if name.endswith((".c", ".h"))]
    assert "curation/py.typed" in names


def test_the_wheel_is_compiled_for_this_platform_and_any_python(built):
    (wheel,) = built.glob("*.whl")
    assert holds_the_library(wheel)
    (tag,) = parse_wheel_filename(wheel.name)[3]
    assert (tag.interpreter, tag.abi) == ("py3", "none")
    assert tag.platform in {tag.platform for tag in sys_tags()} - {"any"}


def test_make_leaves_the_core_compiled_in_the_checkout():
    assert hatch_build.LIBRARY == LIBRARY
    assert hatch_build.current(ROOT / hatch_build.SOURCE, compiled.FILE), "not compiled from this source: run `make`"
    assert compiled.load(compiled.FILE) is not None, "its version is not that of compiled.py"


def test_without_a_compiler_the_wheel_is_pure_and_converts(source, tmp_path):
    done = build(source, tmp_path, *PLAINLY, **NOWHERE)
    assert done.returncode == 0, done.stdout + done.stderr
    (said,) = [line for line in done.stderr.splitlines() if "usual.c" in line]
    assert "is not compiled, `curation convert` will be slower: " in said
    assert "/nowhere/cc" in said
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    assert not holds_the_library(wheel)

    package, export = tmp_path / "package", ROOT / "tests" / "studio" / "conversion" / "exports" / "spans.json"
    zipfile.ZipFile(wheel).extractall(package)
    script = (
        "import sys, curation; from curation.studio.conversion.compiled import library;"
        "print(curation.__file__, library(), curation.convert(sys.argv[1], 'tables').items)"
    )
    environment = PLAIN | {"PYTHONPATH": str(package)}
    command = [sys.executable, "-c", script, str(export)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=True)
    assert ran.stdout.split() == [
        str(package / "curation" / "__init__.py"),
        "None",
        str(len(json.loads(export.read_text()))),
    ]
    assert (tmp_path / "tables" / "data" / "mentions").is_dir()


def test_it_can_be_required_that_it_is_compiled(source, tmp_path):
    done = build(source, tmp_path, *PLAINLY, CURATION_REQUIRE_COMPILED="1", **NOWHERE)
    assert done.returncode != 0
    assert not list(tmp_path.iterdir())
    (said,) = [line for line in done.stderr.splitlines() if "usual.c" in line]
    assert said.startswith("CURATION_REQUIRE_COMPILED=1, but ")
    assert "Traceback" not in done.stdout + done.stderr


def test_a_library_of_another_source_is_never_packed(source, tmp_path):
    """Nor one that lies there from an earlier build, if nothing compiled is wanted."""
    own = shutil.copytree(source, tmp_path / "source")
    (own / LIBRARY).write_bytes(b"of another source")
    for name, environment in (("pure", {"CURATION_PURE_PYTHON": "1"}), ("failed", NOWHERE)):
        assert build(own, tmp_path / name, *PLAINLY, **environment).returncode == 0
        (wheel,) = (tmp_path / name).glob("*-py3-none-any.whl")
        assert not holds_the_library(wheel)
    assert not (own / LIBRARY).exists(), "an editable install would go on with it"


def test_it_is_compiled_anew_when_its_source_has_changed_and_only_then(source, tmp_path):
    own, calls = shutil.copytree(source, tmp_path / "source"), tmp_path / "calls"
    # In place of a compiler, what gives the library that `make` has made of this source.
    compiler = program(tmp_path / "cc", f'echo >> "{calls}"; for out; do :; done; cp "{compiled.FILE}" "$out"')
    environment = PLAIN | {"CC": str(compiler), "CURATION_REQUIRE_COMPILED": "1"}
    for times, changed, change in ((1, "usual.c", ""), (1, "usual.c", ""), (2, "items.h", "/* changed */")):
        with (own / "curation" / "studio" / "conversion" / "c" / changed).open("a", encoding="utf-8") as file:
            file.write(change)
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "--hooks-only"]
        subprocess.run(command, cwd=own, env=environment, check=True)
        assert len(calls.read_text().splitlines()) == times
        assert (own / LIBRARY).read_bytes() == compiled.FILE.read_bytes()
    assert not list((own / LIBRARY).parent.glob(".usual-*"))


def test_a_compiler_is_asked_of_the_index_only_where_the_machine_has_none(source, tmp_path):
    def asked(kind: str, **environment: str) -> bool:
        script = f"import hatchling.build; print(hatchling.build.get_requires_for_build_{kind}())"
        command = [sys.executable, "-c", script]
        ran = subprocess.run(command, capture_output=True, text=True, cwd=source, env=environment, check=True)
        return "ziglang" in ran.stdout

    assert [asked(kind, PATH="") for kind in ("wheel", "editable", "sdist")] == [True, True, False]
    assert not asked("wheel", PATH="", CC="cc")
    assert not asked("wheel", PATH="", CURATION_PURE_PYTHON="1")
    compiler = program(tmp_path / "cc", "exit 0")
    assert not asked("wheel", PATH=str(tmp_path))
    program(compiler, "echo stdlib.h: No such file or directory; exit 1")
    assert asked("wheel", PATH=str(tmp_path))


def test_the_sdist_has_what_the_wheel_is_made_of(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        tops = {Path(name).parts[1] for name in archive.getnames() if len(Path(name).parts) > 1}
    assert {"curation", "schemas", "tasks", "exports", "pyproject.toml", "README.md", "LICENSE"} <= tops
    # What the tests read.
    assert {"tests", "benchmarks", "docs"} <= tops
    assert not tops & {"build", "demo", ".venv", "curation.db"}


def test_it_runs_from_another_folder_in_a_clean_environment(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    environment, elsewhere = tmp_path / "venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    python = environment / "bin" / "python"

    def run(*command: object) -> str:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=elsewhere, timeout=600)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(sys.executable, "-m", "uv", "venv", "--python", sys.executable, environment)
    run(sys.executable, "-m", "uv", "pip", "install", "--python", python, "-c", ROOT / "requirements.lock", wheel)
    curation = environment / "bin" / "curation"
    assert "news-stance" in run(curation, "task", "list")
    assert "0 problems" in run(curation, "task", "check")
    run(curation, "init", "study")
    (elsewhere / "article.txt").write_text("The council met on Monday.", encoding="utf-8")
    assert "1 new" in run(curation, "ingest", "article.txt", "-w", "study")
    where = run(python, "-c", "import curation; print(curation.__file__)").strip()
    assert Path(where).is_relative_to(environment)
    doctor = run(curation, "doctor", "-w", "study")
    assert "convert: its compiled core is in use" in doctor
