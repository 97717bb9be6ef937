"""A workspace with one article on a real Label Studio, a real Chromium, and a new annotator for every test."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import curation
from curation.catalog import Root, load_task
from curation.store import Store
from curation.studio import accounts, server
from curation.studio.credentials import SERVER_FOLDER

# Test files are no package: what they share is imported by its bare name.
sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from annotator import Annotator
    from playwright.sync_api import Browser, Page

ARTICLE = (
    "Varnholm will charge drivers from May \U0001f697Mayor Ines Holt told the council on Monday. She said that the "
    "congestion charge\nwould halve the queues at the harbour tunnel within a year.\n"
    "\n"
    "“Nobody has shown us a single count,” replied Tomas Rehn of the Traders’ Guild, for whom the plan is a tax on "
    "early risers. Élodie Åkesson, a night nurse, asked for an exemption: 12,000 people start work before six.\n"
    "\n"
) + "\n\n".join(f"The council heard speaker {number}, who read from a list of streets." for number in range(1, 25))


@dataclass(frozen=True)
class Study:
    """A workspace whose article waits on its own Label Studio."""

    workspace: curation.Workspace
    url: str
    token: str = field(repr=False)
    project_id: int
    text: str


@pytest.fixture(scope="session")
def study(root: Root, tmp_path_factory) -> Iterator[Study]:
    """Served, pushed, and open to as many annotators as there are tests."""
    workspace = curation.init(tmp_path_factory.mktemp("browser") / "study")
    source = workspace.path / "articles.jsonl"
    document = {"id": "harbour", "title": "Varnholm weighs a charge on driving into the old port", "text": ARTICLE}
    source.write_text(json.dumps(document), encoding="utf-8")
    with ExitStack() as ending, pytest.MonkeyPatch.context() as environment:
        for name in ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"):
            environment.delenv(name, raising=False)
        workspace.ingest([source])
        workspace.serve(attached=True)
        ending.callback(workspace.stop_server)
        workspace.push(overlap=50)
        running = server.running(workspace.path / SERVER_FOLDER)
        assert running is not None
        with Store(workspace.path) as store:
            project = store.ledger.project(server.ledger_name(workspace.path / SERVER_FOLDER), load_task(root).name)
        assert project is not None
        yield Study(workspace, running.url, running.token, project.project_id, ARTICLE)


@pytest.fixture
def arabic(study: Study, root: Root, tmp_path, monkeypatch) -> Study:
    """The Arabic article of the sample in a workspace and a project of its own, on the same Label Studio."""
    monkeypatch.setenv("LABEL_STUDIO_URL", study.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", study.token)
    sample = load_task(root, "news-stance").folder / "sample" / "articles" / "wire.jsonl"
    documents = [json.loads(line) for line in sample.read_text(encoding="utf-8").splitlines()]
    (document,) = [document for document in documents if document["lang"] == "ar"]
    source = tmp_path / "arabic.jsonl"
    source.write_text(json.dumps(document), encoding="utf-8")
    workspace = curation.init(tmp_path / "arabic")
    workspace.ingest([source])
    project_id = workspace.push(new_project=True).project_id
    return Study(workspace, study.url, study.token, project_id, document["text"])


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; without one these tests fail."""
    from annotator import open_browser
    from chromium import find

    executable = find()
    assert executable is not None, "no Chromium. Fix: make browser"
    with open_browser(executable) as browser:
        yield browser


@pytest.fixture
def opened(report: Path, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens the page that a module's `report` is in a window, all of it unfolded.

    Whatever happens, no script fails and nothing is fetched.
    """
    from annotator import MEASURE

    complaints: list[str] = []
    with ExitStack() as windows:

        def open_page(width: int = 1280, height: int = 900, **options: Any) -> Page:
            context = chromium.new_context(viewport={"width": width, "height": height}, **options)
            windows.callback(context.close)
            # Pages must not run what is not theirs: measuring goes by another way than the page's own scripts.
            context.add_init_script(MEASURE)
            page = context.new_page()
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("request", lambda request: request.url.startswith("file:") or complaints.append(request.url))
            page.goto(report.as_uri())
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            return page

        yield open_page
        assert complaints == []


@pytest.fixture
def annotator(study: Study, chromium: Browser) -> Iterator[Callable[..., Annotator]]:
    """Seats an annotator who has never been here before at a window of that size, with the article open.

    Whatever a test does, Label Studio must not complain of doubled hotkeys, no script may fail, and nothing may be
    fetched from elsewhere: articles can be confidential.
    """
    from annotator import Annotator

    people: list[Annotator] = []
    with ExitStack() as seats:

        def seat(width: int = 1280, height: int = 800, project_id: int = study.project_id) -> Annotator:
            email, password = f"{uuid.uuid4().hex[:10]}@example.com", uuid.uuid4().hex
            accounts.invite(study.url, study.token, email, password)
            person = seats.enter_context(Annotator(chromium, study.url, width=width, height=height))
            people.append(person)
            person.log_in(email, password)
            person.open_stream(project_id)
            return person

        yield seat
        assert [line for person in people for line in person.console if "already added" in line] == []
        assert [error for person in people for error in person.errors] == []
        assert [url for person in people for url in person.foreign_requests] == []
