"""What was released binds later builds: classes keep their ids, and articles their splits."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from curation.export import build
from curation.export.reading import Dataset


@pytest.fixture
def released(study):
    """A study of which a first version is released."""
    study.fill(20)
    study.build()
    releases = study.folder / "releases"
    shutil.copytree(study.out, releases / "1.0.0")
    return releases


def built(study, releases):
    return build(study.store, study.export, study.task, study.schemas, study.out, releases=releases)


def with_values(task, name, values):
    field = task.choices[name]
    return replace(task, choices={**task.choices, name: replace(field, values=values)})


def splits_of(folder):
    dataset = Dataset(folder)
    return {
        row["article_id"]: split for split in dataset.configs["articles"] for row in dataset.rows("articles", split)
    }


def test_a_value_that_is_appended_gets_the_next_id_everywhere(study, released):
    before = Dataset(released / "1.0.0").features("stance")["label"].names
    old = study.task.choices["stance_rent_cap"].values
    study.task = with_values(study.task, "stance_rent_cap", (*old, "mixed"))
    result = built(study, released)
    features = Dataset(study.out).features("stance")
    assert features["label"].names == features["soft"].feature["label"].names == [*before, "mixed"]
    assert Dataset(study.out).features("statements")["stance"].names == [*before, "mixed"]
    assert result.version == "1.1.0"
    assert "Breaking" not in (study.out / "README.md").read_text()


def test_values_that_change_places_keep_their_ids(study, released):
    label = study.task.labels["Claim"]
    kind = label.attributes["kind"]
    turned = replace(kind, values=tuple(reversed(kind.values)))
    claim = replace(label, attributes={**label.attributes, "kind": turned})
    study.task = replace(study.task, labels={**study.task.labels, "Claim": claim})
    built(study, released)
    assert Dataset(study.out).features("mentions")["claim_kind"].names == list(kind.values)
    card = (study.out / "README.md").read_text()
    assert f"| Claim: kind | {', '.join(kind.values)} |" in card
    rows = [
        {(row["annotation"], row["id"]): row["claim_kind"] for row in Dataset(folder).rows("mentions")}
        for folder in (released / "1.0.0", study.out)
    ]
    assert rows[0] == rows[1]


def test_articles_stay_where_they_were_released_also_in_another_workspace(study, released, new_study):
    other = new_study("other")
    other.fill(30)
    assert built(other, released).version == "1.1.0"
    before, after = splits_of(released / "1.0.0"), splits_of(other.out)
    assert {one: after[one] for one in before} == before
    assert len(after) == 30


def with_kinds(task, kinds):
    label = task.labels["Claim"]
    kind = replace(label.attributes["kind"], values=tuple(kinds))
    claim = replace(label, attributes={**label.attributes, "kind": kind})
    return replace(task, labels={**task.labels, "Claim": claim})


def kinds_after(study, releases, version, kinds):
    """Build with these kinds of claims, release that, and return the classes."""
    study.task = with_kinds(study.task, kinds)
    built(study, releases)
    shutil.copytree(study.out, releases / version)
    return Dataset(study.out).features("mentions")["claim_kind"].names


def test_no_class_ever_gets_the_id_of_one_that_is_gone(study, released):
    kinds = list(study.task.labels["Claim"].attributes["kind"].values)
    assert kinds_after(study, released, "1.1.0", [*kinds, "rumour"]) == [*kinds, "rumour"]
    assert kinds_after(study, released, "1.2.0", kinds) == [*kinds, "rumour"]
    assert kinds_after(study, released, "1.3.0", [*kinds, "promise"]) == [*kinds, "rumour", "promise"]
    assert kinds_after(study, released, "1.4.0", [*kinds, "vow"]) == [*kinds, "rumour", "promise", "vow"]


@pytest.mark.parametrize("is_migrated", [True, False])
def test_a_name_in_the_place_of_another_is_the_same_class_if_a_migration_gave_it(study, released, is_migrated):
    kinds = list(study.task.labels["Claim"].attributes["kind"].values)
    renamed = ["forecast" if one == "prediction" else one for one in kinds]
    if is_migrated:
        written = (study.task.folder / "task.toml").read_text(encoding="utf-8")
        for old, new in (("prediction", "outlook"), ("outlook", "forecast")):
            change = {"labels": {"Claim": {"attributes": {"kind": {"values": {old: {"rename": new}}}}}}}
            before = {"files": {"task.toml": written}}
            study.store.versions.add_migration("news-stance", change, before, {}, "2026-03-02T10:00:00Z")
            written = written.replace(f'"{old}"', f'"{new}"')
    expected = renamed if is_migrated else [*kinds, "forecast"]
    assert kinds_after(study, released, "2.0.0", renamed) == expected
    says = "`prediction` is called `forecast`" in (study.out / "README.md").read_text()
    assert says is is_migrated


def test_a_config_that_comes_back_has_the_ids_that_it_had(study, released):
    kinds = list(study.task.labels["Claim"].attributes["kind"].values)
    whole = study.export
    study.export = replace(whole, configs=tuple(one for one in whole.configs if one != "mentions"))
    built(study, released)
    shutil.copytree(study.out, released / "2.0.0")
    study.export = whole
    study.task = with_kinds(study.task, reversed(kinds))
    built(study, released)
    assert Dataset(study.out).features("mentions")["claim_kind"].names == kinds
