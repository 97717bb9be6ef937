"""CoNLL columns: a token a line with its offsets and a tag for each layer, as the shared task of 2003 has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from curation.export.formats.format import Format, Losses, Options
from curation.export.formats.places import file_name
from curation.export.reading import Dataset
from curation.export.rows import Row

DOCUMENT = "-DOCSTART-"
_FIRST, _FURTHER = "_tags", "_nested"


def columns(dataset: Dataset) -> list[tuple[str, int]]:
    """The layers of tags, in the order of their columns: the label's stem and the number of the layer, from 0.

    All files of a dataset have as many as the article with the most.
    """
    names = dataset.schema("tokens").names
    stems = [name.removesuffix(_FIRST) for name in names if name.endswith(_FIRST)]
    depths = dict.fromkeys(stems, 0)
    further = [stem + _FURTHER for stem in stems]
    for row in dataset.rows("tokens", columns=further):
        for stem in stems:
            depths[stem] = max(depths[stem], len(row[stem + _FURTHER]))
    return [(stem, layer) for stem in stems for layer in range(depths[stem] + 1)]


def write(dataset: Dataset, folder: Path, options: Options) -> Losses:
    """`SPLIT.conll`, and `columns.txt`, which names the columns."""
    layers = columns(dataset)
    names = ["token", "start", "end", *(stem + (f".{layer + 1}" if layer else "") for stem, layer in layers)]
    (folder / "columns.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    losses = Losses()
    for split in dataset.configs["tokens"]:
        with (folder / f"{split}.conll").open("w", encoding="utf-8", newline="\n") as file:
            for row, text in _with_text(dataset, split):
                head = [DOCUMENT, file_name(row["article_id"]), file_name(row["tokenizer"]), *["O"] * len(layers)]
                file.write("\t".join(head) + "\n\n")
                for sentence in _sentences(row, layers, text):
                    file.writelines("\t".join(line) + "\n" for line in sentence)
                    file.write("\n")
                _count(row, losses)
    return losses


def _with_text(dataset: Dataset, split: str) -> Iterator[tuple[Row, str | None]]:
    """The rows of `tokens`, with the texts where `gold` has them, in the same order."""
    has_text = "gold" in dataset.configs and "text" in dataset.schema("gold").names
    if not has_text:
        yield from ((row, None) for row in dataset.rows("tokens", split))
        return
    gold = dataset.rows("gold", split, columns=["article_id", "text"])
    for row, other in zip(dataset.rows("tokens", split), gold, strict=True):
        yield row, other["text"] if other["article_id"] == row["article_id"] else None


def _sentences(row: Row, layers: Sequence[tuple[str, int]], text: str | None) -> Iterator[list[list[str]]]:
    """The lines of an article, divided at its line breaks, but not within a mention."""
    tags = [_layer(row, stem, layer) for stem, layer in layers]
    lines = [
        [token, str(start), str(end), *(layer[place] for layer in tags)]
        for place, (token, start, end) in enumerate(zip(row["tokens"], row["start"], row["end"], strict=True))
    ]
    cuts = [0, *_cuts(row, tags, text), len(lines)]
    yield from (lines[start:end] for start, end in pairwise(cuts) if start < end)


def _cuts(row: Row, tags: Sequence[Sequence[str]], text: str | None) -> Iterator[int]:
    if text is None:
        return
    for place in range(1, len(row["tokens"])):
        between = text[row["end"][place - 1] : row["start"][place]]
        if "\n" in between and not any(layer[place].startswith("I-") for layer in tags):
            yield place


def _layer(row: Row, stem: str, layer: int) -> Sequence[str]:
    if layer == 0:
        return list(row[stem + _FIRST])
    further = row[stem + _FURTHER]
    return further[layer - 1] if layer <= len(further) else ["O"] * len(row["tokens"])


def _count(row: Row, losses: Losses) -> None:
    for one in row["mentions"]:
        if one["layer"] is None:
            losses["mention of nothing but white space, which has no token"] += 1
        elif (row["start"][one["token_start"]], row["end"][one["token_end"] - 1]) != (one["start"], one["end"]):
            losses["mention that begins or ends within a token or beside it: the tags take in whole tokens"] += 1


CONLL = Format(
    name="conll",
    title="CoNLL columns",
    purpose="sequence labelling: flair, nltk, NER tools",
    write=write,
    needs=lambda _: {"tokens": ("tokens",)},
    files=(
        "`SPLIT.conll` in UTF-8: a token a line, its columns divided by tabs; `columns.txt` names them in "
        "order: the token, where it starts and ends in the article's text (in code points), and for each "
        "label its layers of tags (IOB2), of which the further ones hold mentions that overlap those before. "
        "A line `-DOCSTART-` begins an article; in the columns of the offsets it has the article's id and the "
        "tokenizer. An empty line stands where the article has a line break outside of all mentions (where "
        "the dataset has `gold`; else between articles)."
    ),
    reading=(
        '`nltk.corpus.reader.ConllCorpusReader(FOLDER, r".*\\.conll", ("words", "pos", "ignore", "chunk"), '
        'separator="\\t")` reads the first layer of the first label, once `nltk.data.path.append(FOLDER)` has let nltk '
        'in; move `"chunk"` for another layer.'
    ),
    loses=(
        "Ids, attributes and relations of mentions, fields of articles, titles, how gold was decided, and "
        "which fragments are one claim."
    ),
)
"""The format."""
