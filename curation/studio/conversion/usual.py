"""Usual items, read by the compiled core, each only if nothing at all is wrong with it."""

from __future__ import annotations

import ctypes
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from curation.studio.conversion import arrow
from curation.studio.conversion.answers import TABLES, Answers
from curation.studio.conversion.compiled import declared, library
from curation.studio.conversion.declaration import Declaration, Shown
from curation.studio.conversion.doubts import Doubts, Looked, doubtful
from curation.studio.conversion.general import General, Tally
from curation.studio.conversion.identities import annotator_of
from curation.studio.conversion.results import stored_of
from curation.studio.conversion.tables import KINDS, PLAIN, SCHEMAS, Batch, Columns, Part
from curation.studio.offsets import Counted
from curation.text import crosses_paragraph, splits_grapheme

_DONE, _DECLINED, _QUESTION = range(3)
_IDS = 6
_DOUBT_SPAN, _DOUBT_TWICE, _DOUBT_DOUBLED, _DOUBT_RELATIONS = range(4)
_MOST_CONTROLS = 64
_MOST_TEXTS = 16
_MOST_ANNOTATIONS = 256
_OBJECTS = msgspec.json.Decoder(list[dict[str, Any]]).decode
_LOOKED = msgspec.json.Decoder(Looked).decode


class Usual:
    """Converts usual items; the rows of those that were put are here until they are taken as `parts`."""

    def __init__(self, core: Any, declaration: Declaration, tally: Tally, general: General) -> None:
        self._core = core
        self._declaration = declaration
        self._tally = tally
        self._general = general
        self._texts = _readable(declaration)
        self._answers = Answers(declaration, tally, self._texts)
        first = declaration.text
        state = core.usual_new(self._answers.per_region, self._answers.once, -1 if first is None else 0)
        if not state:
            raise MemoryError
        self._state = ctypes.c_void_p(state)
        for shown in self._texts:
            key = shown.key.encode()
            if not core.usual_add_text(self._state, key, len(key)):
                raise MemoryError
        self._told = (ctypes.c_int64 * (_IDS + _MOST_ANNOTATIONS)).from_address(core.usual_told(self._state))
        self._buffers = {core.usual_name(number).decode(): number for number in range(core.usual_buffers())}
        self._stored: dict[int, str] = {}

    def __del__(self) -> None:
        if hasattr(self, "_state"):
            self._core.usual_free(self._state)

    def put(self, batch: Batch, raw: Any, number: int, *, whole: bool = True) -> tuple[int, int] | None:
        """Read the item that `raw` begins with, the `number`th of its file from 0, if it is usual: its id and its size
        in bytes, None if it is not. There may be more behind it unless it is the `whole`.
        """
        bytes_ = pa.py_buffer(raw)
        while (outcome := self._core.usual_read(self._state, bytes_.address, bytes_.size)) == _QUESTION:
            answer = self._answers.answer(self._view("question"))
            if not self._core.usual_answer(self._state, ctypes.byref(answer)):
                raise MemoryError
        if outcome not in (_DONE, _DECLINED):
            raise MemoryError
        if outcome == _DECLINED:
            return None
        annotations, item_id, doubts, predictions, drafts, size = self._told[:_IDS]
        if (whole and size != bytes_.size) or not self._new_ids(item_id, self._told[_IDS : _IDS + annotations]):
            self._core.usual_back(self._state)
            return None
        if doubts:
            self._look(bytes_[:size], number, item_id)
        if predictions:
            for position, one in enumerate(_OBJECTS(self._view("predictions"))):
                self._general.prediction(batch, one, item_id, f"/{number}/predictions/{position}")
        if drafts:
            for position, one in enumerate(_OBJECTS(self._view("drafts"))):
                self._general.draft(batch, one, item_id, f"/{number}/drafts/{position}")
        return item_id, size

    def _new_ids(self, item_id: int, annotation_ids: list[int]) -> bool:
        """Whether no other item or annotation has these; they are taken then."""
        items, annotations = self._tally.ids["item"], self._tally.ids["annotation"]
        if not items.new(item_id):
            return False
        for count, one in enumerate(annotation_ids):
            if not annotations.new(one):
                items.forget(item_id)
                for before in annotation_ids[:count]:
                    annotations.forget(before)
                return False
        return True

    def _view(self, name: str) -> bytes:
        view = self._core.usual_view(self._state, self._buffers[name])
        return ctypes.string_at(view.data, view.size) if view.size else b""

    def _numbers(self, name: str, kind: Any) -> Any:
        return np.frombuffer(self._view(name), kind)

    def _look(self, raw: Any, number: int, item_id: int) -> None:
        """Tell of what the core doubts in the item that it read last."""
        item = _LOOKED(raw)
        texts = {shown.name: item.data[shown.key] for shown in self._texts if shown.key in item.data}
        rows = self._numbers("annotations.rows", np.int32).reshape(-1, len(TABLES))[:, 0]
        before = len(rows) - len(item.annotations)
        doubts: dict[int, Doubts] = {}
        for position, kind, which in self._numbers("doubts", np.int32).reshape(-1, 3).tolist():
            doubt = doubts.setdefault(position, Doubts())
            if kind == _DOUBT_SPAN:
                mention = (int(rows[before + position - 1]) if before + position else 0) + which
                self._span(item.annotations[position].result, which, texts, doubt, mention)
            elif kind == _DOUBT_TWICE:
                doubt.twice.append(which)
            else:
                doubt.doubled |= kind == _DOUBT_DOUBLED
                doubt.relations |= kind == _DOUBT_RELATIONS
        for position, doubt in sorted(doubts.items()):
            annotation = item.annotations[position]
            if doubt.any() and not annotation.was_cancelled:
                at, name = f"/{number}/annotations/{position}", annotator_of({"completed_by": annotation.completed_by})
                whose = (str(item_id), str(annotation.id), name)
                for found in doubtful(annotation.result, doubt, texts, self._declaration, at, whose):
                    self._general.found(found)

    def _span(self, rows: list[Any], which: int, texts: dict[str, Any], doubts: Doubts, mention: int) -> None:
        row = [row for row in rows if row.type == "labels"][which]
        text, start, end, stored = texts[row.to_name], row.value.start, row.value.end, row.value.text
        there = text[start:end]
        kept = stored_of(stored, there)
        if kept is not None:
            self._stored[mention] = kept
        cut = splits_grapheme(text, start) or splits_grapheme(text, end)
        if (kept is not None and kept != there) or there.strip() != there or cut:
            doubts.spans.append(which)
        elif crosses_paragraph(there, 0, len(text)):
            doubts.crossing.append(which)

    def columns(self) -> Columns:
        """The rows of all items that were put since the last call."""
        items = self._numbers("items.item_id", np.int64)
        if not len(items):
            return Columns({}, {})
        ids = [self._numbers(f"annotations.{name}", np.int64) for name in ("item_id", "annotation_id")]
        ends = self._numbers("annotations.rows", np.int32).reshape(-1, len(TABLES))
        numbers = np.diff(ends, axis=0, prepend=0)
        parts = {
            name: self._part(name, *(one.repeat(each) for one in ids))
            for name, each in zip(TABLES, numbers.T, strict=True)
            if each.any()
        }
        plain = {"items": self._items(items)}
        if len(ids[0]):
            plain["annotations"] = self._annotations(*ids)
        self._core.usual_clear(self._state)
        self._stored = {}
        return Columns(plain, parts)

    def _part(self, name: str, items: Any, annotations: Any) -> Part:
        kind, codes = KINDS[name], self._numbers(f"{name}.code", np.int32)
        combinations = self._answers.known(name)
        used = np.flatnonzero(np.bincount(codes, minlength=len(combinations)))
        places = np.zeros(len(combinations), np.int32)
        places[used] = np.arange(len(used))
        cells = {column: self._cells(f"{name}.{column}", type_, len(codes)) for column, type_ in kind.dense.items()}
        for column, type_ in kind.sparse.items():
            there = f"{name}.{column}" in self._buffers
            cells[column] = self._strings(f"{name}.{column}") if there else pa.nulls(len(codes), type_)
        if name == "mentions":
            cells["stored"] = arrow.scattered(self._stored, len(codes), pa.string())
        elif name != "relations":
            self._tally.kept[f"{name}.id"] += len(codes) - cells["extra"].null_count
        return Part(kind, [combinations[code] for code in used], places[codes], cells, items, annotations)

    def _cells(self, name: str, type_: Any, length: int) -> Any:
        if type_ == pa.string():
            return self._strings(name)
        if type_ == pa.list_(pa.string()):
            ends = pa.py_buffer(self._view("texts.lists"))
            return pa.Array.from_buffers(type_, length, [None, ends], children=[self._strings(name)])
        return pa.Array.from_buffers(type_, length, [None, pa.py_buffer(self._view(name))])

    def _strings(self, name: str) -> Any:
        """A column of strings, some of which may be absent."""
        there = np.frombuffer(self._view(f"{name}.there"), np.bool_)
        bits = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
        parts = [bits, *(pa.py_buffer(self._view(one)) for one in (f"{name}.ends", name))]
        return pa.Array.from_buffers(pa.string(), len(there), parts)

    def _items(self, ids: Any) -> Any:
        columns = [self._strings(f"items.{name}") for name in PLAIN["items"] if name != "item_id"]
        return pa.Table.from_arrays([arrow.numbers(ids, pa.int64()), *columns], schema=SCHEMAS["items"])

    def _annotations(self, items: Any, annotations: Any) -> Any:
        people = [*self._answers.known("people"), None]
        skipped = self._numbers("annotations.status", np.bool_)
        # Of those who are not known the number is -1, which is the last.
        made = {
            "item_id": arrow.numbers(items, pa.int64()),
            "annotation_id": arrow.numbers(annotations, pa.int64()),
            "annotator": arrow.strings([people[code] for code in self._numbers("annotations.annotator", np.int32)]),
            "status": arrow.strings(["skipped" if one else "submitted" for one in skipped]),
            "ground_truth": arrow.booleans(self._numbers("annotations.ground_truth", np.bool_)),
            "lead_time": arrow.optional_numbers(_floats(self._strings("annotations.lead_time")), pa.float64()),
        }
        for name in PLAIN["annotations"].keys() - made.keys():
            made[name] = self._strings(f"annotations.{name}")
        return pa.Table.from_arrays([made[name] for name in PLAIN["annotations"]], schema=SCHEMAS["annotations"])

    def count(self) -> None:
        """Add to the tally which keys were kept; it is behind until then."""
        counts = self._numbers("counts", np.int64).tolist()
        for (table, key), count in zip(self._answers.known("keys"), counts, strict=True):
            self._tally.kept[f"{table}.{key}"] += count


def _floats(spelt: Any) -> list[float | None]:
    return [None if one is None else float(one) for one in spelt.to_pylist()]


def usual(declaration: Declaration, tally: Tally, general: General, unit: Counted | None) -> Usual | None:
    """What converts usual items; None if there is no compiled core, or nothing is usual for it."""
    core, first = library(), declaration.text
    # Other tags and other units are converted in the general way.
    able = unit is None and (first is None or _is_readable(first)) and len(declaration.controls) <= _MOST_CONTROLS
    return Usual(declared(core), declaration, tally, general) if core is not None and able else None


def _is_readable(shown: Shown) -> bool:
    """Whether a text is that of one key of an item's data."""
    return shown.tag == "Text" and shown.readable and not shown.template and not set(".[]") & set(shown.key)


def _readable(declaration: Declaration) -> list[Shown]:
    return [shown for shown in declaration.texts.values() if _is_readable(shown)][:_MOST_TEXTS]
