"""What breaks a schema is said in words that need no knowledge of schemas."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from curation.catalog.complaints import complaint

JARGON = ("of type", "Additional properties", "required property", "non-unique", "has too", "unexpected", "array")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["relations"],
    "properties": {
        "relations": {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"type": ["string", "null"]}},
        "through": {"type": "array", "maxItems": 1},
        "pattern": {"type": "string", "format": "regex"},
        "kind": {"enum": ["text", "choice"]},
        "name": {"type": "string", "minLength": 2},
    },
    "patternProperties": {"^x-": {}},
    "additionalProperties": False,
}


def complaints(schema: dict[str, Any], document: Any) -> list[str]:
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [complaint(error) for error in validator.iter_errors(document)]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "the key 'relations' is missing"),
        ({"relations": ["a"]}, "there is 1 where at least 2 belong"),
        ({"relations": []}, "there are none where at least 2 belong"),
        ({"relations": ["a", "b", "a"]}, "'a' is listed twice"),
        ({"relations": "a"}, "'a' stands where a list belongs"),
        ({"relations": ["a", 3]}, "3 stands where text or null belongs"),
        ({"relations": ["a", {"b": True}]}, "an object stands where text or null belongs"),
        ({"relations": ["a", "b"], "through": [1, 2]}, "there are 2 where at most 1 belong"),
        ({"relations": ["a", "b"], "thruogh": []}, "there is no key 'thruogh' here; perhaps 'through' is meant"),
        ({"relations": ["a", "b"], "x-1": 1, "zz": 1}, "there is no key 'zz' here; known are relations, through"),
        ({"relations": ["a", "b"], "pattern": "^Q[1"}, "'^Q[1' is no regular expression: unterminated character set"),
        ({"relations": ["a", "b"], "kind": "texts"}, "'texts' is none of text, choice"),
        ({"relations": ["a", "b"], "name": ""}, "it is empty"),
        ({"relations": ["a", "b"], "name": True}, "true stands where text belongs"),
    ],
    ids=str,
)
def test_each_fault_is_said_plainly(document, said):
    (found,) = complaints(SCHEMA, document)
    assert found.startswith(said)
    assert not any(word in found for word in JARGON)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
_any_key = st.sampled_from([*SCHEMA["properties"], "x-1", "relation", "other"])


@given(st.dictionaries(_any_key, _values) | _values)
def test_nothing_makes_it_fail_and_it_stays_short(document):
    for found in complaints(SCHEMA, document):
        assert 0 < len(found) <= 200
        assert "\n" not in found
