"""card.md is the user's: its placeholders, what it may leave out, and what nobody stated."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from curation.errors import CurationError
from curation.export.account import Account
from curation.export.agreed import AgreementFigure, AgreementFigures
from curation.export.card import CardFacts
from curation.export.card.agreeing import MEANINGS
from curation.export.card.declared import TOPICS, not_stated
from curation.export.card.facts import Built
from curation.export.card.placeholders import COMPOSED, PLACEHOLDERS, Contents
from curation.export.card.sections import statistics_section
from curation.export.card.statistics import Statistics
from curation.export.card.template import fill
from curation.export.measured import placeholders_of, wants_agreement, wants_leakage
from curation.export.rows import METHODS
from curation.export.splitting import Closest, Leakage, Overlap, Period, Plan
from curation.folders.manifest import facts_of
from curation.matching import LEAST

# The template of workspaces that were made before the card had these sections.
OLD = """# $title

$annotators annotators worked on $articles articles; $annotations annotations passed,
$quarantined did not, $unjudged wait.

$configs_table

`unanimous` $gold_unanimous, `rules` $gold_rules, `adjudicated` $gold_adjudicated, `single` $gold_single.
$undecided open, $unsettled unsettled; seed `$seed`, $shares.

$classes_table

$labels_table

$relations_table

$stances_table

By version $task_version of the codebook `$task` ("$task_title"), $name. $license, $languages. It cost 5 $$.
"""


@pytest.fixture
def filled(carded: Any, facts_of: Callable[..., CardFacts], tmp_path: Path) -> Callable[..., str]:
    """Fills a template with what the dataset holds."""

    def made(template: str, about: dict[str, Any] | None = None, **changes: Any) -> str:
        (tmp_path / "card.md").write_text(template, encoding="utf-8")
        export = replace(carded.export, folder=tmp_path, about=carded.export.about if about is None else about)
        return fill(Contents(facts_of(carded.out, export, carded.task, **changes), carded.out))

    return made


def test_the_shipped_template_uses_every_section(carded: Any) -> None:
    used = placeholders_of(carded.export.card)
    sections = {"statistics", "label_distributions", "stance_distributions", "agreement_table", "disagreement_examples",
                "splits_proof", "codebook", "collection", "annotators_statement", "rights", "uses", "limitations",
                "changelog", "versions", "checksums", "plots", "people", "citation"}  # fmt: skip
    assert sections <= used <= PLACEHOLDERS.keys() | COMPOSED.keys()
    body = (carded.out / "README.md").read_text(encoding="utf-8").split("\n---\n", 1)[1]
    assert "$" not in body
    assert "was not" not in body, "everything is known of this dataset"


def test_a_card_of_before_is_filled(filled: Callable[..., str]) -> None:
    card = filled(OLD)
    assert "3 annotators worked on 24 articles; 62 annotations passed,\n0 did not, 0 wait." in card
    assert "| Actor | 124 |" in card
    assert card.endswith("It cost 5 $.\n")


def test_an_unknown_placeholder_is_named(filled: Callable[..., str]) -> None:
    with pytest.raises(CurationError) as error:
        filled("# $title\n\n$auhtors\n")
    assert error.value.code == "E_DEFINITION"
    assert "$auhtors" in error.value.message
    assert "$annotators" in error.value.fix


def test_a_lone_dollar_is_named(filled: Callable[..., str]) -> None:
    with pytest.raises(CurationError) as error:
        filled("It cost $ 5.")
    assert error.value.code == "E_DEFINITION"
    assert "line 1" in error.value.message


def test_what_nobody_stated_is_said_to_be_missing(carded: Any, filled: Callable[..., str]) -> None:
    template = "$collection\n$annotators_statement\n$rights\n$uses\n$limitations\n$people\n$citation"
    card = filled(template, about={})
    # The time span is known from the articles; the contact stands in two sections, the citation in a sentence.
    assert card.count(": not stated") + card.count(":** not stated") == len(TOPICS) - 2 + 1
    assert "How to cite the dataset is not stated." in card
    nothing = replace(carded.export, about={})
    assert not_stated(nothing) == tuple(TOPICS)
    assert not_stated(nothing, ("time_span",)) == tuple(topic for topic in TOPICS if topic != "time_span")
    assert "pay" not in not_stated(replace(carded.export, about={"pay": "12 crowns an hour"}))
    assert "- **Pay:** 12 crowns an hour" in filled("$annotators_statement", about={"pay": "12 crowns an hour"})


def test_a_build_says_of_which_topics_the_card_says_nothing(carded: Any) -> None:
    said = facts_of(carded.out)["not_stated"]
    card = (carded.out / "README.md").read_text(encoding="utf-8")
    lines = {topic: f"- **{title}:** not stated" for topic, title in TOPICS.items()}
    lines["citation"] = "How to cite the dataset is not stated."
    assert "time_span" not in said, "dates of articles are known"
    assert [topic for topic, line in lines.items() if line in card] == said != []


def test_a_citation_stays_word_for_word(filled: Callable[..., str]) -> None:
    said = "@misc{x,\n  title = {```` and {braces}, $5},\n}"
    assert filled("$citation", about={"citation": said}) == f"`````\n{said}\n`````"


def test_only_what_is_asked_for_is_measured(carded: Any, tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("$title", encoding="utf-8")
    plain = replace(carded.export, folder=tmp_path, configs=("gold",))
    assert not wants_agreement(plain)
    assert not wants_leakage(plain)
    assert wants_agreement(replace(plain, configs=("gold", "agreement")))
    (tmp_path / "card.md").write_text("${agreement_table} $$plots", encoding="utf-8")
    assert wants_agreement(plain)
    (tmp_path / "card.md").write_text("$$agreement_table $splits_proof", encoding="utf-8")
    assert not wants_agreement(plain)
    assert wants_leakage(plain)


def test_agreement_that_is_none_says_why(filled: Callable[..., str]) -> None:
    assert filled("$agreement_table", agreement=None) == "Agreement was not measured for this release."
    alone = AgreementFigures(reason="no article has valid annotations of two annotators")
    assert filled("$agreement_table", agreement=alone).endswith("no article has valid annotations of two annotators.")
    figures = (
        AgreementFigure(
            "field", "stance", "krippendorff_alpha", "nominal", None, None, None, 3, 2, "all say | one thing"
        ),
        AgreementFigure("spans", "", "token_alpha", None, -0.00001, -0.5, 0.25, 3, 2, None),
    )
    card = filled("$agreement_table", agreement=AgreementFigures(figures, articles=3, shared=7, resamples=50, seed=1))
    assert "Measured on 3 of the 7 articles" in card
    assert r"| stance | krippendorff_alpha | none: all say \| one thing | – | 3 | 2 |" in card
    assert "| all spans with their labels | token_alpha | 0.000 | -0.500 to 0.250 | 3 | 2 |" in card


def test_splits_prove_themselves(filled: Callable[..., str]) -> None:
    leakage = Leakage(
        closest=(Closest("train", "test", 0.4375, "a|b", "c"), Closest("train", "validation", 0.0, None, None)),
        overlaps=(
            Overlap("outlet", "test", "train", 3, 1, 10, 4),
            Overlap("outlet", "test", "validation", 3, 2, 10, 5),
        ),
        periods=(Period("train", 14, 13, "2025-01-01", "2025-06-30"), Period("test", 5, 0, None, None)),
    )
    plan = Plan(
        {"a": "train"}, held_out={"x": "later_copy", "y": "later_copy", "z": "undated"}, cuts={"test": "2025-07-01"}
    )
    card = filled("$splits_proof / $held_out", leakage=leakage, plan=plan)
    assert "is 0.438: the Jaccard similarity" in card
    assert r"| train and test | 0.438 | a\|b | c |" in card
    assert "| train and validation | 0.000 | – | – |" in card
    assert "| outlets | test | train | 1 of 3 | 4 of 10 |" in card
    assert "| outlets | test | validation | 2 of 3 | 5 of 10 |" in card
    assert "| train | 2025-01-01 | 2025-06-30 | 13 of 14 |" in card
    assert "| the article has no date, and splits go by time | 1 |" in card
    assert "test from 2025-07-01" in card
    assert card.endswith("/ 3")


def test_a_release_names_its_version_and_changes(filled: Callable[..., str]) -> None:
    card = filled("$version $versions\n\n$changelog", version="1.2.0", changelog="## 1.2.0\n\n- 3 rows added.")
    assert card.startswith("1.2.0 Version 1.2.0 of the dataset. Made by version 1 of the codebook `news-stance`.")
    assert card.endswith("### 1.2.0\n\n- 3 rows added."), "below the heading of its section"
    assert "This is no release" in filled("$changelog")


@pytest.mark.parametrize("configs", [["gold"], ["mentions"], ["stance"], ["agreement"], ["articles", "tokens"]])
def test_a_card_says_what_its_configs_let_it(
    carded: Any, facts_of: Callable[..., CardFacts], configs: list[str], tmp_path: Path
) -> None:
    """Whatever is published, the shipped template is filled, and tells of nothing that is not there."""
    facts = facts_of(carded.out, carded.export, carded.task)
    kept: dict[str, Built] = {config: facts.tables[config] for config in configs}
    for config in configs:
        shutil.copytree(carded.out / config, tmp_path / config)
    account = Account(articles=24, annotations=62)
    account.annotators.update({"annotator-01": 24})
    card = fill(Contents(replace(facts, tables=kept, account=account), tmp_path))
    assert " on 24 articles;" in card, "also those of which nothing is published"
    assert "What each annotator said is not published." in card
    assert ("\n| toward: congestion charge |" in card) == (configs in (["gold"], ["stance"]))
    assert ("![Articles in gold by target" in card, "![Articles by target" in card) == (
        configs == ["gold"],
        configs == ["stance"],
    )
    assert "![Articles by annotator]" in card
    assert ("| Actor |" in card.split("## Codebook")[0]) == (configs in (["gold"], ["mentions"]))
    assert len([line for line in card.splitlines() if ".parquet` |" in line]) == sum(
        len(paths) for one in kept.values() for paths in one.files.values()
    )


def test_the_docs_name_every_placeholder() -> None:
    docs = (Path(__file__).parents[3] / "docs" / "dataset-card.md").read_text(encoding="utf-8")
    named = {one for one in placeholders_of(docs) if one not in ("name", "gold_METHOD")} | {"name"}
    decided = {f"gold_{method}" for method in METHODS}
    assert named == {*PLACEHOLDERS, *COMPOSED} - decided


def test_what_cannot_be_compared_has_no_row(filled: Callable[..., str]) -> None:
    leakage = Leakage(
        closest=(Closest("train", "test", 0.75, "a", "b"),),
        overlaps=(
            Overlap("outlet", "test", "train", 0, 0, 0, 0),
            Overlap("outlet", "test", "validation", 0, 0, 0, 0),
            Overlap("topic", "test", "train", 2, 1, 3, 3),
        ),
        periods=(Period("train", 4, 0, None, None), Period("test", 2, 0, None, None)),
    )
    card = filled("$splits_proof", leakage=leakage)
    assert "0 of 0" not in card
    assert "| topics | test | train | 1 of 2 | 3 of 3 |" in card
    assert "Nothing is known of: outlets in test." in card
    assert "When the articles" not in card
    assert "From 0.7 on texts count as copies: some that were not known to be stand in two splits." in card


def test_spans_without_labels_stand_apart_only_where_they_differ(filled: Callable[..., str]) -> None:
    def figure(of: str, value: float) -> AgreementFigure:
        return AgreementFigure("spans", of, "span_f1_exact", None, value, None, None, 4, 2, "4 units are too few")

    def table_of(*figures: AgreementFigure) -> str:
        return filled("$agreement_table", agreement=AgreementFigures(figures, articles=4, shared=4))

    same = table_of(figure("", 0.5), figure("any label", 0.5), figure("Actor", 0.5))
    assert [line.split(" | ")[0] for line in same.splitlines() if "span_f1" in line] == [
        "| all spans with their labels",
        "| spans: Actor",
    ]
    assert "`whatever their labels`" not in same
    other = table_of(figure("", 0.5), figure("any label", 0.75))
    assert "| all spans, whatever their labels | span_f1_exact | 0.750 | none: 4 units are too few | 4 | 2 |" in other
    assert "`whatever their labels`" in other


def test_the_overlap_that_it_names_is_the_one_that_is_measured() -> None:
    assert LEAST == 0.5
    assert "half or more" in MEANINGS["span_f1_overlap"]


def test_nothing_is_left_of_a_placeholder_without_text(filled: Callable[..., str]) -> None:
    assert (
        filled("a\n$left_out\n\nb $left_out\nc $left_out d $$left_out\n- x\n${left_out}")
        == "a\nb\nc  d $left_out\n- x\n"
    )
    assert filled("$left_out", quarantined=1, unjudged=2) == (
        "1 annotation did not pass validation and is left out. 2 annotations are not validated yet and are left out."
    )


def test_suggestions_and_rounds_are_told_of_where_there_are_any() -> None:
    found = Statistics(source="annotations")
    facts = SimpleNamespace(account=Account(), split_names=["train"])
    found.origins.update({"manual": 9})
    found.rounds.update({1: 9})
    assert "suggest" not in statistics_section(facts, found)
    assert "round" not in statistics_section(facts, found)
    found.origins.update({"prediction": 2, "prediction-changed": 3})
    found.rounds.update({2: 5})
    found.versions.update({"2": 5, "1": 9})
    section = statistics_section(facts, found)
    assert "| annotations that began as suggestions | 5 of 14 (2 left as suggested, 3 changed) |" in section
    assert "| annotations by round | round 1: 9, round 2: 5 |" in section
    assert "| versions of the codebook | 1 in 9 rows, 2 in 5 rows of annotations |" in section


def test_outlets_are_shares_of_all_articles(tmp_path: Path) -> None:
    found = Statistics()
    found.articles.update({"train": 30, "test": 10})
    found.outlets.update({f"outlet {number:02}": 3 for number in range(12)})
    section = statistics_section(SimpleNamespace(account=Account(), split_names=["train", "test"]), found)
    assert "36 of 40 articles name an outlet, 12 outlets in all; shares are of all articles:" in section
    assert section.endswith("| (others: 2) | 6 | 15.0% |\n| (none named) | 4 | 10.0% |")
