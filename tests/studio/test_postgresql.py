"""Label Studio on PostgreSQL: the same sync as on SQLite, and never a server that is empty or another's by mistake."""

from __future__ import annotations

import json
import stat
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from curation.errors import CurationError, Exit
from curation.store import Store
from curation.studio import database, installation, server
from curation.studio import pull as pull_module
from curation.studio.accounts import invite
from curation.studio.client import Client, condition
from curation.studio.credentials import Credentials
from curation.studio.database import Database, claim, settle, wanted
from curation.studio.pull import pull
from curation.studio.push import push
from curation.workspace.studio import Served
from tests.studio.postgresql import Cluster


@pytest.fixture(scope="module")
def on_postgresql(postgresql: Cluster, tmp_path_factory) -> Iterator[server.RunningServer]:
    """A Label Studio with its data in a database that had its tables already."""
    folder = tmp_path_factory.mktemp("on-postgresql") / ".studio"
    asked = server.Asked(database=postgresql.database(like=postgresql.migrated()))
    try:
        yield server.start(folder, asked, detach=True)
    finally:
        server.stop(folder)


@pytest.fixture
def pg_client(on_postgresql) -> Iterator[Client]:
    """Its administrator's connection."""
    with Client(Credentials(on_postgresql.url, on_postgresql.token, "test")) as connection:
        yield connection


def course(client: Client, store: Store, mini, schemas, made, rows) -> list[Any]:
    """A push, annotations, changes and deletions, with a pull after each; what was seen on the way."""
    title = f"course {uuid.uuid4().hex[:8]}"
    place = {article.id: number for number, article in enumerate(made)}
    first = push(store, mini, made, client, project_title=title)
    project = first.project_id
    items = {one.article_id: one.ls_task_id for one in client.find_tasks(project, place)}
    number = {item: place[article] for article, item in items.items()}
    seen: list[Any] = [first.sent, first.already_there, len(items)]

    def pulled() -> list[Any]:
        result = pull(store, mini, schemas, client)
        counts = (result.annotations_new, result.annotations_changed, result.unchanged, result.skipped)
        states = sorted(
            (place[one.article_id], one.status, one.record.choices.get("tone", "") if one.record else "")
            for one in store.annotations.all()
        )
        return [*counts, result.drafts, result.deleted, result.poisoned, states]

    def numbers(found: set[int]) -> list[int]:
        return sorted(number[item] for item in found)

    ids = [client.annotate(items[article.id], rows(article.text)) for article in made[:12]]
    client.annotate(items[made[12].id], [], was_cancelled=True)
    client.save_draft(items[made[13].id], rows(made[13].text))
    seen.append(pulled())
    client.change_annotation(ids[0], result=rows(made[0].text, tone="heated"))
    client.delete("annotations", ids[1])
    client.delete("tasks", items[made[2].id])
    written = rows(made[3].text)
    written[0]["meta"] = {"text": ["Zoë \u201cquotes\u201d \\ \U0001f6a6 مرحبا"]}
    client.change_annotation(ids[3], result=written)
    seen += [pulled(), pulled()]
    seen.append(next(one.raw for one in store.annotations.all() if place[one.article_id] == 3)["result"])
    seen.append([numbers(client.items_with(project, word)) for word in ("heated", "Actor", "nothing")])
    seen.append(numbers(client.items_with(project, written[0]["meta"]["text"][0])))
    some = [article.id for article in made[:5]]
    seen.append(numbers(client.items_where(project, condition("data.article_id", "in_list", "List", some))))
    seen.append(numbers(client.items_where(project, condition("data.title", "contains", "String", "ARTICLE 1"))))
    seen.append(client.count_annotations(project))
    again = push(store, mini, made, client, project_title=title)
    seen.append((again.sent, again.already_there))
    return seen


def test_the_same_course_ends_the_same_on_both_databases(
    client, pg_client, mini, mini_schemas, articles, rows, tmp_path, store, monkeypatch
):
    # However long it takes on either, each look fetches anew all that ever changed, and so counts it as unchanged.
    for margin in ("_OVERLAP", "_SECOND"):
        monkeypatch.setattr(pull_module, margin, timedelta(days=1))
    made = articles(40)
    on_sqlite = course(client, store, mini, mini_schemas, made, rows)
    (tmp_path / "other").mkdir()
    with Store(tmp_path / "other") as other:
        with other.transaction():
            for article in made:
                other.articles.add(article)
        on_postgresql = course(pg_client, other, mini, mini_schemas, made, rows)
    assert on_sqlite[3][0] == 14
    assert on_postgresql == on_sqlite


@pytest.mark.parametrize("bad", ["a \ud800 b", "a \x00 b"], ids=["surrogate", "nul"])
def test_a_text_that_postgresql_cannot_hold_is_refused_and_harms_nothing(
    pg_client, mini, mini_schemas, articles, rows, store, bad
):
    """On SQLite such a text is taken, and a lone surrogate then poisons every answer that holds it."""
    made = articles(3)
    result = push(store, mini, made, pg_client, project_title=f"bad {uuid.uuid4().hex[:8]}")
    found = {one.article_id: one.ls_task_id for one in pg_client.find_tasks(result.project_id, [a.id for a in made])}
    items = [found[article.id] for article in made]
    for article, item in zip(made, items, strict=True):
        pg_client.annotate(item, rows(article.text))
    connection = pg_client._connection
    body = json.dumps({"data": {"article_id": made[1].id, "text": bad}})
    headers = {**connection._authorisation(), "Content-Type": "application/json"}
    answer = connection._http.patch(f"/api/tasks/{items[1]}/", content=body, headers=headers)
    assert answer.status_code >= 400
    body = json.dumps([{"data": {"article_id": "new", "text": text}} for text in ("good", bad)])
    answer = connection._http.post(f"/api/projects/{result.project_id}/import", content=body, headers=headers)
    assert answer.status_code >= 400
    assert len(pg_client.list_tasks(result.project_id)) == 3, "all of an import or nothing"
    assert pg_client.item_data(result.project_id, items[1])["text"] == made[1].text
    pulled = pull(store, mini, mini_schemas, pg_client)
    assert (pulled.annotations_new, pulled.poisoned) == (3, ())


def test_a_later_start_finds_the_database_and_its_own_data_again(on_postgresql, pg_client):
    folder = on_postgresql.data_dir
    name = server.ledger_name(folder)
    project = pg_client.create_project(title="kept", label_config="<View/>")
    assert server.start(folder).pid == on_postgresql.pid
    server.stop(folder)
    again = server.start(folder, detach=True)
    assert (again.token, server.ledger_name(folder)) == (on_postgresql.token, name)
    assert not installation.uses_sqlite(folder)
    with Client(Credentials(again.url, again.token, "test")) as client:
        assert client.project(project)["title"] == "kept"


def test_the_password_is_seen_by_its_owner_alone(on_postgresql, postgresql):
    folder, secret = on_postgresql.data_dir, postgresql.password
    assert secret in (folder / "database.json").read_text(), "a later start needs it"
    assert stat.S_IMODE((folder / "database.json").stat().st_mode) == 0o600
    assert secret not in repr(database.remembered(folder))
    assert secret not in server.how(folder).database
    for log in folder.glob("*.log*"):
        assert secret not in log.read_text(), log
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert secret.encode() not in process.read_bytes(), process
        except OSError:
            continue


def test_what_runs_is_not_believed_to_be_as_asked(on_postgresql, postgresql):
    folder, kept = on_postgresql.data_dir, database.remembered(on_postgresql.data_dir)
    assert not server.start(folder, server.Asked(database=kept)).started
    for asked in (
        server.Asked(port=1),
        server.Asked(host="0.0.0.0"),
        server.Asked(public_url="https://labels.example.org"),
        server.Asked(database=replace(kept, name="elsewhere")),
    ):
        with pytest.raises(CurationError, match="runs already") as caught:
            server.start(folder, asked)
        assert caught.value.code == "E_SERVER_START"


@pytest.fixture
def executable(tmp_path) -> Path:
    """Label Studio's environment with a program in it that takes all tables for made: they are, in the model."""
    folder = tmp_path / "bin"
    folder.mkdir()
    real = installation.python_of(installation.ensure_installed())
    for name, text in (("python", f'exec {real} "$@"'), ("label-studio", "exit 0")):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return folder / "label-studio"


def refused(made: Database, folder: Path) -> CurationError:
    """What a start on that database says; nothing is left that a later start could take for a server."""
    with pytest.raises(CurationError) as caught:
        server.start(folder, server.Asked(database=made))
    assert not (folder / "label-studio").exists()
    assert not (folder / "database.json").exists()
    assert not (folder / "server.log").exists()
    assert made.password not in caught.value.message + str(caught.value.fix)
    return caught.value


def test_each_thing_that_is_wrong_is_named_with_its_fix(postgresql, tmp_path):
    good = postgresql.database()
    postgresql.sql("postgres", "CREATE ROLE poor LOGIN PASSWORD 'poor-password'")
    postgresql.sql(good.name, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    latin = postgresql.database(encoding="LATIN1")
    closed = replace(good, port=1)
    cases = [
        (replace(good, name="missing_one"), "E_DATABASE", "no such database", "createdb"),
        (replace(good, password="wrong-password"), "E_DATABASE", "wrong password", "PGPASSWORD"),
        (replace(good, user="nobody_here"), "E_DATABASE", "wrong password, or no such user", "PGPASSWORD"),
        (replace(good, user="poor", password="poor-password"), "E_DATABASE", "may make no tables", "OWNER TO"),
        (latin, "E_DATABASE", "encoding LATIN1", "createdb --encoding=UTF8"),
        (closed, "E_DATABASE_DOWN", "onnection", "host and port"),
    ]
    for made, code, said, fix in cases:
        error = refused(made, tmp_path / ".studio")
        assert (error.code, said in error.message, fix in str(error.fix)) == (code, True, True), error


def test_a_missing_password_is_asked_for(postgresql, tmp_path, monkeypatch):
    made = replace(postgresql.database(), password="")
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    with pytest.raises(CurationError, match="asks for a password") as caught:
        server.start(tmp_path / ".studio", server.Asked(database=made))
    assert caught.value.code == "E_DATABASE"


def test_the_password_may_stand_in_pgpass(postgresql, executable, tmp_path, monkeypatch):
    made = postgresql.database(like=postgresql.migrated())
    passfile = tmp_path / "pgpass"
    passfile.write_text(f"127.0.0.1:{made.port}:*:{made.user}:{made.password}\n")
    passfile.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    folder = tmp_path / ".studio"
    folder.mkdir()
    claim(executable, replace(made, password=""), folder)
    assert made.password not in (folder / "database.json").read_text()


def test_a_database_with_something_else_in_it_is_left_alone(postgresql, tmp_path):
    other = postgresql.database()
    postgresql.sql(other.name, "CREATE TABLE cats (name text)")
    error = refused(other, tmp_path / ".studio")
    assert (error.code, "something else" in error.message) == ("E_DATABASE_OTHER", True)
    assert postgresql.sql(other.name, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == "cats\n"

    used = postgresql.database(like=postgresql.migrated())
    columns = "SELECT string_agg(column_name, ',') FROM information_schema.columns WHERE table_name = 'htx_user'"
    assert "email" in postgresql.sql(used.name, columns)
    postgresql.sql(used.name, USER)
    error = refused(used, tmp_path / ".studio")
    assert (error.code, "did not start" in error.message) == ("E_DATABASE_OTHER", True)


USER = (
    "INSERT INTO htx_user (password, is_superuser, username, email, first_name, last_name, is_staff, is_active,"
    " date_joined, activity_at, last_activity, avatar, phone, allow_newsletters)"
    " VALUES ('', false, 'a', 'a@example.com', '', '', false, true, now(), now(), now(), '', '', false)"
)


def test_a_database_belongs_to_one_workspace(postgresql, executable, tmp_path):
    made = postgresql.database(like=postgresql.migrated())
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.mkdir()
    claim(executable, made, mine)
    claim(executable, made, mine)  # what is ours stays so
    error = refused(made, other)
    assert (error.code, "another workspace" in error.message) == ("E_DATABASE_OTHER", True)
    assert installation.identity(mine) in error.message

    postgresql.sql(made.name, "UPDATE curation_server SET version = '99.0'")
    with pytest.raises(CurationError, match=r"99\.0, which is newer") as caught:
        claim(executable, made, mine)
    assert caught.value.code == "E_DATABASE_OTHER"


def test_a_database_that_lost_its_data_is_not_begun_anew(postgresql, executable, tmp_path):
    made = postgresql.database(like=postgresql.migrated())
    claim(executable, made, tmp_path)
    fresh = postgresql.database(like=postgresql.migrated())
    for empty in (fresh, replace(fresh, name=postgresql.database().name)):
        with pytest.raises(CurationError, match="lacks the data") as caught:
            claim(executable, empty, tmp_path)
        assert caught.value.code == "E_DATABASE_OTHER"
    moved = postgresql.database(like=made.name)
    claim(executable, moved, tmp_path)
    assert database.remembered(tmp_path) == moved, "a dump that was restored elsewhere is ours still"


@pytest.mark.parametrize("step", ["before the mark", "after the mark", "in the migration"])
def test_a_first_start_that_was_killed_is_taken_up(postgresql, executable, tmp_path, monkeypatch, step):
    made = postgresql.database(like=postgresql.migrated())

    def die(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if step == "before the mark":
            patched.setattr(database, "identity", lambda _: die())
        elif step == "after the mark":
            patched.setattr(database, "_remember", die)
        else:
            patched.setattr(database, "migrate", die)
        with pytest.raises(KeyboardInterrupt):
            claim(executable, made, tmp_path)
    assert not list(tmp_path.glob(".new-*"))
    claim(executable, made, tmp_path)
    assert database.remembered(tmp_path) == made
    marked = postgresql.sql(made.name, "SELECT id, version FROM curation_server").strip()
    assert marked == f"{installation.identity(tmp_path)}|{installation.VERSION}"


@pytest.mark.parametrize("content", [None, "", "{", '{"url": "postgresql://"}'])
def test_what_lost_the_address_of_its_database_does_not_begin_empty(tmp_path, content):
    installation.make_data(tmp_path)
    if content is not None:
        (tmp_path / database.FILE).write_text(content)
    with pytest.raises(CurationError, match=r"no readable database\.json") as caught:
        settle(tmp_path, None)
    assert (caught.value.code, database.OPTION in caught.value.fix) == ("E_DATABASE_OTHER", True)
    given = Database("127.0.0.1", 5432, "labels", "labels")
    assert settle(tmp_path, given) == given, "once it is named again, its mark tells whose it is"


def test_from_sqlite_nobody_gets_to_an_empty_server(tmp_path, monkeypatch):
    installation.make_data(tmp_path)
    (tmp_path / "label-studio" / "label_studio.sqlite3").touch()
    made = Database("127.0.0.1", 5432, "labels", "labels")
    with pytest.raises(CurationError, match="would begin empty") as caught:
        server.start(tmp_path, server.Asked(database=made))
    assert caught.value.code == "E_DATABASE_OTHER"
    assert "--database" in caught.value.fix
    assert settle(tmp_path, None) is None


def test_an_environment_without_a_driver_is_named(tmp_path):
    environment = tmp_path / "bin"
    environment.mkdir()
    for name in ("label-studio", "python"):
        (environment / name).write_text('#!/bin/sh\nprintf \'{"error": "driver"}\'\n')
        (environment / name).chmod(0o755)
    with pytest.raises(CurationError, match="psycopg") as caught:
        claim(environment / "label-studio", Database("127.0.0.1", 1, "a", "b"), tmp_path)
    assert (caught.value.code, "pip install" in caught.value.fix) == ("E_DATABASE", True)
    (environment / "python").unlink()
    with pytest.raises(CurationError, match="no Python beside it") as caught:
        claim(environment / "label-studio", Database("127.0.0.1", 1, "a", "b"), tmp_path)
    assert caught.value.code == "E_SERVER_START"


def test_a_password_in_the_option_is_refused_and_not_repeated():
    with pytest.raises(CurationError) as caught:
        wanted("postgresql://labels:canary-7@127.0.0.1/labels")
    assert caught.value.code == "E_USAGE"
    assert "canary-7" not in caught.value.message + caught.value.fix


@pytest.mark.parametrize(
    "url",
    [
        "labels",
        "mysql://a:canary-7@h/n",
        "postgresql://a:canary-7@h",
        "postgresql://h/n",
        "postgresql://a:canary-7@h/n/m",
        "postgresql://a:canary-7@h:x/n",
        "postgresql://a:canary-7@[h/n",
        "postgresql://a:canary-7@h/n#f",
        "postgresql://a:canary-7@h/n?sslmode",
        "postgresql://a:canary-7@h/n?application_name=x",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(monkeypatch, url):
    monkeypatch.setenv("CURATION_DATABASE_URL", url)
    with pytest.raises(CurationError) as caught:
        wanted(None)
    assert caught.value.code == "E_USAGE"
    assert "canary-7" not in caught.value.message + str(caught.value.fix)


def test_where_the_password_comes_from(monkeypatch, tmp_path):
    monkeypatch.setenv("PGPASSWORD", "from-environment")
    assert wanted("postgresql://labels@[::1]/labels").password == "from-environment"
    monkeypatch.setenv("CURATION_DATABASE_URL", "postgresql://l%40b:from%2Furl@h.example.org:99/n%20m?sslmode=require")
    found = wanted(None)
    assert (found.host, found.port, found.name, found.user) == ("h.example.org", 99, "n m", "l@b")
    assert found.password == "from/url"
    assert found.url == "postgresql://l%40b@h.example.org:99/n%20m?sslmode=require"
    assert found.probe_environment()["PGSSLMODE"] == found.server_environment()["PGSSLMODE"] == "require"
    assert wanted("postgresql://other@h/n").user == "other", "the option comes first"

    monkeypatch.delenv("CURATION_DATABASE_URL")
    database._remember(tmp_path, found)
    assert settle(tmp_path, None).password == "from-environment", "a new one counts without naming the address again"
    monkeypatch.delenv("PGPASSWORD")
    assert wanted(None) is None
    assert settle(tmp_path, None) == found
    assert settle(tmp_path, replace(found, password="")) == found


def test_behind_a_proxy_forms_from_its_address_are_taken_and_cookies_are_for_tls(tmp_path):
    """What a reverse proxy hands on: plain HTTP, the public name as Host, and the public address as Origin."""
    public, host = "https://labels.example.org", "127.0.0.2"
    folder = tmp_path / ".studio"
    try:
        found = server.start(folder, server.Asked(public_url=public, host=host))
        assert (server.how(folder).public_url, server.how(folder).host) == (public, host)
        assert found.url == f"http://{host}:{found.port}"
        listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if " 0A " in line]
        assert [address for address in listening if address.endswith(f":{found.port:04X}")] == [
            f"0200007F:{found.port:04X}"
        ]
        token = invite(found.url, found.token, "one@example.com", "a-long-password-1")
        with Client(Credentials(found.url, token, "test")) as client:
            assert client.whoami()["email"] == "one@example.com"
        for origin, status in ((public, 302), ("https://elsewhere.example.org", 403)):
            with httpx.Client(base_url=found.url, headers={"Host": "labels.example.org"}) as browser:
                page = browser.get("/user/login/")
                form = {"csrfmiddlewaretoken": page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]}
                form |= {"email": found.email, "password": found.password}
                headers = {"Origin": origin, "Cookie": f"csrftoken={page.cookies['csrftoken']}"}
                answer = browser.post("/user/login/", data=form, headers=headers)
            assert answer.status_code == status
            if status == 302:
                cookies = {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}
                assert "Secure" in cookies["sessionid"]
                assert "HttpOnly" not in cookies["csrftoken"], "the pages read it"
    finally:
        server.stop(folder)


def test_an_address_that_is_not_this_machines_is_refused_and_leaves_no_data(tmp_path):
    """Data that it left would pass for those of a server on SQLite, and keep the workspace from PostgreSQL."""
    with pytest.raises(CurationError, match="no address of this machine") as caught:
        server.start(tmp_path, server.Asked(host="192.0.2.1"))
    assert "--host" in caught.value.fix
    assert not installation.uses_sqlite(tmp_path)


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        (("--database", "postgresql://labels:canary-7@127.0.0.1/labels"), Exit.USAGE, "E_USAGE"),
        (("--public-url", "https://labels.example.org/path"), Exit.USAGE, "E_USAGE"),
        (("--public-url", "http://labels.example.org"), Exit.CONFIG, "E_INSECURE"),
        (("--database", "postgresql://labels@127.0.0.1:1/labels"), Exit.REMOTE, "E_DATABASE_DOWN"),
    ],
)
def test_what_cannot_be_served_is_one_line_and_a_status(run, workspace, options, status, code):
    ran = run("studio", "serve", "--workspace", workspace.path, *options)
    assert (ran.exit, ran.out) == (status, "")
    assert ran.err.startswith(f"error[{code}]: ")
    assert ran.err.count("\n") == 1
    assert "canary-7" not in ran.err


@pytest.mark.parametrize(
    ("host", "exposed"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True), ("192.0.2.1", True)]
)
def test_who_listens_on_the_network_is_warned(host, exposed):
    served = Served("http://x", "a@example.com", Path("s"), True, host, None, None)
    assert served.exposed is exposed
