"""Who is to annotate what, where the selection names people: a tab for each of them, with the articles meant for them.

Label Studio gives an article to whoever comes first, also to those who press "Label All Tasks" in a tab. "Label Tasks
As Displayed", in the menu beside that button, hands out what the tab shows alone, as long as it lacks annotators.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from curation.catalog import Task
from curation.errors import CurationError
from curation.store import Store
from curation.studio.addresses import project_url
from curation.studio.client import Client, condition
from curation.studio.tabs import DEFAULT, make_tab, settings_of, titled

_TITLE = "For {}"
_COLUMNS = ("id", "data.title", "completed_at", "total_annotations", "cancelled_annotations")


@dataclass(frozen=True, slots=True)
class Share:
    """The tab of one annotator: how many articles it shows, parts of long ones counted as articles, and where it is."""

    annotator: str
    articles: int
    url: str
    tab: Literal["made", "changed", "same"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """The tabs of a project. `unsent` articles are planned and were not pushed: they are in nobody's."""

    project_id: int
    shares: tuple[Share, ...]
    unsent: int


def assign(
    store: Store,
    task: Task,
    client: Client,
    people: Sequence[str],
    planned: Mapping[str, Sequence[str]],
    *,
    url: str | None = None,
) -> Assignment:
    """Let each of the people have a tab with the articles for which they are `planned`, by whole articles' ids.

    What is as it should be is not sent again; of a tab, nothing but the articles that it shows is ever changed.
    `url` is where other people reach the server, if that is another address than the client's. Raises `E_NOT_FOUND` if
    the task has no project on the server, `E_PROJECT_GONE` if it had one.
    """
    binding = store.ledger.project(client.server, task.name)
    if binding is None:
        raise CurationError("E_NOT_FOUND", f"the task {task.name} was not pushed to {client.url}",
                            fix="curation studio push")  # fmt: skip
    sent = [one for one, push in store.ledger.pushes(client.server, binding.project_id).items() if push.state == "sent"]
    places = {one: place.whole if (place := store.parts.place(one)) else one for one in sent}
    client.project(binding.project_id)  # of one that is gone, what is asked for below only says that it is no choice
    tabs = client.tabs(binding.project_id)
    columns = client.columns(binding.project_id)
    if not tabs:
        make_tab(client, binding.project_id, settings_of(DEFAULT, columns, [name for name in columns if columns[name]]))
    shares, page = [], project_url(url or client.url, binding.project_id)
    for person in people:
        own = sorted(one for one in sent if person in planned.get(places[one], ()))
        settings = settings_of(_TITLE.format(person), columns, _COLUMNS, _only(own))
        number, state = _settle(client, binding.project_id, tabs, settings)
        shares.append(Share(person, len(own), f"{page}?tab={number}", state))
    return Assignment(binding.project_id, tuple(shares), len(planned.keys() - set(places.values())))


def _settle(
    client: Client, project_id: int, tabs: Iterable[Mapping[str, Any]], settings: dict[str, Any]
) -> tuple[int, Literal["made", "changed", "same"]]:
    found = titled(tabs, settings["title"])
    if not found:
        return make_tab(client, project_id, settings), "made"
    there = next(dict(tab["data"]) for tab in tabs if tab["id"] == found[0])
    if _conditions(there) == _conditions(settings):
        return found[0], "same"
    client.change_tab(project_id, found[0], **{**there, "filters": settings["filters"]})
    return found[0], "changed"


def _conditions(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a tab shows, without what the server or its page adds to that."""
    names = ("filter", "operator", "type", "value")
    items = (settings.get("filters") or {}).get("items") or []
    return [{name: item.get(name) for name in names} for item in items]


def _only(article_ids: Iterable[str]) -> dict[str, object]:
    """The condition that an item is one of these articles: of what the page offers, an expression alone can say it."""
    return condition("data.article_id", "regex", "String", f"^({'|'.join(map(re.escape, article_ids))})$")
