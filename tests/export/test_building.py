from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from curation import apart
from curation.catalog import Field
from curation.errors import CurationError, Exit
from curation.export import build, inputs, inputs_of, tables, verify
from curation.findings import finding
from curation.records import Annotation, Mention, Relation

REPOSITORY = Path(__file__).resolve().parents[2]
CHARGE_VOTE = "a3891a315cd198cd2"
"""The id of the sample's charge-vote.md, by its text's hash."""


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def written(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """Which file stands where, of what size, and when it was written; reading it changes another time."""
    stats = ((path, path.stat()) for path in (folder, *folder.rglob("*")))
    return {path: (stat.st_ino, stat.st_size, stat.st_mtime_ns) for path, stat in stats}


def rows(study, config: str) -> list[dict]:
    """All rows of a config as the files hold them, with class ids."""
    return [row for path in sorted((study.out / config).glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def test_what_the_result_says(built):
    study, result = built
    assert result.name == "news-stance"
    assert result.path == study.out
    assert (result.articles, result.annotations, result.annotators) == (30, 78, 3)
    assert (result.quarantined, result.unjudged) == (1, 0)
    assert result.left_out == ()
    assert sum(result.configs["annotations"].values()) == 78
    assert sum(result.configs["mentions"].values()) == 78 * 5
    assert sum(result.configs["statements"].values()) == 78 * 3


def test_the_same_annotations_give_the_same_bytes(new_study, tmp_path):
    here, there = new_study("here"), new_study("there")
    here.fill(12, shuffled=1)
    there.fill(12, shuffled=2)
    result = here.build()
    elsewhere = tmp_path / "elsewhere" / "data"
    digest = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("build_once.py")), str(there.folder), str(elsewhere)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert digest == result.digest
    assert content(elsewhere) == content(here.out)


def test_a_second_build_touches_nothing(study):
    study.fill(6)
    first = study.build()
    before = written(study.out)
    second = study.build()
    assert (first.changed, second.changed) == (True, False)
    assert replace(second, changed=True) == first
    assert written(study.out) == before


def test_a_damaged_build_is_built_again(study):
    study.fill(6)
    study.build()
    good = content(study.out)
    (study.out / "README.md").write_text("vandalised")
    assert study.build().changed
    assert content(study.out) == good


def test_only_submitted_and_valid_annotations_are_published(study, make_article, make_annotation):
    study.fill(2)
    kinds = [("quarantined", "submitted"), (None, "submitted"), ("valid", "skipped"), ("valid", "draft")]
    for number, (verdict, status) in enumerate([*kinds, ("valid", "deleted")], start=50):
        secret = make_article(number)
        study.add_articles([secret])
        record = make_annotation(secret, "annotator-09")
        study.add(replace(record, choices={**record.choices, "note": "leaked"}), verdict=verdict, status=status)
    other = make_annotation(make_article(1), "annotator-08")
    study.add(replace(other, task="claim-stance"))
    result = study.build()
    assert (result.articles, result.annotations, result.quarantined, result.unjudged) == (2, 4, 1, 1)
    published = {row["article_id"] for config in result.configs for row in rows(study, config)}
    assert published == {"article-000", "article-001"}
    assert {row["annotator"] for row in rows(study, "annotations")} == {f"annotator-0{n}" for n in (1, 2, 3)}


def test_nothing_to_export(study, make_article, make_annotation):
    study.add_articles([make_article(1)])
    study.add(make_annotation(make_article(1), "annotator-01"), verdict="quarantined")
    with pytest.raises(CurationError) as error:
        study.build()
    assert error.value.code == "E_NOTHING_TO_EXPORT"
    assert "1 quarantined" in error.value.message
    assert not study.out.exists()


def test_an_empty_split_has_no_file_and_no_line_in_the_card(study):
    study.fill(1)
    result = study.build()
    (split,) = result.configs["annotations"]
    assert all(list(splits) == [split] for splits in result.configs.values())
    assert {path.name for path in study.out.rglob("*.parquet")} == {f"{split}-00000-of-00001.parquet"}
    header = (study.out / "README.md").read_text().split("\n---\n")[0]
    assert header.count("split:") == len(result.configs)


def test_a_config_without_rows_is_left_out_and_said_so(study, make_article, make_annotation):
    one = make_article(1)
    study.add_articles([one])
    for who in ("annotator-01", "annotator-02"):
        differs = {"stance_congestion_charge": "favor" if who.endswith("1") else "against"}
        record = make_annotation(one, who)
        study.add(replace(record, mentions=(), relations=(), choices=record.choices | differs))
    result = study.build()
    assert result.left_out == ("gold", "mentions", "statements", "tokens", "agreement")
    assert set(result.configs) == {"annotations", "stance", "articles"}
    assert not (study.out / "gold").exists()
    header = (study.out / "README.md").read_text().split("\n---\n")[0]
    assert "config_name: gold" not in header


def test_a_task_without_spans(study, make_article, make_annotation):
    study.task = replace(study.task, labels={}, relations={})
    one = make_article(1)
    study.add_articles([one])
    study.add(replace(make_annotation(one, "annotator-01"), mentions=(), relations=()))
    result = study.build()
    assert set(result.configs) == {"gold", "annotations", "stance", "articles"}
    assert result.left_out == ("mentions", "statements", "tokens", "agreement")
    (row,) = rows(study, "gold")
    assert {"mentions", "relations"}.isdisjoint(row)
    header = (study.out / "README.md").read_text().split("\n---\n")[0]
    assert "token-classification" not in header


def test_gold_is_what_nobody_disputes(study, make_article, make_annotation):
    agreed, disputed, single = (make_article(number) for number in (1, 2, 3))
    study.add_articles([agreed, disputed, single])
    for who in ("annotator-01", "annotator-02"):
        study.add(make_annotation(agreed, who, "same"))
        study.add(make_annotation(disputed, who, who))
    last = study.add(make_annotation(single, "annotator-02"))
    study.build()
    found = {row["article_id"]: row for row in rows(study, "gold")}
    assert set(found) == {agreed.id, single.id}
    assert found[agreed.id]["method"] == 0
    assert found[agreed.id]["annotators"] == ["annotator-01", "annotator-02"]
    assert len(set(found[agreed.id]["revisions"])) == 2
    assert found[single.id]["method"] == 1
    assert found[single.id]["revisions"] == [last.revision]
    assert "note" not in found[agreed.id], "a remark is one annotator's"


@pytest.mark.parametrize("verdict", ["quarantined", None])
def test_an_article_with_an_annotation_that_is_not_valid_is_not_gold(study, make_article, make_annotation, verdict):
    whole, doubtful, unread = (make_article(number) for number in (1, 2, 3))
    study.add_articles([whole, doubtful, unread])
    for one in (whole, doubtful):
        study.add(make_annotation(one, "annotator-01", "same"))
        study.add(make_annotation(one, "annotator-02", "same"))
    study.add(make_annotation(doubtful, "annotator-03", "same"), verdict=verdict)
    study.add(make_annotation(unread, "annotator-03"), verdict=verdict)
    result = study.build()
    assert [row["article_id"] for row in rows(study, "gold")] == [whole.id]
    assert {row["article_id"] for row in rows(study, "annotations")} == {whole.id, doubtful.id}
    assert (result.annotations, result.unsettled) == (4, 2)
    card = " ".join((study.out / "README.md").read_text().split())
    assert "failed validation, awaits it, or lacks a part (2 articles)" in card
    said = "2 annotations did not pass validation and are" if verdict else "2 annotations are not validated yet and are"
    assert f"are published here. {said} left out." in card


def test_two_thirds_quarantined_are_not_a_single_view(study, make_article, make_annotation):
    one = make_article(1)
    study.add_articles([one, make_article(2)])
    study.add(make_annotation(make_article(2), "annotator-01"))
    study.add(make_annotation(one, "annotator-01"), verdict="quarantined")
    study.add(replace(make_annotation(one, "annotator-01"), id="again"), verdict="quarantined")
    study.add(make_annotation(one, "annotator-02"))
    study.add(make_annotation(one, "annotator-03"), verdict="quarantined")
    study.build()
    assert [row["article_id"] for row in rows(study, "gold")] == ["article-002"]


def test_what_is_skipped_drafted_or_deleted_leaves_gold_alone(study, make_article, make_annotation):
    study.add_articles([make_article(1)])
    study.add(make_annotation(make_article(1), "annotator-01"))
    for number, status in enumerate(("skipped", "draft", "deleted"), start=2):
        study.add(make_annotation(make_article(1), f"annotator-{number:02d}"), verdict="quarantined", status=status)
    assert sum(study.build().configs["gold"].values()) == 1


def test_a_superseded_annotation_leaves_gold_to_the_newer_one(study, make_article, make_annotation):
    study.add_articles([make_article(1)])
    study.add(make_annotation(make_article(1), "annotator-01"))
    old = replace(make_annotation(make_article(1), "annotator-01"), id="old")
    study.add(old, verdict="quarantined", findings=[finding("F_ANNOTATION_SUPERSEDED", "newer")])
    assert study.build().unsettled == 0
    assert [row["method"] for row in rows(study, "gold")] == [1]


@pytest.mark.parametrize(("quarantined", "gold"), [(1, 1), (2, 0)])
def test_the_latest_round_settles_gold(study, make_article, make_annotation, quarantined, gold):
    study.add_articles([make_article(1)])
    for number in (1, 2):
        record = replace(make_annotation(make_article(1), "annotator-01"), id=f"round-{number}", round=number)
        study.add(record, verdict="quarantined" if number == quarantined else "valid")
    assert sum(study.build().configs.get("gold", {}).values()) == gold


def test_gold_of_the_shipped_sample(study):
    study.fill_with_sample()
    result = study.build()
    assert {row["article_id"]: row["method"] for row in rows(study, "gold")} == dict.fromkeys(
        [CHARGE_VOTE, "congestion-charge-02", "rent-cap-01", "rent-cap-04-de"], 0
    )
    assert result.quarantined > 0


def test_what_a_build_is_made_from(study, make_article, make_annotation, tmp_path):
    """Whatever changes the dataset changes the hash; what does not touch it leaves the hash alone."""
    other_task = tmp_path / "task"
    shutil.copytree(study.task.folder, other_task)
    with (other_task / "codebook.md").open("a") as codebook:
        codebook.write("More.")
    study.fill(3)
    study.build()
    made_from = inputs_of(study.out)
    assert made_from == inputs(study.store, study.export, study.task)
    study.add(make_annotation(make_article(1), "annotator-07"), verdict=None, status="draft")
    study.add(replace(make_annotation(make_article(1), "annotator-07"), id="x", task="claim-stance"))
    study.add_articles([make_article(9)])
    assert made_from == inputs(study.store, study.export, study.task)
    record = make_annotation(make_article(1), "annotator-08")
    seen = [made_from]
    for change in (
        lambda: study.add(record, verdict=None),
        lambda: study.add(record),
        lambda: study.add(record, verdict="quarantined"),
        lambda: study.add(replace(record, lead_time=7.0), verdict="quarantined"),
    ):
        change()
        seen.append(inputs(study.store, study.export, study.task))
    with study.store.transaction():
        study.store.annotations.mark_deleted([record.id])
    assert inputs(study.store, study.export, study.task) == made_from
    seen.append(inputs(study.store, replace(study.export, seed="other"), study.task))
    seen.append(inputs(study.store, study.export, replace(study.task, folder=other_task)))
    assert len(set(seen)) == len(seen)


def test_statements_join_fragments_and_name_holders(study, make_article):
    one = make_article(0)
    study.add_articles([one])
    text = one.text

    def mention(id_: str, label: str, piece: str, **attributes: object) -> Mention:
        start = text.index(piece)
        return Mention(id_, label, start, start + len(piece), piece, attributes)

    mentions = (
        mention("c2", "Claim", "clear the air", kind="prediction", quotation="direct"),
        mention("c1", "Claim", "the charge", kind="demand", quotation="none", topics=("transport",)),
        mention("a1", "Actor", "Mayor Ida Vance", type="person", name="Ida Vance"),
        mention("a2", "Actor", "Shops", type="company"),
        mention("c3", "Claim", "objected", kind="factual", quotation="none", holder="unnamed"),
    )
    relations = (Relation("c2", "c1", "continues"), Relation("a1", "c2", "supports"), Relation("a2", "c1", "opposes"))
    study.add(
        Annotation("x", one.id, one.sha256, "news-stance", "1", "annotator-01", mentions=mentions, relations=relations)
    )
    study.build()
    (nested,) = rows(study, "annotations")
    assert [one["id"] for one in nested["mentions"]] == ["a1", "c1", "c2", "a2", "c3"], "in the order of the text"
    first, second, third = rows(study, "statements")
    assert first["claim_text"] == "the charge […] clear the air"
    assert [part["id"] for part in first["claim_fragments"]] == ["c1", "c2"]
    assert (first["claim_kind"], first["claim_quotation"], first["claim_topics"]) == (4, 2, [0])
    assert (first["holder_id"], first["holder_name"], first["holder_type"], first["stance"]) == (
        "a1",
        "Ida Vance",
        0,
        0,
    )
    assert (second["holder_text"], second["holder_name"], second["stance"]) == ("Shops", None, 1)
    assert (third["claim_text"], third["claim_holder"]) == ("objected", 0)
    assert {third[name] for name in ("holder_id", "holder_start", "holder_text", "holder_type", "stance")} == {None}
    stances = [row for row in rows(study, "stance") if row["scope"] == 1]
    assert [(row["target"], row["holder"], row["label"]) for row in stances] == [
        ("the charge […] clear the air", "Ida Vance", 0),
        ("the charge […] clear the air", "Shops", 1),
    ]


def test_stance_of_an_article_is_what_the_annotators_voted(study, make_article, make_annotation):
    one = make_article(1)
    study.add_articles([one])
    for who, stance in enumerate(("against", "favor", "favor"), start=1):
        record = make_annotation(one, f"annotator-0{who}")
        study.add(replace(record, choices={"stance_congestion_charge": stance, "stance_rent_cap": "neutral"}))
    study.build()
    charge, cap = (row for row in rows(study, "stance") if row["scope"] == 0)
    assert (charge["target"], charge["label"], charge["n_annotators"]) == ("congestion charge", None, 3)
    assert [(vote["label"], vote["votes"]) for vote in charge["soft"]] == [(0, 2), (1, 1)]
    assert sum(vote["share"] for vote in charge["soft"]) == pytest.approx(1)
    assert (cap["target"], cap["label"]) == ("rent cap", 2)
    assert cap["soft"] == [{"label": 2, "votes": 3, "share": 1.0}]
    assert (cap["holder"], cap["annotator"]) == (None, None)


def test_columns_of_other_labels_are_null(study):
    study.fill(1)
    study.build()
    for row in rows(study, "mentions"):
        filled = {name for name, value in row.items() if value is not None}
        if row["label"] == 0:
            assert not any(name.startswith("claim_") for name in filled)
        else:
            assert not any(name.startswith("actor_") for name in filled)
            assert row["claim_topics"] is not None


def test_a_null_first_relation_does_not_hide_the_others(study, make_article, make_annotation):
    one = make_article(1)
    study.add_articles([one])
    record = make_annotation(one, "annotator-01")
    study.add(replace(record, relations=(Relation("m1", "m2", None), *record.relations)))
    study.build()
    (row,) = rows(study, "annotations")
    names = list(study.task.relations)
    labels = Counter(None if one["label"] is None else names[one["label"]] for one in row["relations"])
    assert labels == Counter([None, "continues", "supports", "opposes", "same_as"])


def test_an_annotation_about_another_text_is_not_published(study, make_article, make_annotation):
    study.fill(2)
    study.build()
    before = content(study.out)
    changed = replace(make_article(1), text="Another text entirely, long enough.", sha256="0" * 64)
    with study.store.transaction():
        study.store.articles.replace(changed)
    with pytest.raises(CurationError) as error:
        study.build()
    assert error.value.code == "E_EXPORT_STALE"
    assert error.value.exit is Exit.CONFLICT
    assert content(study.out) == before


def test_a_value_that_the_task_no_longer_has(study):
    study.fill(1)
    field = study.task.choices["stance_rent_cap"]
    study.task = replace(
        study.task, choices={**study.task.choices, "stance_rent_cap": replace(field, values=("favor", "against"))}
    )
    with pytest.raises(CurationError) as error:
        study.build()
    assert error.value.code == "E_EXPORT_STALE"
    assert "stance_rent_cap" in error.value.message
    assert "not_addressed" in error.value.message


def test_two_columns_of_one_name(study):
    study.fill(1)
    study.task = replace(study.task, choices={**study.task.choices, "text": Field("text", "text", "text")})
    with pytest.raises(CurationError) as error:
        study.build()
    assert error.value.code == "E_DEFINITION"
    assert "'text'" in error.value.message


def test_a_column_that_datasets_cannot_carry(study):
    study.fill(1)
    study.task = replace(study.task, choices={**study.task.choices, "_type": Field("_type", "x", "text")})
    with pytest.raises(CurationError) as error:
        study.build()
    assert error.value.code == "E_DEFINITION"


def test_a_row_is_held_against_its_schema(study, tmp_path):
    study.fill(1)
    folder = tmp_path / "schemas"
    shutil.copytree(study.schemas.folder, folder)
    path = folder / "rows" / "mentions.json"
    document = json.loads(path.read_text())
    document["required"].append("sentiment")
    path.write_text(json.dumps(document))
    study.schemas = type(study.schemas)(folder)
    with pytest.raises(CurationError) as error:
        study.build()
    assert error.value.code == "E_DEFINITION"
    assert "sentiment" in error.value.message


def test_batches_make_row_groups_and_lose_nothing(study, monkeypatch):
    study.fill(6)
    study.build()
    whole = {config: rows(study, config) for config in study.export.configs}
    monkeypatch.setattr(tables, "BATCH_ROWS", 7)
    shutil.rmtree(study.out)
    study.build()
    assert {config: rows(study, config) for config in study.export.configs} == whole
    train = pq.ParquetFile(study.out / "mentions" / "train-00000-of-00001.parquet")
    assert train.num_row_groups > 1
    # A batch is written once it has so many rows; those of an article are in one.
    most = max(Counter(row["article_id"] for row in rows(study, "mentions")).values())
    groups = [train.metadata.row_group(group).num_rows for group in range(train.num_row_groups)]
    assert all(7 <= one < 7 + most for one in groups[:-1])


def test_progress_reaches_the_total(study):
    study.fill(4)
    seen: list[tuple[int, int | None]] = []
    build(
        study.store, study.export, study.task, study.schemas, study.out,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen[-1] == (4, 4)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_pages_carry_checksums(study):
    study.fill(4)
    study.build()
    path = study.out / "annotations" / "train-00000-of-00001.parquet"
    intact = path.read_bytes()
    column = pq.ParquetFile(path).metadata.row_group(0).column(3)
    assert column.path_in_schema == "text"
    start = column.dictionary_page_offset or column.data_page_offset
    damaged = bytearray(intact)
    damaged[start + column.total_compressed_size // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(OSError, match=r"(?i)crc|checksum"):
        pq.ParquetFile(path, page_checksum_verification=True).read()
    assert verify(study.out).changed == ("annotations/train-00000-of-00001.parquet",)


def test_nobodys_address_is_published(study):
    study.fill(3)
    with study.store.transaction():
        study.store.ledger.pseudonym("http://127.0.0.1", 1, "someone@example.org")
    study.build()
    for path in study.out.rglob("*"):
        if path.is_file():
            assert b"example.org" not in path.read_bytes()
    today = datetime.now(UTC).date().isoformat()
    assert today not in (study.out / "README.md").read_text(), "no date makes a build differ"


def test_what_large_builds_do_in_processes_of_their_own_is_the_same(study, monkeypatch):
    study.fill(6)
    here = study.build().digest
    shutil.rmtree(study.out)
    monkeypatch.setattr(apart, "MANY", 0)
    assert study.build().digest == here
    with pytest.raises(CurationError) as error:
        study.build(by=("actor",), seed=7)
    assert error.value.code == "E_SPLIT_GROUPS"


def test_what_an_article_is_called_is_built_anew(study):
    study.export = replace(study.export, configs=("gold", "annotations"))
    study.fill(6)
    study.build()
    one = replace(study.store.articles.get("article-003"), title="Another title")
    with study.store.transaction():
        study.store.articles.replace(one)
    assert study.build().changed
    titles = {row["article_id"]: row["title"] for row in rows(study, "annotations")}
    assert titles["article-003"] == "Another title"


def test_agreement_that_is_measured_later_is_built(study):
    study.fill(6)
    assert "agreement" in study.build().left_out
    built = study.build(measured=True)
    assert built.changed
    assert "agreement" in built.configs
