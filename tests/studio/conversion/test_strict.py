"""One item's JSON: what is wrong is named with its place, and all else is kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.findings import FINDINGS
from curation.studio.conversion.strict import MAX_DEPTH, MAX_FAULTS, read

BIG = "9" * 5000

SINGLE = {
    "NaN": (b'{"a": NaN, "b": 1}', {"a": None, "b": 1}, ["F_JSON_NUMBER"], 6),
    "Infinity": (b'{"a": -Infinity, "b": 1}', {"a": None, "b": 1}, ["F_JSON_NUMBER"], 6),
    "1e400": (b'{"a": 1e400, "b": 1}', {"a": "1e400", "b": 1}, ["F_JSON_NUMBER"], 6),
    "5,000 digits": (b'{"a": %s, "b": 1}' % BIG.encode(), {"a": BIG, "b": 1}, ["F_JSON_NUMBER"], 6),
    "twice": (b'{"a": {"x": 1}, "a": 2}', {"a": 2}, ["F_JSON_DUPLICATE_KEY"], 21),
    "twice, escaped": (b'{"a": 1, "\\u0061": 2}', {"a": 2}, ["F_JSON_DUPLICATE_KEY"], 19),
    "lone surrogate": (b'{"a": "x\\ud83d", "b": 1}', {"a": "x\ufffd", "b": 1}, ["F_JSON_SURROGATE"], 8),
    "low half": (b'{"a": "\\uDE00x"}', {"a": "\ufffdx"}, ["F_JSON_SURROGATE"], 7),
    "half before a pair": (b'{"a": "\\ud83d\\ud83d\\ude00"}', {"a": "\ufffd😀"}, ["F_JSON_SURROGATE"], 7),
    "lone surrogate in a key": (b'{"\\ud83d": 1}', {"\ufffd": 1}, ["F_JSON_SURROGATE"], 2),
    "bad UTF-8": (b'{"a": "x\xff", "b": 1}', {"a": "x\ufffd", "b": 1}, ["F_JSON_UTF8"], 8),
    "surrogate in UTF-8": (b'{"a": "\xed\xa0\x80", "b": 1}', {"a": "\ufffd" * 3, "b": 1}, ["F_JSON_UTF8"], 7),
    "control character": (b'{"a": "x\ny"}', {"a": "x\ny"}, ["F_JSON_SYNTAX"], 8),
    "NUL": (b'{"a": "x\0y"}', {"a": "x\0y"}, ["F_JSON_SYNTAX"], 8),
    "wrong escape": (b'{"a": "\\x41"}', {"a": "\\x41"}, ["F_JSON_SYNTAX"], 7),
    "cut in an array": (b'{"a": [1, 2', {"a": [1, 2]}, ["F_JSON_CUT"], 11),
    "cut in a text": (b'{"a": 1, "b": "Rai', {"a": 1}, ["F_JSON_CUT"], 14),
    "cut in a key": (b'{"a": 1, "b', {"a": 1}, ["F_JSON_CUT"], 9),
    "no comma": (b'{"a": 1 "b": 2}', {"a": 1, "b": 2}, ["F_JSON_SYNTAX"], 8),
    "no colon": (b'{"a" 1, "b": 2}', {"a": 1, "b": 2}, ["F_JSON_SYNTAX"], 5),
    "no value": (b'{"a":, "b": 2}', {"a": None, "b": 2}, ["F_JSON_SYNTAX"], 5),
    "no bracket": (b'{"a": [{"b": 1], "c": 2}', {"a": [{"b": 1}], "c": 2}, ["F_JSON_SYNTAX"], 14),
    "comma at the end": (b'{"a": [1,], "b": 2}', {"a": [1], "b": 2}, ["F_JSON_SYNTAX"], 9),
    "bare word": (b'{"a": none, "b": 2}', {"a": None, "b": 2}, ["F_JSON_SYNTAX"], 6),
    "leading zero": (b'{"a": 007, "b": 2}', {"a": None, "b": 2}, ["F_JSON_SYNTAX"], 6),
    "bare key": (b'{a: 1, "b": 2}', {"a": 1, "b": 2}, ["F_JSON_SYNTAX"], 1),
    "more behind": (b'{"a": 1} {"b": 2}', {"a": 1}, ["F_JSON_SYNTAX"], 9),
    "nothing": (b"", None, ["F_JSON_SYNTAX"], 0),
    "closed too often": (b'{"a": 1}}', {"a": 1}, ["F_JSON_SYNTAX"], 8),
}  # fmt: skip


@pytest.mark.parametrize("name", SINGLE)
def test_each_fault_alone(name):
    raw, value, codes, byte = SINGLE[name]
    strict = read(raw, line=4, byte=1000)
    assert strict.value == value
    assert [fault.code for fault in strict.faults] == codes
    assert strict.faults[0].byte == 1000 + byte
    assert strict.faults[0].line == 4 + raw.count(b"\n", 0, byte)
    found = strict.faults[0].finding()
    assert found.message.startswith(f"line {strict.faults[0].line}, byte {1000 + byte}: ")
    assert found.severity == FINDINGS[found.code].severity == "error"


# What can stand in one object beside each other: the fault under a key of its own.
JOINED = {
    "NaN": (b'"nan": NaN', "F_JSON_NUMBER"),
    "twice": (b'"twice": 1, "twice": 2', "F_JSON_DUPLICATE_KEY"),
    "big": (b'"big": ' + BIG.encode(), "F_JSON_NUMBER"),
    "half": (b'"half": "\\ud800"', "F_JSON_SURROGATE"),
    "bytes": (b'"bytes": "\xfe"', "F_JSON_UTF8"),
    "deep": (b'"deep": ' + b"[" * 5000 + b"]" * 5000, "F_JSON_DEPTH"),
    "comma": (b'"comma": [1,,2]', "F_JSON_SYNTAX"),
    "control": (b'"control": "\t"', "F_JSON_SYNTAX"),
}


@given(st.permutations(list(JOINED)), st.integers(1, len(JOINED)), st.booleans())
def test_faults_in_combination_are_all_named_and_spoil_nothing_else(names, number, cut):
    chosen = names[:number]
    sound = {f"sound {index}": {"label": ["Rain"], "start": index} for index in range(len(chosen) + 1)}
    parts = []
    for index, name in enumerate(chosen):
        parts += [json.dumps({f"sound {index}": sound[f"sound {index}"]})[1:-1].encode(), JOINED[name][0]]
    parts.append(json.dumps({f"sound {len(chosen)}": sound[f"sound {len(chosen)}"]})[1:-1].encode())
    raw = b"{" + b", ".join(parts) + (b"" if cut else b"}")
    strict = read(raw)
    assert {key: value for key, value in strict.value.items() if key in sound} == sound
    assert [fault.code for fault in strict.faults] == [JOINED[name][1] for name in chosen] + ["F_JSON_CUT"] * cut
    assert [fault.byte for fault in strict.faults] == sorted(fault.byte for fault in strict.faults)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=15,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_sound_json_is_read_as_the_standard_library_reads_it(value, ascii_, indent):
    raw = json.dumps(value, ensure_ascii=ascii_, indent=indent).encode()
    strict = read(raw)
    assert strict.value == json.loads(raw)
    assert strict.faults == ()


@given(VALUES, st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(max_size=3)), max_size=4))
def test_whatever_the_bytes_it_neither_fails_nor_passes_a_fault_over(value, wounds):
    raw = json.dumps(value).encode()
    for place, cut, put in wounds:
        at = int(place * len(raw))
        raw = raw[:at] + put + raw[at + cut :]
    strict = read(raw)
    json.dumps(strict.value, allow_nan=False).encode()
    try:
        expected = json.loads(raw.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
        json.dumps(expected, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        assert strict.faults
    else:
        assert strict.value == expected
        assert strict.faults == ()


def _unique(pairs):
    if len(dict(pairs)) < len(pairs):
        raise ValueError("twice")
    return dict(pairs)


def _refuse(constant):
    raise ValueError(constant)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("closed", [True, False])
def test_depth_200_000(opening, closed):
    closing = b"]" if opening == b"[" else b"}"
    raw = b'{"deep": ' + opening * 200_000 + (b"1" + closing * 200_000 + b', "b": "kept"}' if closed else b"")
    strict = read(raw)
    assert strict.faults[0].code == "F_JSON_DEPTH"
    assert strict.value.get("b") == ("kept" if closed else None)
    inner, depth = strict.value["deep"], 1
    while not isinstance(inner, str):
        inner, depth = (inner[0] if isinstance(inner, list) else inner["a"]), depth + 1
    assert depth == MAX_DEPTH
    assert inner.count(opening.decode()) == 200_000 - depth + 1


def test_what_is_not_too_deep_stays():
    value = "x"
    for _ in range(MAX_DEPTH):
        value = [value]
    assert read(json.dumps(value).encode()).value == value
    assert read(json.dumps([value]).encode()).faults[0].code == "F_JSON_DEPTH"


def test_what_could_not_stay_is_kept_as_it_stood():
    strict = read(b'{"a": {"x": [1, "\xc3\xbc"]}, "a": NaN, "b": "\\ud800", "c": "Rai')
    assert [fault.raw for fault in strict.faults] == ["NaN", '"a": {"x": [1, "ü"]}', "\\ud800", '"Rai']


def test_faults_are_counted_out_at_some_point():
    strict = read(b"[" + b"NaN," * (2 * MAX_FAULTS) + b"1]")
    assert len(strict.faults) == MAX_FAULTS
    assert len(strict.value) == 2 * MAX_FAULTS + 1
    assert "more" in strict.faults[-1].problem
