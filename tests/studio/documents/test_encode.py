"""What is written for Label Studio reads back as the very same record, and looks like its own rows."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.records import Annotation, Mention, Relation
from curation.studio.decode import Item, decode
from curation.studio.encode import encode, prediction
from curation.text import content_hash


def values(field):
    """Every value that a field may take."""
    if field.kind == "text":
        return st.text(min_size=1)
    if field.kind == "choice":
        return st.sampled_from(field.values)
    subsets = st.sets(st.sampled_from(field.values), min_size=1)
    return subsets.map(lambda chosen: tuple(sorted(chosen, key=field.values.index)))


def filled(fields):
    """Every way to fill some of the fields."""
    return st.fixed_dictionaries({}, optional={name: values(field) for name, field in fields.items()})


@st.composite
def records(draw, task):
    """A record of the task and the text that it is about."""
    text = draw(st.text(min_size=1, max_size=60))
    ids = draw(st.lists(st.text(min_size=1, max_size=10), unique=True, max_size=5))
    mentions = []
    for one in ids:
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        label = draw(st.sampled_from(list(task.labels)))
        attributes = draw(filled(task.labels[label].attributes))
        mentions.append(Mention(one, label, start, end, text[start:end], attributes))
    ends = st.sampled_from(ids) if ids else st.nothing()
    relations = st.builds(Relation, ends, ends, st.none() | st.sampled_from(list(task.relations)))
    choices = draw(filled(task.choices))
    origins = ["manual", "prediction", "prediction-changed"] if mentions or choices else ["manual"]
    record = Annotation(
        id="n1",
        article_id="a1",
        article_sha256=content_hash(text),
        task=task.name,
        task_version=task.version,
        annotator="annotator-01",
        mentions=tuple(mentions),
        relations=tuple(draw(st.lists(relations, max_size=4)) if ids else ()),
        choices=choices,
        origin=draw(st.sampled_from(origins)),
        lead_time=draw(st.none() | st.floats(0, 1e6)),
        revision="r",
    )
    return record, text


def read_back(rows, record, text, task, schemas):
    raw = json.loads(json.dumps({"result": rows, "lead_time": record.lead_time}))
    item = Item("n1", "a1", text, "annotator-01", "r")
    return decode(raw, item=item, task=task, schemas=schemas)


@settings(max_examples=150)
@given(st.data())
def test_a_record_comes_back_as_it_was(press, schemas, data):
    record, text = data.draw(records(press))
    decoded = read_back(encode(record, press), record, text, press, schemas)
    assert decoded.problems == ()
    assert decoded.record == record


@settings(max_examples=50)
@given(st.data())
def test_so_does_one_of_the_flagship_task(task, schemas, data):
    record, text = data.draw(records(task))
    decoded = read_back(encode(record, task), record, text, task, schemas)
    assert (decoded.record, decoded.problems) == (record, ())


@settings(max_examples=50)
@given(st.data())
def test_a_suggestion_says_the_same_without_an_origin(press, schemas, data):
    record, text = data.draw(records(press))
    suggestion = prediction(record, press, "rules-1")
    assert suggestion["model_version"] == "rules-1"
    assert not any("origin" in row for row in suggestion["result"])
    decoded = read_back(suggestion["result"], record, text, press, schemas)
    assert decoded.problems == ()
    assert (decoded.record.mentions, decoded.record.relations) == (record.mentions, record.relations)
    assert decoded.record.choices == record.choices


def test_rows_are_those_that_the_screen_writes(press, schemas, full, text):
    record = read_back(full["result"], Annotation(*["x"] * 6), text, press, schemas).record
    rows = encode(record, press)
    assert rows[:4] == [
        full["result"][0],
        full["result"][1],
        {**full["result"][2], "value": {**full["result"][2]["value"], "choices": ["speaker", "subject"]}},
        # Label Studio puts a TextArea's own text where other rows repeat the span's.
        {**full["result"][3], "value": {"start": 2, "end": 5, "text": ["Zoë K."]}},
    ]
    assert [row["from_name"] for row in rows[4:8]] == ["span", "claim_kind", "span", "actor_type"]
    assert rows[8]["value"] == {"choices": ["favor"]}
    assert rows[-2:] == [
        {"from_id": "m1", "to_id": "m2", "type": "relation", "direction": "right", "labels": ["supports"]},
        {"from_id": "m3", "to_id": "m2", "type": "relation", "direction": "right", "labels": ["opposes"]},
    ]


def test_breaks_are_stored_as_the_browser_stores_them(press, text):
    start = text.index("said")
    mention = Mention("m1", "Claim", start, start + 10, text[start : start + 10])
    [row] = encode(Annotation("n", "a", "0", "press", "3", "x", mentions=(mention,)), press)
    assert row["value"]["text"] == "said:\\n\\n“Re"


def test_an_unlabelled_relation_has_no_labels(press):
    mentions = (Mention("m1", "Actor", 0, 1, "a"), Mention("m2", "Claim", 1, 2, "b"))
    record = Annotation("n", "a", "0", "press", "3", "x", mentions=mentions, relations=(Relation("m1", "m2", None),))
    assert "labels" not in encode(record, press)[-1]


def test_ids_of_the_articles_fields_stay_the_same(press):
    record = Annotation("n", "a", "0", "press", "3", "x", choices={"stance": "favor", "note": "x"})
    first, second = encode(record, press), encode(record, press)
    assert first == second
    assert len({row["id"] for row in first}) == 2


@pytest.mark.parametrize(
    "record",
    [
        Annotation("n", "a", "0", "press", "3", "x", mentions=(Mention("m", "Alien", 0, 1, "a"),)),
        Annotation("n", "a", "0", "press", "3", "x", mentions=(Mention("m", "Actor", 0, 1, "a", {"mood": "x"}),)),
        Annotation("n", "a", "0", "press", "3", "x", choices={"mood": "x"}),
    ],
)
def test_what_the_task_does_not_declare_is_not_written(press, record):
    with pytest.raises(ValueError, match=r"there is no field|has no label"):
        encode(record, press)
