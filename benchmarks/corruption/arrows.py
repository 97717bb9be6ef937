"""Ways to break relations, and what hangs on them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from benchmarks.corruption.grip import Grip, Row, Stage, Way
from benchmarks.corruption.valid import STANCES, arrow, field_row


def _set(key: str, value: Any) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        grip.relation()[key] = value

    return change


def _drop(key: str) -> Callable[[Grip], object]:
    return lambda grip: grip.relation().pop(key)


def _second_label(grip: Grip) -> None:
    grip.relation()["labels"].append("unclear")


def _self(grip: Grip) -> None:
    row = grip.relation()
    row["to_id"] = row["from_id"]


def _to_form(grip: Grip) -> None:
    grip.relation()["to_id"] = grip.form()["id"]


def _nowhere(grip: Grip) -> None:
    grip.relation().update(from_id="nowhere", to_id="nobody")


def _is_held(row: Row) -> bool:
    return row["labels"][0] in STANCES


def _is_alike(row: Row) -> bool:
    return row["labels"][0] in ("same_as", "speaks_for", "continues")


def _relabel(label: str, fits: Callable[[Row], bool]) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        grip.relation(fits)["labels"] = [label]

    return change


def _turn(row: Row) -> None:
    row["from_id"], row["to_id"] = row["to_id"], row["from_id"]


def _reversed(grip: Grip) -> None:
    _turn(grip.relation(_is_held))


def _mutual(grip: Grip) -> None:
    grip.relation(_is_held)["direction"] = "bi"


def _twice(grip: Grip) -> None:
    grip.case.result.append(copy.deepcopy(grip.relation(lambda row: row["direction"] != "bi")))


def _twice_in_other_words(grip: Grip) -> None:
    again = copy.deepcopy(grip.relation(lambda row: row["direction"] != "bi"))
    _turn(again)
    again["direction"] = "left" if again["direction"] == "right" else "right"
    grip.case.result.append(again)


def _nobody(grip: Grip) -> None:
    """A claim of its own that loses all of its holders."""
    row = grip.span(
        "Claim", lambda row: all("continues" not in one["labels"] for one in grip.case.relations_of(row["id"]))
    )
    for one in grip.case.relations_of(row["id"]):
        grip.case.result.remove(one)


def _takes_sides(row: Row) -> bool:
    return row["labels"][0] in ("supports", "opposes")


def _ends(row: Row) -> tuple[str, str]:
    ends = row["from_id"], row["to_id"]
    return ends[::-1] if row["direction"] == "left" else ends


def _contradiction(grip: Grip) -> None:
    """Somebody who supports a claim opposes it too."""
    row = grip.relation(_takes_sides)
    other = "opposes" if row["labels"] == ["supports"] else "supports"
    grip.case.result.append(arrow(*_ends(row), other))


def _contradiction_elsewhere(grip: Grip) -> None:
    """Somebody who supports a claim opposes it under another mark."""
    marks = {_ends(row)[1]: _ends(row)[0] for row in grip.case.rows("relation") if row.get("labels") == ["same_as"]}
    row = grip.relation(lambda row: _takes_sides(row) and _ends(row)[0] in marks)
    other = "opposes" if row["labels"] == ["supports"] else "supports"
    source, target = _ends(row)
    grip.case.result.append(arrow(marks[source], target, other))


def _unnamed(grip: Grip) -> None:
    """A claim that somebody holds is marked as held by nobody who is named."""
    claim = _ends(grip.relation(_is_held))[1]
    field = grip.task.labels["Claim"].attributes["holder"]
    grip.case.result.append(field_row(field, claim, ["unnamed"], {}))


def _way(name: str, code: str, change: Callable[[Grip], object], stage: Stage = Stage.RECORD) -> Way:
    return Way(name, (code,), stage, change)


def _adrift(name: str, code: str, change: Callable[[Grip], object]) -> Way:
    """A relation that no longer tells which claim it was about, so that this one may lack its holder."""
    return Way(name, (code,), Stage.RECORD, change, may=frozenset({"F_HOLDER_MISSING"}))


_ADRIFT = frozenset(
    {
        "relation: from nothing",
        "relation: to nothing",
        "relation: from nothing to nothing",
        "relation: to a row of the article",
        "relation: to itself",
        "relation: between actors, for claims",
        "label: none",
        "label: two",
        "label: empty",
        "label: changed afterwards",
        "attribute: the span is gone",
        "attribute: a free span is gone",
        "span: of a HyperText object",
        "span: of a Paragraphs object",
        "control: unknown, of a span",
        "control: about another text",
    }
)
"""What leaves a relation that leads to no claim: it may have been that of a claim without one."""


def _shape(name: str, change: Callable[[Grip], object]) -> Way:
    return Way(name, ("F_RAW_SCHEMA",), Stage.SHAPE, change)


ARROWS = (
    _adrift("relation: from nothing", "F_RELATION_DANGLING", _set("from_id", "nowhere")),
    _adrift("relation: to nothing", "F_RELATION_DANGLING", _set("to_id", "nowhere")),
    _adrift("relation: from nothing to nothing", "F_RELATION_DANGLING", _nowhere),
    _adrift("relation: to a row of the article", "F_RELATION_DANGLING", _to_form),
    _adrift("relation: to itself", "F_RELATION_SELF", _self),
    _way("relation: no labels", "F_RELATION_UNLABELLED", _drop("labels")),
    _way("relation: empty labels", "F_RELATION_UNLABELLED", _set("labels", [])),
    _way("relation: an empty label", "F_RELATION_UNLABELLED", _set("labels", [""])),
    _way(
        "relation: two labels",
        "F_CARDINALITY",
        lambda grip: grip.relation()["labels"].append("speaks_for"),
        Stage.READING,
    ),
    _way("relation: unknown label", "F_RELATION_UNKNOWN", _set("labels", ["likes"])),
    _way("relation: label in capitals", "F_RELATION_UNKNOWN", _set("labels", ["SUPPORTS"])),
    _way("relation: between actors, for claims", "F_RELATION_ENDS", _relabel("supports", _is_alike)),
    _way("relation: to a claim, for actors", "F_RELATION_ENDS", _relabel("speaks_for", _is_held)),
    _way("relation: backwards", "F_RELATION_ENDS", _reversed),
    _way("relation: both ways where one is allowed", "F_RELATION_ENDS", _mutual),
    _way("relation: twice", "F_RELATION_DUPLICATE", _twice),
    _way("relation: twice, drawn from both sides", "F_RELATION_DUPLICATE", _twice_in_other_words),
    _shape("relation: no such direction", _set("direction", "up")),
    _shape("relation: no direction", _drop("direction")),
    _shape("relation: direction null", _set("direction", None)),
    _shape("relation: no start", _drop("from_id")),
    _shape("relation: no end", _drop("to_id")),
    _shape("relation: end a number", _set("to_id", 4)),
    _shape("relation: start empty", _set("from_id", "")),
    _shape("relation: labels a string", _set("labels", "supports")),
    _shape("relation: labels null", _set("labels", None)),
    _shape("relation: a number for a label", _set("labels", [3])),
    Way("holder: missing", ("F_HOLDER_MISSING",), Stage.RECORD, _nobody, excused_by=_ADRIFT),
    _way("holder: none is named, and one is drawn", "F_HOLDER_UNNAMED", _unnamed),
    _way("holder: supports and opposes", "F_CONTRADICTION", _contradiction),
    _way("holder: supports, and opposes under another mark", "F_CONTRADICTION", _contradiction_elsewhere),
)
