"""Whenever a build dies, the old dataset or the new one stands, and the next run leaves nothing lying about."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from curation.errors import CurationError, Exit
from curation.export import verify
from curation.export.blocks import Blocks
from curation.folders.lock import lock_of
from curation.folders.manifest import write_manifest
from curation.folders.staging import _exchange, publish, staging

SCRIPT = Path(__file__).with_name("killed_builds.py")
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("swap", ["exchange", "rename"])
def test_killed_at_every_step(new_study, tmp_path, swap):
    old, new = new_study("old"), new_study("new")
    old.fill(3)
    new.fill(4)
    out = tmp_path / "build" / "news-stance"
    run = subprocess.run(
        [sys.executable, str(SCRIPT), str(out), str(old.folder), str(new.folder), swap, "6"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    kills = [json.loads(line) for line in run.stdout.splitlines()]
    for step in ("os.mkdir", "open", "ctypes.dlsym" if swap == "exchange" else "os.rename", "shutil.rmtree"):
        assert step in run.stderr, "the step was reached"
    assert any(kill["after"]["beside"] for kill in kills), "a kill in the middle leaves a folder behind"
    for kill in kills:
        after = kill["after"]
        standing = after["digest"] if swap == "exchange" or after["digest"] else kept_aside(after["beside"])
        assert standing in kill["known"], f"step {kill['step']}: {after}"
        assert kill["again"]["digest"] == kill["wanted"], f"step {kill['step']}: {kill['again']}"
        assert kill["again"]["beside"] == {}, f"step {kill['step']}: {kill['again']}"


def kept_aside(beside: dict[str, str | None]) -> str | None:
    """The digest of the old build, moved aside where the system cannot exchange two folders in one step."""
    return next((digest for name, digest in beside.items() if ".old-" in name), None)


def test_blocks_that_were_half_removed_are_not_taken_for_whole(tmp_path, monkeypatch):
    out = tmp_path / "data"
    blocks = Blocks(out, "state")
    with blocks.new(0) as block:
        (block.folder / "train.parquet").touch()
    assert Blocks(out, "state").done(0) is not None
    with monkeypatch.context() as killed:
        killed.setattr(shutil, "rmtree", lambda *_, **__: None)
        blocks.remove()
    assert (tmp_path / ".data.blocks" / "00000").is_dir()
    assert Blocks(out, "state").done(0) is None


def test_this_system_can_exchange_folders(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert _exchange(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "one" / "two").exists()
    assert (tmp_path / "two" / "one").exists()


def test_an_old_build_that_was_moved_aside_comes_back(tmp_path):
    (tmp_path / ".data.old-1").mkdir()
    (tmp_path / ".data.old-1" / "kept").touch()
    (tmp_path / ".data.partial-1").mkdir()
    with pytest.raises(CurationError), staging(tmp_path / "data", "data"):
        pass
    assert (tmp_path / "data" / "kept").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_a_name_with_glob_characters_clears_only_its_own_leftovers(tmp_path):
    for name in (".a*.partial-1", ".ab.partial-1"):
        (tmp_path / name).mkdir()
    with staging(tmp_path / "a*", "a") as folder:
        (folder / "file").touch()
        publish(folder, tmp_path / "a*")
    assert (tmp_path / "a*" / "file").exists()
    assert (tmp_path / ".ab.partial-1").exists()
    assert not (tmp_path / ".a*.partial-1").exists()


def test_two_builds_at_once(study):
    study.fill(2)
    study.out.parent.mkdir(parents=True)
    with lock_of(study.out), pytest.raises(CurationError) as error:
        study.build()
    assert error.value.code == "E_LOCKED"
    assert str(os.getpid()) in error.value.message


def test_a_full_disk_leaves_the_old_build(study):
    study.fill(4)
    before = study.build()
    study.fill(12, first=4)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, hard))
    try:
        with pytest.raises(CurationError) as error:
            study.build()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.value.code == "E_DISK"
    assert error.value.exit is Exit.DISK
    assert verify(study.out).ok
    assert json.loads((study.out / "manifest.json").read_text())["digest"] == before.digest
    left = {path.name for path in study.out.parent.iterdir() if path.is_dir()}
    assert left <= {"news-stance", ".news-stance.blocks"}, "whole blocks wait for the next build, and nothing else"
    assert study.build().changed
    assert [path.name for path in study.out.parent.iterdir() if path.is_dir()] == ["news-stance"]


@pytest.mark.parametrize(("kind", "step"), [("pages", 9), ("inodes", 6)])
def test_a_full_disk_at_every_write(new_study, make_article, tmp_path, kind, step):
    """On a small disk of its own; where that cannot be mounted, the test above is what there is."""
    spaces = ["unshare", "--map-root-user", "--mount"]
    mountable = subprocess.run(
        [*spaces, "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if mountable.returncode:
        pytest.skip(f"no small disk can be mounted here: {mountable.stderr.decode(errors='replace').strip()}")
    old, new = new_study("old"), new_study("new")
    old.fill(3)
    new.fill(4)
    articles = tmp_path / "articles.jsonl"
    texts = [{"title": one.title, "text": one.text} for one in map(make_article, range(4))]
    articles.write_text("".join(json.dumps(one) + "\n" for one in texts))
    (tmp_path / "disk").mkdir()
    script = [sys.executable, str(SCRIPT.with_name("full_disks.py")), str(tmp_path / "disk")]
    run = subprocess.run(
        [*spaces, *script, str(old.folder), str(new.folder), str(articles), kind, str(step)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    tries = [json.loads(line) for line in run.stdout.splitlines()]
    full = [one for one in tries if one["status"] != 0]
    assert len(tries) - len(full) == 3, "a build, a release and a dataset with its texts again"
    assert len(full) >= 6
    for one in full:
        assert one["status"] == Exit.DISK, one
        assert one["intact"], one
        assert set(one["beside"]) <= {".news-stance.blocks"}, one


@pytest.mark.parametrize("content", [{"thesis.docx": "x"}, {"manifest.json": "{}"}, {"manifest.json": "not JSON"}])
def test_a_folder_of_something_else_is_never_touched(study, content):
    study.fill(2)
    study.out.mkdir(parents=True)
    for name, text in content.items():
        (study.out / name).write_text(text)
    with pytest.raises(CurationError) as error:
        study.build()
    assert error.value.code == "E_EXISTS"
    assert {path.name: path.read_text() for path in study.out.iterdir()} == content


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "link").symlink_to("data")
    for content in ("old", "new"):
        with staging(tmp_path / "link", "data") as folder:
            (folder / "file").write_text(content)
            write_manifest(folder, {"name": "data"})
            publish(folder, tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "data" / "file").read_text() == content
        assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "link"]


def test_whoever_waited_for_a_lock_that_is_gone_does_not_hold_it(tmp_path, monkeypatch):
    """A lock file is opened just before its holder removes it, and locked just after."""
    beside, real, held = tmp_path / ".data.lock", fcntl.flock, []

    def after_its_holder(descriptor, operation):
        if not held:
            held.append(descriptor)
            beside.unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", after_its_holder)
    with lock_of(tmp_path / "data"):
        assert beside.read_text() == str(os.getpid())
        with pytest.raises(CurationError) as error, lock_of(tmp_path / "data"):
            pass
        assert error.value.code == "E_LOCKED"
    assert not beside.exists()


@pytest.mark.parametrize(
    ("closed", "code", "named"),
    [("data", "E_EXISTS", "data"), ("data/gold", "E_EXISTS", "data/gold"), (".", "E_DISK", "")],
)
def test_a_dataset_that_was_made_read_only_stays_and_nothing_lies_beside_it(closed, code, named):
    # Under the system's own folder, which everybody may pass through.
    with tempfile.TemporaryDirectory(dir="/tmp") as base:
        run = subprocess.run(
            [sys.executable, str(SCRIPT.with_name("read_only.py")), base, closed],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, run.stderr[-3000:]
    first, second, third, opened = json.loads(run.stdout)
    assert first == {"error": None, "beside": ["data"], "content": "old"}
    assert second == third
    assert (second["error"][0], second["beside"], second["content"]) == (code, ["data"], "old")
    assert second["error"][1].startswith(f"{Path(base, named)} ")
    assert opened == {"error": None, "beside": ["data"], "content": "new"}


def test_what_an_earlier_run_left_and_cannot_be_removed_is_named(tmp_path, monkeypatch):
    left = tmp_path / ".data.partial-1"
    left.mkdir()
    monkeypatch.setattr(os, "rmdir", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(CurationError) as error, staging(tmp_path / "data", "data"):
        pass
    assert error.value.message.startswith(f"{left}, ")


def test_a_file_in_the_way(study):
    study.fill(2)
    study.out.parent.mkdir(parents=True)
    study.out.write_text("mine")
    with pytest.raises(CurationError) as error:
        study.build()
    assert error.value.code == "E_EXISTS"
    assert study.out.read_text() == "mine"


def test_files_that_somebody_added_to_a_build_are_not_thrown_away(study):
    study.fill(2)
    study.build()
    (study.out / "notes.md").write_text("mine")
    study.fill(2, first=2)
    with pytest.raises(CurationError) as error:
        study.build()
    assert error.value.code == "E_EXISTS"
    assert "notes.md" in error.value.message
    assert (study.out / "notes.md").read_text() == "mine"


def test_another_dataset_is_not_replaced(study):
    study.fill(2)
    study.build(name="another")
    with pytest.raises(CurationError) as error:
        study.build()
    assert error.value.code == "E_EXISTS"
    assert "another" in error.value.message
