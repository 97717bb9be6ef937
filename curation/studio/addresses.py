"""Where a browser finds a project and its items."""

from __future__ import annotations


def project_url(server_url: str, project_id: int) -> str:
    """The page of a project: the list of its items."""
    return f"{server_url}/projects/{project_id}/data"


def item_url(server_url: str, project_id: int, ls_task_id: int) -> str:
    """The page of an item and its annotations."""
    return f"{project_url(server_url, project_id)}?task={ls_task_id}"
