"""brat's standoff format: a text and its annotations side by side (https://brat.nlplab.org/standoff.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

from curation.export.columns import slug
from curation.export.formats.format import Format, Losses, Option, Options
from curation.export.formats.places import file_name, words_of
from curation.export.reading import Dataset
from curation.export.rows import Row

CONTINUES = "continues"
"""The relation between the pieces of one claim, which other words interrupt."""

_LINE = re.compile(r"[^\n]+")
_COLORS = ("#ffd9a0", "#a8d8ff", "#b8e6b0", "#e3c4ff", "#ffc2cc", "#d9d3b8")


class _Types:
    """The words of a dataset as brat takes them: types of spans and relations, and attributes with their values."""

    def __init__(self, features: Mapping[str, Any]) -> None:
        mention = features["mentions"].feature if "mentions" in features else {}
        self.labels = words_of(mention["label"].names if mention else ())
        relations = features["relations"].feature["label"].names if "relations" in features else ()
        self.relations = words_of(relations)
        self.attributes = dict(mention.get("attributes", {}))
        self.names = self._plain_names()

    def owner(self, column: str) -> str | None:
        """The label whose attribute a column is."""
        return max((one for one in self.labels if column.startswith(f"{slug(one)}_")), key=len, default=None)

    def values(self, column: str) -> list[str]:
        """The classes of an attribute; none for free text."""
        feature = self.attributes[column]
        return list(getattr(getattr(feature, "feature", feature), "names", ()))

    def _plain_names(self) -> dict[str, str]:
        """What each attribute is called: as in the task, or by its column where two labels have it."""
        short = {column: column.removeprefix(f"{slug(self.owner(column) or '')}_") for column in self.attributes}
        shared = [name for name in short.values() if list(short.values()).count(name) > 1]
        return words_of_columns({column: column if name in shared else name for column, name in short.items()})


def words_of_columns(names: Mapping[str, str]) -> dict[str, str]:
    """The same keys with values that are words, no two alike."""
    words = words_of(names.values())
    return {column: words[name] for column, name in names.items()}


def write(dataset: Dataset, folder: Path, options: Options) -> Losses:
    """`SPLIT/ARTICLE.txt` and `.ann`, or `SPLIT/ANNOTATOR/...`, and the two files that tell brat about the types."""
    config = options["of"]
    types = _Types(dataset.features(config))
    (folder / "annotation.conf").write_text(_annotation_conf(types), encoding="utf-8", newline="\n")
    (folder / "visual.conf").write_text(_visual_conf(types), encoding="utf-8", newline="\n")
    losses = Losses()
    for split in dataset.configs[config]:
        for row in dataset.rows(config, split):
            place = folder / split / _owner(row)
            place.mkdir(parents=True, exist_ok=True)
            name = _free(place, file_name(row["article_id"]))
            (place / f"{name}.txt").write_text(row["text"], encoding="utf-8", newline="")
            lines = "".join(f"{line}\n" for line in _lines(row, types, losses))
            (place / f"{name}.ann").write_text(lines, encoding="utf-8", newline="\n")
    return losses


def _owner(row: Row) -> str:
    """The folder of an annotation: its annotator's, and round's after the first."""
    if "annotator" not in row:
        return ""
    return file_name(row["annotator"]) + (f"-round-{row['round']}" if row["round"] != 1 else "")


def _free(place: Path, name: str) -> str:
    number = 1
    while (place / f"{name}{f'-{number}' if number > 1 else ''}.ann").exists():
        number += 1
    return name + (f"-{number}" if number > 1 else "")


def _lines(row: Row, types: _Types, losses: Losses) -> Iterator[str]:
    names: dict[str, str] = {}
    remarks: list[tuple[str, str, str]] = []
    wholes = _wholes(row)
    pieces = {piece["id"] for _, *further in wholes.values() for piece in further}
    for mention in row.get("mentions", ()):
        if mention["id"] in pieces:
            continue
        fragments = [
            found for piece in wholes.get(mention["id"], [mention]) for found in _fragments(row["text"], piece, losses)
        ]
        if not fragments:
            losses["mention of nothing but line breaks, which brat cannot hold"] += 1
            continue
        names[mention["id"]] = name = f"T{len(names) + 1}"
        ranges = ";".join(f"{start} {end}" for start, end in fragments)
        covered = " ".join(row["text"][start:end] for start, end in fragments)
        yield f"{name}\t{types.labels[mention['label']]} {ranges}\t{covered}"
        remarks += _remarks(name, mention.get("attributes") or {}, losses)
    number = 0
    for relation in row.get("relations", ()):
        if relation["label"] == CONTINUES and not pieces.isdisjoint((relation["source"], relation["target"])):
            continue
        ends = names.get(relation["source"]), names.get(relation["target"])
        if relation["label"] is None or None in ends:
            what = (
                "relation without a label" if relation["label"] is None else "relation of a mention that is not there"
            )
            losses[what] += 1
            continue
        number += 1
        yield f"R{number}\t{types.relations[relation['label']]} Arg1:{ends[0]} Arg2:{ends[1]}"
    for number, (name, column, value) in enumerate(remarks, start=1):
        yield f"A{number}\t{types.names[column]} {name} {value}"


def _wholes(row: Row) -> dict[str, list[Row]]:
    """The claims in pieces that are one annotation of several fragments, by the id of their first piece.

    Pieces are joined by `CONTINUES`, whichever way the arrows are drawn. They are one where that says the same: all
    have the same label and attributes, all but the first take part in nothing else, and words stand between them.
    """
    mentions = {one["id"]: one for one in row.get("mentions", ())}
    groups = {name: [name] for name in mentions}
    busy: set[str] = set()
    for relation in row.get("relations", ()):
        ends = relation["source"], relation["target"]
        if relation["label"] != CONTINUES or not set(ends) <= mentions.keys():
            busy.update(ends)
        elif groups[ends[0]] is not groups[ends[1]]:
            groups[ends[0]] += groups[ends[1]]
            groups |= dict.fromkeys(groups[ends[1]], groups[ends[0]])
    wholes = {}
    for name, group in groups.items():
        first, *further = sorted((mentions[one] for one in group), key=itemgetter("start", "end"))
        free = all(piece["id"] not in busy and _alike(piece, first) for piece in further)
        if further and first["id"] == name and free and _apart(row["text"], [first, *further]):
            wholes[name] = [first, *further]
    return wholes


def _alike(one: Row, other: Row) -> bool:
    return all(one.get(name) == other.get(name) for name in ("label", "attributes"))


def _apart(text: str, pieces: list[Row]) -> bool:
    """Whether words stand in and between all pieces: readers join fragments that meet."""
    written = all(text[one["start"] : one["end"]].strip() for one in pieces)
    return written and all(text[one["end"] : other["start"]].strip() for one, other in pairwise(pieces))


def _fragments(text: str, mention: Row, losses: Losses) -> list[tuple[int, int]]:
    """A mention without its line breaks, which no line of the file can hold."""
    start, end = mention["start"], mention["end"]
    found = [match.span() for match in _LINE.finditer(text, start, end)]
    if found and (found[0][0], found[-1][1]) != (start, end):
        losses["line break at the edge of a mention, which brat's ends before"] += 1
    return found


def _remarks(name: str, attributes: Mapping[str, Any], losses: Losses) -> Iterator[tuple[str, str, str]]:
    for column, given in attributes.items():
        for value in [given] if isinstance(given, str) else given or ():
            plain = " ".join(value.split())
            losses["white space in the value of an attribute, which is one space"] += plain != value
            if plain:
                yield name, column, plain


def _annotation_conf(types: _Types) -> str:
    lines = ["[entities]", *types.labels.values(), "", "[relations]"]
    lines += [f"{name}\tArg1:<ENTITY>, Arg2:<ENTITY>" for name in types.relations.values()]
    lines += ["<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>", "", "[events]", "", "[attributes]"]
    for column, name in types.names.items():
        owner = types.owner(column)
        about = types.labels[owner] if owner else "<ENTITY>"
        values = [value for value in types.values(column) if not re.search(r"[|,\s]", value)]
        lines.append(f"{name}\tArg:{about}" + (f", Value:{'|'.join(values)}" if values else ""))
    return "\n".join(lines) + "\n"


def _visual_conf(types: _Types) -> str:
    shown = [f"{word} | {name}" for name, word in (types.labels | types.relations).items() if "|" not in name]
    drawing = [f"{word}\tbgColor:{_COLORS[number % len(_COLORS)]}" for number, word in enumerate(types.labels.values())]
    return "\n".join(["[labels]", *shown, "", "[drawing]", "SPAN_DEFAULT\tfgColor:black", *drawing]) + "\n"


BRAT = Format(
    name="brat",
    title="brat standoff",
    purpose="looking at mentions and relations in brat, and tools that read its files",
    write=write,
    needs=lambda options: {options["of"]: ("text",)},
    files=(
        "`SPLIT/ARTICLE.txt` and beside it `ARTICLE.ann`; of `annotations`, `SPLIT/ANNOTATOR/ARTICLE.*`. "
        "Offsets are code points. `annotation.conf` and `visual.conf` tell brat the types; a type is the "
        "label with `_` for what brat takes in no name. A mention is divided at line breaks, as brat does it. "
        "The pieces of a claim are one annotation of several fragments where that says the same: they have the same "
        "attributes, and only the first has relations to others; else they stay mentions with relations `continues`. "
        "Attributes have the names that they have in the task."
    ),
    reading="Put the folder into brat's `data`, or `curation ingest FOLDER --brat annotations` in a workspace.",
    loses=(
        "Ids of mentions, which way `continues` was drawn between pieces that are one, fields of articles (such as "
        "their stance), titles, how gold was decided. brat's "
        "editor shows one value of an attribute that has several, though the file has them all."
    ),
    options=(Option("of", "what holds, or what each annotator said", "gold", ("gold", "annotations")),),
)
"""The format."""
