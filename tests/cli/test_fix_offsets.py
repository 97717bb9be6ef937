"""`curation validate --fix-offsets`: from an export with UTF-16 offsets to mentions, once, and back."""

from __future__ import annotations

import json

import pytest

from curation.units import CODE_POINTS, from_code_points

TEXT = "Storm 🌀🌀 over Varnholm.\nMayor Ines Holt spoke.\nThe traders did not.\nNobody else came."
NAMES = ["Varnholm", "Ines Holt", "traders", "Nobody"]


@pytest.fixture
def study(workspace, tmp_path):
    """A workspace with an export whose annotators count these units."""

    def call(*units):
        def row(name, unit):
            place = from_code_points(TEXT, TEXT.index(name), TEXT.index(name) + len(name), unit)
            value = {"start": place[0], "end": place[1], "text": name, "labels": ["Actor"]}
            return {"id": name, "from_name": "span", "to_name": "text", "type": "labels", "value": value}

        annotations = [
            {"id": who, "completed_by": who, "result": [row(name, unit) for name in NAMES]}
            for who, unit in enumerate(units, 1)
        ]
        item = {"id": 1, "project": 9, "data": {"article_id": "a-1", "text": TEXT}, "annotations": annotations}
        path = tmp_path / "export.json"
        path.write_text(json.dumps([item]), encoding="utf-8")
        workspace.pull_file(path)
        return workspace.path

    return call


def about_offsets(ran):
    codes = ran.json["by_code"]
    return {code: codes[code] for code in codes if code.startswith(("F_OFFSET", "F_TEXT"))}


def test_offsets_are_converted_once_and_back(run, study):
    at = ("--workspace", study("utf-16"))
    assert about_offsets(run("validate", *at, "--json")) == {"F_OFFSET_UNIT": 1}
    fixed = run("validate", *at, "--fix-offsets", "--json")
    assert about_offsets(fixed) == {"F_OFFSET_CONVERTED": 1}
    [project] = fixed.json["offsets"]
    assert {key: project[key] for key in ("server", "project", "unit", "converted", "reread")} == {
        "server": "file", "project": 9, "unit": "utf-16", "converted": 1, "reread": 1,
    }  # fmt: skip
    again = run("validate", *at, "--fix-offsets", "--json")
    assert (again.json["offsets"], again.json["checked"]) == ([], 0)
    back = run("validate", *at, "--fix-offsets", "none", "--json")
    assert about_offsets(back) == {"F_OFFSET_UNIT": 1}


def test_a_project_in_another_unit_is_said_once_an_annotation(run, study):
    ran = run("validate", "--workspace", study("utf-16", "utf-16"), "--json")
    assert about_offsets(ran) == {"F_OFFSET_UNIT": 2}
    of_code = [one for one in ran.json["findings"] if one["code"] == "F_OFFSET_UNIT"]
    assert [sorted(one["regions"]) for one in of_code] == [sorted(NAMES)] * 2
    assert ran.json["quarantined"] == 2


def test_what_fits_no_unit_is_said_beside_it(run, study, workspace):
    place = study("utf-16", "utf-16")
    path = place.parent / "export.json"
    path.write_text(path.read_text().replace('"text": "traders"', '"text": "tractor"'), encoding="utf-8")
    workspace.pull_file(path)
    ran = run("validate", "--workspace", place, "--json")
    assert about_offsets(ran) == {"F_OFFSET_UNIT": 2, "F_TEXT_MISMATCH": 2}
    assert {one["region"] for one in ran.json["findings"] if one["code"] == "F_TEXT_MISMATCH"} == {"traders"}


def test_a_mixed_project_is_left_and_said(run, study):
    at = ("--workspace", study("utf-16", CODE_POINTS))
    ran = run("validate", *at, "--fix-offsets")
    assert "project 9 of file is left alone: offsets count several units" in ran.out
    assert about_offsets(run("validate", *at, "--json")) == {"F_OFFSET_UNIT": 1}
    named = run("validate", *at, "--fix-offsets", "utf-16", "--json")
    assert about_offsets(named) == {"F_OFFSET_CONVERTED": 1}


def test_an_unknown_unit_is_one_clear_line(run, workspace):
    ran = run("validate", "--workspace", workspace.path, "--fix-offsets", "utf-32")
    assert ran.exit == 2
    assert ran.err.startswith("error[E_USAGE]: 'utf-32' is no unit of offsets")


def test_a_conversion_makes_datasets_stale(workspace, study):
    from curation.store import Store

    study("utf-16")
    with Store(workspace.path) as store:
        before = store.annotations.state("news-stance")
    workspace.fix_offsets()
    with Store(workspace.path) as store:
        assert store.annotations.state("news-stance") != before
    workspace.fix_offsets("none")
    with Store(workspace.path) as store:
        assert store.annotations.state("news-stance") == before
