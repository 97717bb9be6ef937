"""Bring articles to a project: look first, send once, look again. Nothing is doubled, wherever it is interrupted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curation.errors import CurationError
from curation.records import Article
from curation.store import Push, Store
from curation.studio.begun import begun
from curation.studio.client import CHUNK, Client, Found, Refused, UnclearWrite
from curation.studio.insisting import LONGEST_WAIT
from curation.studio.lookup import look_up
from curation.studio.overlap import Overlaps
from curation.studio.revising import Revisions
from curation.studio.suggesting import LateSuggestions
from curation.studio.suggestions import Suggestions
from curation.studio.tasks import ls_task
from curation.text import forbidden

# A request whose answer was lost may still be under way: how long to wait for what it brings.
_ARRIVING = (0.3, 0.7, 1.5, 2.5)
_LEFT_OVER = (0.5, 1.0, 2.0)
# What was looked for in vain is sent again, so many times in all, and not before the server wants to be asked again.
_TRIALS = 3
# So many refusals, or failures, and nothing taken: it is not the articles.
_HOPELESS, _FAILING = 20, 3
_TOLD = 1000
BROKEN = (
    "Label Studio fails on its item {0}, and the text is another one than was sent; take the old text back (`curation "
    "ingest OLD-FILE --update`) and push again, or delete the item over Label Studio's API (DELETE /api/tasks/{0}/)"
)
"""Of an item that is there and cannot be looked at."""


@dataclass
class Delivery:
    """One push under way: what is waiting to be sent, and what was found and done so far.

    `project_id` None is a project that is not there yet. With `dry_run` nothing is written, neither there nor here,
    and everything is counted as if it were. `beside` is what else, by article, an item's data hold. `follows` says
    whether suggestions follow their article after it was sent.
    """

    store: Store
    client: Client
    project_id: int | None
    overlaps: Overlaps
    suggestions: Suggestions
    beside: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    follows: bool = True
    dry_run: bool = False
    taken: int = 0
    sent: int = 0
    already_there: int = 0
    doubled: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    suggested: int = 0
    n_unsuggested: int = 0
    unsuggested: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        known = {} if self.project_id is None else self.store.ledger.pushes(self.client.server, self.project_id)
        self._intents = {article_id for article_id, entry in known.items() if entry.state == "intent"}
        sent = {article_id: entry.article_sha256 for article_id, entry in known.items() if entry.state == "sent"}
        self._waiting: list[Article] = []
        self._repeated: dict[str, Article] = {}
        self.revisions = Revisions(self.client, self.project_id, sent, dry_run=self.dry_run)
        self.late = LateSuggestions(self.client, self.project_id, self.suggestions, dry_run=self.dry_run)

    def take(self, articles: Sequence[Article]) -> None:
        """Look for the articles on the server; what is missing waits until there is a full batch."""
        self.taken += len(articles)
        # What an earlier run sent and did not come to see may be there more than once.
        self._repeated |= {article.id: article for article in articles if article.id in self._intents}
        there = self._look(articles)
        missing = [article for article in articles if article.id not in there]
        if not self.dry_run and any(article.id in self._intents for article in missing):
            # An earlier run was cut off while it sent these. What it sent may be arriving just now.
            there = self._await(articles, _LEFT_OVER, missing)
            missing = [article for article in articles if article.id not in there]
        self.already_there += len(there)
        there = {**there, **self.revisions.settle(articles, there)}
        if self.follows:
            self.late.settle(articles, there)
        self._record(there.values())
        self.overlaps.settle(there)
        self._waiting += [article for article in missing if self._sendable(article)]
        while len(self._waiting) >= CHUNK:
            self._send([self._item(article) for article in self._waiting[:CHUNK]])
            del self._waiting[:CHUNK]

    def left_out(self) -> tuple[tuple[str, str], ...]:
        """The first suggestions that were left out, by article, and why."""
        late = ((article_id, "its annotation had begun before") for article_id in self.late.late)
        return (*self.unsuggested, *late)[:_TOLD]

    def finish(self) -> None:
        """Send what still waits, and take back what a request that was thought lost has doubled."""
        if self._waiting:
            self._send([self._item(article) for article in self._waiting])
            self._waiting.clear()
        self.refused += [(article_id, BROKEN.format(number)) for article_id, number in self.revisions.broken]
        repeated = list(self._repeated.values())
        self._repeated.clear()
        for position in range(0, len(repeated), CHUNK):
            self._withdraw_twins(repeated[position : position + CHUNK])

    def _item(self, article: Article) -> tuple[Article, dict[str, Any]]:
        """An article and its item, with what was suggested for it."""
        found = self.suggestions.of(article)
        self.suggested += len(found.fit)
        self.n_unsuggested += len(found.unfit)
        told = found.unfit[: _TOLD - len(self.unsuggested)]
        self.unsuggested += [(article.id, reason) for reason in told]
        item = ls_task(article, {article.id: found.fit})
        item["data"] |= self.beside.get(article.id, {})
        return article, item

    def _send(self, items: Sequence[tuple[Article, dict[str, Any]]], trials: int = _TRIALS) -> None:
        if self.dry_run:
            self.sent += len(items)
            # Imported items go to as many annotators as the project says.
            made = (Found(0, article.id, article.sha256, self.overlaps.number) for article, _ in items)
            self.overlaps.settle({found.article_id: found for found in made})
            return
        batch = [article for article, _ in items]
        with self.store.transaction():
            intents = [Push(article.id, article.sha256, None, "intent") for article in batch]
            self.store.ledger.record_pushes(self.client.server, self._project, intents)
        there: dict[str, Found] = {}
        left, error = list(items), None
        for trial in range(trials):
            if trial:
                self._repeated |= {article.id: article for article, _ in left}
            found, error = self._send_once(left, batch)
            there |= found
            left = [item for item in left if item[0].id not in there]
            if not left or isinstance(error, Refused):
                break
        # On SQLite the server runs a request again when the database was locked, and may so have imported all twice.
        self._repeated |= {article.id: article for article in batch if article.id in self.doubled}
        self._record(there.values())
        self.sent += len(there)
        if left and not (isinstance(error, Refused) or (error is not None and error.failed)):
            raise CurationError(
                "E_PUSH_UNKNOWN",
                f"of {len(batch)} articles that were sent last, {len(there)} have been seen on {self.client.url}; "
                "nothing lost",
            )
        self.overlaps.settle(there)
        if left and error is not None:
            # The server has answered, and they are not there: nothing is under way that a later push had to wait for.
            with self.store.transaction():
                names = (article.id for article, _ in left)
                self.store.ledger.forget_intents(self.client.server, self._project, names)
            self._split(left, error)

    def _send_once(
        self, items: Sequence[tuple[Article, dict[str, Any]]], batch: Sequence[Article]
    ) -> tuple[dict[str, Found], Refused | UnclearWrite | None]:
        """Send items in one request; what of the batch is seen by then, and what went wrong."""
        try:
            self.client.import_tasks(self._project, [item for _, item in items])
        except Refused as error:
            return {}, error
        except UnclearWrite as error:
            if (error.wait or 0.0) > LONGEST_WAIT:
                raise
            return self._await(batch, (error.wait or 0.0, *_ARRIVING), batch), error
        there = self._look(batch)
        return (there if len(there) == len(batch) else self._await(batch, _ARRIVING, batch)), None

    def _split(self, items: Sequence[tuple[Article, dict[str, Any]]], error: Refused | UnclearWrite) -> None:
        """The server takes a batch whole or not at all: find the articles that it objects to, send the others.

        It may also fail, time and again, on what one of them is.
        """
        failed = isinstance(error, UnclearWrite)
        if len(items) == 1:
            self.refused.append((items[0][0].id, error.message))
            if not self.sent and len(self.refused) >= (_FAILING if failed else _HOPELESS):
                raise error
            return
        if failed:
            self._repeated |= {article.id: article for article, _ in items}
        middle = len(items) // 2
        for half in (items[:middle], items[middle:]):
            self._send(half, 1 if failed and len(half) > 1 else _TRIALS)

    def _withdraw_twins(self, articles: Sequence[Article]) -> None:
        """Delete all but the oldest item of articles that were sent again, as long as nobody has touched them."""
        seen: dict[str, dict[int, Found]] = {}
        for found in self.client.find_tasks(self._project, [article.id for article in articles]):
            seen.setdefault(found.article_id, {})[found.ls_task_id] = found
        texts = {article.id: article.sha256 for article in articles}
        twins = {name: [items[one] for one in sorted(items)] for name, items in seen.items() if len(items) > 1}
        for name, items in twins.items():
            left = [one for one in items[1:] if not self._withdraw(one, texts[name])]
            if not left and name in self.doubled:
                self.doubled.remove(name)
        self._record(items[min(items)] for items in seen.values())

    def _withdraw(self, found: Found, sha256: str) -> bool:
        # Looked at right before: annotators may be at work.
        if found.is_begun or found.sha256 != sha256 or begun(self.client, self._project, [found.ls_task_id]):
            return False
        if self.dry_run:
            return True
        try:
            self.client.delete("tasks", found.ls_task_id)
        except UnclearWrite:
            return False
        return True

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
        if self.project_id is None:
            return there
        for found in look_up(self.client, self.project_id, [article.id for article in articles]):
            first = there.setdefault(found.article_id, found)
            if first is not found and found.article_id not in self.doubled:
                self.doubled.append(found.article_id)
        return there

    def _record(self, there: Iterable[Found]) -> None:
        """Note in the ledger what is there; of what may be there more than once, only when that has been looked at."""
        if self.dry_run:
            return
        known = (found for found in there if not found.is_broken and found.article_id not in self._repeated)
        seen = [Push(found.article_id, found.sha256 or "", found.ls_task_id, "sent") for found in known]
        with self.store.transaction():
            self.store.ledger.record_pushes(self.client.server, self._project, seen)

    @property
    def _project(self) -> int:
        assert self.project_id is not None
        return self.project_id
