"""How items are asked for: the Data Manager's conditions, and how many of them fit into a request."""

from __future__ import annotations

from collections.abc import Iterator

CHUNK = 100
"""How many items are asked for, or sent, at once."""

_QUERY_CHARACTERS = 4000


def condition(column: str, operator: str, kind: str, value: object) -> dict[str, object]:
    """A condition of the Data Manager's filters; `value` is as its operator wants it."""
    return {"filter": f"filter:tasks:{column}", "operator": operator, "type": kind, "value": value}


def chunks(article_ids: list[str]) -> Iterator[list[str]]:
    """Parts that fit into the address of a request: servers take 8,000 characters and more, proxies not always."""
    chunk: list[str] = []
    characters = 0
    for article_id in article_ids:
        if chunk and (len(chunk) == CHUNK or characters + len(article_id) > _QUERY_CHARACTERS):
            yield chunk
            chunk, characters = [], 0
        chunk.append(article_id)
        characters += len(article_id) + 9
    if chunk:
        yield chunk
