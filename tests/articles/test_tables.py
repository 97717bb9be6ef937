"""CSV, Parquet and folders that `datasets` saved."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import subprocess
import sys
import tempfile
import zipfile

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from curation.articles import REJECTS, read
from curation.articles.formats import arrow, packing, tables
from curation.articles.formats.decoding import KEPT
from curation.articles.options import Options
from curation.articles.sources import Source
from curation.errors import CurationError
from curation.records import Article
from curation.text import normalise


def after_reading(path, expression: str) -> str:
    """The value of an expression in a fresh process that has read `path`."""
    script = f"import sys; from curation.articles import read; articles = list(read(sys.argv[1:])); print({expression})"
    ran = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def kept(documents) -> list[str]:
    return [document.text for document in documents if isinstance(document, Article)]


def test_quotes_commas_and_line_breaks_inside_cells(write):
    path = write("a.csv", 'id,title,text\r\nx1,"A, B","One ""two""\r\n\r\nthree"\r\nx2,,four\r\n')
    first, second = read([path])
    assert (first.id, first.title, first.text, first.source) == ("x1", "A, B", 'One "two"\n\nthree', "a.csv:2")
    assert (second.id, second.title, second.text, second.source) == ("x2", None, "four", "a.csv:5")


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.csv", b"\xef\xbb\xbftext,section\nCaf\xc3\xa9,x\n"),
        ("a.csv", b"text;section\nCaf\xc3\xa9;x\n"),
        ("a.csv", b"text,section\rCaf\xc3\xa9,x\r"),
        ("a.tsv", b"text\tsection\nCaf\xc3\xa9\tx\n"),
    ],
)
def test_marks_separators_and_line_ends_of_other_programs(write, name, raw):
    (article,) = read([write(name, raw)])
    assert (article.text, article.meta) == ("Café", {"section": "x"})


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-8", "utf-16"])
@pytest.mark.parametrize(
    "rows", ["sep=;\r\ntext;title\r\na, b;T\r\n", "SEP=\t\ntext\ttitle\na, b\tT\n", "sep=|\ntext|title\na, b|T\n"]
)
def test_a_first_line_that_names_the_separator_is_obeyed(write, rows, codec):
    (article,) = read([write("a.csv", rows.encode(codec))])
    assert (article.text, article.title, article.source, article.meta) == ("a, b", "T", "a.csv:3", {})


@pytest.mark.parametrize(
    ("header", "rest"),
    [
        ("Titel;Inhalt;Datum;Zeitung;Autor;Sprache;Lizenz", []),
        ("\u00dcberschrift;Volltext;Erscheinungsdatum;Quelle;Autoren;Sprache;Lizenz", []),
        ("U\u0308berschrift;Volltext;Erscheinungsdatum;Quelle;Autoren;Sprache;Lizenz", []),
        ("Titre;Contenu;Date de publication;Journal;Auteur;Langue;licence", []),
        ("título;contenido;fecha;fuente;autor;idioma;licencia", []),
        ("title;text;date;source;author;language;license;Titel;Inhalt;Datum", ["Titel", "Inhalt", "Datum"]),
    ],
)
def test_usual_names_of_other_languages_are_known(write, header, rest):
    cells = ["T", "the text", "2024-05-06", "O", "A", "de", "CC0", *rest]
    (article,) = read([write("a.csv", f"{header}\n{';'.join(cells)}\n")])
    assert (article.title, article.text, article.published_at, article.outlet) == ("T", "the text", "2024-05-06", "O")
    assert (article.authors, article.lang, article.license) == (("A",), "de", "CC0")
    assert article.meta == dict(zip(rest, rest, strict=True))


def test_a_number_in_a_column_of_dates_may_be_a_spreadsheets_day(write):
    (article,) = read([write("a.csv", "text,date\nt,45000\n")])
    assert article.published_at is None
    assert article.notes == {"N_DATE": "'45000' is no date; it may be a spreadsheet's number of the day 2023-03-15"}
    assert article.meta == {"date": "45000"}


def test_a_cell_larger_than_the_csv_module_expects(write):
    (article,) = read([write("a.csv", "text\n" + "word " * 100_000 + "\n")])
    assert len(article.text) == 499_999


BROKEN = [
    (b"x,too,many", "R_ROW", "3 cells, the header 2"),
    (b'"quoted" then not,x', "R_ROW", "expected after"),
    (b"bad \xff byte,x", "R_ENCODING", "byte 0xff at byte 4 of the row"),
    (b'"line\nbreak\xff",x', "R_ENCODING", "byte 0xff at byte 11 of the row"),
    (b"nul \0 here,x", "R_FORBIDDEN_CHARACTER", "NUL at offset 4"),
    (b",x", "R_EMPTY", "empty"),
]


@pytest.mark.parametrize(("row", "code", "place"), BROKEN)
def test_a_broken_row_in_the_middle_costs_nothing_but_itself(write, row, code, place):
    documents = list(read([write("a.csv", b"text,title\nfirst,1\n" + row + b"\n\nlast,2\n")]))
    assert kept(documents) == ["first", "last"]
    (reject,) = [document for document in documents if not isinstance(document, Article)]
    assert (reject.source, reject.code, reject.raw) == ("a.csv:3", code, row + b"\n")
    assert place in reject.reason
    assert code in REJECTS


def test_a_row_with_fewer_cells_lacks_the_last_ones(write):
    first, second = read([write("a.csv", "text,title\nfirst\nlast,2\n")])
    assert (first.text, first.title) == ("first", None)
    assert (second.text, second.title) == ("last", "2")


def test_columns_without_a_name_are_all_kept(write):
    (found,) = read([write("a.csv", ",text,,\n0,first,b,c\n")])
    assert found.meta == {"column 1": "0", "column 3": "b", "column 4": "c"}
    (refused,) = read([write("b.csv", "text,,column 2\n")])
    assert (refused.code, refused.reason) == ("R_TABLE", "the header names a column twice: column 2")


def test_columns_that_are_called_as_what_is_noted_of_an_article_are_kept(write):
    (found,) = read([write("a.csv", "text,url,url_as_given,url_as_given_\na,HTTP://a.example,mine,too\n")])
    assert found.url == "http://a.example/"
    assert found.meta == {"url_as_given": "mine", "url_as_given_": "too", "url_as_given__": "HTTP://a.example"}


def test_a_quotation_mark_that_is_never_closed_is_named(write):
    documents = list(read([write("a.csv", 'text,title\nfirst,1\n"open,2\nlast,3\n')]))
    assert kept(documents) == ["first"]
    assert documents[1].source == "a.csv:3"
    assert "never closed" in documents[1].reason
    assert documents[1].raw == b'"open,2\nlast,3\n'


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"text,text\na,b\n", "R_TABLE"),
        (bytes(range(256)), "R_ENCODING"),
        (b"te\xffxt\na\n", "R_ENCODING"),
    ],
)
def test_a_table_without_a_usable_header_is_refused_once(write, raw, code):
    (reject,) = read([write("a.csv", raw)])
    assert reject.code == code
    assert reject.raw


def test_a_line_too_long_ends_the_table(write, monkeypatch):
    monkeypatch.setattr(tables, "LIMIT", 200)
    documents = list(read([write("a.csv", "text\nfirst\n" + "x" * 500 + "\nlast\n")]))
    assert kept(documents) == ["first"]
    assert documents[1].code == "R_TOO_LARGE"


def test_a_missing_column_is_named_with_those_there_are(write):
    path = write("a.csv", "headline,place\na,b\n")
    with pytest.raises(CurationError) as raised:
        list(read([path]))
    assert raised.value.code == "E_MISSING_COLUMN"
    assert "a.csv: no column holds the text; there are: headline, place" in raised.value.message
    assert raised.value.fix == "--map text=COLUMN"
    (article,) = read([path], Options(field_map={"text": "headline"}))
    assert article.text == "a"


def test_in_a_folder_a_table_without_the_text_is_refused_and_the_others_read(write, folder, table):
    write("a.txt", "one")
    write("b.csv", 'note,"two\nlines"\n1,2\n')
    write("c.jsonl", [{"note": 1}, {"note": 2}])
    table("d.parquet", note=[1])
    write("e.jsonl", [{}])
    write("z.csv", "text\ntwo\n")
    documents = list(read([folder]))
    assert kept(documents) == ["one", "two"]
    refused = documents[1:-1]
    assert [(reject.source, reject.code) for reject in refused] == [
        (name, "R_NO_COLUMN") for name in ("b.csv", "c.jsonl", "d.parquet", "e.jsonl")
    ]
    assert refused[0].reason == "no column holds the text; there are: note, two lines (fix: --map text=COLUMN)"
    assert "there is none at all" in refused[3].reason
    assert all(reject.raw == (folder / reject.source).read_bytes() for reject in refused)
    assert "R_NO_COLUMN" in REJECTS


def test_in_a_folder_a_mapped_column_need_not_be_in_every_table(write, folder):
    write("a.csv", "body,text\none,teaser\n")
    write("b.csv", "text\ntwo\n")
    write("c.jsonl", [{"body": "three"}, {"text": "four"}])
    documents = list(read([folder], Options(field_map={"text": "body"})))
    assert kept(documents) == ["one", "two", "three", "four"]
    with pytest.raises(CurationError, match=r"b\.csv: no column 'body'") as raised:
        list(read([folder, folder / "b.csv"], Options(field_map={"text": "body"})))
    assert raised.value.fix == "--map text=COLUMN, or correct [ingest.map] in curation.toml if it stands there"


def test_a_field_of_a_table_may_have_no_column(write):
    path = write("a.csv", "id,text\n7,one\n7,two\n")
    one, two = read([path], Options(field_map={"id": ""}))
    assert one.id == "a" + one.sha256[:16] != two.id


def test_only_the_beginning_of_a_large_table_is_kept_aside(write, folder):
    raw = b"note\n" + b"x\n" * KEPT
    write("a.csv", raw)
    (reject,) = read([folder])
    assert reject.raw == raw[:KEPT]


def test_a_long_header_is_told_in_short(write, folder):
    write("a.csv", ",".join(f"{number}{'x' * 1000}" for number in range(100)) + "\n")
    (reject,) = read([folder])
    assert "0xxx" in reject.reason
    assert len(reject.reason) < 1500


rows = st.lists(
    st.tuples(st.text(min_size=1).filter(normalise), st.text()).filter(
        lambda row: not set("\0") & set(row[0] + row[1]) and not any("\ud800" <= c <= "\udfff" for c in "".join(row))
    ),
    min_size=1,
    max_size=4,
)


@given(rows)
def test_whatever_the_csv_module_writes_is_read_back(tmp_path_factory, rows):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("text", "note"), *rows])
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(out.getvalue().encode())
    articles = list(tables.read_table(Source(path, "any.csv", "table"), Options()))
    assert kept(articles) == [normalise(text) for text, _ in rows]
    assert [article.meta["note"] for article in articles] == [note for _, note in rows]


@given(st.binary(max_size=80))
def test_any_bytes_are_rows_or_refusals(tmp_path_factory, raw):
    path = tmp_path_factory.getbasetemp() / "junk.csv"
    path.write_bytes(b"text,title\nfirst,1\n" + raw)
    documents = list(tables.read_table(Source(path, "junk.csv", "table"), Options()))
    assert kept(documents)[0] == "first" or b"first" in documents[0].raw
    assert all(isinstance(document, Article) or document.code in REJECTS for document in documents)


@pytest.fixture
def table(folder):
    """Write a Parquet file of these columns."""

    def table(name="a.parquet", **columns):
        path = folder / name
        parquet.write_table(pa.table(columns), path, write_page_checksum=True)
        return path

    return table


def test_parquet_values_become_json(table):
    when = datetime.datetime(2026, 3, 2, 5, 40, tzinfo=datetime.UTC)
    path = table(
        id=pa.array([1.0, None]),
        text=["one", "two"],
        published_at=pa.array([when, None], pa.timestamp("ns", "UTC")),
        authors=[["A", "B"], None],
        views=pa.array([float("nan"), float("inf")]),
        details=[{"day": datetime.date(2026, 3, 2), "raw": b"x"}, None],
    )
    first, second = read([path])
    assert (first.id, first.text, first.authors, first.source) == ("1", "one", ("A", "B"), "a.parquet:1")
    assert first.published_at == "2026-03-02T05:40:00+00:00"
    assert first.meta == {"views": None, "details": {"day": "2026-03-02", "raw": "b'x'"}}
    assert (second.source_id, second.published_at, second.authors) == (None, None, ())
    assert second.meta == {"views": "inf", "details": None}


def test_nanoseconds_do_not_load_pandas(table):
    path = table(text=["one"], date=pa.array([1_700_000_000_123_456_789], pa.timestamp("ns")))
    assert after_reading(path, "articles[0].published_at") == "2023-11-14T22:13:20.123456"
    assert after_reading(path, "'pandas' in sys.modules") == "False"


def test_parquet_rows_are_refused_one_by_one(table):
    broken = pa.StringArray.from_buffers(
        3, pa.py_buffer(b"\0\0\0\0\3\0\0\0\6\0\0\0\t\0\0\0"), pa.py_buffer(b"onet\xffothr")
    )
    first, second, third = read([table(text=broken)])
    assert (first.text, third.text) == ("one", "thr")
    assert (second.code, second.source, second.raw) == ("R_ENCODING", "a.parquet:2", b"t\xffo")
    assert "byte 0xff at byte 1" in second.reason
    refused = list(read([table("b.parquet", text=["a\0b", None, " "])]))
    assert [reject.code for reject in refused] == ["R_FORBIDDEN_CHARACTER", "R_NO_TEXT", "R_EMPTY"]
    assert refused[0].raw == b'{"text":"a\\u0000b"}'


def test_parquet_of_many_batches_keeps_count(table, monkeypatch):
    monkeypatch.setattr(arrow, "_BATCH", 7)
    articles = list(read([table(text=[f"text {number}" for number in range(50)])]))
    assert [article.source for article in articles] == [f"a.parquet:{number}" for number in range(1, 51)]


@pytest.mark.parametrize("damage", [lambda raw: b"no parquet", lambda raw: raw[:-20], lambda raw: raw[: len(raw) // 2]])
def test_a_damaged_parquet_file_is_refused_and_the_others_kept(table, folder, damage):
    path = table(text=["one"] * 50)
    path.write_bytes(damage(path.read_bytes()))
    (folder / "b.txt").write_text("text", encoding="utf-8")
    reject, article = read([folder])
    assert (reject.source, reject.code) == ("a.parquet", "R_TABLE")
    assert "\n" not in reject.reason
    assert article.text == "text"


def test_a_flipped_bit_in_a_page_is_not_read_as_text(table):
    path = table(text=["the text of this article"])
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"article")] ^= 1
    path.write_bytes(raw)
    (reject,) = read([path])
    assert reject.code == "R_TABLE"


def test_a_parquet_file_without_text(table):
    with pytest.raises(CurationError) as raised:
        list(read([table(headline=["a"])]))
    assert raised.value.code == "E_MISSING_COLUMN"
    assert "headline" in raised.value.message


SAVE = """
import sys, datasets
rows = {"headline": ["A", "B", "C"], "content": ["one", "two\\r\\n", None], "label": [0, 1, 0]}
one = datasets.Dataset.from_dict(rows).cast_column("label", datasets.ClassLabel(names=["x", "y"]))
one.save_to_disk(sys.argv[1] + "/one", num_shards=2)
datasets.DatasetDict({"train": one, "test": one.select([1])}).save_to_disk(sys.argv[1] + "/splits")
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """What the real `datasets` saves: a dataset in two shards, and one of two splits."""
    folder = tmp_path_factory.mktemp("saved")
    subprocess.run([sys.executable, "-c", SAVE, str(folder)], check=True, capture_output=True)
    return folder


def test_a_saved_dataset(saved):
    first, second, third = read([saved / "one"])
    assert (first.title, first.text, first.meta) == ("A", "one", {"label": 0})
    assert (second.text, second.source) == ("two", "one/data-00000-of-00002.arrow:2")
    assert (third.code, third.source) == ("R_NO_TEXT", "one/data-00001-of-00002.arrow:1")


def test_each_saved_dataset_gives_places_of_its_own(saved):
    named = [saved / "one", saved / "splits", saved / "splits" / "train"]
    documents = list(read(named))
    assert len({document.source for document in documents}) == len(documents) == 3 + 4 + 3
    around = [document.source for document in read([saved])]
    assert around == [document.source for document in read(named[:2])]


@pytest.mark.parametrize("packed", [False, True])
def test_a_parquet_file_that_is_none_is_refused_with_its_size(write, packed):
    raw = b"PAR1" + b"x" * 3000
    name = "a.parquet.gz" if packed else "a.parquet"
    (reject,) = read([write(name, gzip.compress(raw) if packed else raw)])
    assert (reject.source, reject.code) == (name, "R_TABLE")
    assert "not a whole Parquet file, in its 3,004 bytes: " in reject.reason


def zip_of(folder, path, changed=()) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for one in sorted(folder.rglob("*")):
            if one.is_file():
                archive.writestr(f"{one.relative_to(folder)}", dict(changed).get(one.name, one.read_bytes()))


def test_a_zip_file_gives_the_saved_datasets_in_it(saved, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    zip_of(saved, tmp_path / "a.zip")
    told = []
    documents = list(read([tmp_path / "a.zip"], Options(on_skipped=told.append)))
    expected = list(read([saved]))
    assert [document.source for document in documents] == ["a.zip/" + document.source for document in expected]
    assert kept(documents) == kept(expected)
    assert told == []
    assert list(home.iterdir()) == []
    zip_of(saved / "one", tmp_path / "b.zip")
    assert kept(read([tmp_path / "b.zip"])) == kept(read([saved / "one"]))


def test_a_saved_dataset_in_a_zip_file_reaches_no_other_file(saved, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    (tmp_path / "secret.arrow").write_bytes(b"secret")
    state = b'{"_data_files": [{"filename": "../../secret.arrow"}, {"filename": "/etc/passwd"}]}'
    zip_of(saved / "one", tmp_path / "a.zip", {"state.json": state})
    documents = list(read([tmp_path / "a.zip"]))
    assert [(reject.source, reject.raw) for reject in documents] == [("a.zip/secret.arrow", b""), ("a.zip/passwd", b"")]
    bomb = {"data-00000-of-00002.arrow": b" " * 1_000_000}
    zip_of(saved / "one", tmp_path / "b.zip", bomb)
    monkeypatch.setattr(packing, "_FREE", 10_000)
    monkeypatch.setattr(packing, "_RATIO", 0)
    (reject,) = read([tmp_path / "b.zip"])
    assert (reject.source, reject.code) == ("b.zip/data-00000-of-00002.arrow", "R_BOMB")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(("folder", "named"), [("one", "."), ("one", "../one/"), ("one/inside", "..")])
def test_a_saved_dataset_is_called_by_its_name_however_it_is_named(saved, monkeypatch, folder, named):
    (saved / folder).mkdir(exist_ok=True)
    monkeypatch.chdir(saved / folder)
    assert next(iter(read([named]))).source == "one/data-00000-of-00002.arrow:1"


def test_saved_splits_and_a_folder_around_them(saved):
    splits = list(read([saved / "splits"]))
    assert kept(splits) == ["two", "one", "two"]
    assert splits[0].source == "splits/test/data-00000-of-00001.arrow:1"
    skipped: list[str] = []
    assert kept(read([saved], Options(on_skipped=skipped.append))) == ["one", "two", "two", "one", "two"]
    assert skipped == []


def test_only_the_shards_that_belong_to_a_dataset_are_read(saved, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(saved / "one", copy)
    shutil.copy(copy / "data-00000-of-00002.arrow", copy / "data-00009-of-00010.arrow")
    assert kept(read([copy])) == ["one", "two"]
    (copy / "data-00001-of-00002.arrow").write_bytes(b"damaged")
    documents = list(read([copy]))
    assert kept(documents) == ["one", "two"]
    assert (documents[2].code, documents[2].source) == ("R_TABLE", "copy/data-00001-of-00002.arrow")
    (copy / "state.json").write_text("{}", encoding="utf-8")
    (reject,) = read([copy])
    assert (reject.code, reject.source) == ("R_TABLE", "copy/state.json")


def test_a_saved_dataset_without_a_column_is_an_error_only_if_it_was_named(saved):
    with pytest.raises(CurationError, match="one: no column 'story' for text; there are: headline, content") as raised:
        list(read([saved / "one"], Options(field_map={"text": "story"})))
    assert raised.value.code == "E_MISSING_COLUMN"
    assert kept(read([saved], Options(field_map={"text": "story"}))) == kept(read([saved]))
    refused = list(read([saved], Options(field_map={"text": "", "title": "content"})))
    assert [(reject.source, reject.code) for reject in refused] == [
        ("one/", "R_NO_COLUMN"), ("splits/test/", "R_NO_COLUMN"), ("splits/train/", "R_NO_COLUMN"),
    ]  # fmt: skip


def test_reading_a_saved_dataset_imports_no_datasets(saved):
    script = (
        "import sys; from curation.articles import read; list(read([sys.argv[1]])); print('datasets' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script, saved / "one"], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
