"""What every test may use: the checkout, a fresh workspace, the command line, and the folder for screenshots."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest

import curation
from curation.catalog import Schemas, find_root, load_task

# Machines are noisy: no property test may fail because an example took long.
hypothesis.settings.register_profile(
    "untimed",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.filter_too_much],
)
hypothesis.settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    exit: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed with --json."""
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, tmp_path_factory):
    """No test sees the credentials or workspace of whoever runs it, nor how wide their terminal is."""
    for name in (
        "LABEL_STUDIO_URL",
        "LABEL_STUDIO_API_KEY",
        "CURATION_WORKSPACE",
        "CURATION_DEBUG",
        "HF_TOKEN",
        "CURATION_DATABASE_URL",
        "PGPASSWORD",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("CURATION_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "nobodys-tokens"))


@pytest.fixture
def workspace(tmp_path) -> curation.Workspace:
    """An empty workspace."""
    return curation.init(tmp_path / "study")


@pytest.fixture(scope="session")
def root():
    """The checkout as a root of definitions."""
    return find_root(ROOT)


@pytest.fixture(scope="session")
def task(root):
    """The flagship task."""
    return load_task(root, "news-stance")


@pytest.fixture(scope="session")
def schemas(root):
    """The checkout's schemas."""
    return Schemas(root.folder("schemas"))


@pytest.fixture
def run(capfd) -> Callable[..., Ran]:
    """Run a command line in this process."""

    def call(*arguments: object) -> Ran:
        from curation.cli import cli
        from curation.cli.console import run as run_cli

        capfd.readouterr()
        status = run_cli(cli, [str(argument) for argument in arguments])
        printed = capfd.readouterr()
        return Ran(status, printed.out, printed.err)

    return call


@pytest.fixture(scope="session")
def run_process() -> Callable[..., Ran]:
    """Run a command line in a process of its own."""

    def call(*arguments: object, cwd: Path | None = None, **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "curation", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            env={**os.environ, **environment},
            timeout=900,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where screenshots are kept for people to look at."""
    folder = Path(os.environ.get("CURATION_ARTEFACTS", ROOT / "build" / "screens"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
