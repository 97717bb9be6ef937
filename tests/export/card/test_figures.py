"""What the card says is what the files hold: counted again by DuckDB, which knows nothing of ours."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, List, Value

from curation.catalog import Field, Label, builtin_root, find_root, load_task
from curation.export.card.disagreement import differences
from curation.export.card.facts import Built, CardFacts, Tables
from curation.export.card.statistics import Statistics, count
from curation.export.finishing import EVERYTHING
from curation.export.reading import Dataset
from curation.export.tables import Written

TASK = load_task(find_root(start=builtin_root()), "news-stance")
SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="session")
def facts(carded: Any, facts_of: Callable[..., CardFacts]) -> CardFacts:
    return facts_of(carded.out, carded.export, carded.task)


@pytest.fixture(scope="session")
def found(carded: Any, facts: CardFacts) -> Statistics:
    return count(Tables(carded.out, facts.tables), carded.task)


@pytest.fixture(scope="session")
def card(carded: Any) -> str:
    return (carded.out / "README.md").read_text(encoding="utf-8")


def rows(card: str, first: str) -> list[list[str]]:
    """The rows of the first table whose first heading is `first`, without the heading."""
    lines = card[card.index(f"| {first} |") :].splitlines()
    table = lines[: next((n for n, line in enumerate(lines) if not line.startswith("|")), len(lines))]
    return [[cell.strip().replace("\\", "") for cell in line.strip("|").split(" | ")] for line in table[2:]]


def ask(carded: Any, config: str, question: str) -> list[tuple[Any, ...]]:
    """An answer of DuckDB; `t` are the rows of a config, each with its `split`."""
    files = f"read_parquet('{carded.out}/{config}/*.parquet', filename = true)"
    split = r"regexp_extract(filename, '([a-z]+)-\d+-of-\d+\.parquet$', 1)"
    return duckdb.sql(f"WITH t AS (SELECT *, {split} AS split FROM {files}) {question}").fetchall()


def test_rows_by_config_and_split(carded: Any, card: str) -> None:
    for config, *cells in rows(card, "config"):
        counts = dict(ask(carded, config, "SELECT split, count(*) FROM t GROUP BY 1"))
        wanted = [str(counts.get(split, "–")) for split in (*SPLITS, EVERYTHING)]
        assert cells == [*wanted, str(sum(counts.values()))]


def test_labels_and_relations(carded: Any, found: Statistics, card: str) -> None:
    for counted, column, names in (
        (found.labels, "mentions", carded.task.label_classes),
        (found.relations, "relations", carded.task.relation_classes),
    ):
        asked = ask(
            carded,
            "annotations",
            f"SELECT u.label, split, count(*) FROM (SELECT split, unnest({column}) AS u FROM t) GROUP BY 1, 2",
        )
        assert dict(counted.counts) == {(names[label], split): number for label, split, number in asked}
    shown = {name: cells for name, *cells in rows(card, "label")}
    assert shown["Actor"][-1] == str(found.labels.of("Actor"))
    in_train = found.labels.of("Actor", "train")
    assert shown["Actor"][0] == f"{in_train} ({in_train / found.labels.total('train'):.1%})"


def test_fields_and_attributes(carded: Any, found: Statistics) -> None:
    for name, field in carded.task.choices.items():
        if field.kind == "text":
            continue
        asked = ask(carded, "annotations", f'SELECT "{name}", split, count(*) FROM t GROUP BY 1, 2')
        assert dict(found.fields[name].counts) == {(field.classes[value], split): n for value, split, n in asked}
    kinds = carded.task.labels["Claim"].attributes["kind"].classes
    asked = ask(carded, "mentions", "SELECT claim_kind, split, count(*) FROM t WHERE claim_kind NOTNULL GROUP BY 1, 2")
    assert dict(found.attributes["claim_kind"].counts) == {(kinds[value], split): n for value, split, n in asked}
    topics = carded.task.labels["Claim"].attributes["topics"].classes
    unnested = "SELECT split, unnest(claim_topics) AS topic FROM t"
    asked = ask(carded, "mentions", f"SELECT topic, split, count(*) FROM ({unnested}) GROUP BY 1, 2")
    assert dict(found.attributes["claim_topics"].counts) == {(topics[value], split): n for value, split, n in asked}


def test_annotators(carded: Any, found: Statistics, card: str) -> None:
    asked = ask(
        carded,
        "annotations",
        "SELECT annotator, count(*), sum(len(mentions)), median(lead_time) FROM t GROUP BY 1 ORDER BY 1",
    )
    said = [(name, one.annotations, one.mentions, one.median_seconds) for name, one in found.people.items()]
    assert said == asked
    assert [cells[:3] for cells in rows(card, "annotator")] == [[a, str(n), str(m)] for a, n, m, _ in asked]
    origins = dict(enumerate(("manual", "prediction", "prediction-changed")))
    there = ask(carded, "annotations", "SELECT origin, count(*) FROM t GROUP BY 1")
    assert dict(found.origins) == {origins[number]: count for number, count in there}
    for column, counts in (("round", found.rounds), ("task_version", found.versions)):
        assert dict(counts) == dict(ask(carded, "annotations", f"SELECT {column}, count(*) FROM t GROUP BY 1"))
    each = "SELECT count(DISTINCT annotator) AS n FROM t GROUP BY article_id"
    assert dict(found.overlap) == dict(ask(carded, "annotations", f"SELECT n, count(*) FROM ({each}) GROUP BY 1"))


def test_articles(carded: Any, found: Statistics, card: str) -> None:
    assert dict(found.articles) == dict(ask(carded, "articles", "SELECT split, count(*) FROM t GROUP BY 1"))
    lengths = ask(carded, "annotations", "SELECT DISTINCT article_id, length(text) FROM t")
    assert sorted(found.characters) == sorted(length for _, length in lengths)
    assert f"median {median(length for _, length in lengths):,.0f}" in card
    outlets = ask(carded, "articles", "SELECT outlet, count(*) FROM t GROUP BY 1 ORDER BY 2 DESC, 1")
    assert [(cells[0], int(cells[1])) for cells in rows(card, "outlet")] == outlets
    assert dict(found.languages) == dict(ask(carded, "articles", "SELECT lang, count(*) FROM t GROUP BY 1"))
    dates = ask(carded, "articles", "SELECT left(min(published_at), 10), left(max(published_at), 10) FROM t")
    assert [found.published] == dates
    tokens = ask(carded, "tokens", "SELECT sum(len(tokens)) FROM t")
    assert found.tokens == tokens[0][0]


def test_stance_that_holds(carded: Any, found: Statistics) -> None:
    for name, field in carded.task.choices.items():
        if field.target is not None:
            asked = ask(carded, "gold", f'SELECT "{name}", split, count(*) FROM t GROUP BY 1, 2')
            assert dict(found.decided[field.target].counts) == {(field.classes[v], split): n for v, split, n in asked}


def test_stance_alone_tells_what_holds(carded: Any, facts: CardFacts) -> None:
    alone = count(Tables(carded.out, {"stance": facts.tables["stance"]}), carded.task)
    names = Dataset(carded.out).features("stance")["label"].names
    asked = "SELECT target, label, split, count(*) FROM t WHERE scope = 0 AND label NOTNULL GROUP BY 1, 2, 3"
    wanted: dict[str, dict[tuple[str, str], int]] = {target: {} for target in carded.task.targets}
    for target, label, split, number in ask(carded, "stance", asked):
        wanted[target][names[label], split] = number
    assert {target: dict(one.counts) for target, one in alone.decided.items()} == wanted
    articles = ask(carded, "stance", "SELECT split, count(DISTINCT article_id) FROM t WHERE scope = 0 GROUP BY 1")
    assert dict(alone.articles) == dict(articles)


def test_gold(carded: Any, card: str, found: Statistics) -> None:
    names = Dataset(carded.out).features("gold")["method"].names
    asked = ask(carded, "gold", "SELECT method, split, count(*) FROM t GROUP BY 1, 2")
    assert dict(found.methods.counts) == {(names[method], split): n for method, split, n in asked}
    for method in ("unanimous", "single"):
        assert f"`{method}` ({sum(n for m, _, n in asked if names[m] == method)} rows" in card.replace("\n  ", " ")


def test_agreement(carded: Any, card: str) -> None:
    asked = ask(carded, "agreement", 'SELECT "of", measure, value, ci_low, ci_high, n_units, n_annotators FROM t')
    names = Dataset(carded.out).features("agreement")["measure"].names
    figures = {(of, names[measure]): rest for of, measure, *rest in asked}
    value, low, high, units, people = figures["stance_congestion_charge", "krippendorff_alpha"]
    shown = [
        cells
        for cells in rows(card.split("## Agreement")[1], "what")
        if cells[:2] == ["stance_congestion_charge", "Krippendorff's alpha"]
    ]
    assert shown == [
        [
            "stance_congestion_charge",
            "Krippendorff's alpha",
            f"{value:.3f}",
            f"{low:.3f} to {high:.3f}",
            str(units),
            str(people),
        ]
    ]


def test_disagreement_is_real(carded: Any, card: str) -> None:
    """Each example stands in the rows of `annotations`."""
    said = {(row["article_id"], row["annotator"]): row for row in Dataset(carded.out).rows("annotations")}
    examples = rows(card.split("## Where annotators differ")[1], "field")
    assert {field for field, *_ in examples} == {"stance_congestion_charge", "actor_type", "relation"}
    for field, article, place, answers in examples:
        pairs = dict(one.split(": ", 1) for one in answers.split("; "))
        assert len(set(pairs.values())) > 1
        for annotator, value in pairs.items():
            row = said[article, annotator]
            marks = {one["id"]: (one["start"], one["end"]) for one in row["mentions"]}
            places = [tuple(map(int, one.split("–"))) for one in place.split(" → ") if one != "whole article"]
            if not places:
                assert row[field] == value
            elif len(places) == 1:
                (mention,) = [one for one in row["mentions"] if marks[one["id"]] == places[0]]
                assert mention["attributes"][field] == value
            else:
                joined = [one for one in row["relations"] if [marks[one["source"]], marks[one["target"]]] == places]
                assert [one["label"] for one in joined] == [value]


def test_checksums(carded: Any, card: str) -> None:
    listed = dict(re.findall(r"^\| `(.+?)` \| `([0-9a-f]{64})` \|$", card, re.MULTILINE))
    there = {path.relative_to(carded.out).as_posix(): path for path in carded.out.rglob("*.parquet")}
    assert listed == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items()}
    manifest = json.loads((carded.out / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert {name: manifest[name]["sha256"] for name in listed} == listed


@pytest.mark.parametrize("name", ["a.b", "list", "element", "mentions.list.element.label", "$x `|` y", "سقف"])
def test_names_with_dots_are_counted_too(tmp_path: Path, name: str) -> None:
    """Columns are read by their paths, which dots part."""
    label = ClassLabel(names=["yes", "no"])
    attributes = {f"actor_{name}": label}
    features = Features(
        {
            "article_id": Value("string"),
            "annotator": Value("string"),
            "round": Value("int32"),
            "mentions": List(
                {
                    "id": Value("string"),
                    "label": ClassLabel(names=["Actor"]),
                    "start": Value("int32"),
                    "end": Value("int32"),
                    "attributes": attributes,
                }
            ),
            "relations": List({"source": Value("string"), "target": Value("string"), "label": label}),
            name: label,
        }
    )
    rows = [
        {
            "article_id": "one",
            "annotator": who,
            "round": 1,
            "mentions": [{"id": "m", "label": 0, "start": 3, "end": 5, "attributes": {f"actor_{name}": said}}],
            "relations": [],
            name: said,
        }
        for who, said in (("ana", 0), ("ben", 1), ("cleo", None))
    ]
    path = "annotations/train-00000-of-00001.parquet"
    (tmp_path / "annotations").mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema=features.arrow_schema), tmp_path / path)
    field = Field(name, name, "choice", ("yes", "no"))
    task = replace(
        TASK, labels={"Actor": Label("Actor", {name: field})}, choices={name: field}, relations=TASK.relations
    )
    tables = Tables(tmp_path, {"annotations": Built(features, {"train": Written(3, 1)}, {"train": [path]}, 1)})
    found = count(tables, task)
    assert dict(found.fields[name].counts) == {("yes", "train"): 1, ("no", "train"): 1}
    assert dict(found.attributes[f"actor_{name}"].counts) == {("yes", "train"): 1, ("no", "train"): 1}
    assert [(one.matter, one.place) for one in differences(tables, task)] == [(name, ""), (f"actor_{name}", "3–5")]


def test_articles_were_published_on_the_days_in_utc_by_which_splits_go(tmp_path: Path) -> None:
    """The first and the last day are those of other articles than the first and the last as text."""
    features = Features({"article_id": Value("string"), "published_at": Value("string")})
    times = ["2026-01-31T23:30:00-05:00", "2026-02-01T03:00:00+09:00", "2026-03-01T00:10:00+02:00", None]
    rows = [{"article_id": str(number), "published_at": time} for number, time in enumerate(times)]
    path = "articles/train-00000-of-00001.parquet"
    (tmp_path / "articles").mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema=features.arrow_schema), tmp_path / path)
    tables = Tables(tmp_path, {"articles": Built(features, {"train": Written(4, 4)}, {"train": [path]}, 1)})
    found = count(tables, TASK)
    assert found.published == ("2026-01-31", "2026-02-28")
    assert dict(found.months) == {"2026-01": 1, "2026-02": 2}
