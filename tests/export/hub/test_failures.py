"""Whatever breaks between a push and the Hub: one line, the right exit, no token, and the next push does the rest."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from curation.errors import Exit
from curation.export.formats import named, write_folder
from curation.export.hub import push
from curation.studio.conversion.convert import convert
from tests.export.formats.conftest import make as make_small
from tests.export.formats.conftest import small_cases
from tests.export.hub.conftest import CANARY, FILES, local
from tests.export.hub.fake_hub import Entry, FakeHub, cut, deaf, status
from tests.export.hub.test_pushing import NAME, ours, refused

ALWAYS = 20


def garbage(handler) -> bool:
    handler.take_body()
    handler.answer(b"<html>Welcome to the hotel's network</html>", 200, {"Content-Type": "text/html"})
    return True


BREAKS = [
    ("GET", r"/api/datasets/ida/stances$", status(500)),
    ("GET", r"/api/datasets/ida/stances$", garbage),
    ("GET", "/refs", cut),
    ("GET", "/tree/", status(502)),
    ("GET", "/tree/", garbage),
    ("POST", "/validate-yaml", cut),
    ("POST", "/preupload/", status(503)),
    ("POST", "/preupload/", garbage),
    ("POST", "/objects/batch", status(500)),
    ("POST", "/objects/batch", garbage),
    ("POST", "/objects/verify", status(500)),
    ("PUT", "/objects/", cut),
    ("PUT", "/objects/", status(500)),
    ("PUT", "/objects/", deaf),
    ("POST", "/commit/", status(500)),
    ("POST", "/commit/", cut),
    ("POST", "/commit/", deaf),
    ("POST", "/commit/", status(429)),
    ("POST", "/tag/", cut),
    ("POST", "/tag/", status(504)),
    ("GET", "/resolve/", status(500)),
    ("GET", "/resolve/", cut),
]


@pytest.mark.parametrize(("method", "path", "fault"), BREAKS)
def test_a_push_that_breaks_leaves_the_old_or_the_new_and_the_next_converges(hub, make, waits, method, path, fault):
    old = make(version="1.0.0")
    push(old, NAME)
    new = make({**FILES, "README.md": b"# New\n", "gold/test-00000-of-00001.parquet": b"PAR1 new"}, version="1.1.0")
    hub.fail(method, path, fault, times=ALWAYS)
    error = refused(new, NAME)
    assert (error.code, error.exit) == ("E_HUB_DOWN", Exit.REMOTE)
    assert ours(hub) in (local(old), local(new))
    hub.faults.clear()
    result = push(new, NAME)
    assert ours(hub) == local(new)
    assert len(hub.repos[NAME].commits) == 3
    assert hub.repos[NAME].tags["v1.1.0"] == result.commit
    assert not push(new, NAME).changed


@pytest.mark.parametrize("fault", [status(500), cut, deaf])
def test_making_a_repository_that_breaks_converges(hub, make, fault):
    hub.fail("POST", "/repos/create", fault)
    assert refused(make(), NAME).exit == Exit.REMOTE
    push(make(), NAME)
    assert hub.repos[NAME].private
    assert len(hub.repos[NAME].commits) == 2


@pytest.mark.parametrize("fault", [status(500), status(429, Retry_After="2"), cut])
@pytest.mark.parametrize("path", ["/preupload/", "/objects/"])
def test_what_breaks_once_is_tried_again(hub, make, waits, path, fault):
    folder = make()
    hub.fail("POST" if path == "/preupload/" else "PUT", path, fault)
    push(folder, NAME)
    assert ours(hub) == local(folder)
    assert 1 <= sum(waits) <= 3


@pytest.mark.parametrize(
    ("code", "headers"),
    [(429, {"Retry_After": "3600"}), (503, {"Retry_After": "3600"}), (429, {"RateLimit": '"api";r=0;t=3600'})],
)
def test_nobody_waits_for_an_hour(hub, make, waits, code, headers):
    hub.fail("PUT", "/objects/", status(code, **headers), times=ALWAYS)
    error = refused(make(), NAME)
    assert error.exit == Exit.REMOTE
    assert "3600 seconds" in error.message
    assert sum(waits) < 60


def test_no_server_and_no_such_host(hub, make, monkeypatch):
    hub.close()
    assert refused(make(), NAME).exit == Exit.REMOTE


REFUSALS = [
    ("GET", r"/api/datasets/ida/stances$", status(401), "E_HUB_TOKEN", "401"),
    ("GET", r"/api/datasets/ida/stances$", status(403), "E_HUB_TOKEN", "403"),
    ("POST", "/repos/create", status(402, "a private one costs"), "E_HUB_TOKEN", "a private one costs"),
    ("POST", "/commit/", status(403, "You need write access"), "E_HUB_TOKEN", "write access"),
    ("POST", "/commit/", status(404, "gone"), "E_HUB_REFUSED", "404"),
    ("POST", "/commit/", status(400, "file too large"), "E_HUB_REFUSED", "file too large"),
    ("POST", "/commit/", status(409, "in progress"), "E_HUB_CONFLICT", "409"),
    ("POST", "/commit/", status(413, "too much"), "E_HUB_REFUSED", "too much"),
]


@pytest.mark.parametrize(("method", "path", "fault", "code", "told"), REFUSALS)
def test_refusals_say_what_and_how_to_mend_it(hub, make, method, path, fault, code, told):
    hub.fail(method, path, fault)
    error = refused(make(), NAME)
    assert error.code == code
    assert told in error.message
    assert error.fix


def test_no_token_a_wrong_one_and_one_that_reads_only(hub, make, monkeypatch):
    hub.tokens["hf_reads"] = "read"
    monkeypatch.setenv("HF_TOKEN", "hf_reads")
    error = refused(make(), NAME)
    assert (error.code, error.exit) == ("E_HUB_TOKEN", Exit.CONFIG)
    assert "hf_reads" not in str(error)
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    error = refused(make(), NAME)
    assert error.code == "E_HUB_TOKEN"
    assert "hf_wrong" not in str(error)
    assert hub.repos == {}
    refused(make(), "forbidden/stances")


NO_NAMES = [{"repository": name} for name in ("ida/", "ida/a b", "a/b/c", "-x/..", "ida/x.git", "ida/x\n", "")]
NO_NAMES += [
    {"tag": name} for name in ("v 1", "a..b", "-x", "x.lock", "x.lock/y", "v1:2", "", "v1\n", "@", "a//b", "a/")
]
NO_NAMES += [{"branch": "refs~1"}, {"branch": "dév\x00"}]


@pytest.mark.parametrize("names", NO_NAMES, ids=repr)
def test_a_name_that_is_none_is_told_before_anything_is_asked(hub, make, monkeypatch, names):
    monkeypatch.delenv("HF_TOKEN")
    error = refused(make(), **{"repository": NAME, **names})
    assert (error.code, error.exit) == ("E_HUB_REFUSED", Exit.CONFIG)
    assert "is no name of a" in error.message
    assert hub.requests == []


def test_names_that_git_takes(hub, make):
    push(make(), NAME, branch="für/alle-1.0", tag="v1.0.0+e.1")
    assert hub.repos[NAME].tags.keys() == {"v1.0.0+e.1"}


def test_what_is_no_dataset_is_told_before_anything_is_asked(hub, tmp_path, monkeypatch):
    """A conversion has a file with the names of annotators; another format is not what the card speaks of."""
    monkeypatch.delenv("HF_TOKEN")
    small = make_small(tmp_path / "small", small_cases(), ["articles"])
    written = write_folder(small.folder, named("csv")).path
    export = tmp_path / "export.json"
    export.write_text('[{"id": 1, "data": {"text": "a"}, "annotations": []}]')
    convert(export, tmp_path / "converted")
    for folder in (written, tmp_path / "converted"):
        error = refused(folder, NAME)
        assert (error.code, error.exit) == ("E_NOT_FOUND", Exit.CONFIG)
        assert "is no dataset" in error.message
    assert hub.requests == []


def test_texts_that_were_put_back_are_not_published(hub, make):
    folder = make(rehydrated={"from": "0" * 64, "articles": 3})
    assert refused(folder, NAME, public=True).code == "E_HUB_PUBLIC"
    assert hub.requests == []
    assert push(folder, NAME).private


def test_a_card_that_the_hub_refuses(hub, make):
    error = refused(make({**FILES, "README.md": b"---\nconfigs: broken\n---\n"}), NAME)
    assert error.code == "E_HUB_REFUSED"
    assert "no list" in error.message
    assert ours(hub) == {}


def test_a_message_of_the_server_is_one_line_without_secrets(hub, make):
    told = f"Bearer {CANARY} at\nhttps://s3.example/x?X-Amz-Signature=abc\n" + "x" * 10_000
    hub.fail("POST", "/commit/", status(400, told))
    error = refused(make(), NAME)
    assert "X-Amz" not in error.message
    assert len(error.message) < 400


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_is_named(hub, make, monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    error = refused(make(), NAME)
    assert error.exit == Exit.REMOTE
    assert "HF_HUB_OFFLINE" in error.message
    assert hub.requests == []


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("http://hub.example", "E_INSECURE"),
        ("ftp://hub.example", "E_HUB_REFUSED"),
        (f"https://u:{CANARY}@h", "E_HUB_REFUSED"),
    ],
)
def test_an_endpoint_that_may_not_have_the_token(make, hub, monkeypatch, endpoint, code):
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    assert refused(make(), NAME).code == code


def test_the_token_follows_no_redirect(hub, make):
    elsewhere = FakeHub(CANARY)
    try:

        def away(handler) -> bool:
            handler.take_body()
            handler.answer(b"", 307, {"Location": elsewhere.url + handler.path})
            return True

        hub.repo(NAME)
        hub.fail("GET", "/refs", away)
        refused(make(), NAME)
        hub.fail("POST", "/commit/", away)
        assert refused(make(), NAME).exit == Exit.REMOTE
        hub.verify_at = f"{elsewhere.url}/verify"
        error = refused(make({**FILES, "gold/test-00000-of-00001.parquet": b"PAR1 other"}), NAME)
        assert "must not go" in error.message
        assert all("authorization" not in request.headers for request in elsewhere.requests)
        assert [request.body for request in elsewhere.requests if request.body] == []
        assert CANARY not in repr(elsewhere.requests)
    finally:
        elsewhere.close()


def test_the_command_and_its_json(hub, make, run):
    folder = make()
    ran = run("export", "push", folder, NAME, "--dry-run")
    assert ran.exit == 0
    assert "would make the private repository ida/stances" in ran.out
    assert re.search(r"upload +README.md +\d+", ran.out)
    ran = run("export", "push", folder, NAME, "--json")
    assert ran.exit == 0
    assert ran.json["changed"]
    assert ran.json["commit"] == hub.repos[NAME].branches["main"]
    assert ran.err == ""
    ran = run("export", "push", folder, NAME)
    assert "nothing to do" in ran.out
    hub.fail("POST", "/preupload/", status(403))
    assert run("export", "push", make({**FILES, "README.md": b"#"}), NAME, "--json").json["error"] == "E_HUB_TOKEN"
    assert run("export", "push", folder, NAME, "--tag", "v1", "--no-tag").exit == Exit.USAGE


def test_a_fresh_process_finds_the_kept_token_and_never_prints_it(hub, make, run_process, monkeypatch, tmp_path):
    monkeypatch.delenv("HF_TOKEN")
    kept = Path(tmp_path / "hf-home" / "token")
    kept.parent.mkdir()
    kept.write_text(CANARY)
    folder = make()
    loud = {"CURATION_DEBUG": "1", "HF_DEBUG": "1", "HF_HUB_VERBOSITY": "debug"}
    ran = [run_process("export", "push", folder, NAME, **loud)]
    assert ran[0].exit == 0, ran[0].err
    repo = hub.repos[NAME]
    repo.add("main", "mine", {**repo.tree(), "README.md": Entry(b"# Mine")})
    for fault in (None, status(500), status(401), cut):
        if fault:
            hub.fail("GET", "/refs", fault)
        ran.append(run_process("export", "push", folder, NAME, "--json", **loud))
    assert [one.exit for one in ran] == [0, 5, 4, 3, 4]
    assert json.loads(ran[1].out)["error"] == "E_HUB_CONFLICT"
    assert all(CANARY not in one.out + one.err for one in ran)
    kept.unlink()
    nobody = run_process("export", "push", folder, NAME)
    assert nobody.exit == Exit.CONFIG
    assert nobody.err.startswith("error[E_HUB_TOKEN]")
