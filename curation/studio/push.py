"""Send articles to Label Studio: look first, send once, look again. Nothing is doubled, wherever it is interrupted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from curation.catalog import Task
from curation.errors import CurationError
from curation.records import Article, Progress
from curation.store import Push, Store
from curation.studio.client import CHUNK, Client, Found, Refused, UnclearWrite
from curation.studio.overlap import Overlaps, project_overlap
from curation.studio.project import settle_project
from curation.studio.suggestions import Suggestions
from curation.studio.tasks import ls_task
from curation.text import forbidden

# A request whose answer was lost may still be under way: how long to wait for what it brings.
_ARRIVING = (0.3, 0.7, 1.5, 2.5)
_LEFT_OVER = (0.5, 1.0, 2.0)
# So many refusals and nothing taken: it is not the articles.
_HOPELESS = 20
_TOLD = 1000


@dataclass(frozen=True, slots=True)
class PushResult:
    """What a push did. `changed` articles are there with another text, `doubled` ones more than once.

    `settings` says in words what else of the project was changed. `suggested` counts the suggestions that went along,
    `n_unsuggested` what of them does not fit and was left out, `unsuggested` names the first 1,000 (article, reason).
    `diff` is how screen and codebook there differed from the workspace's, as lines of a unified diff. `drift` says what
    of it was left as it is there, and `fix` how that is settled.
    `refused` articles (id and reason) were not sent or not taken; all others of the workspace are on the server.
    """

    project_id: int
    url: str
    created_project: bool
    interface: Literal["created", "same", "updated"]
    sent: int
    already_there: int
    changed: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    settings: tuple[str, ...] = ()
    suggested: int = 0
    n_unsuggested: int = 0
    unsuggested: tuple[tuple[str, str], ...] = ()
    drift: str | None = None
    fix: str | None = None
    diff: tuple[str, ...] = ()


def push(
    store: Store,
    task: Task,
    articles: Iterable[Article],
    client: Client,
    *,
    overlap: int | None = None,
    new_project: bool = False,
    update_interface: bool = False,
    project_title: str | None = None,
    workspace_id: str = "",
    progress: Progress | None = None,
) -> PushResult:
    """Send the articles that the task's project does not hold yet, after making sure of the project itself.

    What the store has of suggestions for the task goes along with its article.
    `overlap` is how many annotators an article goes to; None takes what the selection plans, for calibration articles
    more, or leaves the project's number, which is 3 at first.
    `project_title` names a project to join, whoever made it; without it only one that `workspace_id` made is used.
    Raises `E_USAGE` if `overlap` is not what the selection plans.
    Raises `E_PUSH_UNKNOWN` if the connection broke and it cannot be told what arrived; the next push finds out.
    """
    overlap = project_overlap(store, overlap)
    settled = settle_project(
        store,
        task,
        client,
        title=project_title,
        workspace_id=workspace_id,
        overlap=overlap,
        new_project=new_project,
        update_interface=update_interface,
    )
    overlaps = Overlaps(store, client, overlap)
    delivery = _Delivery(store, client, settled.project_id, overlaps, Suggestions(store, task))
    total = len(articles) if isinstance(articles, Sized) else None
    for chunk in _chunks(articles):
        delivery.take(chunk)
        if progress is not None:
            progress(delivery.taken, total)
    delivery.finish()
    return PushResult(
        project_id=settled.project_id,
        url=client.project_url(settled.project_id),
        created_project=settled.created,
        interface=settled.interface,
        sent=delivery.sent,
        already_there=delivery.already_there,
        changed=tuple(delivery.changed),
        doubled=tuple(delivery.doubled),
        refused=tuple(delivery.refused),
        settings=(*settled.settings, *overlaps.words()),
        suggested=delivery.suggested,
        n_unsuggested=delivery.n_unsuggested,
        unsuggested=tuple(delivery.unsuggested),
        drift=settled.drift,
        fix=settled.fix,
        diff=settled.diff,
    )


@dataclass
class _Delivery:
    """One push under way: what is waiting to be sent, and what was found and done so far."""

    store: Store
    client: Client
    project_id: int
    overlaps: Overlaps
    suggestions: Suggestions
    taken: int = 0
    sent: int = 0
    already_there: int = 0
    changed: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    suggested: int = 0
    n_unsuggested: int = 0
    unsuggested: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        known = self.store.ledger.pushes(self.client.server, self.project_id)
        self._intents = {article_id for article_id, entry in known.items() if entry.state == "intent"}
        self._waiting: list[Article] = []

    def take(self, articles: Sequence[Article]) -> None:
        """Look for the articles on the server; what is missing waits until there is a full batch."""
        self.taken += len(articles)
        there = self._look(articles)
        missing = [article for article in articles if article.id not in there]
        if any(article.id in self._intents for article in missing):
            # An earlier run was cut off while it sent these. What it sent may be arriving just now.
            there = self._await(articles, _LEFT_OVER, missing)
            missing = [article for article in articles if article.id not in there]
        self.already_there += len(there)
        for article in articles:
            if article.id in there and there[article.id].sha256 != article.sha256:
                self.changed.append(article.id)
        self._record(there.values())
        self.overlaps.settle(there)
        self._waiting += [article for article in missing if self._sendable(article)]
        while len(self._waiting) >= CHUNK:
            self._send([self._item(article) for article in self._waiting[:CHUNK]])
            del self._waiting[:CHUNK]

    def finish(self) -> None:
        """Send what still waits."""
        if self._waiting:
            self._send([self._item(article) for article in self._waiting])
            self._waiting.clear()

    def _item(self, article: Article) -> tuple[Article, dict[str, Any]]:
        """An article and its item, with what was suggested for it."""
        found = self.suggestions.of(article)
        self.suggested += len(found.fit)
        self.n_unsuggested += len(found.unfit)
        told = found.unfit[: _TOLD - len(self.unsuggested)]
        self.unsuggested += [(article.id, reason) for reason in told]
        return article, ls_task(article, {article.id: found.fit})

    def _send(self, items: Sequence[tuple[Article, dict[str, Any]]]) -> None:
        batch = [article for article, _ in items]
        with self.store.transaction():
            intents = [Push(article.id, article.sha256, None, "intent") for article in batch]
            self.store.ledger.record_pushes(self.client.server, self.project_id, intents)
        there: dict[str, Found] = {}
        try:
            self.client.import_tasks(self.project_id, [item for _, item in items])
            there = self._look(batch)
        except UnclearWrite:
            pass
        except Refused as error:
            self._split(items, error)
            return
        if len(there) < len(batch):
            there = self._await(batch, _ARRIVING, batch)
        self._record(there.values())
        self.sent += len(there)
        if len(there) < len(batch):
            raise CurationError(
                "E_PUSH_UNKNOWN",
                f"of {len(batch)} articles that were sent last, {len(there)} have been seen on {self.client.url}; "
                "nothing lost",
            )
        self.overlaps.settle(there)

    def _split(self, items: Sequence[tuple[Article, dict[str, Any]]], error: Refused) -> None:
        """The server takes a batch whole or not at all: find the articles that it objects to, send the others."""
        if len(items) == 1:
            self.refused.append((items[0][0].id, error.message))
            if not self.sent and len(self.refused) >= _HOPELESS:
                raise error
            return
        middle = len(items) // 2
        self._send(items[:middle])
        self._send(items[middle:])

    def _sendable(self, article: Article) -> bool:
        for text in (article.text, article.title or ""):
            found = forbidden(text)
            if found is not None:
                self.refused.append((article.id, f"{found[1]} at character {found[0]} would break the whole project"))
                return False
        return True

    def _await(
        self, articles: Sequence[Article], pauses: Sequence[float], wanted: Sequence[Article]
    ) -> dict[str, Found]:
        there: dict[str, Found] = {}
        for pause in pauses:
            time.sleep(pause)
            there = self._look(articles)
            if all(article.id in there for article in wanted):
                break
        return there

    def _look(self, articles: Sequence[Article]) -> dict[str, Found]:
        """The oldest item of each article, and a note of the articles that have several."""
        there: dict[str, Found] = {}
        for found in self.client.find_tasks(self.project_id, [article.id for article in articles]):
            first = there.setdefault(found.article_id, found)
            if first is not found and found.article_id not in self.doubled:
                self.doubled.append(found.article_id)
        return there

    def _record(self, there: Iterable[Found]) -> None:
        seen = [Push(found.article_id, found.sha256 or "", found.ls_task_id, "sent") for found in there]
        with self.store.transaction():
            self.store.ledger.record_pushes(self.client.server, self.project_id, seen)


def _chunks(articles: Iterable[Article]) -> Iterator[list[Article]]:
    remaining = iter(articles)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
