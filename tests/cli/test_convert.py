"""`curation convert` as people call it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

EXPORTS = Path(__file__).resolve().parents[1] / "studio" / "conversion" / "exports"
SPANS = EXPORTS / "spans.json"


def test_a_summary_of_tables_and_findings_without_a_workspace(run, tmp_path):
    ran = run("convert", str(SPANS), str(tmp_path / "out"), "--interface", str(EXPORTS / "spans.xml"))
    assert ran.exit == 0, ran.err
    lines = ran.out.splitlines()
    assert any(line.split() == ["table", "rows"] for line in lines)
    assert any(line.split()[:1] == ["mentions"] for line in lines)
    assert "Label Studio's own bookkeeping" in ran.out
    assert lines[-1].endswith(f"0 warnings; {tmp_path / 'out'}")
    assert ran.err == ""
    again = run("convert", str(SPANS), str(tmp_path / "out"), "--interface", str(EXPORTS / "spans.xml"))
    assert again.exit == 0
    assert "nothing to do" in again.out.splitlines()[-1]


def test_json_has_everything(run, tmp_path):
    ran = run("convert", str(SPANS), str(tmp_path / "out"), "--json")
    report = ran.json
    assert report["tables"]["mentions"] > 0
    assert report["items"] == report["tables"]["items"]
    assert report["findings"] == []
    assert report["kept"]
    assert report["nothing_new"] is False
    assert report["out"] == str(tmp_path / "out")


def test_errors_are_listed_worst_first_and_give_exit_1(run, tmp_path):
    items = json.loads(SPANS.read_text("utf-8"))
    items[0]["annotations"][0]["result"][0]["value"]["end"] = 99_999
    export = tmp_path / "broken.json"
    export.write_text("\ufeff" + json.dumps([*items, None]), encoding="utf-8")
    ran = run("convert", str(export), str(tmp_path / "out"))
    assert ran.exit == 1
    codes = [line.split()[1] for line in ran.out.splitlines() if line.startswith(("error ", "warning "))]
    assert set(codes) >= {"F_OFFSET_RANGE", "F_EXPORT_ITEM", "F_JSON_BOM"}
    assert codes.index("F_JSON_BOM") == len(codes) - 1
    assert "unread.jsonl" in ran.out
    report = run("convert", str(export), str(tmp_path / "out"), "--json").json
    assert report["nothing_new"] is True
    assert {one["code"] for one in report["findings"]} == set(codes)
    pointers = [one["json_pointer"] for one in report["findings"] if one["code"] == "F_OFFSET_RANGE"]
    assert all(pointer.startswith("/0/annotations/0/result/0") for pointer in pointers)


def test_what_json_min_lacks_is_said(run, tmp_path):
    ran = run("convert", str(EXPORTS / "minimal.json"), str(tmp_path / "out"))
    assert ran.exit == 0
    assert "F_EXPORT_MINIMAL" in ran.out
    assert "Not in the export: relations" in ran.out


@pytest.mark.parametrize("kind", ["csv", "tsv", "conll", "zip", "html", "ann", "txt"])
def test_other_formats_end_in_one_line(run, tmp_path, kind):
    data = {
        "csv": b"id,text,label\n1,Rain,[]\n",
        "tsv": b"id\ttext\n1\tRain\n",
        "conll": b"-DOCSTART- -X- O\nRain -X- _ B-Weather\n",
        "html": b"<!DOCTYPE html><title>Log in</title>",
        "ann": b"T1\tPlace 0 4\tRain\n",
        "txt": b'"Rain"\n',
        "zip": b"PK\x03\x04\0\0\0\0",
    }[kind]
    (tmp_path / f"export.{kind}").write_bytes(data)
    ran = run("convert", str(tmp_path / f"export.{kind}"), str(tmp_path / "out"))
    assert ran.exit == 2
    assert ran.err.startswith("error[E_BAD_EXPORT]")
    assert ran.err.count("\n") == 1
    assert "JSON" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_pipe_is_refused_and_not_waited_for(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    ran = run("convert", str(tmp_path / "pipe"), str(tmp_path / "new" / "out"))
    assert ran.exit == 3
    assert "is a pipe" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("made", [False, True])
def test_a_page_inside_of_the_tables_is_refused_before_anything_is_done(run, tmp_path, made):
    """It would be in the way of the next conversion."""
    out = tmp_path / "out"
    if made:
        run("convert", str(SPANS), str(out))
    before = sorted(tmp_path.rglob("*"))
    ran = run("convert", str(SPANS), str(out), "--html", str(out / "report.html"))
    assert ran.exit == 2
    assert "inside of" in ran.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_page_never_takes_the_place_of_the_export(run, tmp_path):
    export = tmp_path / "export.json"
    export.write_bytes(SPANS.read_bytes())
    ran = run("convert", str(export), str(tmp_path / "out"), "--html", str(export))
    assert (ran.exit, "is not a page of findings" in ran.err) == (5, True)
    assert [path.name for path in tmp_path.iterdir()] == ["export.json"]
    assert export.read_bytes() == SPANS.read_bytes()


def test_a_changed_export_replaces_the_tables_and_another_one_does_not(run, tmp_path):
    export, other, out = tmp_path / "export.json", tmp_path / "other.json", tmp_path / "out"
    items = json.loads(SPANS.read_text("utf-8"))
    export.write_text(json.dumps(items), "utf-8")
    other.write_text(json.dumps(items), "utf-8")
    assert run("convert", str(export), str(out), "--json").json["items"] == len(items)
    export.write_text(json.dumps(items[:1]), "utf-8")
    assert run("convert", str(export), str(out), "--json").json["items"] == 1
    ran = run("convert", str(other), str(out))
    assert ran.exit == 5
    assert "'conversion of export.json'" in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export.json", "other.json", "out"]


def test_odd_names_stay_on_their_line(run, tmp_path):
    items = json.loads(SPANS.read_text("utf-8"))
    items[0]["annotations"][0]["odd\n\x1b[31m/~\u202ename"] = 1
    (tmp_path / "export.json").write_text(json.dumps(items), "utf-8")
    ran = run("convert", str(tmp_path / "export.json"), str(tmp_path / "out"))
    assert "annotations.odd \\x1b[31m/~\\u202ename 1" in ran.out


def test_files_that_are_not_there(run, tmp_path):
    ran = run("convert", "missing.json", str(tmp_path / "out"), "--json")
    assert ran.exit == 3
    assert ran.json["error"] == "E_NOT_FOUND"


def test_quiet_says_nothing(run, tmp_path):
    ran = run("convert", str(SPANS), str(tmp_path / "out"), "-q")
    assert (ran.exit, ran.out, ran.err) == (0, "", "")
