"""Suggestions that came, or changed, after their article was sent: they follow as long as nobody has annotated it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from curation.records import Article
from curation.studio.begun import begun
from curation.studio.client import Client, Found, ServerFault
from curation.studio.insisting import insist
from curation.studio.standing import add, maker_of
from curation.studio.suggestions import Suggestions


@dataclass(frozen=True, slots=True)
class _Due:
    """A suggestion that an item lacks, or that is to take the place of the one with the number `instead`."""

    suggestion: Mapping[str, Any]
    instead: int | None = None


class LateSuggestions:
    """Sends what the items of a project lack of the workspace's suggestions, and changes what their maker changed.

    `sent` counts them. `late` are articles whose annotations have begun without: a suggestion to the second annotator
    alone would make the two differ for a reason that is not theirs. What other makers suggested stays as it is.
    """

    def __init__(self, client: Client, project_id: int | None, suggestions: Suggestions, *, dry_run: bool) -> None:
        self.sent = 0
        self.late: list[str] = []
        self._client = client
        self._project_id = project_id
        self._suggestions = suggestions
        self._dry_run = dry_run

    def settle(self, articles: Sequence[Article], there: Mapping[str, Found]) -> None:
        """Bring the suggestions of these articles to their items. Raises `UnclearWrite` if one got lost."""
        current = [
            (article, there[article.id])
            for article in articles
            if article.id in there and there[article.id].sha256 == article.sha256 and self._suggestions.covers(article)
        ]
        standing = self._standing([found for _, found in current])
        due = {
            found.ls_task_id: list(self._due(article, standing[found.ls_task_id]))
            for article, found in current
            if found.ls_task_id in standing
        }
        taken = begun(self._client, self._project_id, (number for number, wanted in due.items() if wanted))
        for article, found in current:
            wanted = due.get(found.ls_task_id)
            if wanted and (found.is_begun or found.ls_task_id in taken):
                self.late.append(article.id)
                continue
            for one in wanted or ():
                self.sent += 1
                if not self._dry_run:
                    self._bring(found, one)

    def _due(self, article: Article, standing: Sequence[Mapping[str, Any]]) -> Iterator[_Due]:
        """What is to be done about an article, on whose item certain suggestions stand."""
        for suggestion in self._suggestions.of(article).fit:
            before = [one for one in standing if maker_of(one) == maker_of(suggestion)]
            if not before:
                yield _Due(suggestion)
            elif not any(_says(one, suggestion) for one in before):
                yield _Due(suggestion, min(int(one["id"]) for one in before))

    def _bring(self, found: Found, due: _Due) -> None:
        def is_changed() -> bool:
            of_item = self._client.suggestions_of(found.ls_task_id)
            return any(one["id"] == due.instead and _says(one, due.suggestion) for one in of_item)

        if due.instead is not None:
            result = due.suggestion["result"]
            insist(partial(self._client.change_suggestion, due.instead, result=result), is_changed)
            return
        add(self._client, found.ls_task_id, due.suggestion)

    def _standing(self, items: Sequence[Found]) -> dict[int, list[dict[str, Any]]]:
        """The suggestions on these items; nothing of an item of which the server cannot tell.

        They are read themselves: an item's counter can be behind, and counts those of others too.
        """
        # Of what a dry run would have taken away, nothing is there.
        asked = [one.ls_task_id for one in items if one.suggested or not self._dry_run]
        standing: dict[int, list[dict[str, Any]]] = {one.ls_task_id: [] for one in items if one.ls_task_id not in asked}
        if self._project_id is None or not asked:
            return standing
        try:
            return standing | self._client.suggestions_by_item(self._project_id, asked)
        except ServerFault:
            for number in asked:
                with suppress(ServerFault):
                    standing[number] = self._client.suggestions_of(number)
        return standing


def _says(there: Mapping[str, Any], suggestion: Mapping[str, Any]) -> bool:
    """Whether a suggestion on the server has the very rows of one of the workspace."""
    return bool(there.get("result") == json.loads(json.dumps(suggestion["result"])))
