"""CSV (RFC 4180): a file for each config and split. No cell is a formula to a spreadsheet, and all can be undone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from curation.export.formats.format import Format, Losses, Option, Options
from curation.export.reading import Dataset

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}

# White space and what has no width; behind a separator also the quotation marks that another reading leaves unpaired.
_BLANK = "\\s\\x00-\\x1f\\x7f-\\x9f\\u00ad\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2064\\ufeff"
_FORMULA = "=+\\-@'＝＋－＠"
_NUL = "\u2400"


def inert(text: str, separator: str = ",") -> str:
    """`text` with an apostrophe before whatever a spreadsheet would take for the beginning of a formula.

    That is `=`, `+`, `-`, `@` or their wide forms, at the beginning, or behind a line break, a semicolon, a tab and, in
    a file whose `separator` is another, a comma. White space may stand between, and quotation marks but at the
    beginning. An apostrophe there gets another one, and an empty text becomes one, because an empty cell is null.
    `active` is the way back.
    """
    return re.sub(f"({_edge(separator)})(?=[{_FORMULA}])", r"\1'", text) or "'"


def active(cell: str, separator: str = ",") -> str | None:
    """The text that `inert` made a cell of; None of an empty one."""
    return re.sub(f"({_edge(separator)})'", r"\1", cell) if cell else None


def _edge(separator: str) -> str:
    """Where a cell begins, or would to a spreadsheet that takes another separator than the file has."""
    others = ";\\t" if separator == "," else ",;\\t"
    return f'(?:^[{_BLANK}]*|[\\n\\r{others}][{_BLANK}"]*)'


def line(cells: list[str], separator: str) -> str:
    """Cells as one line of RFC 4180, in quotation marks where they need these."""
    return separator.join(map(_quoted, cells)) + "\r\n"


def cell(value: Any, losses: Losses, separator: str = ",") -> str:
    """A JSON value as a cell of a file with that separator: a text, a number, nothing for null, JSON for all else."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return json.dumps(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if "\x00" in text:
        losses["NUL in a text, which is written as ␀ (U+2400)"] += text.count("\x00")
        text = text.replace("\x00", _NUL)
    return inert(text, separator)


def write(dataset: Dataset, folder: Path, options: Options) -> Losses:
    """`CONFIG/SPLIT.csv`; lists and objects are JSON."""
    losses = Losses()
    separator = SEPARATORS[options["separator"]]
    for config, splits in dataset.configs.items():
        (folder / config).mkdir()
        columns = list(dataset.schema(config).names)
        for split in splits:
            with (folder / config / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
                file.write("\ufeff" if options["bom"] == "yes" else "")
                file.write(line([cell(name, losses, separator) for name in columns], separator))
                for row in dataset.rows(config, split):
                    file.write(line([cell(row[name], losses, separator) for name in columns], separator))
    return losses


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if re.search('[",;\\t\\r\\n]|^\\s|\\s$', cell) else cell


CSV = Format(
    name="csv",
    title="CSV",
    purpose="spreadsheets, R, SQL and whoever wants to look at the rows",
    write=write,
    files=(
        "`CONFIG/SPLIT.csv` in UTF-8, as RFC 4180 has it: a header, CRLF behind every row, quotation marks "
        "where a cell needs them. Class names stand where Parquet has class ids, times are ISO 8601, lists "
        "and objects are JSON, an empty cell is null."
    ),
    reading=f"""No cell is a formula to a spreadsheet, whichever separator it takes: an apostrophe stands before
`=`, `+`, `-` and `@` (also the wide forms) where a cell begins, and where another separator would begin one: behind a
line break, a semicolon, a tab and, where cells are not divided by commas, a comma. An apostrophe there has another one
before it, and an empty text is one apostrophe. **Undo that before you use offsets or parse JSON:**

```python
import csv, re

SEPARATOR = ","  # or ";" or "\\t", as the file has it
EDGE = {_edge(",")!r} if SEPARATOR == "," else \\
       {_edge(";")!r}

def active(cell):
    return re.sub("(" + EDGE + ")'", r"\\1", cell) if cell else None

with open("CONFIG/SPLIT.csv", encoding="utf-8-sig", newline="") as file:
    table = csv.DictReader(file, delimiter=SEPARATOR)
    rows = [{{active(name): active(cell) for name, cell in row.items()}} for row in table]
```

With pandas: `pandas.read_csv(path, sep=SEPARATOR, dtype=str, keep_default_na=False).map(active)`; with DuckDB:
`read_csv(path, all_varchar=true)`.""",
    loses="Types: everything is text once it is read. NUL, which no reader of CSV takes, becomes ␀ (U+2400).",
    options=(
        Option("separator", "what stands between cells; spreadsheets of many countries expect a semicolon", "comma",
               tuple(SEPARATORS)),
        Option("bom", "a byte order mark first, without which Excel takes the file for another encoding", "no",
               ("no", "yes")),
    ),
)  # fmt: skip
"""The format."""
