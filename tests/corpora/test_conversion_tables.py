"""Exports of other people's projects as tables: counted against the JSON, and the same by both ways."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from curation.studio.conversion.declaring import infer
from tests.studio.conversion.test_usual import converted

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
EXPORTS = SHARED / "corpora" / "ls_exports"

pytestmark = pytest.mark.skipif(not EXPORTS.is_dir(), reason=f"the corpora are not there: no folder {EXPORTS}")


@pytest.mark.parametrize(
    ("name", "rows", "texts", "most"),
    [
        ("leoka_team_01.json.gz", {"mentions": 3260, "taxonomies": 383}, 38, 1),
        ("leoka_team_02.json.gz", {"mentions": 3273, "taxonomies": 387}, 0, 1),
        ("karanheera_relations.json", {"mentions": 239, "relations": 152}, 0, 3),
        ("lue01_zh_spans.json", {"mentions": 514}, 0, 1),
    ],
)
def test_real_exports(name, rows, texts, most):
    raw = (EXPORTS / name).read_bytes()
    items = json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)
    raws = [json.dumps(item, ensure_ascii=False).encode() for item in items]
    declaration = infer(items[:200])
    tables, found, counts, faults = converted(raws, declaration, compiled=True)
    assert not faults
    assert {table: counts.rows[table] for table in rows} == rows
    codes = Counter(one.code for one in found)
    assert codes["F_TEXT_MISMATCH"] + codes["F_TEXT_WHITESPACE"] == texts
    assert counts.general <= most, "typical items go the quick way"
    assert len(tables["annotations"]) == sum(len(item["annotations"]) for item in items)
    slow_tables, slow_found, slow_counts, _ = converted(raws, declaration, compiled=False)
    assert tables == slow_tables
    assert found == slow_found
    assert counts.kept == slow_counts.kept
    if name.startswith("karanheera"):
        assert sum(len(row["labels"]) == 2 for row in tables["relations"]) == 1
