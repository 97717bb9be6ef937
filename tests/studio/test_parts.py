"""A long article goes to a real Label Studio in parts, and comes back as one."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from curation.articles import ingest
from curation.catalog import Export, load_task
from curation.export import build
from curation.studio.client import Client
from curation.studio.intake import redecode
from curation.studio.pull import pull
from curation.studio.push import push
from curation.studio.tasks import task_data
from curation.validation import validate

pytestmark = pytest.mark.server

LONGEST = 20_000
PARAGRAPH = "Paragraph {number} of the report 👩‍👩‍👧.\r\nThe mayor of Café Cafe\u0301 said: “no” 🚦 and left.\r\n\r\n"


@pytest.fixture
def long_article(store, tmp_path):
    """An article of some 60,000 characters, whose source has CRLF, emoji and decomposed letters; and its source."""
    raw = "\ufeff" + "".join(PARAGRAPH.format(number=number) for number in range(740))
    (tmp_path / "long.md").write_bytes(f"# A long report\r\n\r\n{raw}".encode())
    result = ingest(store, [tmp_path / "long.md"], longest=LONGEST)
    assert (result.total, result.new, len(store.articles)) == (1, 1, 1)
    (whole,) = store.articles
    assert 50_000 < len(whole.text) < 70_000
    return whole


@pytest.fixture
def export(tmp_path):
    (tmp_path / "card.md").write_text("# Long\n")
    return Export(
        name="long",
        title="Long",
        task="mini",
        folder=tmp_path,
        configs=("gold", "annotations", "mentions"),
        splits={"train": 1.0},
        seed="1",
        license="cc0-1.0",
        languages=("en",),
    )


def test_what_is_said_of_parts_stands_on_the_whole(
    store, mini, mini_schemas, long_article, client, annotators, title, rows, export, tmp_path, definitions
):
    whole, parts = long_article, store.parts.of(long_article.id)
    assert "".join(part.text for part in parts) == whole.text
    assert len(parts) > 2
    result = push(store, mini, store.articles.to_annotate(), client, project_title=title)
    assert result.sent == len(parts)
    items = {one.article_id: one.ls_task_id for one in client.find_tasks(result.project_id, [p.id for p in parts])}

    marked = []

    def annotate(number: int, tone: str) -> None:
        part = parts[number]
        start = part.text.index("Café Café", len(part.text) // 2)
        end = part.text.index("“no” 🚦", start) + 6
        with Client(annotators[0]) as annotator:
            annotator.annotate(items[part.id], rows(part.text, start, end, tone), lead_time=2.0)
        marked.append((part.part_start + start, part.part_start + end))

    def round_trip():
        pull(store, mini, mini_schemas, client, project_title=title)
        return validate(store, mini, mini_schemas)

    annotate(0, "calm")
    annotate(1, "calm")
    report = round_trip()
    assert (report.valid, report.quarantined) == (2, 0)
    assert [found.code for found in report.findings] == ["F_PARTS_MISSING"]
    stored = list(store.annotations.all(task="mini"))
    assert {one.article_id for one in stored} == {whole.id}
    assert {one.record.part for one in stored} == {1, 2}
    assert {one.record.article_sha256 for one in stored} == {whole.sha256}
    for one in stored:
        (mention,) = one.record.mentions
        assert whole.text[mention.start : mention.end] == mention.text
    assert sorted((m.start, m.end) for one in stored for m in one.record.mentions) == marked

    for number in range(2, len(parts)):
        annotate(number, "calm")
    report = round_trip()
    assert (report.valid, report.quarantined, report.findings) == (len(parts), 0, ())
    built = build(store, export, mini, mini_schemas, tmp_path / "build")
    assert (built.articles, built.annotations, built.annotators, built.unsettled) == (1, 1, 1, 0)
    (gold,) = pq.read_table(tmp_path / "build" / "gold").to_pylist()
    assert gold["article_id"] == whole.id
    assert gold["text"] == whole.text
    assert [(one["start"], one["end"]) for one in gold["mentions"]] == marked
    assert all(whole.text[one["start"] : one["end"]] == one["text"] for one in gold["mentions"])
    assert len({one["id"] for one in gold["mentions"]}) == len(parts)
    mentions = pq.read_table(tmp_path / "build" / "mentions").to_pylist()
    assert [(one["start"], one["end"]) for one in mentions] == marked

    # Where each mention stood in the file, before its newlines and letters were normalised.
    source = (tmp_path / "long.md").read_bytes().decode()
    for start, end in marked:
        raw_start, raw_end = store.articles.raw_span(whole.id, start, end)
        assert source[raw_start:raw_end].replace("\r\n", "\n").replace("e\u0301", "é") == whole.text[start:end]
    # Reading the stored revisions anew gives the same records.
    toml = definitions.folder("tasks") / "mini" / "task.toml"
    toml.write_text(toml.read_text() + "# Another digest.\n")
    records = {one.id: one.record for one in store.annotations.all(task="mini")}
    assert redecode(store, load_task(definitions, "mini"), mini_schemas) == len(parts)
    assert {one.id: one.record for one in store.annotations.all(task="mini")} == records


def test_parts_that_differ_leave_the_field_out_and_say_so(
    store, mini, mini_schemas, long_article, client, annotators, title, rows, export, tmp_path
):
    parts = store.parts.of(long_article.id)
    result = push(store, mini, store.articles.to_annotate(), client, project_title=title)
    items = {one.article_id: one.ls_task_id for one in client.find_tasks(result.project_id, [p.id for p in parts])}
    with Client(annotators[0]) as annotator:
        for number, part in enumerate(parts):
            annotator.annotate(items[part.id], rows(part.text, 0, 5, "calm" if number else "heated"))
        annotator.annotate(items[parts[0].id], rows(parts[0].text, 0, 3, "calm"))
    pull(store, mini, mini_schemas, client, project_title=title)
    report = validate(store, mini, mini_schemas)
    assert report.by_code == {"F_ANNOTATION_DOUBLED": 2, "F_PARTS_MISSING": 1}

    doubled = [one for one in store.annotations.all(task="mini") if one.verdict == "quarantined"]
    newest = max(doubled, key=lambda one: one.record.created_at)
    client.delete("annotations", newest.raw["id"])
    pull(store, mini, mini_schemas, client, project_title=title, full=True)
    report = validate(store, mini, mini_schemas)
    assert report.by_code == {"F_PARTS_DIFFER": 1}
    assert "'tone'" in report.findings[0].message
    build(store, export, mini, mini_schemas, tmp_path / "build")
    (row,) = pq.read_table(tmp_path / "build" / "annotations").to_pylist()
    assert row["tone"] is None
    assert len(row["mentions"]) == len(parts)


def test_the_annotator_sees_which_part_it_is(long_article, store):
    parts = store.parts.of(long_article.id)
    assert [task_data(part)["title"] for part in parts] == [
        f"A long report ({number}/{len(parts)})" for number in range(1, len(parts) + 1)
    ]
