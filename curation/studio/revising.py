"""Articles whose text has changed since they were sent: their items follow as long as nobody has annotated them.

Items on which the server fails get the text again that was sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from curation.records import Article
from curation.studio.begun import begun
from curation.studio.client import Client, Found
from curation.studio.insisting import insist
from curation.studio.standing import withdraw
from curation.studio.tasks import task_data


class Revisions:
    """Brings the items of changed articles up to date.

    `updated` are those that were, `changed` those that somebody has begun to annotate: they stay as they are, since
    what was marked there is about the text as it was. `broken` are those on whose item, told by its number, the server
    fails, and of which nobody knows with which text that was begun; `sent` is the hash of the text that was last sent.
    """

    def __init__(self, client: Client, project_id: int | None, sent: Mapping[str, str], *, dry_run: bool) -> None:
        self.updated: list[str] = []
        self.changed: list[str] = []
        self.broken: list[tuple[str, int]] = []
        self._sent = sent
        self._client = client
        self._project_id = project_id
        self._dry_run = dry_run

    def settle(self, articles: Sequence[Article], there: Mapping[str, Found]) -> dict[str, Found]:
        """Update the items of these articles where they show another text; gives what is there of those then."""
        settled: dict[str, Found] = {}
        differing = [one for one in articles if one.id in there and there[one.id].sha256 != one.sha256]
        for article in differing:
            found = there[article.id]
            if found.is_broken:
                if self._sent.get(article.id) == article.sha256:
                    settled |= self._restore(article, found)
                else:
                    self.broken.append((article.id, found.ls_task_id))
                continue
            # Each is looked at right before: annotators may be at work.
            if found.is_begun or begun(self._client, self._project_id, [found.ls_task_id]):
                self.changed.append(article.id)
                continue
            self.updated.append(article.id)
            if not self._dry_run and self._project_id is not None:
                self._update(self._project_id, article, found.ls_task_id)
            settled[article.id] = replace(found, sha256=article.sha256, suggested=0)
        return settled

    def _restore(self, article: Article, found: Found) -> dict[str, Found]:
        """Let an item on which the server fails hold its article again; gives what is there then, if that is known."""
        self.updated.append(article.id)
        if self._dry_run or self._project_id is None:
            return {}
        self._client.change_data(found.ls_task_id, task_data(article))
        return {one.article_id: one for one in self._client.find_tasks(self._project_id, [article.id])}

    def _update(self, project_id: int, article: Article, item: int) -> None:
        # What was suggested goes first: whatever comes to no end here begins anew with the next push.
        # The item's counter of them can be behind.
        for suggestion in self._client.suggestions_of(item):
            withdraw(self._client, item, int(suggestion["id"]))
        data = {**(self._client.item_data(project_id, item) or {}), **task_data(article)}
        insist(partial(self._client.change_data, item, data), lambda: self._client.item_data(project_id, item) == data)
