"""What an answer of the server has to be: an object, a list of objects, a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from curation.errors import CurationError
from curation.records import moment


def object_of(document: Any, what: str) -> dict[str, Any]:
    """A document that is an object. Raises `E_SERVER_ERROR`, naming `what` was asked for, if it is none."""
    if not isinstance(document, dict):
        raise CurationError("E_SERVER_ERROR", f"{what}: the answer is no object; is the address that of Label Studio?")
    return document


def objects_of(document: Any) -> list[dict[str, Any]]:
    """The objects of a list that comes whole or in pages."""
    listed = document.get("results", []) if isinstance(document, dict) else document
    return [one for one in listed if isinstance(one, dict)]


def columns_of(document: Any) -> dict[str, bool]:
    """The columns that the Data Manager tells of, by name, and whether a new tab shows them."""
    columns: dict[str, bool] = {}
    for column in object_of(document, "the columns")["columns"]:
        name = f"{column['parent']}.{column['id']}" if column.get("parent") else str(column["id"])
        if "children" not in column:
            columns[name] = bool((column.get("visibility_defaults") or {}).get("explore", True))
    return columns


def time_of(text: Any) -> datetime:
    """A time that the server tells. Raises `E_SERVER_ERROR` if it is none."""
    found = moment(text)
    if found is None:
        raise CurationError("E_SERVER_ERROR", f"{str(text)[:40]!r} is not a time")
    return found
