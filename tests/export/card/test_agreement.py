"""The figures of agreement that are published: those of the study, of a sample that depends on nothing but ids."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from curation.agreement import Bootstrap
from curation.agreement.collecting import collect
from curation.agreement.study import ALL_MEASURES
from curation.agreement.study import study as measure
from curation.export.agreed import (
    AGREEMENT_MEASURES,
    AgreementFigure,
    AgreementFigures,
    agreement_features,
    agreement_rows,
    rounded,
)
from curation.export.reading import Dataset
from curation.workspace.published_agreement import published_agreement, sample

FEW = Bootstrap(resamples=50)


def test_they_are_those_of_the_study(carded: Any) -> None:
    """Every figure of the report but those by annotator and over time is a row of the config, rounded."""
    report = measure(collect(carded.store, carded.task), carded.task, bootstrap=FEW)
    figures = [*report.figures, *(figure for one in report.fields for figure in one.by_label)]
    wanted = {
        (one.of, one.measure, one.level, one.n_items, one.n_annotators, *map(rounded, (one.value, one.low, one.high)))
        for one in figures
    }
    rows = list(Dataset(carded.out).rows("agreement"))
    names = ("of", "measure", "level", "n_units", "n_annotators", "value", "ci_low", "ci_high")
    assert {tuple(row[name] for name in names) for row in rows} == wanted
    assert len(rows) == len(figures) > 40
    assert {row["task_version"] for row in rows} == {"1"}
    assert {row["method"] for row in rows} == {"computed"}
    assert all(row["reason"] for row in rows if row["value"] is None)


def test_rows_keep_to_their_schema_and_features(carded: Any) -> None:
    found = published_agreement(carded.store, carded.task, bootstrap=FEW)
    for row in agreement_rows(found):
        carded.schemas.require("rows/agreement", row, "a row")
        assert list(row) == [name for name, _ in agreement_features()]


def test_columns_of_few_values_are_classes(carded: Any) -> None:
    """Each measure that a study can hold has an id; a method has the same one as in the other configs."""
    dataset = Dataset(carded.out)
    found = dataset.features("agreement")
    assert found["measure"].names == list(AGREEMENT_MEASURES)
    assert set(AGREEMENT_MEASURES) == set(ALL_MEASURES)
    assert found["level"].names == ["nominal", "ordinal", "interval", "ratio"]
    assert found["method"].names[:-1] == dataset.features("gold")["method"].names
    levels = [row["level"] for row in dataset.rows("agreement")]
    assert {"nominal", None} <= set(levels)


@pytest.mark.parametrize("most", [1, 7, 19, 500])
def test_the_sample_depends_on_ids_alone(most: int) -> None:
    ids = [f"article-{number}" for number in range(19)]
    shuffled = random.Random(most).sample(ids, len(ids))
    assert sample(ids, most) == sample(shuffled, most) == sorted(sample(ids, most))
    assert len(sample(ids, most)) == min(most, 19)
    fewer = [one for one in ids if one not in sample(ids, 1)]
    assert set(sample(ids, most)) - set(sample(ids, 1)) <= set(sample(fewer, most))


def test_more_articles_than_are_measured(carded: Any) -> None:
    """A sample measures what a study of those articles alone would, and says what it was drawn from."""
    found = published_agreement(carded.store, carded.task, most=8, bootstrap=FEW)
    assert (found.articles, found.shared, found.is_sample) == (8, 19, True)
    shared = list(carded.store.submitted.shared(carded.task.name))
    report = measure(collect(carded.store, carded.task, only=sample(shared, 8)), carded.task, bootstrap=FEW)
    wanted = {(one.of, one.measure): one.value for one in report.figures}
    assert {(one.of, one.measure): one.value for one in found.figures if one.scope != "value"} == wanted
    assert all(one.n_units <= 8 for one in found.figures)


def test_those_alone_are_read_that_are_wanted(carded: Any) -> None:
    every = {one.article.id: one for one in collect(carded.store, carded.task)}
    assert list(collect(carded.store, carded.task, only=["article-004", "article-007", "gone"])) == [
        every["article-004"],
        every["article-007"],
    ]


def test_one_annotator_has_nothing_to_agree_with(
    study: Any,
    make_article: Callable[[int], Any],
    make_annotation: Callable[..., Any],
    build_with_agreement: Callable[..., Any],
) -> None:
    for number in range(3):
        study.add_articles([make_article(number)])
        study.add(make_annotation(make_article(number), "annotator-01"))
    build_with_agreement(study)
    rows = list(Dataset(study.out).rows("agreement"))
    assert {row["of"] for row in rows} == {"stance_congestion_charge", "stance_rent_cap", ""}
    assert {(row["value"], row["ci_low"], row["n_units"], row["n_annotators"]) for row in rows} == {(None, None, 0, 1)}
    assert {row["reason"] for row in rows} == {"no article has valid annotations of two annotators"}
    assert "There are no figures of agreement: no article has valid" in (study.out / "README.md").read_text(
        encoding="utf-8"
    )


def test_published_figures_have_four_decimals() -> None:
    one = AgreementFigure("field", "stance", "krippendorff_alpha", "nominal", 1 / 3, -1e-9, 2 / 3, 5, 2, None)
    (row,) = agreement_rows(AgreementFigures((one,), task_version="2"))
    assert (row["value"], row["ci_low"], row["ci_high"], row["task_version"]) == (0.3333, 0.0, 0.6667, "2")
    assert str(row["ci_low"]) == "0.0"
    (row,) = agreement_rows(AgreementFigures((replace(one, value=None, reason="none"),)))
    assert row["value"] is None
