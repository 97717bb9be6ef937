"""Annotations broken in every known way are the same rows and the same findings, quickly read or not."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from benchmarks.corruption.both import compare, convert, encoded, items_of
from benchmarks.corruption.exported import EXPORTED
from curation.catalog import load_task
from curation.studio.conversion.declaring import declare
from curation.studio.conversion.strict import read

# What stands at the place of such a finding is in its message.
NAMED = ("F_CONTROL_UNKNOWN", "F_OFFSET_RANGE", "F_REGION_DUPLICATE_ID", "F_RELATION_DANGLING", "F_ATTRIBUTE_ORPHAN")


@pytest.fixture(scope="module")
def stance(root):
    return load_task(root, "news-stance")


@pytest.fixture(scope="module")
def export(stance):
    """An export with an item for each way, and valid ones between them; which way each item has."""
    ways, items = zip(*items_of(Random(31), stance, 2 * len(EXPORTED)), strict=True)
    return encoded(list(items)), ways, declare(stance.interface)


def test_what_is_read_quickly_is_read_as_all_else(export):
    raw, ways, declaration = export
    quick, full = (convert(raw, declaration, compiled=compiled) for compiled in (True, False))
    assert quick.rows == full.rows
    assert quick.found == full.found
    assert quick.faults == full.faults
    assert quick.counts.findings == full.counts.findings
    assert quick.counts.general < full.counts.general == len(ways)


def test_only_what_was_broken_is_found(export):
    raw, ways, declaration = export
    found = convert(raw, declaration, compiled=True).found
    assert {ways[int(one.json_pointer.split("/")[1])] for one in found} <= {way.name for way in EXPORTED}


def test_the_comparison_sees_a_difference(export):
    raw, _, declaration = export
    full = convert(raw, declaration, compiled=False)
    other = convert(raw.replace(b'"right"', b'"left"', 1), declaration, compiled=True)
    assert not other.same(full)


def test_a_small_run_of_the_comparison(stance):
    both = compare(stance, declare(stance.interface), seed=7, count=700)
    assert both.is_clean, both
    assert both.items > 690
    assert both.quick > both.items / 4


def test_every_pointer_leads_to_what_its_finding_is_about(export):
    raw, _, declaration = export
    items = read(raw).value
    for one in convert(raw, declaration, compiled=True).found:
        steps = (one.json_pointer or "").split("/")[1:]
        place: Any = items
        for step in steps:
            place = place[int(step)] if isinstance(place, list) else place[step]
        row = items[int(steps[0])]["annotations"][int(steps[2])]["result"][int(steps[4])] if len(steps) > 4 else None
        if row is not None and one.region is not None:
            assert one.region in (row.get("id"), row.get("from_id"), row.get("to_id"))
        if one.code in NAMED and not isinstance(place, dict):
            assert str(place) in one.message
