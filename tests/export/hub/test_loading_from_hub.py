"""A dataset that was pushed is loaded from the Hub by `datasets`, in a process that knows nothing of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from curation.export.hub import push
from curation.export.reading import Dataset
from tests.export.hub.conftest import local
from tests.export.hub.test_pushing import NAME, ours

LOAD = Path(__file__).with_name("load_from_hub.py")
CONFIGS = ("gold", "mentions", "stance")


def load(name: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    told = {name: os.environ[name] for name in ("HF_ENDPOINT", "HF_TOKEN")}
    return subprocess.run(
        [sys.executable, "-W", "ignore", str(LOAD), name, *CONFIGS],
        env={**environment, **told, "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_load_dataset_gives_the_rows_of_the_files(hub, built, tmp_path):
    study, _ = built
    result = push(study.out, NAME, public=True)
    assert result.read_back == len(local(study.out))
    assert ours(hub) == local(study.out)
    ran = load(NAME, tmp_path / "stranger")
    assert ran.returncode == 0, ran.stderr[-3000:]
    dataset = Dataset(study.out)
    for config, both in json.loads(ran.stdout).items():
        rows = {
            split: [row for batch in dataset.batches(config, split) for row in batch.to_pylist()]
            for split in dataset.configs[config]
        }
        assert both == [json.loads(json.dumps(rows, default=str))] * 2
    assert all("authorization" not in request.headers for request in hub.stored_requests)


def test_a_stranger_gets_nothing_of_a_private_one(hub, built, tmp_path, monkeypatch):
    study, _ = built
    push(study.out, NAME)
    monkeypatch.setenv("HF_TOKEN", "")
    ran = load(NAME, tmp_path / "stranger")
    assert ran.returncode != 0
    assert "DatasetNotFoundError" in ran.stderr
