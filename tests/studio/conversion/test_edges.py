"""Items at the edges of what is usual: the compiled core and the rules in Python say the same of each."""

from __future__ import annotations

import json
from itertools import product

import pytest

from curation.studio.conversion.declaring import declare
from tests.studio.conversion.test_usual import INTERFACE, _same_both_ways, _sound

GONE = object()
ROW = ("annotations", 0, "result")


def _changed(path, value):
    """A sound item with another value at a path, or without one."""
    item = _sound()
    inside = item
    for step in path[:-1]:
        inside = inside[step]
    if value is GONE:
        inside.pop(path[-1], None)
    else:
        inside[path[-1]] = value
    return item


def _with_row(**row):
    item = _sound()
    item["annotations"][0]["result"].append({"to_name": "story", **row})
    return item


def _in_text(body, start, end):
    """A sound item with another text, whose first span stands there."""
    item = _sound()
    item["data"]["body"] = body
    stored = body[start:end].replace("\r", "\\n").replace("\n", "\\n")
    for row in item["annotations"][0]["result"][:2]:
        row["value"] |= {"start": start, "end": end, "text": stored}
    return item


def _arrow(source, target, **more):
    return _with_row(
        from_id=source, to_id=target, type="relation", **{"direction": "right", "labels": ["tells"], **more}
    )


OF_ITEM = ("id", "data", "annotations", "predictions", "drafts", "created_at", "updated_at", "completions")
OF_ANNOTATION = (
    "id",
    "completed_by",
    "was_cancelled",
    "ground_truth",
    "created_at",
    "updated_at",
    "lead_time",
    "unique_id",
    "result",
)
ODD = (GONE, None, 0, -5, 1.5, 2**62, 2**63, "x", "", [], {}, True, [1], {"id": 5}, {"email": "a@b", "first_name": "É"})
TEXTS = (
    "a\r\nkeeper b",
    "a e\u0301keepe\u0301 x",
    "👩‍🚀keeper👩",
    "\0keeper\0 x",
    "\u200dkeeper\u0301 x",
    "각keeper가",
    "\nkeeper\n",
    "\u3000keeper\u3000",
    "क्षkeeperक्ष",
    "🇩🇪🇫🇷keeper🇩🇪",
    "keeper",
)
WRITTEN = ([" x"], ["\xa0"], ["\u2003a"], [""], ["a", "b"], [], "a", ["\0"], ["Ü"], ["\x1f"], ["\x85"], ["\u200b"])
SUGGESTED = ({"id": 1, "score": 0.5, "result": [{"a": 0.30000000000000004}]}, {"id": 1}, {}, {"id": None, "x": 1e-7}, 7)
PLACES = ((0, 3), (0, 43), (4, 4), (5, 4), (40, 44), (4.0, 10), (4, 2**31), (4, 2**63), (-1, 3), (None, 3))

EDGES = [
    *[_changed([key], value) for key, value in product(OF_ITEM, ODD)],
    *[_changed(["annotations", 0, key], value) for key, value in product(OF_ANNOTATION, ODD)],
    *[_changed(["data", key], [1, {"id": 2}]) for key in ("id", "annotations", "data", "result", "body", "hint")],
    *[_changed([key], [one]) for key, one in product(("predictions", "drafts"), SUGGESTED)],
    *[
        _changed([*ROW, 0, key], value)
        for key in ("id", "from_name", "to_name", "type")
        for value in (GONE, "", "x\0", None, 5)
    ],
    *[
        _changed([*ROW, 0, "origin"], value)
        for value in (GONE, None, "", "manual", "prediction", "prediction-changed", "x")
    ],
    *[
        _changed([*ROW, 0, "value", "labels"], labels)
        for labels in (["Who", "What"], ["Who", "Who"], [], [""], ["Nobody"], "Who", [1], None)
    ],
    *[
        _changed([*ROW, 0, "value", key], value)
        for place in PLACES
        for key, value in zip(("start", "end"), place, strict=True)
    ],
    *[
        _changed([*ROW, 1, "value", key], value)
        for key in ("text", "start", "end", "choices")
        for value in (GONE, None, 5, "x", ["Many"], [])
    ],
    *[_changed([*ROW, 2, "value", key], value) for key in ("text", "start", "end") for value in (0, "keeper", ["a"])],
    *[
        _changed([*ROW, 3, "value", "taxonomy"], paths)
        for paths in ([], [["North", 1]], [["North"], ["North"]], "x", [[]], [["Nowhere"]], None)
    ],
    *[
        _with_row(id="r", from_name="sure", type="rating", value={"rating": value})
        for value in (1.0, 1e5, 5, 0, -1, 3.5, True, None, "3", 1e-9, 2**53 + 1, 10**30)
    ],
    *[
        _with_row(id="n", from_name="age", type="number", value={"number": value})
        for value in (1.0, 90, 90.5, 1e300, -0.0, 41.123456789012345)
    ],
    *[
        _with_row(id="a", from_name="name", type="textarea", value={"start": 4, "end": 10, "text": text})
        for text in WRITTEN
    ],
    *[
        _with_row(
            id="a", from_name="place", type="taxonomy", value={"start": 4, "end": 10, "taxonomy": [["North"]], **more}
        )
        for more in ({}, {"text": "keeper"}, {"text": "other"}, {"end": 11})
    ],
    *[_arrow(*ends) for ends in product(("a", "w", "p", "zzz", ""), repeat=2)],
    *[
        _arrow("a", "w", **more)
        for more in (
            {"labels": []},
            {"labels": ["tells", "doubts"]},
            {"labels": ["tells", "tells"]},
            {"labels": None},
            {"direction": None},
            {"direction": "up"},
            {"id": "x"},
        )
    ],
    *[
        _in_text(text, max(0, text.index("keepe") - cut), text.index("keepe") + 6 + cut)
        for text in TEXTS
        for cut in range(3)
    ],
]


@pytest.mark.parametrize("escaped", [True, False])
def test_both_ways_say_the_same_of_edges(escaped):
    declaration = declare(INTERFACE)
    quick = 0
    for item in EDGES:
        after = _sound(9)
        raws = [json.dumps(one, ensure_ascii=escaped).encode() for one in (item, after)]
        counts = _same_both_ways(raws, declaration)
        assert counts.general <= 1, "what is declined harms nothing that follows"
        quick += counts.general == 0
    assert len(EDGES) / 5 < quick < len(EDGES)
