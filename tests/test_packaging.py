"""The wheel, built by way of the sdist, works in a clean environment and from another folder."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return folder


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
    assert "curation/py.typed" in names


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
