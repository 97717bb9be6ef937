"""Suggestions that came after their article was sent: they follow it as long as nobody has annotated it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from curation.records import Article
from curation.studio.begun import begun
from curation.studio.client import Client, Found
from curation.studio.insisting import insist
from curation.studio.suggestions import Suggestions


class LateSuggestions:
    """Sends what the items of a project lack of the workspace's suggestions.

    `sent` counts them. `late` are articles whose annotations have begun without: a suggestion to the second annotator
    alone would make the two differ for a reason that is not theirs.
    """

    def __init__(self, client: Client, project_id: int | None, suggestions: Suggestions, *, dry_run: bool) -> None:
        self.sent = 0
        self.late: list[str] = []
        self._client = client
        self._project_id = project_id
        self._suggestions = suggestions
        self._dry_run = dry_run
        self._known: dict[int, set[str]] | None = None

    def settle(self, articles: Sequence[Article], there: Mapping[str, Found]) -> None:
        """Send the suggestions of these articles that their items lack. Raises `UnclearWrite` if one got lost."""
        current = [
            (article, there[article.id])
            for article in articles
            if article.id in there and there[article.id].sha256 == article.sha256 and self._suggestions.covers(article)
        ]
        lacking = {found.ls_task_id: self._lacking(article, found) for article, found in current}
        taken = begun(self._client, self._project_id, (number for number, asked in lacking.items() if asked))
        for article, found in current:
            suggestions = lacking[found.ls_task_id]
            if suggestions and (found.is_begun or found.ls_task_id in taken):
                self.late.append(article.id)
                continue
            self.sent += len(suggestions)
            for suggestion in () if self._dry_run else suggestions:
                self._send(found, suggestion)

    def _lacking(self, article: Article, found: Found) -> list[Mapping[str, Any]]:
        fit = self._suggestions.of(article).fit
        if len(fit) <= found.suggested:
            return []
        there = self._made_by(found.ls_task_id) if found.suggested else set()
        return [one for one in fit if one["model_version"] not in there]

    def _send(self, found: Found, suggestion: Mapping[str, Any]) -> None:
        def is_there() -> bool:
            there = self._client.suggestions_of(found.ls_task_id)
            return any(str(one.get("model_version")) == suggestion["model_version"] for one in there)

        insist(partial(self._client.suggest, found.ls_task_id, suggestion), is_there)

    def _made_by(self, ls_task_id: int) -> set[str]:
        """Who made the suggestions of an item. Those of a whole project are asked for at once, and once."""
        if self._known is None:
            self._known = {}
            for one in self._client.suggestions(self._project_id) if self._project_id is not None else ():
                self._known.setdefault(int(one["task"]), set()).add(str(one.get("model_version")))
        return self._known.get(ls_task_id, set())
