"""Tables in the making: columns, what is joined, and files."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from curation.studio.conversion import arrow
from curation.studio.conversion.identities import Ids
from curation.studio.conversion.tables import SCHEMAS, TABLES, Batch, Writer

WORDS = st.text(max_size=4)


@given(st.lists(st.none() | WORDS))
def test_strings(values):
    assert arrow.strings(values).to_pylist() == values


@given(st.lists(st.none() | st.lists(WORDS, max_size=3)))
def test_lists_of_strings(values):
    assert arrow.string_lists(values).to_pylist() == values


@given(st.lists(st.none() | st.lists(st.lists(WORDS, max_size=2), max_size=2)))
def test_lists_of_paths(values):
    assert arrow.path_lists(values).to_pylist() == values


@given(st.lists(st.none() | WORDS, min_size=1), st.data())
def test_strings_by_code(given_words, data):
    """A word stands in the dictionary once, whatever it is given: else Parquet files get bytes that nobody has set."""
    codes = data.draw(st.lists(st.integers(0, len(given_words) - 1)))
    made = arrow.coded(given_words, codes)
    assert made.to_pylist() == [given_words[code] for code in codes]
    words = made.dictionary.to_pylist()
    assert len(set(words)) == len(words)


@given(st.lists(st.none() | st.lists(WORDS, max_size=3), min_size=1), st.data())
def test_lists_of_strings_by_code(distinct, data):
    codes = data.draw(st.lists(st.integers(0, len(distinct) - 1)))
    assert arrow.coded_lists(distinct, codes).to_pylist() == [distinct[code] for code in codes]


@given(st.lists(st.none() | st.floats(allow_nan=False)))
def test_numbers(values):
    assert arrow.optional_numbers(values, pa.float64()).to_pylist() == values


@given(st.lists(st.booleans()))
def test_booleans(values):
    assert arrow.booleans(values).to_pylist() == values


@given(st.dictionaries(st.integers(0, 9), WORDS))
def test_cells_here_and_there(cells):
    assert arrow.scattered(cells, 10, pa.string()).to_pylist() == [cells.get(position) for position in range(10)]


def _annotation(batch, number, mentions, item=1):
    batch.plain["annotations"].append((item, number, None, "7", "submitted", False, None, None, None, None))
    for identity, start, label in mentions:
        batch.rows["mentions"].add(
            ("part", "story", label, None), (identity, start, start + 2, "ab"), {"score": None, "stored": "x"}
        )
    batch.end_annotation()


LABELS = st.sampled_from(["Who", "What", ("Warm", "Cold"), None])
MENTIONS = st.lists(st.tuples(WORDS, st.integers(-1, 9), LABELS), max_size=3)


@given(st.lists(st.tuples(st.booleans(), st.lists(MENTIONS, max_size=2)), max_size=8), st.randoms())
def test_rows_of_two_batches_stand_as_their_items_do(items, random):
    apart, together = (Batch(), Batch()), Batch()
    ids = random.sample(range(-50, 50), len(items))
    for item_id, (which, given_) in zip(ids, items, strict=True):
        for batch in (apart[which], together):
            batch.plain["items"].append((item_id, "text", "{}", None, None, None))
            for number, mentions in enumerate(given_):
                _annotation(batch, 100 * item_id + number, mentions, item_id)
    joined = apart[0].columns().with_(apart[1].columns(), ids).tables()
    wanted = together.columns().tables()
    assert {name: table.to_pylist() for name, table in joined.items()} == {
        name: table.to_pylist() for name, table in wanted.items()
    }
    assert {name: table.schema for name, table in joined.items()} == {
        name: table.schema for name, table in wanted.items()
    }


def test_a_table_without_rows_has_no_file(tmp_path):
    batch = Batch()
    _annotation(batch, 1, [("a", 1, "Who")])
    writer = Writer(tmp_path)
    writer.write(batch.columns().tables())
    files = writer.close()
    assert [path.parent.name for path in files] == ["annotations", "mentions"]
    assert {path.name for path in tmp_path.iterdir()} == {"annotations", "mentions"}
    for path in files:
        table = pq.ParquetFile(path).read()
        assert table.schema == SCHEMAS[path.parent.name]
    assert writer.rows == {**dict.fromkeys(TABLES, 0), "annotations": 1, "mentions": 1}


@given(st.lists(st.integers(-3, 2**64) | st.integers(0, 40) | st.none() | st.booleans()))
def test_ids_are_each_given_once(given_ids):
    ids, seen = Ids(), set()
    for one in given_ids:
        fresh = type(one) is int and -(2**63) <= one < 2**63 and one not in seen
        assert ids.new(one) == fresh
        identity = one if fresh else ids.stand_in()
        assert identity not in seen
        assert fresh or identity < 0
        seen.add(identity)


def test_pandas_is_not_imported():
    code = (
        "import sys; from curation.studio.conversion.tables import Batch, SCHEMAS\n"
        "b = Batch(); b.plain['items'].append((1, 'a', '{}', None, None, None)); b.columns().tables()\n"
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
