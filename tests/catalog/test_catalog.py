"""Roots, schemas and tasks: the right one is found, a wrong one is named with its place."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

import curation
from curation.catalog import Schemas, builtin_root, find_root, init_root, list_tasks, load_export, load_task
from curation.catalog.schemas import DIALECT, examples
from curation.errors import CurationError
from curation.pointers import at_pointer

NAMES = Schemas(builtin_root() / "schemas").names


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", {"a": [10, {"b/c": "x"}], "~": "y", "": "z"}),
        ("/a/0", 10),
        ("/a/1/b~1c", "x"),
        ("/~0", "y"),
        ("/", "z"),
        ("/a/2", None),
        ("/a/-1", None),
        ("/a/²", None),
        ("/b", None),
        ("/a/0/0", None),
    ],
)
def test_a_pointer_leads_to_a_value_or_to_nothing(pointer, found):
    assert at_pointer({"a": [10, {"b/c": "x"}], "~": "y", "": "z"}, pointer) == found


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_describes_itself_and_its_examples_fit(name, schemas):
    document = schemas.document(name)
    assert document["$schema"] == DIALECT
    assert document["$id"] == f"urn:curation:schema:{name}"
    assert document["title"]
    assert document["description"]
    Draft202012Validator.check_schema(document)
    assert examples(document)
    for example in examples(document):
        assert schemas.problems(name, example) == []


def test_the_schemas_that_there_must_be():
    wanted = {"article", "label-studio-annotation", "annotation", "task", "export", "workspace", "finding"}
    wanted |= {f"rows/{config}" for config in ("gold", "annotations", "mentions", "statements", "stance", "tokens")}
    assert wanted <= set(NAMES)


def test_a_remote_reference_is_refused_and_never_fetched(tmp_path, monkeypatch):
    import socket

    def forbidden(*_):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    schema = {"$schema": DIALECT, "$id": "urn:x", "$ref": "http://127.0.0.1:9/other.json"}
    (tmp_path / "x.json").write_text(json.dumps(schema), encoding="utf-8")
    with pytest.raises(CurationError, match="none is fetched") as caught:
        Schemas(tmp_path).problems("x", {})
    assert caught.value.code == "E_DEFINITION"


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"type": "strin"}, "/type"),
        ({"properties": {"a": {"minLength": -1}}}, "/properties/a/minLength"),
        # To jsonschema-rs, which patterns of Rust are read by, this one is well.
        ({"allOf": [{"pattern": r"\p{L}"}]}, "/allOf/0/pattern"),
        ({"patternProperties": {"(": {}}}, "/patternProperties"),
        ({"required": [float("nan")]}, "/required/0"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(tmp_path, schema, place):
    (tmp_path / "x.json").write_text(json.dumps(schema))
    with pytest.raises(SchemaError):
        Draft202012Validator.check_schema(schema)
    with pytest.raises(CurationError, match=rf"x\.json: {place}: ") as caught:
        Schemas(tmp_path).problems("x", "a")
    assert caught.value.code == "E_DEFINITION"


def test_problems_point_at_the_place(schemas):
    example = examples(schemas.document("label-studio-annotation"))[0]
    example["result"][0]["value"]["start"] = "3"
    example["result"][1]["value"]["choices"] = "group"
    assert [problem.pointer for problem in schemas.problems("label-studio-annotation", example)] == [
        "/result/0/value/start",
        "/result/1/value/choices",
    ]


def test_a_newline_does_not_slip_through_the_end_of_a_pattern(schemas):
    article = examples(schemas.document("article"))[0]
    assert schemas.problems("article", {**article, "sha256": article["sha256"] + "\n"})


def test_the_nearest_workspace_is_in_force(tmp_path):
    outer = init_root(tmp_path / "outer")
    inner = outer.path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_root(start=inner).path == outer.path
    assert find_root(start=inner).is_workspace
    assert not find_root(start=tmp_path).is_workspace
    assert find_root(start=tmp_path).path == builtin_root()


def test_a_workspace_has_its_own_definitions(tmp_path):
    workspace = curation.init(tmp_path / "study")
    task = workspace.path / "tasks" / "news-stance" / "task.toml"
    task.write_text(task.read_text().replace('title = "News stance"', 'title = "Mine"'))
    assert workspace.task().title == "Mine"
    assert load_task(find_root(start=tmp_path)).title == "News stance"


def test_a_folder_of_definitions_that_is_missing(tmp_path):
    workspace = init_root(tmp_path / "study")
    (workspace.path / "schemas").rename(workspace.path / "gone")
    with pytest.raises(CurationError, match="schemas"):
        find_root(workspace.path)


def test_the_flagship_task(task):
    assert list(task.labels) == ["Actor", "Claim"]
    assert task.polarities == ("favor", "against", "neutral", "not_addressed", "unclear")
    assert set(task.targets) == {"congestion charge", "rent cap"}
    assert task.labels["Claim"].holder.unless == ("holder", "unnamed")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('kind = "choices"', 'kind = "several"', "/labels/Claim/attributes/topics/kind"),
        ('from = ["Actor"]', "from = []", "/relations/"),
        ('version = "1"', "", "version"),
        ("[relations.supports]", "[relations.supports", "task.toml"),
    ],
)
def test_a_wrong_task_is_named_with_its_place(tmp_path, old, new, place):
    root = init_root(tmp_path / "study")
    file = root.path / "tasks" / "news-stance" / "task.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(CurationError) as caught:
        load_task(root)
    assert caught.value.code == "E_DEFINITION"
    assert place in caught.value.message


def test_shares_of_splits_sum_to_one(tmp_path):
    root = init_root(tmp_path / "study")
    file = root.path / "exports" / "news-stance" / "export.toml"
    file.write_text(file.read_text().replace("train = 0.6", "train = 0.7"))
    with pytest.raises(CurationError, match="/splits"):
        load_export(root, "news-stance")


def test_digest_follows_every_file(tmp_path):
    root = init_root(tmp_path / "study")
    before = load_task(root).digest
    for name in ("interface.xml", "codebook.md", "task.toml"):
        file = root.path / "tasks" / "news-stance" / name
        file.write_text(file.read_text() + "\n")
        after = load_task(root).digest
        assert after != before
        before = after


def test_tasks_are_found_by_their_folder(root):
    assert "news-stance" in list_tasks(root)


def test_every_example_in_a_new_curation_toml_is_a_setting(tmp_path):
    file = init_root(tmp_path / "study").path / "curation.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(line.removeprefix("# ") for line in lines if "=" in line or "[" in line))
    settings = curation.open(tmp_path / "study").root.settings["ingest"]
    assert settings.keys() == {"map", "threshold", "longest", "labels", "relations"}


def test_what_people_know_of_a_dataset_is_declared(tmp_path):
    root = init_root(tmp_path / "study", sample=True)
    file = root.path / "exports" / "news-stance" / "export.toml"
    declared = file.read_text().split("[about]")[0]
    file.write_text(declared)
    assert load_export(root, "news-stance").about == {}
    file.write_text(f'{declared}[about]\npay = "12 crowns an hour"\nuses = ["one", "two"]\n')
    assert load_export(root, "news-stance").about == {"pay": "12 crowns an hour", "uses": ("one", "two")}


@pytest.mark.parametrize(
    "said",
    ['payment = "12 crowns"', 'pay = ""', "uses = []", 'annotations_creators = ["experts"]', 'released = "today"'],
)
def test_what_nobody_asks_about_is_refused(tmp_path, said):
    root = init_root(tmp_path / "study", sample=True)
    file = root.path / "exports" / "news-stance" / "export.toml"
    file.write_text(f"{file.read_text().split('[about]')[0]}[about]\n{said}\n")
    with pytest.raises(CurationError, match="/about"):
        load_export(root, "news-stance")


def test_a_new_workspace_does_not_speak_of_the_sample(tmp_path):
    own = load_export(init_root(tmp_path / "own"), "news-stance")
    assert (own.about, own.license) == ({}, "unknown")
    sample = load_export(init_root(tmp_path / "sample", sample=True), "news-stance")
    assert sample.about["rights"]
    assert sample.license == "cc0-1.0"


@pytest.mark.parametrize("name", ["all", "overall"])
def test_splits_that_datasets_cannot_load_or_that_are_taken(tmp_path, name):
    root = init_root(tmp_path / "study")
    file = root.folder("exports") / "news-stance" / "export.toml"
    file.write_text(file.read_text().replace("test = ", f"{name} = "))
    with pytest.raises(CurationError) as error:
        load_export(root, "news-stance")
    assert error.value.code == "E_DEFINITION"
