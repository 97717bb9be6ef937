"""A workspace with annotations, and maps to migrate it by."""

from __future__ import annotations

from pathlib import Path

import pytest

import curation
from curation.records import Annotation, Mention
from curation.store import Store
from curation.text import content_hash
from tests.workspace.annotated import TEXT, export, rows


@pytest.fixture
def study(workspace: curation.Workspace, tmp_path: Path) -> curation.Workspace:
    """A workspace with one article, annotated by two people and by a model."""
    (tmp_path / "export.json").write_text(export(rows(), rows()))
    workspace.pull_file(tmp_path / "export.json")
    start = TEXT.index("the hauliers")
    mention = Mention("p1", "Actor", start, start + 12, "the hauliers", {"type": "group"})
    record = Annotation("p", "charge-1", content_hash(TEXT), "news-stance", "1", "model", mentions=(mention,),
                        origin="prediction")  # fmt: skip
    with Store(workspace.path) as store, store.transaction():
        store.predictions.put(record)
    assert workspace.validate().quarantined == 0
    return workspace


@pytest.fixture
def map_(tmp_path: Path):
    """Writes a map."""

    def write(text: str) -> Path:
        path = tmp_path / "map.toml"
        path.write_text(text)
        return path

    return write
