"""Spreadsheets: every sheet of articles, values as they are meant, and nothing cut or dropped in silence."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.articles import Options, read
from curation.articles.fetching import Fetched
from curation.articles.formats import sheets
from curation.errors import CurationError
from curation.records import Article, Reject

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def cell(column: str, row: int, value: object) -> str:
    """A cell: a text, a number, a number with its style (1: date, 2: date and time), or an error such as #N/A."""
    if isinstance(value, tuple):
        return f'<c r="{column}{row}" s="{value[1]}"><v>{value[0]}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{column}{row}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str) and value.startswith("#"):
        return f'<c r="{column}{row}" t="e"><v>{value}</v></c>'
    if isinstance(value, str):
        return f'<c r="{column}{row}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return "" if value is None else f'<c r="{column}{row}"><v>{value}</v></c>'


def workbook(**tables: list[list[object]]) -> bytes:
    """A spreadsheet of these sheets; an empty list is an empty row."""
    out = io.BytesIO()
    numbers = range(1, len(tables) + 1)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{RELATIONS}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        listed = "".join(
            f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>' for number, name in enumerate(tables, 1)
        )
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>'
        )
        parts = "".join(
            f'<Relationship Id="r{number}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            for number in numbers
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}">{parts}'
            f'<Relationship Id="r0" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/>'
            "</cellXfs></styleSheet>",
        )
        for number, rows in enumerate(tables.values(), 1):
            xml = "".join(
                f'<row r="{row}">'
                + "".join(cell(chr(65 + at), row, value) for at, value in enumerate(values))
                + "</row>"
                for row, values in enumerate(rows, 1)
                if values
            )
            archive.writestr(
                f"xl/worksheets/sheet{number}.xml",
                f'<worksheet xmlns="{MAIN}"><sheetData>{xml}</sheetData></worksheet>',
            )
    return out.getvalue()


def documents(path, **options):
    return list(read([path], Options(**options)))


HEADER = ["id", "text", "date", "pages", "checked"]


def test_values_are_read_as_they_are_meant(write):
    rows = [[], HEADER, [], [7, "Zoë 🌀\nsaid & <wrote>", (45000, 1), 2.5, True], [8, "Two", (45000.5, 2), 3]]
    shown = {}
    found = documents(write("news.xlsx", workbook(News=rows)), on_columns=shown.__setitem__)
    assert [(one.id, one.text, one.published_at, one.source) for one in found] == [
        ("7", "Zoë 🌀\nsaid & <wrote>", "2023-03-15", "news.xlsx:News!4"),
        ("8", "Two", "2023-03-15T12:00:00", "news.xlsx:News!5"),
    ]
    assert [one.meta for one in found] == [{"pages": 2.5, "checked": True}, {"pages": 3, "checked": None}]
    assert shown["news.xlsx:News"].published_at == "date"


def test_every_sheet_with_texts_is_read_and_the_others_are_told(write):
    told = {}
    path = write(
        "news.xlsx",
        workbook(
            Legend=[["code", "meaning"], ["a", "b"], ["c", "d"]], Empty=[], One=[["text"], ["1"]], Two=[["body"], ["2"]]
        ),
    )
    found = documents(path, on_passed=told.__setitem__)
    assert [(one.text, one.source) for one in found] == [("1", "news.xlsx:One!2"), ("2", "news.xlsx:Two!2")]
    assert told == {
        "news.xlsx": {"rows of the sheet 'Legend': no column holds the text; there are: code, meaning": 2},
    }


def test_without_any_texts_it_is_no_source(write):
    with pytest.raises(CurationError, match="no column holds the text; there are: code") as caught:
        documents(write("news.xlsx", workbook(A=[["code"], ["a"]], B=[["x"], ["a"]])))
    assert caught.value.code == "E_MISSING_COLUMN"


def fetched(url):
    return Fetched(f"What stands at {url}.".encode(), url, "text/plain", None)


@pytest.mark.parametrize(
    "rows", [[["url"], ["https://example.org/a"]], [["text", "url"], [None, "https://example.org/a"]]]
)
def test_a_row_without_a_text_is_fetched(write, rows):
    [found] = documents(write("news.xlsx", workbook(A=rows)), fetch=fetched)
    assert (found.text, found.source) == ("What stands at https://example.org/a.", "news.xlsx:A!2")


def test_columns_are_mapped_and_named_once(write):
    path = write("news.xlsx", workbook(A=[["Inhalt", None, "nr"], ["Der Text", "beside", 4]]))
    [found] = documents(path, field_map={"text": "Inhalt", "id": "nr"})
    assert (found.id, found.text, found.meta) == ("4", "Der Text", {"column 2": "beside"})
    [refused] = documents(write("twice.xlsx", workbook(A=[["text", "a", "a"], ["x", 1, 2]])))
    assert (refused.source, refused.code) == ("twice.xlsx:A!1", "R_TABLE")
    assert refused.reason == "the header names a column twice: a"


def test_errors_in_cells_are_told_and_refused_where_the_text_belongs(write):
    told = {}
    rows = [HEADER, [1, "#N/A", "#REF!"], [2, "Two", "#DIV/0!"]]
    refused, article = documents(write("news.xlsx", workbook(A=rows)), on_passed=told.__setitem__)
    assert (refused.code, refused.source) == ("R_NO_TEXT", "news.xlsx:A!2")
    assert (article.text, article.published_at) == ("Two", None)
    assert told == {"news.xlsx": {"cells with an error in the place of a value": 3}}


@pytest.mark.parametrize(
    ("text", "noted"),
    [("x" * 32_767, True), ("x" * 32_766, False), ("🌀" * 16_383 + "x", True), ("🌀" * 16_383, False)],
)
def test_a_text_that_fills_its_cell_has_a_note(text, noted, write):
    [found] = documents(write("news.xlsx", workbook(A=[["text"], [text]])))
    assert found.text == text
    assert ("N_CELL_FULL" in found.notes) == noted


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 and then nothing",
        b"no spreadsheet at all",
        workbook(A=[["text"], ["x"]])[:700],
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000,
    ],
)
def test_what_is_damaged_is_refused(content, write):
    [refused] = documents(write("news.xlsx", content))
    assert (refused.code, refused.source) == ("R_TABLE", "news.xlsx")
    assert refused.raw == content


def size(content: bytes) -> str:
    return f" (the file has {len(content):,} bytes)"


def test_a_bomb_is_refused_before_it_unpacks(write, monkeypatch):
    monkeypatch.setattr(sheets, "LARGEST", 1_000_000)
    content = workbook(A=[["text"], ["x" * 2_000_000]])
    assert len(content) < 20_000
    [refused] = documents(write("news.xlsx", content))
    assert (refused.code, refused.reason) == (
        "R_TOO_LARGE",
        f"the spreadsheet unpacks to more than 1000000 bytes{size(content)}",
    )


def test_a_workbook_without_anything_is_refused(write):
    content = workbook(A=[], B=[])
    [refused] = documents(write("news.xlsx", content))
    assert (refused.code, refused.reason) == ("R_EMPTY", f"no sheet holds anything{size(content)}")


def test_what_is_no_spreadsheet_is_refused_with_its_size(write):
    content = b"no spreadsheet" * 9
    [refused] = documents(write("news.xlsx", content))
    assert (refused.code, refused.raw) == ("R_TABLE", content)
    assert refused.reason.startswith("not a whole spreadsheet: ")
    assert refused.reason.endswith(size(content))


texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=30)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**9), texts.filter(lambda text: not text.startswith("#"))), min_size=1))
def test_it_reads_what_pandas_reads(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("sheets") / "news.xlsx"
    path.write_bytes(workbook(A=[["number", "text"], *map(list, rows)]))
    frame = pandas.read_excel(path, engine="calamine", dtype={"text": str}, keep_default_na=False)
    found = documents(path)
    assert len(found) == len(frame) == len(rows)
    for one, number, text in zip(found, frame["number"], frame["text"], strict=True):
        if isinstance(one, Article):
            assert (one.meta["number"], one.text) == (number, Article and sheets_text(text))
        else:
            assert one.code in ("R_EMPTY", "R_NO_TEXT")


def sheets_text(text: str) -> str:
    from curation.text import normalise

    return normalise(text)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_no_damage_crashes_it(tmp_path_factory, at, noise):
    content = workbook(A=[HEADER, [1, "One", (45000, 1), 2, True]])
    at %= len(content)
    path = tmp_path_factory.mktemp("damaged") / "news.xlsx"
    path.write_bytes(content[:at] + noise + content[at + len(noise) :])
    try:
        found = documents(path)
    except CurationError as error:
        found = [Reject("", error.code, error.message, b"")]
    assert found


def test_without_the_extra_it_is_told(write, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    with pytest.raises(CurationError, match="spreadsheets needs python-calamine") as caught:
        documents(write("news.xlsx", workbook(A=[["text"], ["x"]])))
    assert caught.value.code == "E_EXTRA_MISSING"
    assert "curation[xlsx]" in caught.value.fix


def test_an_open_document_is_read_too(write):
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    cells = [["id", "text"], ["7", "Zoë said"]]
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>' for value in row
        )
        + "</table:table-row>"
        for row in cells
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{office}office:1.0" xmlns:table="{office}table:1.0" '
            f'xmlns:text="{office}text:1.0"><office:body><office:spreadsheet><table:table table:name="A">{rows}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{office}manifest:1.0"/>')
    [found] = documents(write("news.ods", out.getvalue()))
    assert (found.id, found.text, found.source) == ("7", "Zoë said", "news.ods:A!2")
