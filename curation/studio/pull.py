"""Fetch from Label Studio what annotators have done since the last time, and notice what they have taken back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from curation.catalog import Schemas, Task
from curation.errors import CurationError
from curation.records import Progress
from curation.store import Project, Store
from curation.studio.client import CHUNK, Client, Listed, ServerFault
from curation.studio.drift import drifts, told
from curation.studio.intake import annotation_ids, take
from curation.studio.outline import canonical
from curation.studio.project import find_project, note_shown
from curation.studio.results import PullResult

# What a request had begun to change before the cursor's time may become visible a little after it.
_OVERLAP = timedelta(minutes=2)
# So many items that the server fails on: it is the server.
_HOPELESS = 20
_NOT_PUSHED = "curation studio push; to join another workspace's project, name it as studio.project in curation.toml"


def pull(
    store: Store,
    task: Task,
    schemas: Schemas,
    client: Client,
    *,
    full: bool = False,
    project_title: str | None = None,
    workspace_id: str = "",
    progress: Progress | None = None,
) -> PullResult:
    """Take in every annotation that is new, changed or gone since the last pull; `full` looks at all items again.

    What was fetched is kept part by part, so that an interrupted pull loses nothing and repeats little. Items that the
    server cannot hand out are named in the result and left as they were. Raises `E_NOT_FOUND` if nothing was pushed.
    """
    binding = _binding(store, task, client, project_title, workspace_id)
    project = client.project(binding.project_id)
    note_shown(store, task, client, project)
    drift, fix, diff = told(drifts(store, task, binding, project))
    since = None if full or binding.cursor is None else datetime.fromisoformat(binding.cursor) - _OVERLAP
    users, began = client.users(), client.server_time()
    round_ = _Round(store, task, schemas, client, binding.project_id, users, progress)
    listed = client.list_tasks(binding.project_id, since=since)
    result = round_.take_changed(listed)
    complete = listed
    if since is not None and (missing := round_.missing()):
        complete = client.list_tasks(binding.project_id)
        if complete and max(item.updated_at for item in complete) < since:
            # The server's time has gone back, as after a restored backup: nothing can be told by times.
            result += round_.take_changed(complete)
        elif missing > 0:
            result += round_.take_changed(round_.without_any(complete, besides=listed))
    with store.transaction():
        if since is None or complete is not listed:
            result += round_.forget_all_but({item.ls_task_id for item in complete})
        if complete:
            latest = max(item.updated_at for item in complete)
            cursor = latest if began is None else min(latest, began)
            store.ledger.move_cursor(client.server, task.name, cursor.isoformat())
    return replace(result, drift=drift, fix=fix, diff=diff)


@dataclass(frozen=True, slots=True)
class _Held:
    """An annotation that the workspace holds of an item."""

    id: str
    ls_task_id: int
    status: str


@dataclass(frozen=True, slots=True)
class _Round:
    """What every part of a pull needs."""

    store: Store
    task: Task
    schemas: Schemas
    client: Client
    project_id: int
    users: dict[int, str]
    progress: Progress | None

    def take_changed(self, changed: Sequence[Listed]) -> PullResult:
        """Fetch items that changed. Drafts move no time: whatever has one, or had one, is looked at as well.

        So is every item of a part whose article has another text now, in which the part may stand elsewhere.
        """
        unfinished = {item.ls_task_id for item in self.client.list_tasks(self.project_id, with_drafts=True)}
        held = self._held()
        had_drafts = {one.ls_task_id for one in held if one.status == "draft"}
        moved = self.store.annotations.displaced(self.client.server, self.project_id)
        wanted = sorted({item.ls_task_id for item in changed} | unfinished | had_drafts | moved)
        result = PullResult()
        for position in range(0, len(wanted), CHUNK):
            chunk = set(wanted[position : position + CHUNK])
            of_chunk = [one for one in held if one.ls_task_id in chunk]
            result += self._take(sorted(chunk), of_chunk, unannotated=not unfinished.isdisjoint(chunk))
            if self.progress is not None:
                self.progress(min(position + CHUNK, len(wanted)), len(wanted))
        return result

    def missing(self) -> int:
        """How many annotations fewer the workspace holds than the server; below zero if items were deleted there."""
        submitted = sum(one.status != "draft" for one in self._held())
        return self.client.count_annotations(self.project_id) - submitted

    def without_any(self, listed: Sequence[Listed], *, besides: Sequence[Listed]) -> list[Listed]:
        """The items of which the workspace holds nothing, and which are not among those looked at just now."""
        known = {one.ls_task_id for one in self._held()} | {item.ls_task_id for item in besides}
        return [item for item in listed if item.ls_task_id not in known]

    def forget_all_but(self, ls_task_ids: set[int]) -> PullResult:
        """Mark the annotations of all items that are no longer on the server."""
        return self._forget(one for one in self._held() if one.ls_task_id not in ls_task_ids)

    def _take(self, ls_task_ids: Sequence[int], held: Sequence[_Held], *, unannotated: bool) -> PullResult:
        """Fetch items and keep all of them, or none if the connection breaks."""
        poisoned: list[int] = []
        fetched = list(self._fetch(ls_task_ids, poisoned, unannotated=unannotated))
        result = PullResult(poisoned=tuple(poisoned))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.store.transaction():
            present: set[str] = set()
            for ls_task in fetched:
                result += take(
                    self.store,
                    self.task,
                    self.schemas,
                    ls_task,
                    server=self.client.server,
                    project_id=self.project_id,
                    pulled_at=now,
                    url_of=self._url,
                )
                present.update(annotation_ids(ls_task, self.project_id))
                self._note_addresses(ls_task)
            gone = (one for one in held if one.id not in present and one.ls_task_id not in poisoned)
            return result + self._forget(gone)

    def _forget(self, held: Iterable[_Held]) -> PullResult:
        """Mark annotations that are no longer on the server. A draft ends when it is submitted: it is not counted."""
        gone = list(held)
        self.store.annotations.mark_deleted(one.id for one in gone)
        return PullResult(deleted=sum(one.status != "draft" for one in gone))

    def _held(self) -> list[_Held]:
        return [_Held(*one) for one in self.store.annotations.seen_in(self.client.server, self.project_id)]

    def _fetch(self, ls_task_ids: Sequence[int], poisoned: list[int], *, unannotated: bool) -> Iterator[dict[str, Any]]:
        """The items; those on which the server fails are narrowed down and put aside."""
        attempts = 2 if poisoned else None
        try:
            yield from self.client.export_tasks(
                self.project_id, ls_task_ids, unannotated=unannotated, attempts=attempts
            )
        except ServerFault as error:
            if len(ls_task_ids) == 1:
                poisoned.extend(ls_task_ids)
                if len(poisoned) >= _HOPELESS:
                    raise CurationError(error.code, f"{error.message}; so for {_HOPELESS} items") from None
                return
            middle = len(ls_task_ids) // 2
            yield from self._fetch(ls_task_ids[:middle], poisoned, unannotated=unannotated)
            yield from self._fetch(ls_task_ids[middle:], poisoned, unannotated=unannotated)

    def _note_addresses(self, ls_task: dict[str, Any]) -> None:
        for annotation in ls_task.get("annotations", ()):
            number = annotation.get("completed_by")
            if isinstance(number, int) and number in self.users:
                self.store.ledger.pseudonym(self.client.server, number, self.users[number])

    def _url(self, ls_task_id: int) -> str:
        return self.client.item_url(self.project_id, ls_task_id)


def _binding(store: Store, task: Task, client: Client, title: str | None, workspace_id: str) -> Project:
    binding = store.ledger.project(client.server, task.name)
    if binding is not None:
        return binding
    project_id = find_project(client, task, title, workspace_id)
    if project_id is None:
        message = f"{client.url} has no project that this workspace made for the task {task.name}"
        raise CurationError("E_NOT_FOUND", message, fix=_NOT_PUSHED)
    interface = canonical(str(client.project(project_id).get("label_config", "")))
    binding = Project(client.server, task.name, project_id, interface, "", task.version)
    with store.transaction():
        store.ledger.bind(binding)
    return binding
