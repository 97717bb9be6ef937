"""The texts that an item was annotated in, and its offsets as code points of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from curation.studio.conversion.declaration import ROW_TYPES, Declaration
from curation.studio.conversion.inferring import text_tag
from curation.studio.foreign import Foreign, foreign
from curation.studio.offsets import Counted, at_places, moved
from curation.studio.raw import Row, rows_of
from curation.units import Refused


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
            under = f"no text under {shown.key!r}" if shown.key else "no text"
            found.missing[shown.name] = f"the item holds {under if shown.readable else 'its address alone'}"
    return found


def lacking(annotation: Any, texts: Texts, declaration: Declaration) -> Iterator[tuple[str, str]]:
    """The objects without a text in which an annotation marked spans, and why they have none."""
    for row in rows_of(annotation):
        name, declared = row.word("to_name"), declaration.controls.get(row.control)
        if declared is not None and declared.kind == "other":
            continue
        if not declaration.inferred and (name not in declared.to_names if declared else not declaration.open):
            # The rules tell of a control that is none, or is about another text.
            continue
        if ROW_TYPES.get(row.type) == "labels" and name and texts.of(name) is None:
            yield name, texts.missing.get(name, "it is not known which key of the data holds it")


def converted(annotation: Any, texts: Texts, counted: Counted) -> tuple[Any, dict[int, tuple[int, int]]]:
    """An annotation whose offsets count another unit, with code points instead; and what stood there, by the row."""
    spans = [(row, start, end) for row in rows_of(annotation) for start, end in _counting(row)]
    places: dict[int, tuple[int, int]] = {}
    for name, text in texts.plain.items():
        made = moved([span for span in spans if span[0].word("to_name") == name], text, counted)
        places |= made.places if made is not None else {}
    if not places:
        return annotation, {}
    result = list(annotation["result"])
    for position, place in places.items():
        result[position] = at_places(result[position], place)
    before = {row.position: (start, end) for row, start, end in spans if row.position in places}
    return {**annotation, "result": result}, before


def _counting(row: Row) -> Iterator[tuple[int, int]]:
    """The offsets of a row that count a plain text."""
    start, end = row.offsets
    if start is not None and end is not None and text_tag(row) == "Text":
        yield start, end
