"""Fetch from Label Studio what annotators have done since the last time, and notice what they have taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from curation.catalog import Schemas, Task
from curation.errors import CurationError
from curation.store import Project, Store
from curation.studio.client import CHUNK, Client, Listed, ServerFault
from curation.studio.intake import annotation_ids, take
from curation.studio.interface import canonical
from curation.studio.project import find_project
from curation.studio.results import PullResult

Progress = Callable[[int, int | None], None]

# What a request had begun to change before the cursor's time may become visible a little after it.
_OVERLAP = timedelta(minutes=2)
# So many items that the server fails on: it is the server.
_HOPELESS = 20


def pull(
    store: Store,
    task: Task,
    schemas: Schemas,
    client: Client,
    *,
    full: bool = False,
    project_title: str | None = None,
    progress: Progress | None = None,
) -> PullResult:
    """Take in every annotation that is new, changed or gone since the last pull; `full` looks at all items again.

    What was fetched is kept part by part, so that an interrupted pull loses nothing and repeats little. Items that the
    server cannot hand out are named in the result and left as they were. Raises `E_NOT_FOUND` if nothing was pushed.
    """
    binding = _binding(store, task, client, project_title)
    round_ = _Round(store, task, schemas, client, binding.project_id, client.users())
    began = client.server_time()
    listed = client.list_tasks(binding.project_id)
    unfinished = {item.ls_task_id for item in client.list_tasks(binding.project_id, with_drafts=True)}
    known = _known(store, client, binding.project_id)
    wanted = _wanted(listed, known, unfinished, since=None if full else binding.cursor)
    result = PullResult()
    for position in range(0, len(wanted), CHUNK):
        chunk = wanted[position : position + CHUNK]
        result += round_.take(chunk, known, unannotated=not unfinished.isdisjoint(chunk))
        if progress is not None:
            progress(min(position + CHUNK, len(wanted)), len(wanted))
    there = {item.ls_task_id for item in listed}
    with store.transaction():
        result += round_.forget(one for number, held in known.items() if number not in there for one in held)
        cursor = _cursor(listed, began)
        if cursor is not None:
            store.ledger.move_cursor(client.server, task.name, cursor)
    return result


@dataclass(frozen=True, slots=True)
class _Held:
    """An annotation that the workspace holds of an item."""

    id: str
    status: str


_Known = dict[int, list[_Held]]


@dataclass(frozen=True, slots=True)
class _Round:
    """What every part of a pull needs."""

    store: Store
    task: Task
    schemas: Schemas
    client: Client
    project_id: int
    users: dict[int, str]

    def take(self, ls_task_ids: Sequence[int], known: _Known, *, unannotated: bool) -> PullResult:
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
            looked_at = set(ls_task_ids).difference(poisoned)
            held = (one for number in looked_at for one in known.get(number, ()))
            return result + self.forget(one for one in held if one.id not in present)

    def forget(self, held: Iterable[_Held]) -> PullResult:
        """Mark annotations that are no longer on the server. A draft ends when it is submitted: it is not counted."""
        gone = list(held)
        self.store.annotations.mark_deleted(one.id for one in gone)
        return PullResult(deleted=sum(one.status != "draft" for one in gone))

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


def _binding(store: Store, task: Task, client: Client, title: str | None) -> Project:
    binding = store.ledger.project(client.server, task.name)
    if binding is not None:
        return binding
    project_id = find_project(client, task, title)
    if project_id is None:
        raise CurationError(
            "E_NOT_FOUND", f"{client.url} has no project of the task {task.name}", fix="curation studio push"
        )
    interface = canonical(str(client.project(project_id).get("label_config", "")))
    binding = Project(client.server, task.name, project_id, interface, "", task.version)
    with store.transaction():
        store.ledger.bind(binding)
    return binding


def _known(store: Store, client: Client, project_id: int) -> _Known:
    known: _Known = defaultdict(list)
    for annotation_id, ls_task_id, status in store.annotations.seen_in(client.server, project_id):
        known[ls_task_id].append(_Held(annotation_id, status))
    return dict(known)


def _wanted(listed: Sequence[Listed], known: _Known, unfinished: set[int], *, since: str | None) -> list[int]:
    """The items to fetch, by id. Drafts move no time: whoever has one, or had one, is looked at every time."""
    horizon = None if since is None else _time(since) - _OVERLAP
    had_drafts = {number for number, held in known.items() if any(one.status == "draft" for one in held)}
    return sorted(
        item.ls_task_id
        for item in listed
        if horizon is None
        or item.ls_task_id in unfinished
        or item.ls_task_id in had_drafts
        or _time(item.updated_at) > horizon
    )


def _cursor(listed: Sequence[Listed], began: str | None) -> str | None:
    """The server's time up to which everything was seen: that of the last change, or when the pull began."""
    if not listed:
        return None
    latest = max(_time(item.updated_at) for item in listed)
    if began is not None:
        latest = min(latest, parsedate_to_datetime(began).astimezone(UTC))
    return latest.isoformat()


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CurationError("E_SERVER_ERROR", f"{text!r} is not a time") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
