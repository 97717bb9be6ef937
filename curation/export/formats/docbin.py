"""spaCy's DocBin: documents with groups of spans, entities and categories, for `spacy train` and spaCy's pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.export.formats.format import Format, Losses, Option, Options
from curation.export.reading import Dataset
from curation.export.rows import Row
from curation.words import TOKENIZER, words

if TYPE_CHECKING:
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

_SHARD = 1_000
"""Documents in one file: a DocBin is in memory as a whole."""


def write(dataset: Dataset, folder: Path, options: Options) -> Losses:
    """`SPLIT/NNNNN.spacy`, each of at most 1,000 documents."""
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    features = dataset.features("gold")
    labels = features["mentions"].feature["label"].names if "mentions" in features else []
    entities = _entities(options["ents"], labels)
    categories = {name: classes for name, feature in features.items() if (classes := _classes(name, feature))}
    losses = Losses()
    for split in dataset.configs["gold"]:
        (folder / split).mkdir()
        for number, shard in enumerate(_shards(dataset.rows("gold", split))):
            vocab = Vocab()
            packed = DocBin(attrs=["ORTH", "ENT_IOB", "ENT_TYPE", "ENT_ID"], store_user_data=True)
            for row in shard:
                packed.add(_document(row, vocab, labels, entities, categories, losses))
            packed.to_disk(folder / split / f"{number:05d}.spacy")
    return losses


def _shards(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while shard := list(islice(rows, _SHARD)):
        yield shard


def _entities(chosen: str, labels: list[str]) -> list[str]:
    from curation.errors import CurationError

    if chosen == "first":
        return labels[:1]
    wanted = labels if chosen == "all" else chosen.split(",")
    unknown = [one for one in wanted if one not in labels]
    if unknown:
        message = f"ents cannot be {unknown[0]!r}: the dataset has no such label"
        raise CurationError("E_USAGE", message, fix=f"first, all, or of these, divided by commas: {', '.join(labels)}")
    return wanted


def _classes(name: str, feature: Any) -> list[str]:
    """The classes of a column that holds a field of articles, one value or several; none of any other column."""
    of = getattr(feature, "feature", feature)
    return list(getattr(of, "names", ())) if name != "method" else []


def _document(
    row: Row, vocab: Vocab, labels: list[str], entities: list[str], categories: dict[str, list[str]], losses: Losses
) -> Doc:
    from spacy.tokens import Doc, Span, SpanGroup
    from spacy.util import filter_spans

    text: str = row["text"]
    pieces = list(_pieces(text))
    doc = Doc(vocab, words=[piece for piece, _ in pieces], spaces=[space for _, space in pieces])
    spans: dict[str, list[Span]] = {label: [] for label in labels}
    for mention in row.get("mentions", ()):
        found = doc.char_span(mention["start"], mention["end"], alignment_mode="expand")
        if found is None:
            losses["mention of nothing but white space, which no token has"] += 1
            continue
        exact = (found.start_char, found.end_char) == (mention["start"], mention["end"])
        losses["mention that begins or ends within a token: its span takes in the whole token"] += not exact
        label = mention["label"]
        spans[label].append(Span(doc, found.start, found.end, label=label, span_id=mention["id"]))
    for label, group in spans.items():
        doc.spans[label] = SpanGroup(doc, name=label, spans=group)
    chosen = [span for label in entities for span in spans[label]]
    doc.ents = filter_spans(chosen)
    losses["mention that overlaps a longer one: it is in doc.spans, not in doc.ents"] += len(chosen) - len(doc.ents)
    doc.cats = {
        f"{name}={value}": float(value in given)
        for name, values in categories.items()
        for given in [row[name] if isinstance(row[name], list) else [row[name]]]
        for value in values
    }
    doc.user_data = {name: value for name, value in row.items() if name != "text"} | {"tokenizer": TOKENIZER}
    return doc


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The tokens of `text` and whether a space follows; white space but single spaces is tokens of its own."""
    found = words(text)
    starts = [*(start for start, _ in found[1:]), len(text)]
    first = found[0][0] if found else len(text)
    if first:
        yield text[:first], False
    for (start, end), following in zip(found, starts, strict=False):
        spaced = text.startswith(" ", end) and end < following
        yield text[start:end], spaced
        if end + spaced < following:
            yield text[end + spaced : following], False


SPACY = Format(
    name="spacy",
    title="spaCy DocBin",
    purpose="spaCy: `spacy train`, span categorizers, entity recognizers, pipelines",
    write=write,
    needs=lambda _: {"gold": ("text",)},
    files=(
        "`SPLIT/NNNNN.spacy`, each of at most 1,000 documents. `doc.text` is the article's text, to the "
        "character. `doc.spans[LABEL]` has all mentions of a label, nested ones too, with their ids; "
        "`doc.ents` those of the labels that were chosen, of overlapping ones the longest; `doc.cats` the "
        "fields of the article, such as its stance, as `FIELD=VALUE`, 1 for each value that it has; "
        "`doc.user_data` all else that `gold` "
        "has: ids, attributes, relations, exact offsets."
    ),
    reading='`DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab)`, or name the folder in spaCy\'s config.',
    loses="Attributes and relations are plain values in `doc.user_data`, for which spaCy has no place of its own.",
    options=(
        Option(
            "ents", "labels whose mentions are doc.ents: first (of the codebook), all, or labels with commas", "first"
        ),
    ),
    extra="spacy",
    library="spacy",
)
"""The format."""
