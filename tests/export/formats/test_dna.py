"""DNA's event list: its columns in its order, one event a statement, read back by R's and pandas' rules."""

from __future__ import annotations

import csv
from dataclasses import replace

import pandas
import pytest

from curation.errors import CurationError
from curation.export.columns import layout
from curation.export.formats import named, write
from curation.export.formats.csv import active
from tests.export.formats.conftest import TASK, make, small_cases


def events(folder) -> list[dict[str, str]]:
    frame = pandas.read_csv(folder / "statements.csv", sep=";", dtype=str, keep_default_na=False)
    return [{name: active(value, ";") or "" for name, value in row.items()} for row in frame.to_dict("records")]


def test_the_columns_are_those_that_dna_exports(small, tmp_path):
    """DNA 3.0 writes these for any statement type, then the type's variables; `DNA Statement` has the four."""
    write(small, named("dna"), tmp_path / "out")
    with (tmp_path / "out" / "statements.csv").open(encoding="utf-8", newline="") as file:
        head = next(csv.reader(file, delimiter=";"))
    fixed = ["statement ID", "time", "document ID", "document title", "author", "source", "section", "type", "text"]
    assert head[:9] == fixed
    assert head[9:13] == ["person", "organization", "concept", "agreement"]


def test_each_statement_is_an_event_on_each_of_its_concepts(small, tmp_path):
    result = write(small, named("dna"), tmp_path / "out")
    found = events(tmp_path / "out")
    assert [event["statement ID"] for event in found] == [str(number) for number in range(1, 13)]
    mayor = [event for event in found if event["person"] == "Ida Vance"]
    assert [(event["concept"], event["agreement"], event["annotator"]) for event in mayor] == [
        ("transport", "1", "annotator-01"),
        ("environment", "1", "annotator-01"),
        ("environment", "1", "annotator-01"),
        ("transport", "1", "annotator-02"),
        ("environment", "1", "annotator-02"),
    ]
    assert {(event["wikidata"], event["organization"]) for event in mayor} == {("Q42", "")}
    assert {event["time"] for event in found} == {"2026-03-02 09:14:00", "2026-04-20 00:00:00", ""}
    assert {event["document title"] for event in found} == {"=1+1, a charge", "Mietendeckel", ""}
    assert dict(result.lost) == {
        "article without a date, which DNA's time series leave out": 1,
        "statement whose stance is neither for nor against, which DNA's agreement cannot say": 1,
        "statement without a holder, or without a stance": 1,
    }


def test_types_of_persons_and_the_concept_can_be_chosen(small, tmp_path):
    write(small, named("dna"), tmp_path / "out", {"persons": "person,government", "concept": "kind"})
    found = events(tmp_path / "out")
    assert {event["person"] for event in found} == {"Ida Vance", "Senat", ""}
    assert {event["concept"] for event in found} == {"demand", "prediction", "evaluation"}


def test_types_that_no_actor_can_have_are_refused(small, tmp_path):
    with pytest.raises(CurationError, match=r"persons cannot be 'persn'.*person, .*government") as raised:
        write(small, named("dna"), tmp_path / "out", {"persons": "person,persn"})
    assert raised.value.code == "E_USAGE"
    assert not (tmp_path / "out").exists()


def test_a_codebook_without_persons_is_written_all_the_same(tmp_path):
    types = ("company", "union")
    task = with_types(*types)
    cases = [case for case in small_cases() if case.article.id == "article-2"]
    said = [replace(one, mentions=tuple(map(as_company, one.mentions))) for one in cases[0].annotations]
    dataset = make(tmp_path / "other", [replace(cases[0], annotations=said)], shape=layout(task))
    write(dataset, named("dna"), tmp_path / "out")
    assert {event["person"] for event in events(tmp_path / "out")} == {""}


def with_types(*types: str):
    """The task with other types of actors."""
    label = TASK.labels["Actor"]
    fields = {**label.attributes, "type": replace(label.attributes["type"], values=types)}
    return replace(TASK, labels={**TASK.labels, "Actor": replace(label, attributes=fields)})


def as_company(mention):
    return (
        replace(mention, attributes={**mention.attributes, "type": "company"}) if mention.label == "Actor" else mention
    )


def test_hostile_names_stay_in_their_cells_and_are_no_formulas(hostile, tmp_path):
    write(hostile, named("dna"), tmp_path / "out")
    with (tmp_path / "out" / "statements.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter=";", strict=True))
    assert {len(row) for row in rows} == {16}
    assert len(rows) == 1 + sum(1 for row in hostile.rows("statements") if row["stance"])
    lines = (tmp_path / "out" / "statements.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    by_comma = list(csv.reader(lines, delimiter=","))
    assert not [cell for row in [*rows, *by_comma] for cell in row if cell.strip().startswith(("=", "+", "@", "-"))]
    assert not [cell for row in rows[1:] for cell in row if ";" in cell or '"' in cell or "\n" in cell]
