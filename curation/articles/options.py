"""How sources are read: what every kind of file may be told, and whom it tells what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curation.articles.fetching import Fetched
    from curation.articles.formats.columns import Columns


def _ignore(*_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Options:
    """What the reader of a file needs beside the file.

    `field_map` names the column of our fields. `kind` is what an input without a file name holds, as a suffix such as
    "jsonl". `encoding` is that of text without a byte order mark; what is not UTF-8 is detected where it is None.
    `fix_mojibake` mends text that was decoded with the wrong charset. `on_columns` is told, before the first row, which
    columns of a source are read as what; `on_skipped` the files that hold no articles; `on_passed` how much of what in
    a source is no article (such as a web archive's pictures), in counts by kind. `fetch` gets a page from the network,
    None if that is not wanted.
    """

    field_map: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    encoding: str | None = None
    fix_mojibake: bool = False
    on_columns: Callable[[str, Columns], None] = _ignore
    on_skipped: Callable[[str], None] = _ignore
    on_passed: Callable[[str, Mapping[str, int]], None] = _ignore
    fetch: Callable[[str], Fetched] | None = None
