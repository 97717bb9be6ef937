"""What a migration loses is what its dry run said, by a count of the raw annotations that knows nothing of it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

import curation
from curation.store import Revision, Store
from curation.studio.migrating import reading
from tests.workspace.annotated import TEXT, export
from tests.workspace.counted import fewer, named, said, told

DROP = """
labels.Claim.attributes.quotation.drop = true
labels.Claim.attributes.topics.values.housing.drop = true
labels.Actor.attributes.type.values.group.drop = true
relations.opposes.drop = true
choices.note.drop = true
"""
DROP_LABEL = "labels.Actor.drop = true\n" + "".join(
    f"relations.{name}.drop = true\n" for name in ("supports", "opposes", "neutral", "unclear", "same_as", "speaks_for")
)
DROP_CLAIM = "labels.Claim.drop = true\n" + "".join(
    f"relations.{name}.drop = true\n" for name in ("supports", "opposes", "neutral", "unclear", "continues")
)
MERGE = """
relations.neutral.merge = "unclear"
labels.Claim.attributes.topics.values.justice.merge = "other"
labels.Actor.attributes.type.values.ngo.merge = "group"
"""
MERGE_LABEL = 'labels.Actor.merge = "Claim"\n'
SPLIT = """
[labels.Claim.split]
by = "kind"
into = { demand = "Demand", causal = "Cause", factual = "Fact", prediction = "Guess", evaluation = "Verdict" }
else = "Claim"
"""


def results(chance: random.Random) -> list[dict]:
    """Rows as annotators make them, with some of their mistakes."""
    made: list[dict] = []
    regions = [f"r{number}" for number in range(chance.randrange(1, 7))]

    def choose(region: str, control: str, values: list[str], kind: str = "choices", **place: object) -> None:
        value = {**place, kind: values}
        made.append({"id": region, "from_name": control, "to_name": "text", "origin": "manual",
                     "type": "textarea" if kind == "text" else kind, "value": value})  # fmt: skip

    for region in regions:
        start = chance.randrange(len(TEXT) - 10)
        place = {"start": start, "end": start + 9, "text": TEXT[start : start + 9]}
        label = chance.choice(["Actor", "Claim"])
        choose(region, "span", [label], "labels", **place)
        made[-1]["type"] = "labels"
        if label == "Actor":
            choose(region, "actor_type", [chance.choice(["person", "ngo", "group"])], **place)
            if chance.random() < 0.5:
                choose(region, "actor_name", ["A", "B"][: chance.randrange(1, 3)], "text", start=start, end=start + 9)
        else:
            kinds = ["demand", "causal", "factual", "unheard"]
            choose(region, "claim_kind", chance.sample(kinds, chance.choice([1, 1, 1, 2])), **place)
            choose(region, "claim_quotation", ["none"], **place)
            topics = ["housing", "justice", "other", "economy"]
            choose(region, "claim_topics", chance.sample(topics, chance.randrange(1, 4)), **place)
    for name in ("stance_congestion_charge", "stance_rent_cap"):
        choose(name, name, ["neutral"])
    choose("note", "note", ["one", "two"][: chance.randrange(1, 3)], "text")
    for _ in range(chance.randrange(4)):
        ends = {"from_id": chance.choice(regions), "to_id": chance.choice(regions)}
        labels = chance.sample(["supports", "opposes", "neutral", "unclear"], chance.choice([1, 1, 2]))
        made.append({**ends, "type": "relation", "direction": "right", "labels": labels})
    return made


@pytest.fixture
def raw(workspace: curation.Workspace, tmp_path: Path) -> dict[str, list[dict]]:
    """Forty annotations by two people, which the workspace has pulled, by id."""
    chance = random.Random(20260302)
    items = [json.loads(export(results(chance), results(chance), number=number))[0] for number in range(1, 21)]
    (tmp_path / "export.json").write_text(json.dumps(items))
    workspace.pull_file(tmp_path / "export.json")
    return {one["unique_id"]: one["result"] for item in items for one in item["annotations"]}


def read_today(workspace: curation.Workspace) -> dict[str, list[dict]]:
    """The rows as they are read, which is what would be sent to a server."""
    task = workspace.task()
    with Store(workspace.path) as store:
        return {
            one.id: list(reading(store, task, Revision(one.id, one.revision, one.raw, one.context), None).raw["result"])
            for one in store.annotations.all()
        }


@pytest.mark.parametrize("text", [DROP, DROP_LABEL, DROP_CLAIM])
def test_what_a_drop_loses_is_what_was_said(workspace, raw, tmp_path, text):
    path = tmp_path / "map.toml"
    path.write_text(text)
    before = said(raw)
    assert said(read_today(workspace)) == before
    weighed = workspace.migrate(path, dry_run=True).here
    done = workspace.migrate(path, yes=True).here
    assert done.losses == weighed.losses
    gone = fewer(before, said(read_today(workspace)))
    assert told(done.losses) == gone
    assert sum(gone.values()) > 50
    workspace.undo_migration()
    assert read_today(workspace) == raw


def test_what_a_merge_loses_is_what_was_said(workspace, raw, tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(MERGE)
    before = said(raw)
    weighed = workspace.migrate(path, dry_run=True).here
    assert workspace.migrate(path, yes=True).here.losses == weighed.losses
    after = said(read_today(workspace))
    merged = told(weighed.losses, "merged")
    assert merged == {
        "mention": 0,
        "value": named(before["value"], "justice", "ngo"),
        "relation": named(before["relation"], "neutral"),
    }
    # Two values or relations that have become one are the only ones that are less.
    both = sum(
        {(annotation, region, one) for one in ("justice", "other")} <= before["value"].keys()
        for annotation, region in {key[:2] for key in before["value"]}
    )
    arrows = [set(row["labels"]) for rows in raw.values() for row in rows if row["type"] == "relation"]
    assert fewer(before, after) == {
        "mention": 0, "value": both, "relation": sum({"neutral", "unclear"} <= one for one in arrows),
    }  # fmt: skip
    assert told(weighed.losses) == {"mention": 0, "value": 0, "relation": 0}


def test_a_merged_label_leaves_its_own_fields(workspace, raw, tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(MERGE_LABEL)
    before = said(raw)
    weighed = workspace.migrate(path, dry_run=True).here
    workspace.migrate(path, yes=True)
    assert told(weighed.losses, "merged")["mention"] == named(before["mention"], "Actor")
    assert told(weighed.losses) == fewer(before, said(read_today(workspace)))


def test_a_split_loses_what_no_label_says(workspace, raw, tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(SPLIT)
    before = said(raw)
    weighed = workspace.migrate(path, dry_run=True).here
    workspace.migrate(path, yes=True)
    after = said(read_today(workspace))
    # The value that decided is said by the new label from then on.
    decided = sum(after["mention"].total() and key[-1] in ("Demand", "Cause", "Fact") for key in after["mention"])
    left = fewer(before, after)
    assert (left["mention"], left["relation"]) == (0, 0)
    assert told(weighed.losses)["value"] == left["value"] - decided
    assert named(before["value"], "unheard") <= told(weighed.losses)["value"]


def test_annotations_that_will_be_at_fault_are_counted(workspace, raw, tmp_path):
    path = tmp_path / "map.toml"
    path.write_text("labels.Actor.attributes.type.values.group.drop = true\n")
    before = {one.annotation for one in workspace.validate().findings if one.code == "F_REQUIRED_MISSING"}
    weighed = workspace.migrate(path, dry_run=True).here
    workspace.migrate(path, yes=True)
    found = {one.annotation for one in workspace.validate().findings if one.code == "F_REQUIRED_MISSING"}
    groups = {
        annotation
        for annotation, rows in raw.items()
        for row in rows
        if row["type"] == "choices" and row["value"]["choices"] == ["group"]
    }
    # Nothing is told of mentions that are to be deleted anyway.
    assert 3 < len(found - before) <= len(groups)
    assert found - before <= groups
    assert weighed.faults == {"F_REQUIRED_MISSING": len(found - before)}
