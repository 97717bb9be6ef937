"""`curation agree --table`."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from curation.errors import ERRORS

FOUR_OBSERVERS = ("123321412...", "12332241 25.3".replace(" ", ""), ".33323422 51.".replace(" ", ""), "12332441251.")


@pytest.fixture
def ratings(tmp_path):
    """Krippendorff's example of four observers, a row per unit and observer."""
    path = tmp_path / "ratings.csv"
    rows = [
        f"u{unit:02},{'ABCD'[place]},{'' if value == '.' else value}"
        for place, values in enumerate(FOUR_OBSERVERS)
        for unit, value in enumerate(values)
    ]
    path.write_text("\n".join(["unit,observer,code", *rows]))
    return path


def options(path, *more):
    return ("agree", "--table", path, "--item", "unit", "--annotator", "observer", "--value", "code", *more)


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_json(run, ratings, level, alpha):
    told = run(*options(ratings, "--level", level, "--json")).json
    figures = {one["measure"]: one for one in told["figures"] if one["of"] == "code"}
    assert figures["krippendorff_alpha"]["value"] == pytest.approx(alpha, abs=5e-4)
    assert figures["krippendorff_alpha"]["low"] < alpha < figures["krippendorff_alpha"]["high"]
    assert figures["krippendorff_alpha"]["level"] == level
    assert len([one for one in told["figures"] if one["measure"] == "cohen_kappa"]) == 6
    assert figures["cohen_kappa_mean"]["details"]["pairs"] == 6
    assert {one["measure"] for one in told["figures"]} == set(told["measures"])
    assert all(one["source"] and one["definition"] and one["reading"] for one in told["measures"].values())
    assert (told["items"], told["annotators"], told["missing"]) == (12, ["A", "B", "C", "D"], 7)
    assert told["bootstrap"] == {"resamples": 2000, "seed": 20260302, "confidence": 0.95}
    assert [one["details"]["annotator"] for one in told["by_annotator"]] == ["A", "B", "C", "D"]
    assert len(told["by_label"]) == (5 if level in ("nominal", "ordinal") else 0)


def test_text(run, ratings):
    ran = run(*options(ratings))
    assert ran.exit == 0
    assert ran.err == ""
    lines = ran.out.splitlines()
    assert lines[0] == "ratings.csv: 41 ratings of 12 items by 4 annotators, 7 missing; level: nominal"
    alpha = next(line for line in lines if line.startswith("Krippendorff's alpha"))
    assert " 0.743  " in alpha
    assert " to " in alpha
    assert sum(" × " in line for line in lines) == 6
    explained = run(*options(ratings, "--definitions")).out
    assert "Krippendorff 2004" in explained
    assert "Landis and Koch 1977" in explained


def test_the_order_of_rows_is_no_matter(run, ratings):
    header, *rows = ratings.read_text().splitlines()
    first = run(*options(ratings, "--json")).out
    ratings.write_text("\n".join([header, *reversed(rows)]))
    assert run(*options(ratings, "--json")).out == first
    assert run(*options(ratings, "--json", "--seed", "2")).out != first


def test_intervals_are_over_articles_where_their_column_is_named(run, tmp_path):
    """Ten copies of a sentence in its article tell no more than one."""
    path = tmp_path / "r.csv"
    rows = [
        f"s{article}-{copy},n{article},{who},{'ab'[(article + (who == 'y' and article % 4 == 0)) % 2]}"
        for article in range(40)
        for copy in range(10)
        for who in "xy"
    ]
    path.write_text("\n".join(["item,url,annotator,value", *rows]))
    widths = {}
    for article in ((), ("--article", "url")):
        told = run("agree", "--table", path, *article, "--json").json
        alpha = next(one for one in told["figures"] if one["measure"] == "krippendorff_alpha")
        widths[told["articles"]] = alpha["high"] - alpha["low"]
    assert widths.keys() == {None, 40}
    assert widths[40] > 2.5 * widths[None]
    ran = run("agree", "--table", path, "--article", "url", "--bootstrap", "0")
    assert ran.out.startswith("r.csv: 800 ratings of 400 items in 40 articles by 2 annotators")


def test_no_intervals(run, ratings):
    told = run(*options(ratings, "--bootstrap", "0", "--json")).json
    assert {one["low"] for one in told["figures"]} == {None}


def test_no_figure_has_a_reason_and_is_no_failure(run, tmp_path):
    path = tmp_path / "constant.jsonl"
    rows = [{"item": item, "annotator": name, "value": "yes"} for item in range(12) for name in "xy"]
    path.write_text("\n".join(map(json.dumps, rows)))
    ran = run("agree", "--table", path, "--json")
    assert ran.exit == 0
    assert "NaN" not in ran.out
    assert {one["value"] for one in ran.json["figures"]} == {None}
    assert all("'yes'" in one["reason"] for one in ran.json["figures"])
    shown = run("agree", "--table", path).out
    assert "none" in shown
    assert "every value is 'yes'" in shown


def test_a_value_that_may_stand_for_none_is_told_of(run, tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("item,annotator,value\na,x,1\na,y,2\nb,x,NA\nb,y,1\nc,x,2\nc,y,2\n")
    assert run("agree", "--table", path).err == "'NA' counts as a value; if it stands for none: --missing 'NA'\n"
    named = run("agree", "--table", path, "--missing", "NA", "--json")
    assert named.err == ""
    assert named.json["values"] == ["1", "2"]


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ((), "E_NO_WORKSPACE", "no workspace"),
        (("--table", "absent.csv"), "E_NOT_FOUND", "absent.csv"),
        (("--table", "r.csv", "--value", "stance"), "E_MISSING_COLUMN", "item, annotator, value"),
        (("--table", "r.csv", "--level", "interval"), "E_TABLE", "row 2 has the value 'high'"),
        (("--table", "r.csv", "--level", "ordinal"), "E_TABLE", "--order"),
        (("--table", "r.csv", "--level", "metric"), "E_USAGE", "metric"),
        (("--table", "r.csv", "--article", "url"), "E_MISSING_COLUMN", "'url'"),
        (("--table", "r.csv", "--article", "value"), "E_TABLE", "belongs to two articles: '1' in row 1 and 'high' in"),
        (("--article", "url"), "E_USAGE", "--article is of a table"),
        (("--table", "r.csv", "--bootstrap", "-1"), "E_USAGE", "bootstrap"),
        (("--table", "twice.csv"), "E_TABLE", "rows 1 and 2"),
        (("--table", "r.pdf"), "E_TABLE", ".parquet"),
    ],
)
def test_one_clear_line(run, tmp_path, monkeypatch, more, code, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.csv").write_text("item,annotator,value\na,x,1\na,y,high\n")
    (tmp_path / "twice.csv").write_text("item,annotator,value\na,x,1\na,x,2\n")
    (tmp_path / "r.pdf").write_text("")
    ran = run("agree", *more)
    assert ran.exit == ERRORS[code].exit
    assert ran.err.startswith(f"error[{code}]: ")
    assert len(ran.err.splitlines()) == 1
    assert said in ran.err


def test_a_large_table_of_numbers(run, tmp_path):
    """Every value another one: nothing is as large as the values squared."""
    random = np.random.default_rng(1)
    truth = random.normal(50, 10, 3000)
    rows = [f"{item},{name},{truth[item] + random.normal(0, 5):.6f}" for item in range(3000) for name in "xyz"]
    path = tmp_path / "r.csv"
    path.write_text("\n".join(["item,annotator,value", *rows]))
    told = run("agree", "--table", path, "--level", "interval", "--bootstrap", "20", "--json").json
    alpha = next(one for one in told["figures"] if one["measure"] == "krippendorff_alpha")
    assert math.isclose(alpha["value"], 0.8, abs_tol=0.03)


@pytest.fixture
def dated(tmp_path):
    """Two observers who agree from March on."""
    path = tmp_path / "dated.csv"
    rows = [
        f"u{unit:02},{who},{'ab'[(unit + (who == 'B' and month < 3)) % 2]},2026-{month:02}-{1 + unit % 20:02}"
        for month in (4, 1, 3, 2)
        for unit in range(20 * month, 20 * month + 20)
        for who in "AB"
    ]
    path.write_text("\n".join(["unit,observer,code,rated", *rows]))
    return path


def test_over_time(run, dated):
    told = run(*options(dated, "--time", "rated", "--windows", "4", "--bootstrap", "50", "--json")).json
    found = [(one["details"]["first"], one["details"]["last"], one["value"]) for one in told["over_time"]]
    assert [(first, last) for first, last, _ in found] == [
        (f"2026-0{month}-01", f"2026-0{month}-20") for month in (1, 2, 3, 4)
    ]
    assert [value > 0 for *_, value in found] == [False, False, True, True]
    ran = run(*options(dated, "--time", "rated", "--windows", "2", "--bootstrap", "0"))
    assert "2026-03-01 to 2026-04-20" in ran.out
    assert "over_time" not in run(*options(dated, "--bootstrap", "0", "--json")).json


@pytest.mark.parametrize(
    ("change", "option", "code", "words"),
    [
        (lambda text: text, ("--time", "when"), "E_MISSING_COLUMN", "'when'"),
        (lambda text: text.replace("2026-01-03", "3.1.2026", 1), ("--time", "rated"), "E_TABLE", "'3.1.2026'"),
    ],
)
def test_a_time_that_cannot_be_read_is_named(run, dated, change, option, code, words):
    dated.write_text(change(dated.read_text()))
    ran = run(*options(dated, *option))
    assert ran.exit == ERRORS[code].exit
    assert words in ran.err


def test_a_workspace_has_times_of_its_own(run, tmp_path):
    ran = run("agree", "--time", "rated", "-w", tmp_path)
    assert ran.exit == ERRORS["E_USAGE"].exit
    assert "--time is of a table" in ran.err
