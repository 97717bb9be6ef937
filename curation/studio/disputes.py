"""Put disputed articles before adjudicators, in a project of their own, and keep its items in step with annotations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from curation.catalog import Task
from curation.catalog.adjudicating import QUESTIONS
from curation.records import Article, Origin, Progress
from curation.store import Store
from curation.studio.client import Client, Refused, condition
from curation.studio.insisting import insist
from curation.studio.push import PushResult, push
from curation.studio.standing import add, withdraw
from curation.studio.suggestions import Suggestions
from curation.studio.tabs import DEFAULT, make_tab, settings_of, titled

STATE = "adjudication"
"""Under which an item's data say how its article stands, and by a fingerprint what its adjudicators were given."""

TAB = "Reopened"
"""The Data Manager's tab of the articles whose annotations changed after they were decided."""

_OPEN, _REOPENED, _SETTLED = "open", "reopened", "settled"
_NOTHING_OPEN = "Nothing is open any more: the annotations changed, and the rules settle them."
_COLUMNS = ("id", "annotators", "data.title", f"data.{QUESTIONS}")


@dataclass(frozen=True, slots=True)
class Dispute:
    """An article that is open, and its questions in words. What is suggested for it is in the store.

    It is `reopened` if it was decided before, from other annotations than the `origins` that it has now. `fingerprint`
    changes with anything that its adjudicators are given.
    """

    article_id: str
    origins: tuple[Origin, ...]
    questions: str
    fingerprint: str
    reopened: bool = False

    @property
    def state(self) -> str:
        """What stands under `STATE`."""
        return f"{_REOPENED if self.reopened else _OPEN} {self.fingerprint}"


@dataclass(frozen=True, slots=True)
class PutUp:
    """What became of disputes: `push` tells what was sent.

    `renewed` articles were there, and show what is open today; on `closed` ones nothing is open any more. `standing`
    ones are there as they should be.
    """

    push: PushResult
    renewed: tuple[str, ...]
    closed: tuple[str, ...]
    standing: int


def put_up(
    store: Store,
    task: Task,
    disputes: Sequence[Dispute],
    kept: Collection[str],
    client: Client,
    *,
    first: str,
    new_project: bool = False,
    update_interface: bool = False,
    workspace_id: str = "",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> PutUp:
    """Let adjudicators have exactly these articles. `task` is theirs (see `Task.for_adjudicators`).

    A screen begins with what the maker `first` suggests. Items of `kept` articles stay as they are; all others say
    that nothing is open any more. What annotators of this project have made is never touched. Raises as `push` does.
    """
    work = _PuttingUp(store, task, client, dry_run)
    sent = push(
        store,
        task,
        _Articles(store, disputes),
        client,
        new_project=new_project,
        update_interface=update_interface,
        workspace_id=workspace_id,
        beside={one.article_id: {QUESTIONS: one.questions, STATE: one.state} for one in disputes},
        dry_run=dry_run,
        progress=progress,
    )
    if not sent.project_id:
        return PutUp(sent, (), (), 0)
    work.begin_with(sent.project_id, first)
    left = {*kept, *sent.changed}
    renewed, closed = work.settle(sent.project_id, [one for one in disputes if one.article_id not in left], left)
    return PutUp(sent, renewed, closed, sent.already_there - len(renewed))


@dataclass(frozen=True, slots=True)
class _Articles(Collection[Article]):
    """The disputed articles, which are read when it is their turn."""

    store: Store
    disputes: Sequence[Dispute]

    def __len__(self) -> int:
        return len(self.disputes)

    def __iter__(self) -> Iterator[Article]:
        return filter(None, (self.store.articles.get(one.article_id) for one in self.disputes))

    def __contains__(self, article: object) -> bool:
        return isinstance(article, Article) and any(one.article_id == article.id for one in self.disputes)


@dataclass
class _PuttingUp:
    store: Store
    task: Task
    client: Client
    dry_run: bool

    def begin_with(self, project_id: int, maker: str) -> None:
        """Let screens begin with the suggestion of that maker. Left alone, the server takes whichever came first."""
        if self.client.project(project_id).get("model_version") != maker and not self.dry_run:
            with suppress(Refused):
                self.client.change_project(project_id, model_version=maker)

    def settle(
        self, project_id: int, disputes: Sequence[Dispute], kept: Collection[str]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Renew the items that were there and show something else; returns the articles renewed, and those closed."""
        held: Mapping[int, Any] = dict(self.client.with_value(project_id, STATE))
        pushes = self.store.ledger.pushes(self.client.server, project_id)
        item_of = {name: one.ls_task_id for name, one in pushes.items() if one.ls_task_id is not None}
        suggestions = Suggestions(self.store, self.task)
        renewed = []
        for one in disputes:
            item = item_of.get(one.article_id)
            if item is not None and held.get(item) != one.state:
                renewed.append(one.article_id)
                self._unless_dry(partial(self._renew, project_id, item, one, suggestions.get(one.article_id, ())))
            if item is not None:
                self._unless_dry(partial(self._note, project_id, one))
        known = {*(one.article_id for one in disputes), *kept}
        closed = [name for name, item in item_of.items() if name not in known and held.get(item, _SETTLED) != _SETTLED]
        for name in closed:
            self._unless_dry(partial(self._show, project_id, item_of[name], _NOTHING_OPEN, _SETTLED))
        if any(one.reopened for one in disputes):
            self._unless_dry(partial(self._settle_tab, project_id))
        return tuple(renewed), tuple(closed)

    def _unless_dry(self, act: Callable[[], None]) -> None:
        if not self.dry_run:
            act()

    def _renew(self, project_id: int, item: int, dispute: Dispute, suggestions: Sequence[Mapping[str, Any]]) -> None:
        # The state comes last: whatever comes to no end here begins anew with the next run.
        for there in self.client.suggestions_of(item):
            withdraw(self.client, item, int(there["id"]))
        for one in suggestions:
            add(self.client, item, one)
        self._show(project_id, item, dispute.questions, dispute.state)

    def _show(self, project_id: int, item: int, questions: str, state: str) -> None:
        data = {**(self.client.item_data(project_id, item) or {}), QUESTIONS: questions, STATE: state}
        insist(partial(self.client.change_data, item, data), lambda: self.client.item_data(project_id, item) == data)

    def _note(self, project_id: int, dispute: Dispute) -> None:
        """Keep since when adjudicators have the article so."""
        since = (self.client.server_time() or datetime.now(UTC)).replace(microsecond=0)
        with self.store.transaction():
            self.store.gold.put_up(
                self.client.server, project_id, self.task.declared_as, dispute.article_id, dispute.origins, since
            )

    def _settle_tab(self, project_id: int) -> None:
        """Make the tab of reopened articles. One that people changed stays theirs."""
        tabs = self.client.tabs(project_id)
        if titled(tabs, TAB):
            return
        columns = self.client.columns(project_id)
        if not tabs:
            usual = [name for name, shown in columns.items() if shown]
            make_tab(self.client, project_id, settings_of(DEFAULT, columns, usual))
        filled = condition(f"data.{STATE}", "contains", "String", _REOPENED)
        make_tab(self.client, project_id, settings_of(TAB, columns, _COLUMNS, filled))
