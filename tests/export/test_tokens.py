"""The config `tokens`: nothing of an article's mentions is lost in it, and nothing is added."""

from __future__ import annotations

from dataclasses import replace

import pytest
from datasets import Dataset, Features
from hypothesis import given
from hypothesis import strategies as st

from curation.catalog import Root, Schemas, load_task
from curation.export.arrow import table_of
from curation.export.columns import layout
from curation.export.tokens import spans_of, tag_columns, token_features, token_row
from curation.records import Annotation, Article, Gold, Mention
from curation.text import content_hash, normalise
from tests.export.conftest import REPOSITORY, article

TASK = load_task(Root(REPOSITORY, is_workspace=True, settings={"task": "news-stance"}))
LAYOUT = layout(TASK)
SCHEMAS = Schemas(REPOSITORY / "schemas")
TEXT = "Ida Vance's plan, she said, “helps” the Donaudampfschiff. قال والوزير 🚋."


def gold_of(text: str, spans: list[tuple[str, int, int]]) -> tuple[Article, Gold]:
    about = Article(id="a1", text=text, sha256=content_hash(text))
    mentions = tuple(
        Mention(f"m{number}", label, start, end, text[start:end]) for number, (label, start, end) in enumerate(spans)
    )
    record = Annotation("g1", "a1", about.sha256, "news-stance", "7", "annotator-01", mentions=mentions)
    return about, Gold(record, "rules", (), TASK.digest, None, None)


def row_of(text: str, spans: list[tuple[str, int, int]]) -> dict:
    return token_row(LAYOUT, *gold_of(text, spans))


def read_back(row: dict) -> list[tuple[str, int, int, int]]:
    """The label, layer and tokens of every mention, by the tags alone."""
    return sorted(
        (label, layer, start, end)
        for first, further in tag_columns(TASK.labels).values()
        for layer, tags in enumerate([row[first], *row[further]])
        for label, start, end in spans_of(tags)
    )


def offsets(text: str):
    return st.tuples(
        st.sampled_from(list(TASK.labels)), st.integers(0, len(text) - 1), st.integers(1, len(text))
    ).filter(lambda one: one[1] < one[2])


texts = st.one_of(st.just(TEXT), st.text(min_size=1, max_size=40).map(normalise).filter(bool))
marked = texts.flatmap(lambda text: st.tuples(st.just(text), st.lists(offsets(text), max_size=8)))


@given(marked)
def test_no_mention_is_lost_or_added_and_every_layer_is_as_long_as_the_tokens(example):
    text, spans = example
    row = row_of(text, spans)
    assert [text[start:end] for start, end in zip(row["start"], row["end"], strict=True)] == row["tokens"]
    told = [(one["label"], one["start"], one["end"]) for one in row["mentions"]]
    assert sorted(told) == sorted(spans)
    with_tokens = [one for one in row["mentions"] if one["layer"] is not None]
    assert all(text[one["start"] : one["end"]].isspace() for one in row["mentions"] if one["layer"] is None)
    assert read_back(row) == sorted(
        (one["label"], one["layer"], one["token_start"], one["token_end"]) for one in with_tokens
    )
    for first, further in tag_columns(TASK.labels).values():
        assert {len(layer) for layer in [row[first], *row[further]]} == {len(row["tokens"])}
    assert SCHEMAS.problems("rows/tokens", row) == []


@given(marked)
def test_the_tokens_of_a_mention_are_those_that_it_touches(example):
    text, spans = example
    row = row_of(text, spans)
    for one in row["mentions"]:
        touched = [
            number
            for number, (start, end) in enumerate(zip(row["start"], row["end"], strict=True))
            if start < one["end"] and one["start"] < end
        ]
        assert list(range(one["token_start"], one["token_end"])) == touched


@given(marked)
def test_mentions_along_tokens_are_read_back_to_the_character(example):
    text, spans = example
    tokens = row_of(text, [])
    edges = sorted({(start, end) for start, end in zip(tokens["start"], tokens["end"], strict=True)})
    snapped = [
        (
            label,
            edges[min(first % len(edges), last % len(edges))][0],
            edges[max(first % len(edges), last % len(edges))][1],
        )
        for label, first, last in spans
    ]
    row = row_of(text, snapped)
    assert sorted((label, row["start"][a], row["end"][b - 1]) for label, _, a, b in read_back(row)) == sorted(snapped)


def test_tokens_do_not_go_by_the_annotations():
    row = row_of(TEXT, [("Actor", 0, 2), ("Claim", TEXT.index("dampf"), TEXT.index("schiff"))])
    assert row["tokens"] == row_of(TEXT, [])["tokens"]
    assert row["tokens"][:4] == ["Ida", "Vance", "'", "s"]
    assert row["actor_tags"][:2] == ["B-Actor", "O"]
    assert row["claim_tags"][row["tokens"].index("Donaudampfschiff")] == "B-Claim"


def test_nested_and_crossing_mentions_have_layers_and_as_few_as_can_be():
    whole, inner, crossing = (0, 26), (0, 9), (18, 38)
    row = row_of(TEXT, [("Claim", *inner), ("Claim", *crossing), ("Claim", *whole), ("Actor", *inner)])
    layers = {(one["start"], one["end"]): one["layer"] for one in row["mentions"] if one["label"] == "Claim"}
    assert layers == {whole: 0, inner: 1, crossing: 1}
    assert len(row["claim_nested"]) == 1
    assert row["actor_nested"] == []


def test_datasets_carries_the_columns(make_annotation):
    features = Features(dict(token_features(LAYOUT)))
    about = article(0)
    row = token_row(LAYOUT, about, Gold(make_annotation(about, "annotator-01"), "single", (), TASK.digest, None, None))
    loaded = Dataset(table_of(features, [row]))
    assert loaded.features == features
    assert Features._from_yaml_list(features._to_yaml_list()) == features
    assert Features.from_arrow_schema(features.arrow_schema) == features
    assert loaded[0]["tokens"] == row["tokens"]
    assert [loaded.features["claim_tags"].feature.names[one] for one in loaded[0]["claim_tags"]] == row["claim_tags"]
    assert features["claim_tags"].feature.names == ["O", "B-Claim", "I-Claim"]
    assert row["task_version"] == "1"


def test_a_task_without_labels_has_no_tokens():
    assert token_features(layout(replace(TASK, labels={}, relations={}))) is None


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["B-X", "I-X", "B-X", "O", "B-X"], [("X", 0, 2), ("X", 2, 3), ("X", 4, 5)]),
        (["O", "I-X", "I-X"], [("X", 1, 3)]),
        (["B-X", "I-Y"], [("X", 0, 1), ("Y", 1, 2)]),
        ([], []),
    ],
)
def test_spans_of_tags(tags, expected):
    assert list(spans_of(tags)) == expected
