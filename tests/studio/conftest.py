"""One real Label Studio for the whole test session, shared by all workers, and fresh projects on it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import curation
from benchmarks.sync.proxy import FaultProxy
from benchmarks.sync.sweep import INTERFACE, TASK
from curation.catalog import Root, Schemas, load_task
from curation.records import Article
from curation.store import Store
from curation.studio import server
from curation.studio.accounts import invite
from curation.studio.client import Client
from curation.studio.credentials import Credentials
from curation.studio.database import PASSWORD_VARIABLE, URL_VARIABLE
from curation.text import content_hash
from tests.studio.postgresql import MISSING, Cluster, cluster, find

ROOT = Path(__file__).resolve().parents[2]
STARTER = (
    "import sys; from pathlib import Path; from curation.studio import database, server;"
    "asked = server.Asked(database=database.wanted(None));"
    "server.start(Path(sys.argv[1]), asked, detach=True, legacy_tokens=True)"
)
ON_POSTGRESQL = os.environ.get("CURATION_TEST_DATABASE") == "postgresql"
"""Whether the session's server has its data in PostgreSQL, as `make test-postgres` wants it."""


@dataclass(frozen=True)
class LabelStudio:
    """The session's server and its administrator."""

    url: str
    token: str = field(repr=False)
    email: str
    password: str = field(repr=False)
    data_dir: Path

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.url, self.token, "test")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _alive(name: str) -> bool:
    try:
        os.kill(int(name), 0)
    except (OSError, ValueError):
        return False
    return True


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL of this worker's own."""
    programs = find()
    if programs is None:
        # A machine that checks in must not skip them unseen.
        (pytest.fail if os.environ.get("CI") or ON_POSTGRESQL else pytest.skip)(MISSING)
    with cluster(programs) as running:
        yield running


@pytest.fixture(scope="session")
def label_studio(tmp_path_factory, request) -> Iterator[LabelStudio]:
    """Started by whichever worker comes first, stopped by whichever leaves last."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    users = shared / "label-studio-users"
    users.mkdir(exist_ok=True)
    me = users / str(os.getpid())
    environment = {**os.environ, **(_database(request.getfixturevalue("postgresql")) if ON_POSTGRESQL else {})}
    with _locked(shared / "label-studio.lock"):
        me.touch()
        # Whoever leaves last stops it: it must be nobody's child that could be left unwaited for.
        subprocess.run([sys.executable, "-c", STARTER, str(shared / "studio")], check=False, env=environment)
        found = server.start(shared / "studio", detach=True, legacy_tokens=True)
    yield LabelStudio(found.url, found.token, found.email, found.password, shared / "studio")
    with _locked(shared / "label-studio.lock"):
        me.unlink(missing_ok=True)
        if not any(_alive(other.name) for other in users.iterdir()):
            server.stop(shared / "studio")


def _database(running: Cluster) -> dict[str, str]:
    made = running.database(like=running.migrated())
    return {URL_VARIABLE: made.url, PASSWORD_VARIABLE: made.password}


@pytest.fixture
def client(label_studio) -> Iterator[Client]:
    """The administrator's connection."""
    with Client(label_studio.credentials) as connection:
        yield connection


@pytest.fixture
def title() -> str:
    """A project title that no other test has.

    Projects are left to the end of the server: where some are deleted at once, it counts no annotation any more.
    """
    return f"test {uuid.uuid4().hex[:12]}"


@pytest.fixture
def definitions(tmp_path) -> Root:
    """A root with one small task, whose files a test may change."""
    folder = tmp_path / "definitions"
    (folder / "tasks" / "mini").mkdir(parents=True)
    (folder / "exports").mkdir()
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    (folder / "tasks" / "mini" / "task.toml").write_text(TASK)
    (folder / "tasks" / "mini" / "interface.xml").write_text(INTERFACE)
    (folder / "tasks" / "mini" / "codebook.md").write_text("# Mini\n\nMark *actors*. <b>Bold</b>\n")
    return Root(folder, is_workspace=True, settings={})


@pytest.fixture
def mini(definitions):
    """The small task."""
    return load_task(definitions, "mini")


@pytest.fixture
def mini_schemas(definitions) -> Schemas:
    """The schemas beside it."""
    return Schemas(definitions.folder("schemas"))


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    """An empty store."""
    with Store(tmp_path) as opened:
        yield opened


@pytest.fixture
def articles(store) -> Callable[[int], list[Article]]:
    """Adds so many articles to the store, which no other test has."""
    mark = uuid.uuid4().hex[:6]

    def add(number: int, start: int = 0) -> list[Article]:
        made = []
        for position in range(start, start + number):
            text = f"Article {position} of {mark}.\n\nThe mayor said: \u201cno\u201d \U0001f6a6 and left."
            article = Article(f"{mark}-{position}", text, content_hash(text), title=f"Article {position}")
            made.append(article)
        with store.transaction():
            for article in made:
                store.articles.add(article)
        return made

    return add


@pytest.fixture
def rows() -> Callable[..., list[dict[str, object]]]:
    """The rows of an annotation of the small task: an actor at an offset of the text, and the article's tone."""

    def make(text: str, start: int = 0, end: int = 7, tone: str = "calm") -> list[dict[str, object]]:
        value = {"start": start, "end": end, "text": text[start:end], "labels": ["Actor"]}
        both = {"to_name": "text", "origin": "manual"}
        return [
            {"id": "m1", "from_name": "span", "type": "labels", "value": value, **both},
            {"id": "t1", "from_name": "tone", "type": "choices", "value": {"choices": [tone]}, **both},
        ]

    return make


@pytest.fixture
def annotators(label_studio) -> list[Credentials]:
    """Two people who annotate, the same for all tests."""
    made = []
    with _locked(label_studio.data_dir / "annotators.lock"):
        for number in (1, 2):
            kept = label_studio.data_dir / f"annotator-{number}.token"
            if not kept.exists():
                email = f"annotator-{number}@example.com"
                kept.write_text(invite(label_studio.url, label_studio.token, email, "a-long-password-1"))
            made.append(Credentials(label_studio.url, kept.read_text(), "test"))
    return made


@pytest.fixture
def people(annotators) -> Iterator[list[Client]]:
    """The annotators' connections."""
    opened = [Client(one) for one in annotators]
    yield opened
    for one in opened:
        one.close()


@pytest.fixture
def study(workspace, label_studio, title, monkeypatch) -> curation.Workspace:
    """A workspace with four articles, which uses the session's server and a project of its own there."""
    toml = workspace.path / "curation.toml"
    toml.write_text(f'{toml.read_text()}\n[studio]\nproject = "{title}"\n')
    mark = uuid.uuid4().hex[:6]
    with Store(workspace.path) as store, store.transaction():
        for number in range(4):
            text = f"Article {number} of {mark}. The mayor left."
            store.articles.add(Article(f"{mark}-{number}", text, content_hash(text)))
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
    monkeypatch.setenv("CURATION_WORKSPACE", str(workspace.path))
    return curation.open(workspace.path)


@pytest.fixture
def proxy(label_studio) -> Iterator[FaultProxy]:
    """Between the test and the session's server."""
    made = FaultProxy(label_studio.url)
    yield made
    made.close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker at a time uses the shared server: on SQLite it runs requests again that found the database locked."""
    for item in items:
        used = getattr(item, "fixturenames", ())
        if ON_POSTGRESQL and item.get_closest_marker("poison"):
            item.add_marker(pytest.mark.skip("PostgreSQL refuses the text that would poison an item"))
        if "label_studio" in used:
            item.add_marker(pytest.mark.server)
            item.add_marker(pytest.mark.xdist_group("label-studio"))
        elif "postgresql" in used:
            item.add_marker(pytest.mark.xdist_group("postgresql"))
