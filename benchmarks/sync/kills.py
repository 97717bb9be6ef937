"""Kill pushes and pulls at random moments and run them again: is anything lost, doubled or unreadable?

    python -m benchmarks.sync.kills --kills 100

A push, one after texts, suggestions and plan have changed, one of suggestions that came later, and a pull run in a
process of their own against a real Label Studio, and get SIGKILL a moment after one of their requests began or ended.
They are run again, and killed again, until they come to their end. After each kill the workspace's database must be
whole; in the end everything must be as an undisturbed run leaves it, and one more run must find nothing to do.

Goals: nothing lost, nothing doubled, no database broken, the same end state everywhere.
"""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.sync.sweep import (
    Bench,
    State,
    after_changes,
    annotation_rows,
    before_changes,
    kept,
    on_server,
    served,
    suggestion,
)
from curation.records import Article
from curation.store import Store
from curation.studio.pull import pull
from curation.studio.push import push

_COMMAND = """
import json, sys
from pathlib import Path
sys.modules["rfc3987_syntax"] = None  # an optional import of jsonschema, which takes a second
import httpx
from curation.catalog import Root, Schemas, load_task
from curation.store import Store
from curation.studio import delivery, pull, push
from curation.studio.client import Client
from curation.studio.credentials import Credentials

which, folder, definitions, url, token, title = json.load(sys.stdin)
pull.CHUNK = 8
push.CHUNK = delivery.CHUNK = 15
delivery._LEFT_OVER = (0.3, 0.7)
root = Root(Path(definitions), is_workspace=True, settings={})
task = load_task(root, "mini")

send = httpx.Client.request
def told(*arguments, **settings):
    print("request", flush=True)
    answer = send(*arguments, **settings)
    print("answer", flush=True)
    return answer
httpx.Client.request = told

with Store(Path(folder)) as store, Client(Credentials(url, token, "test")) as client:
    if which == "push":
        push.push(store, task, store.articles, client, project_title=title)
    else:
        pull.pull(store, task, Schemas(root.folder("schemas")), client, project_title=title)
print("done", flush=True)
"""

_AT_MOST = 10
"""Kills before a command is let alone and compared."""

Moment = tuple[int, float]
"""After how many beginnings and ends of requests, and how many seconds after that."""


@dataclass
class Tally:
    """What came of killing one command: `wrong` says what was different in the end, `broken` what SQLite found."""

    kills: int = 0
    rounds: int = 0
    lost: int = 0
    doubled: int = 0
    broken: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing happened to anything."""
        return not (self.lost or self.doubled or self.broken or self.wrong)

    def compare(self, found: State, wanted: State) -> None:
        """Note what a round has lost, doubled or changed."""
        self.rounds += 1
        self.lost += (wanted["items"] - found["items"]).total()
        self.doubled += (found["items"] - wanted["items"]).total()
        self.wrong += [f"round {self.rounds}: {name}" for name in wanted if found[name] != wanted[name]]


@dataclass(frozen=True)
class Command:
    """A push or a pull of a workspace in a process of its own."""

    which: str
    folder: Path
    title: str
    bench: Bench

    def run(self, kill_at: Moment | None = None) -> bool:
        """Run it, to its end or until it is killed; whether it came to its end."""
        process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin is not None
        assert process.stdout is not None
        credentials, definitions = self.bench.credentials, self.bench.schemas.folder.parent
        arguments = [self.which, str(self.folder), str(definitions), credentials.url, credentials.token, self.title]
        process.stdin.write(json.dumps(arguments))
        process.stdin.close()
        events, pause = kill_at or (10**9, 0.0)
        told = "".join(itertools.islice(process.stdout, events))
        time.sleep(pause)
        if "done" not in told:
            process.send_signal(signal.SIGKILL)
        process.stdout.read()
        process.stdout.close()
        if process.wait() not in (0, -signal.SIGKILL):
            raise RuntimeError(f"the {self.which} ended with {process.returncode}")
        return process.returncode == 0

    def harass(self, tally: Tally, dice: Random, events: int, most: int) -> None:
        """Run it until it comes to its end, killed at `most` so often. Each run goes on where the last one stopped."""
        before = tally.kills
        while tally.kills - before < most:
            moment = 1 + int(events * dice.random() ** 2), 0.05 * dice.random()
            if self.run(moment):
                return
            tally.kills += 1
            tally.broken += damage(self.folder)
        if not self.run():
            raise RuntimeError(f"the {self.which} does not come to its end")


Round = Callable[[Tally, int], None]
"""Has one command killed at most so often, to its end, and notes what came of it."""


def kill(bench: Bench, kills: int, *, items: int, dice: Random) -> Iterator[tuple[str, Tally]]:
    """Kill each command so often in all; gives its name and what came of it."""
    for name, course in (("push", _push), ("changes", _change), ("suggestions", _suggest), ("pull", _pull)):
        tally = Tally()
        with course(bench, items, dice) as attempt:
            while tally.kills < kills:
                attempt(tally, min(_AT_MOST, kills - tally.kills))
        yield name, tally


def damage(folder: Path) -> list[str]:
    """What SQLite finds wrong with the database of a workspace."""
    with closing(sqlite3.connect(folder / "curation.db")) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    return [] if found == ["ok"] else found


@contextmanager
def _workspace(bench: Bench, articles: Sequence[Article]) -> Iterator[tuple[Store, Path, str]]:
    """A store with these articles, its folder, and the title of a project of its own, that is removed afterwards."""
    title = f"kills {uuid.uuid4().hex[:10]}"
    with bench.store(articles) as store:
        yield store, store.path.parent, title
    with bench.client() as client:
        for one in client.projects(title):
            client.delete("projects", one["id"])


@contextmanager
def _push(bench: Bench, items: int, dice: Random) -> Iterator[Round]:
    def attempt(tally: Tally, most: int) -> None:
        articles = bench.articles(items)
        with _workspace(bench, articles) as (store, folder, title), bench.client() as client:
            Command("push", folder, title, bench).harass(tally, dice, 30, most)
            projects = client.projects(title)
            there = on_server(client, projects[0]["id"])
            entries = store.ledger.pushes(client.server, projects[0]["id"])
            again = push(store, bench.task, articles, client, project_title=title)
        wanted = {
            "items": Counter(f"#{number}" for number in range(items)),
            "projects": 1,
            "states": {"sent"},
            "noted": sorted(there),
            "sent again": 0,
        }
        found = {
            "items": Counter(there.values()),
            "projects": len(projects),
            "states": {entry.state for entry in entries.values()},
            "noted": sorted(entry.ls_task_id or 0 for entry in entries.values()),
            "sent again": again.sent,
        }
        tally.compare(found, wanted)

    yield attempt


@contextmanager
def _change(bench: Bench, items: int, dice: Random) -> Iterator[Round]:
    undisturbed = bench.articles(items)
    with _workspace(bench, undisturbed) as (store, _, title), bench.client() as client:
        articles = before_changes(bench, store, undisturbed, client, title)
        push(store, bench.task, articles, client, project_title=title)
        wanted = after_changes(articles, client, title)

    def attempt(tally: Tally, most: int) -> None:
        made = bench.articles(items)
        with _workspace(bench, made) as (store, folder, title), bench.client() as client:
            articles = before_changes(bench, store, made, client, title)
            Command("push", folder, title, bench).harass(tally, dice, 60, most)
            reached = after_changes(articles, client, title)
            again = push(store, bench.task, articles, client, project_title=title)
        more = {"sent again": (again.sent, again.updated, again.suggested)}
        tally.compare({**reached, **more}, {**wanted, "sent again": (0, (), 0)})

    yield attempt


@contextmanager
def _suggest(bench: Bench, items: int, dice: Random) -> Iterator[Round]:
    def attempt(tally: Tally, most: int) -> None:
        articles = bench.articles(items)
        with _workspace(bench, articles) as (store, folder, title), bench.client() as client:
            project = push(store, bench.task, articles, client, project_title=title).project_id
            with store.transaction():
                for article in articles:
                    store.predictions.put(suggestion(article))
            Command("push", folder, title, bench).harass(tally, dice, 20 + 2 * items, most)
            there = on_server(client, project)
            found = Counter(there[one["task"]] for one in client.suggestions(project))
            again = push(store, bench.task, articles, client, project_title=title)
        wanted = Counter(f"#{number}" for number in range(items))
        tally.compare({"items": found, "sent again": again.suggested}, {"items": wanted, "sent again": 0})

    yield attempt


@contextmanager
def _pull(bench: Bench, items: int, dice: Random) -> Iterator[Round]:
    """All pulls are of one project: they write nothing there."""
    articles = bench.articles(items)
    texts = {article.id: article.text for article in articles}
    with _workspace(bench, articles) as (store, _, title), bench.client() as client:
        project = push(store, bench.task, articles, client, project_title=title).project_id
        # One by one: of annotations that come with their items, the server may lose the mark that there are some.
        for found in list(client.find_tasks(project, texts)):
            client.annotate(found.ls_task_id, annotation_rows(texts[found.article_id]))
            client.annotate(found.ls_task_id, [], was_cancelled=True)
        # The server tells its time in whole seconds: what was annotated in the second of the first pull would be taken
        # for later than that.
        time.sleep(1.5)
        # Whoever has pushed knows more of what the project has shown, and since when.
        with bench.store(articles) as undisturbed:
            pull(undisturbed, bench.task, bench.schemas, client, project_title=title)
            wanted = _state(undisturbed)

        def attempt(tally: Tally, most: int) -> None:
            with bench.store(articles) as fresh:
                Command("pull", fresh.path.parent, title, bench).harass(tally, dice, 20, most)
                reached = _state(fresh)
                again = pull(fresh, bench.task, bench.schemas, client)
                tally.compare({**reached, "new again": not again.nothing_new}, {**wanted, "new again": False})

        yield attempt


def _state(store: Store) -> dict[str, Any]:
    """Everything that a pull leaves, but for times."""
    pulled = [project.cursor is not None for project in store.ledger.projects()]
    return {**kept(store), "annotators": store.ledger.annotators(), "pulled": pulled}


def main() -> int:
    """Run and print; exit status 1 if anything was lost, doubled, broken or different."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="how many in all (default: 100)")
    parser.add_argument("--items", type=int, default=40, help="how many articles (default: 40)")
    parser.add_argument("--seed", type=int, default=20261123, help="of the random moments (default: 20261123)")
    options = parser.parse_args()
    clean = True
    with served(patience=60.0) as bench:
        print(f"{'command':12} {'kills':>6} {'rounds':>7} {'lost':>5} {'doubled':>8}  broken or different")
        for command, tally in kill(bench, -(-options.kills // 4), items=options.items, dice=Random(options.seed)):
            print(
                f"{command:12} {tally.kills:6} {tally.rounds:7} {tally.lost:5} {tally.doubled:8}  "
                f"{', '.join((*tally.broken, *tally.wrong)) or '-'}",
                flush=True,
            )
            clean = clean and tally.is_clean
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
