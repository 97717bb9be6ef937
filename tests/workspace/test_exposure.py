"""`doctor` tells who else on the machine may read or change a workspace, with the command that ends it."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import curation
from curation.workspace.exposure import exposed, unwritable


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody on the machine can get to, as homes often are; pytest's own are private."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def study(open_folder):
    mask = os.umask(0o022)
    try:
        made = curation.init(open_folder / "study")
        made.status()
        made.path.chmod(0o755)
    finally:
        os.umask(mask)
    return made


def seen(study) -> list[tuple[str, str | None]]:
    found = [check for check in study.doctor().checks if check.name == "permissions"]
    return [(check.state, check.fix) for check in found]


def test_a_new_workspace_is_nobody_elses(study):
    assert seen(study) == [("ok", None)]
    assert stat.S_IMODE((study.path / "curation.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("path", "mode", "safe"),
    [
        ("curation.db", 0o644, 0o640),
        ("curation.db", 0o666, 0o660),
        (".", 0o757, 0o755),
        (".studio", 0o755, 0o700),
        (".studio/credentials.json", 0o644, 0o600),
        (".studio/accounts.csv", 0o640, 0o600),
    ],
)
def test_what_others_may_do_is_ended_by_the_command_that_is_told(study, path, mode, safe):
    (study.path / ".studio").mkdir(mode=0o700)
    for name in ("credentials.json", "accounts.csv"):
        (study.path / ".studio" / name).touch(mode=0o600)
    at = study.path / path
    at.chmod(mode)
    ((state, fix),) = seen(study)
    assert state == "wrong"
    subprocess.run(fix, shell=True, check=True)
    assert stat.S_IMODE(at.stat().st_mode) == safe
    assert seen(study) == [("ok", None)]


def test_what_lies_in_a_private_folder_is_nobody_elses(study, open_folder):
    (study.path / "curation.db").chmod(0o644)
    open_folder.chmod(0o700)
    assert list(exposed(study.path, study.path / ".studio")) == []


def test_tokens_that_others_may_read(study, tmp_path, monkeypatch):
    monkeypatch.setenv("CURATION_CONFIG_HOME", str(tmp_path))
    kept = tmp_path / "tokens.json"
    kept.write_text("{}")
    kept.chmod(0o640)
    assert seen(study) == [("wrong", f"chmod 600 {kept}")]


def test_a_workspace_that_cannot_be_written_to(study):
    study.path.chmod(0o555)
    (study.path / "curation.db").chmod(0o444)
    me = os.geteuid()
    try:
        if me == 0:
            os.seteuid(65534)
        found = list(unwritable(study.path))
    finally:
        os.seteuid(me)
        study.path.chmod(0o755)
    assert [fix.split()[:3] for _, fix in found] == [
        ["chmod", "u+w", f"{study.path},"], ["chmod", "u+w", f"{study.path / 'curation.db'},"]
    ]  # fmt: skip
