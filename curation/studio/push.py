"""Send a task's screen, codebook and articles to Label Studio, and say what was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from curation.catalog import Task
from curation.records import Article, Progress
from curation.store import Store
from curation.studio.client import CHUNK, Client
from curation.studio.counters import recount, recounted, uncounted
from curation.studio.delivery import Delivery
from curation.studio.overlap import Overlaps, project_overlap
from curation.studio.project import settle_project
from curation.studio.suggestions import Suggestions


@dataclass(frozen=True, slots=True)
class PushResult:
    """What a push did, or, of a `dry_run`, would do: `project_id` is 0 then if the project is still to be made.

    `updated` articles had their item's text replaced; `changed` ones are there with another text and were left so,
    since somebody has begun to annotate it; `doubled` ones are there more than once.
    `settings` says in words what else of the project was changed. `suggested` counts the suggestions that went along
    or followed, `n_unsuggested` what of them does not fit or came too late and was left out, `unsuggested` names the
    first 1,000 (article, reason).
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
    updated: tuple[str, ...] = ()
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
    dry_run: bool = False


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
    beside: Mapping[str, Mapping[str, str]] | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> PushResult:
    """Send the articles that the task's project does not hold yet, after making sure of the project itself.

    What the store has of suggestions for the task goes along with its article, or follows it as long as nobody has
    annotated that. An article whose text has changed takes the place of the old one on the same condition.
    `overlap` is how many annotators an article goes to; None takes what the selection plans, for calibration articles
    more, or leaves the project's number, which is 3 at first.
    `project_title` names a project to join, whoever made it; without it only one that `workspace_id` made is used.
    `beside` is what else, by article, the data of an item hold that is sent. What goes to adjudicators goes to one.
    With `dry_run` nothing is written, on the server or here, and the result is what it would be.
    Raises `E_USAGE` if `overlap` is not what the selection plans.
    Raises `E_PUSH_UNKNOWN` if the connection broke and it cannot be told what arrived; the next push finds out.
    """
    overlap = 1 if task.is_for_adjudicators else project_overlap(store, overlap)
    settled = settle_project(
        store,
        task,
        client,
        title=project_title,
        workspace_id=workspace_id,
        overlap=overlap,
        new_project=new_project,
        update_interface=update_interface,
        dry_run=dry_run,
    )
    planned = None if task.is_for_adjudicators else overlap
    overlaps = Overlaps(store, client, planned, dry_run=dry_run, follows=dry_run and settled.overlap_changed)
    delivery = Delivery(
        store,
        client,
        settled.project_id,
        overlaps,
        Suggestions(store, task),
        beside=beside or {},
        follows=not task.is_for_adjudicators,
        dry_run=dry_run,
    )
    total = len(articles) if isinstance(articles, Sized) else None
    for chunk in _chunks(articles):
        delivery.take(chunk)
        if progress is not None:
            progress(delivery.taken, total)
    delivery.finish()
    missed = 0
    if settled.project_id is not None:
        missed = uncounted(client, settled.project_id) if dry_run else recount(client, settled.project_id)
    return PushResult(
        project_id=settled.project_id or 0,
        url=client.url if settled.project_id is None else client.project_url(settled.project_id),
        created_project=settled.created,
        interface=settled.interface,
        sent=delivery.sent,
        already_there=delivery.already_there,
        updated=tuple(delivery.revisions.updated),
        changed=tuple(delivery.revisions.changed),
        doubled=tuple(delivery.doubled),
        refused=tuple(delivery.refused),
        settings=(*settled.settings, *overlaps.words(), *([recounted(missed)] if missed else [])),
        suggested=delivery.suggested + delivery.late.sent,
        n_unsuggested=delivery.n_unsuggested + len(delivery.late.late),
        unsuggested=delivery.left_out(),
        drift=settled.drift,
        fix=settled.fix,
        diff=settled.diff,
        dry_run=dry_run,
    )


def _chunks(articles: Iterable[Article]) -> Iterator[list[Article]]:
    remaining = iter(articles)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
