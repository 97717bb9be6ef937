"""A first pull asks for numbers rather than listing items, and for the next parts while one is taken in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import islice

import pytest

from curation.studio.ahead import AHEAD, ahead, tapered
from curation.studio.pull import pull
from curation.studio.push import push


def test_the_next_parts_are_on_their_way_while_one_is_used():
    begun: dict[int, threading.Event] = {number: threading.Event() for number in range(6)}

    def work(number: int, ready: Callable[[], None]) -> int:
        begun[number].set()
        return number * number

    for number, square in ahead(work, range(6)):
        assert square == number * number
        assert all(begun[later].wait(10) for later in range(number + 1, min(number + AHEAD, 5) + 1))
        assert not any(begun[later].is_set() for later in range(number + AHEAD + 1, 6)), "so many, and no more"


def test_a_part_is_begun_when_the_one_before_is_ready_to_come():
    begun, ended = threading.Event(), threading.Event()

    def work(number: int, ready: Callable[[], None]) -> bool:
        if number == 0:
            early = begun.wait(0.05)
            ready()
            ready()
            assert begun.wait(10)
            ended.set()
            return early
        begun.set()
        return ended.wait(10)

    assert list(ahead(work, range(2))) == [(0, False), (1, True)]


def test_parts_come_in_order_however_long_they_take():
    late = threading.Event()

    def work(number: int, ready: Callable[[], None]) -> int:
        ready()
        if number == 0:
            assert late.wait(10)
        late.set()
        return -number

    assert list(ahead(work, range(4))) == [(0, 0), (1, -1), (2, -2), (3, -3)]


def test_a_failure_comes_where_its_part_would_and_no_other_part_is_begun():
    begun = []

    def work(number: int, ready: Callable[[], None]) -> int:
        begun.append(number)
        return 6 // number

    made = ahead(work, [3, 2, 0, 1])
    assert list(islice(made, 2)) == [(3, 2), (2, 3)]
    with pytest.raises(ZeroDivisionError):
        next(made)
    assert begun == [3, 2, 0]


def test_whoever_stops_early_has_no_other_part_begun():
    begun = []
    go_on = threading.Event()

    def work(number: int, ready: Callable[[], None]) -> int:
        begun.append(number)
        assert number == 0 or go_on.wait(10)
        return number

    made = ahead(work, range(9))
    assert next(made) == (0, 0)
    made.close()
    go_on.set()
    assert begun in ([0], [0, 1])


@pytest.mark.parametrize(
    ("number", "sizes"),
    [(0, []), (1, [1]), (50, [50]), (70, [50, 20]), (260, [130, 65, 50, 15]), (800, [250, 250, 150, 75, 50, 25])],
)
def test_the_last_parts_are_smaller(number, sizes):
    parts = list(tapered(range(number), 250, 50))
    assert [len(part) for part in parts] == sizes
    assert [item for part in parts for item in part] == list(range(number))


def test_parts_may_be_smaller_than_the_last_ones_are():
    assert list(tapered("abcde", 2, 50)) == ["ab", "cd", "e"]


def test_nothing_comes_of_nothing():
    assert list(ahead(lambda part, ready: part, [])) == []


@pytest.mark.server
@pytest.mark.parametrize(("between", "listed"), [(3, False), (30, True)])
def test_items_of_other_projects_stay_out(between, listed, client, mini, mini_schemas, articles, title, store, rows):
    project = push(store, mini, articles(3), client, project_title=title).project_id
    other = client.create_project(title=title, label_config=mini.interface)
    client.import_tasks(other, [{"data": {"text": f"Another's {number}"}} for number in range(between)])
    made = [*store.articles, *articles(3, start=3)]
    push(store, mini, made, client)
    own = {item.ls_task_id for item in client.list_tasks(project)}
    foreign = {item.ls_task_id for item in client.list_tasks(other)}
    numbers = client.numbers(project)
    assert own <= {*numbers}
    assert foreign.isdisjoint(numbers) == listed
    client.annotate(min(foreign), [])
    texts = {one.id: one.text for one in made}
    for found in list(client.find_tasks(project, texts)):
        client.annotate(found.ls_task_id, rows(texts[found.article_id]))
    result = pull(store, mini, mini_schemas, client)
    assert (result.annotations_new, result.adopted) == (6, ())
    assert pull(store, mini, mini_schemas, client, full=True).nothing_new
    for number in own:
        client.delete("tasks", number)
    assert pull(store, mini, mini_schemas, client).deleted == 6
    assert client.last_change(project) is None
    assert not client.numbers(project)
