"""The codebook as Label Studio shows it, and how what it shows differs from the workspace's."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from curation.catalog import Task
from curation.store import Project, Store
from curation.text import content_hash


def codebook_html(markdown: str) -> str:
    """The codebook as the HTML that Label Studio shows; HTML inside the Markdown is shown as text."""
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown))


def codebook_diff(store: Store, task: Task, binding: Project, project: Mapping[str, Any]) -> tuple[str, ...]:
    """The unified diff from the instructions there to the workspace's codebook; empty if they say the same.

    In Markdown where the server shows a codebook that the workspace has kept, else in HTML.
    """
    there = str(project.get("expert_instruction") or "").strip()
    if there == codebook_html(task.codebook).strip():
        return ()
    names = (f"instructions of project {binding.project_id} in Label Studio", f"{task.name}/codebook.md")
    kept = store.versions.all(task.name, "codebook")
    pushed = next((one.content for one in kept if content_hash(one.content) == binding.codebook), None)
    if pushed is not None and codebook_html(pushed).strip() == there:
        before, after = pushed, task.codebook
    else:
        before, after = there, codebook_html(task.codebook).strip()
    return tuple(difflib.unified_diff(before.splitlines(), after.splitlines(), *names, n=1, lineterm=""))


def codebook_drift(task: Task, binding: Project, diff: tuple[str, ...]) -> str | None:
    """Who changed the codebook, in a line; None if there is no difference."""
    if not diff:
        return None
    if binding.codebook != content_hash(task.codebook):
        return f"codebook.md of {task.name} has changed since it was pushed"
    return f"the instructions of project {binding.project_id} were changed in Label Studio"
