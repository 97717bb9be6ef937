"""A real Label Studio for the tests of each worker, and fresh projects on it."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
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
from curation.text import content_hash
from tests.studio.postgresql import MISSING, Cluster, cluster, find

ROOT = Path(__file__).resolve().parents[2]
ON_POSTGRESQL = os.environ.get("CURATION_TEST_DATABASE") == "postgresql"
"""Whether the server has its data in PostgreSQL, as `make test-postgres` wants it."""


@dataclass(frozen=True)
class LabelStudio:
    """The worker's server and its administrator."""

    url: str
    token: str = field(repr=False)
    email: str
    password: str = field(repr=False)
    data_dir: Path

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.url, self.token, "test")


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
    """This worker's own: on SQLite, a server runs requests again that found the database locked by others."""
    folder, database = tmp_path_factory.getbasetemp() / "studio", None
    if ON_POSTGRESQL:
        running = request.getfixturevalue("postgresql")
        database = running.database(like=running.migrated())
    try:
        found = server.start(folder, server.Asked(database=database), detach=True, legacy_tokens=True)
        yield LabelStudio(found.url, found.token, found.email, found.password, folder)
    finally:
        server.stop(folder)


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


@pytest.fixture(scope="session")
def annotators(label_studio) -> list[Credentials]:
    """Two people who annotate, the same for all tests."""
    emails = [f"annotator-{number}@example.com" for number in (1, 2)]
    tokens = [invite(label_studio.url, label_studio.token, email, "a-long-password-1") for email in emails]
    return [Credentials(label_studio.url, token, "test") for token in tokens]


@pytest.fixture
def people(annotators) -> Iterator[list[Client]]:
    """The annotators' connections."""
    opened = [Client(one) for one in annotators]
    yield opened
    for one in opened:
        one.close()


@pytest.fixture
def study(workspace, label_studio, title, monkeypatch) -> curation.Workspace:
    """A workspace with four articles, which uses the worker's server and a project of its own there."""
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
    """Between the test and the worker's server."""
    made = FaultProxy(label_studio.url)
    yield made
    made.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the server."""
    for item in items:
        if ON_POSTGRESQL and item.get_closest_marker("poison"):
            item.add_marker(pytest.mark.skip("PostgreSQL refuses the text that would poison an item"))
        if "label_studio" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.server)
