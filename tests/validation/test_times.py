"""Times that cannot be are left out with a warning, and every other one is kept as the schema of records has it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.records import Article, to_json
from curation.studio.decode import Item, decode
from curation.text import content_hash
from curation.validation import examine

TEXT = "The charge works."


def read(raw: dict[str, Any], task, schemas):
    item = Item("u-1", "charge-1", TEXT, "annotator-01")
    stances = [
        {"id": name, "from_name": name, "to_name": "text", "type": "choices", "value": {"choices": ["favor"]}}
        for name in ("stance_congestion_charge", "stance_rent_cap")
    ]
    return decode({"id": 1, "completed_by": 1, "was_cancelled": False, "result": stances, **raw}, item=item,
                  task=task, schemas=schemas)  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "pointers"),
    [
        ({"lead_time": -0.5}, ["/lead_time"]),
        ({"lead_time": -(10**30), "created_at": "yesterday"}, ["/lead_time", "/created_at"]),
        ({"created_at": "2026-02-30T09:14:00Z"}, ["/created_at"]),
        ({"created_at": "2026-03-02T09:14:00"}, ["/created_at"]),
        ({"created_at": "2026-03-02T09:14:00Z\n"}, ["/created_at"]),
        ({"created_at": ""}, ["/created_at"]),
        ({"created_at": "2026-03-02T09:14:00.123456+05:30", "lead_time": 0}, []),
        ({"created_at": None, "lead_time": None}, []),
    ],
    ids=str,
)
def test_a_time_that_cannot_be_is_left_out(raw, pointers, task, schemas):
    decoded = read(raw, task, schemas)
    assert [(one.code, one.severity, one.json_pointer) for one in decoded.problems] == [
        ("F_TIME_IMPOSSIBLE", "warning", pointer) for pointer in pointers
    ]
    for key, value in raw.items():
        assert getattr(decoded.record, key) == (None if f"/{key}" in pointers else value)
    article = Article("charge-1", TEXT, content_hash(TEXT))
    assert examine(decoded.record, decoded.problems, article, task, schemas) == list(decoded.problems)


_shaped = st.from_regex(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)


@given(made=st.text(max_size=30) | _shaped | st.datetimes().map(lambda one: one.isoformat() + "Z"))
def test_whatever_time_is_kept_fits_the_records_schema(made, task, schemas):
    decoded = read({"created_at": made}, task, schemas)
    assert schemas.problems("annotation", to_json(decoded.record)) == []
