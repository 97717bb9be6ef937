"""Exports as blocks of items: any layout, any block size, any fault."""

from __future__ import annotations

import gzip
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.errors import CurationError
from curation.studio.conversion import splitting
from curation.studio.conversion.source import blocks, open_export
from curation.studio.conversion.splitting import Splitter

DECOY = '}, {"id": 3, "annotations": [{"'
ITEMS = [
    {
        "id": number,
        "annotations": [{"id": 3, "annotations": [1, {"id": number, "note": DECOY}], "result": []}],
        "data": {"text": f'Rain in [Bergen{{ \\ " {number} über 😀' * (number % 4)},
    }
    for number in range(9)
]
LAYOUTS = {
    "one line": json.dumps(ITEMS),
    "compact": json.dumps(ITEMS, separators=(",", ":"), ensure_ascii=False),
    "indented": json.dumps(ITEMS, indent=2),
    "lines": "\n".join(json.dumps(item) for item in ITEMS),
    "lines, CRLF": "".join(json.dumps(item) + "\r\n" for item in ITEMS),
    "indented objects": "\n".join(json.dumps(item, indent=1) for item in ITEMS),
    "one line, spaced": "  \n [\n" + " \n ,\t ".join(json.dumps(item) for item in ITEMS) + "\n ] \n",
}


def split(data: bytes, size: int):
    """Items with their places, and faults, of the splitter alone."""
    read = iter([data[at : at + size] for at in range(0, len(data), size)])
    items, faults = [], []
    for block in Splitter(lambda _: next(read, b""), size=size).blocks():
        assert block.first == len(items)
        for index, raw in enumerate(block.items):
            line, byte = block.place(index)
            assert data[byte : byte + len(bytes(raw))] == bytes(raw), "the place leads into the file"
            assert line == data.count(b"\n", 0, byte) + 1
            items.append(bytes(raw))
        faults += [(fault.code, fault.problem, fault.line, fault.byte) for fault in block.faults]
    return items, faults


def read_file(path, data: bytes, **options):
    path.write_bytes(data)
    items, faults = [], []
    for block in blocks(path, **options):
        items += [bytes(item) for item in block.items]
        faults += block.faults
    return items, faults


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", [1, 2, 3, 17, 200, 1000, 10**6])
def test_every_layout_gives_the_same_items(layout, size):
    items, faults = split(LAYOUTS[layout].encode(), size)
    assert [json.loads(item) for item in items] == ITEMS
    assert faults == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "a", '"', "\\", "}"]), inner),
    max_leaves=12,
)


@given(st.lists(VALUES, max_size=8), st.integers(1, 60), st.sampled_from([None, 0, 2]), st.booleans())
def test_any_list_of_values_is_split_at_any_size(values, size, indent, ascii_):
    data = json.dumps(values, indent=indent, ensure_ascii=ascii_).encode("utf-8", "replace")
    items, faults = split(data, size)
    assert [json.loads(item) for item in items] == json.loads(data)
    assert faults == []


MARKS = [b'"', b"}", b"]", b"{", b"[", b",", b":", b"\\", b"\n", b"\0", b"\xff", b"NaN", b"][", b"1 2", b", null"]
BREAKS = st.sampled_from([*MARKS, b'{"id": 1, "annotations"', b""])


@given(
    st.sampled_from([*LAYOUTS.values()]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), BREAKS), min_size=1, max_size=3),
    st.integers(1, 300),
)
@settings(max_examples=150)
def test_broken_files_give_the_same_items_whatever_the_block(text, wounds, size):
    data = text.encode()
    for place, cut, put in wounds:
        at = int(place * len(data))
        data = data[:at] + put + data[at + cut :]
    assert split(data, size) == split(data, 10**6)


@pytest.mark.parametrize("layout", ["one line", "indented", "lines", "indented objects"])
@pytest.mark.parametrize("size", [50, 10**6])
def test_one_broken_item_costs_no_other(layout, size):
    calm = [{**item, "annotations": [{"result": [{"note": DECOY}]}]} for item in ITEMS]
    whole = {
        "one line": json.dumps(calm),
        "indented": json.dumps(calm, indent=2),
        "lines": "\n".join(json.dumps(item) for item in calm),
        "indented objects": "\n".join(json.dumps(item, indent=1) for item in calm),
    }[layout]
    for wound in ('"note"', '"result"', '"text"'):
        for put in ('"no', f"{{{wound}", f"[[[{wound}", f"}}{wound}", f"]{wound}", f'"{wound}'):
            at = whole.index(wound, len(whole) // 2)
            items, _ = split((whole[:at] + put + whole[at + len(wound) :]).encode(), size)
            kept = [item for item in items if _parsed(item) in calm]
            assert len(kept) >= len(calm) - 1, (wound, put)


def test_an_item_with_a_wrong_number_is_not_cut_at_what_looks_like_an_item():
    data = json.dumps(ITEMS).replace('"note"', '"lead_time": NaN, "note"')
    for size in (1, 100, 10**6):
        items, faults = split(data.encode(), size)
        assert (len(items), faults) == (len(ITEMS), [])


def _parsed(item: bytes):
    try:
        return json.loads(item)
    except ValueError:
        return None


def test_brackets_that_never_close_are_given_up_at_the_limit(monkeypatch):
    monkeypatch.setattr(splitting, "LIMIT", 2000)
    data = json.dumps([{"id": number, "data": {"text": "Rain."}} for number in range(300)])
    items, _ = split(data.replace('"id": 7', '"id": [[[7', 1).encode(), 100)
    assert [number for number, item in enumerate(items) if _parsed(item) is None] == [7]
    assert len(items) == 300


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ('[{"a": 1} {"a": 2}]', "a comma is missing between items"),
        ('[{"a": 1},, {"a": 2}]', "a comma too many between items"),
        ('[{"a": 1}, {"a": 2},]', "a comma too many between items"),
        ('[{"a": 1}, {"a": 2}', "the file ends within the list of items"),
        ('[{"a": 1}][{"a": 2}]', "there is more behind the end of the list of items"),
        ('[{"a": 1}}, {"a": 2}]', "} closes nothing"),
        ('{"a": 1},\n{"a": 2}', "a comma too many between items"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 100])
def test_what_is_wrong_between_items_is_told_once(data, problem, size):
    items, faults = split(data.encode(), size)
    assert items == [b'{"a": 1}', b'{"a": 2}']
    assert [fault[1] for fault in faults] == [problem]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("size", [1, 5, 10**6])
def test_other_unicode_encodings_are_read_and_told(tmp_path, encoding, size):
    items, faults = read_file(tmp_path / "x.json", LAYOUTS["compact"].encode(encoding), block=size)
    assert [json.loads(item) for item in items] == ITEMS
    assert [fault.code for fault in faults] == ["F_JSON_ENCODING"]


def test_half_a_character_in_utf_16_is_left_for_the_item_to_tell(tmp_path):
    items, _ = read_file(tmp_path / "x.json", '[{"a": "\ud83d!"}]'.encode("utf-16", "surrogatepass"))
    assert items == [rb'{"a": "\ud83d!"}']


def test_a_byte_order_mark_is_told_and_counted(tmp_path):
    data = b"\xef\xbb\xbf" + LAYOUTS["one line"].encode()
    items, faults = read_file(tmp_path / "x.json", data)
    assert [json.loads(item) for item in items] == ITEMS
    assert [fault.code for fault in faults] == ["F_JSON_BOM"]
    block = next(blocks(tmp_path / "x.json"))
    assert data[block.place(3)[1] :].startswith(bytes(block.items[3]))


@pytest.mark.parametrize("size", [1, 100, 10**6])
def test_packed_exports(tmp_path, size):
    data = LAYOUTS["compact"].encode()
    packed = gzip.compress(data[:300]) + gzip.compress(data[300:])
    items, faults = read_file(tmp_path / "x.json.gz", packed, block=size)
    assert ([json.loads(item) for item in items], faults) == (ITEMS, [])
    items, faults = read_file(tmp_path / "x.json.gz", packed[:-40], block=size)
    assert [json.loads(item) for item in items[:5]] == ITEMS[:5]
    assert "F_JSON_CUT" in {fault.code for fault in faults}
    damaged = packed[:-12] + bytes([packed[-12] ^ 255]) + packed[-11:]
    assert any(fault.code == "F_JSON_CUT" for fault in read_file(tmp_path / "x.json.gz", damaged, block=size)[1])


@pytest.mark.parametrize("data", [b"", b" \n ", b"[]", b" [ ] \n", b"\xef\xbb\xbf[]"])
def test_nothing_in_it(tmp_path, data):
    assert read_file(tmp_path / "x.json", data)[0] == []


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"id,text\n1,Rain\n", "CSV"),
        (b"id\ttext\n1\tRain\n", "TSV"),
        (b"-DOCSTART- -X- O\nRain -X- _ O\n", "CoNLL"),
        (b"PK\x03\x04....", "zip"),
        (b"\0\1\2\3\4", "not JSON"),
        (b"Rain.", "not JSON"),
    ],
)
def test_what_is_no_json_ends_in_a_line_that_says_what_to_do(tmp_path, data, kind):
    with pytest.raises(CurationError, match=kind) as raised:
        read_file(tmp_path / "x", data)
    assert raised.value.code == "E_BAD_EXPORT"
    assert "JSON" in raised.value.fix


def test_what_is_no_file(tmp_path):
    for path in (tmp_path, tmp_path / "missing.json"):
        with pytest.raises(CurationError) as raised:
            list(blocks(path))
        assert raised.value.code == "E_NOT_FOUND"


def test_progress_and_digest_count_the_file_as_it_lies(tmp_path):
    import hashlib

    packed = gzip.compress(LAYOUTS["compact"].encode()) + b"\0" * 10
    (tmp_path / "x.gz").write_bytes(packed)
    with open_export(tmp_path / "x.gz") as source:
        assert sum(len(block.items) for block in source.blocks()) == len(ITEMS)
        assert source.sha256() == hashlib.sha256(packed).hexdigest()
        assert source.done == source.size == len(packed)


@pytest.mark.parametrize("fault", [b"", b"NaN"])
def test_memory_does_not_grow_with_the_file(tmp_path, fault):
    item = json.dumps({**ITEMS[5], "data": {"text": "Rain. " * 500}}).encode()
    item = item.replace(b"null", fault or b"null") + b", " + (b'{"id": NaN}, ' if fault else b"")
    peaks = []
    for number in (400, 4000):
        path = tmp_path / f"{number}.json"
        path.write_bytes(b"[" + item * number + b"{}]")
        tracemalloc.start()
        for _ in blocks(path, block=100_000):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2
