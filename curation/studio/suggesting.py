"""Suggestions that came after their article was sent: they follow it as long as nobody has annotated it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from curation.records import Article
from curation.studio.begun import begun
from curation.studio.client import Client, Found, condition
from curation.studio.insisting import insist
from curation.studio.suggestions import Suggestions

_MAKERS = "predictions_model_versions"
_SUGGESTED = condition(_MAKERS, "empty", "Boolean", False)
"""Items with a suggestion. The server tells who made them only if a condition is about that."""


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

    def settle(self, articles: Sequence[Article], there: Mapping[str, Found]) -> None:
        """Send the suggestions of these articles that their items lack. Raises `UnclearWrite` if one got lost."""
        current = [
            (article, there[article.id])
            for article in articles
            if article.id in there and there[article.id].sha256 == article.sha256 and self._suggestions.covers(article)
        ]
        makers = self._makers(found for _, found in current)
        lacking = {
            found.ls_task_id: self._lacking(article, makers.get(found.ls_task_id, set())) for article, found in current
        }
        taken = begun(self._client, self._project_id, (number for number, asked in lacking.items() if asked))
        for article, found in current:
            suggestions = lacking[found.ls_task_id]
            if suggestions and (found.is_begun or found.ls_task_id in taken):
                self.late.append(article.id)
                continue
            self.sent += len(suggestions)
            for suggestion in () if self._dry_run else suggestions:
                self._send(found, suggestion)

    def _lacking(self, article: Article, there: set[str]) -> list[Mapping[str, Any]]:
        fit = self._suggestions.of(article).fit
        return [one for one in fit if not _pieces(one["model_version"]) <= there] if fit else []

    def _send(self, found: Found, suggestion: Mapping[str, Any]) -> None:
        def there() -> list[int]:
            of_item = self._client.suggestions_of(found.ls_task_id)
            maker = suggestion["model_version"]
            return sorted(int(one["id"]) for one in of_item if str(one.get("model_version")) == maker)

        insist(partial(self._client.suggest, found.ls_task_id, suggestion), lambda: bool(there()))
        # On SQLite the server runs a request again when the database was locked, and may so have added it twice.
        for twin in there()[1:]:
            self._client.delete("predictions", twin)

    def _makers(self, items: Iterable[Found]) -> dict[int, set[str]]:
        """Who made the suggestions of these items, in pieces where a name has commas.

        The suggestions themselves are asked: an item's counter can be behind, and counts those of others too.
        """
        # Of what a dry run would have taken away, nothing is there.
        numbers = [one.ls_task_id for one in items if one.suggested or not self._dry_run]
        if self._project_id is None or not numbers:
            return {}
        wanted = [condition("id", "in_list", "List", numbers), _SUGGESTED]
        found = self._client.items(self._project_id, wanted, f"id,{_MAKERS}")
        return {int(item["id"]): _pieces(item[_MAKERS]) for item in found}


def _pieces(names: Any) -> set[str]:
    """Names as the server tells those of several suggestions: joined with commas."""
    return {name.strip() for name in str(names).split(",")}
