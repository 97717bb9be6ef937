"""Validators of annotations side by side: ours with all cross-checks, the SDK's, and JSON Schema in two libraries."""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import jsonschema_rs
from label_studio_sdk.label_interface.interface import LabelInterface

from benchmarks.corruption.judging import judged
from benchmarks.corruption.valid import valid
from benchmarks.ls_exports import INTERFACE, Exporter, write
from curation.catalog import Schemas, Task
from curation.cycles import uncollected
from curation.studio.conversion.core import Core
from curation.studio.conversion.declaring import declare
from curation.studio.conversion.source import blocks
from curation.studio.conversion.splitting import Block

SLOW = 40
"""How many annotations the slowest validators are given a round."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A validator: `run` has it judge `annotations` annotations and returns how many it found nothing wrong with."""

    name: str
    annotations: int
    run: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Paced:
    """How many annotations a CPU second a validator took in each round, and how many of the last it accepted."""

    name: str
    rates: tuple[float, ...]
    accepted: str

    @property
    def rate(self) -> float:
        """The median."""
        return statistics.median(self.rates)

    def times(self, other: Paced) -> float:
        """How many times as fast as another: the median over rounds."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.rates, other.rates, strict=True))


class Discarded:
    """Takes tables and writes nothing."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()

    def write(self, tables: Mapping[str, Any]) -> None:
        """Count the rows."""
        for name, table in tables.items():
            self.rows[name] += table.num_rows


def race(contestants: list[Contestant], rounds: int) -> dict[str, Paced]:
    """Let each run in turn, `rounds` times after one that does not count; CPU time of this process."""
    rates: dict[str, list[float]] = {one.name: [] for one in contestants}
    accepted: dict[str, str] = {}
    for number in range(rounds + 1):
        for one in contestants:
            gc.collect()
            start = time.process_time()
            accepted[one.name] = f"{one.run()} of {one.annotations}"
            taken = time.process_time() - start
            if number:
                rates[one.name].append(one.annotations / taken)
    return {name: Paced(name, tuple(each), accepted[name]) for name, each in rates.items()}


def of_an_export(folder: Path, items: int, schemas: Schemas) -> list[Contestant]:
    """Validators of a generated export: from the items' bytes, and peers also of what was decoded before."""
    path = folder / "export.json"
    write(path, items)
    split = list(blocks(path))
    exporter = Exporter()
    annotations = [one for number in range(items) for one in exporter.item(number)["annotations"]]
    interface = LabelInterface(INTERFACE)
    usual, own = _usual(INTERFACE), schemas.document("label-studio-annotation")
    return [
        Contestant("curation: decode, check", len(annotations), lambda: _checked(split, len(annotations))),
        Contestant("curation: from file to Arrow", len(annotations), lambda: _converted(path, len(annotations))),
        *_from_bytes(annotations, interface, usual),
        *_peers(annotations, interface, usual, own),
    ]


def of_a_task(count: int, task: Task, schemas: Schemas) -> list[Contestant]:
    """Validators of random valid annotations of a task: the workspace's own path beside the others."""
    random = Random(count)
    cases = [valid(random, task, rich=True) for _ in range(count)]
    interface = LabelInterface(task.interface)
    usual, own = _usual(task.interface), schemas.document("label-studio-annotation")
    return [
        Contestant("curation: decode, examine", count, lambda: sum(not judged(case, task, schemas) for case in cases)),
        *_peers([case.raw for case in cases], interface, usual, own),
    ]


def _checked(split: list[Block], annotations: int) -> int:
    """Decode and check all that is in an export, and lay it out in columns, of which no tables are made."""
    faults: list[object] = []
    core = Core(declare(INTERFACE), Discarded(), faults.append, faults.append)  # type: ignore[arg-type]
    with uncollected():
        for block in split:
            core.take(block)
    return annotations - len(faults)


def _converted(path: Path, annotations: int) -> int:
    """The same, with all that comes before and the building of tables behind; they are not written."""
    faults: list[object] = []
    core = Core(declare(INTERFACE), Discarded(), faults.append, faults.append)  # type: ignore[arg-type]
    with uncollected():
        for block in blocks(path):
            core.take(block)
        core.close()
    return annotations - len(faults)


def _from_bytes(annotations: list[dict[str, Any]], interface: Any, usual: dict[str, Any]) -> list[Contestant]:
    """Peers that are given the bytes of annotations, as ours is those of whole items."""
    encoded = [json.dumps(one).encode() for one in annotations]
    few, valid_by_kind = encoded[:SLOW], jsonschema.Draft202012Validator(usual).is_valid

    def labels() -> int:
        return sum(bool(interface.validate_annotation(json.loads(one))) for one in encoded)

    def schema() -> int:
        return sum(valid_by_kind(json.loads(one)) for one in few)

    return [
        Contestant("decode, LabelInterface", len(encoded), labels),
        Contestant("decode, jsonschema oneOf", len(few), schema),
    ]


def _peers(
    annotations: list[dict[str, Any]], interface: Any, usual: dict[str, Any], own: dict[str, Any]
) -> list[Contestant]:
    slow = annotations[:SLOW]
    by_kind, by_case = jsonschema.Draft202012Validator(usual), jsonschema.Draft202012Validator(own)
    fast_by_kind, fast_by_case = jsonschema_rs.validator_for(usual), jsonschema_rs.validator_for(own)
    every = len(annotations)
    return [
        Contestant("LabelInterface", every, lambda: sum(map(bool, map(interface.validate_annotation, annotations)))),
        Contestant("jsonschema, oneOf", len(slow), lambda: sum(map(by_kind.is_valid, slow))),
        Contestant("jsonschema, if/then", len(slow), lambda: sum(map(by_case.is_valid, slow))),
        Contestant("jsonschema-rs, oneOf", every, lambda: sum(map(fast_by_kind.is_valid, annotations))),
        Contestant("jsonschema-rs, if/then", every, lambda: sum(map(fast_by_case.is_valid, annotations))),
    ]


def _usual(xml: str) -> dict[str, Any]:
    """A schema of the usual shape: a row is one of what the interface's controls write."""
    declaration = declare(xml)
    rows = [_row(name, one.kind, sorted(one.values or ())) for name, one in declaration.controls.items()]
    relation = {
        "type": {"const": "relation"},
        "from_id": {"type": "string"},
        "to_id": {"type": "string"},
        "direction": {"enum": ["left", "right", "bi"]},
        "labels": {"type": "array", "items": {"enum": sorted(declaration.relations or ())}, "minItems": 1},
    }
    rows.append({"type": "object", "properties": relation, "required": [*relation]})
    known = {
        "id": {"type": "integer"},
        "completed_by": {"type": ["integer", "object"]},
        "was_cancelled": {"type": "boolean"},
        "lead_time": {"type": ["number", "null"]},
        "result": {"type": "array", "items": {"oneOf": rows}},
    }
    return {"type": "object", "properties": known, "required": ["id", "completed_by", "result"]}


def _row(control: str, kind: str, values: list[str]) -> dict[str, Any]:
    key = "text" if kind == "textarea" else kind
    offset = {"type": "integer", "minimum": 0}
    held: dict[str, Any] = {"type": "string"} if kind == "textarea" else {"enum": values}
    value: dict[str, Any] = {"start": offset, "end": offset, key: {"type": "array", "items": held}}
    required = ["start", "end", "text", key] if kind == "labels" else [key]
    if kind == "rating":
        value[key] = {"type": "integer", "minimum": 1, "maximum": 5}
    elif kind == "labels":
        value["text"] = {"type": "string"}
    properties = {
        "type": {"const": kind},
        "id": {"type": "string"},
        "from_name": {"const": control},
        "to_name": {"type": "string"},
        "value": {"type": "object", "properties": value, "required": required},
    }
    return {"type": "object", "properties": properties, "required": [*properties]}
