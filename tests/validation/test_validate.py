"""Judging what is stored: every annotation once, again only when something changed, and nothing ever lost."""

from __future__ import annotations

import importlib
import shutil
import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.catalog import Root, Schemas, load_task
from curation.findings import finding
from curation.records import Annotation, Article, Finding, Reject, to_json
from curation.store import Revision, Store, Version
from curation.text import content_hash
from curation.validation import examine, validate

URL = "http://127.0.0.1:8080/projects/1/data?task=4"


@contextmanager
def opened() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
        yield store


@pytest.fixture
def store(article):
    with opened() as store:
        with store.transaction():
            store.articles.add(article)
        yield store


def put(
    store: Store,
    record: Annotation | None,
    *,
    name: str = "u-1",
    revision: str = "r1",
    annotator: str | None = "annotator-01",
    article_id: str | None = "charge-1",
    status: str = "submitted",
    problems: tuple[Finding, ...] = (),
    project: int | None = 1,
    created_at: object = "2026-03-02T09:14:00Z",
) -> None:
    """Store an annotation as a pull does."""
    context = {"article_id": article_id, "url": URL, "server": "http://127.0.0.1:8080", "project": project}
    raw = Revision(name, revision, {"result": [revision], "created_at": created_at}, context)
    if record is not None:
        record = replace(record, id=name, annotator=annotator, status=status)
    with store.transaction():
        store.annotations.add_revision(raw, pulled_at="2026-01-01T00:00:00Z")
        store.annotations.put(
            raw,
            task="news-stance",
            status=status,
            annotator=annotator,
            record=record,
            problems=problems,
            decoded_with="d",
        )


def verdicts(store: Store) -> dict[str, str | None]:
    return {one.id: one.verdict for one in store.annotations.all()}


def broken(record: Annotation) -> Annotation:
    """Without its first relation a claim has no holder."""
    return replace(record, relations=record.relations[1:])


def test_an_empty_workspace(store, task, schemas):
    report = validate(store, task, schemas)
    assert (report.checked, report.valid, report.quarantined, report.findings, report.by_code) == (0, 0, 0, (), {})


def test_each_annotation_is_judged_and_findings_say_where(store, record, task, schemas):
    put(store, record, name="u-1", annotator="annotator-01")
    put(store, broken(record), name="u-2", annotator="annotator-02")
    put(store, replace(record, origin="prediction"), name="u-3", annotator="annotator-03")
    put(store, None, name="u-4", annotator="annotator-04", problems=(finding("F_RAW_SCHEMA", "no result"),))
    put(store, record, name="u-5", annotator="annotator-05", status="skipped")
    put(store, record, name="u-6", annotator="annotator-06", status="draft")
    seen: list[tuple[int, int | None]] = []
    report = validate(store, task, schemas, progress=lambda done, total: seen.append((done, total)))
    assert verdicts(store) == {
        "u-1": "valid", "u-2": "quarantined", "u-3": "valid", "u-4": "quarantined", "u-5": None, "u-6": None,
    }  # fmt: skip
    assert (report.checked, report.unchanged, report.valid, report.quarantined) == (4, 0, 2, 2)
    assert (report.skipped, report.drafts) == (1, 1)
    assert report.by_code == {"F_HOLDER_MISSING": 1, "F_RAW_SCHEMA": 1, "F_SUGGESTION_UNTOUCHED": 1}
    places = [(one.code, one.annotation, one.annotator, one.article_id, one.url) for one in report.findings]
    assert places == [
        ("F_HOLDER_MISSING", "u-2", "annotator-02", "charge-1", URL),
        ("F_SUGGESTION_UNTOUCHED", "u-3", "annotator-03", "charge-1", URL),
        ("F_RAW_SCHEMA", "u-4", "annotator-04", "charge-1", URL),
    ]
    assert seen[-1] == (6, 6)


def test_a_second_run_has_nothing_to_do_and_still_reports(store, record, task, schemas, monkeypatch):
    put(store, broken(record))
    first = validate(store, task, schemas)
    monkeypatch.setattr(store.annotations, "judge", lambda *_, **__: pytest.fail("judged again"))
    second = validate(store, task, schemas)
    assert (second.checked, second.unchanged) == (0, 1)
    assert second.findings == first.findings
    assert (second.valid, second.quarantined, second.by_code) == (first.valid, first.quarantined, first.by_code)


def test_a_mended_annotation_becomes_valid(store, record, task, schemas):
    put(store, broken(record), revision="r1")
    assert validate(store, task, schemas).quarantined == 1
    put(store, record, revision="r2")
    report = validate(store, task, schemas)
    assert (report.checked, report.valid, report.findings) == (1, 1, ())


def test_an_article_that_arrives_or_changes_is_noticed(store, record, task, schemas):
    other = "Another text."
    put(store, replace(record, article_id="late"), article_id="late")
    assert [one.code for one in validate(store, task, schemas).findings] == ["F_ARTICLE_UNKNOWN"]
    late = Article("late", other, content_hash(other))
    with store.transaction():
        store.articles.add(late)
    report = validate(store, task, schemas)
    assert (report.checked, list(report.by_code)) == (1, ["F_TEXT_CHANGED"])
    plain = replace(record, article_id="late", article_sha256=late.sha256, mentions=(), relations=())
    put(store, plain, article_id="late", revision="r2")
    assert validate(store, task, schemas).valid == 1
    with store.transaction():
        store.articles.replace(replace(late, text="New.", sha256=content_hash("New.")))
    assert list(validate(store, task, schemas).by_code) == ["F_TEXT_CHANGED"]


def test_an_article_that_is_refused_by_now_is_told(store, record, article, task, schemas):
    kept = replace(article, source="wire.jsonl:3", file="f1")
    with store.transaction():
        store.articles.replace(kept)
    put(store, record)
    assert validate(store, task, schemas).findings == ()
    with store.transaction():
        store.articles.reject(Reject("wire.jsonl:3", "R_EMPTY", "there is no text", b"", file="another"))
    assert validate(store, task, schemas).findings == ()
    with store.transaction():
        store.articles.reject(Reject("wire.jsonl:3", "R_EMPTY", "there is no text", b"", file="f1"))
    report = validate(store, task, schemas)
    assert (report.checked, report.valid, report.by_code) == (1, 1, {"F_ARTICLE_REFUSED": 1})
    assert "there is no text" in report.findings[0].message
    with store.transaction():
        store.articles.mend(kept)
    assert validate(store, task, schemas).findings == ()


def test_what_the_caller_finds_beside_the_rules_counts_and_is_judged_when_it_changes(store, record, task, schemas):
    put(store, record)
    put(store, record, name="u-2", annotator="annotator-02")
    wrong = {"u-2": [finding("F_LABEL_UNKNOWN", "not in that version")]}
    report = validate(store, task, schemas, beside=lambda one: wrong.get(one.id, ()))
    assert (report.valid, report.quarantined, report.by_code) == (1, 1, {"F_LABEL_UNKNOWN": 1})
    assert (report.by_severity, report.findings[0].annotation) == ({"error": 1}, "u-2")
    again = validate(store, task, schemas, beside=lambda one: wrong.get(one.id, ()))
    assert (again.checked, again.unchanged) == (0, 2)
    report = validate(store, task, schemas)
    assert (report.checked, report.valid, report.findings) == (1, 2, ())


def test_findings_are_read_from_the_store_one_at_a_time(store, record, task, schemas):
    for number in range(3):
        put(store, broken(record), name=f"u-{number}", annotator=f"annotator-{number:02}")
    report = validate(store, task, schemas)
    found = report.findings
    assert [one.annotation for one in found] == [one.annotation for one in found] == ["u-0", "u-1", "u-2"]
    assert (len(found), found[-1].annotation, [one.annotation for one in found[1:]]) == (3, "u-2", ["u-1", "u-2"])
    with pytest.raises(IndexError):
        found[3]
    assert to_json(report)["findings"] == [to_json(one) for one in found]


def test_annotations_are_gone_through_once_in_their_order(store, record, task, schemas, monkeypatch):
    monkeypatch.setattr("curation.store.annotations._PAGE", 2)
    for number in range(5):
        put(store, record, name=f"u-{number}", article_id=f"a-{number % 3}", annotator=f"annotator-{number:02}")
        put(store, None, name=f"x-{number}", article_id=None, annotator=None)
    put(store, record, name="u-9", article_id="a-1", status="draft")
    together = [[one.id for one in several] for several in store.annotations.by_article("news-stance")]
    assert together == [*([f"x-{n}"] for n in range(5)), ["u-0", "u-3"], ["u-1", "u-9", "u-4"], ["u-2"]]
    assert [*chain.from_iterable(together)] == [one.id for one in store.annotations.all()]
    assert validate(store, task, schemas).checked == 10


def test_two_annotations_of_one_person_and_article(store, record, task, schemas):
    put(store, record, name="u-1")
    put(store, record, name="other", annotator="annotator-02")
    assert validate(store, task, schemas).valid == 2
    put(store, record, name="u-2")
    report = validate(store, task, schemas)
    assert (report.checked, report.unchanged) == (2, 1)
    assert [(one.code, one.annotation) for one in report.findings] == [
        ("F_ANNOTATION_DOUBLED", "u-1"),
        ("F_ANNOTATION_DOUBLED", "u-2"),
    ]
    assert "u-2" in report.findings[0].message
    with store.transaction():
        store.annotations.mark_deleted(["u-2"])
    report = validate(store, task, schemas)
    assert (report.valid, report.quarantined, report.findings) == (2, 0, ())


def test_annotating_again_in_a_newer_project_supersedes(store, record, task, schemas):
    put(store, record, name="first", project=1, created_at="2026-03-02T09:14:00Z")
    put(store, record, name="other", annotator="annotator-02")
    assert validate(store, task, schemas).valid == 2
    put(store, record, name="again", project=2, created_at="2026-03-02T09:14:00.5Z")
    report = validate(store, task, schemas)
    assert [(one.code, one.annotation) for one in report.findings] == [("F_ANNOTATION_SUPERSEDED", "first")]
    assert "a newer project's annotation takes its place (again)" in report.findings[0].message
    assert verdicts(store) == {"first": "quarantined", "again": "valid", "other": "valid"}
    with store.transaction():
        store.annotations.mark_deleted(["again"])
    assert validate(store, task, schemas).findings == ()
    assert verdicts(store)["first"] == "valid"


def test_doubles_in_the_newer_project_stay_doubles(store, record, task, schemas):
    put(store, record, name="old-1", project=3, created_at="2026-03-01T09:00:00Z")
    put(store, record, name="old-2", project=3, created_at="2026-03-03T09:00:00Z")
    put(store, record, name="new-1", project=2, created_at="2026-03-02T09:00:00Z")
    put(store, record, name="new-2", project=2, created_at="2026-03-04T09:00:00Z")
    assert {one.annotation: one.code for one in validate(store, task, schemas).findings} == {
        "old-1": "F_ANNOTATION_SUPERSEDED",
        "old-2": "F_ANNOTATION_SUPERSEDED",
        "new-1": "F_ANNOTATION_DOUBLED",
        "new-2": "F_ANNOTATION_DOUBLED",
    }


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2026-03-02T09:00:00+02:00", "2026-03-02T08:00:00Z"),
        ("2026-03-02T09:00:00", "2026-03-02T09:00:01Z"),
        (None, "2026-03-02T09:00:00Z"),
        ("yesterday", "2026-03-02T09:00:00Z"),
        (None, 17),
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
    ],
    ids=str,
)
def test_the_project_of_the_newest_annotation_stands(store, record, task, schemas, older, newer):
    put(store, record, name="b", project=7, created_at=older)
    put(store, record, name="a", project=8, created_at=newer)
    assert [one.annotation for one in validate(store, task, schemas).findings] == ["b"]


@pytest.mark.parametrize(
    "second",
    [{"status": "draft"}, {"status": "skipped"}, {"annotator": None}, {"round": 2}, {"article_id": "other"}],
    ids=str,
)
def test_annotations_that_double_nothing(store, record, task, schemas, second):
    put(store, record, name="u-1")
    changed = replace(record, round=second.get("round", 1), article_id=second.get("article_id", "charge-1"))
    where = {key: value for key, value in second.items() if key != "round"}
    put(store, None if second.get("annotator", "") is None else changed, name="u-2", **where)
    assert "F_ANNOTATION_DOUBLED" not in validate(store, task, schemas).by_code


def test_people_without_article_do_not_double_each_other(store, record, task, schemas):
    for name in ("u-1", "u-2"):
        put(store, None, name=name, article_id=None, problems=(finding("F_ARTICLE_UNKNOWN", "none"),))
    assert validate(store, task, schemas).by_code == {"F_ARTICLE_UNKNOWN": 2}


def test_changed_rules_are_applied_to_everything(store, record, schemas, root, tmp_path):
    shutil.copytree(root.folder("tasks"), tmp_path / "tasks")
    (tmp_path / "schemas").symlink_to(root.folder("schemas"))
    task_file = tmp_path / "tasks" / "news-stance" / "task.toml"
    here = Root(tmp_path, is_workspace=False, settings={})
    put(store, record)
    assert validate(store, load_task(here, "news-stance"), schemas).valid == 1
    task_file.write_text(task_file.read_text(encoding="utf-8").replace('"causal", ', ""), encoding="utf-8")
    report = validate(store, load_task(here, "news-stance"), schemas)
    assert (report.checked, list(report.by_code)) == (1, ["F_VALUE_UNKNOWN"])


@pytest.mark.parametrize(("value", "is_told"), [("mixed", True), ("indirect", False)])
def test_only_a_name_that_the_task_has_no_more_is_one_that_was_migrated(store, record, task, schemas, value, is_told):
    """A value of another field was never one of this one's: no map mends it."""
    with store.transaction():
        store.versions.keep(
            Version(task.name, "interface", "0" * 12, "<View/>", "2026-01-01", frozenset({"mixed", "indirect"}))
        )
    put(store, replace(record, interface="0" * 12, choices={**record.choices, "stance_rent_cap": value}))
    (found,) = validate(store, task, schemas).findings
    assert found.code == "F_VALUE_UNKNOWN"
    assert ("was known to the interface" in found.message, "task migrate" in found.fix) == (is_told, is_told)


def test_a_changed_schema_is_applied_to_everything(store, record, task, root, tmp_path):
    shutil.copytree(root.folder("schemas"), tmp_path / "schemas")
    file = tmp_path / "schemas" / "annotation.json"
    put(store, record)
    assert validate(store, task, Schemas(tmp_path / "schemas")).valid == 1
    file.write_text(file.read_text(encoding="utf-8").replace('"minimum": 1', '"minimum": 2'), encoding="utf-8")
    report = validate(store, task, Schemas(tmp_path / "schemas"))
    assert (report.checked, list(report.by_code)) == (1, ["F_RECORD_SCHEMA"])


def test_other_tasks_are_left_alone(store, record, task, schemas):
    put(store, broken(record))
    report = validate(store, replace(task, name="claim-stance"), schemas)
    assert (report.checked, report.findings, verdicts(store)) == (0, (), {"u-1": None})


def test_what_was_reported_while_reading_is_not_repeated(record, article, task, schemas):
    wrong = replace(record.mentions[0], end=9999)
    odd = replace(record, mentions=(wrong, *record.mentions[1:]))
    problem = finding("F_OFFSET_RANGE", "6–9999 is no span", region="moss", json_pointer="/result/0/value/end")
    assert examine(odd, [problem], article, task, schemas) == [problem]
    elsewhere = finding("F_OFFSET_RANGE", "another", region="strom")
    assert len(examine(odd, [elsewhere], article, task, schemas)) == 2


def test_what_follows_from_an_unreadable_span_is_not_reported(record, article, task, schemas):
    without = replace(record, mentions=record.mentions[1:])
    problem = finding("F_TAG_UNSUPPORTED", "HyperText", region="moss")
    assert examine(without, [problem], article, task, schemas) == [problem]
    assert [one.code for one in examine(without, [], article, task, schemas)] == ["F_RELATION_DANGLING"]


def test_a_warning_while_reading_hides_no_error(record, article, task, schemas):
    unfilled = replace(record.mentions[0], attributes={})
    odd = replace(record, mentions=(unfilled, *record.mentions[1:]))
    warning = finding("F_TEXT_WHITESPACE", "spaces", region="moss")
    found = examine(odd, [warning], article, task, schemas)
    assert [one.code for one in found] == ["F_TEXT_WHITESPACE", "F_REQUIRED_MISSING"]


@pytest.mark.parametrize("codes", [[], ["F_TEXT_WHITESPACE"]], ids=str)
def test_an_annotation_without_record_is_quarantined_whatever_was_said_of_it(store, task, schemas, codes):
    put(store, None, problems=tuple(finding(code, "odd") for code in codes))
    report = validate(store, task, schemas)
    assert (report.quarantined, list(report.by_code)) == (1, ["F_RECORD_SCHEMA", *codes])


def test_a_stopped_run_keeps_what_it_wrote(store, record, task, schemas):
    for number in range(250):
        put(store, broken(record), name=f"u-{number:03}", article_id=f"a-{number:03}")

    def stop(done: int, total: int | None) -> None:
        if done > 220:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        validate(store, task, schemas, progress=stop)
    assert sum(verdict is not None for verdict in verdicts(store).values()) == 200
    report = validate(store, task, schemas)
    assert (report.checked, report.unchanged, report.quarantined) == (50, 200, 250)


_kinds = st.sampled_from(["good", "broken", "unreadable", "warned", "skipped", "draft"])
_people = st.sampled_from(["annotator-01", "annotator-02", None])


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(_kinds, _people, st.sampled_from(["charge-1", "x", None])), max_size=8))
def test_nothing_is_lost_and_a_second_run_changes_nothing(rows, record, article, task, schemas):
    with opened() as store:
        with store.transaction():
            store.articles.add(article)
        for number, (kind, person, article_id) in enumerate(rows):
            made = None if kind == "unreadable" or person is None or article_id is None else record
            made = broken(record) if made and kind == "broken" else made
            made = replace(made, article_id=article_id) if made else None
            problems = (
                (finding("F_RAW_SCHEMA", "odd"),) if made is None else
                (finding("F_TEXT_WHITESPACE", "spaces", region="moss"),) if kind == "warned" else ()
            )  # fmt: skip
            status = kind if kind in ("skipped", "draft") else "submitted"
            put(
                store, made, name=f"u-{number}", annotator=person, article_id=article_id, status=status,
                problems=problems,
            )  # fmt: skip
        before = [(one.id, one.raw, one.record, one.problems) for one in store.annotations.all()]
        first = validate(store, task, schemas)
        judged = verdicts(store)
        second = validate(store, task, schemas)
        assert [(one.id, one.raw, one.record, one.problems) for one in store.annotations.all()] == before
        assert verdicts(store) == judged
        assert (second.checked, second.unchanged, second.findings) == (0, first.checked, first.findings)
        assert first.valid + first.quarantined + first.skipped + first.drafts == len(rows)
        with_errors = {one.annotation for one in first.findings if one.severity == "error"}
        assert {name for name, verdict in judged.items() if verdict == "quarantined"} == with_errors


def test_memory_does_not_grow_with_the_annotations(record, task, schemas, monkeypatch):
    monkeypatch.setattr("curation.store.annotations._PAGE", 20)
    monkeypatch.setattr(importlib.import_module("curation.validation.validate"), "_BATCH", 20)

    def peak(number: int) -> int:
        with opened() as store:
            for each in range(number):
                put(store, broken(record), name=f"u-{each:05}", article_id=f"a-{each:05}", annotator="annotator-01")
            tracemalloc.start()
            validate(store, task, schemas)
            for _ in store.annotations.each_finding("news-stance"):
                pass
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return most

    peak(50)
    assert (peak(400) - peak(100)) / 300 < 200
