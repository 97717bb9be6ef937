"""Haste, one answer to everything, nothing ever marked: told once at the first annotation, never by guess."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.records import Article
from curation.store import Revision, Store
from curation.text import content_hash
from curation.validation import validate
from curation.validation.habits import CONSTANT, HASTY, HASTY_SECONDS, IMPORTED_SECONDS, UNMARKED, habits

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def said(article: int, who: str, *, after: float | None = None, spent: float | None = 300.0, part: int | None = None,
         marked: int = 1, **choices: Any) -> tuple[str, str, str]:  # fmt: skip
    """Article, annotator and record of an annotation that was made so many seconds after the first."""
    made = None if after is None else (BEGAN + timedelta(seconds=after)).isoformat()
    mentions = [{"label": "Actor", "attributes": {"type": "person"}}] * marked
    record = {"mentions": mentions, "choices": choices, "created_at": made, "lead_time": spent, "part": part}
    return f"a-{article:04}", who, json.dumps(record)


def found(rows: list[tuple[str, str, str]], task) -> list[tuple[str, int]]:
    """Code and number of each finding, in the order of the rows by article."""
    numbered = [(number, *row) for number, row in enumerate(sorted(rows, key=lambda row: row[0]))]
    return [(one.code, number) for number, several in habits(numbered, task).items() for one in several]


@pytest.mark.parametrize(
    ("number", "gap", "spent", "expected"),
    [
        (HASTY, 300, 6.0, [("F_HASTE", 0)]),
        (HASTY, 300, 6.1, []),
        (HASTY - 1, 1, 1.0, []),
        (HASTY, 1, None, [("F_HASTE", 0)]),
        (HASTY, 60 / 9, None, [("F_HASTE", 0)]),
        (HASTY, 6.8, None, []),
        (HASTY, 0, 300.0, []),
        (30, 0, None, []),
        (30, 0.5, None, []),
        (30, 0.6, None, [("F_HASTE", 0)]),
        (HASTY, 300, 0.0, []),
        (200, 5, None, [("F_HASTE", 0)]),
    ],
    ids=str,
)
def test_ten_articles_a_minute(number, gap, spent, expected, task):
    assert found([said(each, "ana", after=each * gap, spent=spent) for each in range(number)], task) == expected


def test_time_of_submission_counts_and_not_the_order_of_articles(task):
    rows = [said(each, "ana", after=(HASTY - each) * 3, spent=None) for each in range(HASTY)]
    assert found(rows, task) == [("F_HASTE", HASTY - 1)]


def test_each_stretch_is_told_and_people_are_apart(task):
    slow = [said(each, "ana", after=each * 400) for each in range(20)]
    first = [said(100 + each, "ana", after=9_000 + each, spent=2.0) for each in range(12)]
    between = [said(200, "ana", after=10_000)]
    second = [said(300 + each, "ana", after=11_000 + each, spent=2.0) for each in range(15)]
    others = [said(400 + each, f"bo-{each}", after=each, spent=1.0) for each in range(40)]
    rows = [(number, *row) for number, row in enumerate([*slow, *first, *between, *second, *others])]
    told = {number: [one.message for one in several] for number, several in habits(rows, task).items()}
    assert list(told) == [20, 33]
    assert told[20] == [
        "ana submitted 12 articles from 2026-03-02 11:30:00 to 11:30:11 UTC with 24 seconds spent on all of them "
        "together, this one first"
    ]
    assert "submitted 15 articles from" in told[33][0]


def test_without_any_time_nothing_is_said(task):
    assert found([said(each, "ana", spent=None) for each in range(50)], task) == []


def answers(number: int, apart: int, *, who: str = "ana", value: str = "favor") -> Iterator[tuple[str, str, str]]:
    for each in range(number):
        yield said(each, who, after=each * 400, stance_rent_cap=value)
        yield said(each, "bo", after=each * 400, stance_rent_cap="against" if each < apart else value)


@pytest.mark.parametrize(
    ("number", "apart", "expected"),
    [
        (CONSTANT, 5, [("F_ANSWER_CONSTANT", 0)]),
        (CONSTANT, 4, []),
        (CONSTANT - 1, 10, []),
        (40, 10, [("F_ANSWER_CONSTANT", 0)]),
    ],
)
def test_the_same_answer_where_others_differ(number, apart, expected, task):
    assert found(list(answers(number, apart)), task) == expected


def test_the_message_names_the_first_choice_and_the_others(task):
    rows = [(number, *row) for number, row in enumerate(answers(20, 8))]
    ((_, (one,)),) = habits(rows, task).items()
    assert one.message == (
        "ana chose 'favor', the first choice, for 'stance_rent_cap' in every one of 20 articles that others annotated"
        " too; they differ on 8"
    )


def test_one_other_answer_is_enough_to_be_silent(task):
    rows = [*answers(30, 15), said(50, "ana", stance_rent_cap="neutral")]
    assert found(rows, task) == []


def test_nobody_else_annotated_nothing_is_said(task):
    assert found([said(each, "ana", after=each * 400, stance_rent_cap="favor") for each in range(100)], task) == []


def test_attributes_of_mentions_are_answers_too(task):
    rows = []
    for each in range(CONSTANT):
        rows += [said(each, "ana", after=each * 400, marked=3)]
        kinds = ["person", "party", "company"]
        record = {"mentions": [{"label": "Actor", "attributes": {"type": kinds[each % 3]}}]}
        rows += [(f"a-{each:04}", "bo", json.dumps(record))]
    assert found(rows, task) == [("F_ANSWER_CONSTANT", 0)]


@pytest.mark.parametrize(
    ("number", "marked", "expected"),
    [(UNMARKED, 5, [("F_NOTHING_MARKED", 0)]), (UNMARKED, 4, []), (UNMARKED - 1, 9, [])],
)
def test_nothing_ever_marked(number, marked, expected, task):
    rows = []
    for each in range(number):
        rows += [
            said(each, "ana", after=each * 400, marked=0),
            said(each, "bo", after=each * 400, marked=each < marked),
        ]
    assert found(rows, task) == expected


def test_parts_are_compared_with_the_same_part(task):
    rows = []
    for each in range(30):
        rows += [said(each, "ana", after=each * 400, part=1, stance_rent_cap="favor")]
        rows += [said(each, "bo", after=each * 400, part=2, stance_rent_cap="against")]
    assert found(rows, task) == []


_odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["mentions", "choices", "created_at", "lead_time", "part", "label"]), inner)
    ),
    max_leaves=8,
)


@given(rows=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), _odd | st.text(max_size=9)), max_size=30))
def test_no_record_makes_it_fail(rows, task):
    numbered = [(n, a, who, json.dumps(one)) for n, (a, who, one) in enumerate(sorted(rows, key=lambda row: row[0]))]
    habits(numbered, task)


@given(gaps=st.lists(st.floats(0, 400), min_size=1, max_size=60), spent=st.none() | st.floats(0, 20))
def test_haste_is_what_counting_by_hand_finds(gaps, spent, task):
    times, rows = 0.0, []
    for each, gap in enumerate(gaps):
        times += gap
        rows.append((times, said(each, "ana", after=times, spent=spent)))
    made = [datetime.fromisoformat(json.loads(row[2])["created_at"]).timestamp() for _, row in rows]
    if spent:
        hasty = len(rows) >= HASTY and sum([spent] * HASTY) <= HASTY_SECONDS - 1e-4
        unsure = abs(spent * HASTY - HASTY_SECONDS) <= 1e-4
    else:
        within = [made[at + HASTY - 1] - made[at] for at in range(len(made) - HASTY + 1)]
        hasty = any(IMPORTED_SECONDS < each <= HASTY_SECONDS for each in within)
        unsure = False
    if not unsure:
        assert bool(found([row for _, row in rows], task)) is hasty


def test_memory_grows_by_a_few_bytes_an_annotation(task):
    def rows(number: int) -> Iterator[tuple[int, str, str, str]]:
        chance = random.Random(1)
        for each in range(number):
            stance = chance.choice(["favor", "against"])
            row = said(each // 3, f"ana-{each % 3}", after=each * 30.0, stance_rent_cap=stance)
            yield (each, *row)

    def peak(number: int) -> int:
        tracemalloc.start()
        habits(rows(number), task)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(500)
    assert (peak(12_000) - peak(2_000)) / 10_000 < 80


@pytest.fixture
def hasty(record, tmp_path) -> Iterator[tuple[Store, Any]]:
    """A store, and how an annotation of another article comes into it."""
    with Store(tmp_path) as store:

        def add(number: int, after: float) -> None:
            name = f"a-{number:03}"
            made = replace(
                record, id=f"u-{number:03}", article_id=name, lead_time=3.0,
                created_at=(BEGAN + timedelta(seconds=after)).isoformat(),
            )  # fmt: skip
            raw = Revision(made.id, "r1", {"created_at": made.created_at}, {"article_id": name})
            text = (Path(__file__).parent / "conftest.py").read_text(encoding="utf-8")
            with store.transaction():
                store.articles.add(Article(name, text, content_hash(text)))
                store.annotations.add_revision(raw, pulled_at="2026-01-01T00:00:00Z")
                store.annotations.put(
                    raw, task="news-stance", status="submitted", annotator="annotator-01", record=made, problems=(),
                    decoded_with="d",
                )  # fmt: skip

        yield store, add


def test_what_is_striking_follows_the_annotations_that_are_there(hasty, task, schemas):
    store, add = hasty

    def striking() -> list[tuple[str | None, str]]:
        report = validate(store, task, schemas)
        checked.append(report.checked)
        return [(one.annotation, one.message.split(" from")[0]) for one in report.findings if one.code == "F_HASTE"]

    checked: list[int] = []
    for number in range(HASTY - 1):
        add(number, number * 5)
    assert striking() == []
    add(HASTY - 1, 45)
    assert striking() == [("u-000", "annotator-01 submitted 10 articles")]
    assert striking() == [("u-000", "annotator-01 submitted 10 articles")]
    add(HASTY, 50)
    assert striking() == [("u-000", "annotator-01 submitted 11 articles")]
    with store.transaction():
        store.annotations.mark_deleted(["u-000"])
    assert striking() == [("u-001", "annotator-01 submitted 10 articles")]
    with store.transaction():
        store.annotations.mark_deleted(["u-005"])
    assert striking() == []
    # Only what is new and the one that the finding stands at, or stood at, is judged.
    assert checked == [9, 2, 0, 2, 1, 1]
