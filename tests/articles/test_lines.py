"""JSON Lines: strict, line by line, in constant memory."""

from __future__ import annotations

import json
import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.articles import REJECTS, read
from curation.articles.formats import lines
from curation.articles.options import Options
from curation.articles.sources import Source
from curation.errors import CurationError
from curation.records import Article, Reject
from curation.text import normalise


def kept(documents) -> list[str]:
    return [document.text for document in documents if isinstance(document, Article)]


def refused(documents) -> list[Reject]:
    return [document for document in documents if isinstance(document, Reject)]


BROKEN = [
    (b'{"text": "cut', "R_JSON", "the line is cut off"),
    (b'{"text": "a" "b"}', "R_JSON", "column 14"),
    ('{"text": "é", x}'.encode(), "R_JSON", "column 15"),
    (b'{"text": "a", "score": NaN}', "R_JSON", "NaN is no JSON at column 24"),
    (b'{"text": "a", "score": -Infinity}', "R_JSON", "Infinity is no JSON"),
    (b'{"text": "a", "score": 1e999}', "R_JSON", "out of range"),
    (b'{"text": "a", "n": ' + b"9" * 5000 + b"}", "R_JSON", "out of range"),
    (b'{"text": "a", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}", "R_JSON", "deep"),
    (b'{"text": "a", "x": ' + b"[" * 200 + b"]" * 200 + b"}", "R_JSON", "deep"),
    (b'["text"]', "R_JSON", "no object"),
    (b'{"text": "a"} {"text": "b"}', "R_JSON", "trailing"),
    (b'{"text": "a", "text": "b"}', "R_JSON", "twice"),
    (b'{"text": "' + b"long " * 99 + b'", "id": 1, "text": "b"}', "R_JSON", "twice"),
    (b'{"text": "b", "id": 1, "text": "' + b"long " * 99 + b'"}', "R_JSON", "twice"),
    (b'{"text": "a", "title": "x", "title": "y"}', "R_JSON", "'title' stands twice"),
    (b'{"x" : 1, "x" : 2, "text": "a"}', "R_JSON", "'x' stands twice"),
    (b'{"x": {"a": 1}, "text": "a", "\\u0078": {"a": 2}}', "R_JSON", "'x' stands twice"),
    (b'{"a": 1, "a": 2, "text": "b", "x": 1, "text": "' + b"long " * 99 + b'"}', "R_JSON", "twice"),
    (b'{"text": "a\\ud800b"}', "R_FORBIDDEN_CHARACTER", "lone surrogate U+D800 at column 12"),
    (b'{"text": "a\\\\\\udc00"}', "R_FORBIDDEN_CHARACTER", "lone surrogate U+DC00 at column 14"),
    (b'{"text": "\\ud83d\\ud83d\\ude00"}', "R_FORBIDDEN_CHARACTER", "lone surrogate U+D83D at column 11"),
    (b'{"text": "one\\n two\\u0000"}', "R_FORBIDDEN_CHARACTER", "NUL at offset 8 of the text (line 2, column 5)"),
    (b'{"text": "a", "title": "\\u0000"}', "R_FORBIDDEN_CHARACTER", "NUL at offset 0 of the title"),
    (b'{"text": "a\xff"}', "R_ENCODING", "byte 0xff at byte 11"),
    (b'{"text": "a\xed\xa0\x80"}', "R_ENCODING", "at byte 11"),
    (b'{"text": ""}', "R_EMPTY", "empty"),
    (b'{"text": "\\u00a0 \\n"}', "R_EMPTY", "white space"),
    (b'{"text": 5}', "R_NO_TEXT", "a number"),
    (b'{"text": null}', "R_NO_TEXT", "missing"),
    (b'{"headline": "no text"}', "R_NO_TEXT", "missing"),
    (b"\0\0", "R_JSON", "column 1"),
]


@pytest.mark.parametrize(("line", "code", "place"), BROKEN)
def test_a_broken_line_in_the_middle_costs_nothing_but_itself(write, line, code, place):
    path = write("wire.jsonl", b'{"text": "first"}\n' + line + b'\n\r\n \n{"text": "last"}')
    documents = list(read([path]))
    assert kept(documents) == ["first", "last"]
    assert documents[-1].source == "wire.jsonl:5"
    (reject,) = refused(documents)
    assert (reject.source, reject.code) == ("wire.jsonl:2", code)
    assert place in reject.reason
    assert reject.raw == line + b"\n"
    assert code in REJECTS


def test_what_only_looks_like_a_second_text_is_kept(write):
    rows = [
        {"type": "text", "text": "one"},
        {"text": 'two "text" two', "blocks": [{"text": "a"}, {"text": "b"}]},
        {"text": "three", "title": '"text": "text"'},
    ]
    assert kept(read([write("a.jsonl", rows)])) == ["one", 'two "text" two', "three"]


def test_pairs_of_surrogates_and_escaped_backslashes_are_fine(write):
    path = write("a.jsonl", b'{"text": "\\ud83d\\ude00"}\n{"text": "\\\\ud800"}\n{"text": "\\u2028"}\n')
    assert kept(read([path])) == ["😀", "\\ud800"]


@given(st.lists(st.text(min_size=1).filter(lambda text: "\0" not in text and normalise(text)), min_size=1, max_size=5))
def test_every_text_comes_through_normalised(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_text("".join(json.dumps({"text": row}) + "\n" for row in rows), encoding="utf-8")
    assert kept(read([path])) == [normalise(row) for row in rows]


@given(st.binary(max_size=80))
def test_any_bytes_between_two_lines_leave_them_alone(tmp_path_factory, junk):
    path = tmp_path_factory.getbasetemp() / "junk.jsonl"
    path.write_bytes(b'{"text": "first"}\n' + junk + b'\n{"text": "last"}\n')
    documents = list(lines.read_lines(Source(path, "junk.jsonl", "lines"), Options()))
    texts = kept(documents)
    assert (texts[0], texts[-1]) == ("first", "last")
    assert all(reject.code in REJECTS for reject in refused(documents))
    bytes_read = b"".join(reject.raw for reject in refused(documents))
    if len(texts) == 2:
        assert bytes_read.split() == junk.split()


def test_byte_order_marks_and_carriage_returns(write):
    path = write("a.ndjson", b'\xef\xbb\xbf{"text": "one"}\r\n{"text": "two"}\r\n')
    assert kept(read([path])) == ["one", "two"]


def test_a_binary_file_is_refused_once(write):
    raw = bytes(range(256)) * 10
    (reject,) = read([write("a.jsonl", raw)])
    assert (reject.source, reject.code, reject.raw) == ("a.jsonl", "R_ENCODING", raw)


@pytest.mark.parametrize("raw", [b'[\n{"text": "a"},\n{"text": "b"}\n]', b'[{"text": "a"}, {"text": "b"}]'])
def test_an_array_by_the_name_of_json_lines_is_read_as_what_it_is(write, raw):
    assert kept(read([write("a.jsonl", raw)])) == ["a", "b"]


def test_an_array_on_the_first_line_alone_costs_nothing_but_itself(write):
    documents = list(read([write("a.jsonl", b'["text", "title"]\n{"text": "one"}\n')]))
    assert kept(documents) == ["one"]
    assert [reject.source for reject in refused(documents)] == ["a.jsonl:1"]


def test_a_line_without_end_is_not_loaded(write, monkeypatch):
    monkeypatch.setattr(lines, "LIMIT", 1000)
    long = b'{"text": "' + b"x" * 5000 + b'"}'
    documents = list(read([write("a.jsonl", b'{"text": "first"}\n' + long + b'\n{"text": "last"}')]))
    assert kept(documents) == ["first", "last"]
    assert [reject.code for reject in refused(documents)] == ["R_TOO_LARGE"]


def test_usual_names_are_found_and_the_rest_is_kept(write):
    row = {
        "id": 17, "Headline": " A ", "content": "Body", "source": "Courier", "byline": "Ida Nørgaard; Moss, Elena",
        "Publish-Date": "2026-03-02", "language": "en", "url": "https://example.org/a", "tags": ["x", {"y": None}],
        "views": 3,
    }  # fmt: skip
    (article,) = read([write("a.jsonl", [row])])
    assert article == Article(
        id="17", text="Body", sha256=article.sha256, title="A", url="https://example.org/a", outlet="Courier",
        authors=("Ida Nørgaard", "Moss, Elena"), published_at="2026-03-02", lang="en", source_id="17",
        source="a.jsonl:1", meta={"tags": ["x", {"y": None}], "views": 3},
    )  # fmt: skip


def test_the_preferred_name_wins_and_the_other_goes_to_meta(write):
    (article,) = read([write("a.jsonl", [{"source": "feed", "outlet": "Courier", "content": "c", "text": "t"}])])
    assert (article.text, article.outlet, article.meta) == ("t", "Courier", {"source": "feed", "content": "c"})


def test_a_field_map_goes_before_the_usual_names(write):
    path = write("a.jsonl", [{"text": "teaser", "story": "whole", "url": "u", "nr": "x1"}])
    (article,) = read([path], Options(field_map={"text": "story", "article_id": "nr", "url": "url"}))
    assert (article.text, article.id, article.url, article.meta) == ("whole", "x1", "u", {"text": "teaser"})


def test_lines_may_differ_in_their_keys(write):
    rows = [{"text": "1"}, {"title": "T", "text": "2"}, {"text": "3", "x": 1}, {"body": "4"}]
    articles = list(read([write("a.jsonl", rows)]))
    assert [(article.title, article.text, article.meta) for article in articles] == [
        (None, "1", {}), ("T", "2", {}), (None, "3", {"x": 1}), (None, "4", {}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "field_map", "words"),
    [
        ([{"headline": "h", "link": "l"}], {}, ["text", "headline, link", "--map text=COLUMN"]),
        ([{"story": "t", "a": 1}], {"text": "stry"}, ["no column holds the text", "story, a", "--map text=COLUMN"]),
        ([{"text": "t", "a": 1}], {"text": ""}, ["no column holds the text", "text, a"]),
        ([{"note": "n", "link": "l"}], {}, ["--map text=COLUMN, or --fetch to get the pages at the addresses in link"]),
    ],
)
def test_a_missing_column_is_named_with_those_there_are(write, rows, field_map, words):
    with pytest.raises(CurationError) as raised:
        list(read([write("a.jsonl", rows)], Options(field_map=field_map)))
    assert raised.value.code == "E_MISSING_COLUMN"
    assert all(word in str(raised.value) for word in ["a.jsonl", *words])


@pytest.mark.parametrize("name", ["articleBody", "article_body", "Article Body"])
def test_the_name_that_pages_give_a_text_in_their_data_is_known(write, name):
    (found,) = read([write("a.jsonl", json.dumps({"description": "Short.", name: "The whole text.", "headline": "H"}))])
    assert (found.text, found.title, found.meta) == ("The whole text.", "H", {"description": "Short."})


def test_a_mapped_column_that_a_line_lacks_is_found_by_its_usual_names(write):
    told = {}
    rows = [{"text": "1", "source": "A"}, {"text": "2", "paper": "B", "source": "feed"}, {"story": "3", "paper": "C"}]
    options = Options(field_map={"outlet": "paper", "text": "story"}, on_passed=told.__setitem__)
    articles = list(read([write("a.jsonl", rows)], options))
    assert [(article.text, article.outlet) for article in articles] == [("1", "A"), ("2", "B"), ("3", "C")]
    assert articles[1].meta == {"source": "feed"}
    assert told == {}


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_a_mapped_column_that_no_row_has_is_told_at_the_end(write, folder, name):
    told = {}
    rows = [{"text": "1", "source": "A"}, {"text": "2"}]
    path = write(name, rows if name == "a.jsonl" else json.dumps(rows))
    options = Options(field_map={"outlet": "sorce"}, on_passed=told.__setitem__)
    assert [article.outlet for article in read([path], options)] == ["A", None]
    assert told == {name: {"rows, none of which has the column 'sorce' that is mapped to outlet": 2}}
    told.clear()
    assert len(list(read([folder], options))) == 2
    assert told == {}


def test_what_stands_beside_an_array_is_told_with_the_column_that_no_row_has(write):
    told = {}
    path = write("a.json", json.dumps({"status": 1, "text": "of the dump", "articles": [{"story": "one"}]}))
    options = Options(field_map={"outlet": "sorce", "text": "story"}, on_passed=told.__setitem__)
    assert [article.text for article in read([path], options)] == ["one"]
    assert told["a.json"] == {
        "the key 'status' beside the array": 1,
        "the key 'text' beside the array": 1,
        "rows, none of which has the column 'sorce' that is mapped to outlet": 1,
    }


def test_a_field_that_is_mapped_to_nothing_has_no_column(write):
    path = write("a.jsonl", [{"text": "t", "id": "7"}, {"text": "u", "id": "7"}])
    one, two = read([path], Options(field_map={"id": ""}))
    assert one.id == "a" + one.sha256[:16] != two.id
    assert (one.source_id, one.meta) == (None, {"id": "7"})


WORDS = ("title", "outlet", "authors", "url", "license", "id", "lang")


@pytest.mark.parametrize("field", WORDS)
@given(st.text(st.sampled_from("ab \n\r\t\x0b\x1b\x07\x7f\x85\x9b\u2028é\u00a0"), min_size=1))
def test_every_field_but_the_text_is_one_line(tmp_path_factory, field, word):
    path = tmp_path_factory.mktemp("words") / "a.jsonl"
    path.write_text(json.dumps({"text": "t", field: word, "note": word}), encoding="utf-8")
    (article,) = read([path])
    kept = getattr(article, {"id": "source_id"}.get(field, field))
    kept = (kept[0] if kept else None) if field == "authors" else kept
    expected = " ".join(re.sub("[\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]", "", word).split())
    assert kept == (expected or None) or field == "lang"
    assert kept is None or (kept.isprintable() and "  " not in kept)
    assert article.meta == {"note": word}


def test_a_field_that_does_not_exist_cannot_be_mapped(write):
    with pytest.raises(CurationError, match="no field 'txt'") as raised:
        read([write("a.jsonl", [{"text": "t"}])], Options(field_map={"txt": "text"}))
    assert raised.value.code == "E_USAGE"


@pytest.mark.parametrize(
    ("source_id", "article_id"),
    [
        ("Art-1.b_2", "Art-1.b_2"), (" 17 ", "17"), (17, "17"), (17.0, "17"), ("a" * 80, "a" * 80), ("CON", "CON"),
    ],
)  # fmt: skip
def test_a_well_formed_id_is_kept(write, source_id, article_id):
    (article,) = read([write("a.jsonl", [{"id": source_id, "text": "t"}])])
    assert (article.id, article.source_id) == (article_id, str(article_id))


@pytest.mark.parametrize(
    "source_id", ["../../etc/passwd", "x" * 300, "a" * 81, "a/b", ".hidden", "-rf", "ünï", "a b", "a\nb", "https://x/1"]
)
def test_any_other_id_becomes_a_hash(write, source_id):
    rows = [{"id": source_id, "text": "one"}, {"id": source_id + "x", "text": "one"}]
    article, other = read([write("a.jsonl", rows)])
    assert article.source_id == " ".join(source_id.split())
    assert article.id[0] == "a"
    assert len(article.id) == 17
    assert set(article.id[1:]) <= set("0123456789abcdef")
    assert article.id != other.id


def test_no_id_or_an_empty_one_is_the_text(write):
    for article in read([write("a.jsonl", [{"text": "t"}, {"id": "", "text": "t"}, {"id": None, "text": "t"}])]):
        assert (article.id, article.source_id) == ("a" + article.sha256[:16], None)


@pytest.mark.parametrize(
    ("value", "authors"),
    [
        (["A", " B ", ""], ("A", "B")), ("A;B ;", ("A", "B")), ("Moss, Elena", ("Moss, Elena",)), (None, ()), ("", ()),
        ([{"name": "A", "role": "x"}], ("A",)), ([["A"]], ('["A"]',)), (7, ("7",)),
    ],
)  # fmt: skip
def test_authors(write, value, authors):
    (article,) = read([write("a.jsonl", [{"text": "t", "authors": value}])])
    assert article.authors == authors


def test_memory_does_not_grow_with_the_number_of_lines(write):
    def peak(count: int) -> int:
        path = write("many.jsonl", [{"id": number, "text": f"Text {number} " * 100} for number in range(count)])
        tracemalloc.start()
        for _ in read([path]):
            pass
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(10)
    assert peak(4000) < peak(400) + 100_000


def test_memory_does_not_grow_with_the_number_of_shapes(write):
    rows = [{"text": "t", f"key{number}": number} for number in range(2000)]
    articles = list(read([write("shapes.jsonl", rows)]))
    assert [article.meta for article in articles[-1:]] == [{"key1999": 1999}]


pairs = st.lists(
    st.tuples(
        st.sampled_from(["text", "title", "id", "x"]),
        st.sampled_from(["a", 'a "x": b', "long " * 20, 1, {"x": 1}, [{"title": "b"}]]),
    ),
    min_size=1,
    max_size=5,
)


@given(pairs, st.sampled_from([":", ": ", " : "]))
def test_an_object_is_refused_if_a_key_stands_twice_with_two_values(tmp_path_factory, pairs, colon):
    pairs = [*pairs, ("text", "the end")] if all(key != "text" for key, _ in pairs) else pairs
    path = tmp_path_factory.getbasetemp() / "twice.jsonl"
    members = ", ".join(json.dumps(key) + colon + json.dumps(value) for key, value in pairs)
    path.write_text('{"text": "first"}\n{' + members + "}\n", encoding="utf-8")
    _, document = lines.read_lines(Source(path, "twice.jsonl", "lines"), Options())
    twice = len({(key, json.dumps(value)) for key, value in pairs}) > len({key for key, _ in pairs})
    if type(dict(pairs)["text"]) is str:
        assert (isinstance(document, Reject) and "stands twice" in document.reason) == twice


def test_a_key_may_stand_twice_with_the_same_value(write):
    assert kept(read([write("a.jsonl", b'{"text": "a", "url": "u", "url": "u"}\n')])) == ["a"]
