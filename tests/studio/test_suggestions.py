"""Suggestions of the store travel with their items, on the offsets of what is sent, and never with another text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curation.records import Annotation, Article, Mention, Relation
from curation.studio.push import push
from curation.studio.suggestions import Suggestions
from curation.text import content_hash


def suggested(article: Article, start: int, end: int, maker: str = "model-1", label: str = "Actor") -> Annotation:
    mention = Mention("m1", label, start, end, article.text[start:end])
    return Annotation(f"p-{maker}", article.id, article.sha256, "mini", "1", maker, mentions=(mention,))


@pytest.fixture
def put(store):
    """Keeps suggestions."""

    def call(*records: Annotation) -> None:
        with store.transaction():
            for record in records:
                store.predictions.put(record)

    return call


def test_only_what_fits_the_text_and_the_task_goes_along(store, mini, articles, put):
    first, second, third, fourth = articles(4)
    put(
        suggested(first, 0, 7),
        suggested(first, 8, 9, "model-2"),
        replace(suggested(second, 0, 7), article_sha256="0" * 64),
        suggested(third, 0, 7, label="Claim"),
        replace(suggested(fourth, 0, 7), task="another"),
    )
    suggestions = Suggestions(store, mini)
    assert [one["model_version"] for one in suggestions[first.id]] == ["model-1", "model-2"]
    assert suggestions[first.id][0]["result"][0]["value"] == {
        "start": 0, "end": 7, "text": "Article", "labels": ["Actor"],
    }  # fmt: skip
    assert suggestions[second.id] == suggestions[third.id] == []
    assert fourth.id not in suggestions
    assert suggestions.get("nobody") is None
    assert suggestions.given == 2
    assert [(article_id, reason.partition(" made ")[0]) for article_id, reason in suggestions.unfit] == [
        (second.id, "model-1"),
        (third.id, "model-1: the task 'mini' has no label 'Claim'"),
    ]


def test_a_part_has_what_lies_in_it(store, mini, put):
    text = "Anna spoke. Ben was silent. Cleo left."
    whole = Article("w", text, content_hash(text))
    parts = [
        Article(f"w.{number}", text[start:end], content_hash(text[start:end]), part_of="w", part_start=start)
        for number, (start, end) in enumerate([(0, 12), (12, 38)], start=1)
    ]
    mentions = (
        Mention("a", "Actor", 0, 4, "Anna"),
        Mention("b", "Actor", 12, 15, "Ben"),
        Mention("c", "Actor", 28, 32, "Cleo"),
    )
    relations = (Relation("a", "b", None), Relation("b", "c", None))
    with store.transaction():
        for article in (whole, *parts):
            store.articles.add(article)
    put(Annotation("p", "w", whole.sha256, "mini", "1", "model", mentions=mentions, relations=relations))
    suggestions = Suggestions(store, mini)
    found = [suggestions[part.id][0]["result"] for part in parts]
    spans = [[(row["value"]["start"], row["value"]["text"]) for row in rows if "value" in row] for rows in found]
    assert spans == [[(0, "Anna")], [(0, "Ben"), (16, "Cleo")]]
    assert [[row["from_id"] for row in rows if row["type"] == "relation"] for rows in found] == [[], ["b"]]


@pytest.mark.server
def test_a_push_sends_them_with_their_items(store, mini, articles, put, client, title):
    first, second, third = articles(3)
    put(suggested(first, 0, 7), suggested(second, 0, 7, label="Claim"))
    result = push(store, mini, [first, second, third], client, project_title=title)
    assert (result.sent, result.suggested) == (3, 1)
    assert [article_id for article_id, _ in result.unsuggested] == [second.id]
    by_item = {
        entry.ls_task_id: entry.article_id for entry in store.ledger.pushes(client.server, result.project_id).values()
    }
    [stored] = client._read("/api/predictions/", {"project": result.project_id})
    assert (by_item[stored["task"]], stored["model_version"]) == (first.id, "model-1")
    [row] = stored["result"]
    assert (row["id"], row["value"]["text"], row["value"]["labels"]) == ("m1", "Article", ["Actor"])
