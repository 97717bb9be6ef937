"""A workspace pushes what it has built, by name; a folder needs no workspace."""

from __future__ import annotations

import shutil

from curation.errors import Exit
from tests.export.hub.conftest import CANARY, FILES, local, write_dataset
from tests.export.hub.test_pushing import NAME, ours


def test_a_built_dataset_is_pushed_by_the_name_of_its_export(hub, workspace, run):
    folder = write_dataset(workspace.path / "build" / "news-stance", FILES)
    result = workspace.publish("news-stance", NAME)
    assert ours(hub) == local(folder)
    ran = run("export", "push", "news-stance", NAME, "--workspace", workspace.path, "--json")
    assert ran.json["commit"] == result.commit
    assert not ran.json["changed"]
    assert CANARY not in ran.out + ran.err
    ran = run("export", "push", "other", NAME, "--workspace", workspace.path)
    assert ran.exit == Exit.CONFIG
    assert "E_NOT_FOUND" in ran.err


def test_a_folder_needs_no_workspace(hub, tmp_path, run, monkeypatch):
    write_dataset(tmp_path / "downloaded", FILES)
    monkeypatch.chdir(tmp_path)
    assert run("export", "push", "downloaded", NAME).exit == Exit.OK
    assert run("export", "push", "./downloaded", NAME).exit == Exit.OK
    shutil.rmtree(tmp_path / "downloaded")
    assert run("export", "push", "./downloaded", NAME).exit == Exit.CONFIG
