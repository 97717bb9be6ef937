"""brat: our own reader, and one written here from brat's description of the format, find the same annotations."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

import curation
from curation.export.formats import named, write
from curation.statements import claims
from curation.store import Store
from curation.workspace.brat import Brat
from tests.export.formats.conftest import Case, an_annotation, an_article

CONFIGS = ("gold", "annotations")


def parsed(folder: Path, name: str) -> tuple[str, dict, list, dict]:
    """Text, spans, relations and attributes of one document, by https://brat.nlplab.org/standoff.html alone."""
    text = (folder / f"{name}.txt").read_bytes().decode()
    spans, relations, attributes = {}, [], {}
    for line in (folder / f"{name}.ann").read_bytes().decode().split("\n")[:-1]:
        kind, rest = line[0], line.split("\t", 1)[1]
        if kind == "T":
            place, covered = rest.split("\t", 1)
            label, _, ranges = place.partition(" ")
            fragments = [tuple(map(int, one.split(" "))) for one in ranges.split(";")]
            assert " ".join(text[start:end] for start, end in fragments) == covered
            assert all(first[1] <= second[0] for first, second in pairwise(fragments))
            spans[line.split("\t")[0]] = (label, fragments[0][0], fragments[-1][1])
        elif kind == "R":
            found = re.fullmatch(r"(\S+) Arg1:(T\d+) Arg2:(T\d+)", rest)
            relations.append((found[1], spans[found[2]], spans[found[3]]))
        else:
            name, about, value = re.fullmatch(r"(\S+) (T\d+) (.+)", rest, re.DOTALL).groups()
            attributes.setdefault((spans[about], name), []).append(value)
    return text, spans, relations, attributes


def expected(row: dict) -> tuple[list, list, dict]:
    """The same of a row. Nothing in these data begins or ends with a line break."""
    spans = {one["id"]: (one["label"], one["start"], one["end"]) for one in row["mentions"]}
    relations = [(one["label"], spans[one["source"]], spans[one["target"]]) for one in row["relations"] if one["label"]]
    attributes = {}
    for one in row["mentions"]:
        for column, given in one["attributes"].items():
            values = [" ".join(value.split()) for value in ([given] if isinstance(given, str) else given or [])]
            if any(values):
                attributes[spans[one["id"]], column.split("_", 1)[1]] = values
    return sorted(spans.values()), sorted(relations), attributes


@pytest.fixture(scope="module", params=["small", "hostile"])
def dataset(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("config", CONFIGS)
def test_another_reader_finds_the_same(dataset, config, tmp_path):
    write(dataset, named("brat"), tmp_path / "out", {"of": config})
    files = {path.with_suffix("") for path in (tmp_path / "out").rglob("*.ann")}
    assert len(files) == sum(dataset.configs[config].values())
    found = Counter()
    for file in files:
        text, spans, relations, attributes = parsed(file.parent, file.name)
        found[repr((text, sorted(spans.values()), sorted(relations), sorted(attributes.items())))] += 1
    assert found == Counter(
        repr((row["text"], spans, relations, sorted(attributes.items())))
        for row in dataset.rows(config)
        for spans, relations, attributes in [expected(row)]
    )


def test_our_own_reader_takes_them_in_as_they_were(dataset, tmp_path):
    write(dataset, named("brat"), tmp_path / "out")
    workspace = curation.init(tmp_path / "workspace")
    result = workspace.ingest(sorted(tmp_path.glob("out/*/")), keep_duplicates=True, brat=Brat())
    rows = {row["text"]: row for row in dataset.rows("gold")}
    assert (result.brat.documents, result.brat.problems, dict(result.brat.lost)) == (len(rows), (), {})
    with Store(workspace.path) as store:
        for article in store.articles:
            [record] = store.predictions.of(article.id, "news-stance")
            spans, relations, attributes = expected(rows.pop(article.text))
            own = {one.id: (one.label, one.start, one.end) for one in record.mentions}
            assert sorted(own.values()) == spans
            assert sorted((one.label, own[one.source], own[one.target]) for one in record.relations) == relations
            given = {
                (own[one.id], name): [value] if isinstance(value, str) else list(value)
                for one in record.mentions
                for name, value in one.attributes.items()
            }
            assert given == attributes
    assert not rows


BROKEN = "The rate, she said, will clear the air, and soon, for all of us. She was sure of it."
SAME = {"kind": "prediction", "quotation": "direct", "topics": ("environment",)}
OTHER = {**SAME, "topics": ("economy",)}
HEAD, PIECE, LAST = (
    ("c1", "Claim", "The rate", SAME),
    ("c2", "Claim", "will clear", SAME),
    ("c3", "Claim", "soon", SAME),
)
HOLDER = ("a1", "Actor", "she", {"type": "person"})
SUPPORTS = ("a1", "c1", "supports")
BROKEN_CLAIMS = {
    # what: the mentions, the relations, and the fragments of the claims' annotations
    "pieces behind it": ([HEAD, HOLDER, PIECE], [("c2", "c1", "continues"), SUPPORTS], [2]),
    "two of them": ([HEAD, LAST, PIECE, HOLDER], [("c3", "c1", "continues"), ("c2", "c1", "continues")], [3]),
    "another claim": ([HEAD, PIECE, ("c4", "Claim", "for all", SAME)], [("c2", "c1", "continues")], [2, 1]),
    "other attributes": ([HEAD, ("c2", "Claim", "will clear", OTHER)], [("c2", "c1", "continues")], [1, 1]),
    "drawn from the first to the last": ([HEAD, HOLDER, PIECE], [("c1", "c2", "continues"), SUPPORTS], [2]),
    "its own holder": ([HEAD, HOLDER, PIECE], [("c2", "c1", "continues"), ("a1", "c2", "supports")], [1, 1]),
    "a chain": ([HEAD, PIECE, LAST], [("c2", "c1", "continues"), ("c3", "c2", "continues")], [3]),
    "two chains that meet": (
        [HEAD, PIECE, LAST, ("c4", "Claim", "for all", SAME)],
        [("c4", "c3", "continues"), ("c1", "c2", "continues"), ("c2", "c4", "continues")],
        [4],
    ),
    "white space between": ([HEAD, ("c2", "Claim", ", she", SAME)], [("c2", "c1", "continues")], [1, 1]),
    "one in another": ([HEAD, ("c2", "Claim", "rate", SAME)], [("c2", "c1", "continues")], [1, 1]),
}


@pytest.mark.parametrize("what", BROKEN_CLAIMS)
def test_a_claim_in_pieces_is_one_annotation_where_that_reads_back_as_what_it_was(make_dataset, tmp_path, what):
    mentions, relations, fragments = BROKEN_CLAIMS[what]
    about = an_article(1, BROKEN, lang="en")
    said = an_annotation(about, "annotator-01", mentions, relations)
    dataset = make_dataset(tmp_path / "broken", [Case(about, [said])], ["gold"])
    write(dataset, named("brat"), tmp_path / "out")
    lines = (tmp_path / "out" / "train" / "article-1.ann").read_text(encoding="utf-8").splitlines()
    places = [line.split("\t")[1] for line in lines if line[0] == "T" and "\tClaim " in line]
    assert [place.count(";") + 1 for place in places] == fragments
    assert any("\tcontinues " in line for line in lines) == (max(fragments) == 1)
    workspace = curation.init(tmp_path / "workspace")
    workspace.ingest([tmp_path / "out" / "train"], brat=Brat())
    with Store(workspace.path) as store:
        [article] = store.articles
        [record] = store.predictions.of(article.id, "news-stance")

    def told(one):
        where = {mention.id: (mention.start, mention.end) for mention in one.mentions}
        marks = sorted((mention.label, *where[mention.id], dict(mention.attributes)) for mention in one.mentions)
        arrows = [(where[arrow.source], where[arrow.target], arrow.label) for arrow in one.relations]
        wholes = [sorted(where[piece.id] for piece in claim) for claim in claims(one, "continues", ["Claim"])]
        return marks, sorted(arrow for arrow in arrows if arrow[2] != "continues"), sorted(wholes)

    assert told(record) == told(said)


def test_annotators_have_folders_of_their_own(small, tmp_path):
    write(small, named("brat"), tmp_path / "out", {"of": "annotations"})
    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.ann"))
    assert found == [
        "test/annotator-01/article-3.ann",
        "train/annotator-01/article-1.ann",
        "train/annotator-02/article-1.ann",
        "train/annotator-02/article-2.ann",
    ]


def test_the_configuration_names_every_type(small, tmp_path):
    lost = write(small, named("brat"), tmp_path / "out").lost
    sections = re.split(r"^\[(\w+)\]$", (tmp_path / "out" / "annotation.conf").read_text(), flags=re.MULTILINE)
    told = dict(zip(sections[1::2], (part.strip().splitlines() for part in sections[2::2]), strict=True))
    assert told["entities"] == ["Actor", "Claim"]
    assert {line.split("\t")[0] for line in told["relations"]} > {"supports", "opposes", "same_as"}
    assert "kind\tArg:Claim, Value:factual|causal|prediction|evaluation|demand" in told["attributes"]
    assert dict(lost) == {"relation without a label": 1}
