"""What the compiled core asks once for all rows that are alike."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import msgspec

from curation.studio.conversion.compiled import Answer
from curation.studio.conversion.declaration import Declaration, Shown
from curation.studio.conversion.gate import Gate
from curation.studio.conversion.general import Tally
from curation.studio.conversion.identities import annotator_of
from curation.studio.conversion.tables import folded

TABLES = ("mentions", "relations", "choices", "taxonomies", "ratings", "numbers", "texts")
"""The tables whose rows the core makes, in its order."""

_LENGTH = struct.Struct("=I")
_ABSENT = 0xFFFFFFFF


class Answers:
    """What the core asks once for all rows that are alike, and what it was answered.

    `combinations` has for each table what stands in its repeated cells, by code; `people` the names of annotators,
    `keys` the table and the name of each key that was kept.
    """

    def __init__(self, declaration: Declaration, tally: Tally, texts: Sequence[Shown]) -> None:
        self._gate = Gate(declaration)
        self._tally = tally
        self._texts = {shown.name: number for number, shown in enumerate(texts)}
        self._bits = {name: 1 << number for number, name in enumerate(declaration.controls)}
        self._codes: dict[str, dict[Any, int]] = {name: {} for name in (*TABLES, "people", "keys", "labels")}
        self._ways: dict[str, Callable[[Any], Answer | None]] = {
            "L": self._span, "C": self._choices, "X": self._free, "T": self._paths, "R": self._rating,
            "N": self._number, "D": self._relation, "P": self._person, "I": partial(self._key, "items"),
            "A": partial(self._key, "annotations"),
        }  # fmt: skip

    @property
    def per_region(self) -> int:
        """The bits of the controls that say something of a region."""
        return self._mask(self._gate.per_region)

    @property
    def once(self) -> int:
        """The bits of the controls that each item has to fill."""
        return self._mask(self._gate.once)

    def _mask(self, names: Iterable[str]) -> int:
        """The bits of some controls."""
        return sum(self._bits[name] for name in names)

    def known(self, name: str) -> list[Any]:
        """What has codes, in their order."""
        return list(self._codes[name])

    def answer(self, question: bytes) -> Answer:
        """The answer to a question; one whose `usual` is 0 if the rules have to look at every such row."""
        return self._ways[chr(question[0])](_parts(question)) or Answer()

    def _code(self, name: str, known: Any) -> int:
        codes = self._codes[name]
        return codes.setdefault(known, len(codes))

    def _span(self, parts: list[Any]) -> Answer | None:
        name, target, origin, *labels = parts
        says = self._gate.span(name, target, labels) if target in self._texts else None
        if says is None or not says[0].isdisjoint(says[1]):
            return None
        code = self._code("mentions", (name, target, folded(labels), origin))
        needed, barred = map(self._mask, says)
        return Answer(usual=1, code=code, text=self._texts[target], needed=needed, barred=barred)

    def _choices(self, parts: list[Any]) -> Answer | None:
        name, target, origin, *values = parts
        if not self._gate.choices(name, target, values):
            return None
        return self._said("choices", (name, target, folded(values), origin))

    def _free(self, parts: list[Any]) -> Answer | None:
        name, target, origin = parts
        most = self._gate.texts(name, target)
        return None if most is None else self._said("texts", (name, target, origin), most=most)

    def _paths(self, parts: list[Any]) -> Answer | None:
        name, target, origin, encoded = parts
        try:
            paths = tuple(map(tuple, msgspec.json.decode(encoded, type=list[list[str]])))
        except msgspec.ValidationError:
            return None
        if not self._gate.paths(name, target, paths):
            return None
        return self._said("taxonomies", (name, target, paths, origin))

    def _rating(self, parts: list[Any]) -> Answer | None:
        return self._bounded("rating", "ratings", parts)

    def _number(self, parts: list[Any]) -> Answer | None:
        return self._bounded("number", "numbers", parts)

    def _bounded(self, kind: str, table: str, parts: list[Any]) -> Answer | None:
        name, target, origin = parts
        bounds = self._gate.number(name, target, kind)
        if bounds is None:
            return None
        return self._said(table, (name, target, origin), least=bounds[0], greatest=bounds[1])

    def _said(self, table: str, combination: tuple[Any, ...], **more: Any) -> Answer:
        return Answer(usual=1, code=self._code(table, combination), bit=self._bits[combination[0]], **more)

    def _relation(self, parts: list[Any]) -> Answer | None:
        direction, given, *labels = parts
        if direction not in ("right", "left", "bi"):
            return Answer(code=-1)
        drawn = None if given is None else folded(labels)
        code, label = self._code("relations", (direction, drawn)), self._code("labels", drawn or None)
        usual = len(labels) <= 1 and self._gate.relation(drawn or None)
        return Answer(usual=usual, code=code, label=label)

    def _person(self, parts: list[Any]) -> Answer | None:
        person = msgspec.json.decode(parts[0])
        name = annotator_of({"completed_by": person})
        if name is None:
            return None
        if isinstance(person, dict):
            self._tally.person(name, person)
        return Answer(usual=1, code=self._code("people", name))

    def _key(self, table: str, parts: list[Any]) -> Answer:
        [key] = parts
        return Answer(usual=1, code=self._code("keys", (table, key)))


def _parts(question: bytes) -> list[str | None]:
    parts: list[str | None] = []
    at = 1
    while at < len(question):
        (length,) = _LENGTH.unpack_from(question, at)
        at += _LENGTH.size
        if length == _ABSENT:
            parts.append(None)
        else:
            parts.append(question[at : at + length].decode())
            at += length
    return parts
