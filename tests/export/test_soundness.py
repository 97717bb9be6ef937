"""`verify --deep`: what rows say of each other, and what card, Croissant and manifest say of the rows."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from curation.export.reading import Dataset
from curation.export.verifying import verify_deep
from curation.folders.manifest import facts_of

from .conftest import Study
from .test_verifying import edit, faults, make_it_fit, setting, shard

CONFIGS = ("gold", "annotations", "mentions", "statements", "stance", "tokens", "agreement", "articles")


@pytest.fixture(scope="module")
def all_of_it(tmp_path_factory) -> Path:
    study = Study(tmp_path_factory.mktemp("sound") / "study")
    study.fill(12)
    study.build(configs=CONFIGS, measured=True)
    return study.out


@pytest.fixture
def copy(all_of_it, tmp_path) -> Path:
    return shutil.copytree(all_of_it, tmp_path / "copy")


def test_a_build_of_all_configs_is_sound(all_of_it):
    assert tuple(Dataset(all_of_it).configs) == CONFIGS
    assert verify_deep(all_of_it).faults == ()


def test_the_sample_is_sound(study):
    study.fill_with_sample()
    study.build(configs=CONFIGS, measured=True)
    assert verify_deep(study.out).faults == ()


def where(condition: Callable[[dict], object], change: Callable[[dict], object]) -> Callable[[list[dict]], None]:
    """Change the first row of which something holds."""
    return lambda rows: change(next(row for row in rows if condition(row)))


def first_tag(row: dict) -> None:
    row["actor_tags"][next(place for place, tag in enumerate(row["actor_tags"]) if tag)] = 0


held = where(lambda row: row["holder_id"], lambda row: row.update(holder_id="m99"))
split_claim = where(lambda row: row["claim_fragments"], lambda row: row["claim_fragments"][0].update(id="m99"))
moved = where(lambda row: row["holder_id"], lambda row: row.update(holder_start=row["holder_start"] + 1))


@pytest.mark.parametrize(
    ("config", "change", "problem"),
    [
        ("annotations", setting("task_version", to=None), "rows without task_version: 1"),
        ("mentions", setting("method", to=None), "rows without method: 1"),
        ("gold", setting("annotators", to=None), "rows without annotators: 1"),
        ("tokens", lambda rows: rows[0]["actor_tags"].pop(), "lists of another length than the tokens (actor_tags)"),
        ("tokens", setting("claim_nested", to=[[0]]), "lists of another length than the tokens (claim_tags)"),
        ("tokens", lambda rows: rows[0]["end"].pop(), "lists of another length than the tokens (end)"),
        ("tokens", lambda rows: first_tag(rows[0]), "tags that are not those of the mentions (actor_tags)"),
        ("tokens", setting("mentions", 0, "token_end", to=999), "a mention of tokens that are not there"),
        ("tokens", setting("mentions", 0, "layer", to=9), "a mention in a layer that is not there"),
        ("tokens", setting("mentions", 0, "id", to="m99"), "a mention that `gold` does not have: m99 (row 0)"),
        ("tokens", setting("method", to=2), "another method or task_version than in `gold`: 2 (row 0)"),
        ("tokens", setting("task_version", to="9"), "another method or task_version than in `gold`: "),
        ("gold", setting("method", to=4), "a method by which no row of its kind is decided: the id 4"),
        ("mentions", setting("method", to=5), "a method by which no row of its kind is decided: the id 5"),
        ("articles", setting("method", to=4), "a method by which no row of its kind is decided: the id 4"),
        ("stance", setting("soft", to=[]), "a stance without votes"),
        ("stance", setting("n_annotators", to=77), "votes that are not those of n_annotators"),
        ("stance", setting("soft", 0, "share", to=0.123), "a share that is not that of the votes"),
        ("stance", where(lambda row: len(row["soft"]) > 1, lambda row: row.update(label=0, method=5)), "a label that"),
        ("stance", split_claim, "a mention that the annotation does not have: m99"),
        ("statements", held, "a mention that the annotation does not have: m99"),
        ("statements", moved, "a mention that the annotation does not have: m"),
        ("statements", split_claim, "a mention that the annotation does not have: m99"),
        ("mentions", setting("id", to="m99"), "a mention that the annotation does not have: m99 (row 0)"),
        ("mentions", setting("annotator", to="nobody"), "another annotator than the annotation's"),
        ("mentions", setting("round", to=2), "another round than the annotation's"),
        ("statements", setting("task_version", to="9"), "another task_version than the annotation's"),
        ("annotations", setting("relations", 0, "source", to="m99"), "a relation of a mention that is not there: m99"),
        ("gold", setting("relations", 0, "target", to="m99"), "a relation of a mention that is not there: m99"),
        ("gold", setting("annotators", 0, to="nobody"), "an annotator who has no such revision of the article: nobody"),
        ("gold", setting("revisions", 0, to="0"), "an annotator who has no such revision of the article: annotator-01"),
        ("gold", lambda rows: rows[0]["revisions"].append("0"), "annotators and revisions of another number: article-"),
        ("articles", setting("annotators", 0, to="nobody"), "an annotator who has no annotation of the article: no"),
        ("articles", setting("characters", to=3), "another length than `articles` has as `characters`"),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_the_others_is_found(copy, config, change, problem):
    edit(shard(copy, config), change)
    found = faults(copy)
    assert any(problem in one for one in found), found


def test_a_mention_that_is_not_in_mentions_is_found(copy):
    rows = facts_of(copy)["rows"]
    edit(shard(copy, "mentions"), lambda rows: rows.pop())
    total = sum(rows["mentions"].values())
    rows["mentions"]["train"] -= 1
    make_it_fit(copy, rows=rows)
    said = f"mentions: rows: annotations have {total:,}, the files hold {total - 1:,}"
    assert said in [f"{one.place}: {one.problem}" for one in verify_deep(copy).faults]


@pytest.mark.parametrize("name", ["articles", "annotations", "annotators"])
def test_a_manifest_that_counts_otherwise_is_found(copy, name):
    number = facts_of(copy)[name]
    make_it_fit(copy, **{name: 99})
    (fault,) = verify_deep(copy).faults
    assert (fault.place, fault.problem) == ("manifest.json", f"{name}: it says 99, and there are {number}")


@pytest.mark.parametrize(
    ("pattern", "instead", "problem"),
    [
        (r"(`gold/train-\S+` \| `)[0-9a-f]{8}", r"\g<1>00000000", "checksum of gold/train-00000-of-00001.parquet: not"),
        (r"\n  default: true", "", "default: the config that is loaded unasked is none"),
        (r"num_bytes: \d+", "num_bytes: 1", "dataset_size of gold: the card says"),
        (r"download_size: \d+", "download_size: 1", "download_size of gold: the card says 1, and it is"),
    ],
)
def test_a_card_that_says_something_else_is_found(copy, pattern, instead, problem):
    card = copy / "README.md"
    text, count = re.subn(pattern, instead, card.read_text(), count=1)
    assert count
    card.write_text(text)
    (fault,) = faults(copy)
    assert fault.startswith(f"README.md: {problem}")


def croissant(change: Callable[[dict], object]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        document = json.loads((folder / "croissant.json").read_text())
        change(document)
        (folder / "croissant.json").write_text(json.dumps(document))

    return write


def named(document: dict, name: str) -> dict:
    return next(one for one in document["recordSet"] if one["@id"] == name)


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        (
            lambda one: one["distribution"][0].update(sha256="0" * 64),
            ["sha256 of gold/train-00000-of-00001.parquet: not that of the file"],
        ),
        (
            lambda one: one["distribution"].pop(0),
            ["distribution: gold/train-00000-of-00001.parquet is not listed"],
        ),
        (
            lambda one: named(one, "gold")["field"][1].update({"@id": "gold/metod"}),
            ["recordSet: gold/metod is not there", "recordSet: gold/article_id is not told"],
        ),
        (
            lambda one: one["recordSet"].remove(named(one, "agreement")),
            ["recordSet: agreement is not told"],
        ),
        (
            lambda one: named(one, "mentions/label/classes")["data"].reverse(),
            ["recordSet: mentions/label/classes are not those of the tables"],
        ),
    ],
)
def test_a_croissant_that_says_something_else_is_found(copy, change, problems):
    croissant(change)(copy)
    found = faults(copy)
    assert all(one.startswith("croissant.json: ") for one in found)
    assert [one.removeprefix("croissant.json: ") for one in found][: len(problems)] == problems
