"""Articles whose text has changed since they were sent: their items follow as long as nobody has annotated them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from curation.records import Article
from curation.studio.begun import begun
from curation.studio.client import Client, Found, UnclearWrite
from curation.studio.tasks import task_data

_TRIALS = 3


class Revisions:
    """Brings the items of changed articles up to date.

    `updated` are those that were, `changed` those that somebody has begun to annotate: they stay as they are, since
    what was marked there is about the text as it was.
    """

    def __init__(self, client: Client, project_id: int | None, *, dry_run: bool) -> None:
        self.updated: list[str] = []
        self.changed: list[str] = []
        self._client = client
        self._project_id = project_id
        self._dry_run = dry_run

    def settle(self, articles: Sequence[Article], there: Mapping[str, Found]) -> dict[str, Found]:
        """Update the items of these articles where they show another text; gives what is there of those then."""
        settled: dict[str, Found] = {}
        differing = [one for one in articles if one.id in there and there[one.id].sha256 != one.sha256]
        taken = begun(self._client, self._project_id, (there[article.id].ls_task_id for article in differing))
        for article in differing:
            found = there[article.id]
            if found.is_begun or found.ls_task_id in taken:
                self.changed.append(article.id)
                continue
            self.updated.append(article.id)
            if not self._dry_run:
                settled[article.id] = self._update(article, found)
        return settled

    def _update(self, article: Article, found: Found) -> Found:
        # What was suggested goes first: whatever comes to no end here begins anew with the next push.
        self._withdraw_suggestions(found)
        before = {} if self._project_id is None else self._client.item_data(self._project_id, found.ls_task_id)
        data = {**(before or {}), **task_data(article)}
        for last in (False,) * (_TRIALS - 1) + (True,):
            try:
                self._client.change_data(found.ls_task_id, data)
                break
            except UnclearWrite:
                # To do it again changes nothing more.
                if last:
                    raise
        return replace(found, sha256=article.sha256, suggested=0)

    def _withdraw_suggestions(self, found: Found) -> None:
        for _ in range(_TRIALS if found.suggested else 0):
            for suggestion in self._client.suggestions_of(found.ls_task_id):
                with suppress(UnclearWrite):
                    self._client.delete("predictions", int(suggestion["id"]))
            if not self._client.suggestions_of(found.ls_task_id):
                return
