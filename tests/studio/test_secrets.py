"""Tokens end in the middle of work and are renewed once; and none is ever found where people or files could hold it.

Everything here goes through a server of the test's own that stands between and hands requests on to the real one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import logging
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import curation
from curation.errors import CurationError, Exit
from curation.store import Store
from curation.studio import connection, screens, server
from curation.studio import pull as pull_module
from curation.studio.client import Client
from curation.studio.credentials import Credentials
from curation.studio.pull import pull
from curation.studio.push import push

pytestmark = pytest.mark.server


@dataclass
class Request:
    """What came, and what the server between makes of it: handed on, or answered itself."""

    line: str
    headers: dict[str, str]
    body: bytes
    answer: tuple[int, str, dict[str, str], bytes] | None = None
    cut: bool = False


@dataclass
class Between:
    """Hands requests on to a real server, and lets a test look at them and meddle with them."""

    upstream: str
    meddle: Callable[[Request], None] = lambda request: None
    lines: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    url: str = ""

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        request = Request(f"{handler.command} {handler.path}", dict(handler.headers), body)
        self.lines.append(request.line)
        self.secrets.add(request.headers.get("Authorization", "none at all").split()[-1])
        self.meddle(request)
        status, reason, headers, content = request.answer or self._forward(handler, request)
        handler.send_response_only(status, reason)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        with suppress(OSError):
            handler.wfile.write(content[:-5] if request.cut else content)

    def _forward(self, handler: BaseHTTPRequestHandler, request: Request) -> tuple[int, str, dict[str, str], bytes]:
        onward = http.client.HTTPConnection(self.upstream, timeout=120)
        try:
            onward.request(handler.command, handler.path, request.body, request.headers)
            answer = onward.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() in ("content-type", "date")}
            return answer.status, answer.reason, kept, answer.read()
        finally:
            onward.close()


@pytest.fixture
def between(label_studio) -> Iterator[Between]:
    made = Between(label_studio.url.removeprefix("http://"))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.handle(self)

        do_POST = do_PATCH = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
    made.url = f"http://127.0.0.1:{listening.server_port}"
    made.secrets.add(label_studio.token)
    yield made
    listening.shutdown()
    listening.server_close()


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.fixture
def ended(label_studio) -> str:
    """An access token that the real server made in every respect but one: it ended a minute ago."""
    with Client(label_studio.credentials) as client:
        live = client._connection._authorisation()["Authorization"].split()[1]
    head, claims, _ = live.split(".")
    read = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    settings = (label_studio.data_dir / "label-studio" / ".env").read_text()
    (key,) = re.findall(r"^SECRET_KEY=(.*)$", settings, re.MULTILINE)
    signed = f"{head}.{part({**read, 'iat': read['iat'] - 360, 'exp': read['iat'] - 60})}"
    signature = hmac.new(key.strip("'\"").encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


class Ending:
    """Lets the access token of the nth request be one that has ended."""

    def __init__(self, ended: str, nth: int) -> None:
        self._ended, self._nth, self._seen, self.refreshes = ended, nth, 0, 0
        self.line = ""

    def __call__(self, request: Request) -> None:
        if "/api/token/refresh" in request.line:
            self.refreshes += 1
            return
        self._seen += 1
        if self._seen == self._nth:
            self.line = request.line
            request.headers["Authorization"] = f"Bearer {self._ended}"


@pytest.fixture
def through(between, label_studio) -> Iterator[Callable[[], Client]]:
    made: list[Client] = []

    def connect() -> Client:
        # Under the real server's name in the ledger: it is the same server by another way.
        made.append(Client(Credentials(between.url, label_studio.token, "test", label_studio.url)))
        return made[-1]

    yield connect
    for client in made:
        client.close()


OPEN = "POST /api/projects/validate/"
"""Checking an interface that is of no project yet: the server asks nobody who they are."""


def test_the_real_server_refuses_a_token_that_has_ended(ended, between, through):
    """What the next tests build on: without a new token this would be an error."""
    between.meddle = lambda request: request.headers.update(
        {} if "refresh" in request.line else {"Authorization": f"Bearer {ended}"}
    )
    with pytest.raises(CurationError) as caught:
        through().whoami()
    assert caught.value.code == "E_UNAUTHORISED"
    # Once more, with a new token, and then no more.
    assert [line.split("?")[0] for line in between.lines] == [
        "POST /api/token/refresh/", "GET /api/current-user/whoami", "POST /api/token/refresh/",
        "GET /api/current-user/whoami",
    ]  # fmt: skip


def test_a_token_that_ends_anywhere_in_a_pull(
    store,
    mini,
    mini_schemas,
    articles,
    client,
    title,
    rows,
    between,
    through,
    ended,
    tmp_path,
    annotators,
    label_studio,
):
    made = articles(4)
    project = push(store, mini, made, client, project_title=title).project_id
    with Client(annotators[0]) as one:
        for item in client.find_tasks(project, [article.id for article in made]):
            one.annotate(item.ls_task_id, rows(made[0].text))
    between.lines.clear()
    counted = Ending(ended, 0)
    between.meddle = counted

    def pulled(name: str) -> tuple[int, int, list[tuple[Any, ...]]]:
        (tmp_path / name).mkdir()
        store.copy_to(tmp_path / name)
        with Store(tmp_path / name) as copy:
            result = pull(copy, mini, mini_schemas, through())
            kept = copy.annotations.seen_in(label_studio.url, project)
            return result.annotations_new, result.deleted, sorted(map(tuple, kept))

    undisturbed = pulled("undisturbed")
    assert (undisturbed[0], counted.refreshes) == (4, 1)
    number = counted._seen
    for nth in range(1, number + 1):
        between.meddle = ending = Ending(ended, nth)
        assert pulled(f"at {nth}") == undisturbed
        assert (ending.refreshes, ending._seen) == (2, number + 1)


def test_a_token_that_ends_anywhere_in_a_push_doubles_nothing(
    mini, client, title, between, through, ended, tmp_path, articles, store
):
    made = articles(6)
    for nth in count(1):
        between.meddle = ending = Ending(ended, nth)
        (tmp_path / f"at {nth}").mkdir()
        store.copy_to(tmp_path / f"at {nth}")
        with Store(tmp_path / f"at {nth}") as copy:
            result = push(copy, mini, made, through(), project_title=title, new_project=True)
        assert result.sent == 6
        assert client.project(result.project_id)["task_number"] == 6
        if ending._seen < nth:
            break
        assert (ending.refreshes, ending.line) == (1 if ending.line == OPEN else 2, ending.line)
    assert nth > 4


def test_a_personal_token_that_is_revoked_in_mid_pull_ends_in_one_error_and_nothing_is_half_kept(
    store, mini, mini_schemas, articles, client, title, rows, between, through, ended, annotators
):
    made = articles(3)
    project = push(store, mini, made, client, project_title=title).project_id
    with Client(annotators[0]) as one:
        for item in client.find_tasks(project, [article.id for article in made]):
            one.annotate(item.ls_task_id, rows(made[0].text))

    def revoked(request: Request) -> None:
        if "/export" in request.line:
            request.headers["Authorization"] = f"Bearer {ended}"
            between.meddle = lambda later: setattr(
                later, "answer", (401, "Unauthorized", {}, b'{"detail": "Token is blacklisted"}')
            )

    between.meddle = revoked
    with pytest.raises(CurationError, match="blacklisted") as caught:
        pull(store, mini, mini_schemas, through())
    assert (caught.value.code, caught.value.exit) == ("E_UNAUTHORISED", Exit.CONFIG)
    assert len(store.annotations) == 0
    between.meddle = lambda request: None
    assert pull(store, mini, mini_schemas, through()).annotations_new == 3


@pytest.mark.parametrize("hours", [1, -1])
def test_our_clock_is_an_hour_off(
    store, mini, mini_schemas, articles, client, title, rows, annotators, monkeypatch, hours
):
    class Off(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=hours)

    for module in (pull_module, screens):
        monkeypatch.setattr(module, "datetime", Off)
    made = articles(3)
    project = push(store, mini, made, client, project_title=title).project_id
    items = [item.ls_task_id for item in client.find_tasks(project, [article.id for article in made])]
    with Client(annotators[0]) as one:
        first = one.annotate(items[0], rows(made[0].text))
        assert pull(store, mini, mini_schemas, client).annotations_new == 1
        one.change_annotation(first, result=rows(made[0].text, tone="heated"))
        one.annotate(items[1], rows(made[1].text))
        result = pull(store, mini, mini_schemas, client)
        assert (result.annotations_new, result.annotations_changed) == (1, 1)
        assert pull(store, mini, mini_schemas, client).nothing_new


# Nowhere is a token


@dataclass
class Watched:
    """A workspace, commands on it with all logging on, and everything that they said or wrote."""

    path: Path
    folder: Path
    between: Between
    command: Callable[..., Any]
    said: list[str] = field(default_factory=list)

    def run(self, *words: object) -> Any:
        done = self.command(*words, "-w", self.path)
        self.said += [done.out, done.err]
        return done

    def places(self) -> Iterator[tuple[str, bytes]]:
        yield from (("said", words.encode()) for words in self.said)
        for path in (*self.path.rglob("*"), *(self.folder / "tmp").rglob("*"), self.folder / "log"):
            if path.is_file():
                yield str(path), path.read_bytes()

    def holders(self) -> list[str]:
        """Wherever a token, or its first or last part, can be read."""
        found = [secret.encode() for secret in self.between.secrets if secret != "all"]
        marks = {mark for secret in found for mark in (secret, secret[-24:], secret[:60])}
        assert all(len(mark) >= 24 for mark in marks)
        return [place for place, content in self.places() if any(mark in content for mark in marks)]


@pytest.fixture
def watched(workspace, between, label_studio, tmp_path, title, run, monkeypatch) -> Iterator[Watched]:
    monkeypatch.setenv("LABEL_STUDIO_URL", between.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
    monkeypatch.setenv("CURATION_DEBUG", "1")
    monkeypatch.setattr(connection, "_PAUSES", (0.0, 0.0, 0.0))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    settings = workspace.path / "curation.toml"
    settings.write_text(f'{settings.read_text()}\n[studio]\nproject = "{title}"\n')
    (tmp_path / "articles").mkdir()
    for number in range(3):
        (tmp_path / "articles" / f"{number}.txt").write_text(f"The mayor of town {number} said no.", encoding="utf-8")
    curation.open(workspace.path).ingest([tmp_path / "articles"])
    everything, root = logging.FileHandler(tmp_path / "log"), logging.getLogger()
    before = root.level
    root.addHandler(everything)
    root.setLevel(logging.DEBUG)
    yield Watched(workspace.path, tmp_path, between, run)
    root.setLevel(before)
    root.removeHandler(everything)
    everything.close()


def actor(text: str) -> list[dict[str, Any]]:
    value = {"start": 0, "end": 9, "text": text[:9], "labels": ["Actor"]}
    return [{"id": "m1", "from_name": "span", "to_name": "text", "type": "labels", "value": value}]


def test_no_token_is_left_by_the_whole_way(watched, client):
    pushed = watched.run("studio", "push", "--json")
    assert pushed.exit == 0, pushed.err
    project = pushed.json["project_id"]
    for item in client.list_tasks(project):
        client.annotate(item.ls_task_id, actor("The mayor of town"))
    for words in (
        ("studio", "push"),
        ("studio", "pull"),
        ("studio", "pull", "--full", "--json"),
        ("studio", "annotators", "list"),
        ("studio", "annotators", "invite", "--json"),
        ("validate",),
        ("studio", "flag"),
        ("export", "build", "news-stance"),
        ("status", "--json"),
        ("doctor", "--deep", "--json"),
        ("doctor",),
    ):
        assert watched.run(*words).exit in (0, 1, 3), watched.said[-1]
    assert "api/token/refresh" in (watched.folder / "log").read_text()
    assert len(list(watched.places())) > 40
    assert len(watched.between.secrets) > 8
    assert watched.holders() == []


def echo(status: int, body: Callable[[str], bytes], reason: str = "No") -> Callable[[Request], None]:
    """Answers with what was sent, as a server does that is meant to help and does not."""

    def meddle(request: Request) -> None:
        sent = request.headers.get("Authorization", "") or json.loads(request.body or b"{}").get("refresh", "")
        request.answer = status, reason, {"Content-Type": "application/json"}, body(sent)

    return meddle


def cut(request: Request) -> None:
    request.cut = True


ERRORS: dict[str, Callable[[Request], None]] = {
    "401": echo(401, lambda sent: json.dumps({"detail": f"{sent} is not valid"}).encode()),
    "403": echo(403, lambda sent: json.dumps({"detail": {"given": [sent], "short": sent[:70]}}).encode()),
    "400": echo(400, lambda sent: json.dumps({"validation_errors": {"header": sent}}).encode()),
    "404": echo(404, lambda sent: json.dumps(sent).encode()),
    "500": echo(500, lambda sent: json.dumps({"detail": sent, "request": {"Authorization": sent}}).encode()),
    "302": echo(302, lambda sent: sent.encode()),
    "no JSON": echo(200, lambda sent: f"<html>{sent}</html>".encode()),
    "other JSON": echo(200, lambda sent: json.dumps([sent]).encode()),
    "cut": cut,
}


@pytest.mark.parametrize("after", [False, True], ids=["at once", "after a new token"])
@pytest.mark.parametrize("error", ERRORS)
def test_no_token_is_in_any_error(watched, monkeypatch, error, after):
    def meddle(request: Request) -> None:
        if not (after and "/api/token/refresh" in request.line):
            ERRORS[error](request)

    watched.between.meddle = meddle
    for words in (("studio", "pull", "--json"), ("studio", "push"), ("doctor", "--json")):
        done = watched.run(*words)
        assert done.exit in (1, 3, 4, 5), done
        assert done.out + done.err
    assert watched.holders() == []


def test_a_reason_that_repeats_the_token_is_not_repeated(watched):
    """The line itself is logged by the HTTP library, if somebody turns that on; our own words are clean."""

    def meddle(request: Request) -> None:
        sent = request.headers.get("Authorization", "") or json.loads(request.body)["refresh"]
        request.answer = 401, f"{sent} is no good", {}, b""

    watched.between.meddle = meddle
    for words in (("studio", "pull", "--json"), ("studio", "push"), ("doctor",)):
        assert watched.run(*words).exit in (1, 3)
    (watched.folder / "log").write_text("")
    assert watched.holders() == []
    assert "*** is no good" in " ".join(watched.said)


def test_no_token_goes_along_with_a_redirect(watched, label_studio):
    elsewhere: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            elsewhere.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET

    other = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=other.serve_forever, args=(0.02,), daemon=True).start()
    try:
        for status in (301, 302, 307, 308):
            to = {"Location": f"http://someone:secret@127.0.0.1:{other.server_port}/steal"}
            watched.between.meddle = lambda request, s=status, t=to: setattr(request, "answer", (s, "Go", t, b""))
            done = watched.run("studio", "pull")
            assert done.exit == Exit.REMOTE
            assert f"redirects to http://127.0.0.1:{other.server_port}," in done.err
    finally:
        other.shutdown()
        other.server_close()
    assert elsewhere == []
    assert watched.holders() == []


def below(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from below(int(child))


def test_no_token_is_in_the_list_of_processes(watched, label_studio):
    arrived, go = threading.Event(), threading.Event()

    def hold(request: Request) -> None:
        arrived.set()
        go.wait(60)

    watched.between.meddle = hold
    command = [sys.executable, "-m", "curation", "studio", "pull", "-w", str(watched.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert arrived.wait(60)
            lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in below(process.pid)]
        finally:
            go.set()
        process.communicate(timeout=60)
    running = server.running(label_studio.data_dir)
    assert running is not None
    lines += [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in below(running.pid)]
    for secret in (*watched.between.secrets, label_studio.password):
        assert not any(secret.encode() in line for line in lines if secret != "all")
