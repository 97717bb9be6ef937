"""Read a JSON export that was downloaded from Label Studio by hand: item by item, strictly, at constant memory."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from curation.catalog import Schemas, Task
from curation.errors import CurationError
from curation.store import Store
from curation.studio.addresses import item_url
from curation.studio.intake import take
from curation.studio.results import PullResult
from curation.studio.server import EMBEDDED
from curation.text import line_and_column

_CHUNK = 1 << 20
_SPACE = " \t\r\n"
# An error nearer than this to the end of what was read may only mean that the rest is still to come.
_MARGIN = 32
_PACKED = {b"\x1f\x8b": "gzip", b"PK": "zip"}


def read_export(path: Path) -> Iterator[dict[str, Any]]:
    """The items of an export: a JSON array (on one line or indented), or JSON Lines. Holds one item at a time.

    Raises `E_NOT_FOUND` for a file that is not there, `E_BAD_EXPORT` with line and column for anything that is no
    Label Studio JSON export. NaN and keys given twice are refused.
    """
    try:
        with path.open("rb") as file:
            _refuse_packed(file, path)
            for item, place in _Items(file, path):
                yield _checked(item, place)
    except FileNotFoundError:
        raise CurationError("E_NOT_FOUND", f"{path} is not a file", fix="name an existing file") from None
    except OSError as error:
        raise CurationError("E_DISK", f"{path}: {error.strerror}") from None


def pull_file(
    store: Store,
    task: Task,
    schemas: Schemas,
    path: Path,
    *,
    server: str = "file",
    addresses: Mapping[str, str] | None = None,
) -> PullResult:
    """Take an export into the workspace, as a pull would have; all of it, or nothing if the file is broken.

    Items that this workspace pushed count as pulled from their own server; all others come from `server`.
    `addresses` are those of servers that the ledger calls by another name.
    """
    pulled_at = datetime.now(UTC).isoformat(timespec="seconds")
    pushed = _pushed(store, task)
    result = PullResult()
    with store.transaction():
        for item in read_export(path):
            own = pushed.get(_address(item))
            result += take(
                store,
                task,
                schemas,
                item,
                server=own or server,
                project_id=None,
                pulled_at=pulled_at,
                url_of=_screen(_base(own, addresses or {}), item),
            )
    return result


def _pushed(store: Store, task: Task) -> dict[tuple[int, int], str]:
    """The server of each (project, item) that this workspace sent."""
    return {
        (project.project_id, push.ls_task_id): project.server
        for project in store.ledger.projects()
        if project.task == task.name
        for push in store.ledger.pushes(project.server, project.project_id).values()
        if push.ls_task_id is not None
    }


def _address(item: Mapping[str, Any]) -> tuple[int, int]:
    """Project and number of an item; (0, 0), which no server gives, if it lacks one."""
    project, number = item.get("project"), item.get("id")
    return (project, number) if type(project) is int and type(number) is int else (0, 0)


def _base(server: str | None, addresses: Mapping[str, str]) -> str | None:
    """The address of a server in the ledger, if it is known."""
    return addresses.get(server) if server and server.startswith(EMBEDDED) else server


def _screen(server_url: str | None, item: Mapping[str, Any]) -> Callable[[int], str | None]:
    def url_of(number: int) -> str | None:
        return None if server_url is None else item_url(server_url, item["project"], number)

    return url_of


def _checked(item: Any, place: Callable[[], str]) -> dict[str, Any]:
    problem = _item_problem(item)
    if problem is not None:
        raise CurationError("E_BAD_EXPORT", f"{place()}: {problem}")
    return dict(item)


def _item_problem(item: Any) -> str | None:
    if not isinstance(item, dict):
        return f"an item of an export is a JSON object, this is {type(item).__name__}"
    if not isinstance(item.get("data"), dict):
        minimal = "annotation_id" in item or "annotator" in item
        return "the item has no `data`" + (": this looks like JSON-MIN, which loses relations" if minimal else "")
    annotations = item.get("annotations")
    if not isinstance(annotations, list):
        return "the item has no list of `annotations`"
    if not all(isinstance(annotation, dict) for annotation in annotations):
        return "an annotation is not a JSON object"
    return None


class _Items:
    """The JSON values in an array, or one after the other, each with a function that tells its place."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path
        self._decoder = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_unique)
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._ended = False
        self._lines = 0
        self._columns = 0

    def __iter__(self) -> Iterator[tuple[Any, Callable[[], str]]]:
        opening = self._peek()
        if opening is None:
            self._fail("the file is empty")
        if opening not in "[{":
            self._fail("this is not JSON; a Label Studio export begins with [ (CSV and TSV are not read)")
        if opening == "{":
            while self._peek() is not None:
                yield self._item()
            return
        self._at += 1
        if self._peek() == "]":
            self._at += 1
        else:
            yield from self._array()
        if self._peek() is not None:
            self._fail("there is more after the end of the array")

    def _array(self) -> Iterator[tuple[Any, Callable[[], str]]]:
        while True:
            yield self._item()
            follows = self._peek()
            if follows not in (",", "]"):
                self._fail("the file ends within the array" if follows is None else "a comma or ] is missing")
            self._at += 1
            if follows == "]":
                return

    def _item(self) -> tuple[Any, Callable[[], str]]:
        self._peek()
        while True:
            try:
                item, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._is_cut(error) or not self._grow():
                    self._fail(f"{error.msg}{self._began(error.pos)}", error.pos)
            except (ValueError, RecursionError) as error:
                self._fail("nested too deeply" if isinstance(error, RecursionError) else str(error))
            else:
                break
        start, self._at = self._at, end
        return item, lambda: self._place(start)

    def _began(self, at: int) -> str:
        """Where the item began, if that is another line: a cut line is only noticed in one that follows."""
        if "\n" not in self._text[self._at : at]:
            return ""
        return f", in the item that begins in line {self._lines + line_and_column(self._text, self._at)[0]}"

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Whether the error may vanish with more text."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _MARGIN

    def _peek(self) -> str | None:
        """The next character that is no white space, not taken; None at the end of the file."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._grow():
                return None

    def _grow(self) -> bool:
        """Forget what was taken and read on; False at the end of the file."""
        if self._ended:
            return False
        self._drop()
        # As much again as there is, so that a long item is parsed a few times only.
        chunk = self._file.read(max(_CHUNK, len(self._text)))
        self._ended = not chunk
        try:
            self._text += self._utf8.decode(chunk, final=self._ended)
        except UnicodeDecodeError as error:
            at = self._file.tell() - len(chunk) + error.start
            raise CurationError("E_BAD_EXPORT", f"{self._path}: not UTF-8 near byte {at}") from None
        return True

    def _drop(self) -> None:
        line, column = line_and_column(self._text, self._at)
        self._columns = column - 1 + (self._columns if line == 1 else 0)
        self._lines += line - 1
        self._text = self._text[self._at :]
        self._at = 0

    def _place(self, at: int) -> str:
        line, column = line_and_column(self._text, at)
        columns = self._columns if line == 1 else 0
        return f"{self._path}, line {self._lines + line}, column {columns + column}"

    def _fail(self, problem: str, at: int | None = None) -> NoReturn:
        raise CurationError("E_BAD_EXPORT", f"{self._place(self._at if at is None else at)}: {problem}")


def _refuse_packed(file: BinaryIO, path: Path) -> None:
    kind = _PACKED.get(file.read(2))
    if kind is not None:
        raise CurationError("E_BAD_EXPORT", f"{path} is packed with {kind}", fix="Unpack it and name the JSON file.")
    file.seek(0)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} is given twice")
    return document
