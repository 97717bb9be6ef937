"""Usual items in one loop, each only if nothing at all is wrong with it; all others are left to the general way."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET

from curation.records import Finding
from curation.studio.conversion.declaration import Declaration
from curation.studio.conversion.doubts import Doubts, doubtful
from curation.studio.conversion.gate import Gate
from curation.studio.conversion.general import General, Tally
from curation.studio.conversion.identities import Ids, annotator_of
from curation.studio.conversion.loop import Declined, Loop, result_loop
from curation.studio.conversion.shapes import ANNOTATION, ITEM, Shape, Shapes, decoder
from curation.studio.conversion.strict import MAX_DEPTH
from curation.studio.conversion.tables import Batch
from curation.studio.offsets import Counted

_ENCODE = msgspec.json.Encoder().encode
_EXACT = 1 << 53
# Fails for what is no time, as the rules would name it.
_MOMENT = datetime.fromisoformat
_OF_ITEM, _OF_ANNOTATION = attrgetter(*ITEM), attrgetter(*ANNOTATION)
_COLON, _QUOTE = np.uint8(0x3A), np.uint8(0x22)
_SPACED = re.compile(rb'"[ \t\r\n]+:')
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# How deep items and annotations are themselves.
_AROUND = 6
_SAID = ("choices", "taxonomies", "ratings", "numbers", "texts")
_Failed = (Declined, msgspec.MsgspecError, ValueError, RecursionError, OverflowError, KeyError)


class Fast:
    """Converts usual items. What they look like is learnt from the first, and from those that were not usual."""

    def __init__(self, declaration: Declaration, tally: Tally, general: General, unit: Counted | None) -> None:
        self._declaration = declaration
        self._tally = tally
        self._general = general
        self._gate = Gate(declaration)
        self._shapes = Shapes(declaration)
        self._decode: Callable[[Any], Any] | None = None
        self._batch: Batch | None = None
        self._doubts = Doubts()
        self._items, self._annotations = tally.ids["item"], tally.ids["annotation"]
        self._people: dict[bytes, str] = {}
        self._named: dict[int, str] = {}
        self._counted = {"items": 0, "annotations": 0}
        self._item: Shape
        self._annotation: Shape
        self._loop: Loop | None = None
        self._extras: list[tuple[str, dict[int, Any]]] = []
        self._first = declaration.text
        self._texts = [shown for shown in declaration.texts.values() if shown.tag == "Text"]
        first = self._first
        # Other tags and other units are converted in the general way.
        self._able = unit is None and (first is None or (first.tag == "Text" and first.readable and not first.template))

    def learn(self, item: dict[str, Any]) -> None:
        """Take in the keys of an item that went the general way."""
        if self._able and self._shapes.learn(item):
            self.count()
            self._item, self._annotation = self._shapes.shapes()
            self._decode = decoder(self._item)

    def count(self) -> None:
        """Add to the tally which keys were kept; it is behind until then."""
        if self._decode is not None:
            for table, shape in (("items", self._item), ("annotations", self._annotation)):
                for field in shape.others:
                    if self._counted[table]:
                        self._tally.kept[f"{table}.{shape.fields[field]}"] += self._counted[table]
        self._counted = {"items": 0, "annotations": 0}

    def release(self) -> None:
        """Let go of the batch that was put to last."""
        self._batch, self._loop, self._extras = None, None, []

    def put(self, batch: Batch, raw: Any, number: int) -> bool:
        """Append the rows of an item, if it is usual; whether it is."""
        if self._decode is None:
            return False
        try:
            item = self._decode(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError):
            return False
        if batch is not self._batch:
            self._batch = batch
            self._loop = result_loop(batch, self._gate)
            self._extras = [(f"{name}.id", batch.rows[name].sparse["extra"]) for name in _SAID]
        mark = batch.mark()
        kept: list[str] = []
        taken: list[tuple[Ids, int]] = []
        before = [len(extra) for _, extra in self._extras]
        try:
            self._put(batch, item, raw, kept, taken, number)
        except _Failed:
            self._doubts = Doubts()
            batch.back(mark)
            for ids, identity in taken:
                ids.forget(identity)
            return False
        self._counted["items"] += 1
        self._counted["annotations"] += len(batch.plain["annotations"]) - mark[-3]
        for key in kept:
            self._tally.kept[key] += 1
        for (name, extra), length in zip(self._extras, before, strict=True):
            if len(extra) > length:
                self._tally.kept[name] += len(extra) - length
        return True

    def _put(
        self, batch: Batch, item: Any, raw: Any, kept: list[str], taken: list[tuple[Ids, int]], number: int
    ) -> None:
        own = item_id, data, annotations, predictions, drafts, created, updated = _OF_ITEM(item)
        if data is UNSET or item_id is UNSET:
            raise Declined
        told: list[Finding] = []
        encoded: list[bytes] = []
        texts: dict[str, str] = {}
        odds: dict[str, int] = {}
        for shown in self._texts:
            source = shown.of(data)
            if type(source) is str:
                texts[shown.name] = source
                # Only where a character is more than one code point can a span cut it.
                odds[shown.name] = 2 if "\r" in source else 0 if source.isascii() else 1
        if not self._items.new(item_id):
            raise Declined
        taken.append((self._items, item_id))
        text, keys = None, 0
        if self._first is not None:
            text = texts.get(self._first.name)
            if text is None or data.pop(self._first.key, None) is not text:
                raise Declined
            keys += 1
        data_json = _ENCODE(data)
        encoded.append(data_json)
        if predictions:
            encoded.append(_ENCODE(predictions))
        if drafts:
            encoded.append(_ENCODE(drafts))
        more, extra = _rest(item, own, ITEM, self._item, "items", kept)
        keys += more
        encoded.append(extra)
        if annotations is not UNSET:
            names: set[str] = set()
            for position, one in enumerate(annotations):
                at = number, position
                keys += self._annotated(batch, one, item_id, texts, odds, encoded, names, kept, taken, told, at)
        if not exact(raw, encoded, keys):
            raise Declined
        times = _or_none(created), _or_none(updated)
        row = item_id, text, data_json.decode(), *times, extra.decode() if len(extra) > 2 else None
        batch.plain["items"].append(row)
        # Nothing declines the item any more.
        for found in told:
            self._general.found(found)
        for position, one in enumerate(predictions or ()):
            self._general.prediction(batch, one, item_id, f"/{number}/predictions/{position}")
        for position, one in enumerate(drafts or ()):
            self._general.draft(batch, one, item_id, f"/{number}/drafts/{position}")

    def _annotated(
        self, batch: Batch, given: Any, item_id: int, texts: dict[str, str], odds: dict[str, int],
        encoded: list[bytes], names: set[str], kept: list[str], taken: list[tuple[Ids, int]], told: list[Finding],
        at: tuple[int, int],
    ) -> int:  # fmt: skip
        """Append an annotation and its rows; the number of keys that it had, those in `encoded` left out."""
        own = identity, person, result, cancelled, truth, created, updated, lead, unique = _OF_ANNOTATION(given)
        if identity is UNSET or result is UNSET:
            raise Declined
        if not self._annotations.new(identity):
            raise Declined
        taken.append((self._annotations, identity))
        skipped = cancelled is True
        if type(person) is int and person in self._named:
            name: str | None = self._named[person]
        else:
            name = self._name(person, encoded)
        if name is not None and not skipped:
            if name in names:
                raise Declined
            names.add(name)
        keys, extra = _rest(given, own, ANNOTATION, self._annotation, "annotations", kept)
        if keys < len(own):
            created, updated, lead, unique = map(_or_none, (created, updated, lead, unique))
        if lead is not None and not 0 <= lead <= _EXACT:
            raise Declined
        for time in (created, updated):
            if time is not None:
                _MOMENT(time)
        status = "skipped" if skipped else "submitted"
        encoded.append(extra)
        rest = extra.decode() if len(extra) > 2 else None
        row = item_id, identity, unique, name, status, truth is True, created, updated, lead, rest
        batch.plain["annotations"].append(row)
        doubts = self._doubts
        assert self._loop is not None
        keys += self._loop(result, texts, odds, skipped, doubts)
        batch.end_annotation()
        if doubts.any():
            self._doubts = Doubts()
            if not skipped:
                whose, where = (str(item_id), str(identity), name), f"/{at[0]}/annotations/{at[1]}"
                told += doubtful(result, doubts, texts, self._declaration, where, whose)
        return keys

    def _name(self, person: Any, encoded: list[bytes]) -> str | None:
        if person is UNSET:
            return None
        if type(person) is int:
            if not 0 <= person < 1 << 63:
                raise Declined
            return self._named.setdefault(person, str(person))
        key = _ENCODE(person)
        encoded.append(key)
        name = self._people.get(key)
        if name is None:
            name = annotator_of({"completed_by": person})
            if name is None:
                raise Declined
            self._tally.person(name, person)
            self._people[key] = name
        return name


def exact(raw: Any, encoded: list[bytes], keys: int) -> bool:
    """Whether an item's JSON has no more keys than were counted, with those of its parts that were encoded again.

    A key that was given twice is in the JSON twice. Brackets too deep for readers are none either.
    """
    joined = b"\n".join(encoded)
    if _deep(joined):
        return False
    found = np.frombuffer(raw, np.uint8)
    # Before the colon of a key is a quotation mark or white space, so that there are no more keys than these.
    ends = found[1:] == _COLON
    ends &= found[:-1] <= _QUOTE
    if int(np.count_nonzero(ends)) == keys + joined.count(b'":') and (b"\\" not in joined or b'\\":' not in joined):
        return True
    return _keys(bytes(raw)) == keys + _keys(joined)


def _keys(encoded: bytes) -> int:
    """How many keys JSON has, no matter what stands in its strings; more if a string begins with a colon."""
    plain = encoded.replace(b"\\\\", b"").replace(b'\\"', b"")
    return plain.count(b'":') + len(_SPACED.findall(plain))


def _deep(encoded: bytes) -> bool:
    if encoded.count(b"[") + encoded.count(b"{") < MAX_DEPTH:
        return False
    brackets = np.frombuffer(encoded.translate(None, _NO_BRACKETS), np.uint8)
    opening = (brackets == 0x5B) | (brackets == 0x7B)
    return int(np.cumsum(np.where(opening, 1, -1)).max(initial=0)) >= MAX_DEPTH - _AROUND


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value


def _rest(
    given: Any, own: tuple[Any, ...], keys: tuple[str, ...], shape: Shape, table: str, kept: list[str]
) -> tuple[int, bytes]:
    """How many of its `own` keys an object has in columns, and the JSON of what it has beside those."""
    if shape.sometimes:
        kept += [f"{table}.{shape.fields[field]}" for field in shape.sometimes if getattr(given, field) is not UNSET]
    # Whether one of these is in `own` takes longer to ask, as they are compared with each then.
    for value in own:
        if value is None or value is UNSET:
            break
    else:
        return len(own), _ENCODE(shape.kept(given))
    taken = 0
    for key, value in zip(keys, own, strict=True):
        # What is null stays, as that is a value.
        if value is not None and value is not UNSET:
            setattr(given, key, UNSET)
            taken += 1
    return taken, _ENCODE(given)
