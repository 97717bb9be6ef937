"""Read a JSON export that was downloaded from Label Studio by hand: item by item, strictly, at constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from curation.catalog import Schemas, Task
from curation.errors import CurationError
from curation.jsonstream import BrokenJson, JsonStream
from curation.store import Store
from curation.studio.addresses import item_url
from curation.studio.conversion.minimal import is_minimal
from curation.studio.intake import take
from curation.studio.raw import kind_of
from curation.studio.results import PullResult, total
from curation.studio.screens import keep_versions
from curation.studio.server import EMBEDDED

_FIX = (
    "Export again from Label Studio as JSON (not JSON-MIN or CSV); of a broken JSON file, `curation convert FILE OUT` "
    "names all that is wrong and reads the rest."
)
_PACKED = {b"\x1f\x8b": "gzip", b"PK": "zip"}


def read_export(path: Path) -> Iterator[dict[str, Any]]:
    """The items of an export: a JSON array (on one line or indented), or JSON Lines. Holds one item at a time.

    Raises `E_NOT_FOUND` for a file that is not there, `E_BAD_EXPORT` with line and column for anything that is no
    Label Studio JSON export. NaN and keys given twice are refused.
    """
    return (item for item, _ in _read(path))


def _read(path: Path) -> Iterator[tuple[dict[str, Any], Callable[[], tuple[int, int]]]]:
    """The items, each with what tells its line and column; ask before the next one is read."""
    try:
        with path.open("rb") as file:
            _refuse_packed(file, path)
            for item, place in _items(file, path):
                yield _checked(item, partial(_place, path, place)), place
    except FileNotFoundError:
        raise CurationError("E_NOT_FOUND", f"{path} is not a file", fix="name an existing file") from None
    except IsADirectoryError:
        raise CurationError("E_NOT_FOUND", f"{path} is a folder", fix="name the JSON file in it") from None
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
    known_only: bool = False,
) -> PullResult:
    """Take an export into the workspace, as a pull would have; all of it, or nothing if the file is broken.

    Items that this workspace pushed count as pulled from their own server; all others come from `server`. Articles that
    the workspace lacks are taken in; with `known_only` their items are left out, and named. `addresses` are those of
    servers that the ledger calls by another name.
    """
    pulled_at = datetime.now(UTC).isoformat(timespec="seconds")
    pushed = _pushed(store, task)

    def taken() -> Iterator[PullResult]:
        for item, place in _read(path):
            own = pushed.get(_address(item))
            result = take(
                store,
                task,
                schemas,
                item,
                server=own or server,
                project_id=None,
                pulled_at=pulled_at,
                url_of=_screen(_base(own, addresses or {}), item),
                known_only=known_only,
                by_hand=own is None,
            )
            if result.unreadable:
                line, _ = place()
                result = replace(result, unreadable=tuple(replace(one, line=line) for one in result.unreadable))
            yield result

    with store.transaction():
        keep_versions(store, task)
        return total(taken())


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
        raise CurationError("E_BAD_EXPORT", f"{place()}: {problem}", fix=_FIX)
    return dict(item)


def _item_problem(item: Any) -> str | None:
    if not isinstance(item, dict):
        return f"an item of an export is a JSON object, this is {kind_of(item)}"
    if not isinstance(item.get("data"), dict):
        flat = is_minimal(item)
        return "the item has no `data`" + (": this looks like JSON-MIN, which loses relations" if flat else "")
    annotations = item.get("annotations")
    return None if isinstance(annotations, list) else "the item has no list of `annotations`"


def _items(file: BinaryIO, path: Path) -> Iterator[tuple[Any, Callable[[], tuple[int, int]]]]:
    """The JSON values in an array, or one after the other, each with a function that tells its line and column."""
    stream = JsonStream(file)
    try:
        opening = stream.peek()
        if opening is None:
            stream.fail("the file is empty")
        if opening not in "[{":
            stream.fail("this is not JSON; a Label Studio export begins with [ (CSV and TSV are not read)")
        for found in stream.values():
            yield found.value, found.place
    except BrokenJson as error:
        raise CurationError("E_BAD_EXPORT", f"{path}, {error}", fix=_FIX) from None


def _place(path: Path, place: Callable[[], tuple[int, int]]) -> str:
    line, column = place()
    return f"{path}, line {line}, column {column}"


def _refuse_packed(file: BufferedReader, path: Path) -> None:
    # Nothing is taken: a pipe cannot be read twice.
    kind = _PACKED.get(file.peek(2)[:2])
    if kind is not None:
        raise CurationError("E_BAD_EXPORT", f"{path} is packed with {kind}", fix="Unpack it and name the JSON file.")
