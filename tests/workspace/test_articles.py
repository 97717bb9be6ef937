"""Reading articles into a workspace and looking at them, through the Python API and the command line."""

from __future__ import annotations

import json

import pytest

import curation
from curation.articles import ingestion
from curation.errors import CurationError

STORY = "The harbour levy was approved on Monday after a debate that went on past midnight in the old hall of the town."


@pytest.fixture
def wire(tmp_path):
    """An agency's text, a copy of it in another outlet, and a broken line."""
    rows = [
        {"id": "w1", "content": STORY, "source": "Wire", "date": "2026-03-01"},
        {"id": "w2", "content": STORY.replace(" ", "  ").upper(), "source": "Courier", "date": "2026-03-02"},
        {"id": "w3", "content": "Another story\r\nin two lines.", "source": "Herald", "topic": "harbour"},
    ]
    path = tmp_path / "wire.jsonl"
    path.write_bytes(b"".join(json.dumps(row).encode() + b"\n" for row in rows) + b'{"id": "w4", "content":\n')
    return path


def test_a_dry_run_says_what_would_become_of_a_source_and_stores_nothing(workspace, wire):
    tried = workspace.ingest(wire, dry_run=True)
    assert (tried.new, len(tried.duplicates), len(tried.rejects)) == (3, 1, 1)
    assert workspace.articles() == []
    assert workspace.refused() == []
    done = workspace.ingest(wire)
    assert done == tried
    again = workspace.ingest(wire, dry_run=True)
    assert (again.new, again.same) == (0, 3)


def test_articles_are_listed_with_their_place_among_copies(workspace, wire):
    workspace.ingest(wire)
    assert [(one.id, one.outlet, one.copy_of) for one in workspace.articles()] == [
        ("w1", "Wire", None), ("w2", "Courier", "w1"), ("w3", "Herald", None),
    ]  # fmt: skip
    (cluster,) = workspace.duplicates()
    assert cluster.id == "w1"
    assert [(copy.id, copy.copy_of) for copy in cluster.copies] == [("w1", None), ("w2", "w1")]
    kept = workspace.article("w2")
    assert (kept.dup_cluster, kept.copy_of, kept.article.source_id) == ("w1", "w1", "w2")


def test_an_article_shows_what_it_was_made_from(workspace, wire):
    workspace.ingest(wire)
    kept = workspace.article("w3")
    assert kept.article.text == "Another story\nin two lines."
    assert kept.article.steps[0] == "newlines"
    assert kept.original == b"Another story\r\nin two lines."
    assert workspace.article("w1").original == STORY.encode()


def test_an_article_that_is_not_there(workspace):
    with pytest.raises(CurationError) as raised:
        workspace.article("nowhere")
    assert raised.value.code == "E_NOT_FOUND"


def test_copies_of_a_run_that_was_killed_are_linked_before_anything_is_chosen(workspace, wire, monkeypatch):
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ingestion, "link", killed)
        with pytest.raises(KeyboardInterrupt):
            workspace.ingest(wire)
    assert workspace.duplicates() == []
    from curation.articles.selection import Request

    chosen = workspace.select(Request())
    assert [cluster.id for cluster in workspace.duplicates()] == ["w1"]
    assert [one.article_id for one in chosen.assigned] == ["w1", "w3"]


def test_the_columns_are_shown_before_they_are_used(workspace, wire, run):
    done = run("ingest", wire, "-w", workspace.path)
    assert done.exit == 1
    assert "wire.jsonl: text=content, id=id, outlet=source, published_at=date" in done.err
    assert "3 new, 1 duplicates, 1 refused" in done.out
    shown = run("ingest", wire, "-w", workspace.path, "--json").json
    assert shown["columns"]["wire.jsonl"]["text"] == "content"


def test_what_was_refused_is_listed_with_its_remedy(workspace, wire, run):
    run("ingest", wire, "-w", workspace.path)
    listed = run("articles", "refused", "-w", workspace.path)
    assert listed.exit == 0
    assert listed.out.startswith("wire.jsonl:4: the line is cut off [R_JSON]\n    Fix: ")
    (one,) = run("articles", "refused", "-w", workspace.path, "--json").json["refused"]
    assert (one["source"], one["code"], one["bytes"]) == ("wire.jsonl:4", "R_JSON", 24)


def test_articles_on_the_command_line(workspace, wire, run):
    assert run("articles", "list", "-w", workspace.path).out == "there are no articles yet\n"
    assert run("articles", "duplicates", "-w", workspace.path).out == "there are no duplicates\n"
    run("ingest", wire, "-w", workspace.path)
    assert "copy of w1" in run("articles", "list", "-w", workspace.path).out
    assert "stands back" in run("articles", "duplicates", "-w", workspace.path).out
    assert run("articles", "show", "w3", "--raw", "-w", workspace.path).out == "Another story\r\nin two lines."
    shown = run("articles", "show", "w3", "-w", workspace.path, "--json").json
    assert (shown["id"], shown["meta"], shown["dup_cluster"]) == ("w3", {"topic": "harbour"}, "w3")


@pytest.mark.parametrize("code", ["N_DATE", "R_JSON", "E_USAGE"])
def test_every_kind_of_code_is_explained(run, code):
    assert run("explain", code).out.startswith(f"{code}: ")


def test_curation_toml_says_from_which_similarity_on_texts_are_copies(workspace, tmp_path):
    rows = [{"id": "a", "text": STORY}, {"id": "b", "text": STORY.replace("Monday", "Friday")}]
    source = tmp_path / "two.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = workspace.path / "curation.toml"
    settings.write_text(settings.read_text() + "\n[ingest]\nthreshold = 0.95\n")
    assert curation.open(workspace.path).ingest(source, dry_run=True).linked == 0
    assert workspace.ingest(source, dry_run=True).linked == 1
    settings.write_text(settings.read_text().replace("0.95", "7.0"))
    with pytest.raises(CurationError, match="ingest/threshold") as raised:
        curation.open(workspace.path)
    assert raised.value.code == "E_WORKSPACE_BROKEN"


@pytest.mark.parametrize("threshold", [0.49, 7.0])
def test_a_threshold_out_of_range_is_refused_before_anything_is_read(workspace, wire, threshold):
    with pytest.raises(CurationError, match=r"from 0\.5 to 1") as raised:
        workspace.ingest(wire, threshold=threshold)
    assert raised.value.code == "E_USAGE"
    assert workspace.articles() == []
