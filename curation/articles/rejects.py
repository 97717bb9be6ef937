"""Why a document is refused: every code with what it means and how the document is mended."""

from __future__ import annotations

from typing import Literal

from curation.articles.kinds import Kind
from curation.records import Reject

REJECTS: dict[str, Kind] = {
    "R_EMPTY": Kind(
        "The document has no text, or nothing but white space.",
        "Remove it, or map the column that holds its text: --map text=COLUMN.",
    ),
    "R_NO_TEXT": Kind(
        "The row lacks the column that holds the text, or has something there that is no text, such as a number.",
        "Give the row a text, or map another column: --map text=COLUMN.",
    ),
    "R_FORBIDDEN_CHARACTER": Kind(
        "The document holds a NUL or a lone surrogate. A browser shifts every offset after a NUL; a lone surrogate "
        "makes Label Studio fail for the whole project.",
        "Remove the character at the place that the reason names.",
    ),
    "R_ENCODING": Kind(
        "The bytes are not UTF-8, and the file is not one in another encoding that could be told (of a web page: they "
        "are not in the charset that it declares).",
        "Name the encoding (--encoding windows-1252), or save the file as UTF-8; `iconv` converts it.",
    ),
    "R_JSON": Kind(
        "The line is not one JSON object: it is cut off, holds NaN or a number out of range, or has a key twice.",
        "Correct the line at the column that the reason names; one object stands on one line.",
    ),
    "R_FRONT_MATTER": Kind(
        "What stands between two lines `---` at the beginning of a Markdown file looks like metadata and is no YAML, "
        "has a key twice, or is larger than any metadata.",
        "Correct it at the line that the reason names: most often a value with a colon lacks its quotation marks.",
    ),
    "R_ROW": Kind(
        "The row of a CSV file does not fit its header, or a quotation mark in it is not closed.",
        "Put cells with commas or line breaks in quotation marks, and double the quotation marks inside them.",
    ),
    "R_TABLE": Kind(
        "The file is not the table that its name promises, is damaged, or names a column twice.",
        "Write the file again with the program that made it.",
    ),
    "R_WARC": Kind(
        "A record of a web archive is damaged: it has no header, ends too early, or its content is not what its digest "
        "says. The records behind it were read.",
        "Copy the archive again, or fetch the page anew.",
    ),
    "R_HTML_NO_TEXT": Kind(
        "No article was found in the web page: it may be a list of links, a consent screen or built by a script.",
        "Save the article's text as .txt.",
    ),
    "R_HTML_TOO_DEEP": Kind(
        "The web page is nested so deeply that its parser would drop a part without a word.",
        "Save the article's text as .txt.",
    ),
    "R_NO_COLUMN": Kind(
        "A table in a folder has no column that holds the text, or lacks one named in the field map. None of its rows "
        "was read; its beginning is kept aside.",
        "Read the file on its own with --map text=COLUMN, or remove it if it holds no articles.",
    ),
    "R_EXTRA_MISSING": Kind(
        "A file in a folder needs a library that only some users need and that is not installed, such as a web page "
        "the extra `html`. Its beginning is kept aside.",
        "Install the extra that the reason names, for web pages `pip install 'curation[html]'`, and read it again.",
    ),
    "R_TOO_LARGE": Kind(
        "The document is larger than any article; only its beginning is kept aside.",
        "Split the file, or check that its lines or cells end where they should.",
    ),
    "R_PACKED": Kind(
        "The packed file is cut off or damaged, encrypted, packed in a way that is not read, or holds packed files in "
        "packed files. What was read before that place is kept.",
        "Get the file again, or unpack it with the program that made it and read what comes out.",
    ),
    "R_BOMB": Kind(
        "The packed file unpacks to far more than any real one: it may be made to fill up memory or disk. What was "
        "read before that place is kept.",
        "If you trust it, unpack it yourself and read what comes out.",
    ),
    "R_FETCH_FAILED": Kind(
        "A page could not be got from the network: its server did not answer in time, or not with a page of text, or "
        "with one of more than 10 MB.",
        "Try again later, or save the page with a browser and read the file.",
    ),
    "R_FETCH_FORBIDDEN": Kind(
        "An address is none of a page on the public internet, or leads to a private machine. Such are never fetched.",
        "Correct the address; save the page with a browser and read the file if you trust it.",
    ),
    "R_UNREADABLE": Kind(
        "The file could not be opened or read.",
        "Correct its permissions, or remove it.",
    ),
    "R_ID_TAKEN": Kind(
        "Another article has the same id: one of the same run with another text, or one of another file whose text has "
        "little in common with it, as where two files number their articles from 1. --update does not change that.",
        "Give every article an id of its own: --map id=COLUMN names the column that holds it, --map id= says that none "
        "does, so that ids are made from the texts.",
    ),
}


Extent = Literal["whole", "beginning", "end", "nothing"]
"""How much of a refused document is kept aside."""

_KEPT: dict[str, Extent] = {
    "R_TOO_LARGE": "beginning",
    "R_NO_COLUMN": "beginning",
    "R_EXTRA_MISSING": "beginning",
    "R_PACKED": "end",
    "R_BOMB": "end",
}


def kept(reject: Reject) -> Extent:
    """How much of a refused document is kept aside; of one without a byte, all of it."""
    if not reject.raw:
        return "whole" if reject.code == "R_EMPTY" else "nothing"
    return _KEPT.get(reject.code, "whole")


class Refused(Exception):
    """Raised inside this package by whatever finds a document unfit. `code` is a key of `REJECTS`."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Broken(OSError):
    """Raised by the stream of a source that ends before its time. `code` is a key of `REJECTS`.

    `tail` are the last bytes that could be read. Not to be mended by the reader of a row: there are no more rows.
    """

    def __init__(self, code: str, reason: str, tail: bytes = b"") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.tail = tail


class Unusable(Exception):
    """Raised inside this package by whatever cannot read a source at all: `code` is a key of `REJECTS`.

    Of a folder the source alone is refused; one that was named is the error `error`, a key of `ERRORS`.
    """

    def __init__(self, code: str, error: str, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.code = code
        self.error = error
        self.reason = reason
        self.fix = fix
