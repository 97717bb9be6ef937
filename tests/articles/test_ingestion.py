"""What becomes of each document in the store, and that a second run has nothing to do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from curation.articles import Options, ingest
from curation.articles.duplicates import Duplicate
from curation.articles.tally import TOLD
from curation.catalog import Schemas
from curation.errors import CurationError
from curation.records import Reject, article_from_json, to_json
from curation.text import content_hash


def counts(result) -> tuple[int, ...]:
    """Everything that was read is in one of these."""
    found = (result.new, result.same, result.updated, result.n_changed, result.n_repeated, result.n_rejects)
    assert result.total == sum(found)
    return result.total, *found


def test_everything_is_counted_and_a_second_run_adds_nothing(store, write, folder):
    write("a.txt", "An article.")
    write("b.txt", "An article.\r\n")
    write("empty.txt", b"")
    write("picture.png", b"x")
    write("wire.jsonl", b'{"id": "w1", "text": "One"}\n{"id": "w2", "text":\n{"id": "w3", "text": "One"}\n')
    first = ingest(store, [folder])
    assert counts(first) == (6, 3, 0, 0, 0, 1, 2)
    assert first.repeated == (("b.txt", "a" + content_hash("An article.")[:16]),)
    assert first.duplicates == (Duplicate("w3", "w1", 1.0, "wire.jsonl:3", "wire.jsonl:1"),)
    assert [(reject.source, reject.code) for reject in first.rejects] == [
        ("empty.txt", "R_EMPTY"), ("wire.jsonl:2", "R_JSON"),
    ]  # fmt: skip
    assert first.skipped == ("picture.png",)
    before = [list(store.articles), store.articles.rejects(), store.articles.repeated()]
    second = ingest(store, [folder])
    assert counts(second) == (6, 0, 3, 0, 0, 1, 2)
    assert (second.duplicates, second.clusters) == ((), 0), "nothing is linked anew"
    assert [list(store.articles), store.articles.rejects(), store.articles.repeated()] == before
    assert [article.id for article in store.articles.to_annotate()] == [first.repeated[0][1], "w1"]


def test_refused_documents_are_kept_whole(store, write):
    ingest(store, [write("wire.jsonl", b'{"text": "One"}\n{"text": "\xff"}\n')])
    (reject,) = store.articles.rejects()
    assert (reject.source, reject.code, reject.raw) == ("wire.jsonl:2", "R_ENCODING", b'{"text": "\xff"}\n')


def test_two_refused_documents_in_one_place_are_both_kept(store, write):
    for broken in (b"{1", b"{2", b"{1"):
        ingest(store, [write("wire.jsonl", b'{"text": "One"}\n' + broken)])
    assert [reject.raw for reject in store.articles.rejects()] == [b"{1", b"{2"]


def test_a_changed_text_is_told_and_left_alone_until_update(store, write):
    ingest(store, [write("a.jsonl", [{"id": "x", "text": "old", "title": "T"}])])
    path = write("a.jsonl", [{"id": "x", "text": "new", "title": "U"}])
    told = ingest(store, [path])
    assert (told.changed, told.updated) == (("x",), 0)
    assert store.articles.get("x").text == "old"
    updated = ingest(store, [path], update=True)
    assert (updated.changed, updated.updated, updated.new) == ((), 1, 0)
    article = store.articles.get("x")
    assert (article.text, article.title, article.sha256) == ("new", "U", content_hash("new"))
    assert store.articles.text(content_hash("old")) == "old", "annotators saw it"
    assert counts(ingest(store, [path], update=True)) == (1, 0, 1, 0, 0, 0, 0)


def test_update_takes_new_metadata_but_not_a_new_place(store, write):
    ingest(store, [write("a.jsonl", [{"id": "x", "text": "t"}, {"id": "y", "text": "u"}])])
    path = write("b.jsonl", [{"id": "y", "text": "u"}, {"id": "x", "text": "t", "outlet": "Courier"}])
    assert counts(ingest(store, [path])) == (2, 0, 2, 0, 0, 0, 0)
    assert counts(ingest(store, [path], update=True)) == (2, 0, 1, 1, 0, 0, 0)
    assert store.articles.get("x").outlet == "Courier"
    assert store.articles.get("y").source == "a.jsonl:2"


def test_one_id_with_two_texts_in_one_run_is_refused(store, write):
    path = write("a.jsonl", [{"id": "x", "text": "one"}, {"id": "x", "text": "two", "title": "T"}])
    for update in (False, True, True):
        result = ingest(store, [path], update=update)
        (reject,) = result.rejects
        assert (reject.source, reject.code) == ("a.jsonl:2", "R_ID_TAKEN")
        assert (result.changed, result.updated) == ((), 0)
        assert store.articles.get("x").text == "one"
    (kept,) = store.articles.rejects()
    assert json.loads(kept.raw)["text"] == "two"


def test_one_id_twice_with_one_text_is_one_article(store, write):
    rows = [{"id": "x", "text": "one"}, {"id": "x", "text": "one"}]
    assert ingest(store, [write("a.jsonl", rows)]).repeated == (("a.jsonl:2", "x"),)
    assert store.articles.repeated() == [("a.jsonl:2", "x")]
    again = ingest(store, [write("a.jsonl", [{"id": "x", "text": "two"}] * 2)])
    assert (again.changed, again.repeated, again.rejects) == (("x", "x"), (), ())


def test_ids_that_differ_in_case_or_are_no_file_names_stay_apart(store, write):
    ids = ["A1", "a1", "../x", "x" * 300, "x" * 301, "CON"]
    result = ingest(store, [write("a.jsonl", [{"id": name, "text": f"text {name}"} for name in ids])])
    assert result.new == len(ids)
    assert [article.source_id for article in store.articles] == ids
    assert len({article.id for article in store.articles}) == len(ids)


def test_which_copy_is_kept_does_not_depend_on_the_file_system(store, write, folder):
    for name in ("c.txt", "a.txt", "b.txt"):
        write(name, "the same")
    result = ingest(store, [folder])
    assert [article.source for article in store.articles] == ["a.txt"]
    assert [source for source, _ in result.repeated] == ["b.txt", "c.txt"]


def test_one_text_in_two_outlets_is_two_articles_and_one_goes_to_annotators(store, write):
    rows = [
        {"text": "Agency copy.", "outlet": "Herald", "date": "2020-01-02"},
        {"text": "Agency copy.", "outlet": "Courier", "date": "2020-01-01"},
        {"text": "AGENCY  COPY.", "id": "t1", "outlet": "Tribune", "date": "2020-01-03"},
    ]
    result = ingest(store, [write("a.jsonl", rows)])
    assert (result.new, len(result.duplicates), result.clusters, result.repeated) == (3, 2, 1, ())
    assert [article.outlet for article in store.articles] == ["Herald", "Courier", "Tribune"]
    assert [article.outlet for article in store.articles.to_annotate()] == ["Courier"], "the earliest"
    assert counts(ingest(store, [write("a.jsonl", rows)])) == (3, 0, 3, 0, 0, 0, 0)


def test_what_was_read_before_an_error_is_linked_too(store, write):
    sources = [
        write("a.jsonl", [{"id": "a", "text": "Same"}, {"id": "b", "text": "same"}]),
        write("b.csv", "headline\nx\n"),
    ]
    with pytest.raises(CurationError):
        ingest(store, sources)
    assert [article.id for article in store.articles.to_annotate()] == ["a"]


def test_a_table_without_a_column_costs_a_folder_nothing_but_itself(store, write, folder):
    write("a.txt", "one")
    write("nocol.csv", "headline,url\nx,y\n")
    write("z.txt", "two")
    result = ingest(store, [folder])
    assert counts(result) == (3, 2, 0, 0, 0, 0, 1)
    (kept,) = store.articles.rejects()
    assert (kept.source, kept.code, kept.raw) == ("nocol.csv", "R_NO_COLUMN", b"headline,url\nx,y\n")


def test_what_was_read_before_an_error_stays(store, write):
    sources = [write("a.txt", "kept"), write("b.csv", "headline\nx\n")]
    with pytest.raises(CurationError) as raised:
        ingest(store, sources)
    assert raised.value.code == "E_MISSING_COLUMN"
    assert [article.text for article in store.articles] == ["kept"]


@pytest.mark.parametrize(("name", "content"), [("a.jsonl", "\n\n"), ("a.csv", "text,title\n"), ("a.csv", "\n")])
def test_a_source_without_a_single_document(store, write, name, content):
    with pytest.raises(CurationError, match="no article in it") as raised:
        ingest(store, [write(name, content)])
    assert raised.value.code == "E_NO_INPUT"


def test_a_field_map_reaches_the_tables(store, write):
    ingest(
        store,
        [write("a.csv", "story,paper\nText,Courier\n")],
        options=Options(field_map={"text": "story", "outlet": "paper"}),
    )
    (article,) = store.articles
    assert (article.text, article.outlet) == ("Text", "Courier")


def test_progress_ends_with_the_number_of_documents(store, write):
    told: list[tuple[int, int | None]] = []
    path = write("a.jsonl", [{"text": f"text {number}"} for number in range(1201)])
    ingest(store, [path], progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (1201, None)
    assert len(told) >= 3


def test_metadata_comes_back_from_the_store_as_it_was_read(store, write):
    from curation.articles import read

    row = {"id": "x", "text": "Über 😀", "authors": ["A", "B"], "tags": [1, {"deep": None}], "n": 2**62, "f": 0.1}
    path = write("a.jsonl", [row])
    ingest(store, [path])
    assert list(store.articles) == list(read([path]))


def test_a_result_counts_everything_and_names_the_first_thousand(store, write, folder):
    many = TOLD + 7
    write("bad.jsonl", b"{\n" * many)
    write("same.jsonl", [{"id": f"s{number}", "text": "one"} for number in range(many + 1)])
    write("twice.jsonl", [{"id": "x", "text": "two"}] * (many + 1))
    write("moved.jsonl", [{"id": f"m{number}", "text": f"number {number}"} for number in range(many)])
    for number in range(many):
        write(f"{number}.png", b"")
        write(f"{number}.csv", f"text\nEach {'x' * number}")
    ingest(store, [folder / "moved.jsonl"])
    write("moved.jsonl", [{"id": f"m{number}", "text": f"another {number}"} for number in range(many)])
    result = ingest(store, [folder])
    assert counts(result) == (4 * many + 2 + many, 2 * many + 2, 0, 0, many, many, many)
    assert (result.n_duplicates, result.n_skipped, result.n_columns) == (many, many, many + 3)
    named = (result.changed, result.repeated, result.rejects, result.duplicates, result.skipped, result.columns)
    assert [len(kind) for kind in named] == [TOLD] * len(named)
    assert {code: counted.count for code, counted in result.refused.items()} == {"R_JSON": many}
    assert result.repeated[0] == ("twice.jsonl:2", "x")
    assert len(store.articles.rejects()) == many


def test_update_corrects_an_article_that_has_no_id(store, write):
    path = write("a.jsonl", [{"text": "One", "date": "2020-13-45"}, {"text": "One", "outlet": "Courier"}])
    assert ingest(store, [path]).new == 2
    names = [article.id for article in store.articles]
    write(
        "a.jsonl", [{"text": "One", "date": "2020-12-31"}, {"text": "One", "outlet": "Courier", "url": "http://c.d/"}]
    )
    corrected = ingest(store, [path], update=True)
    assert counts(corrected) == (2, 0, 0, 2, 0, 0, 0)
    assert [article.id for article in store.articles] == names
    assert [(one.published_at, one.outlet, one.url) for one in store.articles] == [
        ("2020-12-31", None, None), (None, "Courier", "http://c.d/"),
    ]  # fmt: skip
    for update in (False, True):
        assert counts(ingest(store, [path], update=update)) == (2, 0, 2, 0, 0, 0, 0)
    # Elsewhere it is published as the second one was before.
    other = write("b.jsonl", [{"text": "One", "outlet": "Courier"}])
    for new in (1, 0):
        assert ingest(store, [other], update=True).new == new
    assert counts(ingest(store, [path], update=True)) == (2, 0, 2, 0, 0, 0, 0)


def test_update_does_not_take_one_article_for_another_that_moved_into_its_place(store, write):
    row = {outlet: {"text": "One", "outlet": outlet} for outlet in "ABC"}
    path = write("a.jsonl", [row["A"], row["B"]])
    ingest(store, [path])
    write("a.jsonl", [row["B"], row["C"]])
    result = ingest(store, [path], update=True)
    assert (result.new, result.same, result.updated) == (1, 1, 0)
    assert [article.outlet for article in store.articles] == ["A", "B", "C"]


def test_a_changed_text_that_stands_twice_is_not_told_as_repeated(store, write):
    ingest(store, [write("a.jsonl", [{"id": "x", "text": "one"}])])
    told = ingest(store, [write("a.jsonl", [{"id": "x", "text": "two"}] * 2)])
    assert (told.changed, told.repeated) == (("x", "x"), ())
    assert store.articles.repeated() == []


@pytest.mark.parametrize("wrong", [{"threshold": 7.0}, {"threshold": 0.49}, {"longest": 999}])
def test_what_cannot_be_meant_is_refused_before_anything_is_read(store, write, wrong):
    with pytest.raises(CurationError) as raised:
        ingest(store, [write("a.txt", "one")], **wrong)
    assert raised.value.code == "E_USAGE"
    assert list(store.articles) == []


def test_what_is_stored_satisfies_its_schema(store, write):
    schemas = Schemas(Path(__file__).resolve().parents[2] / "schemas")
    long = {"id": "long", "text": "\n\n".join(["A paragraph of some length."] * 60), "date": "02/03/04"}
    rows = [
        {"id": "a", "text": "One\r\n\u202b", "authors": ["A"], "date": "2020-02-03T10:00:00Z", "tags": [1, None]},
        {"text": "One", "date": "", "url": "HTTP://Example.org/a#b", "lang": "de-DE", "license": "CC0-1.0"},
        long,
    ]
    ingest(store, [write("a.jsonl", rows), write("b.txt", "A text.")], longest=1000)
    stored = list(store.articles)
    articles = [*stored, *(part for one in stored for part in store.parts.of(one.id))]
    assert len(articles) > len(stored) == 4
    assert {note for one in articles for note in one.notes} == {"N_BIDI", "N_DATE", "N_DATE_MISSING"}
    for one in articles:
        document = json.loads(json.dumps(to_json(one)))
        assert schemas.problems("article", document) == []
        assert article_from_json(document) == one


ROWS = ("The council met on Monday and spoke about rents.", "Farmers drove their tractors to the ministry today.")


@pytest.mark.parametrize("update", [False, True])
def test_two_files_that_number_their_articles_alike_do_not_replace_each_other(store, write, update):
    first = write("a.csv", f"id,text\n1,{ROWS[0]}\n")
    second = write("b.csv", f"id,text\n1,{ROWS[1]}\n")
    ingest(store, [first])
    for sources in ([second], [second, first], [first, second]):
        result = ingest(store, sources, update=update)
        assert [(one.source, one.code) for one in result.rejects] == [("b.csv:2", "R_ID_TAKEN")]
        assert (result.n_changed, result.updated, result.same) == (0, 0, len(sources) - 1)
    assert [article.text for article in store.articles] == [ROWS[0]]
    (kept,) = store.articles.rejects()
    assert json.loads(kept.raw)["text"] == ROWS[1]


@pytest.mark.parametrize(("name", "text"), [("a.csv", ROWS[1]), ("b.csv", ROWS[0] + " They will meet again.")])
def test_a_text_from_the_same_file_or_one_like_it_is_a_change(store, write, name, text):
    ingest(store, [write("a.csv", f"id,text\n1,{ROWS[0]}\n")])
    path = write(name, f"id,text\n1,{text}\n")
    assert ingest(store, [path]).changed == ("1",)
    assert ingest(store, [path], update=True).updated == 1
    assert [article.text for article in store.articles] == [text]


@pytest.mark.parametrize(
    ("column", "value"),
    [("title", "U"), ("url", "https://a.b/c"), ("outlet", "Post"), ("authors", "B"), ("date", "2021-01-01"),
     ("license", "CC0"), ("title", None)],
)  # fmt: skip
def test_other_metadata_is_told_without_update(store, write, column, value):
    row = {"id": "x", "text": "t", "title": "T", "url": "https://a.b/", "outlet": "Herald", "authors": "A",
           "date": "2020-01-01", "license": "CC-BY"}  # fmt: skip
    ingest(store, [write("a.jsonl", [row, {"id": "y", "text": "u"}])])
    path = write("a.jsonl", [{**row, column: value}, {"id": "y", "text": "u"}])
    told = ingest(store, [path])
    assert (told.n_outdated, told.outdated) == (1, ("x",))
    assert counts(told) == (2, 0, 2, 0, 0, 0, 0)
    assert ingest(store, [path], update=True).updated == 1
    assert ingest(store, [path]).n_outdated == 0


def test_bytes_that_are_refused_for_a_reworded_reason_stand_once(store, write):
    path = write("a.txt", b"\xff\xfe\xfd")
    ingest(store, [path])
    (told,) = store.articles.rejects()
    store.articles.reject(replace(told, code="R_OTHER", reason="in other words"))
    assert store.articles.rejects() == [Reject("a.txt", "R_OTHER", "in other words", told.raw)]


def test_a_refusal_is_mended_by_what_is_read_in_its_place(store, write):
    ingest(store, [write("a.jsonl", b'{"id": "x", "text": "One"}\n{"id": "y", "text":\n{"id": "z", "text": ""}\n')])
    assert store.library.refusals() == 2
    mended = write("a.jsonl", b'{"id": "x", "text": "One"}\n{"id": "y", "text": "Two"}\n{"id": "z", "text": ""}\n')
    ingest(store, [mended])
    assert [row[0] for row in store.library.refused()] == ["a.jsonl:3"]
    assert [(row[0], row[4]) for row in store.library.refused(mended=True)] == [("a.jsonl:2", "y"), ("a.jsonl:3", None)]
    assert len(store.articles.rejects()) == 2, "the bytes stay"
    ingest(store, [write("a.jsonl", b'{"id": "x", "text": "One"}\n{"id": "y", "text":\n')])
    assert store.library.refusals() == 2, "it is refused again"


def test_what_one_run_refuses_is_not_mended_by_a_file_of_the_same_name(store, write):
    sources = [write("one/a.txt", "").parent, write("two/a.txt", "Another article.")]
    for order in (sources, sources[::-1], sources):
        ingest(store, order)
        assert store.library.refusals() == 1


SNOW = "An entirely different matter of snow in the hills and of an orchestra."
FARES = "The council of the town met on Monday and spoke of buses and of fares for all."


@pytest.mark.parametrize("update", [False, True])
def test_an_id_that_a_file_of_the_same_name_gives_to_another_text_is_refused(store, write, update):
    ingest(store, [write("2023/news.jsonl", [{"id": "5", "text": FARES}])])
    told = ingest(store, [write("2024/news.jsonl", [{"id": "5", "text": SNOW}])], update=update)
    assert (told.refused["R_ID_TAKEN"].count, told.updated, told.n_changed) == (1, 0, 0)
    assert store.articles.get("5").text == FARES
    (kept,) = store.articles.rejects()
    assert json.loads(kept.raw)["text"] == SNOW


def test_the_same_file_may_be_named_from_elsewhere(store, write, folder, monkeypatch):
    path = write("2023/news.jsonl", [{"id": "5", "text": FARES}])
    ingest(store, [path])
    write("2023/news.jsonl", [{"id": "5", "text": SNOW}])
    monkeypatch.chdir(folder)
    told = ingest(store, ["2023"], update=True)
    assert (told.updated, told.n_rejects) == (1, 0)
    assert store.articles.get("5").text == SNOW


def test_a_file_of_the_same_name_mends_nothing(store, write, folder):
    broken = write("x/a.jsonl", [{"text": "a\0b"}])
    ingest(store, [broken])
    ingest(store, [write("y/a.jsonl", [{"text": FARES}])])
    assert store.library.refusals() == 1
    write("x/a.jsonl", [{"text": SNOW}])
    ingest(store, [broken])
    assert store.library.refusals() == 0
