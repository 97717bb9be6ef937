"""How far a task is: what the workspace pulled, brought up to date by what changed on the server since.

Only what changed is read, and nothing is written; a server that cannot be reached leaves what was known before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from curation.catalog import Task
from curation.errors import CurationError
from curation.records import moment
from curation.store import Known, Project, Store
from curation.studio.authors import Author, author_of
from curation.studio.client import CHUNK, Client, ServerFault, condition
from curation.studio.decode import status_of
from curation.studio.progress import Mark, Person, Skips, Tally, Work
from curation.studio.project import OVERLAP, find_project
from curation.studio.queries import ANNOTATED, changed_after
from curation.studio.roll import Times, mark, pulled

LIMIT = 300
"""So many changed items are read at once; more than that is what `pull` is for."""

# What a request had begun to change before a time may become visible a little after it.
_MARGIN = timedelta(minutes=2)
_NOT_PUSHED = "curation studio push"
_COUNTED = condition("total_annotations", "greater", "Number", 0)
_SKIP_RULES: dict[str, Skips] = {"REQUEUE_FOR_ME": "return", "IGNORE_SKIPPED": "count"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a task is and who has done what.

    `now` is the server's time, or what it should be by now. `source` says what the numbers are from: the `server`, or
    the last `pull`, and why not the server; `seen` is when that was, None if never. `url` is the project's. `complete`
    is unset where too much has changed to be looked at one by one: then `work` has the server's counts, but no pace,
    and `people` are as of the last pull. `notes` say in words what does not add up.
    """

    task: str
    server: str
    project_id: int | None
    url: str | None
    now: datetime
    source: str
    seen: datetime | None
    why: str | None
    work: Work
    people: tuple[Person, ...]
    complete: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Side:
    """What the server said of the project as a whole."""

    items: int
    finished: int
    begun: int | None
    annotations: int
    skips: int
    overlap: int
    skip_rule: Skips
    accounts: Mapping[int, str]


class Survey:
    """Looks at a task once or again and again; what was read before is not read again."""

    def __init__(self, task: Task, *, title: str | None = None, workspace_id: str = "") -> None:
        self._task = task
        self._title = title
        self._workspace_id = workspace_id
        self._marks: dict[int, list[Mark]] = {}
        self._binding: Project | None = None
        self._since: datetime | None = None
        self._seen: datetime | None = None
        self._source = "pull"
        self._ahead = timedelta()
        self._side: _Side | None = None
        self._notes: tuple[str, ...] = ()
        self._url: str | None = None

    def look(self, store: Store, client: Client) -> Standing:
        """What stands on the server now.

        Raises `E_NOT_FOUND` if nothing was pushed to it, and what `Client` raises.
        """
        binding = store.ledger.project(client.server, self._task.name) or self._joined(client)
        self._take_up(store, binding)
        project = client.project(binding.project_id)
        now = client.server_time() or datetime.now(UTC)
        accounts = client.users()
        notes = self._read(store, client, binding, accounts, now)
        stale = bool(notes)
        overlap = int(project.get("maximum_annotations") or OVERLAP)
        begun = None
        if stale:
            begun = client.count_tasks(binding.project_id, _COUNTED)
        side = _Side(
            items=int(project.get("task_number") or 0),
            finished=int(project.get("finished_task_number") or 0),
            begun=begun,
            annotations=int(project.get("total_annotations_number") or 0),
            skips=int(project.get("skipped_annotations_number") or 0),
            overlap=overlap,
            skip_rule=_SKIP_RULES.get(str(project.get("skip_queue")), "pass"),
            accounts=accounts,
        )
        self._ahead = now - datetime.now(UTC)
        self._side, self._seen, self._source, self._notes = side, now, "server", notes
        self._url = client.project_url(binding.project_id)
        return self._standing(store, None)

    def recall(self, store: Store, why: str) -> Standing:
        """What was seen last, by this object or else by the last pull, for a server that cannot be looked at.

        Raises `E_NOT_FOUND` if the workspace has neither pushed nor pulled anything of the task.
        """
        if self._binding is None:
            bound = [one for one in store.ledger.projects() if one.task == self._task.name]
            if not bound:
                fix = f"{_NOT_PUSHED}; `curation studio annotators list` counts what was pulled from files"
                raise CurationError("E_NOT_FOUND", f"{why}; and nothing of {self._task.name} was pushed", fix=fix)
            self._take_up(store, max(bound, key=lambda one: one.cursor or ""))
        return self._standing(store, why)

    def _joined(self, client: Client) -> Project:
        """The project that the next pull would take up."""
        found = find_project(client, self._task, self._title, self._workspace_id)
        if found is None:
            message = f"{client.url} has no project that this workspace made for the task {self._task.name}"
            raise CurationError("E_NOT_FOUND", message, fix=_NOT_PUSHED)
        return Project(client.server, self._task.name, found, "", "", self._task.version)

    def _take_up(self, store: Store, binding: Project) -> None:
        """Start from what was pulled, unless that has been taken up before."""
        if binding == self._binding:
            return
        self._binding = binding
        self._marks = {}
        for one in pulled(store, self._task, binding):
            self._marks.setdefault(one.item, []).append(one)
        self._since = self._seen = moment(binding.cursor)
        self._source = "pull"

    def _read(
        self,
        store: Store,
        client: Client,
        binding: Project,
        accounts: Mapping[int, str],
        now: datetime,
    ) -> tuple[str, ...]:
        """Bring the marks up to date; says what kept it from that."""
        project_id = binding.project_id
        changed = self._changed(client, project_id)
        if isinstance(changed, int):
            return (f"{changed:,} articles have changed since the last pull, too many to look at now: "
                    "`curation studio pull` brings the table of annotators up to date",)  # fmt: skip
        had_drafts = {item for item, marks in self._marks.items() if any(one.status == "draft" for one in marks)}
        wanted = sorted(changed | client.drafted(project_id) | had_drafts)
        names = _Names(store.people.everyone(), client.server, accounts)
        try:
            for position in range(0, len(wanted), CHUNK):
                chunk = wanted[position : position + CHUNK]
                found = {int(item["id"]): item for item in client.export_tasks(project_id, chunk)}
                for number in chunk:
                    self._marks.pop(number, None)
                    if marks := list(_marks_of(found.get(number, {}), names)):
                        self._marks[number] = marks
        except ServerFault:
            return ("Label Studio fails to hand out what changed: `curation studio pull` names the article",)
        self._since = now
        return ()

    def _changed(self, client: Client, project_id: int) -> set[int] | int:
        """The items that may hold something new; only their number if it is above `LIMIT`."""
        recent: tuple[Mapping[str, object], ...] = ()
        if self._since is not None:
            recent = (changed_after(self._since - _MARGIN),)
            number = client.count_tasks(project_id, *recent)
            if number <= LIMIT:
                return client.items_where(project_id, *recent) if number else set()
        # What was only sent has changed as well, and there is nothing to read of it.
        number = client.count_tasks(project_id, *recent, ANNOTATED)
        return number if number > LIMIT else client.items_where(project_id, *recent, ANNOTATED)

    def _standing(self, store: Store, why: str | None) -> Standing:
        binding, side = self._binding, self._side
        assert binding is not None
        now = (datetime.now(UTC) + self._ahead).astimezone().replace(microsecond=0)
        overlaps, default, notes = self._planned(store, binding, side)
        tally = Tally(
            (mark for marks in self._marks.values() for mark in marks),
            now=now,
            overlaps=overlaps,
            items=len(overlaps.keys() | self._marks.keys()) if side is None else side.items,
            default=default,
            skips="pass" if side is None else side.skip_rule,
        )
        work = tally.work()
        complete = side is None or side.begun is None
        if side is not None and side.begun is not None:
            # Annotations could not be looked at one by one: the server's own counts have to do.
            work = work.with_counts(
                done=side.finished,
                begun=max(0, side.begun - side.finished),
                submitted=side.annotations,
                skipped=side.skips,
            )
        elif side is not None:
            notes += tuple(_differences(work, side, len(overlaps)))
        return Standing(
            task=self._task.name,
            server=binding.server,
            project_id=binding.project_id,
            url=self._url,
            now=now,
            source=self._source,
            seen=self._seen and self._seen.astimezone().replace(microsecond=0),
            why=why,
            work=work,
            people=tuple(_people(tally, store, binding.server, side)),
            complete=complete,
            notes=(*self._notes, *notes),
        )

    def _planned(
        self, store: Store, binding: Project, side: _Side | None
    ) -> tuple[dict[int, int], int, tuple[str, ...]]:
        """To how many people each item that was sent goes, and those that others sent; a note where that is a guess."""
        planned = store.selection.overlap()
        notes: tuple[str, ...] = ()
        default = planned or OVERLAP
        if side is not None:
            default = side.overlap
            if planned not in (None, default):
                notes = (f"Label Studio gives an article to {default} annotators, the plan says {planned}: "
                         "`curation studio push` settles it",)  # fmt: skip
        elif planned is None:
            notes = (f"each article is taken to go to {OVERLAP} annotators: only the server knows",)
        pushes = store.ledger.pushes(binding.server, binding.project_id)
        if side is None and not pushes:
            notes += ("nothing was pushed from here: only articles that somebody has worked on are known",)
        own = store.selection.annotators(list(pushes))
        sent = {
            push.ls_task_id: own.get(article_id, default)
            for article_id, push in pushes.items()
            if push.ls_task_id is not None
        }
        return sent, default, notes


def _differences(work: Work, side: _Side, sent: int) -> Iterator[str]:
    """Where the server counts otherwise."""
    if sent > side.items:
        yield f"{sent:,} articles were sent and {side.items:,} are in Label Studio: what is left is less than this says"
    if (work.submitted, work.skipped) != (side.annotations, side.skips):
        yield (f"Label Studio counts {side.annotations:,} annotations and {side.skips:,} skips, this table "
               f"{work.submitted:,} and {work.skipped:,}: `curation studio pull` settles it")  # fmt: skip
    elif work.done != side.finished:
        yield (f"Label Studio takes {side.finished:,} articles for finished, by the plan it is {work.done:,}: overlaps "
               "were changed there, which `curation studio push` sets right, annotations imported, or its counters are "
               "behind, which `curation doctor` tells")  # fmt: skip


def _people(tally: Tally, store: Store, server: str, side: _Side | None) -> Iterator[Person]:
    """Everybody who has done anything of the task, by pseudonym, then those without one, then deleted accounts."""
    known = {one.pseudonym: one for one in store.people.everyone()}
    accounts = side.accounts if side is not None else None
    for who in sorted(tally.people, key=lambda who: (who not in known, who)):
        there = known.get(who)
        if there is None:
            yield tally.person(who, pseudonym=None, email=who, deleted=False)
        else:
            gone = None if accounts is None or there.server != server else there.user_id not in accounts
            email = accounts.get(there.user_id) if accounts is not None and there.server == server else None
            yield tally.person(who, pseudonym=who, email=email or there.email, deleted=gone)
    if tally.has_nameless:
        yield tally.person(None, pseudonym=None, email=None, deleted=True)


class _Names:
    """The keys of people: pseudonyms, or addresses of those of whom the workspace knows nothing yet."""

    def __init__(self, known: Iterable[Known], server: str, accounts: Mapping[int, str]) -> None:
        own = [one for one in known if one.server == server]
        self._numbers = dict(accounts) | {one.user_id: one.pseudonym for one in own}
        addresses = {email: self._numbers[number] for number, email in accounts.items()}
        self._addresses = addresses | {one.email: one.pseudonym for one in own if one.email}

    def of(self, author: Author) -> str | None:
        """The author's key; None if nobody is named."""
        if author.user_id is not None and author.user_id in self._numbers:
            return self._numbers[author.user_id]
        if author.email is not None:
            return self._addresses.get(author.email, author.email)
        return None if author.user_id is None else f"user {author.user_id}"


def _marks_of(item: Mapping[str, Any], names: _Names) -> Iterator[Mark]:
    """What an exported item holds."""
    for key, draft in (("annotations", False), ("drafts", True)):
        for raw in item.get(key) or ():
            times = Times(raw.get("created_at"), raw.get("updated_at"), raw.get("lead_time"))
            who = names.of(author_of(raw, draft=draft))
            yield mark(int(item["id"]), who, status_of(raw, draft=draft), times)
