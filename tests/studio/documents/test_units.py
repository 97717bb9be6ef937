"""A project whose offsets count another unit: found, reported once, converted on request, and taken back."""

from __future__ import annotations

from collections import Counter

import pytest

from curation.records import Article
from curation.studio.counting import doubtful, fix
from curation.studio.intake import take
from curation.studio.misplaced import Misplaced
from curation.text import content_hash
from curation.units import CODE_POINTS, from_code_points
from curation.validation import validate

SERVER = "https://ls.example.org"
TEXTS = [
    "Storm 🌀 over the harbour.\nMayor Ines Holt 👩‍🚒 spoke.\nThe guild did not.",
    "🚗🚗 The council of Göteborg met.\nNobody else did.",
]
WORDS = [["harbour", "Ines Holt", "guild"], ["council", "Göteborg", "Nobody"]]


@pytest.fixture
def keep(store, press, schemas):
    """Take in one person's annotations of the two texts, whose offsets count a unit."""

    def call(unit, *, who=1, project=7, texts=TEXTS, stored=True, words=WORDS):
        with store.transaction():
            for position, text in enumerate(texts):
                store.articles.add(Article(f"a-{position}", text, content_hash(text)))
                rows = [row(text, word, unit, stored) for word in words[position]]
                raw = {"id": who * 10 + position, "completed_by": who, "result": rows, "was_cancelled": False}
                item = {
                    "id": position + 1,
                    "data": {"article_id": f"a-{position}", "text": text},
                    "annotations": [raw],
                }
                take(
                    store, press, schemas, item,
                    server=SERVER, project_id=project, pulled_at="2026-03-02T10:00:00+00:00", url_of=lambda _: None,
                )  # fmt: skip

    return call


def row(text, word, unit, stored):
    start, end = from_code_points(text, text.index(word), text.index(word) + len(word), unit)
    value = {"start": start, "end": end, "labels": ["Claim"], **({"text": word} if stored else {})}
    return {
        "id": f"r-{word}", "from_name": "span", "to_name": "text", "type": "labels", "origin": "manual", "value": value,
    }  # fmt: skip


@pytest.fixture
def fixed(store, press, schemas):
    """Decide about offsets."""

    def call(choice="auto"):
        with store.transaction():
            return fix(store, press, schemas, choice)

    return call


def problems(store):
    return Counter(problem.code for one in store.annotations.all() for problem in one.problems)


def unit_findings(store, task):
    """What is said of each annotation."""
    misplaced = Misplaced(store, task)
    return {one.id: found for one in everything(store) for found in misplaced.of(one)}


def mentions(store):
    return sorted(mention.text for one in store.annotations.all() for mention in one.record.mentions)


def everything(store):
    return [store.annotations.get(one) for one in store.annotations.ids()]


@pytest.mark.parametrize("unit", ["utf-16", "utf-8", "code-points-crlf", "utf-16-crlf"])
def test_a_project_is_converted_on_request_and_back(unit, store, press, keep, fixed):
    keep(unit)
    before = everything(store)
    assert problems(store)["F_TEXT_MISMATCH"] >= 3
    found = unit_findings(store, press).values()
    [first] = [one for one in found if "informative spans fit" in one.message]
    [second] = [one for one in found if one != first]
    assert {(found.code, found.severity) for found in (first, second)} == {("F_OFFSET_UNIT", "error")}
    assert "in project 7 of https://ls.example.org" in first.message
    assert "informative spans fit" in first.message
    assert "informative spans fit" not in second.message
    assert (
        len(first.regions) + len(second.regions)
        == problems(store)["F_TEXT_MISMATCH"] + problems(store)["F_OFFSET_RANGE"]
    )
    [done] = fixed()
    assert (done.unit, done.converted, done.reread) == (unit, 2, 2)
    assert mentions(store) == sorted([*WORDS[0], *WORDS[1]])
    assert problems(store) == {"F_OFFSET_CONVERTED": 2}
    assert unit_findings(store, press) == {}
    assert [one.raw for one in everything(store)] == [one.raw for one in before]
    assert store.units.get(SERVER, 7).evidence["fits"][unit] == 6
    assert fixed() == []
    [undone] = fixed("none")
    assert (undone.unit, undone.reread) == (None, 2)
    assert everything(store) == before
    assert fixed("none") == []


def test_later_pulls_are_converted_unless_they_count_code_points(store, keep, fixed):
    keep("utf-16")
    fixed()
    keep("utf-16", who=2)
    keep(CODE_POINTS, who=3)
    assert problems(store) == {"F_OFFSET_CONVERTED": 4}
    assert mentions(store) == sorted([*WORDS[0], *WORDS[1]] * 3)


def test_spans_without_a_stored_text_follow_a_project_that_is_certain(store, keep, fixed):
    keep("utf-16")
    keep("utf-16", who=2, stored=False)
    fixed()
    assert mentions(store) == sorted([*WORDS[0], *WORDS[1]] * 2)
    assert any("as its project's do" in problem.message for one in everything(store) for problem in one.problems)


def test_few_spans_move_themselves_and_no_others(store, press, keep, fixed):
    keep("utf-16", texts=TEXTS[:1], words=[["guild"]])
    keep("utf-16", who=2, texts=TEXTS[:1], words=[["guild"]], stored=False)
    assert "these are few" in next(iter(unit_findings(store, press).values())).message
    fixed()
    assert problems(store) == {"F_OFFSET_CONVERTED": 1}
    first, second = sorted(mentions(store), key=lambda text: text != "guild")
    assert (first, second == "guild") == ("guild", False)


def test_a_mixed_project_is_not_converted_by_majority(store, press, keep, fixed):
    keep("utf-16")
    keep("utf-16", who=2)
    keep(CODE_POINTS, who=3)
    before = everything(store)
    [found] = [one for one in unit_findings(store, press).values() if "no unit fits all" in one.message]
    assert "annotator-01 UTF-16 units (6 of 6)" in found.message
    assert "annotator-03 code points (6 of 6)" in found.message
    [left] = fixed()
    assert left.unit is None
    assert "is left alone" in str(left)
    assert everything(store) == before
    # By name, each annotation is converted on its own evidence.
    [done] = fixed("utf-16")
    assert (done.unit, done.converted, done.reread) == ("utf-16", 4, 6)
    assert mentions(store) == sorted([*WORDS[0], *WORDS[1]] * 3)


def test_a_project_that_counts_code_points_is_never_looked_through(store, press, keep, fixed):
    keep(CODE_POINTS)
    assert list(doubtful(store, press)) == []
    assert (unit_findings(store, press), fixed(), fixed("utf-16")) == ({}, [], [])


def test_a_span_that_does_not_fit_stays_an_error(store, keep, fixed, press, schemas):
    keep("utf-16")
    bad = row(TEXTS[0], "guild", "utf-16", stored=True)
    bad["value"]["text"] = "tower"
    inside = {**row(TEXTS[0], "Storm", CODE_POINTS, stored=False), "id": "cut"}
    inside["value"] |= {"start": 7, "end": 12}
    good = row(TEXTS[0], "Ines Holt", "utf-16", stored=True)
    raw = {"id": 90, "completed_by": 9, "result": [bad, inside, good]}
    item = {"id": 9, "data": {"article_id": "a-0", "text": TEXTS[0]}, "annotations": [raw]}
    around = {"server": SERVER, "project_id": 7, "pulled_at": "2026-03-02T10:00:00+00:00", "url_of": lambda _: None}
    fixed()
    with store.transaction():
        take(store, press, schemas, item, **around)
    [one] = [one for one in everything(store) if one.annotator and one.raw["id"] == 90]
    assert [(found.code, found.region) for found in one.problems] == [
        ("F_OFFSET_UNIT", "cut"),
        ("F_OFFSET_CONVERTED", None),
        ("F_TEXT_MISMATCH", "r-guild"),
    ]


def test_projects_are_told_apart(store, press, keep, fixed):
    keep("utf-16", project=7)
    keep("utf-8", project=8, who=2)
    assert [(one.project, one.evidence.unit) for one in doubtful(store, press)] == [(7, "utf-16"), (8, "utf-8")]
    assert [(one.project, one.unit) for one in fixed()] == [(7, "utf-16"), (8, "utf-8")]


def test_each_text_is_read_in_its_own_unit_of_line_breaks(store, press, keep, fixed):
    texts = [text.replace("\n", "\r\n") for text in TEXTS]
    keep("utf-16-lf", texts=texts)
    [done] = fixed()
    assert done.unit == "utf-16-lf"
    assert mentions(store) == sorted([*WORDS[0], *WORDS[1]])


def test_a_text_that_was_edited_on_the_server_is_said_once(store, keep, press, schemas):
    keep(CODE_POINTS)
    edited = TEXTS[0].replace("Storm", "A great storm")
    result = [row(TEXTS[0], word, CODE_POINTS, stored=True) for word in WORDS[0]]
    raw = {"id": 90, "completed_by": 9, "result": [*result, row(edited, "storm", CODE_POINTS, stored=True)]}
    item = {"id": 9, "data": {"article_id": "a-0", "text": edited}, "annotations": [raw]}
    around = {"server": SERVER, "project_id": 7, "pulled_at": "2026-03-02T10:00:00+00:00", "url_of": lambda _: None}
    with store.transaction():
        take(store, press, schemas, item, **around)
    report = validate(store, press, schemas, beside=Misplaced(store, press).of)
    [found] = [one for one in report.findings if one.code in ("F_TEXT_CHANGED", "F_TEXT_MISMATCH")]
    assert found.regions == tuple(f"r-{word}" for word in WORDS[0])
    assert "no longer the workspace's, on which 3 of 4 spans were marked" in found.message
