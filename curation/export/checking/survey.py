"""What the checks go by, counted in one pass over a dataset: some 200 bytes an article are held, and no text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from curation.export.naming import HOLDER, known_as, published
from curation.export.possible import possible

if TYPE_CHECKING:
    from curation.export.reading import Dataset

_WORDS = re.compile(r"\w+")
_PIECES = re.compile(r"\w+|[^\w\s]")
# They say how a row came about: nobody trains on them.
_NO_LABELS = ("method", "origin", "scope")
_LABELLED = ("gold", "mentions")
_WORDS_OF_HOLDER = {f"{HOLDER}text", f"{HOLDER}start", f"{HOLDER}end"}

Counts = dict[str, Counter[str]]
T = TypeVar("T")


@dataclass(slots=True)
class Labels:
    """The classes of one column, in the order of their ids; how often each stands in each split, and rows without.

    `possible` are the classes that can stand there: of a stance toward a target not all that the column has.
    """

    classes: tuple[str, ...]
    possible: tuple[str, ...] = ()
    counts: Counts = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)

    def add(self, split: str, label: str | None) -> None:
        """Count the label of one more row of a split."""
        counted = self.counts.setdefault(split, Counter())
        if label is None:
            self.missing[split] += 1
        else:
            counted[label] += 1


@dataclass(slots=True)
class Survey:
    """A dataset in figures.

    - `labels`: by place: a config and a column, or `stance` and the target of articles, or that of statements as one;
    - `classes`: the classes of each column of labels, by config;
    - `splits`: the splits in which each article stands, in the order in which they were met;
    - `copies`: articles of the same words, for each such text;
    - `gold`: what holds of an article, in the order of `columns`; `judged`: who annotated it;
    - `long`: articles by the words and marks of their text, if there are more than a model reads;
    - `work`: the annotations of each split by annotator;
    - `holders`: how many statements have a holder, and how many of these one who was given a name;
    - `languages`: the articles in each language, "" where it is not known; `declared`: those that the card names.
    """

    rows: Mapping[str, Mapping[str, int]]
    facts: Mapping[str, Any]
    labels: dict[str, Labels] = field(default_factory=dict)
    classes: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    splits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    copies: dict[bytes, list[str]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    gold: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    judged: dict[str, frozenset[str]] = field(default_factory=dict)
    long: dict[str, int] = field(default_factory=dict)
    work: Counts = field(default_factory=dict)
    holders: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    declared: tuple[str, ...] = ()


def survey(dataset: Dataset, *, longest: int = 512) -> Survey:
    """Read a dataset once; `longest` is how many words and marks of a text a model reads."""
    found = Survey(dataset.configs, dataset.facts, declared=tuple(map(_language, _declared(dataset))))
    first: dict[bytes, str] = {}
    copies: dict[bytes, list[str]] = defaultdict(list)
    for config in dataset.configs:
        found.classes[config] = label_columns(dataset, config)
        for split, row in _rows(dataset, config):
            _place(found, split, row["article_id"])
            _count(found, config, split, row)
            if config == "annotations":
                _judge(found, row["article_id"], {row["annotator"]})
                found.work.setdefault(split, Counter())[row["annotator"]] += 1
            if config == "statements" and row.get("holder_id") is not None:
                found.holders.update({"all": 1, "named": known_as(published(row, HOLDER)) is not None})
            if config == "articles":
                found.languages[_language(row.get("lang") or "")] += 1
            if config == "gold":
                _read(found, row, first, copies, longest)
    found.copies = {key: [first[key], *others] for key, others in copies.items()}
    return found


def label_columns(dataset: Dataset, config: str) -> dict[str, tuple[str, ...]]:
    """The columns of a config that hold one label a row, with their classes in the order of their ids.

    `agreement` has none: it is about the labels of the others.
    """
    from datasets import ClassLabel

    features = dataset.features(config)
    classes = {name: tuple(one.names) for name, one in features.items() if isinstance(one, ClassLabel)}
    return {name: one for name, one in classes.items() if name not in _NO_LABELS and config != "agreement"}


def same_words(text: str) -> bytes:
    """What texts of the same words have in common, whatever their case, marks, spaces and forms of letters."""
    words = " ".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))
    return hashlib.blake2b(words.encode(), digest_size=12).digest()


def _language(tag: str) -> str:
    """The language of a tag of BCP 47, without script and region."""
    return tag.partition("-")[0].lower()


def _declared(dataset: Dataset) -> list[str]:
    """The languages that a dataset's card names; none without a card that says them."""
    from curation.export.card.metadata import parts_of

    try:
        metadata, _ = parts_of((dataset.folder / "README.md").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    given = metadata.get("language")
    return [str(one) for one in ([given] if isinstance(given, str) else given or [])]


def _rows(dataset: Dataset, config: str) -> Iterator[tuple[str, dict[str, Any]]]:
    wanted = {"article_id", "annotator", "target", *label_columns(dataset, config), "scope"}
    wanted |= {"lang"} if config == "articles" else set()
    wanted |= {"text", "annotators"} if config == "gold" else set()
    names = dataset.schema(config).names
    wanted |= {one for one in names if one.startswith(HOLDER)} - _WORDS_OF_HOLDER if config == "statements" else set()
    columns = [name for name in names if name in wanted]
    if "article_id" not in columns:
        return
    for split in dataset.configs[config]:
        for row in dataset.rows(config, split, columns=columns):
            yield split, row


def _place(found: Survey, split: str, article: str) -> None:
    splits = found.splits.get(article, ())
    if split not in splits:
        found.splits[article] = _shared((*splits, split))


def _judge(found: Survey, article: str, annotators: set[str]) -> None:
    found.judged[article] = _shared(found.judged.get(article, frozenset()) | annotators)


@lru_cache(maxsize=10_000)
def _shared(value: T) -> T:
    """The same value for all articles that have it."""
    return value


def _count(found: Survey, config: str, split: str, row: Mapping[str, Any]) -> None:
    classes = found.classes[config]
    if config == "stance":
        # The target of a statement is its claim.
        target = " ".join(row["target"].split()) if row["scope"] == "article" else row["scope"]
        place = f"stance/{target}"
        if place not in found.labels:
            can_be = possible(found.facts, row["scope"], row["target"])
            found.labels[place] = Labels(classes["label"], classes["label"] if can_be is None else can_be)
        found.labels[place].add(split, row["label"])
    elif config in _LABELLED:
        for name in classes:
            if _is_of_every_row(config, name):
                labels = found.labels.setdefault(f"{config}/{name}", Labels(classes[name], classes[name]))
                labels.add(split, row[name])


def _is_of_every_row(config: str, column: str) -> bool:
    """Whether a column is about all rows of a config: attributes are of some labels' mentions only."""
    return config == "gold" or column == "label"


def _read(
    found: Survey, row: Mapping[str, Any], first: dict[bytes, str], copies: dict[bytes, list[str]], longest: int
) -> None:
    article, text = row["article_id"], row.get("text")
    found.columns = tuple(found.classes["gold"])
    found.gold[article] = _shared(tuple(row[name] for name in found.columns))
    _judge(found, article, set(row.get("annotators") or ()))
    if not text:
        return
    key = same_words(text)
    if key in first:
        copies[key].append(article)
    else:
        first[key] = article
    if (length := len(_PIECES.findall(text))) > longest:
        found.long[article] = length
