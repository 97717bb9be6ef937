"""Usual items go a quick way: it writes the same tables and names the same faults as the way that takes anything."""

from __future__ import annotations

import copy
import json
from collections import Counter
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from curation.studio.conversion.compiled import library
from curation.studio.conversion.core import Core
from curation.studio.conversion.declaring import declare, infer
from curation.studio.conversion.splitting import Block, Splitter
from curation.studio.conversion.tables import TABLES, Writer

INTERFACE = """
<View>
  <Text name="story" value="$body"/>
  <Text name="note" value="$hint"/>
  <Labels name="part" toName="story"><Label value="Who"/><Label value="What"/></Labels>
  <Labels name="tone" toName="story" choice="multiple"><Label value="Warm"/><Label value="Cold"/></Labels>
  <Choices name="kind" toName="story" perRegion="true" whenTagName="part" whenLabelValue="Who" required="true"
           visibleWhen="region-selected"><Choice value="One"/><Choice value="Many"/></Choices>
  <TextArea name="name" toName="story" perRegion="true" maxSubmissions="1"/>
  <Choices name="view" toName="story" required="true"><Choice value="For"/><Choice value="Against"/></Choices>
  <Choices name="topics" toName="story" choice="multiple"><Choice value="Sea"/><Choice value="Land"/></Choices>
  <Taxonomy name="place" toName="story"><Choice value="North"><Choice value="Coast"/></Choice></Taxonomy>
  <Rating name="sure" toName="story" maxRating="4"/>
  <Number name="age" toName="story" max="90"/>
  <Relations><Relation value="tells"/><Relation value="doubts"/></Relations>
</View>
"""

TEXTS = st.one_of(
    st.just("The keeper lit the lamp.\n\nThe sea was quiet, and the two boats came home."),
    st.just('Kapitänin Ülkü rief: "Land":\r\n👩‍🚀 und 🇩🇪 sah sie auch — e\u0301in Wort \\": noch.'),
    st.text('ab \n\r\t"\\:é👍🏽', max_size=30),
)
IDS = st.sampled_from(["a1", "b2", "c3", "d-4", 'e"5', "é"])
ORIGINS = st.sampled_from(["manual", "manual", "manual", "prediction", "prediction-changed"])


@st.composite
def results(draw, text, *, usual):
    rows, spans = [], {}
    for identity in draw(st.lists(IDS, unique=True, max_size=4 if text or not usual else 0)):
        start = draw(st.integers(0, max(0, len(text) - 1)))
        end = draw(st.integers(start + usual, len(text)))
        stored = text[start:end].replace("\r", "\\n").replace("\n", "\\n")
        place = {"start": start, "end": end, "text": stored}
        spans[identity] = place
        control, labels = draw(st.sampled_from([("part", ["Who"]), ("part", ["What"]), ("tone", ["Warm", "Cold"])]))
        rows.append(_row(draw, identity, control, "labels", {**place, "labels": labels}))
        if labels == ["Who"] and (usual or draw(st.integers(0, 5))):
            rows.append(_row(draw, identity, "kind", "choices", {**place, "choices": ["One"]}))
        if draw(st.booleans()):
            rows.append(_row(draw, identity, "name", "textarea", {**place, "text": ["Ada"]}))
    whole = [
        ("view", "choices", {"choices": ["For"]}),
        ("topics", "choices", {"choices": ["Sea", "Land"]}),
        ("place", "taxonomy", {"taxonomy": [["North"], ["North", "Coast"]]}),
        ("sure", "rating", {"rating": 3}),
        ("age", "number", {"number": 41.5}),
    ]
    for number, (control, type_, value) in enumerate(whole):
        if number == 0 or draw(st.booleans()):
            rows.append(_row(draw, f"w{number}", control, type_, value))
    if usual:
        rows[-1]["origin"] = "manual"
    ends = st.sampled_from(sorted(spans) or ["a1"])
    ways, names = (
        st.sampled_from(["right", "left", "bi"]),
        st.sampled_from([["tells"], ["doubts"], ["tells", "doubts"], []]),
    )
    arrow = st.fixed_dictionaries(
        {"from_id": ends, "to_id": ends, "type": st.just("relation"), "direction": ways, "labels": names}
    )
    return rows + draw(st.lists(arrow, max_size=3 if spans else 0))


def _row(draw, identity, control, type_, value):
    row = {"value": value, "id": identity, "from_name": control, "to_name": "story", "type": type_}
    origin = draw(ORIGINS)
    return {**row, "origin": origin}


@st.composite
def items(draw, number, *, usual):
    """An item; a `usual` one has annotations, and nothing that the quick way leaves to the other."""
    # A string that begins with a colon looks like a key to the quick way.
    text = draw(TEXTS.map(lambda text: text.replace(":", ";")) if usual else TEXTS)
    annotations = []
    for position in range(draw(st.integers(usual, 3))):
        users = [position, position, {"id": position, "email": f"{position}@desk.example"}]
        # Nobody annotates an item twice; where somebody did, that is told.
        user = draw(st.sampled_from(users if usual else [*users, 0]))
        annotations.append({
            "id": 100 * number + position, "completed_by": user, "result": draw(results(text, usual=usual)),
            "was_cancelled": draw(st.integers(0, 9)) == 0, "ground_truth": draw(st.booleans()),
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:10:00Z",
            "lead_time": draw(st.sampled_from([None, 4, 2.5])), "unique_id": f"u{number}{position}",
            "prediction": {}, "import_id": None, "last_action": draw(st.sampled_from([None, "submitted"])),
        })  # fmt: skip
    data = {"body": text, "hint": "look", '"key":': draw(st.sampled_from(['":', 1, None, {"deep": [1.0]}]))}
    drafts = [{"id": number, "user": "a@desk.example", "result": []}] if draw(st.integers(0, 4)) == 0 else []
    return {
        "id": number, "annotations": annotations, "drafts": drafts, "predictions": [], "data": data, "meta": {},
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "inner_id": number, "project": 1,
    }  # fmt: skip


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 400), st.floats(-1, 9), st.text(max_size=3), st.just([]), st.just({}),
    st.just(["For"]), st.just(["Nobody"]), st.just(10**30), st.just(2**60), st.lists(st.text(max_size=2), max_size=2),
)  # fmt: skip


def _places(value, path=()):
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _places(child, (*path, key))


@st.composite
def broken(draw, item):
    """The item with something changed, removed, added or repeated anywhere in it."""
    item = copy.deepcopy(item)
    path = draw(st.sampled_from([path for path in _places(item) if path]))
    inside = item
    for step in path[:-1]:
        inside = inside[step]
    how = draw(st.sampled_from(["change", "remove", "add", "repeat"]))
    if how == "remove":
        del inside[path[-1]]
    elif how == "add" and isinstance(inside, dict):
        inside[draw(st.sampled_from(["extra", "score", "start", "text", "labels", "meta", "id", "hidden"]))] = draw(
            VALUES
        )
    elif how == "repeat" and isinstance(inside, list):
        inside.append(copy.deepcopy(inside[path[-1]]))
    else:
        inside[path[-1]] = draw(VALUES)
    return item


@st.composite
def exports(draw):
    found = [draw(items(1, usual=True))]
    for number in range(2, draw(st.integers(2, 6))):
        item = draw(items(number, usual=False))
        for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
            item = draw(broken(item))
        found.append(item)
    return [*found, draw(items(len(found) + 1, usual=True))]


class Kept:
    """Takes tables as a `Writer` does and keeps them: what comes of equal tables on a disk is equal."""

    def __init__(self) -> None:
        self.rows = dict.fromkeys(TABLES, 0)
        self.tables = {name: [] for name in TABLES}
        self.schemas = {}

    def write(self, tables):
        for name, table in tables.items():
            self.rows[name] += table.num_rows
            self.tables[name] += map(_parsed, table.to_pylist())
            self.schemas[name] = table.schema


def converted(raws, declaration, *, compiled, unit=None):
    """Tables as lists of dicts, as they are read from their files; findings, counts, faults."""
    with TemporaryDirectory() as folder:
        writer = Writer(Path(folder))
        said = _convert(raws, declaration, writer, compiled=compiled, unit=unit)
        writer.close()
        tables = {}
        for name in TABLES:
            path = Path(folder) / name / "train-00000.parquet"
            rows = pq.ParquetFile(path).read().to_pylist() if path.exists() else []
            tables[name] = [_parsed(row) for row in rows]
    return tables, *said


def _convert(raws, declaration, writer, *, compiled, unit=None):
    found, faults = [], []
    core = Core(declaration, writer, found.append, faults.append, compiled=compiled, unit=unit)
    window = b"[" + b",".join(raws) + b"]"
    core.take(Block([msgspec.Raw(raw) for raw in raws], 0, [], window))
    return found, core.close(), faults


def _parsed(row):
    as_json = ("extra", "data", "result", "row")
    return {key: json.loads(cell) if key in as_json and cell is not None else cell for key, cell in row.items()}


def test_both_ways_write_the_same():
    quick = Counter()

    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(exports(), st.booleans(), st.booleans())
    def check(export, inferred, spaced):
        declaration = infer(export) if inferred else declare(INTERFACE)
        separators = (", ", " : ") if spaced and len(export) % 2 else (", ", ": ")
        raws = [json.dumps(item, ensure_ascii=spaced, separators=separators).encode() for item in export]
        counts = _same_both_ways(raws, declaration)
        quick[counts.general < len(export)] += 1

    check()
    assert quick[True] >= quick.total() * 140 / 150, "most exports have items that go the quick way"


def _same_both_ways(raws, declaration):
    """The counts of the quick way, which told and wrote what the other one did."""
    quick, general = Kept(), Kept()
    found, counts, _ = _convert(raws, declaration, quick, compiled=True)
    all_found, all_counts, _ = _convert(raws, declaration, general, compiled=False)
    assert quick.tables == general.tables
    assert quick.schemas == general.schemas
    assert found == all_found
    assert counts.kept == all_counts.kept
    assert counts.annotators == all_counts.annotators
    assert counts.findings == Counter(one.code for one in found)
    return counts


def _sound(number=1, **more):
    text = "The keeper lit the lamp. The sea was quiet."
    span = {"start": 4, "end": 10, "text": "keeper"}

    def row(identity, control, type_, value):
        return {
            "value": value, "id": identity, "from_name": control, "to_name": "story", "type": type_, "origin": "manual",
        }  # fmt: skip

    result = [
        row("a", "part", "labels", {**span, "labels": ["Who"]}),
        row("a", "kind", "choices", {**span, "choices": ["One"]}),
        row("w", "view", "choices", {"choices": ["For"]}),
        row("p", "place", "taxonomy", {"taxonomy": [["North", "Coast"]]}),
    ]
    annotation = {"id": number, "completed_by": 3, "result": result, "was_cancelled": False, "lead_time": 2.0,
                  "ground_truth": False, "created_at": "2026-01-01", "import_id": None}  # fmt: skip
    return {"id": number, "annotations": [annotation], "predictions": [], "drafts": [], "meta": {},
            "data": {"body": text, "hint": ""}, **more}  # fmt: skip


def test_usual_items_go_the_quick_way():
    raws = [json.dumps(_sound(number)).encode() for number in range(1, 40)]
    tables, found, counts, _ = converted(raws, declare(INTERFACE), compiled=True)
    assert not found
    assert counts.general == 0
    assert tables["items"][7]["extra"] == {"meta": {}}
    assert tables["annotations"][7]["extra"] == {"import_id": None}
    assert counts.kept["annotations.import_id"] == 39
    assert counts.rows["mentions"] == 39


@pytest.mark.parametrize("key", ["created_at", "updated_at"])
@pytest.mark.parametrize(
    ("time", "possible"),
    [
        ("2026-03-02T09:14:00.123456Z", True), ("2026-03-02T09:14:00+05:30", True), ("2026-03-02", True),
        ("2026-02-30T09:14:00Z", False), ("yesterday", False), ("", False), ("2026-03-02T09:14:00Z\n", False),
    ],
)  # fmt: skip
def test_both_ways_name_a_time_that_cannot_be(key, time, possible):
    _times_of({key: time}, [] if possible else [f"/1/annotations/0/{key}"])


@pytest.mark.parametrize(("spent", "possible"), [(0, True), (-0.0, True), (-0.5, False), (-7, False)])
def test_both_ways_name_a_time_spent_that_cannot_be(spent, possible):
    _times_of({"lead_time": spent}, [] if possible else ["/1/annotations/0/lead_time"])


def _times_of(change, pointers):
    """The second of two items is changed."""
    items = [_sound(1), _sound(2)]
    for item in items:
        item["annotations"][0]["updated_at"] = "2026-01-01"
    items[1]["annotations"][0] |= change
    raws = [json.dumps(item).encode() for item in items]
    counts = _same_both_ways(raws, declare(INTERFACE))
    _, found, *_ = converted(raws, declare(INTERFACE), compiled=True)
    assert [(one.code, one.json_pointer) for one in found] == [("F_TIME_IMPOSSIBLE", one) for one in pointers]
    assert counts.general == len(pointers), "what is possible goes the quick way"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"start": 4,', b'"start": 5, "start": 4,'),
        (b'"start": 4,', b'"start" : 5, "start": 4,'),
        (b'"meta": {}', b'"meta": {"a": 1, "a": 2}'),
        (b'"hint": ""', b'"hint": "x\\u0022:", "hint": ""'),
        (b'"hint": ""', b'"hint": "\\":", "hint": "\\\\"'),
        (b'"lead_time": 2.0', b'"lead_time": 2.0, "note": "who said \\"a\\":"'),
    ],
)
def test_keys_given_twice_and_others_are_seen(old, new):
    usual = json.dumps(_sound()).encode()
    raws = [usual.replace(b'"id": 1', b'"id": 2'), usual.replace(old, new)]
    assert raws[1] != usual
    *_, counts, faults = converted(raws, declare(INTERFACE), compiled=True)
    assert counts.general == bool(faults) == (b"note" not in new)


@pytest.mark.parametrize("text", ['He said "a": no', "back\\", '\\":', 'a " : b', "{[" * 300])
def test_what_looks_like_a_key_in_a_text_is_none(text):
    item = _sound()
    item["data"]["body"] += text
    item["data"]["hint"] = text.replace("{[", "")
    raws = [json.dumps(_sound(2)).encode(), json.dumps(item).encode()]
    tables, _, counts, _ = converted(raws, declare(INTERFACE), compiled=True)
    assert tables["items"][1]["text"] == item["data"]["body"]
    assert counts.general == 0


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-99, 99),
        st.integers(-(2**70), 2**70),
        st.floats(0, 1),
        st.floats(allow_nan=False),
        st.integers(-(10**6), 10**6).map(lambda number: number / 1000),
        st.text(max_size=9),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(JSON, st.booleans(), st.sampled_from([(",", ":"), (", ", ": "), ("\n,\t", " :\r\n")]))
@example({"a": [0.1, 1.0, 0.001, 1e-4, 123456789012345.6, 0.30000000000000004, 5e-324, 1e22, -0.0]}, False, (",", ":"))
@example({"\x7f\x1f\b\f": '"\\/\u2028', "": "\U0001f69c"}, True, (",", ":"))
def test_what_is_kept_is_written_in_the_same_bytes(value, escaped, separators):
    raw = json.dumps(_sound(more=value), ensure_ascii=escaped, separators=separators).encode()
    both = []
    for compiled in (True, False):
        kept = Kept()
        kept.write = kept.tables.update
        _convert([raw], declare(INTERFACE), kept, compiled=compiled)
        both.append({name: table.to_pylist() for name, table in kept.tables.items() if table})
    assert both[0] == both[1]


def test_usual_numbers_are_kept_in_the_quick_way():
    numbers = [0, -7, 10**17, 0.5, 1.0, 0.30000000000000004, 123.456, 0.012345678901234567, 0.0]
    raw = json.dumps(_sound(more=numbers)).encode()
    *_, counts, _ = converted([raw], declare(INTERFACE), compiled=True)
    assert counts.general == 0


def _arrow(source, target, direction="right", label="tells"):
    return {"from_id": source, "to_id": target, "type": "relation", "direction": direction, "labels": [label]}


def _two_spans():
    item = _sound()
    result = item["annotations"][0]["result"]
    result.append({**result[0], "id": "b", "value": {"start": 0, "end": 3, "text": "The", "labels": ["What"]}})
    return item


@pytest.mark.parametrize(
    ("arrows", "codes"),
    [
        ([_arrow("a", "b"), _arrow("b", "a")], []),
        ([_arrow("a", "b"), _arrow("a", "b", label="doubts")], []),
        ([_arrow("a", "b"), _arrow("a", "b")], ["F_RELATION_DUPLICATE"]),
        ([_arrow("a", "b"), _arrow("b", "a", "left")], ["F_RELATION_DUPLICATE"]),
        ([_arrow("a", "b", "left"), _arrow("a", "b")], []),
        ([_arrow("b", "a"), _arrow("a", "b", "bi")], ["F_RELATION_DUPLICATE"]),
        ([_arrow("a", "a")], ["F_RELATION_SELF"]),
    ],
)
def test_arrows_are_compared_as_they_point(arrows, codes):
    item = _two_spans()
    item["annotations"][0]["result"] += arrows
    _same_both_ways([json.dumps(item).encode()], declare(INTERFACE))
    _, found, counts, _ = converted([json.dumps(item).encode()], declare(INTERFACE), compiled=True)
    assert [one.code for one in found] == codes
    assert counts.general == 0


def _without(control):
    def change(item):
        result = item["annotations"][0]["result"]
        result[:] = [row for row in result if row["from_name"] != control]

    return change


def _again(item):
    item["annotations"].append({**item["annotations"][0], "id": 77})


def _whole_suggestion(item):
    for row in item["annotations"][0]["result"]:
        row["origin"] = "prediction"


def _moved(item):
    item["annotations"][0]["result"][1]["value"]["start"] = 3


def _twice(item):
    result = item["annotations"][0]["result"]
    result.insert(2, {**result[2], "id": "w2"})


@pytest.mark.parametrize("change", [_without("view"), _without("kind"), _again, _whole_suggestion, _moved, _twice])
def test_what_the_rules_have_to_judge_is_left_to_them(change):
    item = _sound()
    change(item)
    counts = _same_both_ways([json.dumps(item).encode()], declare(INTERFACE))
    assert counts.general == 1
    assert counts.findings


@pytest.mark.parametrize(
    "value",
    [
        rb'"\udc00\udc00"', rb'"\ud83d"', rb'"\ud83d\ud83d"', rb'"\ud83dx"', rb'"\ud83d\n"', rb'"\u12g4"', rb'"\x"',
        rb'"\u12', b'"\xff"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\xe0\x9f\xbf"', b'"\xf0\x8f\xbf\xbf"', b'"\xc3"',
        b'"\xf4\x90\x80\x80"', b'"a\nb"', b'"a\x00b"', b"01", b"-", b"-0", b"+1", b"1.", b".5", b"1e", b"1e+", b"0x1",
        b"NaN", b"-Infinity", b"nul", b"trues", b"[1,]", b"[,1]", b"[1 2]", b'{"a":1,}', b'{"a" 1}', b"{a:1}",
        b'{"a":1 "b":2}', b"[}", b"{]", b"'a'", b"/**/1", b'{"a":1,"a":1}', rb'{"a":1,"\u0061":1}',
        b"[" * 300 + b"]" * 300, b"9" * 5_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", [b'"meta": {}', b'"import_id": null', b'"hint": ""'])
def test_json_that_is_not_plain_is_left_to_the_strict_reader(value, where):
    key = where[: where.index(b":") + 1]
    raw = json.dumps(_sound()).encode().replace(where, key + value)
    quick, full = Kept(), Kept()
    found, counts, faults = _convert([raw], declare(INTERFACE), quick, compiled=True)
    assert (found, faults) == _convert([raw], declare(INTERFACE), full, compiled=False)[::2]
    assert quick.tables == full.tables
    assert counts.general + counts.unread > 0


def _streamed(raw, declaration, *, compiled, size):
    """What becomes of a file that is read so many bytes at a time, the compiled core taking items ahead."""
    kept, found, faults = Kept(), [], []
    core = Core(declaration, kept, found.append, faults.append, compiled=compiled)
    splitter = Splitter(BytesIO(raw).read, size=size, ahead=core.ahead if compiled else None)
    for block in splitter.blocks():
        faults += block.faults
        core.take(block)
    # What is wrong between items is told before or after what is within them.
    return kept.tables, found, sorted(map(repr, faults)), core.close()


JUNK = st.sampled_from([b"", b"", b"", b"", b",", b"x", b"]", b"[", b"null,", b"}", b'{"id": 1', b"\n", b'"', b"\xff"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(exports(), st.data(), st.sampled_from([64, 700, 5_000, 500_000]))
def test_items_that_are_taken_ahead_are_those_that_are_split(export, data, size):
    raws = [json.dumps(item).encode() for item in export]
    inside = b", ".join(data.draw(JUNK) + one + data.draw(JUNK) for one in raws)
    raw = b"[" + inside + data.draw(st.sampled_from([b"]", b"", b" ]\n"]))
    quick = _streamed(raw, declare(INTERFACE), compiled=True, size=size)
    full = _streamed(raw, declare(INTERFACE), compiled=False, size=size)
    assert quick[:3] == full[:3]
    assert quick[3].items == full[3].items


def test_sound_items_are_taken_before_they_are_split():
    raw = json.dumps([_sound(number) for number in range(40)]).encode()
    blocks = []
    core = Core(declare(INTERFACE), Kept(), blocks.append, blocks.append)
    blocks += Splitter(BytesIO(raw).read, size=3_000, ahead=core.ahead).blocks()
    assert sum(len(block.items) for block in blocks) < 10, "only those that reach beyond what was read at once"
    for block in blocks:
        core.take(block)
    assert core.close().items == 40


def test_there_is_a_compiled_core():
    assert library() is not None, "`make test` compiles it; without it nothing is tested here"
