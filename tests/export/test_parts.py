"""Annotations of a long article's parts are published as one of the whole."""

from __future__ import annotations

from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from curation.parts import cut, on_whole

from .conftest import annotation, article


@pytest.fixture
def long_study(study):
    """A study with an article of two parts; `said` puts an annotator's annotation of a part into it."""
    whole = article(0)
    start = whole.text.index("Shops")
    with study.store.transaction():
        study.store.articles.add(whole)
        study.store.parts.cut(whole.id, cut(whole, [0, start]))
    parts = study.store.parts.of(whole.id)

    def said(annotator: str, number: int, verdict: str | None = "valid", version: str = "1", **choices: str):
        part = parts[number - 1]
        record = annotation(replace(whole, text=part.text, sha256=part.sha256), annotator, seed=number)
        given = {**record.choices, **choices}
        record = replace(record, id=f"{annotator}-{number}", task_version=version, choices=given)
        return study.add(on_whole(record, number, part.part_start, whole.sha256), verdict)

    return study, whole, said


def rows(study, config: str) -> list[dict]:
    folder = study.out / config
    return [row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def test_parts_are_one_row_whose_offsets_are_the_wholes(long_study):
    study, whole, said = long_study
    agreed = {"stance_congestion_charge": "favor"}
    made = [said("annotator-01", 1, **agreed), said("annotator-01", 2, stance_congestion_charge="not_addressed")]
    result = study.build()
    assert (result.articles, result.annotations, result.unsettled) == (1, 1, 0)
    (gold,) = rows(study, "gold")
    (row,) = rows(study, "annotations")
    assert row["text"] == gold["text"] == whole.text
    given = sorted((mention.start, mention.end) for one in made for mention in one.mentions)
    for found in (row["mentions"], gold["mentions"], rows(study, "mentions")):
        assert sorted((one["start"], one["end"]) for one in found) == given
        assert all(one["text"] == whole.text[one["start"] : one["end"]] for one in found)
        assert len({one["id"] for one in found}) == len(given)
    assert len(gold["relations"]) == sum(len(one.relations) for one in made)
    ends = {one["id"] for one in gold["mentions"]}
    assert all(one["source"] in ends and one["target"] in ends for one in gold["relations"])
    assert [row["n_annotators"] for row in rows(study, "stance") if row["annotation"] is None] == [1, 1]
    assert len(rows(study, "statements")) > 0


def test_parts_of_several_versions_of_the_codebook_are_of_all_of_them(long_study):
    study, _, said = long_study
    for number, version in ((1, "2"), (2, "0.9")):
        said("annotator-01", number, version=version)
    study.build()
    for config in ("gold", "annotations", "mentions", "statements", "stance", "tokens", "articles"):
        assert {row["task_version"] for row in rows(study, config)} == {"0.9, 2"}, config


def test_figures_of_agreement_do_not_go_by_the_version_of_who_has_nobody_to_agree_with(long_study):
    study, _, said = long_study
    for number in (1, 2):
        said("annotator-01", number, version="2")
    said("annotator-02", 1)
    shared = article(1)
    study.add_articles([shared])
    for who in ("annotator-01", "annotator-02"):
        study.add(replace(annotation(shared, who), task_version="0.9"))
    study.build(measured=True)
    assert {row["task_version"] for row in rows(study, "agreement")} == {"0.9"}
    assert {row["task_version"] for row in rows(study, "annotations")} == {"0.9", "2"}


def test_who_has_not_done_all_parts_has_no_say_yet(long_study):
    study, _, said = long_study
    for number in (1, 2):
        said("annotator-01", number, stance_congestion_charge="favor")
    said("annotator-02", 1)
    result = study.build()
    assert (result.articles, result.annotations, result.unsettled) == (1, 1, 1)
    assert [row["annotator"] for row in rows(study, "annotations")] == ["annotator-01"]
    assert rows(study, "gold") == []
    said("annotator-02", 2, verdict="quarantined")
    assert (study.build().annotations, study.build().unsettled) == (1, 1)


def test_a_field_on_which_parts_differ_is_left_out(long_study):
    study, _, said = long_study
    said("annotator-01", 1, stance_congestion_charge="favor")
    said("annotator-01", 2, stance_congestion_charge="against")
    study.build()
    (row,) = rows(study, "annotations")
    assert row["stance_congestion_charge"] is None
    assert row["stance_rent_cap"] is not None
    assert row["note"] == "a remark of annotator-01\na remark of annotator-01"
