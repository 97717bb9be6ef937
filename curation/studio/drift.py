"""How the screen in Label Studio differs from the workspace's."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curation.catalog import Task
from curation.store import Project
from curation.studio.interface import canonical, outline

_NAMED = 3
_SHOWN = 90
_WHO = {"-": "Label Studio has", "+": "the workspace has"}


@dataclass(frozen=True, slots=True)
class Drift:
    """Who changed the screen, and the unified diff from Label Studio's outline to the workspace's."""

    summary: str
    diff: tuple[str, ...]

    @property
    def message(self) -> str:
        """The summary and the first lines that differ, as one line."""
        changed = [line for line in self.diff[2:] if line[0] in _WHO]
        named = [f"{_WHO[line[0]]} {_short(line[1:].strip())}" for line in changed[:_NAMED]]
        more = [f"and {len(changed) - _NAMED} more such lines"] if len(changed) > _NAMED else []
        return f"{self.summary}: {'; '.join(named + more)}"


def drift(task: Task, binding: Project, project: Mapping[str, Any]) -> Drift | None:
    """What differs between the workspace's interface and the project's (as `Client.project` gives it), or None."""
    there, here = str(project.get("label_config", "")), task.interface
    if canonical(there) == canonical(here):
        return None
    if canonical(there) == binding.interface:
        summary = f"interface.xml of {task.name} has changed since it was pushed"
    elif canonical(here) == binding.interface:
        summary = f"the interface of project {binding.project_id} was changed in Label Studio"
    else:
        summary = f"interface.xml of {task.name} and the interface of project {binding.project_id} have both changed"
    names = (f"project {binding.project_id} in Label Studio", f"{task.name}/interface.xml")
    return Drift(summary, tuple(difflib.unified_diff(outline(there), outline(here), *names, n=1, lineterm="")))


def _short(line: str) -> str:
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."
