"""Agreement over a workspace: what is compared, in Python and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from click.testing import CliRunner

import curation
from curation.agreement import Bootstrap
from curation.cli import cli
from curation.errors import CurationError, Exit
from tests.export.conftest import Study, annotation, article

SURE = Bootstrap(resamples=50)


@pytest.fixture
def stored(tmp_path) -> Iterator[Study]:
    """Twelve articles by two annotators, who agree on all but every third."""
    curation.init(tmp_path / "study")
    made = Study(tmp_path / "study")
    made.add_articles([article(number) for number in range(14)])
    for number in range(12):
        for annotator in ("annotator-01", "annotator-02"):
            seed = annotator if number % 3 == 0 else "both"
            made.add(annotation(article(number), annotator, seed))
    yield made
    made.store.close()


def test_what_counts_is_valid_submitted_and_of_the_latest_round(stored):
    one = annotation(article(0), "annotator-03")
    stored.add(one, verdict="quarantined")
    stored.add(replace(one, id="skip", annotator="annotator-04"), status="skipped", verdict=None)
    stored.add(annotation(article(12), "annotator-01"))
    again = annotation(article(0), "annotator-02", "annotator-01")
    stored.add(replace(again, id="again", round=2))
    found = curation.open(stored.folder).agree(bootstrap=SURE)
    assert (found.articles, found.single) == (12, 1)
    assert found.annotators == {"annotator-01": 12, "annotator-02": 12}
    # The second round took the disagreement of the first article away.
    assert [one.article.id for one in found.worst] == ["article-003", "article-006", "article-009"]
    first = curation.open(stored.folder).agree(round_=1, bootstrap=SURE)
    assert "article-000" in {one.article.id for one in first.worst}


def test_fields_spans_and_statements_are_all_there(stored):
    found = curation.open(stored.folder).agree(bootstrap=SURE)
    assert [one.name for one in found.fields] == ["stance_congestion_charge", "stance_rent_cap"]
    charge, cap = found.fields
    alpha = {one.measure: one for one in charge.figures}["krippendorff_alpha"]
    assert alpha.value is not None
    assert alpha.n_items == 12
    assert sum(charge.confusion.values()) == 12
    # Everybody always said the same.
    assert {one.value for one in cap.figures} == {None}
    assert all("not_addressed" in one.reason for one in cap.figures)
    shares = {one.of: one.value for one in found.statements.figures if one.measure == "statement_f1"}
    assert 8 / 12 <= shares["claim"] < 1
    assert {one.of for one in found.spans} >= {"", "Actor", "Claim"}


def test_on_the_command_line(stored):
    run = CliRunner().invoke
    told = run(cli, ["agree", "-w", str(stored.folder), "--bootstrap", "50"])
    assert told.exit_code == Exit.OK
    assert "12 articles annotated by two or more of 2 annotators" in told.output
    assert "stance_congestion_charge" in told.output
    assert "most is lost at which claims are marked" in told.output
    shown = json.loads(run(cli, ["agree", "-w", str(stored.folder), "--bootstrap", "0", "--json"]).output)
    assert all(one["value"] is not None or one["reason"] for one in shown["figures"])
    assert {one["measure"] for one in shown["figures"]} <= shown["measures"].keys()
    assert shown["worst"][0]["disagreement"] > 0
    assert sum(one["count"] for one in shown["fields"][0]["confusion"]) == 12
    assert (
        "Krippendorff 2004" in run(cli, ["agree", "-w", str(stored.folder), "--bootstrap", "0", "--definitions"]).output
    )


def test_one_annotator_alone_cannot_be_compared(tmp_path):
    curation.init(tmp_path / "study")
    made = Study(tmp_path / "study")
    made.add_articles([article(0)])
    made.add(annotation(article(0), "annotator-01"))
    made.store.close()
    with pytest.raises(CurationError) as caught:
        curation.open(tmp_path / "study").agree()
    assert caught.value.code == "E_NOTHING_TO_COMPARE"
    assert "(1 of one)" in caught.value.message


def test_options_of_a_workspace_and_of_a_table_do_not_mix(tmp_path):
    ran = CliRunner().invoke(cli, ["agree", "--table", str(tmp_path / "r.csv"), "--round", "2"])
    assert isinstance(ran.exception, CurationError)
    assert ran.exception.code == "E_USAGE"
