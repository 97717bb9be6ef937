"""The texts that an item was annotated in, and its offsets as code points of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from curation.studio.conversion.declaration import ROW_TYPES, Declaration
from curation.studio.conversion.inferring import text_tag
from curation.studio.foreign import Foreign, foreign
from curation.studio.offsets import Counted
from curation.studio.raw import Row, rows_of
from curation.studio.rendering import agreement
from curation.units import Refused, counts_unit, ruler


@dataclass(slots=True)
class Texts:
    """An item's texts by the names of the objects that show them, `pages` those of other tags than Text.

    `missing` says of all others why there is no text.
    """

    plain: dict[str, str] = field(default_factory=dict)
    pages: dict[str, Foreign] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str | None:
        """The plain text of an object."""
        return self.pages[name].text if name in self.pages else self.plain.get(name)


def texts_of(data: Any, declaration: Declaration) -> Texts:
    """The texts that an item's data hold."""
    found = Texts()
    for shown in declaration.texts.values():
        source = shown.of(data) if isinstance(data, dict) else None
        if shown.tag != "Text":
            try:
                found.pages[shown.name] = foreign(shown.tag, source, text_key=shown.text_key)
            except Refused as error:
                found.missing[shown.name] = str(error)
        elif isinstance(source, str):
            found.plain[shown.name] = source
        else:
            found.missing[shown.name] = f"the item holds {'no text' if shown.readable else 'its address alone'}"
    return found


def lacking(annotation: Any, texts: Texts, declaration: Declaration) -> Iterator[tuple[str, str]]:
    """The objects without a text in which an annotation marked spans, and why they have none."""
    for row in rows_of(annotation):
        name, declared = row.word("to_name"), declaration.controls.get(row.control)
        if declared is not None and declared.kind == "other":
            continue
        if ROW_TYPES.get(row.type) == "labels" and name and texts.of(name) is None:
            yield name, texts.missing.get(name, "it is not known which key of the data holds it")


def converted(annotation: Any, texts: Texts, counted: Counted) -> tuple[Any, dict[int, tuple[int, int]]]:
    """An annotation whose offsets count another unit, with code points instead; and what stood there, by the row.

    Stays as it is where stored texts say that it counts code points already, and where they say nothing unless the
    unit is certain. Rows whose offsets have no exact place in code points stay too.
    """
    rows = [row for row in rows_of(annotation) if text_tag(row) == "Text" and None not in row.offsets]
    new: dict[int, dict[str, Any]] = {}
    for name, text in texts.plain.items():
        own = [row for row in rows if row.word("to_name") == name]
        stored = [row for row in own if row.type == "labels" and isinstance(row.value.get("text"), str)]
        spans = [(*row.offsets, row.value["text"]) for row in stored]
        fits, fits_not = counts_unit(text, spans, counted.unit, agreement)  # type: ignore[arg-type]
        if fits_not or not (fits or counted.certain):
            continue
        measure = ruler(text, counted.unit)
        for row in own:
            try:
                places = [measure.to_code_points(offset or 0) for offset in row.offsets]
            except Refused:
                continue
            if tuple(places) != row.offsets:
                value = {**row.value, "start": places[0], "end": places[1]}
                new[row.position] = {**row.document, "value": value}
    if not new:
        return annotation, {}
    result = [new.get(position, row) for position, row in enumerate(annotation["result"])]
    before = {position: _offsets(annotation["result"][position]) for position in new}
    return {**annotation, "result": result}, before


def _offsets(row: Mapping[str, Any]) -> tuple[int, int]:
    start, end = Row(0, row).offsets
    return start or 0, end or 0
