"""Ways to break the offsets of a span, the text that is stored beside them, and where it lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import regex

from benchmarks.corruption.grip import Grip, Row, Stage, Unfit, Way

Move = Callable[[Grip, Row, int, int], tuple[int, int]]


def _typed(convert: Callable[[int], Any]) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        value = _some_place(grip)["value"]
        key = grip.random.choice(("start", "end"))
        value[key] = convert(value[key])

    return change


def _some_place(grip: Grip) -> Row:
    if grip.random.random() < 0.7:
        return grip.span()
    return _placed(grip)


def _placed(grip: Grip) -> Row:
    return grip.attribute(lambda row: "start" in row["value"])


def _missing(key: str) -> Callable[[Grip], object]:
    return lambda grip: grip.span()["value"].pop(key)


def _moved(move: Move, fits: Callable[[Row], bool] = lambda row: True) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        row = grip.span(fits=fits)
        start, end = move(grip, row, row["value"]["start"], row["value"]["end"])
        grip.offset(row, start, end)

    return change


def _in_other_units(length: Callable[[str], int]) -> Callable[[Grip], object]:
    """Offsets that count something else than code points, where that shows and stays within the text."""

    def change(grip: Grip) -> None:
        text = grip.case.text.text

        def other(row: Row) -> tuple[int, int]:
            return length(text[: row["value"]["start"]]), length(text[: row["value"]["end"]])

        def shows(row: Row) -> bool:
            start, end = other(row)
            there = _letters(text[start:end])
            return 0 <= start < end <= len(text) and "text" in row["value"] and there != _letters(row["value"]["text"])

        row = grip.span(fits=shows)
        grip.offset(row, *other(row))

    return change


def _letters(text: str) -> str:
    return "".join(text.replace("\\n", "").split())


def _has_text(row: Row) -> bool:
    return "text" in row["value"]


def _has_letters(row: Row) -> bool:
    return _letters(row["value"].get("text", "")) != ""


def _has_spaces(row: Row) -> bool:
    return len(row["value"].get("text", "").split()) > 1


def _is_long(row: Row) -> bool:
    return _has_text(row) and bool(row["value"]["end"] - row["value"]["start"] > 1)


def _stored(change: Callable[[str], Any], fits: Callable[[Row], bool] = _has_text) -> Callable[[Grip], object]:
    def apply(grip: Grip) -> None:
        value = grip.span(fits=fits)["value"]
        value["text"] = change(value["text"])

    return apply


def _edge(grip: Grip) -> None:
    text = grip.case.text.text

    def is_followed(row: Row) -> bool:
        return text[row["value"]["end"]] in " \t\u00a0\n"

    row = grip.span(fits=is_followed)
    grip.place(row, row["value"]["start"], row["value"]["end"] + 1)


def _leading_edge(grip: Grip) -> None:
    text = grip.case.text.text

    def is_preceded(row: Row) -> bool:
        start = row["value"]["start"]
        return bool(start > 0 and text[start - 1] in " \t\u00a0" and text[start] != "\n")

    row = grip.span(fits=is_preceded)
    grip.place(row, row["value"]["start"] - 1, row["value"]["end"])


def _cut(grip: Grip) -> None:
    """A span that ends inside a character."""
    start, end = grip.random.choice(list(_inside(grip)) or [(0, 0)])
    if not end:
        raise Unfit
    grip.place(grip.span(), start, end)


def _inside(grip: Grip) -> Iterator[tuple[int, int]]:
    text = grip.case.text.text
    for words in grip.case.text.paragraphs:
        for start, end in words:
            for cluster in regex.finditer(r"\X", text[start:end]):
                if cluster.end() - cluster.start() > 1:
                    yield start, start + cluster.start() + 1


def _across(grip: Grip) -> None:
    """A span from the last word of a paragraph to the first of the next."""
    paragraphs = grip.case.text.paragraphs
    before = grip.random.randrange(len(paragraphs) - 1)
    grip.place(grip.span(), paragraphs[before][-1][0], paragraphs[before + 1][0][1])


def _foreign(kind: str, place: Callable[[int, int], dict[str, Any]]) -> Callable[[Grip], object]:
    def change(grip: Grip) -> None:
        row = grip.span()
        for one in grip.case.of_region(row["id"]):
            value = one["value"]
            if "start" in value or one is row:
                value |= place(value["start"], value["end"])
        row["type"] = kind
        row["value"][kind] = row["value"].pop("labels")

    return change


def _xpath(start: int, end: int) -> dict[str, Any]:
    there = {"start": start, "end": end}
    return {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "startOffset": start, "endOffset": end} | {
        "globalOffsets": there
    }


def _paragraph(start: int, end: int) -> dict[str, Any]:
    return {"start": "0", "end": "0", "startOffset": start, "endOffset": end}


def _way(name: str, code: str, change: Callable[[Grip], object], stage: Stage = Stage.READING) -> Way:
    return Way(name, (code,), stage, change)


def _shape(name: str, change: Callable[[Grip], object], stage: Stage = Stage.SHAPE) -> Way:
    return Way(name, ("F_RAW_SCHEMA",), stage, change)


def _warning(name: str, code: str, change: Callable[[Grip], object]) -> Way:
    return Way(name, (code,), Stage.RECORD, change, needs_text=True)


OFFSETS = (
    _shape("offset: a string", _typed(str)),
    _shape("offset: a fraction", _typed(lambda offset: offset + 0.5)),
    _shape("offset: a whole float", _typed(float)),
    _shape("offset: true", _typed(lambda offset: True)),
    _shape("offset: null", _typed(lambda offset: None)),
    _shape("offset: a list", _typed(lambda offset: [offset])),
    _shape("offset: NaN", _typed(lambda offset: float("nan")), Stage.STORABLE),
    _shape("offset: without bounds", _typed(lambda offset: 10**400), Stage.STORABLE),
    _shape("offset: no start", _missing("start")),
    _shape("offset: no end", _missing("end")),
    _way("offset: negative", "F_OFFSET_RANGE", _moved(lambda grip, row, start, end: (-1 - start, end))),
    _way("offset: swapped", "F_OFFSET_RANGE", _moved(lambda grip, row, start, end: (end, start))),
    _way(
        "offset: one past the end",
        "F_OFFSET_RANGE",
        _moved(lambda grip, row, start, end: (start, len(grip.case.text.text) + 1)),
    ),
    _way("offset: far past the end", "F_OFFSET_RANGE", _moved(lambda grip, row, start, end: (start, end + 10**30))),
    _way("offset: an empty span", "F_OFFSET_RANGE", _moved(lambda grip, row, start, end: (start, start))),
    _way(
        "offset: shifted by one",
        "F_TEXT_MISMATCH",
        _moved(lambda grip, row, start, end: (start + 1, end + 1), _has_text),
    ),
    _way("offset: start by one", "F_TEXT_MISMATCH", _moved(lambda grip, row, start, end: (start + 1, end), _is_long)),
    _way("offset: end by one", "F_TEXT_MISMATCH", _moved(lambda grip, row, start, end: (start, end - 1), _is_long)),
    _way("offset: UTF-16 units", "F_TEXT_MISMATCH", _in_other_units(lambda text: len(text.encode("utf-16-le")) // 2)),
    _way("offset: bytes", "F_TEXT_MISMATCH", _in_other_units(lambda text: len(text.encode()))),
    _way(
        "offset: line breaks counted twice",
        "F_TEXT_MISMATCH",
        _in_other_units(lambda text: len(text) + text.count("\n")),
    ),
    _way("offset: CRLF counted once", "F_TEXT_MISMATCH", _in_other_units(lambda text: len(text) - text.count("\r"))),
    _way("stored text: another one", "F_TEXT_MISMATCH", _stored(lambda text: "something else")),
    _way("stored text: a letter short", "F_TEXT_MISMATCH", _stored(lambda text: text[:-1])),
    _way(
        "stored text: empty",
        "F_TEXT_MISMATCH",
        _stored(lambda text: "", lambda row: _letters(row["value"].get("text", "")) != ""),
    ),
    _way("stored text: a space more", "F_TEXT_WHITESPACE", _stored(lambda text: text + " ")),
    _way(
        "stored text: spaces collapsed",
        "F_TEXT_WHITESPACE",
        _stored(
            lambda text: "".join(text.split()), lambda row: _has_text(row) and len(row["value"]["text"].split()) > 1
        ),
    ),
    _shape("stored text: a list", _stored(lambda text: [text])),
    _shape("stored text: a lone surrogate", _stored(lambda text: text + "\ud83d"), Stage.STORABLE),
    _warning("span: a space at its end", "F_SPAN_EDGES", _edge),
    _warning("span: a space at its start", "F_SPAN_EDGES", _leading_edge),
    _warning("span: half a character", "F_SPAN_GRAPHEME", _cut),
    _warning("span: across paragraphs", "F_SPAN_PARAGRAPH", _across),
    _way("span: of a HyperText object", "F_TAG_UNSUPPORTED", _foreign("hypertextlabels", _xpath)),
    _way("span: of a Paragraphs object", "F_TAG_UNSUPPORTED", _foreign("paragraphlabels", _paragraph)),
)
