"""brat's standoff files: what an `.ann` says about the text beside it, on the offsets of the article.

The format is described at https://brat.nlplab.org/standoff.html.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from curation.alignment import raw_to_clean
from curation.articles.formats.decoding import BOM, LIMIT
from curation.articles.formats.documents import read_document, whole
from curation.articles.options import Options
from curation.articles.sources import Source
from curation.records import Article

SUFFIX = ".ann"
"""The suffix of a file with annotations; the text of the same name ends in .txt."""

_SPAN = re.compile(r"(\S+) (\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)")
_ROLE = re.compile(r"([^\s:]+):([^\s:]+)")
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Span:
    """A text-bound annotation (T). `fragments` are half-open, in code points of the article, in the order of the text.

    Fragments with nothing but white space between them are one: brat divides every span at line breaks.
    """

    id: str
    type: str
    fragments: tuple[tuple[int, int], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A relation (R), an event (E) or an equivalence (*): annotations in roles.

    A relation's roles are mostly Arg1 and Arg2. An event's first role is its type, and its trigger stands in it.
    """

    id: str
    type: str
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """An attribute (A, M), a normalisation (N) or a note (#) about another annotation.

    `name` is the attribute, the knowledge base, or the kind of note; `value` is None for an attribute that is just set.
    """

    kind: Literal["attribute", "normalisation", "note"]
    id: str
    name: str
    target: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Standoff:
    """What an annotation file says. `unit` is what its offsets turned out to count.

    `problems` are what could not be used: line, and why.
    """

    spans: tuple[Span, ...] = ()
    frames: tuple[Frame, ...] = ()
    remarks: tuple[Remark, ...] = ()
    problems: tuple[tuple[int, str], ...] = ()
    unit: str = "characters"


@dataclass(frozen=True, slots=True)
class BratResult:
    """What became of brat's files, in counts.

    Of the `documents`, `new` had annotations that were not stored yet as they were asked for. `units` counts documents
    by what their offsets turned out to count. `lost` counts by reason what the task has no words for, `problems` are
    lines that could not be used: place and reason. The files are kept as they are. `n_alone` counts annotation files
    without a text, of which `alone` names the first 1,000.
    """

    documents: int = 0
    new: int = 0
    mentions: int = 0
    relations: int = 0
    attributes: int = 0
    units: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[tuple[str, str], ...] = ()
    n_alone: int = 0
    alone: tuple[str, ...] = ()


@dataclass(slots=True)
class _Parsed:
    """The lines of a file, with spans as they are written: line, id, type, fragments, covered text.

    `line` is the number of the one that is being read.
    """

    line: int = 0
    spans: list[tuple[int, str, str, tuple[tuple[int, int], ...], str]] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)


def annotated_texts(source: Source) -> Iterator[tuple[Source, Source]]:
    """A text file on the disk with the annotation file of the same name beside it, if there is one."""
    path = source.path.with_suffix(SUFFIX)
    if source.content is None and source.suffix == ".txt" and path.is_file():
        yield source, Source(path, source.name[: -len(source.suffix)] + SUFFIX, "brat")


def span_types(beside: Source) -> set[str]:
    """The types of the spans in an annotation file; none where it cannot be read."""
    try:
        data, _ = whole(beside, LIMIT)
    except OSError:
        return set()
    return {kind for _, _, kind, _, _ in _parsed(data.decode("utf-8-sig", "replace")).spans}


def annotated(source: Source, beside: Source, options: Options) -> tuple[Article, bytes, Standoff] | None:
    """The article in a text file, the bytes of the annotation file beside it, and what that says.

    None where the text is refused. Raises `OSError` where one of them cannot be read.
    """
    document = next(iter(read_document(source, options)))
    if not isinstance(document, Article):
        return None
    data, refused = whole(beside, LIMIT)
    if refused is not None:
        return document, data, Standoff(problems=((1, refused.reason),))
    with source.open() as file:
        mark = file.read(len(BOM)) == BOM
    return document, data, read_standoff(data, document, mark=mark)


def read_standoff(data: bytes, article: Article, *, mark: bool = False) -> Standoff:
    """What the bytes of an annotation file say about an article.

    Offsets should count the characters of the text file, but tools differ in line breaks, byte order marks (`mark`:
    the text begins with one), UTF-16 and bytes: the count is used under which most of the covered texts are found.
    """
    try:
        lines = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = data.count(b"\n", 0, error.start) + 1
        return Standoff(problems=((place, f"byte 0x{data[error.start]:02x} is not UTF-8"),))
    parsed = _parsed(lines)
    raw = article.text if article.raw is None else article.raw.data.decode(article.raw.encoding)
    unit, to_raw = _unit(parsed, raw, mark)
    spans = []
    for line, name, kind, fragments, covered in parsed.spans:
        at = [(to_raw(start), to_raw(end)) for start, end in fragments]
        if not _fits(raw, at, covered):
            there = _short(_joined(raw, at))
            parsed.problems.append((line, f"at {_ranges(fragments)} the text has {there}, not {_short(covered)}"))
            continue
        clean = _cleaned(article, at)
        if clean:
            spans.append(Span(name, kind, clean, covered))
        else:
            parsed.problems.append((line, "cleaning left nothing of the span"))
    problems = tuple(sorted(parsed.problems))
    return Standoff(tuple(spans), tuple(parsed.frames), tuple(parsed.remarks), problems, unit)


def _parsed(text: str) -> _Parsed:
    parsed = _Parsed()
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), start=1):
        parsed.line = number
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        name, _, rest = line.partition("\t")
        read = _READERS.get(name[:1])
        if read is None or not rest:
            parsed.problems.append((number, f"{_short(line)} is no line of a standoff file"))
        elif name in seen and name != "*":
            parsed.problems.append((number, f"the id {name} is given twice"))
        elif not read(parsed, name, rest):
            parsed.problems.append((number, f"{_short(line)} cannot be read"))
        seen.add(name)
    return parsed


def _read_span(parsed: _Parsed, name: str, rest: str) -> bool:
    place, tab, covered = rest.partition("\t")
    found = _SPAN.fullmatch(place)
    if found is None or not tab:
        return False
    fragments = [tuple(map(int, fragment.split())) for fragment in found[2].split(";")]
    if any(start >= end for start, end in fragments):
        return False
    parsed.spans.append((parsed.line, name, found[1], tuple((start, end) for start, end in fragments), covered))
    return True


def _read_frame(parsed: _Parsed, name: str, rest: str) -> bool:
    words = rest.split("\t")[0].split()
    if not words:
        return False
    if name == "*":
        kind, members = words[0], words[1:]
        parsed.frames += [Frame(name, kind, (("Arg1", members[0]), ("Arg2", member))) for member in members[1:]]
        return len(members) > 1
    roles = map(_ROLE.fullmatch, words if name[0] == "E" else words[1:])
    pairs = [(found[1], found[2]) for found in roles if found]
    if len(pairs) < len(words) - (name[0] == "R") or not pairs:
        return False
    parsed.frames.append(Frame(name, pairs[0][0] if name[0] == "E" else words[0], tuple(pairs)))
    return name[0] == "E" or len(pairs) > 1


def _read_attribute(parsed: _Parsed, name: str, rest: str) -> bool:
    words = rest.split(" ", 2)
    if len(words) < 2:
        return False
    parsed.remarks.append(Remark("attribute", name, words[0], words[1], words[2].strip() if len(words) > 2 else None))
    return True


def _read_normalisation(parsed: _Parsed, name: str, rest: str) -> bool:
    words = rest.split("\t")[0].split(" ", 2)
    if len(words) < 3 or ":" not in words[2]:
        return False
    base, _, entry = words[2].partition(":")
    parsed.remarks.append(Remark("normalisation", name, base, words[1], entry))
    return True


def _read_note(parsed: _Parsed, name: str, rest: str) -> bool:
    about, _, text = rest.partition("\t")
    words = about.split()
    if len(words) != 2:
        return False
    parsed.remarks.append(Remark("note", name, words[0], words[1], text))
    return True


_READERS: dict[str, Callable[[_Parsed, str, str], bool]] = {
    "T": _read_span,
    "R": _read_frame,
    "E": _read_frame,
    "*": _read_frame,
    "A": _read_attribute,
    "M": _read_attribute,
    "N": _read_normalisation,
    "#": _read_note,
}


def _unit(parsed: _Parsed, raw: str, mark: bool) -> tuple[str, Callable[[int], int]]:
    """What the offsets count, and the way from them to code points of `raw`."""
    best: tuple[int, str, Callable[[int], int]] = (-1, "", int)
    for unit, to_raw in _units(raw, mark):
        hits = sum(
            _fits(raw, [(to_raw(start), to_raw(end)) for start, end in fragments], covered)
            for _, _, _, fragments, covered in parsed.spans
        )
        if hits > best[0]:
            best = hits, unit, to_raw
        if hits == len(parsed.spans):
            break
    return best[1], best[2]


def _units(raw: str, mark: bool) -> Iterator[tuple[str, Callable[[int], int]]]:
    for unit, to_raw in _counts(raw):
        yield unit, to_raw
        if mark:
            yield f"{unit}, the byte order mark among them", _behind(len(BOM) if unit == "bytes" else 1, to_raw)


def _behind(mark: int, to_raw: Callable[[int], int]) -> Callable[[int], int]:
    return lambda at: to_raw(at - mark)


def _counts(raw: str) -> Iterator[tuple[str, Callable[[int], int]]]:
    yield "characters", int
    if "\r\n" in raw:
        pairs = zip(raw, raw[1:] + " ", strict=True)
        yield "characters, a line break as one", _way([int(pair != ("\r", "\n")) for pair in pairs])
    if not raw.isascii():
        if max(raw) > "\uffff":
            yield "UTF-16 units", _way([2 if character > "\uffff" else 1 for character in raw])
        yield "bytes", _way([len(character.encode()) for character in raw])


def _way(widths: list[int]) -> Callable[[int], int]:
    """From an offset in units to one in characters, each of which is so many units wide."""
    starts = list(accumulate(widths, initial=0))
    return lambda at: bisect_left(starts, at)


def _joined(text: str, fragments: list[tuple[int, int]]) -> str:
    return " ".join(text[max(start, 0) : max(end, 0)] for start, end in fragments)


def _fits(text: str, fragments: list[tuple[int, int]], covered: str) -> bool:
    """Whether the fragments lie in the text and are what is covered; brat writes line breaks and tabs as blanks."""
    if not all(0 <= start < end <= len(text) for start, end in fragments):
        return False
    there = _joined(text, fragments)
    blank = _SPACE.sub(" ", covered)
    return there == covered or blank in (_SPACE.sub(" ", there), _SPACE.sub(" ", there.replace("\r\n", "\n")))


def _cleaned(article: Article, fragments: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Fragments on the article's offsets, in order; neighbours with but white space between them are one."""
    edits = () if article.raw is None else article.raw.edits
    found: list[tuple[int, int]] = []
    for start, end in sorted(raw_to_clean(edits, start, end) for start, end in fragments):
        if start == end:
            continue
        if found and not article.text[found[-1][1] : start].strip():
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return tuple(found)


def _ranges(fragments: tuple[tuple[int, int], ...]) -> str:
    return ", ".join(f"{start}–{end}" for start, end in fragments)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")
