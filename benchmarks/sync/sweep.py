"""A fault at every request of pushes, of sending suggestions, and of a pull: is anything lost or doubled?"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.sync.proxy import FaultProxy
from curation.articles.selection import Request, select
from curation.catalog import Root, Schemas, Task, builtin_root, load_task
from curation.errors import CurationError
from curation.records import Annotation, Article, Mention
from curation.store import Store
from curation.studio import delivery, pull, push, server
from curation.studio.client import CHUNK, Client
from curation.studio.credentials import Credentials
from curation.text import content_hash

FAULTS: tuple[tuple[str, str, bool], ...] = (
    ("connection refused", "refused", True),
    ("reset before the server has it", "reset", False),
    ("reset after the server has done it", "reset", True),
    ("502 after the server has done it", "502", True),
    ("429 with Retry-After, not done", "429, Retry-After", False),
    ("429 with Retry-After, done", "429, Retry-After", True),
    ("answer cut in the middle", "cut", True),
    ("answer stalled beyond patience", "stall", True),
)
"""Name, what the proxy does, and whether the server gets the request."""

COMMANDS = ("push", "changes", "suggestions", "pull")
"""Which runs of commands are disturbed."""

INTERFACE = """\
<View>
  <Labels name="span" toName="text" choice="single"><Label value="Actor"/></Labels>
  <Text name="text" value="$text"/>
  <Choices name="tone" toName="text" choice="single-radio" required="true">
    <Choice value="calm"/>
    <Choice value="heated"/>
  </Choices>
</View>
"""

TASK = """\
name = "mini"
version = "1"
title = "Mini"
description = "A small task for tests and benchmarks."
language = "en"

[interface]
text = "text"
labels = "span"

[labels.Actor]

[choices.tone]
kind = "choice"
values = ["calm", "heated"]
required = true
"""

_CHANGED = 3

State = dict[str, Any]
"""What is to be the same after a disturbed run as after one that was left in peace."""


@dataclass
class Outcome:
    """Of one command under one fault: at how many requests it was tried, and how it ended.

    `at_once` runs came through by themselves; the others needed the command once more. `wrong` says at which request
    something was lost, doubled or otherwise different in the end.
    """

    tried: int = 0
    at_once: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Bench:
    """A real server, a small task on it, and how long a client waits for an answer."""

    credentials: Credentials
    task: Task
    schemas: Schemas
    patience: float
    stall: float

    def articles(self, number: int) -> list[Article]:
        """So many articles that no other run has."""
        mark = uuid.uuid4().hex[:8]
        texts = [f"Report {n} of {mark}.\n\nThe mayor said: “no” 🚦 and left." for n in range(number)]
        return [Article(f"{mark}-{n}", text, content_hash(text)) for n, text in enumerate(texts)]

    @contextmanager
    def store(self, articles: Iterable[Article]) -> Iterator[Store]:
        """A fresh store with these articles."""
        with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
            with store.transaction():
                for article in articles:
                    store.articles.add(article)
            yield store

    def client(self, url: str | None = None) -> Client:
        """A connection, straight or through a proxy; in the ledger they are the same server."""
        through = Credentials(url or self.credentials.url, self.credentials.token, "", self.credentials.server)
        return Client(through, timeout=self.patience)


@contextmanager
def served(*, patience: float, stall: float = 0.0) -> Iterator[Bench]:
    """A bench on a Label Studio of its own, which is stopped afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        running = server.start(folder / "studio", legacy_tokens=True)
        try:
            task, schemas = mini(folder)
            yield Bench(Credentials(running.url, running.token, ""), task, schemas, patience, stall)
        finally:
            server.stop(folder / "studio")


@contextmanager
def batches(size: int) -> Iterator[None]:
    """Send and fetch so many items at a time, so that there are many requests to spoil."""
    modules = (delivery, push, pull)
    before = [vars(module)["CHUNK"] for module in modules]
    for module in modules:
        vars(module)["CHUNK"] = size
    try:
        yield
    finally:
        for module, usual in zip(modules, before, strict=True):
            vars(module)["CHUNK"] = usual


def mini(folder: Path) -> tuple[Task, Schemas]:
    """A small task with spans and one question, in `folder`, and the schemas beside it."""
    schemas = folder / "schemas"
    shutil.copytree(builtin_root() / "schemas", schemas)
    task = folder / "tasks" / "mini"
    task.mkdir(parents=True, exist_ok=True)
    (task / "task.toml").write_text(TASK)
    (task / "interface.xml").write_text(INTERFACE)
    (task / "codebook.md").write_text("# Mini\n\nMark actors.\n")
    return load_task(Root(folder, is_workspace=True, settings={}), "mini"), Schemas(schemas)


def sweep(
    bench: Bench,
    *,
    items: int,
    indexes: Callable[[int], Sequence[int]],
    faults: Sequence[tuple[str, str, bool]] = FAULTS,
    commands: Collection[str] = COMMANDS,
) -> Iterator[tuple[str, str, Outcome]]:
    """Try each command under each fault; `indexes` picks requests of so many. Gives command, fault and outcome."""
    ways = dict(zip(COMMANDS, (_push, _change, _suggest, _pull), strict=True))
    for name, command in ways.items():
        if name not in commands:
            continue
        with command(bench, items) as attempt:
            number, wanted = attempt(None)
            for told, fault, deliver in faults:
                outcome = Outcome()
                for index in indexes(number):
                    again, found = attempt((fault, index, deliver))
                    outcome.tried += 1
                    outcome.at_once += again == 0
                    outcome.lost += sum(((wanted["items"] or Counter()) - found["items"]).values())
                    outcome.doubled += sum((found["items"] - wanted["items"]).values())
                    if found != wanted:
                        outcome.wrong.append(f"request {index}")
                yield name, told, outcome


Attempt = Callable[[tuple[str, int, bool] | None], tuple[int, State]]
"""Runs a command, under a fault if one is given: how many requests it took (without a fault) or how often it had to be
run again, and what the state is then."""


@contextmanager
def _push(bench: Bench, items: int) -> Iterator[Attempt]:
    def attempt(spoilt: tuple[str, int, bool] | None) -> tuple[int, State]:
        articles = bench.articles(items)
        title = f"sweep {uuid.uuid4().hex[:10]}"
        with bench.store(articles) as store, bench.client() as straight:

            def run(client: Client) -> None:
                push.push(store, bench.task, articles, client, project_title=title)

            number = _through(bench, run, spoilt)
            project = store.ledger.project(straight.server, bench.task.name)
            assert project is not None
            found = Counter(on_server(straight, project.project_id).values())
            entries = store.ledger.pushes(straight.server, project.project_id)
            state = {
                "items": found,
                "projects": len(straight.projects(title)),
                "ledger": Counter(entry.state for entry in entries.values()),
            }
            for one in straight.projects(title):
                straight.delete("projects", one["id"])
        return number, state

    yield attempt


@contextmanager
def _change(bench: Bench, items: int) -> Iterator[Attempt]:
    """A push after the texts of a few articles, their suggestions and the plan have changed."""

    def attempt(spoilt: tuple[str, int, bool] | None) -> tuple[int, State]:
        articles = bench.articles(items)
        title = f"sweep {uuid.uuid4().hex[:10]}"
        with bench.store(articles) as store, bench.client() as straight:
            changed = before_changes(bench, store, articles, straight, title)

            def run(client: Client) -> None:
                push.push(store, bench.task, changed, client, project_title=title)

            number = _through(bench, run, spoilt)
            state = after_changes(changed, straight, title)
            for one in straight.projects(title):
                straight.delete("projects", one["id"])
        return number, state

    yield attempt


def before_changes(
    bench: Bench, store: Store, articles: Sequence[Article], client: Client, title: str
) -> list[Article]:
    """Push articles with suggestions, then change texts, suggestions and plan; gives what is to be pushed now."""
    few, others = articles[:_CHANGED], articles[_CHANGED : 2 * _CHANGED]
    with store.transaction():
        for article in (*few, *others):
            store.predictions.put(suggestion(article))
    push.push(store, bench.task, articles, client, project_title=title)
    texts = [f"{article.text} Later." for article in few]
    new = [replace(one, text=text, sha256=content_hash(text)) for one, text in zip(few, texts, strict=True)]
    with store.transaction():
        for article in new:
            store.articles.replace(article)
        for article in (*new, *others):
            store.predictions.put(suggestion(article, 4))
    select(store, Request(annotators=("x", "y", "z"), overlap=1, calibration=2))
    return [*new, *articles[_CHANGED:]]


def after_changes(articles: Sequence[Article], client: Client, title: str) -> State:
    """How often each article is there as it is now, with which suggestions; how many go to how many annotators."""
    [project] = client.projects(title)
    number = int(project["id"])
    texts = {article.id: article.sha256 for article in articles}
    there = list(client.find_tasks(number, texts))
    names = {one.ls_task_id: f"#{one.article_id.partition('-')[2]}" for one in there}
    return {
        "items": Counter(names[one.ls_task_id] for one in there if one.sha256 == texts[one.article_id]),
        "suggestions": Counter((names[one["task"]], str(one["result"])) for one in client.suggestions(number)),
        "overlaps": Counter(one.overlap for one in there),
        "project's": client.project(number)["maximum_annotations"],
    }


@contextmanager
def _suggest(bench: Bench, items: int) -> Iterator[Attempt]:
    def attempt(spoilt: tuple[str, int, bool] | None) -> tuple[int, State]:
        articles = bench.articles(items)
        title = f"sweep {uuid.uuid4().hex[:10]}"
        with bench.store(articles) as store, bench.client() as straight:
            project = push.push(store, bench.task, articles, straight, project_title=title).project_id
            with store.transaction():
                for article in articles:
                    store.predictions.put(suggestion(article))

            def run(client: Client) -> None:
                push.push(store, bench.task, articles, client, project_title=title)

            number = _through(bench, run, spoilt)
            there = on_server(straight, project)
            found = Counter(there[one["task"]] for one in straight.suggestions(project))
            straight.delete("projects", project)
        return number, {"items": found}

    yield attempt


@contextmanager
def _pull(bench: Bench, items: int) -> Iterator[Attempt]:
    """All pulls are of one project: they write nothing there."""
    articles = bench.articles(items)
    title = f"sweep {uuid.uuid4().hex[:10]}"
    with bench.store(articles) as store, bench.client() as straight:
        project = push.push(store, bench.task, articles, straight, project_title=title).project_id
        texts = {article.id: article.text for article in articles}
        for found in straight.find_tasks(project, texts):
            straight.annotate(found.ls_task_id, annotation_rows(texts[found.article_id]))
        # The clock of the server has whole seconds: what is noted of that very second differs from pull to pull.
        time.sleep(1.5)

        def attempt(spoilt: tuple[str, int, bool] | None) -> tuple[int, State]:
            with bench.store(articles) as fresh:

                def run(client: Client) -> None:
                    pull.pull(fresh, bench.task, bench.schemas, client, project_title=title)

                number = _through(bench, run, spoilt)
                return number, kept(fresh)

        yield attempt
        straight.delete("projects", project)


def _through(bench: Bench, run: Callable[[Client], None], spoilt: tuple[str, int, bool] | None) -> int:
    """Run a command through a proxy; without a fault the number of its requests, else how often it was run again."""
    proxy = FaultProxy(bench.credentials.url, stall=bench.stall)
    try:
        if spoilt is not None:
            fault, index, deliver = spoilt
            proxy.fail("", {index}, fault, deliver=deliver)
        with bench.client(proxy.url) as client:
            try:
                run(client)
                return 0 if spoilt is not None else len(proxy.requests)
            except CurationError as error:
                if spoilt is None or error.exit.name != "REMOTE":
                    raise
        with bench.client() as client:
            run(client)
        return 1
    finally:
        proxy.close()


def on_server(client: Client, project: int) -> dict[int, str]:
    """The items of a project, and which article each is, by its number: runs have articles of their own."""
    ids = [item.ls_task_id for item in client.list_tasks(project)]
    items = (item for start in range(0, len(ids), CHUNK) for item in client.export_tasks(project, ids[start:][:CHUNK]))
    return {int(item["id"]): f"#{item['data']['article_id'].partition('-')[2]}" for item in items}


def kept(store: Store) -> State:
    """What a store holds of annotations, without what differs from run to run."""
    with closing(sqlite3.connect(store.path)) as connection:
        query = "SELECT id, revision, article_id, annotator, status, record, problems FROM annotations ORDER BY id"
        rows = connection.execute(query).fetchall()
        revisions = connection.execute("SELECT annotation, revision FROM revisions ORDER BY 1, 2").fetchall()
    return {"items": Counter(row[0] for row in rows), "rows": rows, "revisions": revisions}


def annotation_rows(text: str) -> list[dict[str, Any]]:
    """The rows of an annotation of the small task."""
    both = {"to_name": "text", "origin": "manual"}
    value = {"start": 0, "end": 6, "text": text[:6], "labels": ["Actor"]}
    return [
        {"id": "m1", "from_name": "span", "type": "labels", "value": value, **both},
        {"id": "t1", "from_name": "tone", "type": "choices", "value": {"choices": ["calm"]}, **both},
    ]


def suggestion(article: Article, end: int = 6) -> Annotation:
    """What a model might say of an article: that it begins with an actor."""
    mention = Mention("m1", "Actor", 0, end, article.text[:end])
    return Annotation(f"p-{article.id}", article.id, article.sha256, "mini", "1", "model-1", mentions=(mention,))
