"""`schema check` finds the schema of a file, and every problem in it."""

from __future__ import annotations

import json

from curation.records import article_from_json


def test_the_schema_follows_from_the_file(run, workspace):
    for name in ("curation.toml", "tasks/news-stance/task.toml", "exports/news-stance/export.toml"):
        ran = run("schema", "check", workspace.path / name, "-w", workspace.path)
        assert ran.exit == 0, ran.err


def test_every_line_is_reported(run, workspace, tmp_path):
    example = workspace.schemas.document("article")["examples"][0]
    lines = [
        json.dumps(example),
        '{"id": "cut',
        json.dumps({**example, "sha256": "x"}),
        '{"id": "a", "id": "b"}',
        '{"lead_time": NaN}',
    ]
    file = tmp_path / "articles.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    ran = run("schema", "check", file, "--schema", "article", "-w", workspace.path, "--json")
    assert ran.exit == 1
    found = {problem["place"].rpartition(":")[2]: problem for problem in ran.json["problems"]}
    assert set(found) == {"2", "3", "4", "5"}
    assert found["3"]["pointer"] == "/sha256"
    assert "'id' stands twice" in found["4"]["message"]
    assert "NaN" in found["5"]["message"]


def test_a_file_that_is_not_there(run, workspace, tmp_path):
    ran = run("schema", "check", tmp_path / "absent.json", "-w", workspace.path)
    assert ran.exit == 3
    assert "is not a file" in ran.err


def test_what_articles_show_prints_is_an_article(run, workspace, tmp_path):
    (tmp_path / "long.txt").write_text("\n\n".join(["A paragraph\r\nof some length."] * 60), encoding="utf-8")
    workspace.ingest(tmp_path / "long.txt", longest=1000)
    (entry,) = workspace.articles()
    shown = run("articles", "show", entry.id, "-w", workspace.path, "--json")
    file = tmp_path / "shown.json"
    file.write_text(json.dumps(shown.json), encoding="utf-8")
    ran = run("schema", "check", file, "--schema", "article", "-w", workspace.path)
    assert ran.exit == 0, ran.err
    assert shown.json["parts"]
    assert shown.json["raw"]["edits"]
    assert article_from_json(shown.json) == workspace.article(entry.id).article
