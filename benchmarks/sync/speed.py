"""How fast a pull is, beside Label Studio's own export of the same project, and what a second push and pull cost.

    python -m benchmarks.sync.speed --items 10000

A real Label Studio gets articles of some 700 words with two annotations of 27 rows each. Then, in turn and each in a
fresh process: the server's own JSON export into a file, and `curation studio pull` into a fresh workspace. Then 20
annotations are changed and pulled. Last, push and pull are run once more, with all requests counted.

Goals: the first pull is no slower than the server's own export; from 10,000 items on, a pull of 20 changes takes less
than a twentieth of the first one; a second push and a second pull of an unchanged project write nothing.

Ratios are of wall clock, since client and server work side by side: run it on a machine that does nothing else. CPU
seconds, the server's too (on Linux), say more on one that does.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.corruption.valid import arrow, field_row, span_row
from benchmarks.ls_exports import Exporter
from benchmarks.measure import Run, run_once
from benchmarks.sync.proxy import FaultProxy
from curation.catalog import Task
from curation.records import Article
from curation.store import Store
from curation.studio import server
from curation.studio.accounts import invite
from curation.studio.client import CHUNK, Client
from curation.studio.credentials import Credentials
from curation.studio.installation import data_of
from curation.studio.pull import pull
from curation.studio.push import push
from curation.studio.tasks import ls_task
from curation.text import content_hash
from curation.workspace import Workspace, init

GOAL_FIRST = 1.0
GOAL_SECOND = 1 / 20
LARGE = 10_000
CHANGES = 20

_EXPORT = """
import os, sys
import httpx
url, project, path = os.environ["LABEL_STUDIO_URL"], *sys.argv[1:]
token = httpx.post(f"{url}/api/token/refresh", json={"refresh": os.environ["LABEL_STUDIO_API_KEY"]}).json()["access"]
url, headers = f"{url}/api/projects/{project}/export?exportType=JSON", {"Authorization": f"Bearer {token}"}
with open(path, "wb") as file, httpx.stream("GET", url, headers=headers, timeout=None) as answer:
    answer.raise_for_status()
    for part in answer.iter_bytes():
        file.write(part)
"""


@dataclass(frozen=True, slots=True)
class Studio:
    """A running Label Studio, its administrator, two people who annotate, and where its own data lie."""

    running: server.RunningServer
    credentials: Credentials
    people: tuple[int, ...]

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return data_of(self.running.data_dir) / "label_studio.sqlite3"

    @property
    def cpu(self) -> float:
        """The CPU seconds that it has used; 0 where that cannot be told."""
        try:
            fields = Path(f"/proc/{self.running.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Timed:
    """One run of a command, and the server's CPU seconds meanwhile."""

    run: Run
    server: float


@contextmanager
def studio(folder: Path) -> Iterator[Studio]:
    """A Label Studio in a folder, on loopback, that is stopped at the end."""
    running = server.start(folder, legacy_tokens=True)
    try:
        credentials = Credentials(running.url, running.token, "")
        people = []
        for number in (1, 2):
            token = invite(running.url, running.token, f"annotator-{number}@example.com", "a-long-password-1")
            with Client(Credentials(running.url, token, "")) as one:
                people.append(int(one.whoami()["id"]))
        yield Studio(running, credentials, tuple(people))
    finally:
        server.stop(folder)


def rows_of(task: Task, text: str, dice: Random) -> list[dict[str, Any]]:
    """27 rows: four actors and three claims with what is asked of each, two stances, four relations."""
    places, at = [], 0
    for word in text.split(" "):
        places.append((at, at + len(word)))
        at += len(word) + 1
    rows, names = [], []
    for label, words, asked in (("Actor", 2, ("type", "name")),) * 4 + (("Claim", 9, ("kind", "quotation")),) * 3:
        first = dice.randrange(len(places) - words)
        start, end = places[first][0], places[first + words - 1][1]
        names.append(f"{dice.getrandbits(40):010x}")
        row = span_row(names[-1], label, text[start:end], start, end)
        place = {key: row["value"][key] for key in ("start", "end", "text")}
        rows.append(row)
        for name in asked:
            one = task.labels[label].attributes[name]
            rows.append(field_row(one, names[-1], [dice.choice(one.values or ("Elena Moss",))], place))
    forms = (one for one in task.choices.values() if one.required)
    rows += [field_row(one, f"{dice.getrandbits(40):010x}", [dice.choice(one.values)], {}) for one in forms]
    ends = ((names[0], names[4]), (names[1], names[5]), (names[2], names[6]), (names[3], names[4]))
    return [*rows, *(arrow(source, target, "supports") for source, target in ends)]


def prepare(folder: Path, there: Studio, items: int) -> tuple[Workspace, int]:
    """A workspace whose articles stand on the server with two annotations each; it and the project's number."""
    workspace, task = init(folder), Workspace(folder).task()
    exporter, dice = Exporter(), Random(5)
    texts = (exporter.item(number)["data"]["text"] for number in range(items))
    with Store(folder) as store, Client(there.credentials) as client:
        project = push(store, task, [], client).project_id
        batch: list[dict[str, Any]] = []
        for number, text in enumerate(texts):
            article = Article(f"a{number:06}", text, content_hash(text), text[:50])
            with store.transaction():
                store.articles.add(article)
            annotations = [{"result": rows_of(task, text, dice), "completed_by": person} for person in there.people]
            batch.append({**ls_task(article), "annotations": annotations})
            if len(batch) == 2 * CHUNK or number + 1 == items:
                client.import_tasks(project, batch)
                batch.clear()
        await_annotations(client, project, 2 * items)
        # What is there is noted down.
        push(store, task, store.articles.to_annotate(), client)
    return workspace, project


def await_annotations(client: Client, project: int, wanted: int) -> None:
    """Wait until the server has marked what was imported. Raises `RuntimeError` if it does not come to that."""
    for _ in range(600):
        if client.count_annotations(project) == wanted:
            return
        time.sleep(1)
    raise RuntimeError(f"the server has {client.count_annotations(project)} annotations of {wanted}")


def spread(there: Studio, project: int) -> None:
    """Let what is on the server be some weeks old, as annotations are, rather than all of the last minutes."""
    with closing(sqlite3.connect(there.database, timeout=60)) as connection, connection:
        for table in ("task", "task_completion"):
            connection.execute(
                f"UPDATE {table} SET updated_at = datetime(updated_at, '-30 days', '+' || (id * 3) || ' seconds')"
                " WHERE project_id = ?",
                (project,),
            )


def timed(there: Studio, command: list[str]) -> Timed:
    """Run a command in a fresh process."""
    before = there.cpu
    run = run_once(command)
    return Timed(run, there.cpu - before)


def pulled(there: Studio, folder: Path) -> Timed:
    """A pull on the command line."""
    return timed(there, [sys.executable, "-m", "curation", "studio", "pull", "-w", str(folder)])


def change(client: Client, project: int, task: Task) -> None:
    """Let some annotations be changed, spread over the project."""
    listed = [item.ls_task_id for item in client.list_tasks(project)]
    chosen = listed[:: max(1, len(listed) // CHANGES)][:CHANGES]
    dice = Random(time.time())
    for item in client.export_tasks(project, chosen):
        annotation = item["annotations"][0]
        client.change_annotation(annotation["id"], result=rows_of(task, item["data"]["text"], dice))


def writes(there: Studio, run: Callable[[Client], object]) -> int:
    """How many requests of a run may write. Tokens and checks do not count: they leave everything as it was."""
    proxy = FaultProxy(there.credentials.url)
    try:
        through = Credentials(proxy.url, there.credentials.token, "", there.credentials.server)
        with Client(through) as client:
            run(client)
    finally:
        proxy.close()
    harmless = ("GET ", "POST /api/token/refresh", "POST /api/projects/validate/")
    return sum(not line.startswith(harmless) and "/validate/" not in line for line in proxy.requests)


def report(name: str, runs: list[Timed]) -> float:
    """Print the medians of a command; returns the wall clock's."""
    wall = statistics.median(one.run.wall for one in runs)
    cpu, of_server = (statistics.median(each) for each in ([r.run.cpu for r in runs], [r.server for r in runs]))
    peak = statistics.median(one.run.peak for one in runs)
    print(f"{name:28}  {wall:8.2f}  {cpu:8.2f}  {of_server:13.2f}  {peak:8.1f}", flush=True)
    return wall


def judged(name: str, value: float, goal: str, met: bool) -> bool:
    """Print a figure with its goal."""
    print(f"{name:44}  {value:9.4f}  (goal: {goal}{'' if met else ', MISSED'})", flush=True)
    return met


def main() -> int:
    """Measure and print; exit status 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000, help="how many articles (default: 1000)")
    parser.add_argument("--n", type=int, default=3, help="rounds of the comparison (default: 3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, studio(Path(name) / "studio") as there:
        os.environ |= {"LABEL_STUDIO_URL": there.credentials.url, "LABEL_STUDIO_API_KEY": there.credentials.token}
        # An installed program is compiled once.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(name) / "compiled")
        run_once([sys.executable, "-c", "import curation.cli.studio, curation.studio.pull, curation.workspace"])
        return 0 if measure(Path(name), there, options.items, options.n) else 1


def measure(folder: Path, there: Studio, items: int, rounds: int) -> bool:
    """All of it; whether every goal is met."""
    workspace, project = prepare(folder / "pushed", there, items)
    task, schemas = workspace.task(), workspace.schemas
    spread(there, project)
    exports, firsts, seconds = list[Timed](), list[Timed](), list[Timed]()
    for number in range(rounds):
        exports.append(timed(there, [sys.executable, "-c", _EXPORT, str(project), str(folder / "export.json")]))
        fresh = folder / f"fresh-{number}"
        shutil.copytree(workspace.path, fresh)
        firsts.append(pulled(there, fresh))
        with Store(fresh) as store:
            assert len(store.annotations) == 2 * items, len(store.annotations)
    size = (folder / "export.json").stat().st_size / 1e6
    with Client(there.credentials) as client:
        for _ in range(rounds):
            change(client, project, task)
            seconds.append(pulled(there, fresh))
    print(f"{items} items with 2 annotations each, an export of {size:.1f} MB; medians of {rounds}")
    print(f"{'':28}  {'wall s':>8}  {'CPU s':>8}  {'server CPU s':>13}  {'peak MB':>8}")
    report("the server's own export", exports)
    first, second = report("first pull", firsts), report(f"pull of {CHANGES} changes", seconds)
    ratio = statistics.median(ours.run.wall / theirs.run.wall for ours, theirs in zip(firsts, exports, strict=True))
    met = judged("first pull / the server's own export", ratio, "<= 1", ratio <= GOAL_FIRST)
    soon = second / first < GOAL_SECOND
    met &= judged(f"pull of {CHANGES} changes / first pull", second / first, "< 0.05 from 10,000 items on",
                  soon or items < LARGE)  # fmt: skip
    with Store(fresh) as store:
        articles = list(store.articles.to_annotate())
        for _ in range(2):
            pushing = writes(there, lambda client: push(store, task, articles, client))
            pulling = writes(there, lambda client: pull(store, task, schemas, client))
    met &= judged("writes of a second push", pushing, "0", pushing == 0)
    return judged("writes of a second pull", pulling, "0", pulling == 0) and met


if __name__ == "__main__":
    sys.exit(main())
