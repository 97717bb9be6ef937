"""Suggestions of the store travel with their items, on the offsets of what is sent, and never with another text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curation.parts import cut
from curation.records import Annotation, Article, Mention, Relation
from curation.studio.client import Client, UnclearWrite
from curation.studio.credentials import Credentials
from curation.studio.push import push
from curation.studio.suggestions import Suggestions
from curation.studio.tasks import ls_task
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
    assert list(suggestions) == [first.id]
    assert fourth.id not in suggestions
    assert suggestions.get("nobody") is None
    assert suggestions.of(second).unfit == ("model-1 made it for another text of the article",)
    assert suggestions.of(third).unfit == ("model-1: the task 'mini' has no label 'Claim'",)
    assert [suggestions.of(one).fit for one in (second, third, fourth)] == [(), (), ()]


def test_what_no_server_survives_is_left_out_and_told(store, mini, articles, put):
    """PostgreSQL cannot store it, so that Label Studio would fail on the whole batch, and say nothing of the reason."""
    [article] = articles(1)
    put(suggested(article, 0, 7), replace(suggested(article, 0, 7, "model-2"), choices={"tone": "calm\0"}))
    found = Suggestions(store, mini).of(article)
    assert [one["model_version"] for one in found.fit] == ["model-1"]
    assert found.unfit == ("model-2: it holds a NUL, which would break the whole project",)


@pytest.fixture
def cut_article(store):
    """Makes an article and its parts, which begin at the offsets."""

    def call(text: str, *begins: int) -> tuple[Article, list[Article]]:
        whole = Article("w", text, content_hash(text))
        parts = cut(whole, begins)
        with store.transaction():
            store.articles.add(whole)
            store.parts.cut("w", parts)
        return whole, parts

    return call


def test_what_a_border_tears_is_told_and_nothing_empty_is_sent(store, mini, put, cut_article):
    whole, parts = cut_article("Anna Mae spoke. Ben was silent. Cleo left. Nobody else.", 0, 5, 32, 43)
    mentions = (
        Mention("a", "Actor", 0, 8, "Anna Mae"),
        Mention("b", "Actor", 16, 19, "Ben"),
        Mention("c", "Actor", 32, 36, "Cleo"),
    )
    relations = (Relation("a", "b", None), Relation("b", "c", None), Relation("c", "a", None))
    put(Annotation("p", "w", whole.sha256, "mini", "1", "model", mentions=mentions, relations=relations))
    suggestions = Suggestions(store, mini)
    found = [suggestions.of(part) for part in parts]
    assert [len(one.fit) for one in found] == [0, 1, 1, 0]
    assert [one.unfit for one in found] == [
        ("model: 1 spans reach over the end of the part", "model: 1 relations have an end elsewhere"),
        ("model: 1 relations have an end elsewhere",),
        ("model: 1 relations have an end elsewhere",),
        (),
    ]
    assert list(suggestions) == [parts[1].id, parts[2].id]
    assert len(suggestions) == 2
    assert "predictions" not in ls_task(parts[0], suggestions)
    assert "predictions" in ls_task(parts[1], suggestions)


def test_a_part_has_what_lies_in_it(store, mini, put, cut_article):
    whole, parts = cut_article("Anna spoke. Ben was silent. Cleo left.", 0, 12)
    mentions = (
        Mention("a", "Actor", 0, 4, "Anna"),
        Mention("b", "Actor", 12, 15, "Ben"),
        Mention("c", "Actor", 28, 32, "Cleo"),
    )
    relations = (Relation("a", "b", None), Relation("b", "c", None))
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
    assert (result.sent, result.suggested, result.n_unsuggested) == (3, 1, 1)
    assert [article_id for article_id, _ in result.unsuggested] == [second.id]
    by_item = {
        entry.ls_task_id: entry.article_id for entry in store.ledger.pushes(client.server, result.project_id).values()
    }
    [stored] = client._read("/api/predictions/", {"project": result.project_id})
    assert (by_item[stored["task"]], stored["model_version"]) == (first.id, "model-1")
    [row] = stored["result"]
    assert (row["id"], row["value"]["text"], row["value"]["labels"]) == ("m1", "Article", ["Actor"])


@pytest.mark.server
def test_what_is_suggested_later_follows_unless_the_annotation_has_begun(
    store, mini, articles, put, client, title, rows, annotators
):
    made = articles(4)
    put(suggested(made[0], 0, 7))
    first = push(store, mini, made, client, project_title=title)
    items = {found.article_id: found.ls_task_id for found in client.find_tasks(first.project_id, [a.id for a in made])}
    with Client(annotators[0]) as annotator:
        annotator.annotate(items[made[2].id], rows(made[2].text))
    put(suggested(made[0], 8, 9, "model-2"), suggested(made[1], 0, 7), suggested(made[2], 0, 7))
    dry = push(store, mini, made, client, project_title=title, dry_run=True)
    result = push(store, mini, made, client, project_title=title)
    assert (first.suggested, dry.suggested, result.suggested) == (1, 2, 2)
    assert result.unsuggested == dry.unsuggested == ((made[2].id, "its annotation had begun before"),)
    there = {name: {one["model_version"] for one in client.suggestions_of(item)} for name, item in items.items()}
    assert [there[one.id] for one in made] == [{"model-1", "model-2"}, {"model-1"}, set(), set()]
    assert push(store, mini, made, client, project_title=title).suggested == 0


@pytest.mark.server
@pytest.mark.parametrize("counted", [0, 2])
def test_neither_others_suggestions_nor_a_counter_that_is_wrong_stand_for_ours(
    store, mini, articles, put, client, title, monkeypatch, counted
):
    made = articles(2)
    put(suggested(made[0], 0, 7, "model-1, of May"))
    first = push(store, mini, made, client, project_title=title)
    items = {found.article_id: found.ls_task_id for found in client.find_tasks(first.project_id, [a.id for a in made])}
    client.suggest(items[made[1].id], {"model_version": "theirs", "result": []})
    put(suggested(made[1], 0, 7))
    real = Client.find_tasks
    monkeypatch.setattr(Client, "find_tasks", lambda *asked: (replace(one, suggested=counted) for one in real(*asked)))
    assert [push(store, mini, made, client, project_title=title).suggested for _ in range(2)] == [1, 0]
    there = {name: sorted(one["model_version"] for one in client.suggestions_of(item)) for name, item in items.items()}
    assert there == {made[0].id: ["model-1, of May"], made[1].id: ["model-1", "theirs"]}


@pytest.mark.server
@pytest.mark.parametrize("fault", ["reset", "502", "429"])
@pytest.mark.parametrize("deliver", [True, False])
def test_a_suggestion_whose_answer_is_lost_is_there_once(
    store, mini, articles, put, client, label_studio, proxy, title, fault, deliver
):
    made = articles(2)
    first = push(store, mini, made, client, project_title=title)
    put(*(suggested(one, 0, 7) for one in made))
    proxy.fail("POST /api/predictions", {1}, fault, deliver=deliver)
    with Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url)) as through:
        assert push(store, mini, made, through, project_title=title).suggested == 2
    assert sorted(one["task"] for one in client.suggestions(first.project_id)) == sorted(
        found.ls_task_id for found in client.find_tasks(first.project_id, [a.id for a in made])
    )


@pytest.mark.server
@pytest.mark.parametrize("deliver", [True, False])
def test_a_suggestion_whose_withdrawal_is_lost_goes_before_the_text_does(
    store, mini, articles, put, client, label_studio, proxy, title, deliver
):
    [article] = articles(1)
    put(suggested(article, 0, 7))
    first = push(store, mini, [article], client, project_title=title)
    text = "Before. " + article.text
    new = replace(article, text=text, sha256=content_hash(text))
    with store.transaction():
        store.articles.replace(new)
    with Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url)) as through:
        proxy.fail("DELETE /api/predictions", range(1, 4), "502", deliver=deliver)
        if not deliver:
            with pytest.raises(UnclearWrite):
                push(store, mini, [new], through, project_title=title)
            [item] = client.find_tasks(first.project_id, [article.id])
            assert item.sha256 == article.sha256, "no text stands beside suggestions for another one"
            proxy.fail("", (), "502")
        assert push(store, mini, [new], through, project_title=title).updated == (article.id,)
    assert client.suggestions(first.project_id) == []


@pytest.mark.server
def test_suggestions_for_a_text_that_is_no_more_go_with_it(store, mini, articles, put, client, title):
    [article] = articles(1)
    put(suggested(article, 0, 7))
    first = push(store, mini, [article], client, project_title=title)
    text = "Before. " + article.text
    new = replace(article, text=text, sha256=content_hash(text))
    with store.transaction():
        store.articles.replace(new)
    put(suggested(new, 8, 15, "model-2"))
    dry = push(store, mini, [new], client, project_title=title, dry_run=True)
    result = push(store, mini, [new], client, project_title=title)
    assert (result.updated, result.suggested) == (dry.updated, dry.suggested) == ((article.id,), 1)
    [one] = client.suggestions(first.project_id)
    assert one["model_version"] == "model-2"
    assert one["result"][0]["value"]["start"] == 8


@pytest.mark.server
def test_a_suggestion_that_the_server_takes_twice_is_there_once(
    store, mini, articles, put, client, label_studio, proxy, title
):
    [article] = articles(1)
    project = push(store, mini, [article], client, project_title=title).project_id
    put(suggested(article, 0, 7))
    proxy.fail("POST /api/predictions", {1}, "twice")
    with Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url)) as through:
        assert push(store, mini, [article], through, project_title=title).suggested == 1
    assert len(list(client.suggestions(project))) == 1
    assert push(store, mini, [article], client, project_title=title).suggested == 0


@pytest.mark.server
def test_a_suggestion_that_its_maker_replaced_is_replaced_there_unless_the_annotation_has_begun(
    store, mini, articles, put, client, title, rows, annotators
):
    made = articles(4)
    put(*(suggested(one, 0, 7) for one in made[:3]), suggested(made[0], 8, 9, "model-2"))
    first = push(store, mini, made, client, project_title=title)
    items = {found.article_id: found.ls_task_id for found in client.find_tasks(first.project_id, [a.id for a in made])}
    for one in made[:2]:
        client.suggest(items[one.id], {"model_version": "theirs", "result": []})
    with Client(annotators[0]) as annotator:
        annotator.annotate(items[made[2].id], rows(made[2].text))
    before = {one["id"]: one for one in client.suggestions(first.project_id)}
    put(*(suggested(one, 8, 9) for one in (made[0], made[2])))
    dry = push(store, mini, made, client, project_title=title, dry_run=True)
    assert {one["id"]: one for one in client.suggestions(first.project_id)} == before
    result = push(store, mini, made, client, project_title=title)
    assert (first.suggested, dry.suggested, result.suggested) == (4, 1, 1)
    assert result.unsuggested == dry.unsuggested == ((made[2].id, "its annotation had begun before"),)
    after = {one["id"]: one for one in client.suggestions(first.project_id)}
    [changed] = [number for number, one in after.items() if one["result"] != before[number]["result"]]
    assert after.keys() == before.keys(), "nothing is doubled, and nothing taken away"
    assert (after[changed]["task"], after[changed]["model_version"]) == (items[made[0].id], "model-1")
    assert [row["value"]["start"] for row in after[changed]["result"]] == [8]
    assert push(store, mini, made, client, project_title=title).suggested == 0


@pytest.mark.server
@pytest.mark.parametrize("fault", ["reset", "502", "429", "twice"])
@pytest.mark.parametrize("deliver", [True, False])
def test_a_replacement_whose_answer_is_lost_is_there_once(
    store, mini, articles, put, client, label_studio, proxy, title, fault, deliver
):
    made = articles(2)
    put(*(suggested(one, 0, 7) for one in made))
    first = push(store, mini, made, client, project_title=title)
    put(*(suggested(one, 8, 9) for one in made))
    proxy.fail("PATCH /api/predictions", {1}, fault, deliver=deliver)
    with Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url)) as through:
        assert push(store, mini, made, through, project_title=title).suggested == 2
    assert [one["result"][0]["value"]["start"] for one in client.suggestions(first.project_id)] == [8, 8]
    assert push(store, mini, made, client, project_title=title).suggested == 0


@pytest.mark.server
def test_everything_that_a_task_can_suggest_is_known_again(store, task, articles, put, client, title):
    """What the server gave back otherwise than it was sent would be sent anew by every push."""
    [article] = articles(1)
    mentions = (
        Mention("m1", "Actor", 0, 7, article.text[:7], {"type": "person", "name": "\u201eÉ\U0001f6a6"}),
        Mention("m2", "Claim", 8, 20, article.text[8:20], {"kind": "prediction", "quotation": "direct"}),
    )
    relations = (Relation("m1", "m2", "supports"), Relation("m1", "m2", None))
    record = replace(suggested(article, 0, 7, "model "), task=task.name, mentions=mentions, relations=relations)
    put(replace(record, choices={"stance_rent_cap": "favor", "note": "a\nb"}))
    assert push(store, task, [article], client, project_title=title).suggested == 1
    put(replace(record, relations=relations[:1]))
    assert [push(store, task, [article], client, project_title=title).suggested for _ in range(2)] == [1, 0]


@pytest.mark.server
def test_what_the_server_does_not_tell_of_many_items_is_asked_of_each(
    store, mini, articles, put, client, title, label_studio, proxy
):
    made = articles(2)
    put(*(suggested(one, 0, 7) for one in made))
    first = push(store, mini, made, client, project_title=title)
    put(*(suggested(one, 8, 9) for one in made))
    proxy.fail("fields=all", range(1, 99), "502", deliver=False)
    with Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url), attempts=1) as through:
        assert [push(store, mini, made, through, project_title=title).suggested for _ in range(2)] == [2, 0]
    assert [one["result"][0]["value"]["start"] for one in client.suggestions(first.project_id)] == [8, 8]
