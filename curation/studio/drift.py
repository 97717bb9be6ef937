"""How the screen and the instructions in Label Studio differ from the workspace's interface and codebook."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal

from curation.catalog import Task
from curation.store import Project, Store
from curation.studio.instructions import codebook_html
from curation.studio.outline import canonical, readable
from curation.studio.uniting import unfinished
from curation.text import content_hash

Side = Literal["workspace", "server", "both"]

_NAMED = 3
_SHOWN = 90
_BEFORE = 40
_WHO = {"-": "Label Studio has", "+": "the workspace has"}


@dataclass(frozen=True, slots=True)
class Drift:
    """Which side changed since the last push, how that is settled, and the unified diff from there to the workspace.

    `is_unfinished` says that it is a migration which was not carried over to the end.
    """

    changed: Side
    summary: str
    fix: str
    diff: tuple[str, ...]
    is_unfinished: bool = False

    @property
    def message(self) -> str:
        """The summary and the first lines that differ, as one line."""
        changed = [(line[0], line[1:].strip()) for line in self.diff[2:] if line[0] in _WHO and line[1:].strip()]
        there, here = ([line for side, line in changed if side == which] for which in _WHO)
        if sorted(there) == sorted(here):
            said = [f"the same lines stand in another order, such as {_short(there[0])}"] if there else []
        else:
            said = [f"{_WHO[side]} {_short(line, here if side == '-' else there)}" for side, line in changed[:_NAMED]]
            left = len(changed) - _NAMED
            said += [f"and {left} more such {'line' if left == 1 else 'lines'}"] if left > 0 else []
        return ": ".join(filter(None, (self.summary, "; ".join(said))))


def drifts(store: Store, task: Task, binding: Project, project: Mapping[str, Any]) -> tuple[Drift, ...]:
    """All that differs between the workspace and the project, as `Client.project` gives it."""
    screen, codebook = screen_drift(store, task, binding, project), codebook_drift(store, task, binding, project)
    if screen is not None and screen.is_unfinished:
        # What ends the migration sends the codebook too.
        return (screen,)
    return tuple(one for one in (screen, codebook) if one is not None)


def screen_drift(store: Store, task: Task, binding: Project, project: Mapping[str, Any]) -> Drift | None:
    """What `drift` finds; where a migration explains it, that is told."""
    found = drift(task, binding, project)
    known = unfinished(store, task, binding.project_id, str(project.get("label_config", ""))) if found else None
    if found is None or known is None:
        return found
    diff = () if known.half else found.diff
    return Drift("workspace", known.summary, known.fix, diff, is_unfinished=True)


def drift(task: Task, binding: Project, project: Mapping[str, Any]) -> Drift | None:
    """What differs between the workspace's interface and the project's (as `Client.project` gives it), or None."""
    there, here = str(project.get("label_config", "")), task.interface
    if canonical(there) == canonical(here):
        return None
    if canonical(there) == binding.interface:
        changed: Side = "workspace"
        summary = f"interface.xml of {task.name} has changed since it was pushed"
        fix = f"`{sender(task)} --update-interface` sends it, or take the edit back"
    elif canonical(here) == binding.interface:
        changed = "server"
        summary = f"the interface of project {binding.project_id} was changed in Label Studio"
        fix = f"take the edit over into interface.xml, or undo it: `{sender(task)} --update-interface`"
    else:
        changed = "both"
        summary = f"interface.xml of {task.name} and the interface of project {binding.project_id} have both changed"
        fix = f"let interface.xml hold what both are to be, then `{sender(task)} --update-interface`"
    names = (f"project {binding.project_id} in Label Studio", f"{task.name}/interface.xml")
    return Drift(changed, summary, fix, _diff(readable(there), readable(here), names))


def codebook_drift(store: Store, task: Task, binding: Project, project: Mapping[str, Any]) -> Drift | None:
    """What differs between the workspace's codebook and the project's instructions, or None.

    The diff is of Markdown where the server shows a codebook that the workspace has kept, else of HTML.
    """
    there = str(project.get("expert_instruction") or "").strip()
    if there == codebook_html(task.codebook).strip():
        return None
    kept = [one.content for one in store.versions.all(task.name, "codebook")]
    shown = next((one for one in reversed(kept) if codebook_html(one).strip() == there), None)
    is_known = any(content_hash(one) == binding.codebook for one in kept)
    project_id = binding.project_id
    if binding.codebook == content_hash(task.codebook):
        changed: Side = "server"
        summary = f"the instructions of project {project_id} were changed in Label Studio"
        fix = f"take the edit over into codebook.md, or undo it: `{sender(task)} --update-interface`"
    elif there and not binding.codebook:
        changed = "both"
        summary = f"the instructions of project {project_id} are not those of codebook.md of {task.name}"
        fix = f"let codebook.md hold what they are to be, then `{sender(task)} --update-interface`"
    elif shown is not None or not is_known:
        changed = "workspace"
        summary = f"codebook.md of {task.name} has changed since it was pushed"
        fix = f"`{sender(task)}` sends it"
    else:
        changed = "both"
        summary = f"codebook.md of {task.name} and the instructions of project {project_id} have both changed"
        fix = f"let codebook.md hold what both are to be, then `{sender(task)} --update-interface`"
    names = (f"instructions of project {project_id} in Label Studio", f"{task.name}/codebook.md")
    before, after = (there, codebook_html(task.codebook).strip()) if shown is None else (shown, task.codebook)
    return Drift(changed, summary, fix, _diff(before.splitlines(), after.splitlines(), names))


def sender(task: Task) -> str:
    """The command that sends a task's screen and codebook."""
    return "curation adjudicate push" if task.is_for_adjudicators else "curation studio push"


def told(found: Sequence[Drift]) -> tuple[str | None, str | None, tuple[str, ...]]:
    """What differs in one line, how that is settled, and all diffs; of nothing None, None and nothing."""
    if not found:
        return None, None, ()
    fixes = dict.fromkeys(one.fix for one in found)
    return "; ".join(one.message for one in found), "; ".join(fixes), tuple(line for one in found for line in one.diff)


def _diff(there: Sequence[str], here: Sequence[str], names: tuple[str, str]) -> tuple[str, ...]:
    return tuple(difflib.unified_diff(there, here, *names, n=1, lineterm=""))


def _same_from_start(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _short(line: str, others: Sequence[str] = ()) -> str:
    """A line, of a long one the stretch where it begins to differ from the one among `others` that is most like it."""
    if len(line) <= _SHOWN:
        return line
    same = max((_same_from_start(line, other) for other in others), default=0)
    start = max(min(same - _BEFORE, len(line) - _SHOWN), 0)
    end = start + _SHOWN
    return f"{'...' if start else ''}{line[start:end]}{'...' if end < len(line) else ''}"
