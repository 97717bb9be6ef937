"""Ways to break the values of fields, of mentions and of the whole article."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.corruption.grip import Grip, Row, Stage, Unfit, Way
from benchmarks.corruption.valid import field_row

_SINGLE = ("actor_type", "claim_kind", "claim_quotation")
_STANCES = ("stance_congestion_charge", "stance_rent_cap")
_TEXTS = ("actor_name", "note")


def _row(grip: Grip, controls: tuple[str, ...]) -> Row:
    """A row of one of these controls."""

    def fits(row: Row) -> bool:
        return row["from_name"] in controls

    of_mentions = grip.random.random() < 0.5
    try:
        return grip.attribute(fits) if of_mentions else grip.form(fits=fits)
    except Unfit:
        return grip.form(fits=fits) if of_mentions else grip.attribute(fits)


def _values(controls: tuple[str, ...], change: Callable[[list[str]], Any]) -> Callable[[Grip], object]:
    def apply(grip: Grip) -> None:
        row = _row(grip, controls)
        key = "text" if row["type"] == "textarea" else "choices"
        row["value"][key] = change(row["value"][key])

    return apply


def _lose(key: str, controls: tuple[str, ...]) -> Callable[[Grip], object]:
    return lambda grip: _row(grip, controls)["value"].pop(key)


def _without(controls: tuple[str, ...]) -> Callable[[Grip], object]:
    return lambda grip: grip.case.result.remove(_row(grip, controls))


def _bare(grip: Grip) -> None:
    """A claim without any attribute."""
    row = grip.span("Claim")
    for one in grip.case.of_region(row["id"]):
        if one is not row:
            grip.case.result.remove(one)


def _two(grip: Grip) -> None:
    """Two different values where one belongs."""
    row = _row(grip, _SINGLE)
    values = next(field.values for _, field in grip.task.fields if field.control == row["from_name"])
    row["value"]["choices"] = grip.random.sample(values, 2)


def _again(grip: Grip) -> None:
    """A second row of a control that takes one value."""
    row = _row(grip, (*_SINGLE, *_STANCES))
    values = next(field.values for _, field in grip.task.fields if field.control == row["from_name"])
    value = grip.random.choice(values)
    grip.case.result.append({**row, "value": {**row["value"], "choices": [value]}})


def _named(grip: Grip, name: str, label: str) -> Row:
    """A new or the present row of an optional field."""
    row = grip.span(label)
    field = grip.task.labels[label].attributes[name]
    for one in grip.case.of_region(row["id"]):
        if one["from_name"] == field.control:
            return one
    new = field_row(field, row["id"], ["Q5"], {})
    grip.case.result.append(new)
    return new


def _wikidata(text: str) -> Callable[[Grip], object]:
    return lambda grip: _named(grip, "wikidata", "Actor")["value"].update(text=[text])


def _topics(*values: str) -> Callable[[Grip], object]:
    return lambda grip: _named(grip, "topics", "Claim").update(type="choices", value={"choices": list(values)})


def _way(name: str, code: str, change: Callable[[Grip], object]) -> Way:
    return Way(name, (code,), Stage.RECORD, change)


def _shape(name: str, change: Callable[[Grip], object]) -> Way:
    return Way(name, ("F_RAW_SCHEMA",), Stage.SHAPE, change)


FIELDS = (
    _way("value: unknown, of a mention", "F_VALUE_UNKNOWN", _values(_SINGLE, lambda values: ["robot"])),
    _way("value: unknown, of the article", "F_VALUE_UNKNOWN", _values(_STANCES, lambda values: ["perhaps"])),
    _way("value: unknown, beside others", "F_VALUE_UNKNOWN", _topics("housing", "weather")),
    _way("value: in capitals", "F_VALUE_UNKNOWN", _values(_SINGLE, lambda values: [values[0].upper()])),
    _way("value: with a space", "F_VALUE_UNKNOWN", _values(_STANCES, lambda values: [values[0] + " "])),
    _way("value: two on one, of a mention", "F_CARDINALITY", _two),
    _way("value: two on one, of the article", "F_CARDINALITY", _values(_STANCES, lambda values: ["favor", "against"])),
    _way("value: one twice", "F_CARDINALITY", _topics("housing", "justice", "housing")),
    _way("value: in two rows", "F_CARDINALITY", _again),
    _way("value: an empty list", "F_CARDINALITY", _values((*_SINGLE, *_STANCES), lambda values: [])),
    _way("value: an empty list of several", "F_CARDINALITY", _topics()),
    _way("value: an empty string", "F_CARDINALITY", _values((*_SINGLE, *_STANCES), lambda values: [""])),
    _way("text: two where one belongs", "F_CARDINALITY", _values(_TEXTS, lambda values: [*values, "and more"])),
    _way("text: blank", "F_CARDINALITY", _values(_TEXTS, lambda values: [" \n"])),
    _way("text: an empty list", "F_CARDINALITY", _values(_TEXTS, lambda values: [])),
    _way("required: missing on a mention", "F_REQUIRED_MISSING", _without(_SINGLE)),
    _way("required: missing on the article", "F_REQUIRED_MISSING", _without(_STANCES)),
    Way("required: nothing on a claim", ("F_REQUIRED_MISSING",) * 2, Stage.RECORD, _bare),
    _way("pattern: no number", "F_PATTERN", _wikidata("Q")),
    _way("pattern: an address", "F_PATTERN", _wikidata("https://www.wikidata.org/wiki/Q64")),
    _way("pattern: a line break behind", "F_PATTERN", _wikidata("Q64\n")),
    _way("pattern: other digits", "F_PATTERN", _wikidata("Q٦٤")),
    _shape("choices: a string", _values((*_SINGLE, *_STANCES), lambda values: values[0])),
    _shape("choices: a number in them", _values((*_SINGLE, *_STANCES), lambda values: [1])),
    _shape("choices: null in them", _values((*_SINGLE, *_STANCES), lambda values: [None])),
    _shape("choices: missing", _lose("choices", (*_SINGLE, *_STANCES))),
    _shape("text: a string", _values(_TEXTS, lambda values: values[0])),
    _shape("text: missing", _lose("text", _TEXTS)),
)
