"""`task_version` says by which versions of the codebook the annotations behind a row were made, today's being "1"."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from curation.export.columns import layout
from curation.export.consensus import agreed, holding
from curation.export.reading import Dataset
from curation.records import Gold, origins, task_versions

MADE = {
    "agreed": {"annotator-01": "0.9", "annotator-02": "2"},
    "decided": {"annotator-01": "0.9", "annotator-02": "2"},
    "disputed": {"annotator-01": "0.9", "annotator-02": "2"},
    "single": {"annotator-01": "7"},
}
"""By which version each annotator worked on each article. What was decided was decided by version 3."""


@pytest.fixture(scope="module")
def mixed(
    tmp_path_factory: pytest.TempPathFactory,
    new_study_at: Callable[[Path], Any],
    make_article: Callable[..., Any],
    make_annotation: Callable[..., Any],
) -> Any:
    """A study of these annotations, and its dataset. `annotator-01` does not say where `disputed` stands on rents."""
    study = new_study_at(tmp_path_factory.mktemp("mixed") / "study")
    for number, (name, by) in enumerate(MADE.items(), start=1):
        one = replace(make_article(number), id=name)
        study.add_articles([one])
        given = []
        for who, version in by.items():
            record = make_annotation(one, who, "same" if name == "agreed" else who)
            if (name, who) == ("disputed", "annotator-01"):
                left = {name: value for name, value in record.choices.items() if name != "stance_rent_cap"}
                record = replace(record, choices=left)
            given.append(study.add(replace(record, task_version=version)))
        if name == "decided":
            decision = replace(make_annotation(one, "annotator-09"), id="decision", task_version="3")
            gold = Gold(decision, "adjudicated", origins(given), study.task.digest, "annotator-09")
            with study.store.transaction():
                study.store.gold.put(study.task.name, gold)
    study.build(measured=True, configs=(*dict.fromkeys((*study.export.configs, "articles")),))
    return study


def told(study: Any, config: str) -> dict[str, set[str]]:
    """By article, what the rows of a config say that are not one annotator's."""
    found: dict[str, set[str]] = {}
    for row in Dataset(study.out).rows(config):
        found.setdefault(row["article_id"], set()).add(row["task_version"])
    return found


def test_what_holds_goes_by_the_versions_of_all_that_it_was_made_from(mixed: Any) -> None:
    for config in ("gold", "tokens"):
        assert told(mixed, config) == {"agreed": {"0.9, 2"}, "decided": {"0.9, 2, 3"}, "single": {"7"}}
    assert told(mixed, "articles") == {
        "agreed": {"0.9, 2"}, "decided": {"0.9, 2, 3"}, "single": {"7"}, "disputed": {"0.9, 2"},
    }  # fmt: skip


@pytest.mark.parametrize("config", ["annotations", "mentions", "statements"])
def test_what_one_annotator_said_goes_by_their_own(mixed: Any, config: str) -> None:
    rows = list(Dataset(mixed.out).rows(config))
    assert {row["article_id"] for row in rows} == MADE.keys()
    for row in rows:
        assert row["task_version"] == MADE[row["article_id"]][row["annotator"]]


def test_votes_go_by_the_versions_of_those_who_voted(mixed: Any) -> None:
    found = {}
    for row in Dataset(mixed.out).rows("stance"):
        if row["scope"] == "article":
            found[row["article_id"], row["target"]] = (row["n_annotators"], row["method"], row["task_version"])
        else:
            assert row["task_version"] == MADE[row["article_id"]][row["annotator"]]
    assert found == {
        ("agreed", "congestion charge"): (2, "unanimous", "0.9, 2"),
        ("agreed", "rent cap"): (2, "unanimous", "0.9, 2"),
        ("decided", "congestion charge"): (2, "adjudicated", "0.9, 2, 3"),
        ("decided", "rent cap"): (2, "adjudicated", "0.9, 2, 3"),
        ("disputed", "congestion charge"): (2, "votes", "0.9, 2"),
        ("disputed", "rent cap"): (1, "votes", "2"),
        ("single", "congestion charge"): (1, "single", "7"),
        ("single", "rent cap"): (1, "single", "7"),
    }


def test_figures_of_agreement_go_by_the_versions_that_were_measured(mixed: Any) -> None:
    rows = list(Dataset(mixed.out).rows("agreement"))
    assert any(row["value"] is not None for row in rows)
    assert {row["task_version"] for row in rows} == {"0.9, 2"}, "7 is of an article that one annotator has"


def test_where_nothing_was_measured_they_go_by_those_that_there_are(
    study: Any, make_article: Callable[..., Any], make_annotation: Callable[..., Any]
) -> None:
    for number, (version, verdict) in enumerate([("0.9", "valid"), ("2", "valid"), ("5", "quarantined")]):
        study.add_articles([make_article(number)])
        study.add(replace(make_annotation(make_article(number), "annotator-01"), task_version=version), verdict)
    study.build(measured=True)
    rows = list(Dataset(study.out).rows("agreement"))
    assert {(row["value"], row["task_version"]) for row in rows} == {(None, "0.9, 2")}


def test_card_and_croissant_say_the_versions_of_the_data(mixed: Any) -> None:
    made = "Made by versions 0.9, 2, 3 and 7 of the codebook {}. What is said of labels and fields is from version 1."
    assert made.format("`news-stance`") in (mixed.out / "README.md").read_text(encoding="utf-8")
    croissant = json.loads((mixed.out / "croissant.json").read_text(encoding="utf-8"))
    assert croissant["rai:dataAnnotationProtocol"][0].startswith(made.format("news-stance"))


def test_of_what_is_not_published_the_card_says_nothing(mixed: Any, tmp_path: Path) -> None:
    small = copy(mixed)
    small.out = tmp_path / "small"
    small.build(configs=("agreement",), measured=True)
    assert "Made by versions 0.9 and 2 of the codebook" in (small.out / "README.md").read_text(encoding="utf-8")


def test_what_was_joined_is_joined_again(
    study: Any, make_article: Callable[..., Any], make_annotation: Callable[..., Any]
) -> None:
    """Gold that says the first version alone, as older ones do, and annotations of several parts."""
    assert task_versions(["2", "0.9, 1", "1"]) == "0.9, 1, 2"
    assert task_versions(["of May, draft"] * 2) == "of May, draft", "one version, whatever its name holds"
    one = make_article(1)
    given = [
        replace(make_annotation(one, f"annotator-{who}"), task_version=version)
        for who, version in enumerate(["0.9, 1", "2"])
    ]
    found = agreed(layout(study.task), given)
    assert found is not None
    assert found.annotation.task_version == "0.9, 1, 2"
    kept = replace(found, annotation=given[0])
    assert holding(kept, found.made_with, given) == found
