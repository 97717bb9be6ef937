"""Take what Label Studio holds of one item into the workspace: every raw revision, and the record read from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from curation.catalog import Schemas, Task
from curation.store import Store
from curation.studio.results import PullResult


def take(
    store: Store,
    task: Task,
    schemas: Schemas,
    ls_task: Mapping[str, Any],
    *,
    server: str,
    project_id: int | None,
    pulled_at: str,
    url_of: Callable[[int], str | None],
) -> PullResult:
    """Keep the annotations and drafts of one item (of the API, with all fields, or of an export).

    Call it inside `store.transaction()`. `url_of` gives the annotation screen's address of an item's id.
    """
    raise NotImplementedError


def annotation_ids(ls_task: Mapping[str, Any], project_id: int | None) -> list[str]:
    """The workspace's ids of an item's annotations and drafts, in the order in which `take` keeps them."""
    raise NotImplementedError


def redecode(store: Store, task: Task, schemas: Schemas) -> int:
    """Read the records of all annotations anew that were read with another task, schema or decoder; returns how many.

    Call it inside `store.transaction()`.
    """
    raise NotImplementedError


def fingerprint(task: Task, schemas: Schemas) -> str:
    """Changes when an annotation may be read differently: with the task, the raw schema or this decoder."""
    raise NotImplementedError
