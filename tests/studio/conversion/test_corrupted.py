"""Annotations broken in every known way are the same rows and the same findings, quickly read or not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from benchmarks.corruption.breaking import broken
from benchmarks.corruption.exported import EXPORTED
from benchmarks.corruption.valid import valid
from curation.catalog import load_task
from curation.studio.conversion.core import Core, Counts
from curation.studio.conversion.declaring import declare
from curation.studio.conversion.source import blocks


class Rows:
    """Keeps the rows of tables instead of writing them."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.kept: dict[str, list[dict[str, Any]]] = {}

    def write(self, tables: Mapping[str, Any]) -> None:
        """Keep the rows of these tables too."""
        for name, table in tables.items():
            self.rows[name] += table.num_rows
            self.kept.setdefault(name, []).extend(table.to_pylist())


@pytest.fixture(scope="module")
def export(root, tmp_path_factory):
    """An export with an item for each way, and valid ones between them; which way each item has."""
    random, stance = Random(31), load_task(root, "news-stance")
    items, ways = [], []
    for way in EXPORTED:
        for name, case in ((way.name, broken(random, stance, way).case), (None, valid(random, stance))):
            try:
                json.dumps(case.raw)
            except RecursionError:
                continue
            if isinstance(case.raw, dict) and type(case.raw["id"]) is int:
                case.raw["id"] = len(items)
            items.append({"id": len(items), "data": {"text": case.text.text}, "annotations": [case.raw]})
            ways.append(name)
    path = tmp_path_factory.mktemp("corrupted") / "export.json"
    path.write_text(json.dumps(items), encoding="utf-8")
    return path, ways, declare(stance.interface)


def converted(path, declaration, *, fast: bool) -> tuple[dict[str, Any], list[Any], list[Any], Counts]:
    rows, found, faults = Rows(), [], []
    core = Core(declaration, rows, found.append, faults.append, fast=fast)
    for block in blocks(path):
        core.take(block)
    return rows.kept, found, faults, core.close()


def test_what_is_read_quickly_is_read_as_all_else(export):
    path, ways, declaration = export
    rows, found, faults, counts = converted(path, declaration, fast=True)
    all_rows, all_found, all_faults, all_counts = converted(path, declaration, fast=False)
    assert rows == all_rows
    assert found == all_found
    assert faults == all_faults
    assert counts.findings == all_counts.findings
    assert counts.general < all_counts.general == len(ways)


def test_only_what_was_broken_is_found(export):
    path, ways, declaration = export
    _, found, _, _ = converted(path, declaration, fast=True)
    assert {ways[int(one.json_pointer.split("/")[1])] for one in found} <= {way.name for way in EXPORTED}
