"""spaCy: it reads its own format back, with the same texts, spans, categories and ids."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import spacy
from spacy.tokens import DocBin, Span
from spacy.util import filter_spans

from curation.errors import CurationError
from curation.export.columns import layout
from curation.export.formats import docbin, named, write
from tests.export.formats.conftest import TASK, make, small_cases


def documents(folder):
    vocab = spacy.blank("xx").vocab
    for path in sorted(folder.glob("*.spacy")):
        yield from DocBin().from_disk(path).get_docs(vocab)


@pytest.mark.parametrize("name", ["small", "hostile"])
def test_spacy_reads_texts_spans_and_categories(name, request, tmp_path):
    dataset = request.getfixturevalue(name)
    result = write(dataset, named("spacy"), tmp_path / "out", {"ents": "all"})
    inexact = 0
    for split in dataset.configs["gold"]:
        rows = list(dataset.rows("gold", split))
        docs = list(documents(tmp_path / "out" / split))
        assert [doc.text for doc in docs] == [row["text"] for row in rows]
        for doc, row in zip(docs, rows, strict=True):
            found = {span.id_: span for group in doc.spans.values() for span in group}
            assert found.keys() == {one["id"] for one in row["mentions"]}
            for one in row["mentions"]:
                span = found[one["id"]]
                assert span.label_ == one["label"]
                assert span.start_char <= one["start"] < one["end"] <= span.end_char
                inexact += span.text != one["text"]
                if span.text == one["text"]:
                    assert (span.start_char, span.end_char) == (one["start"], one["end"])
            expected = filter_spans([Span(doc, one.start, one.end, one.label_) for one in found.values()])
            assert [(ent.start, ent.end, ent.label_) for ent in doc.ents] == [
                (one.start, one.end, one.label_) for one in expected
            ]
            stance = row["stance_congestion_charge"]
            chosen = [one for one, is_so in doc.cats.items() if is_so and one.startswith("stance_congestion_charge")]
            assert chosen == [f"stance_congestion_charge={stance}"]
            told = {**{key: row[key] for key in row if key != "text"}, "tokenizer": "curation-words-1"}
            # msgpack, which spaCy keeps it by, gives lists back as tuples.
            assert json.loads(json.dumps(doc.user_data)) == told
    assert sum(count for what, count in result.lost.items() if "within a token" in what) == inexact


def test_every_value_of_a_field_that_takes_several_is_a_category(tmp_path):
    field = replace(TASK.choices["stance_rent_cap"], kind="choices")
    shape = layout(replace(TASK, choices={**TASK.choices, "stance_rent_cap": field}))
    told: list[tuple[str, ...]] = [("favor", "against"), ("neutral",), ()]
    cases = []
    for case, given in zip(small_cases(), told, strict=True):
        said = [replace(one, choices={**one.choices, "stance_rent_cap": given}) for one in case.annotations]
        cases.append(replace(case, annotations=said, split="train"))
    write(make(tmp_path / "several", cases, shape=shape), named("spacy"), tmp_path / "out")
    found = [
        {name.partition("=")[2]: value for name, value in doc.cats.items() if name.startswith("stance_rent_cap=")}
        for doc in documents(tmp_path / "out" / "train")
    ]
    assert found == [{value: float(value in given) for value in field.values} for given in told]


def test_a_split_of_many_documents_is_several_files(hostile, tmp_path, monkeypatch):
    monkeypatch.setattr(docbin, "_SHARD", 10)
    write(hostile, named("spacy"), tmp_path / "out")
    files = sorted(path.name for path in (tmp_path / "out" / "train").glob("*"))
    assert files == ["00000.spacy", "00001.spacy", "00002.spacy", "00003.spacy"]
    texts = [doc.text for doc in documents(tmp_path / "out" / "train")]
    assert texts == [row["text"] for row in hostile.rows("gold", "train")]


def test_entities_of_no_label_are_refused(small, tmp_path):
    with pytest.raises(CurationError, match=r"ents cannot be 'Person'.*Actor, Claim"):
        write(small, named("spacy"), tmp_path / "out", {"ents": "Person"})
    assert not (tmp_path / "out").exists()
