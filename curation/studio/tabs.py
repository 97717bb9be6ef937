"""Tabs of the Data Manager: each shows the items of a project that meet its conditions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

from curation.studio.client import Client, UnclearWrite

DEFAULT = "Default"
"""The tab with all items. Whoever opens a project sees its first tab: make this one before any other."""


def make_tab(client: Client, project_id: int, settings: Mapping[str, Any]) -> int:
    """Save a tab, once, and return its id."""
    with suppress(UnclearWrite):
        client.create_tab(project_id, **settings)
    # Where the database was locked, the server may have run the request twice.
    first, *twins = titled(client.tabs(project_id), settings["title"]) or [client.create_tab(project_id, **settings)]
    for twin in twins:
        client.delete("dm/views", twin)
    return first


def settings_of(
    title: str, columns: Iterable[str], shown: Collection[str], *conditions: Mapping[str, Any]
) -> dict[str, Any]:
    """A tab of the items that meet all the conditions; of a project's `columns` it shows some."""
    hidden = [f"tasks:{name}" for name in columns if name not in shown]
    return {
        "title": title,
        "type": "list",
        "target": "tasks",
        "filters": {"conjunction": "and", "items": list(conditions)},
        "hiddenColumns": {"explore": hidden, "labeling": hidden},
    }


def titled(tabs: Iterable[Mapping[str, Any]], title: str) -> list[int]:
    """The ids of the tabs with that title, oldest first."""
    return sorted(int(tab["id"]) for tab in tabs if tab["data"].get("title") == title)
