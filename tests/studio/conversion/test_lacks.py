"""What the report says that an export does not hold."""

from __future__ import annotations

import json

import pytest

import curation


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ([True, True, True], []),
        ([True, False, False], ["the annotators of 2 annotations"]),
        ([False, False, False], ["the annotators of all annotations"]),
        ([], ["annotations"]),
    ],
    ids=["everybody", "somebody", "nobody", "no annotation"],
)
def test_annotations_that_name_nobody_are_counted(tmp_path, named, said):
    items = [{"id": 1, "data": {"text": "Rain."}, "annotations": []}]
    for number, one in enumerate(named, 2):
        annotation = {"id": number, "result": []} | ({"completed_by": number} if one else {})
        items.append({"id": number, "data": {"text": "Rain."}, "annotations": [annotation]})
    (tmp_path / "export.json").write_text(json.dumps(items), "utf-8")
    report = curation.convert(tmp_path / "export.json", tmp_path / "out")
    assert list(report.lacks[:-1]) == said
    assert report.lacks[-1].startswith("the interface")
