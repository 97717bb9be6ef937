"""What `curation convert` prints of an export whose offsets count another unit: the one cause, not each span."""

from __future__ import annotations

import json


def _item(number: int, end: int = 9):
    value = {"start": 5, "end": end, "text": "Rain", "labels": ["Weather"]}
    row = {"id": "r1", "from_name": "label", "to_name": "text", "type": "labels", "value": value}
    annotation = {"id": 100 + number, "completed_by": 1, "result": [row]}
    return {"id": number, "data": {"text": f"🌧🌧 Rain and {number} more."}, "annotations": [annotation]}


def test_spans_in_another_unit_are_summed_up(run, tmp_path):
    export = tmp_path / "export.json"
    export.write_text(json.dumps([*map(_item, range(1, 30)), _item(30, end=999)]), encoding="utf-8")
    ran = run("convert", str(export), str(tmp_path / "out"))
    assert ran.exit == 1
    listed = [line.split()[1] for line in ran.out.splitlines() if line.startswith(("error ", "warning "))]
    assert listed == ["F_OFFSET_UNIT"]
    assert "F_OFFSET_UNIT: 29 F_TEXT_MISMATCH, 1 F_OFFSET_RANGE (all are in findings.jsonl)" in ran.out
    assert "31 errors" in ran.out.splitlines()[-1]
    told = [json.loads(line)["code"] for line in (tmp_path / "out" / "findings.jsonl").read_text("utf-8").splitlines()]
    assert (told.count("F_TEXT_MISMATCH"), told.count("F_OFFSET_RANGE"), told.count("F_OFFSET_UNIT")) == (29, 1, 1)


def test_what_is_wrong_beside_a_sound_unit_is_listed(run, tmp_path):
    items = [_item(number) for number in range(1, 6)]
    for item in items:
        item["annotations"][0]["result"][0]["value"] |= {"start": 3, "end": 7}
    export = tmp_path / "export.json"
    export.write_text(json.dumps([*items, _item(6, end=999)]), encoding="utf-8")
    ran = run("convert", str(export), str(tmp_path / "out"))
    listed = {line.split()[1] for line in ran.out.splitlines() if line.startswith(("error ", "warning "))}
    assert "F_OFFSET_RANGE" in listed
