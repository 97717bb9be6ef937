"""Migrations of a whole workspace: counted, applied, read, interrupted, and taken back to the byte."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import curation
from curation.catalog import load_task
from curation.errors import CurationError, Exit
from curation.store import Store
from curation.studio.migrating import result_hash
from curation.studio.screens import interface_version, keep_screen
from curation.workspace import migration
from tests.workspace.annotated import TEXT, export, files, rows, state

SPLIT = """
task = "news-stance"
[labels]
Actor.rename = "Party"
Claim.split = { by = "kind", into = { demand = "Demand" }, else = "Claim" }
"""
LOSSY = 'relations.opposes.merge = "unclear"\nchoices.note.drop = true\n'
SWAP = 'labels.Actor.rename = "Claim"\nlabels.Claim.rename = "Actor"\n'


def test_a_dry_run_counts_what_then_happens_and_changes_nothing(study, map_):
    before, there = files(study), state(study)
    weighed = study.migrate(map_(SPLIT), dry_run=True).here
    assert (files(study), state(study)) == (before, there)
    assert (weighed.annotations, weighed.articles, weighed.suggestions, weighed.applied) == (2, 1, 1, False)
    counts = {(one.kind, one.old, one.new): one.count for one in weighed.changes}
    assert counts[("label", "Actor", "Party")] == 5
    assert counts[("label", "Claim", "Demand")] == 2
    assert weighed.losses == {}
    done = study.migrate(map_(SPLIT)).here
    assert done == replace(weighed, dry_run=False, applied=True, number=1)
    changed = {name.removeprefix("news-stance/") for name, data in files(study).items() if data != before[name]}
    assert changed == set(done.files)


def test_annotations_are_read_in_the_new_names_and_their_raw_documents_stay(study, map_):
    before = state(study)
    study.migrate(map_(SPLIT))
    after = state(study)
    assert after["raw"] == before["raw"]
    record, old = after["records"]["annotation-1-1"], before["records"]["annotation-1-1"]
    assert [one.label for one in record.mentions] == ["Party", "Claim", "Party", "Demand"]
    assert "kind" not in record.mentions[3].attributes
    assert [(one.start, one.end, one.text) for one in record.mentions] == [
        (one.start, one.end, one.text) for one in old.mentions
    ]
    assert record.relations == old.relations
    assert after["suggestions"][0].mentions[0].label == "Party"
    report = study.validate()
    assert (report.valid, report.quarantined) == (2, 0)


def test_taking_it_back_is_exact(study, map_):
    before, there = files(study), state(study)
    study.migrate(map_(SPLIT))
    assert study.undo_migration().here.applied
    assert (files(study), state(study)) == (before, there)
    with pytest.raises(CurationError, match="no migration"):
        study.undo_migration()
    assert study.migrate(map_(SPLIT)).here.applied


def test_what_was_edited_since_can_be_put_back_and_the_migration_then_too(study, map_, run):
    before = files(study)
    study.migrate(map_(SPLIT))
    codebook = study.root.folder("tasks") / "news-stance" / "codebook.md"
    version = next(one.version for one in study.versions().versions if one.kind == "codebook" and one.current)
    with codebook.open("a", encoding="utf-8") as file:
        file.write("\nWritten by hand.\n")
    ran = run("task", "migrate", "--undo", "-w", study.path)
    assert (ran.exit, "codebook.md of news-stance was edited" in ran.err) == (Exit.CONFLICT, True)
    assert "curation task versions --show" in ran.err
    codebook.write_text(run("task", "versions", "-w", study.path, "--show", version).out, encoding="utf-8")
    assert "files of examples and samples" in run("task", "migrate", "--undo", "-w", study.path).out
    assert files(study) == before


def foreign(rows_: list[dict]) -> list[dict]:
    """The rows as they come from a HyperText object."""
    made = json.loads(json.dumps(rows_))
    for row in made:
        value = row.get("value", {})
        if "start" in value:
            start, end = value.pop("start"), value.pop("end")
            path = {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "startOffset": start, "endOffset": end}
            value |= {**path, "globalOffsets": {"start": start, "end": end}}
        if row["type"] == "labels":
            row["type"] = "hypertextlabels"
            value["hypertextlabels"] = value.pop("labels")
    return made


def test_spans_of_other_objects_follow(study, map_, tmp_path):
    item = json.loads(export(foreign(rows()), number=2))
    item[0]["data"]["page"] = f"<p>{TEXT}</p>"
    (tmp_path / "page.json").write_text(json.dumps(item))
    study.pull_file(tmp_path / "page.json")
    study.migrate(map_(SPLIT))
    with Store(study.path) as store:
        (record,) = (one.record for one in store.annotations.all() if one.raw.get("id") == 21)
    assert record is not None
    assert [mention.label for mention in record.mentions] == ["Party", "Claim", "Party", "Demand"]


def test_each_label_of_a_span_keeps_its_values(study, map_, tmp_path):
    """Two labels are a fault; none of what was said with them is lost by a change of something else."""
    double = rows()
    double[0]["value"]["labels"] = ["Claim", "Actor"]
    (tmp_path / "double.json").write_text(export(double, number=2))
    study.pull_file(tmp_path / "double.json")
    before = files(study)
    done = study.migrate(map_('relations.supports.rename = "backs"')).here
    assert not done.losses
    name = "news-stance/examples/invalid/cardinality-label-both.json"
    assert files(study)[name] == before[name].replace(b'"supports"', b'"backs"')
    done = study.migrate(map_('labels.Actor.merge = "Claim"'), dry_run=True).here
    assert done.losses["mention Actor, no longer told from other Claim"] == 7


def test_a_map_that_changes_nothing_is_refused(study, map_):
    for text in ("", 'note = "x"', 'relations.supports.rename = "supports"'):
        with pytest.raises(CurationError, match="changes nothing"):
            study.migrate(map_(text))


def test_a_name_that_conditions_cannot_hold_is_refused(study, map_):
    before = files(study)
    for text in ('labels.Actor.rename = "Person, party"', SPLIT.replace('"Demand"', '"De,mand"')):
        with pytest.raises(CurationError, match="without a comma") as caught:
            study.migrate(map_(text))
        assert caught.value.code == "E_MIGRATION_MAP"
    assert files(study) == before


def test_a_dry_run_after_it_says_that_there_is_nothing_to_do(study, map_, run):
    path = map_(SPLIT)
    study.migrate(path)
    ran = run("task", "migrate", str(path), "--dry-run", "-w", str(study.path))
    assert ran.out.startswith("nothing to do")
    ran = run("task", "migrate", "--undo", "--dry-run", "-w", str(study.path))
    assert "would be taken back" in ran.out


def test_the_same_map_again_does_nothing(study, map_):
    study.migrate(map_(SPLIT))
    before, there = files(study), state(study)
    again = study.migrate(map_(SPLIT)).here
    assert (again.applied, again.files) == (False, ())
    assert (files(study), state(study)) == (before, there)


def test_what_would_lose_something_needs_a_yes(study, map_, run):
    before, there = files(study), state(study)
    ran = run("task", "migrate", map_(LOSSY), "-w", study.path, "--json")
    assert ran.exit == Exit.CONFLICT
    assert ran.json["error"] == "E_MIGRATION_LOSSY"
    assert "2 x relation opposes, no longer told from other unclear" in ran.json["message"]
    assert "2 x value of note, dropped" in ran.json["message"]
    assert (files(study), state(study)) == (before, there)
    ran = run("task", "migrate", map_(LOSSY), "-w", study.path, "--yes", "--json")
    assert ran.exit == Exit.OK
    assert ran.json["here"]["losses"] == {
        "relation opposes, no longer told from other unclear": 2, "value of note, dropped": 2,
    }  # fmt: skip
    record = state(study)["records"]["annotation-1-1"]
    assert [one.label for one in record.relations] == ["supports", "supports", "unclear"]
    assert "note" not in record.choices
    assert study.validate().quarantined == 0
    study.undo_migration()
    assert (files(study), state(study)) == (before, there)


def test_a_swap_is_read_once(study, map_, tmp_path):
    there = state(study)["records"]["annotation-1-1"]
    study.migrate(map_(SWAP))
    study.validate()
    record = state(study)["records"]["annotation-1-1"]
    assert [one.label for one in record.mentions] == ["Claim", "Actor", "Claim", "Actor"]
    # A second swap leads back, whatever was taken in between is read under what came after it alone.
    other = export(rows(), number=2)
    (tmp_path / "later.json").write_text(other)
    study.pull_file(tmp_path / "later.json")
    later = state(study)["records"]["annotation-2-1"]
    assert [one.label for one in later.mentions] == ["Actor", "Claim", "Actor", "Claim"]
    study.migrate(map_('version = "3"\n' + SWAP))
    assert [one.label for one in state(study)["records"]["annotation-1-1"].mentions] == [
        one.label for one in there.mentions
    ]
    assert [one.label for one in state(study)["records"]["annotation-2-1"].mentions] == [
        "Claim", "Actor", "Claim", "Actor",
    ]  # fmt: skip


def test_old_names_that_come_in_later_are_read_in_the_new_ones(study, map_, tmp_path):
    study.migrate(map_(SPLIT))
    (tmp_path / "later.json").write_text(export(rows(), number=2))
    study.pull_file(tmp_path / "later.json")
    record = state(study)["records"]["annotation-2-1"]
    assert [one.label for one in record.mentions] == ["Party", "Claim", "Party", "Demand"]


def test_old_names_among_new_ones_are_read_in_the_new_ones(study, map_, tmp_path):
    study.migrate(map_(SPLIT))
    mixed = json.loads(json.dumps(rows()).replace('"Actor"', '"Party"', 1))
    (tmp_path / "later.json").write_text(export(mixed, number=2))
    study.pull_file(tmp_path / "later.json")
    record = state(study)["records"]["annotation-2-1"]
    assert record.interface is None
    assert [one.label for one in record.mentions] == ["Party", "Claim", "Party", "Demand"]


def test_what_was_sent_in_the_new_names_is_not_read_anew(study, map_, tmp_path):
    study.migrate(map_(SWAP))
    sent = rows()
    with Store(study.path) as store, store.transaction():
        keep = store.versions
        first = keep.all("news-stance", "interface")[0].version
        keep.show("file", 1, "interface", first, datetime(2026, 3, 1, tzinfo=UTC))
        keep.note_rewritten(1, "annotation-2-1", result_hash(sent), [])
    (tmp_path / "later.json").write_text(export(sent, sent, number=2))
    study.pull_file(tmp_path / "later.json")
    records = state(study)["records"]
    assert records["annotation-2-1"].mentions[0].label == "Actor"
    assert records["annotation-2-2"].mentions[0].label == "Claim"


def test_an_annotation_that_names_little_keeps_its_version(study, map_, tmp_path):
    (tmp_path / "later.json").write_text(export(rows()[-7:-5], number=2))
    study.pull_file(tmp_path / "later.json")
    before = state(study)
    version = before["records"]["annotation-2-1"].interface
    assert version is not None
    study.migrate(map_(SPLIT))
    assert state(study)["records"]["annotation-2-1"].interface == version
    study.undo_migration()
    assert state(study) == before


def test_an_annotation_knows_the_screen_that_it_was_made_with(study, map_, tmp_path):
    task = study.task()
    old = interface_version(task.interface)
    with Store(study.path) as store:
        keep_screen(store, task, "file", 1, task.interface, datetime(2026, 3, 1, tzinfo=UTC))
    study.migrate(map_(SWAP))
    new = interface_version(study.task().interface)
    with Store(study.path) as store:
        keep_screen(store, study.task(), "file", 1, study.task().interface, datetime(2026, 3, 5, tzinfo=UTC))
    for number, at in ((2, "2026-03-04T10:00:00Z"), (3, "2026-03-06T10:00:00Z")):
        (tmp_path / "later.json").write_text(export(rows(), number=number, at=at))
        study.pull_file(tmp_path / "later.json")
    records = state(study)["records"]
    assert (records["annotation-2-1"].interface, records["annotation-3-1"].interface) == (old, new)
    assert records["annotation-2-1"].mentions[0].label == "Claim"
    assert records["annotation-3-1"].mentions[0].label == "Actor"


def test_a_name_that_is_gone_is_told_with_the_way_to_mend_it(study, tmp_path):
    task = study.task()
    with Store(study.path) as store:
        keep_screen(store, task, "file", 1, task.interface, datetime(2026, 3, 1, tzinfo=UTC))
    for name in ("interface.xml", "task.toml"):
        path = task.folder / name
        path.write_text(path.read_text().replace("Claim", "Statement"))
    report = study.validate()
    unknown = [one for one in report.findings if one.code == "F_LABEL_UNKNOWN"]
    assert len(unknown) == 4
    assert all("'Claim' was known to the interface that it was made with" in one.message for one in unknown)
    assert all("curation task migrate" in one.fix for one in unknown)


def test_what_is_interrupted_is_ended_by_the_same_map(study, map_, monkeypatch):
    before, there = files(study), state(study)

    def dies(folder, files):
        raise KeyboardInterrupt

    monkeypatch.setattr(migration, "write_files", dies)
    with pytest.raises(KeyboardInterrupt):
        study.migrate(map_(SPLIT))
    monkeypatch.undo()
    assert files(study) == before
    with pytest.raises(CurationError, match="was interrupted") as caught:
        study.migrate(map_('relations.supports.rename = "backs"'))
    assert (caught.value.code, "--undo" in caught.value.fix) == ("E_MIGRATION_EDITED", True)
    assert files(study) == before
    assert study.migrate(map_(SPLIT)).here.applied
    assert study.validate().quarantined == 0
    study.undo_migration()
    assert (files(study), state(study)) == (before, there)


def test_a_workspace_of_an_earlier_version_can_be_migrated(study, map_, tmp_path):
    schemas = study.path / "schemas"
    (schemas / "migration.json").unlink()
    annotation = json.loads((schemas / "annotation.json").read_text())
    del annotation["properties"]["interface"], annotation["properties"]["codebook"]
    (schemas / "annotation.json").write_text(json.dumps(annotation))
    study = curation.open(study.path)
    assert study.migrate(map_(SPLIT)).here.applied
    (tmp_path / "later.json").write_text(export(rows(), number=2))
    study.pull_file(tmp_path / "later.json")
    assert "F_RECORD_SCHEMA" not in study.validate().by_code


def test_settings_that_use_an_old_name_are_named(study, map_):
    settings = study.path / "curation.toml"
    settings.write_text(settings.read_text() + '\n[ingest.labels]\nSource = "Actor"\n')
    report = curation.open(study.path).migrate(map_(SPLIT), dry_run=True).here
    assert "curation.toml, ingest.labels: it names Actor" in report.by_hand


def test_an_edit_since_is_not_lost(study, map_):
    study.migrate(map_(SPLIT))
    path = study.task().folder / "codebook.md"
    path.write_text(path.read_text() + "\nMore.\n")
    with pytest.raises(CurationError) as caught:
        study.undo_migration()
    assert caught.value.code == "E_MIGRATION_EDITED"
    assert "codebook.md" in caught.value.message


@pytest.mark.parametrize("text", [SPLIT, SWAP])
def test_annotations_in_the_new_names_keep_a_migration(study, map_, tmp_path, text):
    """Taken back, their names would be unknown, or mean something else."""
    study.migrate(map_(text))
    with Store(study.path) as store:
        keep_screen(store, study.task(), "file", 1, study.task().interface, datetime(2026, 3, 5, tzinfo=UTC))
    made = rows() if text == SWAP else json.loads(json.dumps(rows()).replace('"Actor"', '"Party"'))
    (tmp_path / "later.json").write_text(export(made, number=2, at="2026-03-06T10:00:00Z"))
    study.pull_file(tmp_path / "later.json")
    before, there = files(study), state(study)
    with pytest.raises(CurationError) as caught:
        study.undo_migration()
    assert (caught.value.code, "leads back" in caught.value.fix) == ("E_MIGRATION_EDITED", True)
    assert "1 annotation came in with its new names, such as annotation-2-1" in caught.value.message
    assert (files(study), state(study)) == (before, there)


def test_migrations_add_up(study, map_):
    study.migrate(map_(SPLIT))
    study.migrate(map_('labels.Demand.rename = "Wish"\nlabels.Party.attributes.type.rename = "sort"\n'))
    record = state(study)["records"]["annotation-1-1"]
    assert [one.label for one in record.mentions] == ["Party", "Claim", "Party", "Wish"]
    assert record.mentions[0].attributes["sort"] == "person"
    assert study.undo_migration().here.number == 2
    assert [one.label for one in state(study)["records"]["annotation-1-1"].mentions][3] == "Demand"


def built(study) -> dict[str, pa.Table]:
    """The exported tables, by config, of which each has one split here."""
    study.validate()
    study.build("news-stance")
    return {path.parent.name: pq.read_table(path) for path in (study.path / "build").rglob("*.parquet")}


def classes(table: pa.Table, *path: str) -> list[str]:
    """The class names of a column, by id, as `datasets` finds them in the file."""
    found = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    for key in path:
        found = found.get("feature", found)
        found = found[key]
    found = found.get("feature", found)
    return found["names"]


def test_gold_and_exports_follow(study, map_):
    before = built(study)
    study.migrate(map_(SPLIT))
    after = built(study)
    ((old,), (new,)) = (tables["gold"].to_pylist() for tables in (before, after))
    names = [classes(tables["gold"], "mentions", "label") for tables in (before, after)]
    assert names == [["Actor", "Claim"], ["Party", "Claim", "Demand"]]
    assert [one["label"] for one in old["mentions"]] == [0, 1, 1, 0]
    assert [one["label"] for one in new["mentions"]] == [0, 1, 2, 0]
    kinds = classes(after["gold"], "mentions", "attributes", "claim_kind")
    assert kinds == classes(before["gold"], "mentions", "attributes", "claim_kind")
    assert [one["attributes"]["claim_kind"] for one in new["mentions"]] == [None, kinds.index("causal"), None, None]
    for key in ("start", "end", "text", "id"):
        assert [one[key] for one in new["mentions"]] == [one[key] for one in old["mentions"]]
    for key in ("relations", "method", "annotators", "stance_rent_cap", "stance_congestion_charge"):
        assert new[key] == old[key]
    assert new["relations"]
    assert not any(b"Actor" in table.schema.metadata[b"huggingface"] for table in after.values())


def test_class_ids_of_exports_stay(study, map_):
    before = built(study)
    text = (
        'relations.supports.rename = "backs"\nrelations.neutral.drop = true\n'
        "choices.stance_congestion_charge.values.favor.drop = true\n"
        'labels.Actor.attributes.type.values.party.merge = "group"\n'
    )
    study.migrate(map_(text), yes=True)
    after = built(study)
    for path, renamed in (
        (("relations", "label"), {"supports": "backs"}),
        (("stance_congestion_charge",), {}),
        (("mentions", "attributes", "actor_type"), {}),
    ):
        old = classes(before["gold"], *path)
        assert classes(after["gold"], *path) == [renamed.get(name, name) for name in old]
    assert classes(after["stance"], "label") == classes(before["stance"], "label")
    ((old,), (new,)) = (tables["gold"].to_pylist() for tables in (before, after))
    assert new["relations"] == old["relations"]
    assert new["stance_congestion_charge"] == old["stance_congestion_charge"]
    card = next(study.path.rglob("build/**/README.md")).read_text()
    assert "neutral (no longer used)" in card
    study.undo_migration()
    again = built(study)
    assert all(again[name].equals(table, check_metadata=True) for name, table in before.items())


def test_what_names_nothing_but_an_id_is_not_published(study, map_):
    study.migrate(map_('relations.neutral.merge = "unclear"'))
    study.validate()
    with Store(study.path) as store, store.transaction():
        connection = store._connection
        connection.execute("UPDATE annotations SET record = replace(record, '\"opposes\"', '\"neutral\"')")
    with pytest.raises(CurationError, match="no relation 'neutral'") as caught:
        study.build("news-stance")
    assert caught.value.code == "E_EXPORT_STALE"


def test_versions_are_listed_shown_and_compared(study, map_, run):
    old = study.task().interface
    study.migrate(map_('labels.Actor.rename = "Party"\n'))
    ran = run("task", "versions", "-w", study.path, "--json")
    known = [one for one in ran.json["versions"] if one["kind"] == "interface"]
    assert [one["current"] for one in known] == [False, True]
    assert run("task", "versions", "-w", study.path, "--show", known[0]["version"], "--json").json == {"content": old}
    diff = run("task", "versions", "-w", study.path, "--diff", known[0]["version"], known[1]["version"], "--json").json
    assert any(line.startswith("-") and 'value="Actor"' in line for line in diff["diff"])
    assert any(line.startswith("+") and 'value="Party"' in line for line in diff["diff"])
    assert "no version of" in run("task", "versions", "-w", study.path, "--show", "zz").err
    both = run("task", "versions", "-w", study.path, "--show", "zz", "--diff", "zz", "yy")
    assert (both.exit, both.err.count("\n")) == (Exit.USAGE, 1)


@pytest.mark.parametrize("words", [["migrate"], ["migrate", "map.toml", "--undo"], ["migrate", "none.toml"]])
def test_a_call_that_means_nothing_is_refused_in_a_line(study, run, words):
    ran = run("task", *words, "-w", study.path)
    assert ran.exit in (Exit.USAGE, Exit.CONFIG)
    assert ran.err.count("\n") == 1


def test_the_shipped_task_can_be_loaded_after_it(study, map_):
    study.migrate(map_('version = "2"\n' + SPLIT.replace('task = "news-stance"\n', "")))
    assert load_task(study.root, "news-stance").version == "2"
    assert study.check_task().controls == len(study.task().fields) + 1
