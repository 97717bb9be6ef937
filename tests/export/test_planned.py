"""Splits of real builds: what never stands on two sides, what is held out, and what never moves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curation.errors import CurationError
from curation.export.reading import Dataset


def splits_of(study):
    dataset = Dataset(study.out)
    return {
        row["article_id"]: split for split in dataset.configs["articles"] for row in dataset.rows("articles", split)
    }


@pytest.fixture
def published(study, make_article, make_annotation):
    """Adds articles of these outlets and dates, each with one annotation."""

    def add(*said, first=0):
        articles = [
            replace(make_article(number), outlet=outlet, published_at=date)
            for number, (outlet, date) in enumerate(said, start=first)
        ]
        study.add_articles(articles)
        for one in articles:
            study.add(make_annotation(one, "annotator-01"))
        return articles

    return add


def test_no_outlet_stands_in_two_splits(study, published):
    articles = published(*((f"Outlet {number % 9}", None) for number in range(36)))
    assert study.build(by=("outlet",)).held_out == {}
    splits = splits_of(study)
    assert set(splits.values()) == {"train", "validation", "test"}
    by_outlet = {}
    for one in articles:
        by_outlet.setdefault(one.outlet, set()).add(splits[one.id])
    assert all(len(found) == 1 for found in by_outlet.values())


def test_by_time_train_comes_before_test_and_undated_articles_are_held_out(study, published):
    dated = published(*((None, f"2026-01-{day:02d}") for day in range(1, 21)))
    (undated,) = published((None, None), first=20)
    result = study.build(by=("time",), measured=False)
    assert result.held_out == {"undated": 1}
    assert result.articles == 20
    splits = splits_of(study)
    assert undated.id not in splits
    dates = {split: [one.published_at for one in dated if splits[one.id] == split] for split in study.export.splits}
    assert max(dates["train"]) < min(dates["validation"])
    assert max(dates["validation"]) < min(dates["test"])
    text = "".join(path.read_text() for path in study.out.glob("*.md"))
    assert "has no date" in text


def test_what_was_published_never_moves(study, published):
    published(*((f"Outlet {number}", None) for number in range(12)))
    study.build()
    before = splits_of(study)
    for first in (12, 17, 30):
        published(*((f"Outlet {number}", None) for number in range(first, first + 5)), first=first)
        study.build()
        now = splits_of(study)
        assert {one: now[one] for one in before} == before
        before = now
    assert len(before) == 27


def test_another_seed_plans_anew_and_the_former_one_goes_on(study, published):
    published(*((None, None) for _ in range(20)))
    study.build()
    first = splits_of(study)
    study.build(seed="another")
    assert splits_of(study) != first
    study.build()
    assert splits_of(study) == first


def test_groups_that_the_task_cannot_tell(study, published):
    published((None, None))
    study.task = replace(study.task, labels={}, relations={})
    with pytest.raises(CurationError) as error:
        study.build(by=("actor",))
    assert error.value.code == "E_DEFINITION"
    assert "actor" in error.value.message


def test_groups_that_leave_no_fair_split(study, published):
    published(*((f"Outlet {number % 2}", None) for number in range(20)))
    with pytest.raises(CurationError) as error:
        study.build(by=("outlet",))
    assert error.value.code == "E_SPLIT_GROUPS"


def test_words_without_a_name_tie_no_articles_and_those_with_one_do(study, make_article, make_annotation):
    """ "She" is marked in every article, and in three each she is the same as one of ten, told by name or by item."""
    articles = [make_article(number) for number in range(30)]
    study.add_articles(articles)
    for number, one in enumerate(articles):
        record = make_annotation(one, "annotator-01")
        she, who, *claims = record.mentions
        given = {
            "type": "person",
            **({"name": f"Person {number % 5}"} if number % 10 < 5 else {"wikidata": f"Q{number % 5}"}),
        }
        mentions = (replace(she, text="she", attributes={"type": "person"}), replace(who, attributes=given), *claims)
        study.add(replace(record, mentions=mentions))
    assert study.build(by=("actor",)).held_out == {}
    splits = splits_of(study)
    assert set(splits.values()) == {"train", "validation", "test"}
    by_actor = {}
    for number, one in enumerate(articles):
        by_actor.setdefault((number % 10 < 5, number % 5), set()).add(splits[one.id])
    assert len(by_actor) == 10
    assert all(len(found) == 1 for found in by_actor.values())


def test_a_task_that_gives_actors_no_names_cannot_be_split_by_them(study, published):
    published((None, None))
    label = study.task.labels["Actor"]
    unnamed = replace(label, attributes={"type": label.attributes["type"]})
    study.task = replace(study.task, labels={**study.task.labels, "Actor": unnamed})
    with pytest.raises(CurationError, match="tells no actors"):
        study.build(by=("actor",))
