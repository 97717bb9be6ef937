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


@pytest.mark.parametrize(("texts", "stored"), [(("One.",), "1 new article"), (("One.", "Two."), "2 new articles")])
def test_a_source_that_stops_the_run_does_not_hide_what_was_stored(workspace, tmp_path, texts, stored):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("journal,text\n" + "".join(f"Courier,{text}\n" for text in texts), encoding="utf-8")
    bad.write_text("paper,text\nHerald,Three.\n", encoding="utf-8")
    options = curation.articles.Options(field_map={"outlet": "journal"})
    told = []
    for asked in ({"dry_run": True}, {}, {}):
        with pytest.raises(CurationError) as raised:
            workspace.ingest([good, bad], options=options, **asked)
        assert raised.value.code == "E_MISSING_COLUMN"
        told.append(raised.value.message.partition("; stored before that: ")[2])
    assert told == ["", stored, ""]
    assert len(workspace.articles()) == len(texts)


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


def test_long_articles_and_their_parts_are_shown(workspace, tmp_path, run):
    raw = "\r\n\r\n".join(f"Paragraph {number} says enough to be one of many." for number in range(60))
    (tmp_path / "long.jsonl").write_text(json.dumps({"id": "long", "text": raw, "title": "T"}), encoding="utf-8")
    (tmp_path / "short.txt").write_text(STORY, encoding="utf-8")
    workspace.ingest([tmp_path / "long.jsonl", tmp_path / "short.txt"], longest=1000)
    kept = workspace.article("long")
    count = len(kept.parts)
    assert count > 2
    assert [one.parts for one in workspace.articles()] == [count, 0]
    listed = run("articles", "list", "-w", workspace.path)
    (line,) = (line for line in listed.out.splitlines() if line.startswith("long "))
    assert line.endswith(f"in {count} parts  T")
    assert listed.out.count(" parts") == 1
    told = run("articles", "list", "--json", "-w", workspace.path).json["articles"]
    assert [one["parts"] for one in told] == [count, 0]
    assert f"in {count} parts" in run("articles", "show", "long", "-w", workspace.path).out

    part = workspace.article(kept.parts[1])
    assert (part.article.part_of, part.dup_cluster, part.copy_of, part.parts) == ("long", "long", None, ())
    assert part.article.text == kept.article.text[part.article.part_start :][: len(part.article.text)]
    shown = run("articles", "show", part.article.id, "-w", workspace.path)
    assert "part of    long\n" in shown.out
    assert "cluster" not in shown.out
    start = part.article.text.index("says")
    assert raw[slice(*workspace.raw_span(part.article.id, start, start + 4))] == "says"
    assert workspace.raw_span(part.article.id, 0, 9) > (part.article.part_start, 0), "newlines were two characters"


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


@pytest.fixture
def killed(workspace, monkeypatch):
    """Run `ingest` and kill it when everything is stored and nothing linked."""

    def ingest(*sources, **asked) -> None:
        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(ingestion, "link", interrupted)
            with pytest.raises(KeyboardInterrupt):
                workspace.ingest(sources, **asked)

    return ingest


def test_copies_of_a_run_that_was_killed_are_linked_before_anything_is_chosen(workspace, wire, killed, tmp_path):
    killed(wire)
    assert workspace.duplicates() == []
    tried = workspace.select(dry_run=True)
    assert (tried.articles, tried.copies) == (3, 1)
    assert workspace.write_tasks(tmp_path / "tasks.jsonl") == 2
    assert workspace.duplicates() == [], "what only looks writes nothing"
    chosen = workspace.select()
    assert [cluster.id for cluster in workspace.duplicates()] == ["w1"]
    assert [one.article_id for one in chosen.assigned] == ["w1", "w3"]
    assert chosen.copies == tried.copies


def test_copies_of_a_run_that_was_killed_are_linked_as_it_wanted(workspace, wire, killed, tmp_path):
    (tmp_path / "near.txt").write_text(STORY.replace("Monday", "Friday"))
    killed(wire, tmp_path / "near.txt", keep_duplicates=True, threshold=0.95)
    assert {one.article_id for one in workspace.select().assigned} >= {"w1", "w2", "w3"}
    (cluster,) = workspace.duplicates()
    assert [(copy.id, copy.copy_of) for copy in cluster.copies] == [("w1", None), ("w2", None)]
    # The wish ends with the run: what comes later is linked as usual.
    (tmp_path / "later.txt").write_text(STORY.replace("Monday", "Sunday"))
    assert workspace.ingest(tmp_path / "later.txt").n_duplicates == 1


def test_a_run_links_first_what_a_killed_one_left_otherwise(workspace, wire, killed, tmp_path):
    killed(wire, keep_duplicates=True)
    (tmp_path / "later.txt").write_text(STORY.lower())
    later = workspace.ingest(tmp_path / "later.txt")
    assert (later.n_duplicates, later.linked) == (1, 1)
    assert [copy.copy_of for copy in workspace.duplicates()[0].copies] == [None, None, "w1"]


def test_a_run_that_is_repeated_after_a_kill_tells_all_copies(workspace, wire, killed):
    killed(wire)
    assert workspace.ingest(wire).n_duplicates == 1


def test_a_dry_run_needs_room_beside_the_store_alone(workspace, wire, monkeypatch):
    workspace.ingest(wire)
    before = sorted(path.name for path in workspace.path.iterdir())
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    assert workspace.ingest(wire, dry_run=True).same == 3
    assert sorted(path.name for path in workspace.path.iterdir()) == before


def test_articles_with_their_texts_come_one_at_a_time(workspace, wire):
    workspace.ingest(wire)
    texts = workspace.texts()
    assert next(texts).text == STORY
    assert [article.id for article in texts] == ["w2", "w3"]


def test_where_a_mention_stood_before_cleaning(workspace, wire):
    workspace.ingest(wire)
    kept = workspace.article("w3")
    start = kept.article.text.index("two")
    first, last = workspace.raw_span("w3", start, start + 3)
    assert (first, last) == (start + 1, start + 4)
    assert kept.original.decode()[first:last] == "two"
    with pytest.raises(CurationError) as raised:
        workspace.raw_span("nowhere", 0, 1)
    assert raised.value.code == "E_NOT_FOUND"


def test_the_bytes_of_what_was_refused_are_read_where_they_are_asked_for(workspace, wire):
    workspace.ingest(wire)
    (listed,) = workspace.refused()
    (whole,) = workspace.refused_bytes()
    assert (listed.source, listed.code, listed.reason, listed.size) == (
        whole.source, whole.code, whole.reason, len(whole.raw),
    )  # fmt: skip
    assert whole.raw == b'{"id": "w4", "content":\n'
    assert workspace.status().rejected == 1


def test_everything_goes_to_annotators_again(workspace, wire):
    workspace.ingest(wire)
    assert workspace.select_all() == 0
    workspace.select(curation.Request(size=1))
    with workspace._reading() as store:
        assert len(store.articles.to_annotate()) == 1
    assert workspace.select_all() == 1
    assert workspace.status().selected is None
    with workspace._reading() as store:
        assert [one.id for one in store.articles.to_annotate()] == ["w1", "w3"], "copies aside"


def test_the_columns_are_shown_before_they_are_used(workspace, wire, run):
    done = run("ingest", wire, "-w", workspace.path)
    assert done.exit == 1
    assert "wire.jsonl, first record: text=content, id=id, outlet=source, published_at=date" in done.err
    assert "3 new, 1 duplicate, 1 refused" in done.out
    shown = run("ingest", wire, "-w", workspace.path, "--json").json
    assert shown["columns"]["wire.jsonl"]["text"] == "content"


def test_a_second_run_says_that_there_is_nothing_to_do(workspace, tmp_path, run):
    (tmp_path / "a.txt").write_text(STORY, encoding="utf-8")
    assert run("ingest", tmp_path / "a.txt", "-w", workspace.path).out == "1 new\n"
    assert run("ingest", tmp_path / "a.txt", "-w", workspace.path).out == "1 known; nothing to do\n"


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
    assert shown["steps"][0] == "newlines"
    assert shown["raw"] == {"media": "text", "encoding": "utf-8", "bytes": 28, "edits": [[13, 14, 13, 15]]}
    assert run("articles", "show", "w1", "-w", workspace.path, "--json").json["raw"] is None


@pytest.mark.parametrize("code", ["N_DATE", "R_JSON", "E_USAGE"])
def test_every_kind_of_code_is_explained(run, code):
    assert run("explain", code).out.startswith(f"{code}: ")


def test_the_list_of_codes_says_more_than_their_names(run):
    listed = run("explain").out
    assert "F_RELATION_ENDS            error          A relation between the wrong labels\n" in listed
    assert "R_BOMB                     refusal        The packed file unpacks to far more than any real one\n" in listed
    assert max(map(len, listed.splitlines())) <= 150


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
