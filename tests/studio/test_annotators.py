"""Inviting, listing and watching annotators from the command line, on the real server."""

from __future__ import annotations

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from curation.errors import CurationError
from curation.store import Store
from curation.studio.accounts import log_in
from curation.studio.client import Client
from curation.studio.invitations import invite_all
from curation.studio.roll import roll

pytestmark = pytest.mark.server


@pytest.fixture
def emails() -> list[str]:
    mark = uuid.uuid4().hex[:8]
    return [f"anna-{mark}@example.org", f"Ben-{mark}@example.org"]


def holds(folder: Path, word: str) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def test_accounts_are_made_once_and_their_passwords_are_in_one_private_file(study, run, emails, label_studio, client):
    options = [word for email in emails for word in ("--email", email)]
    made = run("studio", "annotators", "invite", *options)
    assert made.exit == 0
    file = study.path / ".studio" / "accounts.csv"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    passwords = dict(line.split()[:2] for line in made.out.splitlines()[1:3])
    for email in emails:
        with log_in(label_studio.url, email, passwords[email]) as session:
            assert session.get("/api/current-user/whoami").json()["email"].lower() == email.lower()
        assert holds(study.path, passwords[email]) == [str(file)]
    before = file.read_bytes()

    again = run("studio", "annotators", "invite", *options, "--email", emails[0].upper())
    assert again.exit == 0
    assert again.out.splitlines()[-1] == "nothing to do"
    assert again.out.count("has an account already; the password that was made for it is in") == 2
    assert file.read_bytes() == before
    assert not any(password in again.out + again.err for password in passwords.values())
    assert [address.lower() for address in client.users().values()].count(emails[1].lower()) == 1


def test_json_holds_a_password_only_if_it_is_asked_for(study, run, emails):
    plain = run("studio", "annotators", "invite", "--email", emails[0], "--json").json
    assert plain["accounts"] == [{"email": emails[0], "created": True, "kept": True}]
    asked = run("studio", "annotators", "invite", "--email", emails[1], "--json", "--with-passwords").json
    assert asked["accounts"][0]["password"] in Path(asked["file"]).read_text()
    quiet = run("studio", "annotators", "invite", "--json").json
    assert (quiet["accounts"], quiet["file"]) == ([], None)
    assert "/user/signup/?token=" in quiet["link"]
    for options in (["--with-passwords"], ["--with-passwords", "--json"]):
        assert run("studio", "annotators", "invite", *options).exit == 2


def test_a_password_that_was_kept_before_a_crash_is_the_accounts(study, run, emails, label_studio, monkeypatch):
    from curation.studio import invitations

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(invitations, "sign_up", crash)
        assert run("studio", "annotators", "invite", "--email", emails[0]).exit == 130
    kept = (study.path / ".studio" / "accounts.csv").read_text().splitlines()[1].split(",")
    made = run("studio", "annotators", "invite", "--email", emails[0])
    assert kept[1] in made.out
    with log_in(label_studio.url, emails[0], kept[1]):
        pass


def test_the_link_is_that_of_the_address_where_others_reach_the_server(client, tmp_path):
    invitation = invite_all(tmp_path / "studio", client, [], url="https://labels.example.org")
    assert invitation.link.startswith("https://labels.example.org/user/signup/?token=")
    assert not (tmp_path / "studio").exists()


@pytest.mark.parametrize(("email", "named"), [("jürgen.müller@example.org", "ü"), ("j@bücher.example", "ü")])
def test_an_address_that_label_studio_takes_of_nobody_is_told_with_what_is_wrong_in_it(tmp_path, client, email, named):
    with pytest.raises(CurationError, match=f"takes no address with {named} in it: {email}") as caught:
        invite_all(tmp_path / "studio", client, [email])
    assert (caught.value.code, "\n" in str(caught.value)) == ("E_USAGE", False)
    assert not (tmp_path / "studio").exists()


@pytest.mark.parametrize(
    "email",
    ["anna", "a b@example.org", "=cmd@example.org", "a@b", "a@b.co\n", "a..b@b.org", "a@-b.org"],
)
def test_what_is_no_address_is_refused_before_anything_is_done(study, run, email, emails, client):
    ended = run("studio", "annotators", "invite", "--email", emails[0], "--email", email)
    assert (ended.exit, ended.err.count("\n")) == (2, 1)
    assert "is no e-mail address" in ended.err
    assert emails[0] not in client.users().values()
    assert not (study.path / ".studio").exists()


@pytest.fixture
def begun(study, annotators):
    """The study, pushed, with an annotation of one person and a skip of another."""
    pushed = study.push(overlap=2)
    with Store(study.path) as store:
        ((_, project),) = [(one.server, one.project_id) for one in store.ledger.projects()]
        items = [push.ls_task_id for push in store.ledger.pushes(annotators[0].url, project).values()]
    assert len(items) == 4
    with Client(annotators[0]) as first, Client(annotators[1]) as second:
        first.annotate(items[0], [], lead_time=120)
        second.annotate(items[1], [], was_cancelled=True)
    return study, items, pushed.url


def test_the_list_tells_who_did_what_and_who_could(begun, run, emails, monkeypatch):
    study, _, _ = begun
    run("studio", "annotators", "invite", "--email", emails[0])
    study.pull()
    found = run("studio", "annotators", "list", "--json").json
    listed = {one["email"]: one for one in found["people"]}
    first, second = listed["annotator-1@example.com"], listed["annotator-2@example.com"]
    assert {first["pseudonym"], second["pseudonym"]} == {"annotator-01", "annotator-02"}
    assert (first["submitted"], first["skipped"], first["drafts"], first["deleted"]) == (1, 0, 0, False)
    assert (second["submitted"], second["skipped"]) == (0, 1)
    assert (listed[emails[0]]["pseudonym"], listed[emails[0]]["last"]) == (None, None)
    assert "admin@example.com" not in listed
    text = run("studio", "annotators", "list").out.splitlines()
    assert text[0].split() == ["annotator", "address", "submitted", "skipped", "drafts", "last", "at", "work"]
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:9")
    offline = run("studio", "annotators", "list")
    assert offline.exit == 0
    assert emails[0] not in offline.out
    assert offline.out.splitlines()[-1].startswith("who else has an account, and whose is deleted, is not known")


def test_a_deleted_account_and_a_new_one_of_the_same_address_are_both_listed(store, mini):
    store.ledger.pseudonym("https://studio.example.org", 7, "ben@example.org")
    listed = list(roll(store, mini, "https://studio.example.org", {1: "me@example.org", 8: "ben@example.org"}, own=1))
    assert [(one.pseudonym, one.email, one.deleted) for one in listed] == [
        ("annotator-01", "ben@example.org", True),
        (None, "ben@example.org", False),
    ]


def test_progress_is_told_as_text_and_json(begun, run):
    _, _, url = begun
    found = run("studio", "progress", "--json").json
    assert (found["url"], found["source"], found["work"]["submitted"], found["work"]["missing"]) == (
        url,
        "server",
        1,
        7,
    )
    shown = run("studio", "progress").out
    assert "articles    4: 0 done (0%), 1 begun, 3 untouched\n" in shown
    assert "overlap     each goes to 2 annotators\nannotations 1 submitted, 7 to go; 1 skip\n" in shown
    assert "work left   about 14 minutes, at 2 minutes an article\n" in shown
    assert (
        "pace        1.0 annotations a day (the last day, free days included)\nfinished    in about 7 days, on "
        in shown
    )


def test_progress_of_a_server_that_is_away_says_from_when_it_is(begun, run, monkeypatch):
    study, _, _ = begun
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:9")
    away = run("studio", "progress")
    assert away.exit == 0
    assert "cannot be asked: no answer from http://127.0.0.1:9 (connection refused)" in away.out.splitlines()[1]
    assert ". Fix: " in away.out.splitlines()[1]
    assert away.out.splitlines()[1].endswith(". This is from the last pull: nothing was pulled yet")
    assert "note: each article is taken to go to 3 annotators: only the server knows" in away.out
    with monkeypatch.context() as there:
        there.setenv("LABEL_STUDIO_URL", study_url(study))
        study.pull()
    pulled = run("studio", "progress", "--json").json
    assert (pulled["source"], pulled["work"]["submitted"], pulled["work"]["skipped"]) == ("pull", 1, 1)
    assert {one["deleted"] for one in pulled["people"]} == {None}


def study_url(study) -> str:
    """The server that the study was pushed to."""
    with Store(study.path) as store:
        return store.ledger.projects()[0].server


def test_a_look_goes_on_over_a_server_that_is_away(begun, label_studio, proxy, annotators, monkeypatch):
    study, items, _ = begun
    monkeypatch.setenv("LABEL_STUDIO_URL", proxy.url)
    monkeypatch.setattr("curation.studio.connection._PAUSES", (0.01,))
    # The ledger knows the server by its own address.
    study.push()
    looks = study.each_progress()
    assert next(looks).why is None
    proxy.fail("", range(1, 10_000), "reset")
    away = next(looks)
    assert (away.source, away.work.submitted) == ("server", 1)
    assert "the connection broke" in away.why
    with Client(annotators[1]) as second:
        second.annotate(items[0], [])
    proxy.fail("nothing", [], "reset")
    back = next(looks)
    assert (back.why, back.work.submitted, back.work.done) == (None, 2, 1)


@contextmanager
def watching(*options: str, stdout: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    """A process that watches; it is stopped as Ctrl-C does, and has to end well and say nothing on stderr."""
    # Where tests run in the background, Ctrl-C is ignored, and would be in what they start.
    heard = "import signal, runpy; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{heard}; runpy.run_module('curation', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", code, "studio", "progress", "--watch", *options]
    with subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == ""


def test_watching_prints_blocks_where_there_is_no_terminal(begun):
    lines: list[str] = []
    with watching("1") as process:
        while sum(line.startswith("articles ") for line in lines) < 2:
            line = process.stdout.readline()
            assert line
            lines.append(line)
    assert "\x1b" not in "".join(lines)


def test_watching_redraws_in_place_on_a_terminal(begun, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    ours, theirs = pty.openpty()
    shown = b""
    with watching("1", stdout=theirs):
        os.close(theirs)
        while shown.count(b"articles    4") < 3:
            shown += os.read(ours, 65536)
    os.close(ours)
    assert b"\x1b[1A" in shown  # back up to where it began
    assert b"again every 1 s; Ctrl-C ends" in shown


def test_watching_in_json_is_a_line_a_look_and_silence_is_refused(begun, run):
    with watching("1", "--json") as process:
        looks = [json.loads(process.stdout.readline()) for _ in range(2)]
    assert [look["work"]["submitted"] for look in looks] == [1, 1]
    assert run("studio", "progress", "--watch", "--quiet").exit == 2
    assert run("studio", "progress", "--watch", "0").exit == 2
