"""What every row of a built dataset says, and that reading one takes little memory."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, Value

from curation.errors import CurationError
from curation.export.reading import Dataset
from curation.export.rows import METHODS

CONFIGS = ("gold", "annotations", "mentions", "statements", "stance", "tokens", "agreement", "articles")
# Which methods a config's rows may have: nobody decides what an annotator said, or what is computed.
DECIDED = {"unanimous", "single", "rules", "adjudicated"}
POSSIBLE = {
    "gold": DECIDED,
    "tokens": DECIDED,
    "articles": DECIDED | {"votes"},
    "stance": DECIDED | {"votes", "annotator"},
    "annotations": {"annotator"},
    "mentions": {"annotator"},
    "statements": {"annotator"},
    "agreement": {"computed"},
}


@pytest.mark.parametrize("config", CONFIGS)
def test_every_row_says_its_codebook_version_and_how_it_was_decided(built, config):
    study, _ = built
    dataset = Dataset(study.out)
    method = dataset.features(config)["method"]
    assert method.names[: len(METHODS)] == list(METHODS)
    rows = list(dataset.rows(config, columns=["task_version", "method"]))
    assert rows
    assert {row["task_version"] for row in rows} == {study.task.version}
    assert {row["method"] for row in rows} <= POSSIBLE[config]


def change_a_word_unseen(path: Path, word: str) -> None:
    """Change a byte of `word` in a page of a file, which decodes as well as before: its checksum alone tells of it."""
    plain = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    before = pq.read_table(path)
    pq.write_table(before, path, write_page_checksum=True, **plain)
    data = bytearray(path.read_bytes())
    data[data.index(word.encode())] ^= 1
    path.write_bytes(data)
    assert not pq.read_table(path, page_checksum_verification=False).equals(before)


def test_a_page_that_is_not_what_was_written_is_not_read(tmp_path):
    features = Features({"note": Value("string")})
    path = tmp_path / "annotations" / "train-00000-of-00001.parquet"
    path.parent.mkdir()
    pq.write_table(pa.Table.from_pylist([{"note": "a remark"}], schema=features.arrow_schema), path)
    dataset = Dataset(tmp_path, {"rows": {"annotations": {"train": 1}}})
    assert list(dataset.rows("annotations")) == [{"note": "a remark"}]
    change_a_word_unseen(path, "a remark")
    with pytest.raises(CurationError) as error:
        list(dataset.rows("annotations"))
    assert error.value.code == "E_EXPORT_UNREADABLE"
    assert path.name in error.value.message


def test_no_more_is_decoded_than_one_group_of_rows(tmp_path):
    """Of 40 groups of 25 long texts each: a megabyte is held at a time, not a batch of 1,000 rows."""
    features = Features({"text": Value("string"), "label": ClassLabel(names=["a", "b"])})
    rows = [{"text": f"{number} " * 10_000, "label": number % 2} for number in range(1_000)]
    (tmp_path / "gold").mkdir()
    table = pa.Table.from_pylist(rows, schema=features.arrow_schema)
    pq.write_table(table, tmp_path / "gold" / "train-00000-of-00001.parquet", row_group_size=25)
    whole = table.nbytes
    del table
    dataset = Dataset(tmp_path, {"rows": {"gold": {"train": 1_000}}})
    before, most, count = pa.total_allocated_bytes(), 0, 0
    for batch in dataset.batches("gold", "train"):
        most = max(most, pa.total_allocated_bytes() - before)
        count += batch.num_rows
        assert batch.num_rows <= 25
    assert count == 1_000
    assert most < whole / 8
