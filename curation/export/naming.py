"""Who an actor is: the name that an annotator gave to a mark, or a Wikidata item. The one reading of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAME, ITEM = "name", "wikidata"
NAMES = (NAME, ITEM)
"""The attributes of a mention that say who is meant; the first that is given counts."""

HOLDER = "holder_"
"""What the columns of `statements` about a holder begin with."""


def name_of(attributes: Mapping[str, Any]) -> str | None:
    """The name that a mention was given."""
    return first(attributes.get(NAME))


def item_of(attributes: Mapping[str, Any]) -> str | None:
    """The Wikidata item that a mention was given."""
    return first(attributes.get(ITEM))


def known_as(attributes: Mapping[str, Any]) -> str | None:
    """What tells an actor from others: the name, or the item for want of one. Marked words alone name nobody."""
    return name_of(attributes) or item_of(attributes)


def first(value: Any) -> str | None:
    """The first value of a field that is not blank; several of a text stand on lines of their own, as published."""
    given = (value,) if isinstance(value, str) else value or ()
    return next((line for one in given for line in one.splitlines() if line.strip()), None)


def published(row: Mapping[str, Any], prefix: str = "") -> dict[str, str | None]:
    """Name and item of an actor in a published row, in whichever label's columns: `holder_name`, `person_wikidata`."""
    return {name: column_of(row, name, prefix) for name in NAMES}


def column_of(row: Mapping[str, Any], name: str, prefix: str = "") -> str | None:
    """The first value of the columns that a field of that name fills, whatever label each belongs to."""
    columns = (one for one in row if one.startswith(prefix) and (one == name or one.endswith(f"_{name}")))
    return next(filter(None, (first(row[one]) for one in columns)), None)
