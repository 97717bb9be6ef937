"""The Label Studio project of a task: find it, make it, and keep its screen and codebook those of the workspace."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from curation.catalog import Task
from curation.errors import CurationError
from curation.store import Project, Store
from curation.studio.client import Client, UnclearWrite
from curation.studio.drift import Drift, drift
from curation.studio.instructions import codebook_diff, codebook_html
from curation.studio.interface import canonical, parse_interface
from curation.studio.screens import keep_screen
from curation.text import content_hash

OVERLAP = 3
"""How many annotators each article goes to unless it is said otherwise."""

_SETTLING = (0.3, 0.9, 1.8)


@dataclass(frozen=True, slots=True)
class Settled:
    """The project in force, and what was done to it: its screen, and in words its settings.

    `diff` is what was changed there, from Label Studio's interface and instructions to the workspace's.
    """

    project_id: int
    created: bool
    interface: Literal["created", "same", "updated"]
    settings: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()


def settle_project(
    store: Store,
    task: Task,
    client: Client,
    *,
    title: str | None = None,
    workspace_id: str = "",
    overlap: int | None = None,
    new_project: bool = False,
    update_interface: bool = False,
) -> Settled:
    """Make sure that the task has a project with the workspace's screen and codebook, and remember it.

    A project that another workspace made is taken up only if `title` names it.

    Raises `E_PROJECT_GONE`, `E_INTERFACE_DRIFT` (unless `update_interface`), `E_DEFINITION` if the server refuses the
    interface.
    """
    binding = store.ledger.project(client.server, task.name)
    if new_project or binding is None:
        project_id, created = _find_or_create(client, task, title, workspace_id, overlap, binding, new_project)
        binding = Project(client.server, task.name, project_id, canonical(task.interface), "", task.version)
        if created:
            _remember(store, binding, task)
            keep_screen(store, task, client.server, project_id, task.interface, client.server_time())
            return Settled(project_id, created=True, interface="created")
    project = client.project(binding.project_id)
    keep_screen(store, task, client.server, binding.project_id, _screen_of(project), client.server_time())
    difference, instructions = drift(task, binding, project), codebook_diff(store, task, binding, project)
    diff = (*(difference.diff if difference else ()), *instructions)
    try:
        interface = _settle_interface(client, task, binding, project, difference, update_interface=update_interface)
    except CurationError as error:
        error.details = diff
        raise
    if interface == "updated":
        keep_screen(store, task, client.server, binding.project_id, task.interface, client.server_time())
    settings = _settle_settings(client, task, binding, project, overlap)
    sent = interface == "updated" or "codebook sent" in settings
    _remember(store, binding, task)
    return Settled(binding.project_id, created=False, interface=interface, settings=settings, diff=diff if sent else ())


def find_project(client: Client, task: Task, title: str | None = None, workspace_id: str = "") -> int | None:
    """The newest project on the server that this workspace made for the task, or None.

    If `title` is given and there is none of its own, the newest that any workspace made under that title.
    """
    found = client.projects(title or task.title)
    usable = _own(found, task, workspace_id) or (_anybodys(found, task) if title else [])
    return int(usable[-1]["id"]) if usable else None


def _find_or_create(
    client: Client,
    task: Task,
    title: str | None,
    workspace_id: str,
    overlap: int | None,
    binding: Project | None,
    new_project: bool,
) -> tuple[int, bool]:
    if new_project:
        # An empty project that is newer than the one in force is what an interrupted run left.
        newest = binding.project_id if binding else 0
        own = _own(client.projects(title or task.title), task, workspace_id)
        usable = [int(p["id"]) for p in own if int(p["id"]) > newest and not p.get("task_number")]
        found = usable[-1] if usable else None
    else:
        found = find_project(client, task, title, workspace_id)
    if found is not None:
        return found, False
    problem = client.interface_problem(task.interface)
    if problem is not None:
        raise CurationError("E_DEFINITION", f"Label Studio refuses {task.folder / 'interface.xml'}: {problem}")
    return _create(client, task, title or task.title, workspace_id, overlap), True


def _create(client: Client, task: Task, title: str, workspace_id: str, overlap: int | None) -> int:
    def own() -> dict[int, Mapping[str, Any]]:
        return {int(p["id"]): p for p in _own(client.projects(title), task, workspace_id)}

    before = own()
    try:
        made = client.create_project(
            title=title,
            description=f"{task.description}\n{_marker(task, workspace_id)}",
            label_config=task.interface,
            expert_instruction=codebook_html(task.codebook),
            show_instruction=True,
            maximum_annotations=overlap or OVERLAP,
        )
    except UnclearWrite:
        for pause in _SETTLING:
            time.sleep(pause)
            new = own().keys() - before.keys()
            if new:
                made = max(new)
                break
        else:
            raise
    # On SQLite the server runs a request again when the database was locked, and may so have made the project twice.
    for twin, project in own().items():
        if twin not in before and twin != made and not project.get("task_number"):
            client.delete("projects", twin)
    return made


def _settle_interface(
    client: Client,
    task: Task,
    binding: Project,
    project: Mapping[str, Any],
    difference: Drift | None,
    *,
    update_interface: bool,
) -> Literal["same", "updated"]:
    if difference is None:
        return "same"
    if not update_interface:
        raise CurationError("E_INTERFACE_DRIFT", difference.message)
    fix = "keep what annotations already use, or start anew with `curation studio push --new-project`"
    used = _used_and_gone(client, task, binding.project_id, _screen_of(project))
    if used:
        message = f"annotations in project {binding.project_id} use what the new interface lacks: {', '.join(used)}"
        raise CurationError("E_INTERFACE_DRIFT", message, fix=fix)
    problem = client.interface_problem(task.interface, binding.project_id)
    if problem is not None:
        message = f"Label Studio refuses the new interface for project {binding.project_id}: {problem}"
        raise CurationError("E_INTERFACE_DRIFT", message, fix=fix)
    client.change_project(binding.project_id, label_config=task.interface)
    return "updated"


def _screen_of(project: Mapping[str, Any]) -> str:
    return str(project.get("label_config", ""))


def _used_and_gone(client: Client, task: Task, project_id: int, there: str) -> list[str]:
    """Controls, labels and values of the interface in force that the workspace's lacks and annotations use.

    The server is asked for the annotations themselves: its own validation counts labels in a summary that lags behind.
    """
    try:
        gone = _words(there) - _words(task.interface)
    except CurationError:
        return []
    kept = {word.casefold() for word in _words(task.interface)}
    counts = {word: client.annotated_with(project_id, word, exactly=word.casefold() in kept) for word in sorted(gone)}
    return [f"{word!r} ({count} items)" for word, count in counts.items() if count]


def _words(interface: str) -> set[str]:
    parsed = parse_interface(interface)
    of_controls = {word for control in parsed.controls for word in (control.name, *control.values)}
    return of_controls | set(parsed.relations)


def _settle_settings(
    client: Client, task: Task, binding: Project, project: Mapping[str, Any], overlap: int | None
) -> tuple[str, ...]:
    """Bring codebook and overlap up to date; says what was changed."""
    wanted: dict[str, Any] = {}
    changes: list[str] = []
    if binding.codebook != content_hash(task.codebook):
        wanted |= {"expert_instruction": codebook_html(task.codebook), "show_instruction": True}
        changes.append("codebook sent")
    before = project.get("maximum_annotations")
    if overlap is not None and before != overlap:
        wanted["maximum_annotations"] = overlap
        changes.append(f"overlap {before} -> {overlap}")
    if wanted:
        client.change_project(binding.project_id, **wanted)
    return tuple(changes)


def _remember(store: Store, binding: Project, task: Task) -> None:
    current = Project(
        server=binding.server,
        task=binding.task,
        project_id=binding.project_id,
        interface=canonical(task.interface),
        codebook=content_hash(task.codebook),
        task_version=task.version,
        cursor=binding.cursor,
    )
    if current != store.ledger.project(binding.server, binding.task):
        with store.transaction():
            store.ledger.bind(current)


def _own(projects: Sequence[Mapping[str, Any]], task: Task, workspace_id: str) -> list[Mapping[str, Any]]:
    """Those that this workspace made for the task."""
    return [p for p in projects if _marker(task, workspace_id) in _description(p)]


def _anybodys(projects: Sequence[Mapping[str, Any]], task: Task) -> list[Mapping[str, Any]]:
    """Those that any workspace made for the task."""
    made = _marker(task, "")
    return [p for p in projects if any(word == made or word.startswith(f"{made}:") for word in _description(p))]


def _description(project: Mapping[str, Any]) -> list[str]:
    return str(project.get("description") or "").split()


def _marker(task: Task, workspace_id: str) -> str:
    """The word in a project's description that says what it was made for, and by which workspace."""
    return f"curation:{task.name}:{workspace_id}" if workspace_id else f"curation:{task.name}"
