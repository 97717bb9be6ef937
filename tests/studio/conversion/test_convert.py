"""Exports of any text project as tables: nothing is lost, whatever is wrong, and the folder is whole or not there."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curation
from curation.converting import findings_of
from curation.errors import CurationError
from curation.folders.lock import lock_of
from curation.folders.manifest import verify
from curation.studio.conversion import convert as driver
from curation.studio.conversion.card import TABLES

EXPORTS = Path(__file__).with_name("exports")
COUNT = "tests.studio.conversion.count_export"
ROOT = Path(__file__).resolve().parents[3]
COUNTED = ["bare", "classes", "dialogue", "marked_up", "objects", "reviews", "spans", "two_texts"]
MANY = "9" * 5000


def item(number: int, **more):
    """A sound item of an export, with one marked word."""
    row = {
        "id": "r1",
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": {"start": 0, "end": 4, "text": "Rain", "labels": ["Weather"]},
        "origin": "manual",
    }
    annotation = {"id": 100 + number, "completed_by": 1, "result": [row], "was_cancelled": False}
    return {"id": number, "annotations": [annotation], "data": {"text": f"Rain {number}."}, **more}


_ROW = item(1)["annotations"][0]["result"][0]


def tables(out: Path):
    return {path.parent.name: pq.read_table(path).to_pylist() for path in sorted(out.glob("data/*/*.parquet"))}


def convert(tmp_path: Path, data: bytes | list, **options):
    """The report, tables and findings of an export with this content."""
    path = tmp_path / "export.json"
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    report = curation.convert(path, tmp_path / "out", **options)
    return report, tables(report.out), list(findings_of(report.out))


@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize("declared", [True, False])
def test_nothing_is_lost(tmp_path, name, declared):
    interface = EXPORTS / f"{name}.xml" if declared else None
    report = curation.convert(EXPORTS / f"{name}.json", tmp_path / "out", interface=interface)
    run = subprocess.run(
        [sys.executable, "-m", COUNT, str(EXPORTS / f"{name}.json"), str(tmp_path / "out")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert report.errors == 0, list(findings_of(tmp_path / "out"))
    assert report.unread == 0


def test_datasets_opens_every_table_in_a_fresh_process(tmp_path):
    report = curation.convert(EXPORTS / "spans.json", tmp_path / "out")
    script = """
import json, sys
import datasets
datasets.disable_progress_bars()
names = datasets.get_dataset_config_names(sys.argv[1])
loaded = {name: datasets.load_dataset(sys.argv[1], name, split="train") for name in names}
default = datasets.load_dataset(sys.argv[1], split="train")
assert default.column_names == loaded["items"].column_names
print(json.dumps({name: [one.num_rows, sorted(one.column_names)] for name, one in loaded.items()}))
"""
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "out")],
        env={"HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1", "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    loaded = json.loads(run.stdout.splitlines()[-1])
    assert {name: rows for name, (rows, _) in loaded.items()} == report.tables
    for path in (tmp_path / "out").glob("data/*/*.parquet"):
        assert sorted(pq.read_schema(path).names) == loaded[path.parent.name][1]


def test_no_library_is_imported_that_takes_long_and_is_not_needed(tmp_path):
    script = """
import sys
import curation
curation.convert(sys.argv[1], sys.argv[2])
slow = {"curation.workspace", "datasets", "jsonschema", "label_studio_sdk", "pandas", "pyarrow.dataset", "scipy"}
print(sorted(slow & set(sys.modules)))
"""
    command = [sys.executable, "-c", script, EXPORTS / "spans.json", tmp_path / "out"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_card_tells_counts_and_no_text(tmp_path):
    secret = "Zwetschgenkuchen"
    data = [item(1, data={"text": f"Rain and {secret}."}), item(2, data={"text": "Rain.", secret: 1}, odd=[1])]
    report, _, _ = convert(tmp_path, json.dumps(data).encode() + b"x")
    card = (report.out / "README.md").read_text("utf-8")
    assert secret not in card
    assert "F_JSON_SYNTAX" in card
    assert "items.odd" in card
    for name, rows in report.tables.items():
        assert f"| {name} | {rows} | {TABLES[name]} |" in card, "nothing is cut off or escaped"


# What is broken in one item of three, and the code that names it. All other items, and all else of the item, are kept.
HOSTILE = {
    "NaN": (b'"weight": NaN', "F_JSON_NUMBER"),
    "Infinity": (b'"weight": -Infinity', "F_JSON_NUMBER"),
    "too large": (b'"weight": 1e400', "F_JSON_NUMBER"),
    "5,000 digits": (b'"weight": ' + MANY.encode(), "F_JSON_NUMBER"),
    "twice": (b'"weight": 1, "weight": 2', "F_JSON_DUPLICATE_KEY"),
    "half a character": (b'"weight": "\\ud83d"', "F_JSON_SURROGATE"),
    "no UTF-8": (b'"weight": "\xff"', "F_JSON_UTF8"),
    "depth": (b'"weight": ' + b"[" * 200_000 + b"]" * 200_000, "F_JSON_DEPTH"),
    "control": (b'"weight": "\x01"', "F_JSON_SYNTAX"),
    "comma": (b'"weight": [1,,2]', "F_JSON_SYNTAX"),
}


def hostile(names, *, sound: int = 1) -> bytes:
    """A list of sound items between which each of these faults has one of its own."""
    parts = []
    for number, name in enumerate(names):
        wound = HOSTILE[name][0].replace(b'"weight"', b'"weight of %d"' % number)
        parts.append(json.dumps(item(number + 1)).encode()[:-1] + b", " + wound + b"}")
        parts += [json.dumps(item(1000 * (number + 1) + one)).encode() for one in range(sound)]
    return b"[" + b", ".join(parts) + b"]"


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("where", ["item", "data", "annotation", "row"])
def test_one_fault_anywhere_is_named_and_costs_nothing_else(tmp_path, name, where):
    wound, code = HOSTILE[name]
    key = {"item": b'"id": 2', "data": b'"text": "Rain 2."', "annotation": b'"id": 102', "row": b'"origin": "manual"'}[
        where
    ]
    parts = [json.dumps(item(number)).encode() for number in (1, 2, 3)]
    parts[1] = parts[1].replace(key, key + b", " + wound)
    data = b"[" + b",\n".join(parts) + b"]"
    report, made, findings = convert(tmp_path, data)
    assert [one.code for one in findings] == [code]
    line, byte = (int(word.strip(",:")) for word in findings[0].message.split()[1:4:2])
    assert line == 2
    assert data.rindex(b"\n", 0, byte) == data.index(b"\n")
    assert b'"weight' in data[byte - 30 - 200 * (name == "depth") : byte + 20]
    assert [row["item_id"] for row in made["items"]] == [1, 2, 3]
    assert [(row["item_id"], row["text"]) for row in made["mentions"]] == [(1, "Rain"), (2, "Rain"), (3, "Rain")]
    assert [row["annotation_id"] for row in made["annotations"]] == [101, 102, 103]
    assert report.errors == 1


@given(
    st.lists(st.sampled_from(sorted(HOSTILE)), min_size=1, max_size=6), st.booleans(), st.booleans(), st.integers(0, 2)
)
@settings(max_examples=25)
def test_faults_in_combination(tmp_path_factory, names, bom, cut, sound):
    data = hostile(names, sound=sound)
    last = json.dumps(item(9_999)).encode()
    data = data[:-1] + b", " + (last[: len(last) // 2] if cut else last + b"]")
    data = b"\xef\xbb\xbf" * bom + data
    report, made, findings = convert(tmp_path_factory.mktemp("hostile"), data)
    expected = ["F_JSON_BOM"] * bom + [HOSTILE[name][1] for name in names] + ["F_JSON_CUT"] * cut
    codes = [one.code for one in findings if one.code.startswith("F_JSON")]
    assert codes == expected
    whole = [number for n, _ in enumerate(names) for number in (n + 1, *(1000 * (n + 1) + one for one in range(sound)))]
    assert [row["item_id"] for row in made["items"]][: len(whole)] == whole
    assert [row["item_id"] for row in made["mentions"]][: len(whole)] == whole
    assert report.items == len(whole) + 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_another_encoding(tmp_path, encoding):
    data = json.dumps([item(1, data={"text": "Rain über Köln 🌧"})], ensure_ascii=False)
    _, made, findings = convert(tmp_path, data.encode(encoding))
    assert [one.code for one in findings] == ["F_JSON_ENCODING"]
    assert made["items"][0]["text"] == "Rain über Köln 🌧"


@pytest.mark.parametrize("data", [b"", b"[]", b" \n", b"\xef\xbb\xbf[]"])
def test_nothing_in_it_is_an_error_and_no_crash(tmp_path, data):
    report, made, findings = convert(tmp_path, data)
    assert "F_EXPORT_EMPTY" in [one.code for one in findings]
    assert (report.items, made) == (0, {"items": []})
    assert report.errors == 1


def test_the_snippet_on_the_card_joins_spans_with_choices_and_relations(tmp_path, monkeypatch):
    place = {"start": 0, "end": 4, "text": "Rain"}
    one = item(1)
    one["annotations"][0]["result"] += [
        {**_ROW, "from_name": "mood", "type": "choices", "value": {**place, "choices": ["calm", "grey"]}},
        {**_ROW, "id": "q1", "from_name": "topic", "type": "choices", "value": {"choices": ["weather"]}},
        {**_ROW, "id": "r2", "value": {"start": 5, "end": 6, "text": "1", "labels": ["Number"]}},
        {"type": "relation", "from_id": "r1", "to_id": "r2", "direction": "right", "labels": ["counts"]},
        {"type": "relation", "from_id": "r2", "to_id": "gone", "direction": "right"},
    ]
    report, _, _ = convert(tmp_path, [one, item(2)])
    monkeypatch.chdir(report.out)
    (snippet,) = re.findall(r"```python\n(.*?)```", (report.out / "README.md").read_text("utf-8"), re.DOTALL)
    made: dict[str, Any] = {}
    exec(snippet, made)
    moods = [
        None if cell is None or isinstance(cell, float) else list(cell) for cell in made["mentions"]["choices.mood"]
    ]
    assert list(zip(made["mentions"]["text"], moods, strict=True)) == [
        ("Rain", ["calm", "grey"]),
        ("1", None),
        ("Rain", None),
    ]
    first, second = made["relations"].to_dict("records")
    assert (first["from_text"], first["label"], first["to_text"], first["to_label"]) == (
        "Rain",
        "counts",
        "1",
        "Number",
    )
    assert (second["from_text"], second["to_id"], second["to_text"] == second["to_text"]) == ("1", "gone", False)


def test_two_annotations_of_one_person_are_each_told_with_its_id(tmp_path):
    one = item(1)
    one["annotations"] += [{**one["annotations"][0], "id": 7}, {**one["annotations"][0], "id": 8, "completed_by": 2}]
    _, _, findings = convert(tmp_path, [one])
    assert [(found.code, found.annotation, found.annotator, found.json_pointer) for found in findings] == [
        ("F_ANNOTATION_DOUBLED", "101", "1", "/0/annotations/0/completed_by"),
        ("F_ANNOTATION_DOUBLED", "7", "1", "/0/annotations/1/completed_by"),
    ]


def test_an_arrow_without_a_label_is_a_warning_everywhere(tmp_path):
    arrow = {"type": "relation", "from_id": "r1", "to_id": "r2", "direction": "right", "labels": []}
    drawn = item(1)
    value = {"start": 5, "end": 6, "text": "1", "labels": ["Weather"]}
    drawn["annotations"][0]["result"] += [{**_ROW, "id": "r2", "value": value}, arrow]
    (tmp_path / "screen.xml").write_text(
        '<View><Text name="text" value="$text"/><Labels name="label" toName="text"><Label value="Weather"/></Labels>'
        '<Relations><Relation value="causes"/></Relations></View>'
    )
    report, _, findings = convert(tmp_path, [drawn], interface=tmp_path / "screen.xml")
    assert [(one.code, one.severity) for one in findings] == [("F_RELATION_UNLABELLED", "warning")]
    assert (report.errors, report.warnings) == (0, 1)
    assert "| F_RELATION_UNLABELLED | warning |" in (report.out / "README.md").read_text("utf-8")


def test_rows_that_no_table_has_a_place_for_are_counted_by_type(tmp_path):
    one = item(1)
    box = {"id": "b", "from_name": "box", "to_name": "image", "type": "rectanglelabels", "value": {"x": 1}}
    one["annotations"][0]["result"] += [box, {**box, "id": "c"}, 7]
    report, made, _ = convert(tmp_path, [one])
    assert len(made["other"]) == 3
    kept = {name: number for name, number in report.left_over.items() if name.startswith("other.")}
    assert kept == {"other.rectanglelabels": 2, "other.no type": 1}


def test_what_json_min_says_of_a_region_is_that_of_the_span_at_its_place(tmp_path):
    place, other = {"start": 0, "end": 4, "text": "Rain"}, {"start": 5, "end": 7, "text": "in"}
    record = {
        "id": 1, "annotation_id": 9, "annotator": "ann@example.com", "text": "Rain in May.",
        "label": [{**place, "labels": ["A"]}, {**other, "labels": ["B"]}, {**other, "labels": ["C"]}],
        "mood": [{**place, "choices": ["calm"]}, {**other, "choices": ["grey"]}],
        "sure": [{**place, "rating": 3}],
    }  # fmt: skip
    (tmp_path / "config.xml").write_text(
        '<View><Labels name="label" toName="text"><Label value="A"/><Label value="B"/><Label value="C"/></Labels>'
        '<Text name="text" value="$text"/><Rating name="sure" toName="text" perRegion="true"/>'
        '<Choices name="mood" toName="text" perRegion="true"><Choice value="calm"/><Choice value="grey"/></Choices>'
        "</View>"
    )
    _, made, findings = convert(tmp_path, [record], interface=tmp_path / "config.xml")
    ids = {row["label"]: row["mention_id"] for row in made["mentions"]}
    assert [row["mention_id"] for row in made["ratings"]] == [ids["A"]]
    calm, grey = (row["mention_id"] for row in made["choices"])
    assert calm == ids["A"]
    assert grey not in ids.values(), "it may be of one or of the other"
    assert [one.code for one in findings] == ["F_EXPORT_MINIMAL"]
    written = (tmp_path / "out" / "annotators.jsonl").read_text()
    assert json.loads(written) == {
        "annotator": made["annotations"][0]["annotator"],
        "given": {"email": "ann@example.com"},
    }
    assert "ann@" not in json.dumps(made)


@pytest.mark.parametrize("sample", [driver.SAMPLE, 3])
def test_items_that_nobody_annotated_may_come_first(tmp_path, monkeypatch, sample):
    monkeypatch.setattr(driver, "SAMPLE", sample)
    data = {"sentence": "Rain.", "note": "A sentence is taken for the text where nothing tells."}
    items = [{**item(number), "annotations": [], "data": data} for number in range(1, sample + 3)]
    items += [{**item(number), "data": {**data, "sentence": "Sun.", "note": "Rain!"}} for number in range(900, 903)]
    _, made, findings = convert(tmp_path, items)
    assert findings == []
    assert [row["text"] for row in made["mentions"]] == ["Rain"] * 3
    assert made["items"][0]["text"] == data["note"]


@pytest.mark.parametrize(("looked_at", "text"), [(1 << 20, "Rain"), (10, None)])
def test_what_is_rarely_annotated_is_looked_for_within_bounds(tmp_path, monkeypatch, looked_at, text):
    monkeypatch.setattr(driver, "LOOKED_AT", looked_at)
    row = {"id": "c", "from_name": "kind", "to_name": "picture", "type": "choices", "value": {"choices": ["map"]}}
    items = [{**item(number), "data": {"picture": "https://a.example/1.png", "caption": "Rain."}}
             for number in range(1, driver.SAMPLE + 9)]  # fmt: skip
    for one in items[:-3]:
        one["annotations"][0]["result"] = [row]
    _, made, findings = convert(tmp_path, items)
    assert [one["text"] for one in made["mentions"]] == [text] * 3
    assert {one.code for one in findings} == (set() if text else {"F_EXPORT_TEXT"})


def test_a_text_within_another_value_is_found_without_an_interface(tmp_path):
    items = [{**item(number), "data": {"doc": {"body": f"Rain {number}.", "n": 1}}} for number in range(1, 6)]
    _, made, findings = convert(tmp_path, items)
    assert findings == []
    assert [row["text"] for row in made["mentions"]] == ["Rain"] * 5
    assert [row["text"] for row in made["items"]] == [one["data"]["doc"]["body"] for one in items]
    assert [json.loads(row["data"]) for row in made["items"]] == [one["data"] for one in items]


def test_items_that_are_none_are_named_and_kept(tmp_path):
    report, made, findings = convert(tmp_path, [None, item(1), 7, "Rain", [item(5)], item(2)])
    assert [one.code for one in findings] == ["F_EXPORT_ITEM"] * 4
    assert [row["item_id"] for row in made["items"]] == [1, 2]
    unread = [json.loads(line) for line in (report.out / "unread.jsonl").read_text("utf-8").splitlines()]
    assert [json.loads(row["raw"]) for row in unread] == [None, 7, "Rain", [item(5)]]
    assert all(row["line"] == 1 and row["byte"] > 0 and row["reason"] for row in unread)


def test_what_could_not_be_read_is_kept_as_it_stood(tmp_path):
    data = json.dumps([item(1)]).encode().replace(b'"id": 1,', b'"id": 1, "odd": NaN, "odd": "\xfe",', 1)
    report, _, _ = convert(tmp_path, data)
    unread = [json.loads(line) for line in (report.out / "unread.jsonl").read_text("utf-8").splitlines()]
    assert [row["raw"] for row in unread] == ["NaN", "\\xfe", '"odd": null']
    assert report.unread == 3


@pytest.mark.parametrize("kind", ["one line", "indented", "lines", "packed"])
def test_the_layout_does_not_matter(tmp_path, kind):
    items = json.loads((EXPORTS / "spans.json").read_bytes())
    data = {
        "one line": json.dumps(items).encode(),
        "indented": json.dumps(items, indent=2, ensure_ascii=False).encode(),
        "lines": "\n".join(json.dumps(one) for one in items).encode(),
        "packed": gzip.compress(json.dumps(items).encode()),
    }[kind]
    curation.convert(EXPORTS / "spans.json", tmp_path / "expected")
    _, made, _ = convert(tmp_path, data)
    assert made == tables(tmp_path / "expected")


def test_json_min_goes_as_far_as_it_goes(tmp_path):
    report = curation.convert(EXPORTS / "minimal.json", tmp_path / "out", interface=EXPORTS / "minimal.xml")
    made = tables(report.out)
    records = json.loads((EXPORTS / "minimal.json").read_text("utf-8"))
    assert report.findings["F_EXPORT_MINIMAL"] == 1
    assert any("relations" in one for one in report.lacks)
    card = (report.out / "README.md").read_text("utf-8").replace("\\", "")
    assert all(f"- {one}\n" in card for one in report.lacks)
    assert len(made["annotations"]) == len(records)
    assert {row["item_id"] for row in made["items"]} == {record["id"] for record in records}
    marked = [(row["start"], row["end"], row["text"]) for row in made["mentions"]]
    assert marked == [(one["start"], one["end"], one["text"]) for record in records for one in record.get("ner", ())]


def test_what_json_min_says_of_no_span_in_particular_is_missing_from_none(tmp_path):
    """Label Studio leaves out the place of a single choice: of several spans, nobody knows which one lacks it."""
    text = "Ana met Ben."
    marked = [{"start": at, "end": at + 3, "text": text[at : at + 3], "labels": ["Person"]} for at in (0, 8)]
    record = {"text": text, "id": 1, "label": marked, "tone": "neutral", "annotator": 1, "annotation_id": 1}
    export = tmp_path / "export.json"

    def missing(role):
        export.write_text(json.dumps([{**record, **role}]), encoding="utf-8")
        report = curation.convert(export, tmp_path / "out", interface=EXPORTS / "spans.xml")
        assert any("which span a choice" in one for one in report.lacks)
        return report.findings.get("F_REQUIRED_MISSING", 0)

    assert missing({"role": ["politician"]}) == 0
    assert missing({"role": [{"start": 0, "end": 3, "text": "Ana", "choices": ["politician", "speaker"]}]}) == 1
    assert missing({}) == 2


def test_the_sdks_own_converter_is_understood(tmp_path):
    """What the SDK writes as JSON_MIN of an export holds the same spans and answers as the export."""
    from label_studio_sdk.converter import Converter

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converter = Converter((EXPORTS / "spans.xml").read_text("utf-8"), project_dir=None)
        converter.convert(str(EXPORTS / "spans.json"), str(tmp_path / "min"), "JSON_MIN", is_dir=False)
    flat = curation.convert(tmp_path / "min" / "result.json", tmp_path / "flat", interface=EXPORTS / "spans.xml")
    curation.convert(EXPORTS / "spans.json", tmp_path / "full", interface=EXPORTS / "spans.xml")
    minimal, full = tables(flat.out), tables(tmp_path / "full")
    submitted = {row["annotation_id"] for row in full["annotations"] if row["status"] == "submitted"}

    def marked(made):
        rows = [row for row in made["mentions"] if row["annotation_id"] in submitted]
        return sorted((row["annotation_id"], row["control"], row["start"], row["end"], row["text"]) for row in rows)

    def answered(made):
        rows = [row for row in made["choices"] if row["annotation_id"] in submitted]
        return sorted((row["annotation_id"], row["control"], value) for row in rows for value in row["values"])

    assert marked(minimal) == marked(full)
    assert answered(minimal) == answered(full)
    assert {row["item_id"]: row["text"] for row in minimal["items"]}.items() <= {
        row["item_id"]: row["text"] for row in full["items"]
    }.items()


def test_a_second_run_has_nothing_to_do_until_something_changes(tmp_path):
    report, _, _ = convert(tmp_path, [item(1)])
    before = {path: path.stat().st_mtime_ns for path in report.out.rglob("*")}
    again, _, _ = convert(tmp_path, [item(1)])
    assert again.nothing_new
    assert not report.nothing_new
    assert again.to_json() == report.to_json()
    assert {path: path.stat().st_mtime_ns for path in report.out.rglob("*")} == before
    changed, made, _ = convert(tmp_path, [item(1), item(2)])
    assert not changed.nothing_new
    assert len(made["items"]) == 2
    assert not convert(tmp_path, [item(1), item(2)], fix_offsets=True)[0].nothing_new
    (report.out / "data" / "items" / "train-00000.parquet").write_bytes(b"damaged")
    assert len(convert(tmp_path, [item(1), item(2)], fix_offsets=True)[1]["items"]) == 2


def test_the_manifest_knows_every_file(tmp_path):
    report, _, _ = convert(tmp_path, [item(1), None])
    held = verify(report.out)
    assert held.ok
    assert held.files == len([path for path in report.out.rglob("*") if path.is_file()]) - 1


def test_a_file_name_that_is_no_utf_8(tmp_path):
    path = tmp_path / "export-\udcff.json"
    path.write_text(json.dumps([item(1)]))
    assert curation.convert(path, tmp_path / "out").export == "export-?.json"


def test_other_content_is_not_replaced(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(CurationError) as raised:
        convert(tmp_path, [item(1)])
    assert raised.value.code == "E_EXISTS"
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"


def test_the_conversion_of_another_export_is_not_replaced(tmp_path):
    convert(tmp_path, [item(1)])
    (tmp_path / "other.json").write_text(json.dumps([item(2)]))
    with pytest.raises(CurationError, match=r"conversion of export\.json") as raised:
        curation.convert(tmp_path / "other.json", tmp_path / "out")
    assert raised.value.code == "E_EXISTS"


def test_what_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    convert(tmp_path, [item(1)])
    before = sorted(tmp_path.rglob("*"))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(driver, "publish", full)
    with pytest.raises(CurationError, match="No space left") as raised:
        convert(tmp_path, [item(2)])
    assert raised.value.code == "E_DISK"
    assert sorted(tmp_path.rglob("*")) == before
    assert [row["item_id"] for row in tables(tmp_path / "out")["items"]] == [1]


def test_two_at_once(tmp_path):
    with lock_of(tmp_path / "out"), pytest.raises(CurationError) as raised:
        convert(tmp_path, [item(1)])
    assert raised.value.code == "E_LOCKED"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"interface": "missing.xml"}, "E_NOT_FOUND"),
        ({"interface": "broken.xml"}, "E_DEFINITION"),
        ({"interface": "latin.xml"}, "E_DEFINITION"),
    ],
)
def test_interfaces_that_cannot_be_read(tmp_path, options, code):
    (tmp_path / "broken.xml").write_text("<View><Text")
    (tmp_path / "latin.xml").write_bytes(b"<View>\xff</View>")
    with pytest.raises(CurationError) as raised:
        convert(tmp_path, [item(1)], interface=tmp_path / options["interface"])
    assert raised.value.code == code
    assert not (tmp_path / "out").exists()


def in_utf_16(number: int):
    text = f"🌧🌧 Rain and {number} more words."
    made = item(number, data={"text": text})
    made["annotations"][0]["result"][0]["value"] |= {"start": 5, "end": 9}
    return made


def test_offsets_that_count_another_unit_are_named_and_converted_on_request(tmp_path):
    data = [in_utf_16(number) for number in range(1, 7)]
    report, _, findings = convert(tmp_path, data)
    assert report.findings["F_OFFSET_UNIT"] == 1
    assert "UTF-16" in (report.offsets or "")
    assert report.errors > 1
    assert any("--fix-offsets" in one.fix for one in findings if one.code == "F_OFFSET_UNIT")
    report, made, findings = convert(tmp_path, data, fix_offsets=True)
    assert {(row["start"], row["end"], row["text"]) for row in made["mentions"]} == {(3, 7, "Rain")}
    assert all(json.loads(row["extra"]) for row in made["mentions"]), "the offsets as they were are kept"
    assert report.errors == 0, findings
    assert "converted" in (report.offsets or "")
    assert f"O{(report.offsets or '')[1:]}.\n" in (report.out / "README.md").read_text("utf-8"), "all of the evidence"


def test_offsets_that_count_several_units_are_left_alone(tmp_path):
    mixed = [in_utf_16(number) for number in range(1, 7)]
    for number in range(3, 7):
        mixed[number - 1]["annotations"][0]["result"][0]["value"] |= {"start": 3, "end": 7}
    report, made, _ = convert(tmp_path, mixed, fix_offsets=True)
    assert {row["start"] for row in made["mentions"]} == {3, 5}
    assert "several units" in (report.offsets or "")
    assert report.errors


@pytest.mark.parametrize(("told", "expected"), [(2, 5), (3, 3)], ids=["few", "enough"])
def test_spans_without_a_stored_text_follow_a_unit_that_is_certain(tmp_path, told, expected):
    data = [in_utf_16(number) for number in range(1, told + 2)]
    silent = data[-1]["annotations"][0]["result"][0]["value"]
    del silent["text"]
    report, made, _ = convert(tmp_path, data, fix_offsets=True)
    starts = [row["start"] for row in made["mentions"]]
    assert starts == [3] * told + [expected]
    assert ("these are few" in (report.offsets or "")) == (expected == 5)


def test_one_annotation_in_another_unit_than_its_stored_text_stays(tmp_path):
    """What says itself that it counts code points is never moved; what says both neither."""
    data = [in_utf_16(number) for number in range(1, 60)]
    data[0]["annotations"][0]["result"][0]["value"] |= {"start": 3, "end": 7}
    report, made, _ = convert(tmp_path, data, fix_offsets=True)
    assert [row["start"] for row in made["mentions"]] == [3, *[5] * 58]
    assert "several units" in (report.offsets or "")


def test_progress_counts_the_bytes_of_the_file(tmp_path):
    seen = []
    convert(tmp_path, [item(number) for number in range(50)], progress=lambda done, total: seen.append((done, total)))
    size = (tmp_path / "export.json").stat().st_size
    assert seen[-1] == (size, size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
