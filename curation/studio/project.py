"""The Label Studio project of a task: find it, make it, and keep its screen and codebook those of the workspace."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from curation.catalog import Task
from curation.errors import CurationError
from curation.store import Project, Store
from curation.studio.client import CHUNK, Client, UnclearWrite
from curation.studio.drift import Drift, codebook_drift, screen_drift, told
from curation.studio.instructions import codebook_html
from curation.studio.outline import canonical
from curation.studio.screens import keep_screen
from curation.studio.usage import used_and_gone
from curation.text import content_hash

OVERLAP = 3
"""How many annotators each article goes to unless it is said otherwise."""

_MARK = "curation"
_SETTLING = (0.3, 0.9, 1.8)


@dataclass(frozen=True, slots=True)
class Settled:
    """The project in force, and what was done to it: its screen, and in words its settings.

    `project_id` is None of one that a dry run would have made.
    `diff` goes from Label Studio's interface and instructions to the workspace's. `drift` says what of it was left as
    it is there, and `fix` how that is settled.
    """

    project_id: int | None
    created: bool
    interface: Literal["created", "same", "updated"]
    settings: tuple[str, ...] = ()
    drift: str | None = None
    fix: str | None = None
    diff: tuple[str, ...] = ()
    overlap_changed: bool = False


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
    dry_run: bool = False,
) -> Settled:
    """Make sure that the task has a project with the workspace's screen and codebook, and remember it.

    A project that another workspace made is taken up only if `title` names it. With `dry_run` nothing is written; what
    is said and what is raised is the same.

    Raises `E_PROJECT_GONE`, `E_INTERFACE_DRIFT` (unless `update_interface`), `E_DEFINITION` if the server refuses the
    interface.
    """
    binding = store.ledger.project(client.server, task.name)
    if new_project or binding is None:
        project_id = _find(client, task, title, workspace_id, binding, new_project)
        created = project_id is None
        if project_id is None:
            _require_taken(client, task)
            if dry_run:
                return Settled(None, created=True, interface="created")
            project_id = _create(client, task, title or task.title, workspace_id, overlap)
        binding = Project(client.server, task.name, project_id, canonical(task.interface), "", task.version)
        if created:
            _remember(store, binding, task)
            note_shown(store, task, client, {"id": project_id, **_shown_of(task)})
            return Settled(project_id, created=True, interface="created")
    project = client.project(binding.project_id)
    require_own(store, client, binding, project, title, workspace_id)
    if not dry_run:
        note_shown(store, task, client, project)
    interface, codebook = screen_drift(store, task, binding, project), codebook_drift(store, task, binding, project)
    found = [one for one in (interface, codebook) if one is not None]
    if not update_interface:
        _require_consent(found, interface)
    elif interface is not None:
        _require_unused(client, task, binding.project_id, _screen_of(project), interface)
        if not dry_run:
            client.change_project(binding.project_id, label_config=task.interface)
            project = {**project, "label_config": task.interface}
            note_shown(store, task, client, project)
    sends = codebook is not None and (update_interface or codebook.changed == "workspace")
    wanted, settings = _wanted_settings(task, project, overlap, sends_codebook=sends)
    if not dry_run:
        if wanted:
            client.change_project(binding.project_id, **wanted)
        if sends:
            note_shown(store, task, client, {**project, **_shown_of(task)})
        _remember(store, binding, task)
    left = () if sends or codebook is None else (codebook,)
    return Settled(
        binding.project_id,
        created=False,
        interface="updated" if interface is not None else "same",
        settings=settings,
        drift=told(left)[0],
        fix=told(left)[1],
        diff=told(found)[2],
        overlap_changed="maximum_annotations" in wanted,
    )


def find_project(client: Client, task: Task, title: str | None = None, workspace_id: str = "") -> int | None:
    """The newest project on the server that this workspace made for the task, or None.

    If `title` is given and there is none of its own, the newest that any workspace made under that title.
    """
    found = client.projects(title or task.title)
    usable = _own(found, task, workspace_id) or (_anybodys(found, task) if title else [])
    return int(usable[-1]["id"]) if usable else None


def require_own(
    store: Store, client: Client, binding: Project, project: Mapping[str, Any], title: str | None, workspace_id: str
) -> None:
    """Raise `E_PROJECT_GONE` if a project, as `Client.project` gives it, has become another workspace's.

    A server that was set up anew at the same address gives the same numbers again. A project that `title` names, or
    that holds an item that was sent from here, is in order whoever made it.
    """
    made = [word for word in _description(project) if word.startswith(f"{_MARK}:")]
    if not (workspace_id and made) or any(word.endswith(f":{workspace_id}") for word in made):
        return
    sent = {name: push.ls_task_id for name, push in store.ledger.pushes(binding.server, binding.project_id).items()}
    if not sent or project.get("title") == title:
        return
    found = client.find_tasks(binding.project_id, list(sent)[:CHUNK])
    if not any(one.ls_task_id == sent[one.article_id] for one in found):
        message = (
            f"project {binding.project_id} of {client.url} is not the one that was pushed to: another workspace made"
            " it, and nothing that was sent is there. Was the server set up anew?"
        )
        raise CurationError("E_PROJECT_GONE", message)


def note_shown(store: Store, task: Task, client: Client, project: Mapping[str, Any]) -> None:
    """Note which screen and codebook a project, as `Client.project` gives it, shows from now on."""
    keep_screen(
        store,
        task,
        client.server,
        int(project["id"]),
        _screen_of(project),
        client.server_time(),
        instructions=str(project.get("expert_instruction") or ""),
    )


def _find(
    client: Client, task: Task, title: str | None, workspace_id: str, binding: Project | None, new_project: bool
) -> int | None:
    """The project to use, None if one is to be made."""
    if not new_project:
        return find_project(client, task, title, workspace_id)
    # An empty project that is newer than the one in force is what an interrupted run left.
    newest = binding.project_id if binding else 0
    own = _own(client.projects(title or task.title), task, workspace_id)
    usable = [int(p["id"]) for p in own if int(p["id"]) > newest and not p.get("task_number")]
    return usable[-1] if usable else None


def _require_taken(client: Client, task: Task) -> None:
    """Raise `E_DEFINITION` if the server refuses the screen."""
    problem = client.interface_problem(task.interface)
    if problem is not None:
        raise CurationError("E_DEFINITION", f"Label Studio refuses {task.folder / 'interface.xml'}: {problem}")


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


def _require_consent(found: Sequence[Drift], interface: Drift | None) -> None:
    """Raise `E_INTERFACE_DRIFT` if sending would replace what nobody said is to be replaced."""
    against = [one for one in found if one is interface or one.changed == "both"]
    message, fix, _ = told(against)
    if message is not None:
        raise CurationError("E_INTERFACE_DRIFT", message, fix=fix, details=told(found)[2])


def _require_unused(client: Client, task: Task, project_id: int, there: str, difference: Drift) -> None:
    """Raise `E_INTERFACE_DRIFT` if annotations use what the screen would lose, or the server refuses it."""
    fix = "keep it, rename it with `curation task migrate`, or begin anew with `curation studio push --new-project`"
    used = used_and_gone(client, project_id, there, task.interface)
    problem = None if used else client.interface_problem(task.interface, project_id)
    if used:
        message = f"annotations in project {project_id} use what the new interface lacks: {', '.join(used)}"
    elif problem is not None:
        message = f"Label Studio refuses the new interface for project {project_id}: {problem}"
    else:
        return
    if difference.is_unfinished:
        message, fix = f"{message}; {difference.summary}", difference.fix
    raise CurationError("E_INTERFACE_DRIFT", message, fix=fix, details=difference.diff)


def _shown_of(task: Task) -> dict[str, str]:
    """What a project shows to which the task's screen and codebook were sent."""
    return {"label_config": task.interface, "expert_instruction": codebook_html(task.codebook)}


def _screen_of(project: Mapping[str, Any]) -> str:
    return str(project.get("label_config", ""))


def _wanted_settings(
    task: Task, project: Mapping[str, Any], overlap: int | None, *, sends_codebook: bool
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The settings that bring codebook and overlap up to date, and the same in words."""
    wanted: dict[str, Any] = {}
    changes: list[str] = []
    if sends_codebook:
        wanted |= {"expert_instruction": codebook_html(task.codebook), "show_instruction": True}
        changes.append("codebook sent")
    before = project.get("maximum_annotations")
    if overlap is not None and before != overlap:
        wanted["maximum_annotations"] = overlap
        changes.append(f"overlap {before} -> {overlap}")
    return wanted, tuple(changes)


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
    return f"{_MARK}:{task.name}:{workspace_id}" if workspace_id else f"{_MARK}:{task.name}"
