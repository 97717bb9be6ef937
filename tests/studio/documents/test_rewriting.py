"""What a migration does to rows and records: names alone, by an oracle and by properties."""

from __future__ import annotations

import copy
import tomllib
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.catalog.migrated import changed_task
from curation.catalog.migration import plan
from curation.catalog.tasks import task_of
from curation.studio.decode import Item, decode
from curation.studio.interface import check_interface
from curation.studio.reconfiguring import reconfigure
from curation.studio.rewriting import Rewriter, with_origins

TEXT = "The council says that rents will rise.\n\nTenants say no, and want a cap \U0001f3e0 at once."
SPLIT = 'labels.Claim.split = { by = "kind", into = { demand = "Demand" }, else = "Claim" }'
MERGE = 'relations.neutral.merge = "unclear"\nlabels.Claim.attributes.topics.values.justice.merge = "other"'
DROP = "labels.Claim.attributes.quotation.drop = true\nchoices.note.drop = true"
SWAP = 'labels.Actor.rename = "Claim"\nlabels.Claim.rename = "Actor"'
RENAME = """
labels.Actor.rename = "Party"
labels.Claim.attributes.topics.rename = "subjects"
labels.Claim.attributes.topics.values.housing.rename = "homes"
relations.supports.rename = "backs"
choices.stance_rent_cap.rename = "stance_rents"
choices.stance_rent_cap.values.favor.rename = "for"
"""
BACK = """
labels.Party.rename = "Actor"
labels.Claim.attributes.subjects.rename = "topics"
labels.Claim.attributes.subjects.values.homes.rename = "housing"
relations.backs.rename = "supports"
choices.stance_rents.rename = "stance_rent_cap"
choices.stance_rents.values.for.rename = "favor"
"""


def rewriter(task, text: str, document: Mapping[str, Any] | None = None) -> Rewriter:
    """A map's rewriter, of the flagship or of a task of its making."""
    before = document or tomllib.loads((task.folder / "task.toml").read_text(encoding="utf-8"))
    made = plan(tomllib.loads(text), before)
    return Rewriter(made, task_of(task.folder, before), task_of(task.folder, changed_task(made, before)))


def after(task, text: str) -> Mapping[str, Any]:
    before = tomllib.loads((task.folder / "task.toml").read_text(encoding="utf-8"))
    return changed_task(plan(tomllib.loads(text), before), before)


def span(region: str, label: str, start: int, end: int) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}
    return {"id": region, "from_name": "span", "to_name": "text", "type": "labels", "origin": "manual", "value": value}


def choice(region: str, control: str, values: list[str], **value: Any) -> dict[str, Any]:
    return {"id": region, "from_name": control, "to_name": "text", "type": "choices", "origin": "manual",
            "value": {**value, "choices": values}}  # fmt: skip


@st.composite
def results(draw) -> list[dict[str, Any]]:
    """Rows of the flagship task, with mistakes that annotators make."""
    rows: list[dict[str, Any]] = []
    ids = [f"m{number}" for number in range(draw(st.integers(0, 5)))]
    for region in ids:
        start = draw(st.integers(0, len(TEXT) - 2))
        end = draw(st.integers(start + 1, len(TEXT)))
        label = draw(st.sampled_from(["Actor", "Claim", "Claim", "Unheard"]))
        rows.append(span(region, label, start, end))
        place = {"start": start, "end": end}
        if label == "Claim":
            kinds = st.sampled_from(["demand", "factual", "causal", "odd"])
            rows.append(choice(region, "claim_kind", [draw(kinds)], **place))
            rows.append(choice(region, "claim_quotation", ["none"], **place))
            topics = st.lists(st.sampled_from(["housing", "justice", "other", "odd"]), unique=True, min_size=1)
            rows.append(choice(region, "claim_topics", draw(topics), **place))
        elif draw(st.booleans()):
            rows.append(choice(region, draw(st.sampled_from(["actor_type", "nowhere"])), ["person"], **place))
    stances = st.sampled_from(["favor", "against", "neutral", "odd"])
    rows.append(choice("s", "stance_rent_cap", [draw(stances)]))
    note = {"id": "n", "from_name": "note", "to_name": "text", "type": "textarea", "value": {"text": ["favor"]}}
    rows += [{**note, "origin": "manual"}] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 4)) if ids else 0):
        labels = draw(st.sampled_from([["supports"], ["neutral"], ["unclear"], [], ["odd"]]))
        ends = {"from_id": draw(st.sampled_from(ids)), "to_id": draw(st.sampled_from([*ids, "lost"]))}
        rows.append({**ends, "type": "relation", "direction": draw(st.sampled_from(["right", "left", "bi"])),
                     **({"labels": labels} if labels else {})})  # fmt: skip
    return draw(st.permutations(rows))


def kinds(rows: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    """How many rows of each type there are at which place: what no rename may change."""
    return Counter((row["type"], row.get("id"), row.get("value", {}).get("start"), row.get("value", {}).get("end"),
                    row.get("value", {}).get("text") if row["type"] == "labels" else None) for row in rows)  # fmt: skip


@given(results())
def test_a_rename_and_its_inverse_are_nothing(task, result):
    there = rewriter(task, RENAME).rows(result)
    back = rewriter(task, BACK, after(task, RENAME)).rows(there.rows)
    assert back.rows == result
    assert not there.losses
    assert kinds(there.rows) == kinds(result)


@given(results())
def test_a_swap_twice_is_nothing(task, result):
    once = rewriter(task, SWAP).rows(result).rows
    labels = [row["value"]["labels"][0] for row in result if row["type"] == "labels"]
    assert [row["value"]["labels"][0] for row in once if row["type"] == "labels"] == [
        {"Actor": "Claim", "Claim": "Actor"}.get(label, label) for label in labels
    ]
    assert rewriter(task, SWAP, after(task, SWAP)).rows(once).rows == result


@given(results())
def test_a_merge_again_changes_nothing(task, result):
    once = rewriter(task, MERGE).rows(result)
    twice = rewriter(task, MERGE).rows(once.rows)
    assert twice.rows == once.rows
    assert not twice.changes
    assert kinds(once.rows) == kinds(result)
    merged = sum(row.get("labels") == ["neutral"] for row in result)
    assert once.changes[("relation", "neutral", "unclear")] == merged


@given(results(), st.sampled_from([RENAME, SWAP, SPLIT, MERGE, DROP]))
def test_nothing_else_in_the_rows_changes(task, result, text):
    given_rows = copy.deepcopy(result)
    moved = rewriter(task, text).rows(result)
    assert result == given_rows
    for row, origin in zip(moved.rows, moved.origin, strict=True):
        old = result[origin]
        changed = {key for key in old.keys() | row.keys() if old.get(key) != row.get(key)}
        assert changed <= {"value", "from_name", "labels"}
        values = (old.get("value", {}), row.get("value", {}))
        assert {key for key in values[0].keys() | values[1].keys() if values[0].get(key) != values[1].get(key)} <= {
            "labels", "choices",
        }  # fmt: skip


@given(results())
def test_a_split_goes_by_the_value(task, result):
    moved = rewriter(task, SPLIT).rows(result)
    kind = {row["id"]: row["value"]["choices"] for row in result if row.get("from_name") == "claim_kind"}
    old = {row["id"]: row["value"]["labels"] for row in result if row["type"] == "labels"}
    for row in moved.rows:
        if row["type"] == "labels":
            demanded = old[row["id"]] == ["Claim"] and kind.get(row["id"]) == ["demand"]
            assert row["value"]["labels"] == (["Demand"] if demanded else old[row["id"]])
        if row.get("from_name") == "demand_topics":
            assert kind[row["id"]] == ["demand"]
    assert not moved.losses


@given(results(), st.sampled_from([RENAME, SWAP, SPLIT, MERGE, DROP, 'labels.Actor.merge = "Claim"']))
def test_records_and_rows_are_changed_alike(task, schemas, result, text):
    result = [row for row in result if row.get("value", {}).get("labels") != ["Unheard"]]
    item, raw = Item("a1", "art", TEXT, "annotator-01"), {"id": 1, "was_cancelled": False}
    before = tomllib.loads((task.folder / "task.toml").read_text(encoding="utf-8"))
    work, later = rewriter(task, text), task_of(task.folder, changed_task(plan(tomllib.loads(text), before), before))
    record = decode({**raw, "result": result}, item=item, task=task, schemas=schemas).record
    moved, _, _ = work.record(record)
    read = decode({**raw, "result": work.rows(result).rows}, item=item, task=later, schemas=schemas).record
    assert (moved.mentions, moved.choices, moved.relations) == (read.mentions, read.choices, read.relations)


def test_findings_point_to_the_rows_as_they_were(task, schemas):
    result = [
        choice("c", "claim_quotation", ["none"], start=0, end=3),
        span("c", "Claim", 0, 3),
        choice("x", "nowhere", ["a"]),
    ]
    moved = rewriter(task, DROP).rows(result)
    assert moved.origin == (1, 2)
    item = Item("a1", "art", TEXT, "annotator-01")
    found = decode({"id": 1, "result": moved.rows}, item=item, task=task, schemas=schemas).problems
    assert [one.json_pointer for one in with_origins(found, moved.origin)] == ["/result/2/from_name"]


def test_a_dropped_label_takes_its_attributes_and_relations_along(task):
    text = "labels.Claim.drop = true\n" + "\n".join(
        f"relations.{name}.drop = true" for name in ("supports", "opposes", "neutral", "unclear", "continues")
    )
    rows = [span("a", "Actor", 0, 3), span("c", "Claim", 4, 9), choice("c", "claim_kind", ["causal"], start=4, end=9)]
    rows.append({"from_id": "a", "to_id": "c", "type": "relation", "direction": "right", "labels": ["supports"]})
    moved = rewriter(task, text).rows(rows)
    assert moved.rows == rows[:1]
    assert dict(moved.losses) == {
        "mention Claim, dropped": 1,
        "value of Claim.kind, dropped with its mention": 1,
        "relation whose mention is dropped": 1,
    }


def test_a_relation_is_split_by_an_end(task):
    text = 'relations.supports.split = { by = "source.type", into = { person = "backs" }, else = "supports" }'
    rows = [span("a", "Actor", 0, 3), choice("a", "actor_type", ["person"], start=0, end=3), span("c", "Claim", 4, 9)]
    arrow = {"from_id": "a", "to_id": "c", "type": "relation", "direction": "right", "labels": ["supports"]}
    turned = {**arrow, "from_id": "c", "to_id": "a", "direction": "left"}
    moved = rewriter(task, text).rows([*rows, arrow, turned, {**arrow, "from_id": "c"}])
    assert [row["labels"] for row in moved.rows[3:]] == [["backs"], ["backs"], ["supports"]]


@pytest.mark.parametrize("text", [RENAME, SWAP, SPLIT, MERGE, DROP, 'labels.Actor.merge = "Claim"'])
def test_the_interface_follows_the_declaration(task, tmp_path, text):
    before = tomllib.loads((task.folder / "task.toml").read_text(encoding="utf-8"))
    made = plan(tomllib.loads(text), before)
    new, _ = reconfigure(task.interface, made, task, task_of(tmp_path, changed_task(made, before)))
    (tmp_path / "interface.xml").write_text(new, encoding="utf-8")
    assert check_interface(task_of(tmp_path, changed_task(made, before))) == []
    # Styles, texts and layout are not touched.
    assert new[: new.index("<Relations")] == task.interface[: task.interface.index("<Relations")]


def test_an_interface_goes_there_and_back_byte_for_byte(task, tmp_path):
    before = tomllib.loads((task.folder / "task.toml").read_text(encoding="utf-8"))
    there, back = plan(tomllib.loads(RENAME), before), plan(tomllib.loads(BACK), after(task, RENAME))
    middle = task_of(tmp_path, after(task, RENAME))
    new, _ = reconfigure(task.interface, there, task, middle)
    assert new != task.interface
    assert reconfigure(new, back, middle, task)[0] == task.interface
