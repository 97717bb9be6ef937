"""Both JSON Schema libraries say the same of whole and broken documents; where they cannot, the stricter counts."""

from __future__ import annotations

import copy
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.catalog import Schemas, find_root
from curation.catalog.schemas import examples
from curation.errors import CurationError

SCHEMAS = Schemas(find_root(Path(__file__).resolve().parents[2]).folder("schemas"))

_times = st.sampled_from(
    [
        "2026-03-02T09:14:00Z", "2026-03-02t09:14:00z", "2026-03-02 09:14:00Z", "2026-03-02T09:14:00", "2026-03-02",
        "2026-02-30T09:14:00Z", "2026-03-02T24:00:00Z", "2026-03-02T23:59:60Z", "2016-12-31T23:59:60Z",
        "2026-03-02T09:14:00.123456789Z", "2026-03-02T09:14:00+25:00", "2026-03-02T09:14:00Z\n", "٢٠٢٦-03-02T09:14:00Z",
        "0000-01-01T00:00:00Z", "2026-03-02T09:14:00+0100", "2026-03-02T09:14Z",
    ]
)  # fmt: skip
_numbers = st.sampled_from(
    [0, 0.0, -0.0, 1, 1.0, 1.5, -1, True, False, 2**53, 2.0**53, 2**63, 2**64, -(2**64), 10**30, -(10**30), 10**400,
     -(10**400), 1e300, -1e-320, 5e-324]
)  # fmt: skip
_words = st.sampled_from(
    ["", " ", "\n", "a", "a" * 64, "a" * 64 + "\n", "0" * 64, "F_A", "F_A\n", "\nF_A", "F_A\r", "F_A\u2028", "x_y\n",
     "news-stance", "news-stance\n", "N_A\n", "\x00", "👩🏽‍🔧", "é", "e\u0301", "^Q[1-9", "(?P<a>b)\\Z", "[[:alpha:]]",
     "a" * 51]
)  # fmt: skip
_scalars = st.none() | st.booleans() | _numbers | _times | _words | st.integers() | st.text(max_size=4)
_values = st.recursive(
    _scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words | st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
_lawless = st.sampled_from([float("nan"), float("inf"), float("-inf"), "\ud800", "a\udfff"])


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to every value in a document."""
    found = [path]
    if isinstance(document, dict):
        found += [one for key, child in document.items() for one in places(child, (*path, key))]
    elif isinstance(document, list):
        found += [one for position, child in enumerate(document) for one in places(child, (*path, position))]
    return found


@st.composite
def documents(draw, name: str, values: st.SearchStrategy[Any]) -> Any:
    """An example of a schema with some of its values replaced, taken away, doubled or added."""
    document = copy.deepcopy(draw(st.sampled_from(examples(SCHEMAS.document(name)))))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(places(document)))
        if not path:
            if draw(st.booleans()):
                document = draw(values)
            continue
        at = document
        for step in path[:-1]:
            at = at[step]
        change = draw(st.sampled_from(["replace", "remove", "add", "twice"]))
        if change == "remove":
            del at[path[-1]]
        elif change == "add" and isinstance(at, dict):
            at[draw(_words)] = draw(values)
        elif change == "twice" and isinstance(at, list):
            at.append(copy.deepcopy(at[path[-1]]))
        else:
            at[path[-1]] = draw(values)
    return document


def verdicts(name: str, document: Any) -> tuple[bool, bool]:
    """What the fast library and what the explaining one say."""
    fast = SCHEMAS._fast_validator(name)
    assert fast is not None
    return fast.is_valid(document), SCHEMAS._validator(name).is_valid(document)


@pytest.mark.parametrize("name", SCHEMAS.names)
@settings(max_examples=150)
@given(data=st.data())
def test_both_libraries_give_one_verdict(name, data):
    document = data.draw(documents(name, _values))
    fast, explaining = verdicts(name, document)
    assert fast == explaining
    assert (SCHEMAS.problems(name, document) == []) is fast


@pytest.mark.parametrize("name", SCHEMAS.names)
@settings(max_examples=60)
@given(data=st.data())
def test_the_stricter_verdict_counts_on_what_is_no_json(name, data):
    document = data.draw(documents(name, _values | _lawless | _lawless))
    problems = SCHEMAS.problems(name, document)
    explaining = SCHEMAS._validator(name).is_valid(document)
    assert explaining or problems


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_told(value):
    annotation = {**examples(SCHEMAS.document("annotation"))[0], "lead_time": value}
    (problem,) = SCHEMAS.problems("annotation", annotation)
    assert (problem.pointer, "not" in problem.message) == ("/lead_time", True)


def test_what_cannot_be_read_fast_is_still_judged():
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    assert SCHEMAS.problems("article", deep) != []
    assert SCHEMAS.problems("article", {1: 2}) != []
    assert SCHEMAS.problems("article", 10**5000) != []
    assert SCHEMAS.problems("annotation", {"lead_time": object()}) != []


def test_neither_library_fetches_a_reference(tmp_path, monkeypatch):
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    dialect = "https://json-schema.org/draft/2020-12/schema"
    remote = {"$schema": dialect, "properties": {"a": {"$ref": "http://127.0.0.1:9/b.json"}}}
    (tmp_path / "remote.json").write_text(json.dumps(remote))
    schemas = Schemas(tmp_path)
    with pytest.raises(CurationError) as caught:
        schemas.problems("remote", {"a": 1})
    assert caught.value.code == "E_DEFINITION"


def test_schemas_of_one_folder_refer_to_each_other(tmp_path):
    dialect = "https://json-schema.org/draft/2020-12/schema"
    (tmp_path / "own.json").write_text(json.dumps({"$schema": dialect, "$id": "urn:own", "$ref": "urn:other"}))
    (tmp_path / "other.json").write_text(json.dumps({"$schema": dialect, "$id": "urn:other", "type": "string"}))
    schemas = Schemas(tmp_path)
    assert schemas.problems("own", "a") == []
    assert [one.message for one in schemas.problems("own", 1)] == ["1 stands where text belongs"]
    assert schemas._fast_validator("own") is not None


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{"type": "strng"}', "broken.json: /type: 'strng' fits none of what may stand here"),
        ('{"properties": {"a": {"pattern": "[a-"}}}', "/properties/a/pattern: '[a-' is no regular expression"),
        ('{"$id": 3}', "/$id: an id is text"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":', "it is no JSON"),
        ("[]", "a schema is a JSON object"),
    ],
    ids=lambda one: one[:30],
)
def test_a_broken_schema_is_refused_in_a_line(tmp_path, written, said):
    (tmp_path / "broken.json").write_text(written)
    (tmp_path / "other.json").write_text("{}")
    for name in ("broken", "other") if "$" in said else ("broken",):
        with pytest.raises(CurationError) as caught:
            Schemas(tmp_path).problems(name, {"a": 1})
        assert caught.value.code == "E_DEFINITION"
        assert said in caught.value.message


@pytest.mark.parametrize("version", ["", '"$schema": "http://nope.example/schema", '], ids=["none", "unknown"])
def test_a_schema_of_no_known_version_is_read_as_the_newest(tmp_path, version):
    (tmp_path / "own.json").write_text(f'{{{version}"type": "string"}}')
    assert len(Schemas(tmp_path).problems("own", 1)) == 1
