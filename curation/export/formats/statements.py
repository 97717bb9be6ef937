"""Statements as networks and event lists want them: an actor under one name, a concept, a stance, an article's date."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from curation.errors import CurationError
from curation.export.formats.format import Losses, Option, Options
from curation.export.naming import HOLDER, column_of, item_of, name_of, published
from curation.export.reading import Dataset
from curation.export.rows import Row

SAME = "same_as"
"""The relation between two mentions of one actor."""

SIGNS = {"favor": 1, "against": -1}
"""The stances that make actors allies or opponents. All others have no sign."""

CONCEPT = Option(
    "concept",
    "what actors agree on or not: a field of claims (topics, kind, ...), claim_text, or auto: the first field that "
    "takes several values, else the first with values",
    "auto",
)
"""The option of every format that is made of concepts: the words of a claim are hardly ever said twice."""

# What XML 1.0 does not take (section 2.2).
_UNFIT = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_UNKNOWN = "article of which nothing says who annotated it: who found no statement is not counted"
_FIXED = ("claim_text", "claim_fragments")


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody's stance on a concept, as one annotator has it. `kind` is the actor's type, `text` the claim's.

    `name` is empty where an actor has none, and the dataset no texts. An `item` is of Wikidata.
    """

    annotator: str
    name: str
    item: str | None
    kind: str | None
    concept: str
    stance: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """An article with its events, and who annotated it, also those who found none. `time` is ISO 8601."""

    id: str
    events: Sequence[Event]
    annotators: tuple[str, ...]
    time: str | None = None
    title: str | None = None
    outlet: str | None = None
    authors: tuple[str, ...] = ()


@dataclass(slots=True)
class Actors:
    """Who is who over a whole dataset: names, and the Wikidata items that were given with them.

    A name that was given with one item is that item everywhere; one that was given with several is the item only where
    the item was given. Names are the same but for upper and lower case.
    """

    seen: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    _items: dict[str, set[str]] = field(default_factory=dict)
    _labels: dict[str, str] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)

    def add(self, event: Event) -> None:
        """Take note of who an event says is meant."""
        if event.name:
            self.seen[event.name, event.item] += 1

    def settle(self) -> None:
        """Take in what was `seen`."""
        for name, item in self.seen:
            if item:
                self._items.setdefault(name.casefold(), set()).add(item)
                self._known.add(item)
        names: dict[str, Counter[str]] = {}
        for (name, item), count in self.seen.items():
            names.setdefault(self.key(name, item), Counter())[name] += count
        self._labels = {key: min(found, key=lambda one: (-found[one], one)) for key, found in names.items()}

    def key(self, name: str, item: str | None) -> str:
        """What tells an actor from others: an item, or the name in lower case."""
        known = self._items.get(name.casefold(), set())
        return item or (min(known) if len(known) == 1 else name.casefold())

    def label(self, key: str) -> str:
        """The name that was given most often; of several the first in the alphabet."""
        return self._labels[key]

    def item(self, key: str) -> str | None:
        """The Wikidata item of an actor who has one."""
        return key if key in self._known else None


def concept_column(dataset: Dataset, chosen: str) -> str:
    """The column of `statements` that the option `concept` means. Raises `E_USAGE` if there is none."""
    features = dataset.features("statements")
    fields = [name for name in features if name.startswith("claim_") and name not in _FIXED]
    if chosen == "auto":
        several = [name for name in fields if hasattr(features[name], "feature")]
        classes = [name for name in fields if hasattr(features[name], "names")]
        return str((several or classes or ["claim_text"])[0])
    known = {name.removeprefix("claim_"): name for name in fields} | {name: name for name in fields}
    if "claim_text" in features:
        known["claim_text"] = "claim_text"
    if chosen not in known:
        names = [*(name.removeprefix("claim_") for name in fields), "claim_text", "auto"]
        message = f"concept cannot be {chosen!r}: the claims of the dataset have no such field"
        raise CurationError("E_USAGE", message, fix=f"one of: {', '.join(names)}")
    return str(known[chosen])


def sources(dataset: Dataset, options: Options, losses: Losses) -> Iterator[Source]:
    """The articles that have statements, in the order of the dataset, split by split; `losses` counts what is no event.

    Of an annotator who annotated an article in several rounds the latest counts; without `annotations` the latest with
    a statement. Needs the config `statements`, and goes by `annotations` (rounds, mentions of one actor) and `articles`
    (dates, titles, outlets) where there are any.
    """
    column = concept_column(dataset, options["concept"])
    for split in dataset.configs["statements"]:
        annotations = _Beside(dataset, "annotations", split, ["article_id", "id", "annotator", "round", *_NESTED])
        articles = _Beside(dataset, "articles", split, [])
        for article, rows in groupby(dataset.rows("statements", split), key=lambda row: row["article_id"]):
            held = list(rows)
            current = _latest(annotations.of(article))
            known = {name: who for one in current for name, who in _identities(one).items()}
            ids = {one["id"] for one in current} or {one["annotation"] for one in _latest(held)}
            held = [row for row in held if row["annotation"] in ids]
            about = next(iter(articles.of(article)), {})
            who = [one["annotator"] for one in current] or about.get("annotators")
            losses[_UNKNOWN] += not who
            yield Source(
                id=article,
                events=list(_events(held, column, known, losses)),
                annotators=tuple(dict.fromkeys(who or [one["annotator"] for one in held])),
                time=about.get("published_at"),
                title=about.get("title"),
                outlet=about.get("outlet"),
                authors=tuple(about.get("authors") or ()),
            )


def actors_of(dataset: Dataset, options: Options) -> Actors:
    """Who is who in a dataset. That has to be known of all of it before anybody is named."""
    actors = Actors()
    for source in sources(dataset, options, Losses()):
        for event in source.events:
            actors.add(event)
    actors.settle()
    return actors


def clean(text: str, losses: Losses) -> str:
    """`text` on one line, without the characters that XML does not take, which become U+FFFD."""
    fit, replaced = _UNFIT.subn("\ufffd", " ".join(text.split()))
    losses["character in a name that XML does not take, which is written as U+FFFD"] += replaced
    return fit


_NESTED = ("mentions", "relations")


class _Beside:
    """The rows of another config, article by article, in the same order; none if the dataset has no such config."""

    def __init__(self, dataset: Dataset, config: str, split: str, columns: Sequence[str]) -> None:
        self._config = config
        self._groups: Iterator[tuple[str, list[Row]]] | None = None
        if split in dataset.configs.get(config, ()):
            there = dataset.schema(config).names
            rows = dataset.rows(config, split, columns=[one for one in columns if one in there] or None)
            grouped = groupby(rows, key=lambda row: str(row["article_id"]))
            self._groups = ((article, list(group)) for article, group in grouped)

    def of(self, article: str) -> list[Row]:
        """The rows of an article. Articles are asked for in the order of the dataset."""
        if self._groups is None:
            return []
        found = next((group for name, group in self._groups if name == article), None)
        if found is None:
            raise CurationError("E_EXPORT_UNREADABLE", f"{self._config} has no row of article {article} in its place")
        return found


def _latest(rows: Iterable[Row]) -> list[Row]:
    """A row of the latest round of each annotator."""
    found: dict[str, Row] = {}
    for row in rows:
        held = found.get(row["annotator"])
        if held is None or row["round"] > held["round"]:
            found[row["annotator"]] = row
    return list(found.values())


def _events(
    rows: Iterable[Row], column: str, known: Mapping[tuple[str, str], _Identity], losses: Losses
) -> Iterator[Event]:
    for row in rows:
        if row["stance"] is None:
            losses["statement without a holder, or without a stance"] += 1
            continue
        given = row[column]
        concepts = [given] if isinstance(given, str) else given or []
        losses["statement whose claim has no concept"] += not concepts
        held = published(row, HOLDER)
        own = _Identity(name_of(held) or row.get("holder_text"), item_of(held))
        same = known.get((row["annotation"], row["holder_id"]), own)
        item = clean(same.item or own.item or "", losses) or None
        name = clean(same.name or own.name or item or "", losses)
        losses["statement of an actor without a name, in a dataset without texts"] += not name
        kind = clean(column_of(row, "type", HOLDER) or "", losses) or None
        for concept in concepts:
            yield Event(
                annotator=row["annotator"],
                name=name,
                item=item,
                kind=kind,
                concept=clean(concept, losses),
                stance=row["stance"],
                text=row.get("claim_text"),
            )


@dataclass(frozen=True, slots=True)
class _Identity:
    name: str | None
    item: str | None


def _identities(annotation: Row) -> dict[tuple[str, str], _Identity]:
    """Who is meant by each mention that an annotator joined to another by `SAME`: the best name among them."""
    joined = [one for one in annotation.get("relations", ()) if one["label"] == SAME]
    if not joined:
        return {}
    mentions = {one["id"]: one for one in annotation["mentions"]}
    leaders = {name: name for name in mentions}
    for relation in joined:
        if relation["source"] in leaders and relation["target"] in leaders:
            leaders[_leader(leaders, relation["source"])] = _leader(leaders, relation["target"])
    groups: dict[str, list[Row]] = {}
    for name in {end: None for one in joined for end in (one["source"], one["target"]) if end in mentions}:
        groups.setdefault(_leader(leaders, name), []).append(mentions[name])
    return {
        (annotation["id"], one["id"]): who for group in groups.values() for who in [_identity(group)] for one in group
    }


def _identity(mentions: list[Row]) -> _Identity:
    """The first name and item that one of the mentions was given; without a name the longest of their texts."""
    mentions = sorted(mentions, key=lambda one: (one["start"], one["end"], one["id"]))
    given = [published(one.get("attributes") or {}) for one in mentions]
    name = next(filter(None, map(name_of, given)), None)
    item = next(filter(None, map(item_of, given)), None)
    texts = [one["text"] for one in mentions if "text" in one]
    return _Identity(name or max(texts, key=len, default=None), item)


def _leader(leaders: Mapping[str, str], member: str) -> str:
    while leaders[member] != member:
        member = leaders[member]
    return member
