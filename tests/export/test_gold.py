"""What is published as gold: what was decided, as long as it was decided from the annotations as they are."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from curation.errors import CurationError, Exit
from curation.export import build
from curation.folders.manifest import facts_of, verify
from curation.records import Gold, Origin, origins
from curation.store import Decided
from tests.export.test_building import rows

METHODS = ("unanimous", "single", "rules", "adjudicated")


@pytest.fixture
def disputed(study, make_article, make_annotation):
    """An article on which two annotators differ, one on which they agree, and an adjudicator's gold of the first."""
    one, other = make_article(1), make_article(2)
    study.add_articles([one, other])
    given = [study.add(make_annotation(one, f"annotator-{number:02d}", number)) for number in (1, 2)]
    for number in (1, 2):
        study.add(make_annotation(other, f"annotator-{number:02d}", "same"))
    decided = replace(make_annotation(one, "annotator-09", 2), id="decision")
    gold = Gold(decided, "adjudicated", origins(given), study.task.digest, "annotator-09", "2026-03-09T10:12:00Z")
    return study, given, gold


def keep(study, gold: Gold) -> bool:
    with study.store.transaction():
        return study.store.gold.put(study.task.name, gold)


def published(study) -> dict[str, dict]:
    return {row["article_id"]: row for row in rows(study, "gold")}


def test_a_decision_is_gold_with_who_and_when_and_from_which_revisions(disputed):
    study, given, gold = disputed
    first = study.build()
    assert published(study).keys() == {"article-002"}
    assert (first.undecided, first.outdated) == (1, 0)
    keep(study, gold)
    result = study.build()
    found = published(study)
    row = found["article-001"]
    assert METHODS[row["method"]] == "adjudicated"
    assert (row["decided_by"], row["decided_at"]) == ("annotator-09", datetime(2026, 3, 9, 10, 12, tzinfo=UTC))
    assert row["annotators"] == ["annotator-01", "annotator-02"]
    assert row["revisions"] == [one.revision for one in given]
    assert [(one["start"], one["end"]) for one in row["mentions"]] == [
        (one.start, one.end) for one in sorted(gold.annotation.mentions, key=lambda one: (one.start, one.end))
    ]
    assert METHODS[found["article-002"]["method"]] == "unanimous"
    assert (found["article-002"]["decided_by"], found["article-002"]["decided_at"]) == (None, None)
    assert (result.undecided, result.outdated, result.changed) == (0, 0, True)
    assert first.digest != result.digest
    assert "adjudicated` (1 row:" in (study.out / "README.md").read_text().replace("\n", " ")


@pytest.mark.parametrize("change", ["another revision", "one more annotator", "another task"])
def test_gold_of_other_annotations_or_rules_is_left_out_and_counted(disputed, make_article, make_annotation, change):
    study, given, gold = disputed
    keep(study, gold if change != "another task" else replace(gold, made_with="0" * 64))
    if change == "another revision":
        study.add(replace(given[0], choices={**given[0].choices, "stance_rent_cap": "favor"}))
    elif change == "one more annotator":
        study.add(make_annotation(make_article(1), "annotator-03", 3))
    result = study.build()
    assert "article-001" not in published(study)
    assert (result.outdated, result.undecided) == (1, 0)


@pytest.mark.parametrize(("method", "is_gold"), [("adjudicated", True), ("rules", False)])
def test_beside_an_annotation_that_is_not_valid_only_a_persons_decision_counts(
    disputed, make_article, make_annotation, method, is_gold
):
    study, _, gold = disputed
    study.add(make_annotation(make_article(1), "annotator-03", 3), verdict="quarantined")
    keep(study, replace(gold, method=method))
    assert study.build().unsettled == 1
    assert ("article-001" in published(study)) is is_gold


def test_the_store_gives_back_what_it_keeps_and_writes_nothing_twice(disputed):
    study, given, gold = disputed
    gold = replace(gold, rulings=[{"key": ["choice", "stance"], "shares": [{"value": "favor", "share": 0.5}]}])
    assert (keep(study, gold), keep(study, gold)) == (True, False)
    assert study.store.gold.get("news-stance", "article-001") == gold
    assert keep(study, replace(gold, decided_at=None))
    assert keep(study, gold)
    assert list(study.store.gold.all("news-stance")) == [gold]
    assert study.store.gold.counts("news-stance") == {"adjudicated": 1}
    before = study.store.gold.state("news-stance")
    decided = Decided(given[0].id, given[0].revision, "article-001", gold.origins, "annotator-09", None)
    with study.store.transaction():
        assert study.store.gold.decide("news-stance", decided)
        assert not study.store.gold.decide("news-stance", replace(decided, origins=(Origin("x", "y", None),)))
        assert study.store.gold.decision(given[0].id, given[0].revision) == decided
        assert study.store.gold.state("news-stance") == before
        assert study.store.gold.drop("news-stance", "article-001")
        assert not study.store.gold.drop("news-stance", "article-001")
    assert study.store.gold.state("news-stance") is None
    assert [one.origins for one in study.store.gold.decisions("news-stance", "article-001")] == [gold.origins]


@pytest.fixture
def outdated(study, make_article, make_annotation):
    """A study whose gold was published as adjudicated, until the codebook changed."""
    made = [make_article(number) for number in range(1, 5)]
    study.add_articles(made)
    for one in made:
        given = [study.add(make_annotation(one, f"annotator-{number:02d}", number)) for number in (1, 2)]
        keep(study, Gold(replace(given[0], id=f"{one.id}-gold"), "rules", origins(given), study.task.digest))
    study.build()
    return study


def build_with(study, **options):
    """Build by the codebook as it is by now."""
    return build(study.store, study.export, study.task, study.schemas, study.out, gold_made_with="0" * 64, **options)


def default_of(study) -> str:
    from datasets import get_dataset_default_config_name

    return get_dataset_default_config_name(str(study.out))


def test_a_codebook_that_changed_takes_no_config_away_without_a_word(outdated):
    before = facts_of(outdated.out)
    assert default_of(outdated) == "gold"
    with pytest.raises(CurationError, match="lose gold and tokens, which is what load_dataset takes") as error:
        build_with(outdated)
    assert (error.value.code, error.value.exit) == ("E_GOLD_OUTDATED", Exit.CONFLICT)
    assert "4 articles" in error.value.message
    assert facts_of(outdated.out) == before
    assert verify(outdated.out).ok
    result = build_with(outdated, without_gold=True)
    assert (result.outdated, {"gold", "tokens"} <= {*result.left_out}) == (4, True)
    assert default_of(outdated) == "annotations"
    # What is not there any more does not vanish once more.
    assert build_with(outdated).digest == result.digest


def test_what_was_released_is_not_lost_either(outdated, tmp_path):
    shutil.copytree(outdated.out, tmp_path / "releases" / "1.0.0")
    shutil.rmtree(outdated.out)
    with pytest.raises(CurationError) as error:
        build_with(outdated, releases=tmp_path / "releases")
    assert error.value.code == "E_GOLD_OUTDATED"
    assert build_with(outdated, releases=tmp_path / "releases", without_gold=True).version == "2.0.0"


def test_a_first_build_has_nothing_to_lose(outdated):
    shutil.rmtree(outdated.out)
    assert build_with(outdated).outdated == 4
