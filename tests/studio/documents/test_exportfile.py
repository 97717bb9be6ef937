"""Exports made by hand are read in every layout, item by item, and refused with line and column."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation import jsonstream
from curation.errors import CurationError, Exit
from curation.records import Article
from curation.store import Project, Push, Store
from curation.studio.exportfile import pull_file, read_export
from curation.studio.results import PullResult
from curation.studio.server import EMBEDDED
from curation.text import content_hash

ITEM = {"id": 1, "data": {"text": "Zoë 🌀"}, "annotations": []}


@pytest.fixture
def write(tmp_path):
    """A file with these bytes or this text."""

    def call(content, name="export.json"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return call


LAYOUTS = {
    "one line": lambda items: json.dumps(items),
    "unescaped": lambda items: json.dumps(items, ensure_ascii=False),
    "indented": lambda items: json.dumps(items, indent=2),
    "a line each": lambda items: "\n".join(map(json.dumps, items)),
    "a line each, with CRLF and a blank end": lambda items: "".join(f"{json.dumps(item)}\r\n" for item in items) + "\n",
    "with a BOM": lambda items: "\ufeff" + json.dumps(items),
    "indented objects in a row": lambda items: "\n".join(json.dumps(item, indent=1) for item in items),
    "white space all around": lambda items: "\n\t " + json.dumps(items, indent=4) + " \r\n ",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_items(layout, write, ls_task):
    items = [ls_task(), ITEM, ls_task(text="a\u2028b")]
    assert list(read_export(write(LAYOUTS[layout](items)))) == items


def test_an_empty_export_has_no_items(write):
    assert list(read_export(write("[]"))) == []
    assert list(read_export(write(" [ \n ] "))) == []


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.text(max_size=30), max_size=5),
    st.integers(1, 40),
    st.sampled_from(sorted(LAYOUTS)),
)
def test_wherever_the_file_is_cut_into_chunks(tmp_path_factory, texts, size, layout):
    items = [{**ITEM, "id": number, "data": {"text": text}} for number, text in enumerate(texts)] or [ITEM]
    path = tmp_path_factory.mktemp("chunks") / "export.json"
    path.write_bytes(LAYOUTS[layout](items).encode("utf-8"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonstream, "CHUNK", size)
        assert list(read_export(path)) == items


GOOD = json.dumps(ITEM)
BROKEN = {
    "nothing": ("", 1, 1, "empty"),
    "white space": (" \n ", 2, 2, "empty"),
    "CSV": ("id,text,span\n1,x,y\n", 1, 1, "CSV"),
    "a number": ("[\n 3]", 2, 2, "this is a number"),
    "JSON-MIN": ('[{"id": 1, "text": "x", "annotator": 1, "annotation_id": 2}]', 1, 2, "JSON-MIN"),
    "result rows": ('[\n {"id": "r", "type": "labels", "value": {}}]', 2, 2, "no `data`"),
    "items to import": ('[{"data": {"text": "x"}}]', 1, 2, "`annotations`"),
    "annotations as an object": ('[{"data": {}, "annotations": {}}]', 1, 2, "`annotations`"),
    "annotations that are null": ('[{"data": {}, "annotations": null}]', 1, 2, "`annotations`"),
    "a broken line in the middle": (f"{GOOD}\n{GOOD[:-3]}\n{GOOD}\n", 4, 1, "in the item that begins in line 2"),
    "a broken item in an array": (f"[{GOOD},\n{{'id': 1}},\n{GOOD}]", 2, 2, "property name"),
    "NaN": (f"[{GOOD},\n {GOOD.replace('1', 'NaN')}]", 2, 2, "NaN"),
    "Infinity": (GOOD.replace("1", "-Infinity"), 1, 1, "Infinity"),
    "no comma": (f"[{GOOD}\n{GOOD}]", 2, 1, "comma"),
    "a comma too many": (f"[{GOOD},\n]", 2, 1, "Expecting value"),
    "no end": (f"[{GOOD}\n", 2, 1, "ends within"),
    "cut in a string": (f"[{GOOD},\n" + '{"data": {"text": "Zo', 2, 19, "Unterminated string"),
    "more after the end": (f"[{GOOD}]\n{GOOD}", 2, 1, "more after"),
    "a number too long": (GOOD.replace("1", "1" * 5000), 1, 1, "digits"),
    "too deep": ("[" * 100_000, 1, 2, "deep"),
    "a raw line break in a string": ('[{"data": {"text": "a\nb"}, "annotations": []}]', 1, 22, "control character"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_export_is_refused_at_its_place(name, write):
    content, line, column, message = BROKEN[name]
    path = write(content)
    with pytest.raises(CurationError) as caught:
        list(read_export(path))
    assert caught.value.code == "E_BAD_EXPORT"
    assert f"{path}, line {line}, column {column}" in caught.value.message
    assert message in caught.value.message


def test_a_doubled_key_is_refused(write):
    with pytest.raises(CurationError, match="'data' is given twice"):
        list(read_export(write('[{"data": {}, "data": {}, "annotations": []}]')))


@pytest.mark.parametrize("content", [b'[{"data": "\xff"}]', "[]".encode("utf-16"), GOOD.encode()[:-24] + b"\xf0\x9f"])
def test_other_encodings_are_refused_with_the_byte(write, content):
    with pytest.raises(CurationError, match="not UTF-8 near byte") as caught:
        list(read_export(write(content)))
    assert caught.value.code == "E_BAD_EXPORT"


def test_places_count_from_the_start_of_the_file_however_long_it_is(write):
    line = json.dumps({**ITEM, "data": {"text": "x" * 300_000}})
    path = write("\n".join([line] * 20 + ["{]"]))
    with pytest.raises(CurationError, match="line 21, column 2"):
        list(read_export(path))


def test_a_broken_item_does_not_make_it_read_on(write):
    items = read_export(write(f"[{GOOD},\n{{]" + "x" * 8_000_000))
    assert next(items) == ITEM
    tracemalloc.start()
    with pytest.raises(CurationError, match="line 2, column 2"):
        next(items)
    assert tracemalloc.get_traced_memory()[1] < 6_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(("content", "kind"), [(gzip.compress(b"[]", mtime=0), "gzip"), (b"PK\x03\x04...", "zip")])
def test_a_packed_file_is_called_so(write, content, kind):
    with pytest.raises(CurationError, match=f"packed with {kind}") as caught:
        list(read_export(write(content, "export.json.gz")))
    assert caught.value.code == "E_BAD_EXPORT"
    assert "Unpack it" in caught.value.fix


def test_no_file_and_a_folder(tmp_path):
    for path, said in ((tmp_path / "none.json", "is not a file"), (tmp_path, "is a folder")):
        with pytest.raises(CurationError, match=said) as caught:
            list(read_export(path))
        assert caught.value.code == "E_NOT_FOUND"


def test_a_pipe_is_read_as_a_file_is(ls_task, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as others:
        others.submit(pipe.write_text, json.dumps([ls_task(), ITEM]))
        assert list(read_export(pipe)) == [ls_task(), ITEM]


@pytest.mark.parametrize("layout", ["one line", "indented", "a line each"])
def test_memory_is_that_of_an_item_not_of_the_file(write, ls_task, layout):
    # An emoji makes a Python string four bytes a character: a file held whole would take 60 MB and more.
    item = ls_task(text="🌀 " * 5_000)
    path = write(LAYOUTS[layout]([item] * 600))
    assert path.stat().st_size > 15_000_000
    tracemalloc.start()
    assert sum(1 for _ in read_export(path)) == 600
    assert tracemalloc.get_traced_memory()[1] < 16_000_000
    tracemalloc.stop()


# Into the workspace


def test_an_export_is_taken_in_as_a_pull_would(store, press, schemas, write, ls_task, full, text):
    cancelled = {**full, "unique_id": None, "id": 2, "was_cancelled": True}
    path = write(json.dumps([ls_task(full, cancelled), {**ls_task(), "id": 13, "annotations": []}]))
    expected = PullResult(items=2, annotations_new=2, skipped=1, adopted=("rents-1",))
    assert pull_file(store, press, schemas, path) == expected
    assert pull_file(store, press, schemas, path).nothing_new
    stored = store.annotations.get(full["unique_id"])
    assert (stored.context["server"], stored.context["project"], stored.url) == ("file", 5, None)
    assert stored.record.mentions[0].text == "Zoë"
    assert store.articles.get("rents-1").text == text


def test_a_broken_file_leaves_nothing_behind(store, press, schemas, write, ls_task):
    path = write(f"[{json.dumps(ls_task())}, {{]")
    with pytest.raises(CurationError):
        pull_file(store, press, schemas, path)
    assert len(store.annotations) == len(store.articles) == 0
    assert pull_file(store, press, schemas, write(json.dumps([ls_task()]))).annotations_new == 1


def test_what_this_workspace_pushed_is_known_again(store, press, schemas, write, ls_task, full, text):
    server = "http://127.0.0.1:8090"
    with store.transaction():
        store.articles.add(Article("rents-1", text, content_hash(text)))
        store.ledger.bind(Project(server, "press", 5, "", "", "3"))
        store.ledger.record_pushes(server, 5, [Push("rents-1", content_hash(text), 12, "sent")])
        assert store.ledger.pseudonym(server, 3) == "annotator-01"
        assert store.ledger.pseudonym(server, 7) == "annotator-02"
    other = {**ls_task({**full, "unique_id": None, "id": 9}), "id": 99}
    pull_file(store, press, schemas, write(json.dumps([ls_task(), other])))
    ours, theirs = store.annotations.get(full["unique_id"]), store.annotations.get("ls-5-9")
    assert (ours.annotator, ours.url) == ("annotator-02", f"{server}/projects/5/data?task=12")
    assert (theirs.annotator, theirs.url) == ("annotator-03", None)


@pytest.fixture
def pushed_to(store, press, text):
    """Notes that the item of these tests was sent to a server, by its name in the ledger."""

    def call(server):
        with store.transaction():
            store.articles.add(Article("rents-1", text, content_hash(text)))
            store.ledger.bind(Project(server, "press", 5, "", "", "3"))
            store.ledger.record_pushes(server, 5, [Push("rents-1", content_hash(text), 12, "sent")])

    return call


@pytest.mark.parametrize("url", ["http://127.0.0.1:8090", None])
def test_findings_of_the_own_server_lead_to_its_last_address(
    store, press, schemas, write, ls_task, full, pushed_to, url
):
    pushed_to(EMBEDDED)
    path = write(json.dumps([ls_task()]))
    pull_file(store, press, schemas, path, addresses={EMBEDDED: url} if url else {})
    stored = store.annotations.get(full["unique_id"])
    assert stored.context["server"] == EMBEDDED
    assert stored.url == (f"{url}/projects/5/data?task=12" if url else None)


@pytest.fixture
def sent(workspace, write):
    """A workspace whose own server is stopped, and an export of what was sent there, of the task `news-stance`."""
    (workspace.path / ".studio").mkdir()
    state = {"pid": 0, "port": 8090, "url": "http://127.0.0.1:8090"}
    (workspace.path / ".studio" / "server.json").write_text(json.dumps(state))
    with Store(workspace.path) as opened, opened.transaction():
        opened.articles.add(Article("a", "A text.", content_hash("A text.")))
        opened.ledger.bind(Project(EMBEDDED, "news-stance", 5, "", "", "1"))
        opened.ledger.record_pushes(EMBEDDED, 5, [Push("a", content_hash("A text."), 12, "sent")])

    def call(result):
        annotation = {"id": 1, "unique_id": "6f1cf1c2-5d5e-4d0e-9a53-0d2b8d6f3a11", "completed_by": 7, "result": result}
        item = {"id": 12, "project": 5, "data": {"article_id": "a", "text": "A text."}, "annotations": [annotation]}
        return workspace, write(json.dumps([item]))

    return call


def test_the_workspace_knows_where_its_server_was(sent):
    workspace, path = sent([])
    workspace.pull_file(path)
    with Store(workspace.path) as opened:
        [stored] = opened.annotations.all()
    assert stored.url == "http://127.0.0.1:8090/projects/5/data?task=12"


def test_the_command_fails_for_what_it_cannot_read(sent, run):
    workspace, path = sent("no list")
    ran = run("studio", "pull", "-w", workspace.path, "--file", path)
    assert "1 unreadable" in ran.out
    assert ran.exit == Exit.FINDINGS


def test_the_command_ends_well_with_what_it_can_read(sent, run):
    workspace, path = sent([])
    assert run("studio", "pull", "-w", workspace.path, "--file", path).exit == Exit.OK
