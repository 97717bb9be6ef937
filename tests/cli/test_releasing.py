"""`export verify | diff | release` and `rehydrate`, as they are called."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from curation.workspace import init

NAME = "news-stance"


@pytest.fixture(scope="module")
def studies() -> ModuleType:
    """The studies that tests of builds are made of."""
    spec = importlib.util.spec_from_file_location("studies", Path(__file__).parents[1] / "export" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(tmp_path_factory, studies) -> Path:
    workspace = init(tmp_path_factory.mktemp("releasing") / "workspace")
    studies.Study(workspace.path).fill(4)
    toml = workspace.path / "exports" / NAME / "export.toml"
    configs = 'configs = ["gold", "annotations", "mentions", "articles"]'
    toml.write_text("\n".join(configs if line.startswith("configs") else line for line in toml.read_text().split("\n")))
    workspace.build(NAME)
    workspace.build(NAME, offsets_only=True)
    return workspace.path


@pytest.fixture
def workspace(made, tmp_path, monkeypatch) -> Path:
    copy = shutil.copytree(made, tmp_path / "workspace")
    monkeypatch.chdir(copy)
    return copy


def test_a_build_says_which_gold_is_outdated_and_what_to_do(run, workspace, studies):
    assert run("adjudicate").exit == 0
    assert "outdated" not in run("export", "build", NAME).err
    studies.Study(workspace).add(studies.annotation(studies.article(3), "annotator-09"))
    built = run("export", "build", NAME)
    assert built.exit == 0
    assert [line for line in built.err.splitlines() if "outdated" in line] == [
        "gold of 1 article is outdated and left out, as it was made from other annotations or rules than today's: run"
        " `curation adjudicate`, then build again"
    ]
    told = run("export", "build", NAME, "--json")
    assert json.loads(told.out)["outdated"] == 1
    card = (workspace / "build" / NAME / "README.md").read_text()
    assert "1 article is left out because what was decided rests on annotations or rules that have changed" in card
    assert "1 article not in `gold`, because annotations or rules changed since it was decided." in card
    assert run("adjudicate").exit == 0
    assert "outdated" not in run("export", "build", NAME).err


def test_verify_says_that_rows_of_another_format_are_not_read(run, workspace):
    assert run("export", "write", NAME, "jsonl").exit == 0
    folder = workspace / "build" / f"{NAME}.jsonl"
    said = run("export", "verify", str(folder), "--deep").out.splitlines()
    assert said[0] == "Bytes alone were checked: rows written as jsonl are not read back."
    assert said[1].endswith("files: all as it was built")
    told = json.loads(run("export", "verify", str(folder), "--deep", "--json").out)
    assert (told["ok"], told["rows"], told["written_as"]) == (True, None, "jsonl")


def test_verify_names_what_is_wrong_one_line_a_file(run, workspace):
    assert run("export", "verify", NAME).out.endswith("files: all as it was built\n")
    build = workspace / "build" / NAME
    path = next(build.glob("mentions/*.parquet"))
    path.write_bytes(path.read_bytes()[:-1])
    (build / "README.md").unlink()
    (build / "two\nlines").touch()
    found = run("export", "verify", NAME)
    assert found.exit == 6
    changed = f"changed  mentions/{path.name}"
    assert found.out.splitlines()[:3] == [changed, "missing  README.md", "extra    two lines"]
    told = json.loads(run("export", "verify", str(build), "--json").out)
    assert (told["ok"], told["changed"], told["missing"]) == (False, [f"mentions/{path.name}"], ["README.md"])
    deep = run("export", "verify", NAME, "--deep")
    assert deep.exit == 6
    assert "The rows were not looked at" in deep.out


def test_verify_needs_no_workspace(run, workspace, tmp_path, monkeypatch):
    copy = shutil.copytree(workspace / "build" / NAME, tmp_path / "elsewhere" / "data")
    monkeypatch.chdir(copy.parent)
    found = run("export", "verify", "data", "--deep", "--json")
    told = json.loads(found.out)
    assert (found.exit, told["ok"], told["faults"]) == (0, True, [])
    assert told["rows"] > 0
    missing = run("export", "verify", "./nothing")
    assert (missing.exit, "E_NOT_FOUND" in missing.err) == (3, True)


def test_a_release_and_what_changed_since(run, workspace, studies):
    done = run("export", "release", NAME, "--note", "The first.")
    assert done.out.splitlines()[0] == "## 1.0.0"
    assert done.out.splitlines()[-1] == f"in {workspace / 'releases' / NAME / '1.0.0'}"
    assert "nothing to do: this is news-stance 1.0.0" in run("export", "release", NAME).out
    same = run("export", "diff", f"{NAME}@1.0.0", f"releases/{NAME}/1.0.0")
    assert (same.exit, same.out) == (0, "the same, byte for byte\n")
    studies.Study(workspace).fill(2, first=4)
    run("export", "build", NAME)
    found = run("export", "diff", f"{NAME}@latest", NAME)
    assert found.exit == 1
    assert "Articles: 2 added." in found.out
    assert found.out.splitlines()[-1].endswith("as a release this is minor")
    told = json.loads(run("export", "diff", f"{NAME}@latest", NAME, "--json").out)
    assert (told["same"], told["level"], told["articles"]) == (False, "minor", {"added": 2, "removed": 0, "moved": 0})
    assert sum(rows["added"] for rows in told["configs"]["articles"]["rows"].values()) == 2
    assert run("export", "release", NAME).out.startswith("## 1.1.0\n")
    assert json.loads(run("export", "release", NAME, "--json").out)["changed"] is False
    unknown = run("export", "diff", f"{NAME}@9.9.9", NAME)
    assert unknown.exit == 3
    assert "one of: 1.0.0, 1.1.0" in unknown.err


def test_rehydrate(run, workspace, studies, tmp_path):
    published = shutil.copytree(workspace / "build" / f"{NAME}.offsets", tmp_path / "published")
    articles = tmp_path / "articles"
    articles.mkdir()
    for number in range(4):
        one = studies.article(number)
        (articles / f"{number}.json").write_text(json.dumps([{"title": one.title, "text": one.text}]))
    done = run("rehydrate", str(published), "--articles", str(articles))
    assert done.exit == 0
    assert done.out == f"4 of 4 articles have their texts again, in {tmp_path / 'published-with-texts'}\n"
    table = tmp_path / "articles.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        rows = [(one.title, one.text) for one in map(studies.article, range(4))]
        csv.writer(file).writerows([("Kopf", "Rumpf"), *rows])
    maps = ("--map", "text=Rumpf", "--map", "title=Kopf")
    mapped = run("rehydrate", str(published), "--articles", str(table), *maps, "--out", str(tmp_path / "mapped"))
    assert (mapped.exit, mapped.out.split(",")[0]) == (0, "4 of 4 articles have their texts again")
    (articles / "3.json").write_text(json.dumps([{"id": "article-003", "text": "Another text."}]))
    again = run("rehydrate", str(published), "--articles", str(articles), "--out", str(tmp_path / "fewer"))
    assert again.exit == 1
    assert again.out.splitlines()[0] == "error    F_TEXT_DIFFERS   article-003: the text that is there has another hash"
    told = run("rehydrate", str(published), "--articles", str(articles), "--out", str(tmp_path / "fewer"), "--json")
    assert json.loads(told.out)["missing"] == [
        {"article_id": "article-003", "url": None, "reason": "differs", "code": "F_TEXT_DIFFERS"}
    ]
    assert json.loads(told.out)["untitled"] == []
    (articles / "3.json").unlink()
    absent = run("rehydrate", str(published), "--articles", str(articles), "--out", str(tmp_path / "three"))
    assert (absent.exit, absent.out.splitlines()[0]) == (1, "error    F_TEXT_ABSENT    article-003: not there")
    rows[3:] = [("", studies.article(3).text)]
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("Kopf", "Rumpf"), *rows])
    bare = run("rehydrate", str(published), "--articles", str(table), *maps, "--out", str(tmp_path / "bare"))
    assert bare.exit == 1, "a lost title is told of as a lost article is"
    assert bare.out.splitlines() == [
        "warning  F_TITLE_DIFFERS  article-003: no title that is there has the published hash; it is null",
        f"4 of 4 articles have their texts again, 1 title missing, in {tmp_path / 'bare'}",
    ]
    whole = run("rehydrate", str(workspace / "build" / NAME), "--articles", str(articles), "--out", str(tmp_path / "x"))
    assert (whole.exit, "has its texts" in whole.err) == (2, True)


def test_rehydrate_takes_names_and_replaces_no_build(run, workspace, studies, tmp_path):
    articles = tmp_path / "articles.json"
    given = [{"title": one.title, "text": one.text} for one in map(studies.article, range(4))]
    articles.write_text(json.dumps(given))
    source = ("--articles", str(articles))
    done = run("rehydrate", f"{NAME}.offsets", *source)
    copy = workspace / "build" / f"{NAME}.offsets-with-texts"
    assert (done.exit, done.out) == (0, f"4 of 4 articles have their texts again, in {copy}\n")
    assert run("export", "release", f"{NAME}.offsets").exit == 0
    released = run("rehydrate", f"{NAME}.offsets@latest", *source, "--out", str(tmp_path / "copy"))
    assert (released.exit, (tmp_path / "copy" / "manifest.json").is_file()) == (0, True)
    assert "one of: news-stance" in run("rehydrate", "another", *source).err
    assert run("export", "release", NAME).exit == 0
    for place in (workspace / "build" / NAME, workspace / "releases" / NAME / "1.0.0"):
        before = (place / "manifest.json").read_bytes()
        refused = run("rehydrate", f"{NAME}.offsets", *source, "--out", str(place))
        assert (refused.exit, "E_EXISTS" in refused.err) == (5, True), refused.err
        assert (place / "manifest.json").read_bytes() == before
    assert run("rehydrate", f"{NAME}.offsets", *source).out.endswith("(unchanged: nothing to do)\n")
