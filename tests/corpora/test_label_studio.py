"""Real Label Studio documents, made by people and by mouse: what they hold is read, none of it crashes or is lost."""

from __future__ import annotations

import gzip
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from curation.catalog import Root, load_task
from curation.records import Relation
from curation.store import Store
from curation.studio.decode import Item, decode
from curation.studio.exportfile import pull_file, read_export
from curation.studio.interface import check_interface

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SAMPLES = SHARED / "label_studio"
EXPORTS = SHARED / "corpora" / "ls_exports"
CARBON_LEVY = Path(__file__).with_name("carbon-levy")

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the corpora are not there: no folder {SAMPLES}")


@pytest.fixture(scope="module")
def levy(tmp_path_factory, root):
    """The task that the samples were annotated with; its screen lies beside them."""
    folder = tmp_path_factory.mktemp("levy")
    shutil.copytree(root.folder("schemas"), folder / "schemas")
    shutil.copytree(CARBON_LEVY, folder / "tasks" / "carbon-levy")
    shutil.copy(SAMPLES / "interface.xml", folder / "tasks" / "carbon-levy" / "interface.xml")
    return load_task(Root(folder, is_workspace=False, settings={}))


@pytest.fixture
def pulled(tmp_path, schemas):
    """The workspace after an export was read, and the counts."""
    stores = []

    def call(path, task):
        stores.append(Store(tmp_path))
        result = pull_file(stores[0], task, schemas, path)
        assert pull_file(stores[0], task, schemas, path).nothing_new
        return stores[0], result

    yield call
    for store in stores:
        store.close()


def items(name):
    return list(read_export(SAMPLES / name))


def read(raw, text, task, schemas):
    item = Item("n1", "a1", text, "annotator-01")
    return decode(raw, item=item, task=task, schemas=schemas)


def codes(decoded):
    return Counter(problem.code for problem in decoded.problems)


# The samples


def test_the_declared_task_is_the_one_on_the_screen(levy):
    assert check_interface(levy) == []


@pytest.mark.parametrize(("name", "collapsed"), [("word", 3), ("symbol", 3), ("prewrap", 0)])
def test_every_span_drawn_in_a_text_object_is_exact(name, collapsed, levy, schemas):
    [item] = items(f"edge_text_{name}.json")
    [raw] = item["annotations"]
    decoded = read(raw, item["data"]["text"], levy, schemas)
    assert len(decoded.record.mentions) == 28
    # Runs of white space, which only a screen with white-space: pre-wrap stores as they are.
    assert codes(decoded) == ({"F_TEXT_WHITESPACE": collapsed} if collapsed else {})
    for mention, row in zip(decoded.record.mentions, raw["result"], strict=True):
        assert mention.text == item["data"]["text"][row["value"]["start"] : row["value"]["end"]]
        stored = row["value"]["text"].replace("\\n", " ")
        assert stored.split() == mention.text.replace("\\n", " ").split()


@pytest.mark.parametrize(
    ("name", "tag", "spans"),
    [("edge_hyper", "HyperText", 28), ("edge_hyper_iframe", "HyperText", 28), ("edge_para", "Paragraphs", 26)],
)
def test_spans_of_other_tags_are_recognised_and_named(name, tag, spans, levy, schemas):
    [item] = items(f"{name}.json")
    decoded = read(item["annotations"][0], item["data"]["text"], levy, schemas)
    assert codes(decoded) == {"F_TAG_UNSUPPORTED": spans}
    assert all(tag in problem.message for problem in decoded.problems)
    assert len({problem.region for problem in decoded.problems}) == spans
    assert decoded.record.mentions == ()


def test_a_long_annotation_by_hand_is_read_whole(levy, schemas):
    [item] = items("human_long.json")
    [raw] = item["annotations"]
    decoded = read(raw, item["data"]["text"], levy, schemas)
    assert decoded.problems == ()
    actors, claims = (
        {mention.id: mention for mention in decoded.record.mentions if mention.label == label}
        for label in ("Actor", "Claim")
    )
    names = {mention.text: mention.attributes for mention in actors.values()}
    assert names == {
        "Elena Varga": {"type": "government", "role": ("speaker",), "name": "Elena Varga (Commissioner)"},
        "Axel Brandt": {"type": "person"},
    }
    assert [claim.attributes["type"] for claim in claims.values()] == ["evaluation", "causal"]
    assert decoded.record.choices["stance__carbon_levy"] == "favor"
    drawn = [row for row in raw["result"] if row["type"] == "relation"]
    assert decoded.record.relations == tuple(
        Relation(row["from_id"], row["to_id"], row["labels"][0] if row.get("labels") else None) for row in drawn
    )
    assert len(drawn) == 2
    assert all(one.source in actors and one.target in claims for one in decoded.record.relations)


def test_a_text_with_crlf_and_a_relation_drawn_backwards(levy, schemas):
    [item] = items("human_long.json")
    text = item["data"]["text"].replace("\n", "\r\n")
    rows = json.loads((SAMPLES / "relabel_crlf.json").read_text(encoding="utf-8"))
    decoded = read({"result": rows}, text, levy, schemas)
    assert decoded.problems == ()
    by_text = {mention.text: mention.id for mention in decoded.record.mentions}
    claim = by_text["asking for a pause.\r\n\r\n“Without the levy"]
    assert by_text.keys() >= {"Elena Varga", "Tom Okafor", "Without"}
    assert decoded.record.relations == (
        Relation(claim, by_text["Tom Okafor"], None),
        Relation(by_text["Elena Varga"], by_text["Tom Okafor"], None),
    )


def test_overwritten_cancelled_and_shared_items_are_told_apart(levy, pulled):
    store, result = pulled(SAMPLES / "multi_export.json", levy)
    assert (result.items, result.annotations_new, result.skipped, result.undecodable) == (6, 7, 1, 0)
    stored = list(store.annotations.all())
    assert Counter(one.status for one in stored) == {"submitted": 6, "skipped": 1}
    assert all(not one.problems for one in stored)
    assert len({one.id for one in stored}) == 7
    [first, second] = [one for one in stored if one.context["ls_task"] == 1]
    assert {len(first.record.mentions), len(second.record.mentions)} == {0, 1}
    assert first.annotator != second.annotator


def test_accepted_and_changed_suggestions_are_told_apart(levy, pulled):
    store, _ = pulled(SAMPLES / "pred_accept.json", levy)
    found = {one.status: one.record for one in store.annotations.all()}
    assert found["submitted"].origin == "prediction-changed"
    assert found["skipped"].origin == "prediction"
    assert [relation.label for relation in found["submitted"].relations] == ["supports"]


# Other people's exports


def task_of(folder, root, labels, relations=(), control="label"):
    """A task that declares what an export by others uses."""
    lines = ['name = "others"', 'version = "1"', 'title = "Others"', 'description = "By others."']
    lines += ["[interface]", 'text = "text"', f'labels = "{control}"']
    lines += [f"[labels.{json.dumps(label)}]" for label in labels]
    lines += [
        f"[relations.{json.dumps(name)}]\nfrom = {json.dumps(labels)}\nto = {json.dumps(labels)}" for name in relations
    ]
    task = folder / "tasks" / "others"
    task.mkdir(parents=True)
    shutil.copytree(root.folder("schemas"), folder / "schemas")
    for name, content in (("task.toml", "\n".join(lines)), ("interface.xml", "<View/>"), ("codebook.md", "# Others")):
        (task / name).write_text(content, encoding="utf-8")
    return load_task(Root(folder, is_workspace=False, settings={}))


def unpacked(name, folder):
    path = EXPORTS / name
    if path.suffix != ".gz":
        return path
    plain = folder / path.stem
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    return plain


def rows(path):
    return [
        row
        for item in read_export(path)
        for kind in ("annotations", "drafts")
        for one in item[kind]
        for row in one["result"]
    ]


def labels_in(path):
    return sorted({label for row in rows(path) if row["type"] == "labels" for label in row["value"]["labels"]})


@pytest.mark.parametrize(
    ("name", "annotations", "spans", "mismatches"),
    [("leoka_team_01.json.gz", 389, 3260, 38), ("leoka_team_02.json.gz", 390, 3273, 0)],
)
def test_an_enterprise_export_of_several_annotators(
    name, annotations, spans, mismatches, tmp_path_factory, root, pulled
):
    folder = tmp_path_factory.mktemp("leoka")
    path = unpacked(name, folder)
    store, result = pulled(path, task_of(folder, root, labels_in(path)))
    stored = [one for one in store.annotations.all() if one.status != "draft"]
    assert (result.items, len(stored), result.undecodable) == (130, annotations, 0)
    found = Counter(problem.code for one in stored for problem in one.problems)
    assert sum(len(one.record.mentions) for one in stored) == spans
    assert found["F_TEXT_WHITESPACE"] + found["F_TEXT_MISMATCH"] == mismatches
    # A taxonomy is no field of ours: each says so, and nothing else is amiss.
    assert set(found) <= {"F_TEXT_WHITESPACE", "F_TEXT_MISMATCH", "F_CONTROL_UNKNOWN"}
    assert found["F_CONTROL_UNKNOWN"] == sum(
        row["type"] == "taxonomy" for item in read_export(path) for one in item["annotations"] for row in one["result"]
    )
    assert all(one.annotator and "@" not in one.annotator for one in store.annotations.all())


def test_relations_by_others_are_kept(tmp_path_factory, root, pulled):
    folder = tmp_path_factory.mktemp("karanheera")
    path = unpacked("karanheera_relations.json", folder)
    names = sorted({name for row in rows(path) for name in row.get("labels", ())})
    store, result = pulled(path, task_of(folder, root, labels_in(path), names))
    stored = list(store.annotations.all())
    assert (result.items, result.undecodable) == (100, 0)
    assert sum(len(one.record.mentions) for one in stored) == 239
    assert sum(len(one.record.relations) for one in stored) == 152
    [doubled] = [problem for one in stored for problem in one.problems]
    assert doubled.code == "F_CARDINALITY"
    assert doubled.json_pointer.endswith("/labels")


def test_chinese_spans_by_others_are_exact(tmp_path_factory, root, pulled):
    folder = tmp_path_factory.mktemp("lue01")
    path = unpacked("lue01_zh_spans.json", folder)
    store, result = pulled(path, task_of(folder, root, labels_in(path)))
    stored = list(store.annotations.all())
    assert (result.items, result.drafts, result.undecodable) == (160, 1, 0)
    assert sum(len(one.record.mentions) for one in stored) == 514
    assert [problem for one in stored for problem in one.problems] == []
