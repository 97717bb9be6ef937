"""Items as they are sent: exactly what annotators may see, one a line, whatever the text holds."""

from __future__ import annotations

import io
import json

from hypothesis import given
from hypothesis import strategies as st

from curation.records import Article
from curation.studio.tasks import ls_task, task_data, write_tasks
from curation.text import content_hash

texts = st.text(min_size=1)


def article(number: int, text: str) -> Article:
    return Article(f"a{number}", text, content_hash(text), title=None, outlet="The Biased Courier", authors=("B. Ias",))


def test_an_item_shows_nothing_that_could_bias():
    found = task_data(Article("a1", "Text", "0" * 64, title="Title", outlet="Outlet", url="https://example.org"))
    assert found == {"article_id": "a1", "sha256": "0" * 64, "title": "Title", "text": "Text"}
    assert task_data(article(1, "x"))["title"] == ""


@given(st.lists(texts, max_size=8))
def test_lines_give_the_texts_back_code_point_for_code_point(given_texts):
    out = io.BytesIO()
    articles = [article(number, text) for number, text in enumerate(given_texts)]
    assert write_tasks(iter(articles), out) == len(articles)
    lines = out.getvalue().split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line) for line in lines] == [{"data": task_data(one)} for one in articles]


def test_many_long_articles_leave_nothing_in_the_buffer_and_nothing_out():
    text = "Zürich 🌀 " * 30_000
    out = io.BytesIO()
    assert write_tasks((article(number, text) for number in range(7)), out) == 7
    lines = out.getvalue().splitlines()
    assert [json.loads(line)["data"]["article_id"] for line in lines] == [f"a{number}" for number in range(7)]
    assert all(json.loads(line)["data"]["text"] == text for line in lines)


def test_memory_does_not_grow_with_the_number_of_articles():
    class Counting(io.RawIOBase):
        largest = 0

        def write(self, chunk) -> int:
            self.largest = max(self.largest, len(chunk))
            return len(chunk)

    out = Counting()
    write_tasks((article(number, "x" * 5_000) for number in range(2_000)), out)
    assert out.largest < 500_000


def test_suggestions_travel_with_their_article_alone():
    suggestion = {"model_version": "m", "result": []}
    assert ls_task(article(1, "x"), {"a1": [suggestion]})["predictions"] == [suggestion]
    assert "predictions" not in ls_task(article(2, "x"), {"a1": [suggestion]})
    out = io.BytesIO()
    write_tasks([article(1, "x"), article(2, "y")], out, {"a2": [suggestion]})
    assert ["predictions" in json.loads(line) for line in out.getvalue().splitlines()] == [False, True]
