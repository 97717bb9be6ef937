"""Long articles: cut into parts that annotators can take in, and what was said of the parts put together again.

A part is handled as an article whose text is a stretch of the whole one, with all white space: the parts' texts in a
row are the whole. What was said of a part is put on the whole's offsets as soon as it is read.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from curation.records import Annotation, Article, Mention, Value, article_id, task_versions
from curation.text import content_hash, splits_grapheme

LONGEST = 20_000
"""Characters that an article may have before it is cut: a quarter of an hour of reading.

Of 12,044 articles of American news sites 98.4% are shorter.
"""

SHORTEST_CUT = 1_000
"""Characters that parts may be asked to have at the least: annotators need to see what a sentence is about."""

# Places to cut at, the best first. A part ends behind what is matched and the white space after it.
_BORDERS = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n\s*"),
    # A row of dots is looked at once, from its beginning.
    re.compile(r"(?<![.!?…؟۔।።])[.!?…؟۔।።]+[\"'”’»)\]]*\s+|[。！？]+[”’」』）]*\s*"),
    re.compile(r"\s+"),
)
_BLANK = re.compile(r"\s*")
_NARROWEST = 0.5
_CLUSTER = 64


class Joinable(Protocol):
    """What joining asks of a field of the whole article: its kind (choice, choices, text) and its silent value."""

    @property
    def kind(self) -> str: ...

    @property
    def silent(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class View:
    """What one annotator said of a whole article in one round.

    `made_of` are the ids of the annotations that it was made of, in the order of the parts; `missing` the parts that
    are not among them; `differing` the fields on which the parts disagree, which the annotation leaves out.
    """

    annotation: Annotation
    made_of: tuple[str, ...]
    missing: tuple[int, ...] = ()
    differing: tuple[str, ...] = ()


def starts(text: str, longest: int = LONGEST) -> list[int]:
    """Where the parts of `text` begin, in code points; [0] if it has no more than `longest` characters.

    Few parts, about equally long, none longer than `longest` but for white space at its end; none begins with any. They
    begin after a blank line; where there is none near enough at a line, else at a sentence, at a word, or at least at a
    grapheme cluster (of no more than 64 code points).
    """
    found = [0]
    while len(text) - found[-1] > longest:
        start = found[-1]
        left = len(text) - start
        ideal = start + math.ceil(left / math.ceil(left / longest))
        fitting = len(text) - (math.ceil(left / longest) - 1) * longest
        border = _border(text, start, ideal, start + longest, fitting)
        behind = _BLANK.match(text, border)
        found.append(behind.end() if behind else border)
    return found


def cut(whole: Article, begins: Sequence[int]) -> list[Article]:
    """The parts of `whole` that begin at `begins`; none if it is not cut. Titles say which part of how many it is."""
    if len(begins) < 2:
        return []
    parts = []
    for number, (start, end) in enumerate(pairwise([*begins, len(whole.text)]), start=1):
        text = whole.text[start:end]
        sha256 = content_hash(text)
        parts.append(
            replace(
                whole,
                id=article_id(f"{whole.id}.part-{number}", sha256),
                text=text,
                sha256=sha256,
                title=f"{whole.title or ''} ({number}/{len(begins)})".strip(),
                source_id=None,
                steps=(),
                notes={},
                part_of=whole.id,
                part_start=start,
                raw=None,
            )
        )
    return parts


def on_whole(annotation: Annotation, part: int, start: int, whole_sha256: str) -> Annotation:
    """An annotation of the part that begins at `start`, put on the offsets of the whole text with that hash."""
    mentions = tuple(
        replace(mention, start=mention.start + start, end=mention.end + start) for mention in annotation.mentions
    )
    return replace(annotation, part=part, mentions=mentions, article_sha256=whole_sha256)


def views(annotations: Iterable[Annotation], parts: int, fields: Mapping[str, Joinable]) -> list[View]:
    """One view for each annotator and round of an article that was cut into so many `parts`.

    Annotations of whole articles are views as they are.
    """
    found: list[View] = []
    by_author: dict[tuple[str, int], list[Annotation]] = {}
    for annotation in annotations:
        if annotation.part is None:
            found.append(View(annotation, (annotation.id,)))
        else:
            by_author.setdefault((annotation.annotator, annotation.round), []).append(annotation)
    for own in by_author.values():
        own.sort(key=lambda one: (one.part or 0, one.id))
        missing = tuple(sorted({*range(1, parts + 1)} - {one.part or 0 for one in own}))
        found.append(_joined(own, missing, fields))
    return sorted(found, key=lambda view: (view.annotation.annotator, view.annotation.round, view.annotation.id))


def _border(text: str, start: int, ideal: int, last: int, fitting: int) -> int:
    """The place for a part to end, up to `last`; behind `fitting` if possible, so that there are no more parts."""
    first = start + max(1, int((ideal - start) * _NARROWEST))
    for border in _BORDERS:
        places = [found.end() for found in border.finditer(text, first, last) if found.end() > first]
        if places:
            return min([place for place in places if place >= fitting] or places, key=lambda place: abs(place - ideal))
    piece = text[start : last + 1]
    for place in range(ideal, max(first, ideal - _CLUSTER), -1):
        if not splits_grapheme(piece, place - start):
            return place
    return ideal


def _joined(own: Sequence[Annotation], missing: tuple[int, ...], fields: Mapping[str, Joinable]) -> View:
    first = own[0]
    mentions: list[Mention] = []
    relations = []
    for annotation in own:
        taken = {mention.id for mention in mentions}
        names = dict(_names(annotation, taken))
        mentions += [replace(mention, id=names[mention.id]) for mention in annotation.mentions]
        relations += [
            replace(
                relation,
                source=names.get(relation.source, relation.source),
                target=names.get(relation.target, relation.target),
            )
            for relation in annotation.relations
        ]
    choices, differing = _choices(own, fields)
    times = [one.lead_time for one in own if one.lead_time is not None]
    origins = {one.origin for one in own}
    revisions = [one.revision or "" for one in own]
    joined = replace(
        first,
        task_version=task_versions(one.task_version for one in own),
        part=None,
        mentions=tuple(mentions),
        relations=tuple(relations),
        choices=choices,
        origin=first.origin if len(origins) == 1 else "prediction-changed",
        created_at=max((one.created_at for one in own if one.created_at), default=None),
        lead_time=sum(times) if times else None,
        revision=hashlib.sha256("\0".join(revisions).encode()).hexdigest() if any(revisions) else None,
        interface=_common(one.interface for one in own),
        codebook=_common(one.codebook for one in own),
    )
    return View(joined, tuple(one.id for one in own), missing, differing)


def _common(versions: Iterable[str | None]) -> str | None:
    """The version with which all parts were made, None if they differ."""
    found = set(versions)
    return found.pop() if len(found) == 1 else None


def _names(annotation: Annotation, taken: set[str]) -> Iterator[tuple[str, str]]:
    """The ids of an annotation's mentions, and those that they have among others."""
    own = {mention.id for mention in annotation.mentions}
    for mention in annotation.mentions:
        name = mention.id
        while name in taken or (name != mention.id and name in own):
            name = f"{name}-{annotation.part}"
        yield mention.id, name


def _choices(own: Sequence[Annotation], fields: Mapping[str, Joinable]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """The values of the whole article's fields, and the fields on which the parts differ."""
    choices: dict[str, Value] = {}
    differing = []
    for name in dict.fromkeys(name for one in own for name in one.choices):
        field = fields.get(name)
        said = [_several(one.choices[name]) for one in own if one.choices.get(name)]
        silent = (field.silent,) if field else ()
        spoken = [kept for values in said if (kept := tuple(one for one in values if one not in silent))] or said
        if field is not None and field.kind == "choices":
            choices[name] = tuple(dict.fromkeys(one for values in spoken for one in values))
        elif field is not None and field.kind == "text":
            choices[name] = "\n".join(one for values in spoken for one in values)
        elif len(set(spoken)) == 1:
            choices[name] = spoken[0][0] if len(spoken[0]) == 1 else spoken[0]
        elif spoken:
            differing.append(name)
    return choices, tuple(differing)


def _several(value: Value) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
