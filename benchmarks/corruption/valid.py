"""Random annotations of the news-stance task as Label Studio exports them, with nothing wrong in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from benchmarks.corruption.texts import Text, text
from curation.catalog import Field, Task
from curation.records import Article
from curation.studio.rendering import rendered
from curation.text import content_hash

ROW_TYPES = {"choice": ("choices", "choices"), "choices": ("choices", "choices"), "text": ("textarea", "text")}
STANCES = ("supports", "opposes", "neutral", "unclear")
_TEXTS = ("Elena Moss", "  Zoë  Ström ", "👩🏽‍🚒 crew", "two\nlines\there", "محمد", "cafe\u0301", "0")
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789_-"


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another annotation of the same article: whose, and of which project (the case's own is in project 3)."""

    name: str
    author: str | None
    project: int = 3


@dataclass(frozen=True, slots=True)
class Cut:
    """The case is about part `number` of `parts` of a longer article, behind `before` characters of it.

    `others` are the parts that the same person submitted too, with the values of their fields of the article.
    """

    number: int
    parts: int
    before: str
    others: dict[int, dict[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Case:
    """An annotation and what stands around it: the item's data, the workspace's article, the person's other work.

    `article` is None where the workspace has none; of a part it is the whole one. Relations stay within a cluster of
    regions, so that what breaks one cannot touch the other.
    """

    raw: Any
    text: Text
    data: dict[str, Any]
    article: Article | None
    siblings: list[Sibling] = field(default_factory=list)
    cut: Cut | None = None
    clusters: dict[str, int] = field(default_factory=dict)

    @property
    def result(self) -> list[dict[str, Any]]:
        """The annotation's rows."""
        rows: list[dict[str, Any]] = self.raw["result"]
        return rows

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """The rows of a type."""
        return [row for row in self.result if row.get("type") == kind]

    def spans(self, label: str | None = None) -> list[dict[str, Any]]:
        """The rows that mark a span, of one label or of any."""
        return [row for row in self.rows("labels") if label in (None, row["value"]["labels"][0])]

    def of_region(self, region: str) -> list[dict[str, Any]]:
        """The rows with a region's id."""
        return [row for row in self.result if row.get("id") == region]

    def relations_of(self, region: str) -> list[dict[str, Any]]:
        """The relations that a region is an end of."""
        return [row for row in self.rows("relation") if region in (row["from_id"], row["to_id"])]


def valid(random: Random, task: Task, *, rich: bool = False) -> Case:
    """A case without a fault. A `rich` one was submitted and has at least two actors and two claims that are held."""
    article = text(random, random.randint(40, 90))
    case = Case(_around(random), article, {}, None)
    sha256 = content_hash(article.text)
    name = f"art-{random.randrange(10**6)}"
    case.data = {"article_id": name, "text": article.text, "sha256": sha256, "title": "A title"}
    case.article = Article(name, article.text, sha256, "A title")
    case.raw["result"] = list(_rows(random, task, case, rich))
    if not rich:
        _vary(random, case)
    return case


def in_parts(case: Case, cut: Cut) -> None:
    """Make what a case's item shows a part of a longer article."""
    whole = cut.before + case.text.text
    case.cut = cut
    case.article = Article(case.data["article_id"], whole, content_hash(whole), "A title")


def span_row(region: str, label: str, words: str, start: int, end: int, origin: str = "manual") -> dict[str, Any]:
    """The row that marks `words` at these offsets."""
    value = {"start": start, "end": end, "text": rendered(words), "labels": [label]}
    return {"id": region, "from_name": "span", "to_name": "text", "type": "labels", "origin": origin, "value": value}


def field_row(field: Field, region: str, values: list[str], place: Mapping[str, Any]) -> dict[str, Any]:
    """The row with a field's values; `place` are the offsets and the text that it repeats of its span."""
    kind, key = ROW_TYPES[field.kind]
    return {
        "id": region,
        "from_name": field.control,
        "to_name": "text",
        "type": kind,
        "origin": "manual",
        "value": {**place, key: values},
    }


def arrow(source: str, target: str, label: str, direction: str = "right") -> dict[str, Any]:
    """A relation's row."""
    return {"type": "relation", "from_id": source, "to_id": target, "direction": direction, "labels": [label]}


def _around(random: Random) -> dict[str, Any]:
    person = random.randint(1, 9)
    someone = {"id": person, "email": f"annotator{person}@example.org", "first_name": "", "last_name": ""}
    moment = f"2026-03-{random.randint(10, 28)}T0{random.randint(1, 9)}:12:0{random.randint(0, 9)}.204518Z"
    return {
        "id": random.randint(1, 10**6),
        "unique_id": f"{random.getrandbits(128):032x}",
        "completed_by": person if random.random() < 0.8 else someone,
        "was_cancelled": False,
        "ground_truth": random.random() < 0.05,
        "lead_time": random.choice((None, 0, 12, 83.75, 4211.204)),
        "created_at": moment,
        "updated_at": moment,
        "draft_created_at": None,
        "prediction": {},
        "result_count": random.randint(0, 9),
        "parent_prediction": None,
        "project": 3,
        "result": [],
    }


def _rows(random: Random, task: Task, case: Case, rich: bool) -> Iterator[dict[str, Any]]:
    taken: set[tuple[str, int, int]] = set()
    blocks, arrows = [list(_form(random, task))], []
    for cluster in range(2 if rich else random.randint(0, 2)):
        actors = [_name(random) for _ in range(random.randint(2 if rich else 0, 3))]
        claims = [_name(random) for _ in range(random.randint(2 if rich else 0, 3))]
        drawn = list(_arrows(random, actors, claims))
        fragments = {row["from_id"] for row in drawn if "continues" in row["labels"]}
        fragments |= {row["to_id"] for row in drawn if "continues" in row["labels"]}
        held = {end for row in drawn for end in (row["from_id"], row["to_id"])}
        for label, region in [("Actor", one) for one in actors] + [("Claim", one) for one in claims]:
            excused = label == "Claim" and region not in fragments | held
            blocks.append(list(_mark(random, task, case.text, taken, label, region, excused)))
            case.clusters[region] = cluster
        arrows += drawn
    if random.random() < 0.3:
        random.shuffle(blocks)
    rows = [row for block in blocks for row in block]
    if random.random() < 0.1:
        # Attributes may stand before their spans.
        random.shuffle(rows)
    return iter([*rows, *arrows])


def _arrows(random: Random, actors: list[str], claims: list[str]) -> Iterator[dict[str, Any]]:
    """Each claim has a holder or continues the one before it; nobody holds a claim in two ways."""
    joined = True
    for position, claim in enumerate(claims if actors else []):
        joined = not joined and random.random() < 0.2
        if joined:
            yield _drawn(random, claim, claims[position - 1], "continues")
            continue
        for actor in random.sample(actors[:2], random.randint(1, min(2, len(actors)))):
            yield _drawn(random, actor, claim, random.choice(STANCES))
    if len(actors) > 2:
        yield _drawn(random, actors[2], actors[0], random.choice(("same_as", "speaks_for")))


def _drawn(random: Random, source: str, target: str, label: str) -> dict[str, Any]:
    chance = random.random()
    if chance < 0.15:
        return arrow(target, source, label, "left")
    return arrow(source, target, label, "bi" if label == "same_as" and chance < 0.5 else "right")


def _mark(
    random: Random, task: Task, article: Text, taken: set[tuple[str, int, int]], label: str, region: str, excused: bool
) -> Iterator[dict[str, Any]]:
    start, end = _place(random, article, label, taken)
    row = span_row(region, label, article.text[start:end], start, end)
    yield row
    place = {key: row["value"][key] for key in ("start", "end", "text")}
    if random.random() < 0.02:
        # What else than the interface makes annotations may leave the text out.
        del row["value"]["text"]
    if random.random() < 0.05:
        place = {}
    for name, one in task.labels[label].attributes.items():
        if name == "holder" and excused:
            yield field_row(one, region, ["unnamed"], place)
        elif name != "holder" and (one.required or random.random() < 0.4):
            yield field_row(one, region, _values(random, one), place)


def _place(random: Random, article: Text, label: str, taken: set[tuple[str, int, int]]) -> tuple[int, int]:
    """The first and last offset of some words of a paragraph that this label does not mark yet."""
    while True:
        words = random.choice(article.paragraphs)
        first = random.randrange(len(words))
        last = min(len(words) - 1, first + random.randint(0, 3 if label == "Actor" else 9))
        found = words[first][0], words[last][1]
        if (label, *found) not in taken:
            taken.add((label, *found))
            return found


def _form(random: Random, task: Task) -> Iterator[dict[str, Any]]:
    for one in task.choices.values():
        if one.required or random.random() < 0.4:
            yield field_row(one, _name(random), _values(random, one), {})


def _values(random: Random, one: Field) -> list[str]:
    if one.pattern is not None:
        return [f"Q{random.randint(1, 99999)}"]
    if one.kind == "text":
        return [
            random.choice(("Elena Moss", "  Zoë  Ström ", "👩🏽‍🚒 crew", "two\nlines\there", "محمد", "cafe\u0301", "0"))
        ]
    return random.sample(one.values, random.randint(1, 3)) if one.kind == "choices" else [random.choice(one.values)]


def _name(random: Random) -> str:
    return "".join(random.choices(_ALPHABET, k=10))


def _vary(random: Random, case: Case) -> None:
    """Some are skipped, some correct what was suggested."""
    chance = random.random()
    if chance < 0.05:
        case.raw["was_cancelled"] = True
        if random.random() < 0.5:
            case.raw["result"] = []
    elif chance < 0.15 and case.spans():
        suggested = [dict(row) for row in case.result]
        for row in case.result:
            if "origin" in row:
                row["origin"] = "prediction"
        random.choice(case.spans())["origin"] = "prediction-changed"
        case.raw |= {"parent_prediction": 18, "prediction": {"id": 18, "score": 0.5, "result": suggested}}
    elif chance < 0.2:
        case.raw |= {"completed_by": 4, "lead_time": 0.125}
        case.siblings = [Sibling("other", "5")]
    if random.random() < 0.1:
        silent = {"stance_congestion_charge": "not_addressed", "stance_rent_cap": "not_addressed"}
        in_parts(case, Cut(2, 2, "What stood in the first part — 🏛️.\n\n", {1: silent}))
