"""The suggestions that stand on an item: one more of them, or one less, whatever becomes of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from curation.studio.client import Client
from curation.studio.insisting import insist


def maker_of(suggestion: Mapping[str, Any]) -> str:
    """Who made a suggestion, by the name that it has; Label Studio cuts white space around that off."""
    return str(suggestion.get("model_version")).strip()


def add(client: Client, item: int, suggestion: Mapping[str, Any]) -> None:
    """Add a suggestion to an item on which its maker has none. Raises `UnclearWrite` if it got lost."""

    def there() -> list[int]:
        of_item = client.suggestions_of(item)
        return sorted(int(one["id"]) for one in of_item if maker_of(one) == maker_of(suggestion))

    insist(partial(client.suggest, item, suggestion), lambda: bool(there()))
    # On SQLite the server runs a request again when the database was locked, and may so have added it twice.
    for twin in there()[1:]:
        client.delete("predictions", twin)


def withdraw(client: Client, item: int, number: int) -> None:
    """Take a suggestion away from an item. Raises `UnclearWrite` if it is not known whether it went."""

    def is_gone() -> bool:
        return all(int(one["id"]) != number for one in client.suggestions_of(item))

    insist(partial(client.delete, "predictions", number), is_gone)
