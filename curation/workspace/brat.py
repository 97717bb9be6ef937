"""Folders that brat annotated: what their files say, in the words of a task, as suggestions or as annotations."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from curation.articles.duplicates import TOLD
from curation.articles.formats.brat import BratResult, Frame, Remark, Span, Standoff, annotated, span_types
from curation.catalog import Field, Schemas, Task
from curation.errors import CurationError
from curation.records import Annotation, Article, Mention, Relation, Value

if TYPE_CHECKING:
    from curation.articles import IngestResult, Options
    from curation.articles.sources import Source
    from curation.store import Store
    from curation.workspace.standoff import Pair

Mode = Literal["predictions", "annotations", "text"]
"""What becomes of brat's annotations: suggestions for annotators, annotations of the task, or nothing."""

SERVER = "brat"
"""What the store calls the server that such annotations come from."""

Rule = tuple[str, str | None, str | None, str]
"""A type of relation or event, the roles of source and target (None: its first two), and the label of the arrow."""

_CONTINUES = "continues"
_RULE = re.compile(r"([^:>]+)(?::([^:>]+)>([^:>]+))?")


@dataclass(frozen=True, slots=True)
class Brat:
    """What becomes of brat's annotations, and how its words become those of `task`, by default the workspace's.

    `labels` maps a type of span to a label. `relations` maps a relation, or two roles of a relation or an event, to the
    label of an arrow from the first to the second: `Supports`, `Attribution:Source>Content`. What is not mapped keeps
    its name if the task knows it. `annotator` made all of it; by default the end of a file's name (`X_NAME.ann`) or the
    name of its folder says who. What else the task requires of an annotation, people still have to fill in.
    """

    mode: Mode = "predictions"
    task: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    relations: Mapping[str, str] = field(default_factory=dict)
    annotator: str | None = None


@dataclass(frozen=True, slots=True)
class Annotated:
    """Texts with annotations, what is to become of these, and the task in whose words they go.

    `alone` are the names of annotation files without a text.
    """

    pairs: Sequence[Pair]
    alone: Sequence[str]
    brat: Brat
    task: Task

    def take(self, store: Store, schemas: Schemas, options: Options, result: IngestResult) -> IngestResult:
        """`result` with what became of the annotations, for which they are no longer files that were not read."""
        if not self.pairs and not self.alone:
            return result
        taken = take_brat(store, self.task, schemas, self.pairs, options, self.brat)
        taken = replace(taken, n_alone=len(self.alone), alone=tuple(self.alone[:TOLD]))
        told = {pair.beside.name for pair in self.pairs}.union(self.alone)
        skipped = tuple(name for name in result.skipped if name not in told)
        left = result.n_skipped - sum(pair.text.in_folder for pair in self.pairs) - len(self.alone)
        return replace(result, n_skipped=left, skipped=skipped, brat=taken)


def require_words(brat: Brat, task: Task, files: Iterable[Source]) -> None:
    """Raises `E_USAGE` for what would come to nothing.

    That is a relation of brat's that is written wrongly, a label or relation that the task lacks, and, where they are
    to be annotations, `files` none of whose spans has a label in the task.
    """
    _rules(brat.relations)
    for what, given, known in (("label", brat.labels, task.labels), ("relation", brat.relations, task.relations)):
        for theirs, ours in given.items():
            if ours not in known:
                message = f"{theirs}={ours}: the task {task.name} has no {what} {ours!r}"
                raise CurationError("E_USAGE", message, fix=f"one of: {', '.join(known)}")
    if brat.mode != "annotations":
        return
    found: dict[str, None] = {}
    for file in files:
        found |= dict.fromkeys(span_types(file))
        if any(brat.labels.get(one, one) in task.labels for one in found):
            return
    if found:
        message = f"none of the types of spans is a label of the task {task.name}: {', '.join(sorted(found))}"
        raise CurationError("E_USAGE", message, fix=f"--label {min(found)}=LABEL, one of: {', '.join(task.labels)}")


def take_brat(
    store: Store,
    task: Task,
    schemas: Schemas,
    pairs: Iterable[Pair],
    options: Options,
    brat: Brat,
) -> BratResult:
    """Take in annotations of texts that the store has already.

    A second call changes nothing. Raises `E_USAGE` for a relation of brat's that is written wrongly.
    """
    rules = _rules(brat.relations)
    counts: Counter[str] = Counter()
    units: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    problems: list[tuple[str, str]] = []
    for pair in pairs:
        source, beside = pair.text, pair.beside
        try:
            found = annotated(source, beside, options)
        except OSError as error:
            problems.append((beside.name, error.strerror or str(error)))
            continue
        known = None if found is None else _stored(store, found[0])
        if found is None or known is None:
            problems.append((beside.name, "the text beside it was not taken in"))
            continue
        _, data, standoff = found
        problems += [(f"{beside.name}:{line}", problem) for line, problem in standoff.problems]
        annotator = brat.annotator or pair.annotator or _folder(source) or SERVER
        record, missing = to_record(standoff, known, task, brat.labels, rules, annotator)
        units[standoff.unit] += 1
        counts["documents"] += 1
        with store.transaction():
            new = (beside.name, data) not in store.predictions.files(known.id)
            store.predictions.keep_file(known.id, beside.name, data)
            if brat.mode == "annotations":
                new |= _annotate(store, task, schemas, record, known)
            elif brat.mode == "predictions" and record.mentions:
                new |= record not in store.predictions.of(known.id, task.name)
                store.predictions.put(record)
        counts["new"] += new
        if brat.mode == "text":
            continue
        counts["mentions"] += len(record.mentions)
        counts["relations"] += len(record.relations)
        counts["attributes"] += sum(len(mention.attributes) for mention in record.mentions)
        lost += missing
    return BratResult(
        counts["documents"],
        counts["new"],
        counts["mentions"],
        counts["relations"],
        counts["attributes"],
        units=dict(units),
        lost=dict(lost.most_common()),
        problems=tuple(problems),
    )


def to_record(
    standoff: Standoff,
    article: Article,
    task: Task,
    labels: Mapping[str, str],
    rules: Sequence[Rule],
    annotator: str,
) -> tuple[Annotation, Counter[str]]:
    """The record of what an annotation file says about an article, and by reason how much of it has no place there."""
    translation = _Translation(task, labels, rules, article)
    for span in standoff.spans:
        translation.span(span)
    for frame in standoff.frames:
        translation.anchor(frame)
    for frame in standoff.frames:
        translation.frame(frame)
    for remark in standoff.remarks:
        translation.remark(remark)
    name = hashlib.sha256("\0".join((SERVER, annotator, task.name, article.id)).encode()).hexdigest()[:32]
    record = Annotation(
        name, article.id, article.sha256, task.name, task.version, annotator,
        mentions=translation.mentions(), relations=tuple(dict.fromkeys(translation.relations)),
    )  # fmt: skip
    return record, translation.lost


def _folder(source: Source) -> str:
    """The name of the folder that a file lies in; of what lies in no folder of a zip file, the zip file's."""
    if source.content is None:
        return source.path.resolve().parent.name
    folder = PurePosixPath(source.name).parent
    return folder.stem if folder.suffix.lower() == ".zip" else folder.name


def _stored(store: Store, article: Article) -> Article | None:
    """The article that has the text in the store."""
    known = store.articles.get(article.id)
    if known is not None and known.sha256 == article.sha256:
        return known
    same = store.articles.with_text(article.sha256)
    return None if same is None else store.articles.get(same)


def _annotate(store: Store, task: Task, schemas: Schemas, record: Annotation, article: Article) -> bool:
    """Take a record in through the same door as an export that was downloaded; whether it brought anything new."""
    from curation.studio.encode import encode
    from curation.studio.intake import take

    number = int.from_bytes(hashlib.sha256(record.annotator.encode()).digest()[:6])
    annotation = {
        "unique_id": record.id,
        "completed_by": {"id": number, "email": f"{record.annotator}@{SERVER}"},
        "result": encode(record, task),
    }
    item = {"data": {"article_id": article.id, "text": article.text}, "annotations": [annotation]}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    taken = take(store, task, schemas, item, server=SERVER, project_id=None, pulled_at=now, url_of=lambda _: None)
    return bool(taken.annotations_new or taken.annotations_changed)


class _Translation:
    """brat's annotations of one article in the words of a task; what has no place is counted in `lost`."""

    def __init__(self, task: Task, labels: Mapping[str, str], rules: Sequence[Rule], article: Article) -> None:
        self.relations: list[Relation] = []
        self.lost: Counter[str] = Counter()
        self._task = task
        self._labels = labels
        self._rules = rules
        self._article = article
        self._pieces: dict[str, list[Mention]] = {}
        self._values: dict[str, dict[str, tuple[Field, list[str]]]] = {}
        self._triggers: dict[str, str] = {}

    def mentions(self) -> tuple[Mention, ...]:
        """The mentions with their attributes, in the order of the text."""
        found = [
            replace(piece, attributes={name: _value(*values) for name, values in self._values[name_of].items()})
            for name_of, pieces in self._pieces.items()
            for piece in pieces
        ]
        return tuple(sorted(found, key=lambda mention: (mention.start, mention.end)))

    def span(self, span: Span) -> None:
        """A mention, or several that continue each other."""
        label = self._labels.get(span.type, span.type)
        if label not in self._task.labels:
            self.lost[f"span {span.type!r}: the task has no label for it"] += 1
            return
        continues = self._continuation(label)
        if len(span.fragments) > 1 and continues is None:
            self.lost[f"span {span.type!r} in several pieces: the task has no relation that continues {label}"] += 1
            return
        pieces = [
            Mention(span.id if number == 1 else f"{span.id}-{number}", label, start, end, self._article.text[start:end])
            for number, (start, end) in enumerate(span.fragments, start=1)
        ]
        self._pieces[span.id] = pieces
        self._values[span.id] = {}
        self.relations += [Relation(piece.id, pieces[0].id, continues) for piece in pieces[1:]]

    def anchor(self, frame: Frame) -> None:
        """Remember by which span an event is marked."""
        if frame.id.startswith("E"):
            self._triggers[frame.id] = frame.roles[0][1]

    def frame(self, frame: Frame) -> None:
        """The arrows that a relation, an event or an equivalence stands for."""
        used: set[str] = set()
        for kind, source, target, label in (*self._rules, *self._own_rules(frame)):
            if kind != frame.type or (source is None and len(frame.roles) < 2):
                continue
            # A relation's first two roles where the rule names none.
            first, second = source or frame.roles[0][0], target or frame.roles[1][0]
            used |= {first, second}
            sources, targets = _fillers(frame, first), _fillers(frame, second)
            for one, other in product(sources, targets):
                self._arrow(one, other, label, frame)
            if bool(sources) != bool(targets):
                there, missing = (first, second) if sources else (second, first)
                self.lost[f"role {frame.type}:{there}: there is no {missing} to join it to"] += 1
        event = frame.id.startswith("E")
        unused = [role for role, _ in frame.roles[event:] if role not in used and _bare(role) not in used]
        if event:
            self.lost.update(f"role {frame.type}:{role}: no relation is made of it" for role in unused)
        elif unused:
            self.lost[f"relation {frame.type!r}: the task has none for it"] += 1

    def remark(self, remark: Remark) -> None:
        """An attribute of a mention."""
        what = f"{remark.kind} {remark.name!r}"
        span = self._span_of(remark.target)
        if span is None:
            self.lost[f"{what}: not about a mention"] += 1
            return
        label = self._pieces[span][0].label
        name = "note" if remark.kind == "note" else remark.name
        attributes = self._task.labels[label].attributes
        found = next((one for one in attributes.values() if one.name.casefold() == name.casefold()), None)
        if found is None:
            self.lost[f"{what}: {label} has no such attribute"] += 1
            return
        value = _fitting(found, remark.value)
        values = self._values[span].setdefault(found.name, (found, []))[1] if value is not None else []
        if value is None or (values and found.kind == "choice"):
            self.lost[f"{what}: its value is none of {label}'s {found.name}"] += 1
        elif value not in values:
            values.append(value)

    def _continuation(self, label: str) -> str | None:
        holder = self._task.labels[label].holder
        name = holder.continuation if holder is not None and holder.continuation else _CONTINUES
        rule = self._task.relations.get(name)
        return name if rule is not None and label in rule.sources and label in rule.targets else None

    def _own_rules(self, frame: Frame) -> Iterator[Rule]:
        """What needs no rule: a relation of the task's name, an event's role of such a name."""
        if frame.id.startswith("E"):
            for role, _ in frame.roles[1:]:
                if _bare(role) in self._task.relations and not self._is_ruled(frame.type, role):
                    yield frame.type, frame.roles[0][0], role, _bare(role)
        elif frame.type in self._task.relations and all(kind != frame.type for kind, *_ in self._rules):
            yield frame.type, None, None, frame.type

    def _is_ruled(self, event: str, role: str) -> bool:
        return any(kind == event and _bare(role) in (source, target) for kind, source, target, _ in self._rules)

    def _span_of(self, name: str) -> str | None:
        """The span that is meant by an id, which may be an event's; None if it is no mention."""
        seen = set()
        while name in self._triggers and name not in seen:
            seen.add(name)
            name = self._triggers[name]
        return name if name in self._pieces else None

    def _arrow(self, one: str, other: str, label: str, frame: Frame) -> None:
        source, target = self._span_of(one), self._span_of(other)
        rule = self._task.relations.get(label)
        if rule is None:
            self.lost[f"{frame.type!r}: the task has no relation {label!r}"] += 1
        elif source is None or target is None:
            self.lost[f"{label!r} of {frame.type!r}: one of its ends is no mention"] += 1
        else:
            first, second = self._pieces[source][0], self._pieces[target][0]
            if first.label in rule.sources and second.label in rule.targets:
                self.relations.append(Relation(first.id, second.id, label))
            else:
                self.lost[f"{label!r} of {frame.type!r}: it may not join {first.label} to {second.label}"] += 1


def _rules(relations: Mapping[str, str]) -> list[Rule]:
    rules = []
    for written, label in relations.items():
        found = _RULE.fullmatch(written)
        if found is None:
            fix = "RELATION=LABEL, or TYPE:ROLE>ROLE=LABEL"
            raise CurationError("E_USAGE", f"{written!r} names no relation of brat's", fix=fix)
        rules.append((found[1], found[2], found[3], label))
    return rules


def _fillers(frame: Frame, role: str) -> list[str]:
    """Who stands in a role; brat numbers the roles that several stand in."""
    return [filler for name, filler in frame.roles if role in (name, _bare(name))]


def _bare(role: str) -> str:
    return role.rstrip("0123456789") or role


def _fitting(field: Field, value: str | None) -> str | None:
    if value is None:
        return None
    if field.kind == "text":
        return value if field.pattern is None or re.search(field.pattern, value) else None
    return next((one for one in field.values if one.casefold() == value.casefold()), None)


def _value(field: Field, values: list[str]) -> Value:
    if field.kind == "choices":
        return tuple(sorted(values, key=field.values.index))
    return values[0] if len(values) == 1 else tuple(values)
