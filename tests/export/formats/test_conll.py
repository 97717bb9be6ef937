"""CoNLL: nltk, which has the reader of the shared tasks, finds the same mentions in every layer."""

from __future__ import annotations

import csv

import nltk
import pytest
from nltk.corpus.reader import ConllCorpusReader
from nltk.tree import Tree

from curation.export.formats import named, write

HEAD = 3


@pytest.fixture(scope="module", params=["small", "hostile"])
def both(request, tmp_path_factory):
    dataset = request.getfixturevalue(request.param)
    out = tmp_path_factory.mktemp("conll") / "out"
    write(dataset, named("conll"), out)
    return dataset, out


def spans(sentences) -> list[tuple[str, str, str]]:
    """Label, first token and offset, and last token of every chunk."""
    found = []
    for sentence in sentences:
        for part in sentence:
            if isinstance(part, Tree):
                leaves = part.leaves()
                found.append((part.label(), leaves[0], leaves[-1]))
    return sorted(found)


def test_nltk_finds_the_mentions_of_every_layer(both, monkeypatch):
    dataset, out = both
    # nltk reads from nowhere else.
    monkeypatch.setattr(nltk.data, "path", [str(out)])
    names = (out / "columns.txt").read_text(encoding="utf-8").splitlines()
    layers = names[HEAD:]
    assert layers[:2] == ["actor", "claim"]
    for split in dataset.configs["tokens"]:
        for number, layer in enumerate(layers):
            columns = ["words", "pos", *["ignore"] * (len(names) - 2)]
            columns[HEAD + number] = "chunk"
            reader = ConllCorpusReader(str(out), f"{split}.conll", columns, separator="\t")
            stem, _, depth = layer.partition(".")
            expected = [
                (one["label"], *((row["tokens"][place], str(row["start"][place])) for place in (a, b - 1)))
                for row in dataset.rows("tokens", split)
                for one in row["mentions"]
                for a, b in [(one["token_start"], one["token_end"])]
                if one["label"].lower() == stem and one["layer"] == int(depth or 1) - 1
            ]
            assert spans(reader.chunked_sents()) == sorted(expected)
            assert expected or depth


def test_all_tokens_are_there_in_order_with_their_offsets(both):
    dataset, out = both
    for split in dataset.configs["tokens"]:
        with (out / f"{split}.conll").open(encoding="utf-8", newline="") as file:
            lines = [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row]
        expected = []
        for row in dataset.rows("tokens", split):
            expected.append(("-DOCSTART-", row["article_id"], "curation-words-1"))
            expected += zip(row["tokens"], map(str, row["start"]), map(str, row["end"]), strict=True)
        assert [tuple(line[:HEAD]) for line in lines] == expected
        assert len({len(line) for line in lines}) == 1


def test_a_sentence_ends_at_line_breaks_but_never_within_a_mention(small, tmp_path):
    write(small, named("conll"), tmp_path / "out")
    blocks = (tmp_path / "out" / "train.conll").read_text(encoding="utf-8").split("\n\n")
    firsts = [block.split("\t")[0] for block in blocks if block.strip()]
    assert firsts == ["-DOCSTART-", "Mayor", "Shops", "-", "-DOCSTART-", "Hafenstraße"]


def test_edges_within_tokens_are_told(small, tmp_path):
    lost = write(small, named("conll"), tmp_path / "out").lost
    assert [(what.split(":")[0], count) for what, count in lost.items()] == [
        ("mention that begins or ends within a token or beside it", 1)
    ]
