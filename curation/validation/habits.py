"""What is striking across one annotator's annotations: haste, one answer to everything, nothing ever marked.

Each is a doubt about a person's work and no fault of one annotation, so that it is a warning at the first one of a run.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter

import msgspec

from curation.catalog import Task
from curation.findings import finding
from curation.records import Finding, moment

HASTY = 10
HASTY_SECONDS = 60.0
"""So many articles in so many seconds leave six for each: nobody reads a news article in that time."""

IMPORTED_SECONDS = 5.0
"""`HASTY` submissions within so few seconds are a program's: nobody can click through them, let alone read."""

CONSTANT = 20
CONSTANT_APART = 0.25
"""One answer to so many articles is striking if others gave another one to this share of them.

Where nearly all articles are alike, others give the same answer too. With a quarter of 20, and others who differ only
by chance, one answer throughout has a likelihood of 0.75 ** 20, a third of a percent.
"""

UNMARKED = 10
UNMARKED_APART = 0.5
"""Nothing marked in so many articles is striking if others marked something in this share of them."""

Row = tuple[int, str, str, str]
"""A number that stands for a submitted annotation, its article, its annotator, its record as JSON."""

_Answers = dict[str, frozenset[str]]


class _Mention(msgspec.Struct):
    label: str
    attributes: dict[str, str | list[str]] = {}


class _Glance(msgspec.Struct):
    """The little of a record that habits show in."""

    mentions: list[_Mention] = []
    choices: dict[str, str | list[str]] = {}
    created_at: str | None = None
    lead_time: float | None = None
    part: int | None = None


@dataclass(slots=True)
class _Constancy:
    """One answer that a person gave to every article so far; `apart` are those to which others gave another."""

    first: int
    answer: frozenset[str]
    articles: int = 0
    apart: int = 0
    broken: bool = False


@dataclass(slots=True)
class _Person:
    """What is remembered of somebody: 20 bytes for each annotation, and one answer for each field."""

    numbers: array[int] = field(default_factory=lambda: array("q"))
    times: array[float] = field(default_factory=lambda: array("d"))
    spent: array[float] = field(default_factory=lambda: array("f"))
    answers: dict[str, _Constancy] = field(default_factory=dict)


def habits(rows: Iterable[Row], task: Task) -> dict[int, list[Finding]]:
    """By the number of the annotation that they hang on, the findings across each annotator's annotations.

    `rows` stand together by article. A record that is not shaped like one is passed over.
    """
    asked = _asked(task)
    people: dict[str, _Person] = {}
    glance = msgspec.json.Decoder(_Glance).decode
    for _, siblings in groupby(rows, key=itemgetter(1)):
        seen: dict[int | None, list[tuple[int, str, _Answers]]] = {}
        for number, _, annotator, record in siblings:
            try:
                found = glance(record)
            except msgspec.MsgspecError:
                continue
            person = people.setdefault(annotator, _Person())
            person.numbers.append(number)
            person.times.append(_seconds(found.created_at))
            # Programs that import annotations leave the time out, or write 0; no browser counts that.
            person.spent.append(found.lead_time or math.nan)
            seen.setdefault(found.part, []).append((number, annotator, _answers(found, asked)))
        for together in seen.values():
            _compare(together, people)
    by_number: dict[int, list[Finding]] = {}
    for annotator, person in people.items():
        for number, found_in in (*_haste(annotator, person), *_constancy(annotator, person, asked)):
            by_number.setdefault(number, []).append(found_in)
    return by_number


_MARKED = ""
"""Stands for the question whether anything is marked at all; no field has this name."""


def _asked(task: Task) -> dict[str, tuple[str, ...]]:
    """The values of each field of one value, of which there are several; of attributes under `Label.attribute`."""
    fields = {
        f"{label.name}.{one.name}" if label else one.name: one.values
        for label, one in task.fields
        if one.kind == "choice" and len(one.values) > 1
    }
    return {**fields, **({_MARKED: ("marked", "unmarked")} if task.labels else {})}


def _answers(found: _Glance, asked: Mapping[str, Sequence[str]]) -> _Answers:
    given: dict[str, set[str]] = {}
    for name, value in found.choices.items():
        if name in asked and isinstance(value, str):
            given[name] = {value}
    for mention in found.mentions:
        for attribute, value in mention.attributes.items():
            name = f"{mention.label}.{attribute}"
            if name in asked and isinstance(value, str):
                given.setdefault(name, set()).add(value)
    if _MARKED in asked:
        given[_MARKED] = {"marked" if found.mentions else "unmarked"}
    return {name: frozenset(values) for name, values in given.items()}


def _compare(together: Sequence[tuple[int, str, _Answers]], people: Mapping[str, _Person]) -> None:
    """Hold the answers to one text, or one part of it, against each other."""
    by_name: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for _, annotator, answers in together:
        for name, answer in answers.items():
            by_name.setdefault(name, []).append((annotator, answer))
    for number, annotator, answers in together:
        known = people[annotator].answers
        for name, answer in answers.items():
            constancy = known.get(name)
            if constancy is None:
                constancy = known[name] = _Constancy(number, answer, broken=len(answer) > 1)
            elif constancy.broken:
                continue
            elif constancy.answer != answer:
                constancy.broken = True
                continue
            others = [one for who, one in by_name[name] if who != annotator]
            constancy.articles += bool(others)
            constancy.apart += any(one != answer for one in others)


def _constancy(annotator: str, person: _Person, asked: Mapping[str, Sequence[str]]) -> Iterator[tuple[int, Finding]]:
    for name, one in person.answers.items():
        enough, apart = (UNMARKED, UNMARKED_APART) if name == _MARKED else (CONSTANT, CONSTANT_APART)
        if one.broken or one.articles < enough or one.apart < apart * one.articles:
            continue
        (value,) = one.answer
        about = f"of {one.articles} articles that others annotated too; they differ on {one.apart}"
        if name != _MARKED:
            first = ", the first choice" if value == asked[name][0] else ""
            message = f"{annotator} chose {value!r}{first}, for {name!r} in every one {about}"
            yield one.first, finding("F_ANSWER_CONSTANT", message)
        elif value == "unmarked":
            yield one.first, finding("F_NOTHING_MARKED", f"{annotator} marked nothing in any {about}")


def _haste(annotator: str, person: _Person) -> Iterator[tuple[int, Finding]]:
    """One finding for each stretch of annotations that were too fast, by time of submission."""
    order = sorted(range(len(person.times)), key=person.times.__getitem__)
    hasty = _hasty([person.times[at] for at in order], [person.spent[at] for at in order])
    for fast, run in groupby(zip(hasty, order, strict=True), key=itemgetter(0)):
        if fast:
            places = [at for _, at in run]
            message = f"{annotator} {_hurry(person, places)}, this one first"
            yield person.numbers[places[0]], finding("F_HASTE", message)


def _hurry(person: _Person, places: Sequence[int]) -> str:
    """What somebody did in a stretch of annotations: how many, when, and in how much time as far as it is counted."""
    first, last = person.times[places[0]], person.times[places[-1]]
    spent = sum(person.spent[at] for at in places)
    within = "" if math.isnan(spent) else f" with {spent:.0f} seconds spent on all of them together"
    if math.isinf(first) or math.isinf(last):
        return f"submitted {len(places)} articles{within}"
    began, ended = (datetime.fromtimestamp(time, UTC) for time in (first, last))
    end = f"{ended:%H:%M:%S}" if ended.date() == began.date() else f"{ended:%Y-%m-%d %H:%M:%S}"
    return f"submitted {len(places)} articles from {began:%Y-%m-%d %H:%M:%S} to {end} UTC{within}"


def _hasty(times: Sequence[float], spent: Sequence[float]) -> bytearray:
    """Which of the annotations, in the order of their times, are among `HASTY` within `HASTY_SECONDS`.

    The time spent says so where it is known, as what was prepared elsewhere may be submitted at once; else the time of
    submission, unless it is that of an import.
    """
    marked = bytearray(len(times))
    for start in range(len(times) - HASTY + 1):
        end = start + HASTY
        total, elapsed = sum(spent[start:end]), times[end - 1] - times[start]
        quick = IMPORTED_SECONDS < elapsed <= HASTY_SECONDS if math.isnan(total) else total <= HASTY_SECONDS
        if quick:
            marked[start:end] = b"\1" * HASTY
    return marked


def _seconds(time: str | None) -> float:
    """Seconds since 1970, infinitely many where no time is told."""
    try:
        made = moment(time)
        return math.inf if made is None else made.timestamp()
    except OverflowError:
        return math.inf


def by_annotation(found: Mapping[int, list[Finding]], name_of: Callable[[int], str]) -> dict[str, list[Finding]]:
    """The same findings by the annotations' ids."""
    return {name_of(number): findings for number, findings in found.items()}
