"""Where articles stand on the server: also those on whose item it fails, so that one of them stops no push."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curation.studio.client import Client, Found, ServerFault, condition


def look_up(client: Client, project_id: int, article_ids: Sequence[str]) -> Iterator[Found]:
    """The items of those articles, as `Client.find_tasks` gives them; those on which the server fails are `is_broken`.

    Raises `ServerFault` if it is not an item that makes the server fail.
    """
    try:
        yield from list(client.find_tasks(project_id, article_ids))
    except ServerFault:
        if len(article_ids) > 1:
            middle = len(article_ids) // 2
            for half in (article_ids[:middle], article_ids[middle:]):
                yield from look_up(client, project_id, half)
            return
        [article_id] = article_ids
        # What is asked for is not what it fails on: the data.
        wanted = condition("data.article_id", "in_list", "List", [article_id])
        for item in client.items(project_id, [wanted], "id,overlap"):
            yield Found(int(item["id"]), article_id, None, item.get("overlap"), is_broken=True)
