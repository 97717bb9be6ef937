"""Valid annotations that were broken in a known way: each fault is found under its code, and nothing else is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from uuid import UUID

import pytest

from benchmarks.corruption.breaking import WAYS, Broken, broken
from benchmarks.corruption.exported import EXPORTED
from benchmarks.corruption.judging import judged, judged_export
from benchmarks.corruption.running import run
from benchmarks.corruption.valid import valid
from curation.catalog import load_task
from curation.findings import FINDINGS
from curation.store import Store
from curation.studio.conversion.declaring import declare
from curation.studio.intake import take
from curation.validation import validate


@pytest.fixture(scope="module")
def stance(root):
    return load_task(root, "news-stance")


def test_there_are_many_ways_each_with_known_codes():
    assert len({way.name for way in WAYS}) == len(WAYS) >= 150
    assert {code for way in WAYS for code in {*way.codes, *way.may}} <= set(FINDINGS)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_fault_is_found_and_nothing_beside_it(way, stance, schemas):
    random = Random(way.name)
    for _ in range(6):
        one = broken(random, stance, way)
        assert one is not None
        found = judged(one.case, stance, schemas)
        assert not one.missed(Counter(each.code for each in found)), found


@pytest.mark.parametrize("way", EXPORTED, ids=lambda way: way.name)
def test_an_export_shows_what_its_interface_can_tell(way, stance):
    random, declaration = Random(way.name), declare(stance.interface)
    for _ in range(4):
        one = broken(random, stance, way)
        assert one is not None
        found = judged_export(one.case, declaration)
        assert not one.missed(Counter(each.code for each in found), counted=False), found


def test_an_export_of_valid_annotations_has_no_finding(stance):
    declaration = declare(stance.interface)
    tally = run(lambda case: judged_export(case, declaration), stance, seed=26, mutated=0, valid_ones=1500)
    assert tally.is_clean, tally.missed


def test_two_faults_are_two_findings(stance, schemas):
    tally = run(lambda case: judged(case, stance, schemas), stance, seed=20, mutated=700, valid_ones=0, pairs=1)
    assert tally.pairs > 600
    assert tally.is_clean, tally.missed


def test_a_valid_annotation_has_no_finding(stance, schemas):
    tally = run(lambda case: judged(case, stance, schemas), stance, seed=21, mutated=0, valid_ones=1500)
    assert tally.is_clean, tally.missed


def test_valid_annotations_have_everything_that_is_hard(stance):
    random = Random(22)
    cases = [valid(random, stance, rich=True) for _ in range(200)]
    rows = [row for case in cases for row in case.result]
    directions = {row["direction"] for row in rows if row["type"] == "relation"}
    assert directions == {"left", "right", "bi"}
    assert {row["type"] for row in rows} == {"labels", "choices", "textarea", "relation"}
    assert {label for row in rows if row["type"] == "relation" for label in row["labels"]} == set(stance.relations)
    texts = "".join(case.text.text for case in cases)
    assert all(odd in texts for odd in ("\r\n", "\t", "\u200d", "\u0301", "🏽", "ق"))
    places = [sorted((row["value"]["start"], row["value"]["end"]) for row in case.spans()) for case in cases]
    pairs = [(one, other) for own in places for one in own for other in own if one != other]
    assert any(one[0] <= other[0] and other[1] <= one[1] for one, other in pairs), "a span within another"
    assert any(one[0] < other[0] < one[1] < other[1] for one, other in pairs), "spans that cross"
    plain = [valid(random, stance) for _ in range(300)]
    assert any(case.raw["was_cancelled"] for case in plain)
    assert any(case.raw["prediction"] for case in plain)


def test_the_same_seed_breaks_the_same(stance):
    def once() -> list[object]:
        random = Random(23)
        found = [broken(random, stance, way) for way in WAYS[:40]]
        return [one and (one.case.raw, one.case.data) for one in found]

    assert repr(once()) == repr(once())


def test_what_was_pulled_and_stored_is_judged_the_same(stance, schemas, tmp_path):
    random = Random(27)
    kept: dict[str, Broken] = {}
    with Store(tmp_path) as store:
        with store.transaction():
            for number, way in enumerate(WAYS):
                one = broken(random, stance, way)
                case = one.case
                # What takes several annotations, several parts or another article is tried elsewhere; what is no object
                # is no annotation of an item.
                if case.siblings or case.cut or way.name.startswith("article:") or not isinstance(case.raw, dict):
                    continue
                name = f"article-{number}"
                store.articles.add(replace(case.article, id=name))
                case.raw["unique_id"] = str(UUID(int=number))
                item = {"id": number, "data": {**case.data, "article_id": name}, "annotations": [case.raw]}
                take(
                    store,
                    stance,
                    schemas,
                    item,
                    server="https://ls.example.org",
                    project_id=3,
                    pulled_at="2026-03-02T10:00:00+00:00",
                    url_of=lambda number: None,
                )
                kept[str(UUID(int=number))] = one
        validate(store, stance, schemas)
        found: dict[str, Counter[str]] = {name: Counter() for name in kept}
        for each in store.annotations.findings(stance.name):
            found[each.annotation][each.code] += 1
    assert len(kept) > 150
    assert {one.ways[0].name: found[name] for name, one in kept.items() if one.missed(found[name])} == {}


def test_what_is_not_caught_is_told(stance):
    tally = run(lambda case: [], stance, seed=24, mutated=len(WAYS), valid_ones=5, pairs=0)
    assert not tally.is_clean
    assert tally.caught.total() == 0
    assert "must find" in tally.missed[0]


def test_a_crash_is_told(stance):
    def crash(case):
        raise KeyError(case.data["article_id"])

    tally = run(crash, stance, seed=25, mutated=3, valid_ones=2)
    assert tally.crashes == 5
    assert not tally.is_clean
