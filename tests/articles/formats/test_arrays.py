"""JSON files: every layout gives the same articles, and what is broken costs nothing but itself."""

from __future__ import annotations

import json
import tracemalloc
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation import jsonstream
from curation.articles import Options, ingest, read
from curation.articles.formats import arrays, decoding
from curation.errors import CurationError
from curation.jsonstream import BrokenJson, JsonStream
from curation.records import Article, Reject

ROWS = [{"id": "a", "text": "Zoë 🌀 said"}, {"id": "b", "text": "Two", "page": 3}, {"id": "c", "content": "Three"}]

LAYOUTS = {
    "one line": json.dumps,
    "unescaped": lambda rows: json.dumps(rows, ensure_ascii=False),
    "indented": lambda rows: json.dumps(rows, indent=2),
    "with a BOM": lambda rows: "\ufeff" + json.dumps(rows),
    "in an object": lambda rows: json.dumps({"status": "ok", "articles": rows, "tags": ["x", 1]}),
    "in an indented object": lambda rows: json.dumps({"data": rows}, indent=1),
    "a line each": lambda rows: "\n".join(map(json.dumps, rows)),
    "in a row": lambda rows: "\n".join(json.dumps(row, indent=1) for row in rows),
}


def documents(path, **options):
    return list(read([path], Options(**options)))


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
@pytest.mark.parametrize("layout", ["one line", "unescaped", "indented", "with a BOM"])
def test_an_array_is_read_whatever_the_file_is_called(layout, suffix, write):
    found = documents(write(f"dump{suffix}", LAYOUTS[layout](ROWS)))
    assert [(one.id, one.text, one.source) for one in found] == [
        ("a", "Zoë 🌀 said", f"dump{suffix}:1"),
        ("b", "Two", f"dump{suffix}:2"),
        ("c", "Three", f"dump{suffix}:3"),
    ]
    assert found[1].meta == {"page": 3}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_articles(layout, write):
    found = documents(write("dump.json", LAYOUTS[layout](ROWS)))
    assert [(one.id, one.text) for one in found] == [("a", "Zoë 🌀 said"), ("b", "Two"), ("c", "Three")]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30), max_size=5),
    st.integers(1, 40),
    st.sampled_from(sorted(LAYOUTS)),
)
def test_wherever_the_file_is_cut_into_chunks(tmp_path_factory, texts, size, layout):
    rows = [{"id": f"n{number}", "text": f"x{text}x"} for number, text in enumerate(texts)] or ROWS[:2]
    path = tmp_path_factory.mktemp("chunks") / "dump.json"
    path.write_bytes(LAYOUTS[layout](rows).encode())
    whole = documents(path)
    with mock.patch.object(jsonstream, "CHUNK", size):
        assert documents(path) == whole
    assert [one.id for one in whole] == [row["id"] for row in rows]


def test_an_object_with_a_text_is_one_article_whatever_else_it_holds(write):
    row = {"comments": [{"text": "no article"}], "id": "a", "text": "The article", "tags": [{"name": "x"}]}
    [found] = documents(write("one.json", json.dumps(row)))
    assert (found.id, found.text) == ("a", "The article")
    assert found.meta == {"comments": [{"text": "no article"}], "tags": [{"name": "x"}]}


def test_what_stands_beside_the_array_is_told(write):
    told = {}
    path = write("dump.json", json.dumps({"status": "ok", "articles": ROWS}))
    documents(path, on_passed=told.__setitem__)
    assert told == {"dump.json": {"the key 'status' beside the array": 1}}


def test_columns_are_shown_and_mapped(write):
    shown = {}
    path = write("dump.json", json.dumps([{"key": 7, "inhalt": "Der Text", "Zeitung": "X"}]))
    [found] = documents(path, field_map={"text": "inhalt", "id": "key"}, on_columns=shown.__setitem__)
    assert (found.id, found.text) == ("7", "Der Text")
    assert shown["dump.json"].text == "inhalt"


def test_an_array_without_a_text_is_no_source(write):
    with pytest.raises(CurationError, match="no column holds the text; there are: a, b") as caught:
        documents(write("dump.json", '[{"a": 1, "b": 2}]'))
    assert caught.value.code == "E_MISSING_COLUMN"


def test_several_arrays_are_not_guessed_between(write):
    [refused] = documents(write("dump.json", json.dumps({"a": ROWS, "b": ROWS})))
    assert (refused.code, refused.reason) == ("R_JSON", "the file holds several arrays of objects: 'a', 'b'")


ONE = '{"id": "a", "text": "One, by Zoë"}'
TWO = '{"id": "b", "text": "Two"}'
# What stands between the first and the last element: the code, and what the reason says.
BROKEN = {
    "NaN": ('{"text": "x", "n": NaN}', "R_JSON", "line 2, column 1: NaN is not JSON"),
    "Infinity": ('{"text": "x", "n": -Infinity}', "R_JSON", "-Infinity is not JSON"),
    "a number out of range": ('{"text": "x", "n": 1e999}', "R_JSON", "a number is out of range"),
    "a number too long": ('{"text": "x", "n": ' + "1" * 5000 + "}", "R_JSON", "digits"),
    "a doubled key": ('{"text": "x", "text": "y"}', "R_JSON", "the key 'text' is given twice"),
    "a doubled key inside": ('{"text": "x", "a": {"b": 1, "b": 2}}', "R_JSON", "the key 'b' is given twice"),
    "single quotes": ("{'text': 'x'}", "R_JSON", "line 2, column 2: Expecting property name"),
    "a missing colon": ('{"text" "x, y]"}', "R_JSON", "line 2, column 9: Expecting ':'"),
    "a word": ("nope", "R_JSON", "line 2, column 1: Expecting value"),
    "nothing": ("", "R_JSON", "line 3, column 1: Expecting value"),
    "a string": ('"{"', "R_JSON", "no object"),
    "an array": ('[1, "]", {}]', "R_JSON", "no object"),
    "too deep": ("[" * 5000 + "]" * 5000, "R_JSON", "deep"),
    "too deep in an object": ('{"text": "x", "a": ' + "[" * 5000 + "]" * 5000 + "}", "R_JSON", "deep"),
    "a raw line break": ('{"text": "x\ny"}', "R_JSON", "control character"),
    "no text": ('{"text": " "}', "R_EMPTY", "white space"),
    "another type": ('{"text": 5}', "R_NO_TEXT", "a number"),
    "NUL": ('{"text": "a\\u0000b"}', "R_FORBIDDEN_CHARACTER", "NUL at offset 1"),
    "a lone surrogate": ('{"text": "a\\ud800b"}', "R_FORBIDDEN_CHARACTER", "lone surrogate U+D800 at offset 1"),
    "no UTF-8": (b'{"text": "caf\xe9"}', "R_ENCODING", "byte 0xe9 at character 13 of the value in line 2, column 1"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_element_costs_nothing_but_itself(name, write):
    broken, code, reason = BROKEN[name]
    broken = broken if isinstance(broken, bytes) else broken.encode()
    path = write("dump.json", f"[{ONE},\n".encode() + broken + f"\n, {TWO}]".encode())
    first, refused, last = documents(path)
    assert (first.id, last.id) == ("a", "b")
    assert (refused.source, refused.code) == ("dump.json:2", code)
    assert reason in refused.reason
    assert refused.raw.strip() == broken


@pytest.mark.parametrize(
    "name", [name for name in BROKEN if name not in ("a word", "nothing", "a string", "an array", "too deep")]
)
def test_a_broken_line_costs_nothing_but_itself(name, write):
    broken, code, _ = BROKEN[name]
    broken = broken if isinstance(broken, bytes) else broken.encode()
    path = write("dump.json", f"{ONE}\n".encode() + broken + f"\n{TWO}".encode())
    first, refused, last = documents(path)
    assert (first.id, last.id, refused.code) == ("a", "b", code)
    assert refused.raw.strip() == broken


TAILS = {
    "cut in a string": ('{"text": "Zo', "Unterminated string"),
    "cut behind a key": ('{"text":', "Expecting value"),
    "no closing bracket": (TWO, "the file ends within the array"),
    "no comma": (f"{TWO} {TWO}]", "a comma or ] is missing"),
    "a comma too many": ("]", "Expecting value"),
    "more behind the end": (f"{TWO}] x", "there is more after the end of the array"),
    "closed by the wrong bracket": ('{"text": "x"]', "Expecting ','"),
}


@pytest.mark.parametrize("name", TAILS)
def test_a_file_that_ends_badly_is_told(name, write):
    tail, reason = TAILS[name]
    found = documents(write("dump.json", f"[{ONE},{tail}"))
    assert found[0].id == "a"
    assert any(isinstance(one, Reject) and reason in one.reason for one in found)


@pytest.mark.parametrize("cut", range(1, 60))
def test_wherever_a_file_is_cut_what_is_whole_is_read_and_the_end_is_told(cut, write):
    whole = json.dumps({"articles": ROWS}).encode()
    found = documents(write("dump.json", whole[:-cut]))
    read_ids = [one.id for one in found if isinstance(one, Article)]
    assert read_ids == [row["id"] for row in ROWS if json.dumps(row).encode() in whole[:-cut]]
    assert [one for one in found if isinstance(one, Reject)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("   ", "the file is empty"),
        ("id,text\n1,x\n", "begins with [ or {"),
        ('"text"', "begins with [ or {"),
        ("[" * 100_000, "deep"),
        ('{"a":' * 100_000, "deep"),
    ],
)
def test_what_is_no_json_of_articles_is_refused(content, reason, write):
    found = documents(write("dump.json", content))
    assert reason in found[0].reason
    assert all(isinstance(one, Reject) for one in found)
    assert found[0].raw[:1] == content[:1].encode()


@pytest.mark.parametrize(("encoding", "note"), [("utf-16", "by its byte order mark"), ("cp1252", "windows-1252")])
def test_what_is_not_utf_8_is_read_and_noted(encoding, note, write):
    rows = [{"id": "a", "text": "Zoë said that the café in Zürich is très bien."}]
    [found] = documents(write("dump.json", json.dumps(rows, ensure_ascii=False).encode(encoding)))
    assert found.text == rows[0]["text"]
    assert note in found.notes["N_ENCODING"]


@pytest.fixture
def small(monkeypatch):
    """A limit of 1,000 characters, and chunks of 100 bytes."""
    monkeypatch.setattr(arrays, "LIMIT", 1000)
    monkeypatch.setattr(jsonstream, "CHUNK", 100)


@pytest.mark.parametrize("layout", ["one line", "indented", "in an object", "in an indented object"])
def test_an_element_beyond_the_limit_is_refused_and_the_others_read(layout, small, write):
    long = {"id": "x", "text": 'a "quoted" \\ word, ' * 200}
    rows = [ROWS[0], long, *({"id": f"n{number}", "text": "word " * 30} for number in range(20))]
    found = documents(write("dump.json", LAYOUTS[layout](rows)))
    assert [one.id for one in found if isinstance(one, Article)] == ["a", *(f"n{number}" for number in range(20))]
    [refused] = [one for one in found if isinstance(one, Reject)]
    assert (refused.source, refused.code) == ("dump.json:2", "R_TOO_LARGE")
    assert refused.raw.startswith(b"{")
    assert len(refused.raw) <= decoding.KEPT


class Endless:
    """An array whose only element is one string without an end."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.given = 0

    def read(self, size: int) -> bytes:
        size = min(size, self.left)
        data = (b'[{"text": "' if not self.given else b"").ljust(size, b"x")[:size]
        self.left -= size
        self.given += size
        return data


def test_a_string_without_an_end_is_neither_held_nor_parsed_again_and_again():
    stream = JsonStream(Endless(200_000_000), limit=2_000_000)
    tracemalloc.start()
    found = list(stream.each())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all(isinstance(one, BrokenJson) for one in found)
    assert found[0].too_large
    assert len(found[0].text) <= 2_000_000
    assert peak < 20_000_000


def test_memory_is_that_of_an_element_not_of_the_file(write):
    path = write("dump.json", json.dumps([{"id": str(n), "text": f"{n} 🌀 " + "word " * 5000} for n in range(600)]))
    tracemalloc.start()
    assert sum(1 for _ in read([path])) == 600
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 15_000_000
    assert peak < 16_000_000


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet='[]{}",:\\\n 1eaNtx', max_size=60).map(str.encode), st.integers(1, 9))
def test_no_bytes_crash_it_and_none_are_lost_in_silence(tmp_path_factory, content, size):
    path = tmp_path_factory.mktemp("fuzz") / "dump.json"
    path.write_bytes(b"[" + content)
    with mock.patch.object(jsonstream, "CHUNK", size):
        try:
            found = documents(path)
        except CurationError as error:
            found = [Reject("dump.json", error.code, error.message, b"")]
    try:
        expected = len(json.loads(b"[" + content))
    except (ValueError, RecursionError):
        assert any(isinstance(one, Reject) for one in found)
    else:
        assert len(found) == expected or found[0].code == "E_MISSING_COLUMN"


def test_what_was_passed_over_stands_in_the_result(store, write):
    path = write("dump.json", json.dumps({"status": "ok", "articles": ROWS}))
    result = ingest(store, [path])
    assert result.new == 3
    assert result.passed == {"dump.json": {"the key 'status' beside the array": 1}}
