"""Exports of other people's projects, judged without their interface: what is named is there, and nothing else."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from curation.studio.conversion import checks
from curation.studio.conversion.declaration import Declaration
from curation.studio.conversion.declaring import declare, infer
from curation.studio.foreign import foreign

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
EXPORTS = SHARED / "corpora" / "ls_exports"
SAMPLES = SHARED / "label_studio"

pytestmark = pytest.mark.skipif(not EXPORTS.is_dir(), reason=f"the corpora are not there: no folder {EXPORTS}")

OF_OFFSETS = {"F_OFFSET_RANGE", "F_TEXT_MISMATCH", "F_TEXT_WHITESPACE", "F_TAG_UNSUPPORTED", "F_RAW_SCHEMA"}


def read(path: Path) -> list[dict[str, Any]]:
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)


def codes(items: list[dict[str, Any]], declaration: Declaration) -> Counter[str]:
    found: Counter[str] = Counter()
    for item in items:
        shown = [(one, one.of(item["data"])) for one in declaration.texts.values()]
        texts = {one.name: value for one, value in shown if one.tag == "Text"}
        pages = {one.name: foreign(one.tag, value) for one, value in shown if one.tag != "Text"}
        for annotation in item["annotations"]:
            found.update(one.code for one in checks.findings(annotation, texts, declaration, pages))
        found.update(one.code for _, one in checks.across(item["annotations"]))
    return found


def differing(items: list[dict[str, Any]]) -> int:
    """Stored texts that are no slice, counted without anything of ours."""
    return sum(
        item["data"]["text"][row["value"]["start"] : row["value"]["end"]].replace("\r", "\\n").replace("\n", "\\n")
        != row["value"]["text"]
        for item in items
        for annotation in item["annotations"]
        if not annotation["was_cancelled"]
        for row in annotation["result"]
        if row["type"] == "labels"
    )


@pytest.mark.parametrize(
    ("name", "differ", "others"),
    [
        ("leoka_team_01.json.gz", 38, {"F_SPAN_EDGES": 548, "F_SPAN_DUPLICATE": 3}),
        ("leoka_team_02.json.gz", 0, {"F_SPAN_EDGES": 70}),
        ("karanheera_relations.json", 0, {"F_SPAN_EDGES": 1}),
        ("lue01_zh_spans.json", 0, {}),
    ],
)
def test_spans_whose_stored_text_differs_are_named_and_no_others(name, differ, others):
    items = read(EXPORTS / name)
    found = codes(items, infer(items[:50]))
    assert differing(items) == differ
    assert found == Counter({**others, **({"F_TEXT_WHITESPACE": differ} if differ else {})})


@pytest.mark.parametrize("name", ["edge_hyper", "edge_hyper_iframe", "edge_para", "edge_text_prewrap"])
def test_spans_drawn_by_mouse_are_where_they_are_said_to_be(name):
    items = read(SAMPLES / f"{name}.json")
    assert not OF_OFFSETS.intersection(codes(items, infer(items)))


@pytest.mark.parametrize(
    ("name", "found"),
    # The other file was written by a program, which left required choices out.
    [("human_long", {}), ("pred_accept", {}), ("multi_export", {"F_REQUIRED_MISSING": 12})],
)
def test_what_was_made_on_the_screen_fits_its_interface(name, found):
    declared = declare((SAMPLES / "interface.xml").read_text(encoding="utf-8"))
    assert codes(read(SAMPLES / f"{name}.json"), declared) == Counter(found)
