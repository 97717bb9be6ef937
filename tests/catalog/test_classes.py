"""Published class ids through migrations: an id never changes its meaning, and no name has two."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.catalog.migrated import changed_task
from curation.catalog.migration import plan
from curation.catalog.redeclaring import redeclare
from curation.catalog.tasks import Task, task_of
from curation.errors import CurationError

LABELS = ["A", "B", "C", "D"]
VALUES = ["u", "v", "w"]


def declaration(labels: list[str], values: list[str]) -> str:
    """A task with these labels, whose article stance has these values."""
    quoted = ", ".join(f'"{value}"' for value in values)
    return "\n".join(
        [
            'name = "m"\nversion = "1"\ntitle = "Mini"\ndescription = "d"\nlanguage = "en"',
            '[interface]\ntext = "text"\nlabels = "span"',
            *(f"[labels.{label}]" for label in labels),
            f'[choices.stance]\nkind = "choice"\nvalues = [{quoted}]\ntarget = "it"',
        ]
    )


def migrated(text: str, changes: dict[str, Any]) -> tuple[str, Task]:
    """The task.toml after a map, and what is read from it."""
    before = tomllib.loads(text)
    made = plan(changes, before)
    written = redeclare(text, made, changed_task(made, before))
    return written, task_of(Path(), tomllib.loads(written))


def flagship(task: Task, *maps: str) -> Task:
    text = (task.folder / "task.toml").read_text(encoding="utf-8")
    after = task
    for one in maps:
        text, after = migrated(text, tomllib.loads(one))
    return after


def test_what_is_dropped_keeps_its_id_and_what_is_renamed_too(task):
    after = flagship(
        task,
        "labels.Claim.attributes.topics.values.housing.drop = true\n"
        'labels.Claim.attributes.topics.values.economy.rename = "money"\n'
        'relations.neutral.drop = true\nrelations.unclear.rename = "open"',
    )
    assert after.labels["Claim"].attributes["topics"].values == (
        "transport", "money", "environment", "justice", "other",
    )  # fmt: skip
    assert after.labels["Claim"].attributes["topics"].classes == (
        "transport", "housing", "money", "environment", "justice", "other",
    )  # fmt: skip
    assert after.relation_classes == (
        "supports", "opposes", "neutral", "open", "continues", "same_as", "speaks_for",
    )  # fmt: skip
    assert list(after.relations) == [name for name in after.relation_classes if name != "neutral"]


def test_ids_stay_over_several_migrations(task):
    after = flagship(
        task,
        'relations.neutral.merge = "unclear"',
        'labels.Claim.split = { by = "kind", into = { demand = "Demand" }, else = "Statement" }',
        'labels.Actor.merge = "Demand"\nrelations.supports.rename = "backs"',
    )
    assert after.label_classes == ("Actor", "Statement", "Demand")
    assert after.labels["Statement"].attributes["kind"].classes[-1] == "demand"
    assert after.relation_classes[:4] == ("backs", "opposes", "neutral", "unclear")


def test_stances_of_articles_and_relations_share_ids_that_stay(task):
    assert task.polarities == ("favor", "against", "neutral", "not_addressed", "unclear")
    for text, new in (
        ('choices.stance_rent_cap.values.favor.rename = "for"', ("for",)),
        ("choices.stance_rent_cap.drop = true\nchoices.stance_congestion_charge.drop = true", ()),
        ('relations.unclear.merge = "neutral"', ()),
    ):
        assert flagship(task, text).polarities == (*task.polarities, *new)
    both = "".join(
        f'choices.{name}.values.not_addressed.rename = "absent"\n' for name in task.choices if "stance" in name
    )
    assert flagship(task, both).polarities == ("favor", "against", "neutral", "absent", "unclear")


def test_a_plain_rename_or_swap_writes_nothing_about_ids(task):
    text = (task.folder / "task.toml").read_text(encoding="utf-8")
    for one in ('labels.Actor.rename = "Party"', 'labels.Actor.rename = "Claim"\nlabels.Claim.rename = "Actor"'):
        written, _ = migrated(text, tomllib.loads(one))
        assert "published = " not in written
        assert "[published]" not in written


def test_a_name_that_is_gone_is_not_given_to_something_else(task):
    for one in (
        'relations.neutral.drop = true\nrelations.unclear.rename = "neutral"',
        'choices.stance_rent_cap.values.favor.drop = true\nchoices.stance_rent_cap.values.neutral.rename = "favor"',
    ):
        with pytest.raises(CurationError, match="keeps its class id") as caught:
            flagship(task, one)
        assert caught.value.code == "E_MIGRATION_MAP"
    with pytest.raises(CurationError, match="the relation 'neutral' is gone"):
        flagship(task, 'relations.neutral.merge = "unclear"', 'relations.opposes.rename = "neutral"')


@st.composite
def maps(draw, labels: list[str], values: list[str]) -> dict[str, Any]:
    """What becomes of some of the names; new names are fresh, old ones are taken by swaps and merges."""

    def of(names: list[str]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name in names[1:]:
            verb = draw(st.sampled_from(["", "rename", "merge", "drop"]))
            if verb == "rename":
                made[name] = {"rename": f"{name}{draw(st.sampled_from('xyz'))}"}
            elif verb == "merge":
                made[name] = {"merge": names[0]}
            elif verb == "drop":
                made[name] = {"drop": True}
        if not made and len(names) > 1:
            made = {names[0]: {"rename": names[1]}, names[1]: {"rename": names[0]}}
        return made

    return {"labels": of(labels), "choices": {"stance": {"values": of(values) or {values[0]: {"rename": "z"}}}}}


@given(st.data())
def test_an_id_never_changes_its_meaning(data):
    """Each name is followed by hand through three maps: whoever had an id has it still, whatever it is called."""
    text, task = declaration(LABELS, VALUES), task_of(Path(), tomllib.loads(declaration(LABELS, VALUES)))
    for _ in range(3):
        labels, values = list(task.labels), list(task.choices["stance"].values)
        changes = data.draw(maps(labels, values))
        before = (task.label_classes, task.choices["stance"].classes, task.polarities)
        text, task = migrated(text, changes)
        after = (task.label_classes, task.choices["stance"].classes, task.polarities)
        told = (changes["labels"], changes["choices"]["stance"]["values"], changes["choices"]["stance"]["values"])
        for old, new, verbs in zip(before, after, told, strict=True):
            live = labels if verbs is changes["labels"] else values
            expected = [verbs.get(name, {}).get("rename", name) if name in live else name for name in old]
            assert list(new[: len(old)]) == expected
            assert len(set(new)) == len(new)
