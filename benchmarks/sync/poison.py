"""One item that makes the server fail among many others: how much longer does a pull take, and what does it lose?

    python -m benchmarks.sync.poison --items 2000

Over the API an item's text can be given a lone surrogate, after which Label Studio fails on every answer that holds it.
A project is pulled into a fresh workspace as it is, and again with one such item in it, in turn.

Goals: all others are pulled, that one is named, and it takes at most twice the time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.sync.proxy import FaultProxy
from benchmarks.sync.sweep import Bench, annotation_rows, served
from curation.records import Article
from curation.studio.client import CHUNK, Client
from curation.studio.pull import pull
from curation.studio.push import push
from curation.studio.tasks import ls_task, task_data

GOAL = 2.0


@dataclass(frozen=True)
class Pulled:
    """A pull into a fresh workspace: seconds, requests for items, annotations, and the items that it names."""

    seconds: float
    exports: int
    annotations: int
    poisoned: tuple[int, ...]


@dataclass(frozen=True)
class Stage:
    """A project with one annotation for each of its items."""

    bench: Bench
    articles: list[Article]
    title: str
    project: int
    items: list[int]

    @classmethod
    def set(cls, bench: Bench, number: int) -> Stage:
        """Make one; items and annotations are imported together, which is quicker than one by one."""
        articles = bench.articles(number)
        title = f"poison {uuid.uuid4().hex[:10]}"
        with bench.store(articles) as store, bench.client() as client:
            project = push(store, bench.task, [], client, project_title=title).project_id
            for start in range(0, number, CHUNK):
                items = [
                    {**ls_task(article), "annotations": [{"result": annotation_rows(article.text)}]}
                    for article in articles[start : start + CHUNK]
                ]
                client.import_tasks(project, items)
            return cls(bench, articles, title, project, sorted(client.items_where(project)))

    def pull(self) -> Pulled:
        """Pull everything into a fresh workspace."""
        proxy = FaultProxy(self.bench.credentials.url)
        try:
            with self.bench.store(self.articles) as store, self.bench.client(proxy.url) as client:
                began = time.perf_counter()
                result = pull(store, self.bench.task, self.bench.schemas, client, project_title=self.title)
                seconds = time.perf_counter() - began
                return Pulled(seconds, sum("/export" in line for line in proxy.requests), len(store.annotations),
                              result.poisoned)  # fmt: skip
        finally:
            proxy.close()

    def poison(self, item: int) -> None:
        """Make the server fail on an item."""
        with self.bench.client() as client:
            poison(client, item, {"article_id": "poisoned", "text": "a \ud800 b"})

    def mend(self, item: int) -> None:
        """Take that back."""
        with self.bench.client() as client:
            client.change_data(item, task_data(self.articles[self.items.index(item)]))

    def clear(self) -> None:
        """Delete the project."""
        with self.bench.client() as client:
            client.delete("projects", self.project)


def poison(client: Client, item: int, data: dict[str, str]) -> None:
    """Give an item data with a lone surrogate, as anybody can who writes JSON by hand."""
    connection = client._connection
    headers = {**connection._authorisation(), "Content-Type": "application/json"}
    connection._http.patch(f"/api/tasks/{item}/", content=json.dumps({"data": data}), headers=headers)


def main() -> int:
    """Run and print; exit status 1 if something was lost, unnamed, or slower than the goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=2000, help="how many items (default: 2000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default: 3)")
    options = parser.parse_args()
    with served(patience=120.0) as bench:
        return _measure(Stage.set(bench, options.items), options.rounds)


def _measure(stage: Stage, rounds: int) -> int:
    victim = stage.items[len(stage.items) // 3]
    stage.pull()
    plain, spoilt = [], []
    for _ in range(rounds):
        plain.append(stage.pull())
        stage.poison(victim)
        spoilt.append(stage.pull())
        stage.mend(victim)
    print(f"{'':24} {'seconds':>8} {'requests for items':>19} {'annotations':>12}  named")
    for name, runs in (("undisturbed", plain), ("with a poisoned item", spoilt)):
        seconds = statistics.median(one.seconds for one in runs)
        last = runs[-1]
        print(f"{name:24} {seconds:8.1f} {last.exports:19} {last.annotations:12}  {last.poisoned or '-'}")
    ratio = statistics.median(two.seconds / one.seconds for one, two in zip(plain, spoilt, strict=True))
    print(f"ratio {ratio:.2f} (goal: at most {GOAL})")
    whole = {(one.annotations, one.poisoned) for one in plain} == {(len(stage.items), ())}
    named = {(one.annotations, one.poisoned) for one in spoilt} == {(len(stage.items) - 1, (victim,))}
    return 0 if whole and named and ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
