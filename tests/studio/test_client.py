"""The client: both kinds of token, reads repeated, writes sent once, and errors that say what to do and no secret."""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from curation.errors import CurationError, Exit
from curation.studio.client import Client, Refused, ServerFault, UnclearWrite
from curation.studio.connection import Connection
from curation.studio.credentials import Credentials

CANARY = "canarycanary0123456789abcdef01234567cana"


class Scripted:
    """A server that gives prepared answers in turn, the last one for ever, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.asked: list[tuple[str, str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
                status, headers, body = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PATCH = _answer

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def then(self, status: int, document: object = None, **headers: str) -> Scripted:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.answers.append((status, {name.replace("_", "-"): value for name, value in headers.items()}, body))
        return self

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    made = Scripted()
    yield made
    made.close()


class Clock:
    """A clock that a test moves, and the pauses that were asked of it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connect(clock) -> Iterator:
    made = []

    def call(url: str, token: str = CANARY, attempts: int = 4) -> Connection:
        made.append(Connection(url, token, attempts=attempts, sleep=clock.sleep, clock=clock))
        return made[-1]

    yield call
    for connection in made:
        connection.close()


def web_token(**claims: object) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "x"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "signature"])


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_reads_are_repeated(scripted, connect, clock, status):
    scripted.then(status, {}).then(status, {}).then(200, {"fine": 1})
    assert connect(scripted.url).read("/x") == {"fine": 1}
    assert len(scripted.asked) == 3
    assert clock.pauses == [0.2, 0.6]


def test_the_server_says_how_long_to_wait(scripted, connect, clock):
    scripted.then(429, {}, Retry_After="7").then(200, [])
    connect(scripted.url).read("/x")
    assert clock.pauses == [7.0]


@pytest.mark.parametrize("off", [0, 3600, -3600])
@pytest.mark.parametrize("style", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
def test_or_until_when_whatever_our_clock_says(scripted, connect, clock, monkeypatch, off, style):
    until = datetime.now(UTC) + timedelta(seconds=20)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + off)
    scripted.then(503, {}, Retry_After=until.strftime(style)).then(200, [])
    # The prepared server tells its time as the library does, which asks the clock that is off.
    monkeypatch.setattr(
        BaseHTTPRequestHandler, "date_time_string", lambda self: format_datetime(datetime.now(UTC), True)
    )
    connect(scripted.url).read("/x")
    (pause,) = clock.pauses
    assert 10 < pause <= 21


@pytest.mark.parametrize("value", ["0", "soon", "-5", "Wed, 21 Oct 2015 07:28:00 GMT", "\u00b2", "1e9", ""])
def test_what_says_nothing_about_waiting_is_passed_over(scripted, connect, clock, value):
    scripted.then(429, {}, Retry_After=value).then(200, [])
    connect(scripted.url).read("/x")
    assert clock.pauses == [0.2]


@pytest.mark.parametrize("value", ["3600", "9" * 40, "date"])
def test_nobody_waits_for_an_hour(scripted, connect, clock, value):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=3601), True) if value == "date" else value
    scripted.then(429, {"detail": "later"}, Retry_After=later)
    with pytest.raises(CurationError, match=r"later; it asks to wait \d{4,} s") as caught:
        connect(scripted.url).read("/x")
    assert not isinstance(caught.value, ServerFault), "no item's fault"
    assert clock.pauses == []
    with pytest.raises(UnclearWrite, match=r"it asks to wait \d{4,} s"):
        connect(scripted.url).write("POST", "/x", {})


def test_reads_give_up_in_the_end(scripted, connect):
    scripted.then(500, {"detail": "broken inside"})
    with pytest.raises(ServerFault, match="broken inside") as caught:
        connect(scripted.url).read("/x")
    assert (caught.value.code, caught.value.exit) == ("E_SERVER_ERROR", Exit.REMOTE)
    assert len(scripted.asked) == 4


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_writes_are_sent_once(scripted, connect, status):
    scripted.then(status, {})
    with pytest.raises(UnclearWrite) as caught:
        connect(scripted.url).write("POST", "/x", {})
    assert caught.value.code == "E_PUSH_UNKNOWN"
    assert len(scripted.asked) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"NaN", b'{"a": "\\ud800"}'])
def test_an_answer_that_is_no_json_is_an_error(scripted, connect, body):
    scripted.then(200, body)
    with pytest.raises(ServerFault, match="no JSON"):
        connect(scripted.url).read("/x")


def test_a_write_whose_answer_is_no_json_is_unclear(scripted, connect):
    scripted.then(201, b"<html>proxy</html>")
    with pytest.raises(UnclearWrite):
        connect(scripted.url).write("POST", "/x", {})


def test_a_certificate_that_is_not_trusted_is_said(connect, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate")

    connection = connect("https://127.0.0.1:9", attempts=1)
    monkeypatch.setattr(connection._http, "request", refuse)
    with pytest.raises(CurationError, match="certificate is not trusted") as caught:
        connection.read("/x")
    assert caught.value.code == "E_SERVER_DOWN"


def test_what_keeps_from_connecting_is_said(scripted, connect):
    for url, said in (
        (scripted.url.replace("http:", "https:"), "TLS failed"),
        ("https://nowhere.invalid", "no host of that name"),
    ):
        with pytest.raises(CurationError, match=said) as caught:
            connect(url, attempts=1).read("/x")
        assert caught.value.code == "E_SERVER_DOWN"


def test_an_error_names_what_was_asked(scripted, connect):
    """Once, also where a proxy has the server below a path."""
    scripted.then(404, {"detail": "no"})
    with pytest.raises(CurationError) as caught:
        connect(f"{scripted.url}/labels").read("/x")
    assert caught.value.message.startswith(f"{scripted.url}/labels/x answered 404")


@pytest.mark.parametrize("status", [400, 413])
def test_a_refused_write_says_why(scripted, connect, status):
    """413 is what a server before it says of a batch that is too large for it: a smaller one may pass."""
    scripted.then(status, {"validation_errors": {"data": ["lacks text"]}})
    with pytest.raises(Refused, match="lacks text"):
        connect(scripted.url).write("POST", "/x", {})


def test_nobody_there(connect):
    for act in (lambda c: c.read("/x"), lambda c: c.write("POST", "/x", {})):
        with pytest.raises(CurationError) as caught:
            act(connect("http://127.0.0.1:9"))
        assert (caught.value.code, caught.value.exit) == ("E_SERVER_DOWN", Exit.REMOTE)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token(scripted, connect, status):
    scripted.then(status, {"detail": f"Token {CANARY} is no good"})
    for act in (lambda c: c.read("/x"), lambda c: c.write("POST", "/x", {})):
        with pytest.raises(CurationError) as caught:
            act(connect(scripted.url))
        assert (caught.value.code, caught.value.exit) == ("E_UNAUTHORISED", Exit.CONFIG)
        assert CANARY not in str(caught.value)
        assert CANARY not in json.dumps(caught.value.as_json())


def test_redirects_are_not_followed(scripted, connect):
    elsewhere = Scripted().then(200, {})
    try:
        scripted.then(302, {}, Location=f"{elsewhere.url}/steal")
        for act in (lambda c: c.read("/x"), lambda c: c.write("POST", "/x", {})):
            with pytest.raises(CurationError, match="redirects"):
                act(connect(scripted.url))
        assert elsewhere.asked == []
    finally:
        elsewhere.close()


def test_an_access_token_is_renewed_by_the_servers_own_times(scripted, connect, clock):
    """The server's clock may be years off: only the difference of its two times counts."""
    refresh = web_token(token_type="refresh")
    first, second = (web_token(token_type="access", iat=10, exp=310, n=n) for n in (1, 2))
    connection = connect(scripted.url, refresh)
    scripted.then(200, {"access": first}).then(200, []).then(200, []).then(200, {"access": second}).then(200, [])
    connection.read("/a")
    clock.now += 200
    connection.read("/b")
    clock.now += 90
    connection.read("/c")
    assert [path for _, path, _ in scripted.asked] == ["/api/token/refresh/", "/a", "/b", "/api/token/refresh/", "/c"]
    assert [token.split()[-1] for _, path, token in scripted.asked if path in "/a/b/c"] == [first, first, second]


def test_an_access_token_that_has_ended_all_the_same_is_renewed_once(scripted, connect):
    access = web_token(token_type="access", iat=10, exp=310)
    scripted.then(200, {"access": access}).then(401, {}).then(200, {"access": access}).then(201, {"id": 1})
    assert connect(scripted.url, web_token(token_type="refresh")).write("POST", "/x", {}) == {"id": 1}
    assert [path for _, path, _ in scripted.asked] == ["/api/token/refresh/", "/x"] * 2


def test_a_token_that_another_thread_throws_away_at_once_is_sent_all_the_same(scripted):
    class Forgetful(Connection):
        _access = property(lambda self: None, lambda self, token: None)

    access = web_token(token_type="access", iat=10, exp=310)
    scripted.then(200, {"access": access}).then(200, [])
    connection = Forgetful(scripted.url, web_token(token_type="refresh"))
    assert connection.read("/x") == []
    connection.close()
    assert scripted.asked[-1][2] == f"Bearer {access}"


def test_what_is_counted_and_not_listed_is_no_end_of_a_list(scripted):
    def page(total: int, *numbers: int) -> dict[str, object]:
        return {"total": total, "tasks": [{"id": number} for number in numbers]}

    with Client(Credentials(scripted.url, CANARY, "test")) as client:
        scripted.then(200, page(3, 1, 2)).then(200, page(1)).then(200, page(0))
        assert client.items_where(7) == {1, 2}, "it was deleted between counting and listing"
        scripted.answers.clear()
        scripted.then(200, page(3, 1)).then(200, page(2)).then(200, page(2, 2, 3))
        assert client.items_where(7) == {1, 2, 3}
        scripted.answers.clear()
        scripted.then(200, page(3, 1)).then(200, page(2))
        with pytest.raises(ServerFault, match="counts 2 items more of project 7 and lists none"):
            client.items_where(7)


def test_a_token_that_no_longer_counts_ends_in_one_error(scripted, connect):
    scripted.then(401, {"detail": "Token is blacklisted"})
    with pytest.raises(CurationError, match="blacklisted") as caught:
        connect(scripted.url, web_token(token_type="refresh")).read("/x")
    assert caught.value.code == "E_UNAUTHORISED"
    assert len(scripted.asked) == 1


def test_loopback_goes_past_any_proxy(scripted, connect, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    scripted.then(200, {})
    assert connect(scripted.url).read("/x") == {}


def test_something_else_at_the_address(scripted):
    scripted.then(200, ["not", "Label Studio"])
    with Client(Credentials(scripted.url, CANARY, "test")) as client, pytest.raises(CurationError, match="address"):
        client.version()


@pytest.mark.server
def test_both_kinds_of_token(label_studio, client):
    assert client.token_kind == "personal access"
    legacy = client._connection.read("/api/current-user/token")["token"]
    with Client(Credentials(label_studio.url, legacy, "test")) as other:
        assert other.token_kind == "legacy"
        assert other.whoami()["id"] == client.whoami()["id"]
        assert other.version() == client.version() == "1.23.2"


@pytest.mark.server
@pytest.mark.parametrize("kind", ["legacy", "personal access"])
def test_a_wrong_token(label_studio, kind):
    wrong = CANARY if kind == "legacy" else f"{label_studio.token.rpartition('.')[0]}.{CANARY}"
    with Client(Credentials(label_studio.url, wrong, "test")) as client:
        assert client.token_kind == kind
        with pytest.raises(CurationError) as caught:
            client.whoami()
    assert (caught.value.code, caught.value.exit) == ("E_UNAUTHORISED", Exit.CONFIG)
    assert CANARY not in str(caught.value)


@pytest.mark.server
def test_a_project_that_is_not_there(client):
    for act in (
        lambda: client.project(10**9),
        lambda: client.list_tasks(10**9),
        lambda: list(client.find_tasks(10**9, ["a"])),
        lambda: client.export_tasks(10**9, [1]),
        lambda: client.import_tasks(10**9, [{"data": {"text": "x"}}]),
        lambda: client.change_project(10**9, title="abc"),
        lambda: client.interface_problem("<View/>", 10**9),
    ):
        with pytest.raises(CurationError) as caught:
            act()
        assert (caught.value.code, caught.value.exit) == ("E_PROJECT_GONE", Exit.CONFLICT)


@pytest.mark.server
def test_no_secret_in_any_log(label_studio, caplog):
    with caplog.at_level(logging.DEBUG), Client(label_studio.credentials) as client:
        client.whoami()
        access = client._connection._access
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert "api/current-user" in text
    assert label_studio.token not in text
    assert access is not None
    assert access not in text


@pytest.mark.server
def test_items_are_listed_whole_while_others_vanish(client, title, monkeypatch):
    """Page numbers would skip an item for each one deleted on an earlier page."""
    monkeypatch.setattr("curation.studio.client._LISTING", 3)
    project = client.create_project(title=title, label_config='<View><Text name="t" value="$text"/></View>')
    client.import_tasks(project, [{"data": {"text": f"t{n}", "article_id": f"a{n}"}} for n in range(10)])
    ids = [item.ls_task_id for item in client.list_tasks(project)]
    assert len(ids) == 10
    walk = client.items(project, [], "id")
    seen = [next(walk)["id"] for _ in range(3)]
    client.delete("tasks", ids[0])
    client.delete("tasks", ids[1])
    assert seen + [item["id"] for item in walk] == ids


@pytest.mark.server
def test_articles_are_found_by_their_exact_ids(client, title):
    project = client.create_project(title=title, label_config='<View><Text name="t" value="$text"/></View>')
    odd = ["a", "A", "a.b", "a_b", "1", "0" * 80, "a-b"]
    client.import_tasks(project, [{"data": {"text": "x", "article_id": name, "sha256": f"h{name}"}} for name in odd])
    found = {item.article_id: item.sha256 for item in client.find_tasks(project, [*odd, "missing", "ab"])}
    assert found == {name: f"h{name}" for name in odd}
    many = [f"{number:080d}" for number in range(1, 250)]
    assert list(client.find_tasks(project, many)) == []


@pytest.mark.server
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_sdk_takes_the_same_token(label_studio, client, title):
    """The reference implementation agrees on whom the token belongs to and on what is there."""
    from label_studio_sdk import LabelStudio

    project = client.create_project(title=title, label_config='<View><Text name="t" value="$text"/></View>')
    client.import_tasks(project, [{"data": {"text": f"t{n}"}} for n in range(3)])
    with httpx.Client() as http:
        theirs = LabelStudio(base_url=label_studio.url, api_key=label_studio.token, httpx_client=http)
        assert theirs.users.whoami().email == label_studio.email
        seen = {item.id for item in theirs.tasks.list(project=project)}
    assert seen == {item.ls_task_id for item in client.list_tasks(project)}
