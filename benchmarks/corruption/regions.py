"""Ways to break a span's id, its label, and the rows that belong to it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from benchmarks.corruption.grip import Grip, Row, Stage, Way
from benchmarks.corruption.valid import field_row


def _set(key: str, value: Any) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        grip.row()[key] = value

    return change


def _drop(key: str) -> Callable[[Grip], object]:
    return lambda grip: grip.row().pop(key)


def _labels(change: Callable[[list[str]], Any]) -> Callable[[Grip], object]:
    def apply(grip: Grip) -> None:
        value = grip.span()["value"]
        value["labels"] = change(value["labels"])

    return apply


def _is_alone(grip: Grip, row: Row) -> bool:
    """Whether no span of another label has the same offsets."""
    value = row["value"]
    others = {"Actor", "Claim"} - {*value["labels"]}
    return not any(grip.is_marked(label, value["start"], value["end"]) for label in others)


def _two_labels(grip: Grip) -> None:
    grip.span(fits=lambda row: _is_alone(grip, row))["value"]["labels"] = ["Actor", "Claim"]


def _relabelled(grip: Grip) -> None:
    row = grip.span(fits=lambda row: _is_alone(grip, row))
    row["value"]["labels"] = ["Claim" if row["value"]["labels"] == ["Actor"] else "Actor"]


def _twin(grip: Grip, same_id: bool, same_place: bool) -> None:
    """A second span beside one, with its attributes."""
    row = grip.span(fits=lambda row: all("start" in one["value"] for one in grip.case.of_region(row["id"])))
    own = copy.deepcopy(grip.case.of_region(row["id"]))
    if not same_place:
        words = [word for words in grip.case.text.paragraphs for word in words]
        free = [word for word in words if not grip.is_marked(row["value"]["labels"][0], *word)]
        start, end = grip.random.choice(free)
        for one in own:
            text = {} if one["type"] == "textarea" else {"text": grip.case.text.text[start:end]}
            one["value"] |= {"start": start, "end": end, **text}
    for one in own:
        one["id"] = row["id"] if same_id else row["id"] + "2"
    position = grip.random.randrange(len(grip.case.result) + 1)
    grip.case.result[position:position] = own


def _without_span(grip: Grip) -> None:
    """The attributes of a span that is gone, and perhaps relations to it."""
    row = grip.span()
    grip.case.result.remove(row)


def _without_span_and_relations(grip: Grip) -> None:
    # Those whose claims it held are gone with it, so that nothing lacks a holder.
    row = grip.span("Actor", lambda row: not grip.case.relations_of(row["id"]))
    grip.case.result.remove(row)


def _stray(grip: Grip) -> None:
    row = copy.deepcopy(grip.attribute())
    # Two attributes of one span that is gone would be one fault.
    row["id"] = f"gone-{grip.random.getrandbits(40):010x}"
    grip.case.result.append(row)


def _foreign_attribute(grip: Grip) -> None:
    row = grip.span()
    label = "Claim" if row["value"]["labels"] == ["Actor"] else "Actor"
    other = grip.random.choice(list(grip.task.labels[label].attributes.values()))
    values = [other.values[0]] if other.values else ["Q5"]
    place = {key: row["value"][key] for key in ("start", "end")}
    grip.case.result.append(field_row(other, row["id"], values, place))


def _elsewhere(key: str) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        value = grip.attribute(lambda row: "start" in row["value"])["value"]
        value[key] += grip.random.choice((-1, 1, 1000))

    return change


def _optional(row: Row) -> bool:
    return row["from_name"] in ("actor_name", "actor_wikidata", "claim_topics")


def _control(pick: Callable[[Grip], Row], key: str, value: str) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        pick(grip)[key] = value

    return change


def _rated(grip: Grip) -> None:
    grip.attribute(lambda row: row["type"] == "choices").update(type="rating", value={"rating": 3})


def _append(row: Row) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        grip.take()
        grip.case.result.append(copy.deepcopy(row))

    return change


def _way(name: str, code: str, change: Callable[[Grip], object], stage: Stage = Stage.READING) -> Way:
    return Way(name, (code,), stage, change)


def _shape(name: str, change: Callable[[Grip], object]) -> Way:
    return Way(name, ("F_RAW_SCHEMA",), Stage.SHAPE, change)


_RECTANGLE = {"id": "r1", "from_name": "box", "to_name": "image", "type": "rectanglelabels", "value": {"x": 1}}

REGIONS = (
    _shape("id: missing", _drop("id")),
    _shape("id: a number", _set("id", 7)),
    _shape("id: empty", _set("id", "")),
    _shape("id: null", _set("id", None)),
    _way("id: of another span", "F_REGION_DUPLICATE_ID", lambda grip: _twin(grip, same_id=True, same_place=False)),
    _way("id: a span given twice", "F_REGION_DUPLICATE_ID", lambda grip: _twin(grip, same_id=True, same_place=True)),
    _way("span: marked twice", "F_SPAN_DUPLICATE", lambda grip: _twin(grip, False, True), Stage.RECORD),
    _way("label: unknown", "F_LABEL_UNKNOWN", _labels(lambda labels: ["Alien"]), Stage.RECORD),
    _way("label: in capitals", "F_LABEL_UNKNOWN", _labels(lambda labels: [labels[0].upper()]), Stage.RECORD),
    _way("label: two", "F_CARDINALITY", _two_labels),
    _way("label: one twice", "F_CARDINALITY", _labels(lambda labels: labels * 2)),
    _way("label: none", "F_CARDINALITY", _labels(lambda labels: [])),
    _way("label: empty", "F_CARDINALITY", _labels(lambda labels: [""])),
    _shape("label: a number", _labels(lambda labels: [1])),
    _shape("label: a string", _labels(lambda labels: labels[0])),
    _shape("label: missing", lambda grip: grip.span()["value"].pop("labels")),
    _way("label: changed afterwards", "F_ATTRIBUTE_LABEL", _relabelled),
    _way("attribute: the span is gone", "F_ATTRIBUTE_ORPHAN", _without_span),
    _way("attribute: a free span is gone", "F_ATTRIBUTE_ORPHAN", _without_span_and_relations),
    _way("attribute: of no span", "F_ATTRIBUTE_ORPHAN", _stray),
    _way("attribute: of another label", "F_ATTRIBUTE_LABEL", _foreign_attribute),
    _way("attribute: starts elsewhere", "F_ATTRIBUTE_OFFSETS", _elsewhere("start")),
    _way("attribute: ends elsewhere", "F_ATTRIBUTE_OFFSETS", _elsewhere("end")),
    _way("control: unknown, of a span", "F_CONTROL_UNKNOWN", _control(Grip.span, "from_name", "marks")),
    _way("control: unknown, of an attribute", "F_CONTROL_UNKNOWN", _control(Grip.attribute, "from_name", "mood")),
    _way(
        "control: unknown, of the article",
        "F_CONTROL_UNKNOWN",
        _control(lambda grip: grip.form("note"), "from_name", "remark"),
    ),
    Way(
        "control: unknown, of a required field of the article",
        ("F_CONTROL_UNKNOWN",),
        Stage.READING,
        _control(lambda grip: grip.form("stance_rent_cap"), "from_name", "stance_toll"),
        may=frozenset({"F_REQUIRED_MISSING"}),
    ),
    _way("control: of another type", "F_CONTROL_UNKNOWN", _rated),
    _way("control: about another text", "F_CONTROL_UNKNOWN", _control(Grip.span, "to_name", "title")),
    _way("control: attribute of another text", "F_CONTROL_UNKNOWN", _control(Grip.attribute, "to_name", "title")),
    _way("control: of an image", "F_CONTROL_UNKNOWN", _append(_RECTANGLE)),
    _way("control: none", "F_CONTROL_UNKNOWN", _append({"type": "magic"})),
    _shape("control: missing", _drop("from_name")),
    _shape("control: a number", _set("from_name", 5)),
    _shape("control: empty", _set("from_name", "")),
    _shape("text object: missing", _drop("to_name")),
    _shape("text object: a list", _set("to_name", ["text"])),
    _shape("type: missing", _drop("type")),
    _shape("type: a number", _set("type", 0)),
    _shape("type: null", _set("type", None)),
    _shape("value: missing", _drop("value")),
    _shape("value: null", _set("value", None)),
    _shape("value: a string", _set("value", "Actor")),
    _shape("value: a list", _set("value", [])),
    _shape("origin: unknown", _set("origin", "dreamt")),
    _shape("score: a string", _set("score", "high")),
)
