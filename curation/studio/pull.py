"""Fetch from Label Studio what annotators have done since the last time, and notice what they have taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

from curation.catalog import Schemas, Task
from curation.errors import CurationError
from curation.records import Progress
from curation.store import Project, Store
from curation.studio.ahead import ahead, tapered
from curation.studio.client import Client, ServerFault
from curation.studio.drift import drifts, sender, told
from curation.studio.intake import annotation_ids, take
from curation.studio.outline import canonical
from curation.studio.project import find_project, note_shown, require_own
from curation.studio.results import Counted, PullResult

CHUNK = 250
"""How many items are fetched and kept at once."""

_LEAST = 50
"""How small the last parts get: each request costs the server about as much as five items."""

# What a request had begun to change before the cursor's time may become visible a little after it.
_OVERLAP = timedelta(minutes=2)
_SECOND = timedelta(seconds=1)
# After so many failing items, one after the other, the server has to show that it is not the server.
_DOUBTFUL = 20
_NO_ITEM = 0
_PULL_AGAIN = "curation studio pull, for annotators may have been at work; if it stays so, curation studio pull --full"
_LOOK = (
    "curation studio pull --full; if it stays so, look at these items: Label Studio counts what it does not hand out"
)
_MEND = (
    "curation studio push mends those of this workspace's articles; repair or delete others over Label Studio's API,"
    " for its pages fail on them too; then curation studio pull"
)
_JOIN = "; to join another workspace's project, name it as studio.project in curation.toml"


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
    require_own(store, client, binding, project, project_title, workspace_id)
    note_shown(store, task, client, project)
    drift, fix, diff = told(drifts(store, task, binding, project))
    since = None if full or binding.cursor is None else datetime.fromisoformat(binding.cursor) - _OVERLAP
    users, began = client.users(), client.server_time()
    round_ = _Round(store, task, schemas, client, binding.project_id, users, progress)
    listed = [] if since is None else client.list_tasks(binding.project_id, since=since)
    if listed:
        latest: datetime | None = max(item.updated_at for item in listed)
        # What the server failed on is looked at, and told, until it is mended.
        result = round_.take_changed({*(item.ls_task_id for item in listed), *binding.poisoned})
    else:
        # A first or full pull; or what changed last is gone, or the server's time went back, as after a restored
        # backup: times tell nothing.
        latest, numbers = client.last_change(binding.project_id), client.numbers(binding.project_id)
        result = round_.take_changed(numbers)
        with store.transaction():
            result += round_.forget_all_but(numbers)
    result += round_.settle(began)
    if latest is not None:
        cursor = latest if began is None else min(latest, began)
        with store.transaction():
            store.ledger.move_cursor(client.server, task.name, cursor.isoformat(), round_.poisoned)
    return replace(result, poisoned=tuple(sorted(round_.poisoned)), drift=drift, fix=fix, diff=diff)


@dataclass(frozen=True, slots=True)
class _Held:
    """An annotation that the workspace holds of an item."""

    id: str
    ls_task_id: int
    status: str


@dataclass(slots=True)
class _Round:
    """What every part of a pull needs, and the items that the server fails on."""

    store: Store
    task: Task
    schemas: Schemas
    client: Client
    project_id: int
    users: dict[int, str]
    progress: Progress | None
    poisoned: set[int] = field(default_factory=set)
    _failing: int = 0
    _seen: list[_Held] | None = None

    def take_changed(self, changed: Iterable[int]) -> PullResult:
        """Fetch items that changed. Drafts move no time: whatever has one, or had one, is looked at as well.

        So is every item of a part whose article has another text now, in which the part may stand elsewhere, and what
        was made by somebody whose account is gone: deleting accounts moves no time either.
        """
        unfinished = self.client.drafted(self.project_id)
        had_drafts = {one.ls_task_id for one in self._held() if one.status == "draft"}
        moved = self.store.annotations.displaced(self.client.server, self.project_id)
        return self._take_all({*changed} | unfinished | had_drafts | moved | self._orphaned(), unfinished)

    def settle(self, began: datetime | None) -> PullResult:
        """Look again, a few times, until the workspace holds what the server counts; `began` is when the pull did."""
        result = self._take_all(self.poisoned) if self.poisoned else PullResult()
        counted, even = self._compare()
        for look in (partial(self._changed_since, began), self._unlike, self._unlike):
            if even:
                break
            result += self._take_all(look())
            counted, even = self._compare()
        if not even:
            unlike = self._unlike()
            counted = replace(self._compare()[0], items=tuple(sorted(unlike)))
            if not counted.agree:
                counted = replace(counted, fix=_LOOK if unlike else _PULL_AGAIN)
        return replace(result, counted=counted)

    def forget_all_but(self, ls_task_ids: Collection[int]) -> PullResult:
        """Mark the annotations of all items that are no longer on the server."""
        return self._forget(one for one in self._held() if one.ls_task_id not in ls_task_ids)

    def _take_all(self, ls_task_ids: Iterable[int], unfinished: Iterable[int] | None = None) -> PullResult:
        """Fetch items part by part; `unfinished` are all that may have a draft alone, None if that is not known."""
        wanted = sorted(ls_task_ids)
        drafted = set(wanted if unfinished is None else unfinished)
        held: dict[int, list[_Held]] = {}
        for one in self._held():
            held.setdefault(one.ls_task_id, []).append(one)
        result, done = PullResult(), 0

        def fetch(part: Sequence[int], ready: Callable[[], None]) -> list[dict[str, Any]] | None:
            return self._asked(part, unannotated=not drafted.isdisjoint(part), ready=ready)

        for part, whole in ahead(fetch, tapered(wanted, CHUNK, _LEAST)):
            fetched = list(self._fetched(part, whole, unannotated=not drafted.isdisjoint(part)))
            result += self._keep(fetched, chain.from_iterable(held.get(number, ()) for number in part))
            done += len(part)
            if self.progress is not None:
                self.progress(done, len(wanted))
        return result

    def _keep(self, fetched: Sequence[dict[str, Any]], held: Iterable[_Held]) -> PullResult:
        """Take in what was fetched of a part, all of it or nothing; `held` is what the workspace had of that part."""
        self._seen = None
        result = PullResult()
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
            self._note_addresses(fetched)
            gone = (one for one in held if one.id not in present and one.ls_task_id not in self.poisoned)
            return result + self._forget(gone)

    def _forget(self, held: Iterable[_Held]) -> PullResult:
        """Mark annotations that are no longer on the server. A draft ends when it is submitted: it is not counted."""
        gone = list(held)
        self._seen = None if gone else self._seen
        self.store.annotations.mark_deleted(one.id for one in gone)
        ids = tuple(one.id for one in gone if one.status != "draft")
        return PullResult(deleted=len(ids), gone=ids)

    def _held(self) -> list[_Held]:
        """What the workspace holds now. It goes through all annotations, and so is kept until something is written."""
        if self._seen is None:
            found = self.store.annotations.seen_in(self.client.server, self.project_id)
            self._seen = [_Held(*one) for one in found]
        return self._seen

    def _asked(
        self, ls_task_ids: Sequence[int], *, unannotated: bool, ready: Callable[[], None] | None = None
    ) -> list[dict[str, Any]] | None:
        """The items, or None if the server fails on one of them. It changes nothing here and may run in a thread.

        An error that comes with several items is narrowed down at once, one that comes with one item is tried again:
        it might have passed.
        """
        errors = 1 if len(ls_task_ids) > 1 else 2
        try:
            return self.client.export_tasks(
                self.project_id, ls_task_ids, unannotated=unannotated, errors=errors, ready=ready
            )
        except ServerFault:
            return None

    def _fetched(
        self, ls_task_ids: Sequence[int], found: list[dict[str, Any]] | None, *, unannotated: bool
    ) -> Iterator[dict[str, Any]]:
        """What was `found` when the items were asked for; those on which the server fails are narrowed down to."""
        if found is not None:
            self._failing = 0
            self.poisoned.difference_update(item["id"] for item in found)
            yield from found
        elif len(ls_task_ids) > 1:
            middle = len(ls_task_ids) // 2
            for half in (ls_task_ids[:middle], ls_task_ids[middle:]):
                yield from self._fetched(half, self._asked(half, unannotated=unannotated), unannotated=unannotated)
        else:
            self.poisoned.update(ls_task_ids)
            self._failing += 1
            if self._failing % _DOUBTFUL == 0:
                self.client.export_tasks(self.project_id, [_NO_ITEM])

    def _changed_since(self, time: datetime | None) -> set[int]:
        """The items that changed since shortly before a time; all that differ if there is no time to go by."""
        if time is None:
            return self._unlike()
        return {item.ls_task_id for item in self.client.list_tasks(self.project_id, since=time - _SECOND)}

    def _unlike(self) -> set[int]:
        """The items of which the workspace does not hold the very annotations that the server has."""
        there = self.client.annotation_numbers(self.project_id)
        here = self.store.annotations.numbers(self.client.server, self.project_id)
        return {item for item in there.keys() | here.keys() if there.get(item) != here.get(item)}

    def _compare(self) -> tuple[Counted, bool]:
        """What the server counts and the workspace holds, and whether that is even but for items that it fails on."""
        held = [one.ls_task_id for one in self._held() if one.status != "draft"]
        server = self.client.count_annotations(self.project_id)
        counted = Counted(server, len(held))
        if not self.poisoned:
            return counted, counted.agree
        few = self.poisoned if len(self.poisoned) <= CHUNK else None
        numbers = self.client.annotation_numbers(self.project_id, few)
        there = {item: numbers[item] for item in self.poisoned if item in numbers}
        here = Counter(item for item in held if item in self.poisoned)
        items = tuple(sorted(item for item in self.poisoned if len(there.get(item, ())) != here[item]))
        even = server - sum(map(len, there.values())) == len(held) - here.total()
        return replace(counted, items=items, fix=_MEND if items else None), even

    def _orphaned(self) -> set[int]:
        """The items with an annotation of somebody whose account is gone, as far as that was not taken in yet."""
        gone = [
            one.pseudonym
            for one in self.store.people.everyone()
            if one.server == self.client.server and one.user_id >= 0 and one.user_id not in self.users
        ]
        return self.store.annotations.named_after(self.client.server, self.project_id, gone)

    def _note_addresses(self, fetched: Iterable[dict[str, Any]]) -> None:
        authors = (one.get("completed_by") for ls_task in fetched for one in ls_task.get("annotations", ()))
        for number in dict.fromkeys(one for one in authors if isinstance(one, int) and one in self.users):
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
        fix = sender(task) if task.is_for_adjudicators else f"{sender(task)}{_JOIN}"
        raise CurationError("E_NOT_FOUND", message, fix=fix)
    interface = canonical(str(client.project(project_id).get("label_config", "")))
    binding = Project(client.server, task.name, project_id, interface, "", task.version)
    with store.transaction():
        store.ledger.bind(binding)
    return binding
