"""Long articles in the store: parts follow their whole, and no id or text is lost by them."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.articles import Options, ingest
from curation.errors import CurationError
from curation.parts import cut
from curation.records import Article
from curation.store import Store
from curation.text import content_hash

TEXT = "\n\n".join(f"Paragraph {number} says enough to be one of many." for number in range(80))
LONGER = TEXT + "\n\n" + "\n\n".join(f"Added later, as number {number}, and no less long." for number in range(60))


def take(store, write, text=TEXT, name="long.jsonl", longest=1000, **options):
    row = {"id": "long", "text": text, "title": options.pop("title", "T")}
    return ingest(store, [write(name, [row])], longest=longest, **options)


def ids(articles) -> list[str]:
    return [article.id for article in articles]


def test_parts_go_to_annotators_in_the_place_of_the_whole(store, write):
    ingest(store, [write("a.jsonl", [{"id": "before", "text": "Short."}])])
    result = take(store, write)
    ingest(store, [write("b.jsonl", [{"id": "after", "text": "Short too."}])])
    assert (result.total, result.new, result.n_cut, result.n_parts) == (1, 1, 1, len(store.parts.of("long")))
    parts = store.parts.of("long")
    assert ids(store.articles) == ["before", "long", "after"]
    assert len(store.articles) == 3
    assert ids(store.articles.to_annotate()) == ["before", *ids(parts), "after"]
    assert len(store.articles.to_annotate()) == len(parts) + 2
    assert ids(parts) == [f"long.part-{number}" for number in range(1, len(parts) + 1)]
    assert "".join(part.text for part in parts) == TEXT
    assert max(len(part.text) for part in parts) <= 1000
    assert all(store.parts.whole_of(part.id) == "long" for part in parts)
    assert store.parts.whole_of("long") is None
    assert store.parts.of("before") == []
    assert (store.parts.count("long"), store.parts.count("before"), store.parts.wholes()) == (len(parts), 0, 1)


def test_who_counts_articles_finds_articles_and_each_text_once(store, write):
    text = TEXT.replace("Paragraph", "🚦 Caf\u00e9")
    take(store, write, text)
    reader = sqlite3.connect(store.path)
    assert reader.execute("SELECT count(*) FROM articles").fetchone() == (1,)
    assert reader.execute("SELECT count(*) FROM texts").fetchone() == (0,)
    stretches = reader.execute(
        "SELECT p.id, p.sha256, substr(a.text, start + 1, length) FROM parts p JOIN articles a ON a.id = article_id"
        " ORDER BY number"
    ).fetchall()
    reader.close()
    assert "".join(stretch for _, _, stretch in stretches) == text
    assert [(one.id, one.sha256, one.text) for one in store.parts.of("long")] == stretches
    assert all(content_hash(stretch) == sha256 for _, sha256, stretch in stretches)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=2, max_size=40), st.data())
def test_a_part_is_found_by_its_id_and_its_text(tmp_path_factory, text, data):
    inner = data.draw(st.sets(st.integers(1, len(text) - 1), min_size=1, max_size=4))
    whole = Article("long", text, content_hash(text), outlet="Post", meta={"a": 1})
    parts = cut(whole, [0, *sorted(inner)])
    with Store(tmp_path_factory.mktemp("parts")) as store:
        with store.transaction():
            store.articles.add(whole)
            store.parts.cut("long", parts)
        assert store.parts.of("long") == list(store.articles.to_annotate()) == parts
        assert len(store.articles.to_annotate()) == len(parts)
        for number, part in enumerate(parts, start=1):
            assert store.parts.get(part.id) == part
            assert store.articles.get(part.id) is None
            assert store.articles.text(part.sha256) == part.text
            place = store.parts.place(part.id)
            assert (place.whole, place.number, place.start, place.former) == ("long", number, part.part_start, False)
            assert store.parts.get(store.parts.with_text(part.sha256)).text == part.text
            assert store.articles.with_text(part.sha256) is None
        with store.transaction():
            store.articles.replace(Article("long", "Short.", content_hash("Short.")))
        assert store.parts.of("long") == []
        assert ids(store.articles.to_annotate()) == ["long"]
        for part in parts:
            assert store.parts.get(part.id) is store.parts.whole_of(part.id) is None
            assert store.parts.place(part.id).former
            assert store.articles.text(part.sha256) == part.text


def test_an_article_may_take_the_id_of_a_part_that_gave_way(store, write):
    take(store, write)
    take(store, write, "Short.", update=True)
    assert store.parts.place("long.part-2").former
    assert ingest(store, [write("b.jsonl", [{"id": "long.part-2", "text": "Another article."}])]).new == 1
    assert store.parts.place("long.part-2") is None
    take(store, write, update=True)
    parts = store.parts.of("long")
    assert "".join(part.text for part in parts) == TEXT
    assert "long.part-2" not in ids(parts)
    assert store.articles.get("long.part-2").text == "Another article."


def test_a_second_run_changes_nothing_whatever_is_longest(store, write):
    take(store, write)
    before = store.parts.of("long")
    for longest in (1000, 2000, 10**6):
        assert take(store, write, longest=longest).same == 1
        assert take(store, write, longest=longest, update=True).same == 1
        assert store.parts.of("long") == before


def test_new_metadata_reach_the_parts_which_stay_as_they_are(store, write):
    take(store, write)
    before = store.parts.of("long")
    assert take(store, write, title="New", longest=2000, update=True).updated == 1
    after = store.parts.of("long")
    assert [part.text for part in after] == [part.text for part in before]
    assert after[0].title == f"New (1/{len(after)})"


@pytest.mark.parametrize(("old", "new"), [(TEXT, LONGER), (LONGER, TEXT), (TEXT, "Short."), ("Short.", TEXT)])
def test_a_new_text_is_cut_anew_and_the_old_parts_texts_are_kept(store, write, old, new):
    take(store, write, old)
    before = store.parts.of("long")
    assert take(store, write, new, update=True).updated == 1
    after = store.parts.of("long")
    assert "".join(part.text for part in after) == (new if len(new) > 1000 else "")
    assert ids(store.articles.to_annotate()) == (ids(after) or ["long"])
    for part in before:
        assert store.articles.text(part.sha256) == part.text
    assert store.articles.text(content_hash(old)) == old


def test_a_copy_of_a_long_article_stands_back_with_its_parts(store, write):
    rows = [{"id": "one", "text": TEXT}, {"id": "two", "text": TEXT}]
    result = ingest(store, [write("a.jsonl", rows)], longest=1000)
    assert [(one.article_id, one.copy_of) for one in result.duplicates] == [("two", "one")]
    assert store.parts.of("two")
    assert ids(store.articles.to_annotate()) == ids(store.parts.of("one"))


def test_an_article_with_the_id_of_a_part_is_refused_and_kept_aside(store, write):
    take(store, write)
    before = store.parts.of("long")
    path = write("b.jsonl", [{"id": "long.part-2", "text": "Another article."}])
    for update in (False, True):
        result = ingest(store, [path], update=update)
        assert [reject.code for reject in result.rejects] == ["R_ID_TAKEN"]
        assert "'long'" in result.rejects[0].reason
    assert store.parts.of("long") == before
    assert b"Another article." in store.articles.rejects()[0].raw


def test_a_part_gives_way_to_an_article_that_has_its_id_already(store, write):
    ingest(store, [write("b.jsonl", [{"id": "long.part-2", "text": "Another article."}])])
    take(store, write)
    parts = store.parts.of("long")
    assert "".join(part.text for part in parts) == TEXT
    assert store.articles.get("long.part-2").text == "Another article."
    assert len(set(ids(parts))) == len(parts)
    before = ids(parts)
    take(store, write, title="New", update=True)
    assert ids(store.parts.of("long")) == before


def test_the_workspace_says_what_is_long(workspace, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "b.txt").write_text(LONGER)
    settings = workspace.path / "curation.toml"
    settings.write_text(settings.read_text() + "\n[ingest]\nlongest = 5000\n")
    opened = type(workspace)(workspace.path)
    opened.ingest([tmp_path / "a.txt", tmp_path / "b.txt"], threshold=1.0)
    with opened._reading() as store:
        assert [len(store.parts.of(article.id)) for article in store.articles] == [0, 2]
    with pytest.raises(CurationError, match="too short"):
        opened.ingest(tmp_path / "a.txt", longest=999)


def test_the_raw_span_of_a_mention(store, write):
    raw = "\ufeff Cafe\u0301\r\nbar.\n"
    rows = [{"id": "changed", "text": raw}, {"id": "same", "text": "Bar."}]
    ingest(store, [write("a.jsonl", rows)])
    assert store.articles.get("changed").text == "Café\nbar."
    assert store.articles.raw("changed").data.decode() == raw
    start, end = store.articles.raw_span("changed", 5, 8)
    assert raw[start:end] == "bar"
    assert raw[slice(*store.articles.raw_span("changed", 0, 4))] == "Cafe\u0301"
    assert store.articles.raw("same") is None
    assert store.articles.raw_span("same", 1, 3) == (1, 3)
    assert store.articles.raw_span("unknown", 0, 1) is None


def test_what_was_cleaned_before_maps_were_kept_has_none(store):
    with store.transaction():
        store.articles.add(Article("old", "Text.", content_hash("Text.")), normalisation="1")
    assert store.articles.raw("old") is None
    assert store.articles.raw_span("old", 0, 4) is None


def test_notes_and_steps_come_through_a_table_and_a_text_file(store, write):
    write("a.jsonl", [{"id": "a", "text": "cafÃ© au lait\r\n"}])
    write("b.txt", "voilà\u202e\n")
    result = ingest(store, [write("c.csv", "id,text\nc,plain\n").parent])
    assert result.noted.keys() == {"N_MOJIBAKE", "N_BIDI"}
    assert store.articles.get("a").steps == ("newlines", "trim")
    fixed = ingest(store, [write("a.jsonl", [{"id": "a", "text": "cafÃ© au lait\r\n"}])],
                   options=Options(fix_mojibake=True), update=True)  # fmt: skip
    assert (fixed.updated, fixed.noted) == (1, {})
    assert store.articles.get("a").steps == ("mojibake", "newlines", "trim")
    assert store.articles.get("a").text == "café au lait"
