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
