"""Spreadsheets (.xlsx, .xls, .ods): every sheet with a column of texts. The only door to `python_calamine`."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Any
from zipfile import BadZipFile, ZipFile, is_zipfile

import msgspec

from curation.articles.formats.columns import Columns, plain_value, refuse_twice, require_columns
from curation.articles.formats.documents import beginning
from curation.articles.options import Options
from curation.articles.rejects import Broken, Refused, Unusable
from curation.articles.sources import Source, printable
from curation.records import Article, Reject

LARGEST = 1 << 28
"""Bytes that a spreadsheet may have once it is unpacked: it is held in memory."""

_FULL_CELL = 32_767
_CHUNK = 1 << 20
_ERROR_CELL = re.compile(rb'<c\b[^<>]*\bt="e"')
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")


def read_sheets(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article, or the refusal, in each row below the header of each sheet; its place is sheet and row.

    A sheet without a column of texts is passed over and told. Raises `Unusable` if there is no other, or if the extra
    `xlsx` is not installed.
    """
    _require_extra()
    size = 0
    try:
        with source.seekable() as file:
            size = file.seek(0, 2)
            errors = _looked_at(file)
            if errors:
                options.on_passed(source.name, {"cells with an error in the place of a value": errors})
            yield from _sheets(file, source, options)
    except Refused as error:
        yield Reject(source.name, error.code, f"{error.reason} (the file has {size:,} bytes)", beginning(source))


def _require_extra() -> None:
    try:
        import python_calamine  # noqa: F401
    except ImportError:
        reason = "reading spreadsheets needs python-calamine"
        raise Unusable("R_EXTRA_MISSING", "E_EXTRA_MISSING", reason, "pip install 'curation[xlsx]'") from None


def _looked_at(file: IO[bytes]) -> int:
    """How many cells hold an error, such as #N/A, which the reader gives as empty ones.

    Raises `Refused` for what is damaged, or unpacks to more than `LARGEST` bytes, whatever it declares.
    """
    size = file.seek(0, 2)
    if size > LARGEST:
        raise Refused("R_TOO_LARGE", f"the spreadsheet has more than {LARGEST} bytes")
    errors = size = 0
    try:
        # What is not packed, the reader looks at.
        if is_zipfile(file):
            with ZipFile(file) as archive:
                for entry in archive.infolist():
                    with archive.open(entry) as member:
                        found, length = _errors(member, LARGEST - size)
                    size += length
                    errors += found if _SHEET.fullmatch(entry.filename) else 0
    except (BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise Refused("R_TABLE", f"not a whole spreadsheet: {error}") from None
    finally:
        file.seek(0)
    return errors


def _errors(member: IO[bytes], most: int) -> tuple[int, int]:
    """How many cells with errors there are in a part of a spreadsheet, and how many bytes."""
    errors = size = 0
    tail = b""
    while chunk := member.read(_CHUNK):
        size += len(chunk)
        if size > most:
            raise Refused("R_TOO_LARGE", f"the spreadsheet unpacks to more than {LARGEST} bytes")
        # A tag that two chunks divide is looked at with the second one.
        whole = tail + chunk
        cut = whole.rfind(b"<")
        tail = whole[cut:] if cut >= 0 else b""
        errors += len(_ERROR_CELL.findall(whole, 0, len(whole) - len(tail)))
    return errors + len(_ERROR_CELL.findall(tail)), size


def _sheets(file: IO[bytes], source: Source, options: Options) -> Iterator[Article | Reject]:
    workbook = _called(_workbook, file)
    passed: dict[str, int] = {}
    missing: Unusable | None = None
    read = False
    for name in workbook.sheet_names:
        rows = _called(_rows, workbook, name)
        header = next(rows, None)
        if header is None:
            continue
        try:
            place = f"{source.name}:{printable(name)}"
            columns, names = _columns(header[1], place, options, named=not source.in_folder)
        except Unusable as error:
            missing = missing or error
            passed[f"rows of the sheet {name!r}: {error.reason}"] = sum(1 for _ in rows)
            continue
        except Refused as error:
            yield Reject(f"{place}!{header[0]}", error.code, error.reason, msgspec.json.encode(header[1]))
            read = True
            continue
        read = True
        for number, cells in rows:
            yield _document(dict(zip(names, cells, strict=True)), columns, f"{place}!{number}", options)
    if missing is not None and not read:
        raise missing
    if passed:
        options.on_passed(source.name, passed)
    if not read:
        raise Refused("R_EMPTY", "no sheet holds anything")


def _workbook(file: IO[bytes]) -> Any:
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_filelike(file)


def _rows(workbook: Any, name: str) -> Iterator[tuple[int, list[Any]]]:
    """The rows of a sheet that hold anything, with their numbers; empty cells are None."""
    sheet = workbook.get_sheet_by_name(name)
    rows = enumerate(sheet.iter_rows(), start=1)
    return ((number, cells) for number, row in rows if any(cells := [_value(cell) for cell in row]))


def _called(function: Any, *arguments: Any) -> Any:
    """What the library answers. Raises `Refused` for what it fails at; it panics over some broken files."""
    from python_calamine import PasswordError

    try:
        return function(*arguments)
    except Broken:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        protected = isinstance(error, PasswordError)
        what = "it is protected with a password" if protected else str(error).partition("\n")[0]
        raise Refused("R_TABLE", f"not a whole spreadsheet: {what}") from None


def _value(cell: Any) -> Any:
    """A cell as JSON: a spreadsheet has no whole numbers, and no difference between an empty text and none."""
    value = plain_value(cell)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None if value == "" else value


def _columns(header: list[Any], place: str, options: Options, *, named: bool) -> tuple[Columns, list[str]]:
    names = [str(cell) if cell is not None else f"column {number}" for number, cell in enumerate(header, start=1)]
    refuse_twice(names, "the header")
    columns = require_columns(names, options, named=named)
    options.on_columns(place, columns)
    return columns, names


def _document(row: dict[str, Any], columns: Columns, place: str, options: Options) -> Article | Reject:
    try:
        article = columns.article(row, place, options)
    except Refused as error:
        return Reject(place, error.code, error.reason, msgspec.json.encode(row))
    text = row.get(columns.text or "")
    # The limit counts UTF-16 units. The text may be that of a page at the row's address.
    if isinstance(text, str) and len(text) > _FULL_CELL // 2 and len(text.encode("utf-16-le")) // 2 >= _FULL_CELL:
        return replace(article, notes={**article.notes, "N_CELL_FULL": f"the cell holds {_FULL_CELL} characters"})
    return article
