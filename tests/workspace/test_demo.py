"""The whole main job in one command, on a real Label Studio; a second run has nothing to do."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "tasks" / "news-stance" / "sample"

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def demo(tmp_path_factory, run_process):
    """The folder of a demo that has run once, and what it said."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    # Wherever the environment points, the demo stays on its own server.
    elsewhere = {"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "0" * 40}
    ran = run_process("demo", folder, "--json", **elsewhere)
    assert ran.exit == 0, ran.err
    yield folder, ran.json
    shutil.rmtree(folder)


def promised() -> set[str]:
    """The codes that the sample's own README says will be found."""
    return set(re.findall(r"`(F_[A-Z_]+)`", (SAMPLE / "README.md").read_text(encoding="utf-8")))


def test_the_main_job(demo):
    _, result = demo
    assert result["ingested"]["new"] == result["pushed"]["sent"] == 13
    assert result["submitted"] == result["pulled"]["new"] == 36
    assert (result["valid"], result["quarantined"]) == (30, 6)
    assert {found["code"] for found in result["findings"]} == promised()
    configs = {"gold", "annotations", "mentions", "statements", "stance", "tokens", "agreement", "articles"}
    assert set(result["loaded"]) == configs
    assert sum(result["loaded"]["annotations"].values()) == 30
    assert sum(result["loaded"]["gold"].values()) == sum(result["gold"].values()) == 6
    assert result["disputed"] == 6
    splits = {"train", "validation", "test"}
    assert all(set(result["loaded"][config]) == splits for config in ("annotations", "stance", "articles"))
    assert set(result["loaded"]["agreement"]) == {"overall"}


def test_a_second_run_has_nothing_to_do(demo, run_process):
    folder, _ = demo
    before = (folder / "build" / "news-stance" / "manifest.json").read_bytes()
    ran = run_process("demo", folder)
    assert ran.exit == 0, ran.err
    assert "13 known" in ran.out
    assert "13 already there" in ran.out
    assert "no new annotations submitted" in ran.out
    assert "adjudicate  http://127.0.0.1:" in ran.out
    assert (folder / "build" / "news-stance" / "manifest.json").read_bytes() == before
    assert f"curation studio serve -w {folder}" in ran.out


def test_nothing_secret_is_printed_or_readable(demo):
    folder, _ = demo
    credentials = folder / ".studio" / "credentials.json"
    assert credentials.stat().st_mode & 0o077 == 0
    secrets = [value for key, value in json.loads(credentials.read_text()).items() if key in ("password", "token")]
    assert len(secrets) == 2
    for file in (folder / "build").rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not [secret for secret in secrets if secret.encode() in content]
            assert b"@example.org" not in content, f"{file} tells an annotator's address"
