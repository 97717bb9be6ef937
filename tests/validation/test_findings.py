"""Every code is documented in full, the command explains each, and the page made from them is in step."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.findings import FAMILIES, FINDINGS
from curation.workspace import codes

DOCS = Path(__file__).resolve().parents[2] / "docs" / "findings.md"


@pytest.mark.parametrize("code", FINDINGS)
def test_a_finding_is_documented_in_full(code):
    kind = FINDINGS[code]
    for text in (kind.title, kind.explanation, kind.fix, kind.wrong, kind.right):
        assert text.strip() == text != ""
    assert kind.wrong != kind.right
    assert "\n" not in kind.wrong + kind.right
    assert kind.explanation.endswith(".")
    assert kind.severity in ("error", "warning")


def test_no_code_is_in_two_families():
    assert sum(map(len, FAMILIES.values())) == len(FINDINGS)


def test_the_documentation_is_in_step():
    assert DOCS.read_text(encoding="utf-8") == codes.markdown(), f"run: {codes.REMADE_BY} > docs/findings.md"


def test_the_documentation_has_every_code_once():
    page = codes.markdown()
    for one in codes.codes():
        assert page.count(f"\n### {one.code}\n") == 1
    assert page.count("\n## ") == len({one.family for one in codes.codes()})


def test_explain_shows_all_of_a_finding(run):
    kind = FINDINGS["F_RELATION_ENDS"]
    shown = run("explain", "f_relation_ends")
    for text in ("F_RELATION_ENDS", kind.title, "(error)", kind.explanation, f"Wrong: {kind.wrong}",
                 f"Right: {kind.right}", f"Fix: {kind.fix}"):  # fmt: skip
        assert text in shown.out
    assert run("explain", "F_RELATION_ENDS", "--json").json == {
        "code": "F_RELATION_ENDS", "family": "Relations and holders", "kind": "error", "title": kind.title,
        "explanation": kind.explanation, "fix": kind.fix, "wrong": kind.wrong, "right": kind.right,
    }  # fmt: skip


def test_explain_lists_all_codes_by_family(run):
    listed = run("explain").out
    known = [one.code for one in codes.codes()]
    assert [line.split()[0] for line in listed.splitlines() if line.startswith("  ")] == known
    families = [line for line in listed.splitlines() if line and not line.startswith(" ")]
    assert families == list(dict.fromkeys(one.family for one in codes.codes()))
    assert set(families) >= FAMILIES.keys()
    assert [one["code"] for one in run("explain", "--json").json["codes"]] == known
    everything = run("explain", "--all").out
    assert all(one.explanation in everything for one in codes.codes())
    assert run("explain", "--all", "--markdown").out == codes.markdown()


def test_a_code_and_all_codes_at_once_is_no_question(run):
    assert run("explain", "F_HASTE", "--all").exit == 2
    assert run("explain", "F_NOPE").err.startswith("error[E_NOT_FOUND]")


@pytest.mark.parametrize("written", ["haste", "F_HAST", "f haste", " F-HASTE "])
def test_a_code_that_is_nearly_right_is_found_or_named(run, written):
    ran = run("explain", written)
    assert "F_HASTE" in ran.out + ran.err
    assert len(ran.err) < 300


def test_a_code_like_no_other_leads_to_the_list(run):
    assert (
        run("explain", "zzzz").err
        == "error[E_NOT_FOUND]: there is no code 'zzzz'. Fix: `curation explain` lists all codes\n"
    )
