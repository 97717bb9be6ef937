"""Tables of ratings: the same figures from every kind of file, and one clear line for what is none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from curation.agreement import Bootstrap, agree_table, agreement, read_ratings
from curation.agreement.table import doubtful, item_times, lookalikes
from curation.errors import CurationError

ROWS = [
    {"sentence": f"s{row}, „so“", "coder": f"c{coder}", "bias": "ja" if (row * coder) % 3 else "nein", "text": "a;b\nc"}
    for row in range(20)
    for coder in range(1, 4)
]
COLUMNS = ("sentence", "coder", "bias")


def write(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    path = folder / name
    kind = name.removesuffix(".gz").rpartition(".")[2]
    if kind == "parquet":
        frame.to_parquet(path)
        return path
    text = {
        "csv": lambda: frame.to_csv(index=False),
        "tsv": lambda: frame.to_csv(index=False, sep="\t"),
        "json": lambda: frame.to_json(orient="records"),
        "jsonl": lambda: frame.to_json(orient="records", lines=True),
    }[kind]()
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize(
    "name", ["r.csv", "r.tsv", "r.json", "r.jsonl", "r.parquet", "r.csv.gz", "r.jsonl.gz", "r.v2.csv"]
)
def test_every_kind_of_file_gives_the_figures_of_the_frame(tmp_path, name):
    frame = pd.DataFrame(ROWS)
    frame.loc[5, "bias"] = None
    sure = Bootstrap(resamples=50)
    expected = agree_table(frame, *COLUMNS, bootstrap=sure)
    assert agree_table(write(tmp_path, name, frame), *COLUMNS, bootstrap=sure) == expected
    assert expected[0].of == "bias"
    assert expected[0].n_values == 59


def test_spreadsheets_write_semicolons_and_a_mark_before_all(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes(pd.DataFrame(ROWS).to_csv(index=False, sep=";").encode("utf-8-sig"))
    assert len(read_ratings(path, *COLUMNS).items) == 20


def test_spreadsheets_of_a_decimal_comma_have_numbers_where_numbers_are_asked_for(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("sep=;\nitem;annotator;value\na;x;1,5\na;y;-2\n", encoding="utf-8-sig")
    assert read_ratings(path, level="interval").values == (-2.0, 1.5)
    assert read_ratings(path).values == ("-2", "1,5")
    path.write_text('item,annotator,value\na,x,"1,500"\na,y,2\n')
    with pytest.raises(CurationError, match="'1,500'"):
        read_ratings(path, level="interval")


def test_names_that_look_the_same_are_told(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("item,annotator,value\na,Kim,yes\na,lee,Yes\nb,kim ,yes\nB,lee,no\n")
    assert lookalikes(read_ratings(path)) == [("Kim", "kim "), ("Yes", "yes"), ("B", "b")]


@pytest.mark.parametrize("times", [["3", "1", "", "2.5"], ["2026-03-01", "2026-01-01T10:00", "", "2026-01-31"]])
def test_an_item_has_the_latest_time_of_its_rows(times):
    frame = pd.DataFrame({"item": ["a", "b", "c", "b"], "when": times})
    a, b, c = item_times(frame, ["a", "b", "c"], "item", "when")
    assert (b < a, c) == (True, None)
    assert item_times(frame, ["d"], "item", "when") == [None]


def test_text_stays_as_it_stands(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("item,annotator,value\n01,x,NA\n1,x,NA\n01,y,none\n1,y,\n")
    ratings = read_ratings(path)
    assert ratings.items == ("01", "1")
    assert ratings.values == ("NA", "none")
    assert ratings.n_missing == 1
    assert doubtful(ratings) == ["NA"]
    assert doubtful(read_ratings(path, missing=["NA"])) == []


def test_a_key_that_is_not_in_every_object_is_a_missing_value(tmp_path):
    path = tmp_path / "r.jsonl"
    rows = [{"item": 1, "annotator": "x", "value": 2.5}, {"item": 1, "annotator": "y"}]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    assert read_ratings(path, level="interval").codes.tolist() == [[0, -1]]


@pytest.mark.parametrize("name", ["r.csv", "r.json", "r.jsonl", "r.parquet"])
def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path, name):
    path = write(tmp_path, name, pd.DataFrame(ROWS))
    with pytest.raises(CurationError) as raised:
        read_ratings(path, "sentence", "coder", "stance")
    assert raised.value.code == "E_MISSING_COLUMN"
    assert "'stance'" in raised.value.message
    assert "sentence" in raised.value.fix
    assert "bias" in raised.value.fix


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("r.csv", b"", "cannot be read: it is empty"),
        ("r.csv", b"item,annotator,value\n", "no rows"),
        ("r.csv", b"item,annotator,value\na,x,1\na,y,1,2,3\n", "line 3 has 5 cells, and the header 3"),
        ("r.csv", "item,annotator,value\nä,x,1\n".encode("latin-1"), "not UTF-8"),
        ("r.csv", b'item,annotator,value\na,x,"no end\na,y,1\n', "unexpected end of data"),
        ("r.json", b"[]", "no rows"),
        ("r.jsonl", b'{"item": 1}\n{"item": \n', "line 2"),
        ("r.jsonl", b"[1]\n", "row 1 is no object"),
        ("r.json", b'{"item": 1}', "not a list"),
        ("r.json", b"[", "cannot be read"),
        ("r.csv.gz", b"no gzip", "cannot be read"),
        ("r.csv.gz", gzip.compress(b"item,annotator,value\na,x,1\n" * 99, mtime=0)[:-9], "cannot be read"),
        ("r.parquet", b"PAR1 and no more", "cannot be read"),
        ("r.xlsx", b"", "no table by its name"),
        ("ratings", b"", "no table by its name"),
    ],
)
def test_what_is_no_table(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CurationError) as raised:
        read_ratings(path)
    assert raised.value.code == "E_TABLE"
    assert said in raised.value.message
    assert "\n" not in str(raised.value)


def test_no_file(tmp_path):
    for path in (tmp_path, tmp_path / "absent.csv"):
        with pytest.raises(CurationError) as raised:
            read_ratings(path)
        assert raised.value.code == "E_NOT_FOUND"


def test_no_level():
    with pytest.raises(CurationError) as raised:
        read_ratings(pd.DataFrame(ROWS), *COLUMNS, level="metric")
    assert raised.value.code == "E_USAGE"
    assert "nominal, ordinal, interval, ratio" in raised.value.fix


@pytest.mark.parametrize("name", ["r.csv", "r.jsonl", "r.parquet"])
def test_items_belong_to_the_articles_of_a_column(tmp_path, name):
    """Whatever the order of rows, and however names of items sort."""
    frame = pd.DataFrame(ROWS).assign(url=[f"n{(7 * (at // 3)) % 20 // 4}" for at in range(len(ROWS))])
    belongs = dict(zip(frame["sentence"], frame["url"], strict=True))
    path = write(tmp_path, name, frame.sample(frac=1, random_state=1))
    ratings = read_ratings(path, *COLUMNS, article="url")
    assert [f"n{code}" for code in ratings.clusters] == [belongs[item] for item in ratings.items]
    sure = Bootstrap(resamples=50)
    assert agree_table(path, *COLUMNS, article="url", bootstrap=sure) == agreement(ratings, of="bias", bootstrap=sure)


@pytest.mark.parametrize(
    ("row", "article", "said"),
    [
        (4, "", "row 5 has no article"),
        (4, "n9", "the item 's1, „so“' belongs to two articles: 'n1' in row 4 and 'n9' in row 5"),
    ],
)
def test_an_item_in_no_article_or_in_two_is_named(row, article, said):
    frame = pd.DataFrame(ROWS).assign(url=[f"n{at // 3}" for at in range(len(ROWS))])
    frame.loc[row, "url"] = article
    with pytest.raises(CurationError) as raised:
        read_ratings(frame, *COLUMNS, article="url")
    assert raised.value.code == "E_TABLE"
    assert said in raised.value.message
    assert "article" in raised.value.fix


def test_a_column_of_articles_is_in_the_table():
    with pytest.raises(CurationError) as raised:
        read_ratings(pd.DataFrame(ROWS), *COLUMNS, article="url")
    assert raised.value.code == "E_MISSING_COLUMN"
