"""In which unit offsets count: detected from texts stored beside them as checksum, and converted to code points."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CODE_POINTS = "code-points"

UNITS: Mapping[str, str] = {
    CODE_POINTS: "code points",
    "utf-16": "UTF-16 units",
    "utf-8": "UTF-8 bytes",
    "code-points-lf": "code points, each CRLF as one",
    "utf-16-lf": "UTF-16 units, each CRLF as one",
    "utf-8-lf": "UTF-8 bytes, each CRLF as one",
    "code-points-crlf": "code points, each line break as two",
    "utf-16-crlf": "UTF-16 units, each line break as two",
    "utf-8-crlf": "UTF-8 bytes, each line break as two",
}
"""The units by name, likelier ones first: what is counted, and whether a CRLF of the text counted as LF (`-lf`) or an
LF of the text as CRLF (`-crlf`)."""

CERTAIN = 3
"""So many spans that fit a unit and not code points, and none that says otherwise, leave no doubt."""

Agreement = Callable[[str, str], int]
"""How well a stored text agrees with a slice: 0 not, 1 but for white space, 2 exactly."""

_EXAMPLES = 3
_RARE = 20
_GROUPS = 12
_ATOMS = {"code-points": "", "utf-16": "[\U00010000-\U0010ffff]", "utf-8": "[^\x00-\x7f]"}
_BREAKS = {"": "", "-lf": "\r\n", "-crlf": "\r?\n"}
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


class Refused(ValueError):
    """Offsets that cannot be told in another unit: the message says why."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """Converts offsets in one text between one unit and code points.

    A position inside a character (a surrogate pair, a UTF-8 sequence), and one inside a CRLF that counts as one, has no
    counterpart and is refused. `starts` and `ends` are the code points, `unit_starts` and `unit_ends` the units between
    which each stretch stands that is not one unit a code point.
    """

    text: str
    unit: str
    length: int = 0
    starts: Sequence[int] = ()
    ends: Sequence[int] = ()
    unit_starts: Sequence[int] = ()
    unit_ends: Sequence[int] = ()

    def to_code_points(self, offset: int) -> int:
        """The code point at which an offset in the unit stands. Raises `Refused`."""
        return self._across(offset, self.length, self.unit_starts, self.unit_ends, self.starts, self.ends)

    def from_code_points(self, offset: int) -> int:
        """The offset in the unit of a code point. Raises `Refused`."""
        return self._across(offset, len(self.text), self.starts, self.ends, self.unit_starts, self.unit_ends)

    def _across(
        self,
        offset: int,
        length: int,
        starts: Sequence[int],
        ends: Sequence[int],
        others: Sequence[int],
        other_ends: Sequence[int],
    ) -> int:
        if not 0 <= offset <= length:
            raise Refused(f"{offset} is outside a text of {length} {UNITS[self.unit]}")
        if self.unit != CODE_POINTS and "\0" in self.text:
            raise Refused("the text holds NUL, which some browsers leave out of their count")
        before = bisect_right(starts, offset) - 1
        if before < 0:
            return offset
        if offset >= ends[before]:
            return other_ends[before] + offset - ends[before]
        if offset == starts[before]:
            return others[before]
        raise Refused(f"{offset} is inside a character or a line break")


def ruler(text: str, unit: str) -> Ruler:
    """What converts offsets in `text`; make it once for all spans of a text. `unit` is one of `UNITS`."""
    counted, breaks = _parts(unit)
    pattern = "|".join(filter(None, (_BREAKS[breaks], _ATOMS[counted])))
    starts: list[int] = []
    ends: list[int] = []
    unit_starts: list[int] = []
    unit_ends: list[int] = []
    # How far the unit's offset is ahead of the code point's.
    ahead = 0
    for found in re.finditer(pattern, text) if pattern else ():
        start, end = found.span()
        starts.append(start)
        ends.append(end)
        unit_starts.append(start + ahead)
        ahead += _width(found.group(), counted, breaks) - (end - start)
        unit_ends.append(end + ahead)
    return Ruler(text, unit, len(text) + ahead, starts, ends, unit_starts, unit_ends)


def to_code_points(text: str, start: int, end: int, unit: str) -> tuple[int, int]:
    """A span of `text` in code points, whose offsets count `unit`. Raises `Refused` where it has no exact place."""
    measure = ruler(text, unit)
    return measure.to_code_points(start), measure.to_code_points(end)


def from_code_points(text: str, start: int, end: int, unit: str) -> tuple[int, int]:
    """The offsets in `unit` of a span of `text` in code points. Raises `Refused` where it has none."""
    measure = ruler(text, unit)
    return measure.from_code_points(start), measure.from_code_points(end)


@dataclass(frozen=True, slots=True)
class Example:
    """A span that fits one unit and not code points: its offsets as given, the stored text and the article's there."""

    start: int
    end: int
    stored: str
    there: str
    group: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stored texts say about the unit of a set of spans.

    Of all `spans`, those are `informative` that fit some units and not others; `unexplained` ones fit none, though the
    units differ in their text. `fits` says
    how many of the informative ones fit each unit, `groups` the same for each group. `unit` is the likeliest that fits
    all of them (all but one or two among many, if it is code points), None if none does (then the spans are `mixed`) or
    none is informative. `deciding` is how many fit it and not code points.
    """

    spans: int
    informative: int
    unexplained: int
    fits: Mapping[str, int]
    groups: Mapping[str, tuple[int, Mapping[str, int]]]
    unit: str | None
    deciding: int
    examples: tuple[Example, ...] = ()

    @property
    def mixed(self) -> bool:
        """Whether no unit fits all informative spans."""
        return self.informative > 0 and self.unit is None

    @property
    def certain(self) -> bool:
        """Whether so many spans agree that those which say nothing may follow them."""
        return self.unit is not None and self.deciding >= CERTAIN

    @property
    def suspicious(self) -> bool:
        """Whether some spans count something else than code points."""
        return self.mixed or self.unit not in (None, CODE_POINTS)

    def best(self, group: str | None = None) -> tuple[str, int, int]:
        """The unit that fits most informative spans (of a group), how many it fits, and of how many."""
        informative, fits = (self.informative, self.fits) if group is None else self.groups[group]
        unit = max(UNITS, key=lambda name: fits.get(name, 0))
        return unit, fits.get(unit, 0), informative

    def summary(self) -> str:
        """The evidence in a sentence."""
        if not self.informative:
            return f"none of {self.spans} spans tells in which unit offsets count"
        if self.unit is not None:
            sure = "" if self.certain or self.unit == CODE_POINTS else "; these are few"
            return (
                f"offsets count {UNITS[self.unit]}: {self.fits[self.unit]} of {self.informative} informative spans fit "
                f"({self.fits[CODE_POINTS]} fit code points), of {self.spans} in all{sure}"
            )
        named = [(name, *self.best(name)) for name in self.groups]
        told = ", ".join(f"{name or 'nobody'} {UNITS[unit]} ({n} of {of})" for name, unit, n, of in named[:_GROUPS])
        more = f" and {len(named) - _GROUPS} more" if len(named) > _GROUPS else ""
        return f"offsets count several units; of {self.informative} informative spans no unit fits all: {told}{more}"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "spans": self.spans,
            "informative": self.informative,
            "unexplained": self.unexplained,
            "fits": dict(self.fits),
            "groups": {name: {"informative": n, "fits": dict(fits)} for name, (n, fits) in self.groups.items()},
            "unit": self.unit,
            "deciding": self.deciding,
            "certain": self.certain,
            "mixed": self.mixed,
            "examples": [{name: getattr(one, name) for name in Example.__slots__} for one in self.examples],
        }


@dataclass(slots=True)
class Readings:
    """What a text says at given offsets, by the unit that they count."""

    text: str
    _rulers: dict[str, Ruler] = field(default_factory=dict)
    _alike: tuple[tuple[str, ...], ...] = ()

    def at(self, start: int, end: int, unit: str) -> str | None:
        """The slice, None where the offsets are no span."""
        if unit not in self._rulers:
            self._rulers[unit] = ruler(self.text, unit)
        measure = self._rulers[unit]
        try:
            first, last = measure.to_code_points(start), measure.to_code_points(end)
        except Refused:
            return None
        return self.text[first:last] if first < last else None

    def fitting(self, start: int, end: int, stored: str, agreement: Agreement) -> frozenset[str]:
        """The units in which the offsets give the stored text; the exact ones alone if there are any."""
        slices = [(alike, there) for alike in self.alike if (there := self.at(start, end, alike[0])) is not None]
        # Only a slice with line breaks can agree exactly with another text than itself.
        exact = [
            alike
            for alike, there in slices
            if there == stored or (("\n" in there or "\r" in there) and agreement(stored, there) == 2)
        ]
        if not exact:
            marks = [(agreement(stored, there), alike) for alike, there in slices]
            exact = [alike for mark, alike in marks if mark and mark == max(marks)[0]]
        return frozenset(unit for alike in exact for unit in alike)

    @property
    def alike(self) -> tuple[tuple[str, ...], ...]:
        """The units in groups that count this text the same."""
        if not self._alike:
            kinds: dict[tuple[str, str], list[str]] = {}
            for unit in UNITS:
                kinds.setdefault(self._kind(unit), []).append(unit)
            self._alike = tuple(map(tuple, kinds.values()))
        return self._alike

    def _kind(self, unit: str) -> tuple[str, str]:
        counted, breaks = _parts(unit)
        if counted == "utf-8" and self.text.isascii():
            counted = "code-points"
        if counted == "utf-16" and _ASTRAL.search(self.text) is None:
            counted = "code-points"
        crlf = self.text.count("\r\n")
        if (breaks == "-lf" and not crlf) or (breaks == "-crlf" and self.text.count("\n") == crlf):
            breaks = ""
        return counted, breaks


class Detector:
    """Finds the unit of a set of spans, fed one by one; keeps counts and a few examples, not the spans."""

    def __init__(self, agreement: Agreement) -> None:
        self._agreement = agreement
        self._readings = Readings("")
        self._spans = self._informative = self._unexplained = 0
        self._fits: Counter[str] = Counter()
        # How many informative spans fit a unit and not code points.
        self._deciding: Counter[str] = Counter()
        self._groups: dict[str, tuple[int, Counter[str]]] = {}
        self._examples: dict[str, list[Example]] = {}

    def add(self, text: str, start: object, end: object, stored: object, group: str = "") -> None:
        """Take in a span of `text` whose unit is not known, and the text stored beside it; whatever is no span passes.

        `group` tells whose it is. Feed the spans of one text one after the other.
        """
        self._spans += 1
        if type(start) is not int or type(end) is not int or not isinstance(stored, str):
            return
        if not stored.strip() or "\0" in text:
            return
        if self._readings.text != text:
            self._readings = Readings(text)
        if len(self._readings.alike) == 1:
            return
        fitting = self._readings.fitting(start, end, stored, self._agreement)
        if not fitting:
            self._unexplained += 1
        elif len(fitting) < len(UNITS):
            self._count(fitting, group, start, end, stored)

    def _count(self, fitting: Iterable[str], group: str, start: int, end: int, stored: str) -> None:
        self._informative += 1
        self._fits.update(fitting)
        informative, fits = self._groups.get(group, (0, Counter()))
        fits.update(fitting)
        self._groups[group] = informative + 1, fits
        if CODE_POINTS in fitting:
            return
        self._deciding.update(fitting)
        there = self._readings.at(start, end, CODE_POINTS) or ""
        for unit in fitting:
            kept = self._examples.setdefault(unit, [])
            if len(kept) < _EXAMPLES:
                kept.append(Example(start, end, stored, there, group))

    def evidence(self) -> Evidence:
        """What the spans so far say."""
        whole = [name for name in UNITS if self._informative and self._fits[name] == self._informative]
        unit = whole[0] if whole else CODE_POINTS if self._strays() else None
        best = unit or max(UNITS, key=lambda name: self._deciding[name])
        return Evidence(
            self._spans,
            self._informative,
            self._unexplained,
            {name: self._fits[name] for name in UNITS},
            self._groups,
            unit,
            self._deciding[unit] if unit else 0,
            tuple(self._examples.get(best, ())),
        )

    def _strays(self) -> bool:
        """Whether so few spans do not fit code points that it is chance if they fit something else."""
        strays = self._informative - self._fits[CODE_POINTS]
        return self._informative > 0 and strays < CERTAIN and strays * _RARE <= self._informative


def counts_unit(text: str, spans: Iterable[tuple[int, int, str]], unit: str, agreement: Agreement) -> tuple[int, int]:
    """How many spans of one annotation, each with its stored text, fit `unit` and not code points, and the reverse."""
    readings = Readings(text)
    verdicts: Counter[bool] = Counter()
    for start, end, stored in spans:
        marks = [
            0 if there is None or not stored.strip() else agreement(stored, there)
            for there in (readings.at(start, end, unit), readings.at(start, end, CODE_POINTS))
        ]
        if marks[0] != marks[1]:
            verdicts[marks[0] > marks[1]] += 1
    return verdicts[True], verdicts[False]


def _parts(unit: str) -> tuple[str, str]:
    for breaks in ("-crlf", "-lf"):
        if unit.endswith(breaks):
            return unit.removesuffix(breaks), breaks
    return unit, ""


def _width(found: str, counted: str, breaks: str) -> int:
    if found.endswith("\n"):
        return 1 if breaks == "-lf" else 2
    return 2 if counted == "utf-16" else len(found.encode("utf-8", "surrogatepass"))
