"""CSV: inert to spreadsheets, and the same rows again to every reader once that is undone."""

from __future__ import annotations

import csv
import json
import re
from typing import Any

import duckdb
import pandas
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curation.export.formats import named, write
from curation.export.formats.csv import SEPARATORS, active, cell, inert, line
from curation.export.formats.format import Losses
from tests.export.formats.conftest import HOSTILE

csv.field_size_limit(10_000_000)
ODD = "=+-@'＝＋;,\t\r\n\"ab \u200b\ufeff\u00a0é🚋"


SEPARATED = st.sampled_from(list(SEPARATORS.values()))


@given(st.one_of(st.text(alphabet=ODD, max_size=30), st.text(max_size=30), st.sampled_from(HOSTILE)), SEPARATED)
def test_what_was_made_inert_can_be_undone(text, separator):
    assert active(inert(text, separator), separator) == text
    assert inert(text, separator)


def formulas(lines: list[str], separator: str) -> list[str]:
    """What a spreadsheet that takes that separator would compute."""
    return [
        one
        for row in csv.reader(lines, delimiter=separator)
        for one in row
        if one.strip(BLANK).startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    ]


BLANK = " \t\r\n\u200b\u200f\ufeff\x00\x01\x08\x1f\x7f\x85\u00a0\u2028"


@given(st.one_of(st.text(alphabet=ODD, max_size=30), st.sampled_from(HOSTILE)), SEPARATED)
@example('Budget; "=1"', ",")
@example("a, =1", ";")
@example("a, =1", "\t")
@example('a,"=1"', ";")
@example('a\n"=1"', ",")
def test_no_cell_is_a_formula_whatever_a_spreadsheet_takes_for_the_separator(text, separator):
    written = line(["an id", cell(text, Losses(), separator), "the last"], separator).splitlines(keepends=True)
    for taken in SEPARATORS.values():
        assert not formulas(written, taken)


def test_no_cell_of_a_file_is_a_formula_to_any_of_them(folder):
    out, _ = folder
    files = list(out.rglob("*.csv"))
    assert files
    for path in files:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = file.readlines()
        for taken in SEPARATORS.values():
            assert not formulas(lines, taken), path


def test_harmless_texts_stay_as_they_are():
    for text in ("a", "a-b", "x = 1", "it's", "1-2", "e-mail: a@b.example", "(=)", '"-1"'):
        assert [inert(text, separator) for separator in SEPARATORS.values()] == [text] * len(SEPARATORS)
    assert inert("they said, 'no', by -5, +1") == "they said, 'no', by -5, +1", "the comma is the separator"


def plain(value: Any) -> str | None:
    """What a cell holds once it is read: text, JSON for what is no text, and no NUL."""
    if value is None or isinstance(value, str):
        return value if value is None else value.replace("\x00", "␀")
    return json.dumps(value, ensure_ascii=False).replace("\x00", "␀")


@pytest.fixture(scope="module", params=[("comma", "no"), ("semicolon", "yes"), ("tab", "no")], ids=lambda one: one[0])
def folder(hostile, request, tmp_path_factory):
    separator, bom = request.param
    out = tmp_path_factory.mktemp("csv") / "out"
    result = write(hostile, named("csv"), out, {"separator": separator, "bom": bom})
    assert any("NUL" in what for what in result.lost)
    return out, SEPARATORS[separator]


def test_the_csv_module_and_pandas_and_duckdb_read_the_same_rows_back(hostile, folder):
    out, separator = folder
    for config in hostile.configs:
        path = out / config / "train.csv"
        expected = [{name: plain(value) for name, value in row.items()} for row in hostile.rows(config, "train")]
        with path.open(encoding="utf-8-sig", newline="") as file:
            read = [
                {active(name, separator): active(one, separator) for name, one in row.items()}
                for row in csv.DictReader(file, delimiter=separator, strict=True)
            ]
        assert read == expected, config
        frame = pandas.read_csv(path, dtype=str, keep_default_na=False, sep=separator, encoding="utf-8-sig")
        assert frame.map(lambda one: active(one, separator)).to_dict("records") == expected, config
        options = f"all_varchar=true, delim='{separator}', header=true, quote='\"', escape='\"', max_line_size=10000000"
        found = duckdb.sql(f"SELECT * FROM read_csv('{path}', {options})")
        rows = [
            dict(zip(found.columns, (one and active(one, separator) for one in row), strict=True))
            for row in found.fetchall()
        ]
        assert rows == expected, config


def test_every_line_ends_as_rfc_4180_has_it(folder):
    out, separator = folder
    header = (out / "stance" / "train.csv").read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\r\n")[0]
    assert header.decode().split(separator)[:3] == ["article_id", "scope", "target"]
    assert (out / "stance" / "train.csv").read_bytes().endswith(b"\r\n")


def test_the_recipe_in_the_readme_reads_them_back(hostile, folder, monkeypatch):
    out, separator = folder
    code = re.search(r"```python\n(.*?)```", (out / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert code
    monkeypatch.chdir(out)
    script = code.group(1).replace("CONFIG/SPLIT", "stance/train").replace('= ","  #', f"= {separator!r}  #")
    names: dict[str, Any] = {}
    exec(script, names)
    assert names["rows"] == [
        {key: plain(value) for key, value in row.items()} for row in hostile.rows("stance", "train")
    ]
