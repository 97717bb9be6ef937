from __future__ import annotations

from dataclasses import replace

import pytest

from curation.errors import CurationError, Exit
from curation.export.hub import push
from curation.export.hub.session import connected
from tests.export.hub.conftest import CANARY, FILES, local
from tests.export.hub.fake_hub import FIRST, Entry, FakeHub, Handler

NAME = "ida/stances"
WRITES = ("POST", "PUT", "DELETE")


def ours(hub, name=NAME, revision="main"):
    """What the repository holds but for the file that the Hub itself puts there."""
    return {path: content for path, content in hub.content(name, revision).items() if path != ".gitattributes"}


def refused(*arguments, **options) -> CurationError:
    with pytest.raises(CurationError) as raised:
        push(*arguments, **options)
    assert CANARY not in str(raised.value)
    assert "\n" not in str(raised.value)
    return raised.value


def test_first_push_makes_a_private_repository_and_one_commit(hub, make):
    folder = make()
    told = []
    result = push(folder, NAME, progress=lambda done, total: told.append((done, total)))
    repo = hub.repos[NAME]
    assert repo.private
    assert result.created
    assert result.private
    first, commit = repo.commits.values()
    assert commit.parent == first.oid
    assert result.commit == commit.oid == repo.branches["main"]
    assert ours(hub) == local(folder)
    assert result.read_back == len(local(folder))
    assert {change.path: change.bytes for change in result.uploaded} == {p: len(c) for p, c in local(folder).items()}
    assert told[-1] == (sum(map(len, local(folder).values())),) * 2
    assert told == sorted(told)
    (message,) = [request.body for request in hub.requests if "/commit/" in request.path]
    assert first.oid.encode() in message


def test_parquet_goes_to_the_storage_which_never_sees_the_token(hub, make):
    push(make(), NAME)
    assert len([one for one in hub.stored_requests if one.method == "PUT"]) == 2
    assert all("authorization" not in one.headers for one in hub.stored_requests)
    assert CANARY not in repr(hub.stored_requests)


def test_second_push_has_nothing_to_do(hub, make):
    folder = make()
    first = push(folder, NAME)
    hub.requests.clear()
    second = push(folder, NAME)
    assert not second.changed
    assert second.commit == first.commit
    assert hub.sent(*WRITES) == []
    assert len(hub.repos[NAME].commits) == 2


def test_dry_run_only_looks_and_says_what_the_push_does(hub, make):
    folder = make()
    would = push(folder, NAME, dry_run=True)
    assert hub.sent(*WRITES) == []
    assert hub.repos == {}
    did = push(folder, NAME)
    assert replace(would, commit=did.commit, read_back=did.read_back, dry_run=False) == did
    newer = make({**FILES, "README.md": b"# New\n"})
    hub.requests.clear()
    would = push(newer, NAME, dry_run=True)
    assert hub.sent(*WRITES) == []
    assert [change.path for change in would.uploaded] == ["README.md", "manifest.json"]
    did = push(newer, NAME)
    assert (did.uploaded, did.deleted) == (would.uploaded, would.deleted)


def test_a_shard_of_the_last_push_goes_and_files_of_others_stay(hub, make):
    push(make({**FILES, "gold/train-00001-of-00002.parquet": b"PAR1 stale"}), NAME)
    repo = hub.repos[NAME]
    repo.add("main", "a photograph", {**repo.tree(), "photo.jpg": Entry(b"jpg"), "notes.md": Entry(b"notes")})
    folder = make()
    result = push(folder, NAME)
    assert [change.path for change in result.deleted] == ["gold/train-00001-of-00002.parquet"]
    assert result.others == (".gitattributes", "notes.md", "photo.jpg")
    assert ours(hub) == local(folder) | {"photo.jpg": b"jpg", "notes.md": b"notes"}
    result = push(folder, NAME, delete=["photo.jpg"])
    assert [change.path for change in result.deleted] == ["photo.jpg"]
    assert ours(hub) == local(folder) | {"notes.md": b"notes"}


def test_what_others_have_edited_is_not_replaced_unasked(hub, make):
    push(make(), NAME)
    repo = hub.repos[NAME]
    repo.add("main", "a better card", {**repo.tree(), "README.md": Entry(b"# Mine\n")})
    newer = make({**FILES, "README.md": b"# New\n"})
    error = refused(newer, NAME)
    assert (error.code, error.exit) == ("E_HUB_CONFLICT", Exit.CONFLICT)
    assert "README.md" in error.message
    assert "--overwrite" in error.fix
    assert ours(hub)["README.md"] == b"# Mine\n"
    push(newer, NAME, overwrite=True)
    assert ours(hub) == local(newer)


def test_a_repository_of_something_else_is_not_replaced(hub, make):
    hub.repo(NAME, files={"README.md": b"# Other\n"})
    assert refused(make(), NAME).code == "E_HUB_CONFLICT"
    assert hub.sent(*WRITES) == []
    hub.repo("ida/damaged", files={"manifest.json": b'{"format": 1, "files": {}, "digest": "0"}'})
    assert refused(make(), "ida/damaged").code == "E_HUB_CONFLICT"


def test_an_edit_of_a_file_that_goes_is_named_too(hub, make):
    push(make(), NAME)
    repo = hub.repos[NAME]
    repo.add("main", "a plot", {**repo.tree(), "plots/labels.svg": Entry(b"<svg>mine</svg>")})
    fewer = {path: content for path, content in FILES.items() if path != "plots/labels.svg"}
    error = refused(make(fewer), NAME)
    assert error.code == "E_HUB_CONFLICT"
    assert "plots/labels.svg" in error.message


def test_a_commit_in_between_is_a_conflict_and_stays(hub, make):
    push(make(), NAME)
    repo = hub.repos[NAME]

    def somebody_commits(handler: Handler) -> bool:
        repo.add("main", "me first", {**repo.tree(), "notes.md": Entry(b"notes")})
        return False

    hub.fail("POST", "/commit/", somebody_commits)
    newer = make({**FILES, "README.md": b"# New\n"})
    error = refused(newer, NAME)
    assert (error.code, error.exit) == ("E_HUB_CONFLICT", Exit.CONFLICT)
    assert "412" in error.message
    assert ours(hub)["notes.md"] == b"notes"
    assert ours(hub)["README.md"] == FILES["README.md"]
    push(newer, NAME)
    assert ours(hub) == local(newer) | {"notes.md": b"notes"}


def test_a_dataset_that_is_not_what_was_built_is_not_pushed(hub, make):
    folder = make()
    (folder / "README.md").write_bytes(b"# Other\n")
    (folder / "gold" / ".swp").write_bytes(b"")
    error = refused(folder, NAME)
    assert (error.code, error.exit) == ("E_EXPORT_DAMAGED", Exit.INTEGRITY)
    assert "README.md" in error.message
    assert "gold/.swp" in error.message
    assert hub.requests == []
    assert refused(folder.parent, NAME).code == "E_NOT_FOUND"


def test_large_files_go_in_parts_where_the_hub_asks_for_them(hub, make):
    hub.part_size = 7_000
    folder = make()
    push(folder, NAME)
    assert len([one for one in hub.stored_requests if one.method == "PUT"]) == 6
    assert ours(hub) == local(folder)


def test_a_name_without_an_owner_is_the_users_own(hub, make):
    assert push(make(), "stances").repository == NAME
    assert list(hub.repos) == [NAME]


def test_a_branch_is_made_where_main_is(hub, make):
    push(make(), NAME)
    newer = make({**FILES, "README.md": b"# New\n"})
    result = push(newer, NAME, branch="next")
    assert ours(hub, revision="next") == local(newer)
    assert ours(hub)["README.md"] == FILES["README.md"]
    assert hub.repos[NAME].commits[result.commit].parent == hub.repos[NAME].branches["main"]


def test_a_public_repository_needs_a_word(hub, make):
    hub.repo(NAME, private=False)
    error = refused(make(), NAME)
    assert (error.code, error.exit) == ("E_HUB_PUBLIC", Exit.CONFLICT)
    assert hub.sent(*WRITES) == []
    assert not push(make(), NAME, public=True).private
    assert push(make(), "ida/new", public=True).private is False
    assert not hub.repos["ida/new"].private


def test_nothing_is_uploaded_where_the_hub_makes_public_what_was_to_be_private(hub, make):
    hub.makes_public = True
    assert refused(make(), NAME).code == "E_HUB_PUBLIC"
    assert hub.content(NAME) == {".gitattributes": FIRST}
    assert hub.stored_requests == []


def test_a_private_repository_stays_private(hub, make):
    hub.repo(NAME)
    assert push(make(), NAME, public=True).private
    assert hub.repos[NAME].private


def test_the_version_is_a_tag_that_never_moves(hub, make):
    folder = make(version="1.2.0")
    result = push(folder, NAME)
    repo = hub.repos[NAME]
    assert repo.tags == {"v1.2.0": result.commit}
    assert push(folder, NAME).tag == "v1.2.0"
    hub.requests.clear()
    other = make({**FILES, "README.md": b"# New\n"}, version="1.2.0")
    error = refused(other, NAME)
    assert error.code == "E_HUB_CONFLICT"
    assert "v1.2.0" in error.message
    assert hub.sent(*WRITES) == []
    newer = make({**FILES, "README.md": b"# New\n"}, version="1.3.0")
    assert push(newer, NAME).commit == repo.tags["v1.3.0"]
    assert ours(hub, revision="v1.2.0") == local(folder)
    push(folder, NAME)
    assert ours(hub) == local(folder)
    assert repo.tags["v1.2.0"] == result.commit


def test_a_tag_can_be_named_or_left_out(hub, make):
    folder = make(version="1.2.0")
    push(folder, NAME, tagging=False)
    assert hub.repos[NAME].tags == {}
    push(folder, NAME, tag="camera-ready", message="As submitted")
    assert list(hub.repos[NAME].tags) == ["camera-ready"]


def test_a_tag_that_was_cut_off_is_made_up_for(hub, make):
    folder = make(version="1.2.0")
    hub.fail("POST", "/tag/", lambda handler: handler.reset() or True)
    assert refused(folder, NAME).exit == Exit.REMOTE
    commit = hub.repos[NAME].branches["main"]
    assert push(folder, NAME).commit == commit
    assert hub.repos[NAME].tags == {"v1.2.0": commit}


def test_xet_is_not_spoken(hub, make):
    """The installed client would speak it: this fails if what turns it off has another name one day."""
    import hf_xet  # noqa: F401

    push(make(), NAME)
    assert not [path for path in hub.sent("GET", "POST") if "xet" in path]


def test_the_client_is_left_as_it_was(hub, make):
    from huggingface_hub import close_session, constants, get_session, set_client_factory
    from huggingface_hub.utils import logging
    from huggingface_hub.utils._http import default_client_factory

    made = []

    def own():
        made.append(default_client_factory())
        return made[-1]

    set_client_factory(own)
    try:
        before = constants.HF_HUB_DISABLE_XET, logging.get_verbosity()
        push(make(), NAME)
        assert made, "clients are made as the user has them made"
        assert (constants.HF_HUB_DISABLE_XET, logging.get_verbosity()) == before
        assert get_session() is made[-1]
        assert get_session().event_hooks["response"] == []
    finally:
        close_session()
        set_client_factory(default_client_factory)


def test_a_client_that_is_made_anew_is_watched_too(hub):
    """The library closes its client when a connection fails, and makes another one."""
    from huggingface_hub import close_session, get_session

    with connected():
        for _ in range(2):
            assert len(get_session().event_hooks["request"]) == 2
            assert len(get_session().event_hooks["response"]) == 1
            assert get_session().timeout.read == 120
            close_session()


def unlike(hub: FakeHub, path: str) -> None:
    """Let the repository hold other bytes than were sent."""
    repo = hub.repos[NAME]
    entry = repo.tree()[path]
    if entry.content is None:
        hub.objects[entry.oid] = b"X" + hub.objects[entry.oid][1:]
    else:
        repo.tree()[path] = Entry(b"X" + entry.content[1:])


@pytest.mark.parametrize("path", ["README.md", "manifest.json", "gold/test-00000-of-00001.parquet"])
def test_other_bytes_than_were_sent_are_found(hub, make, path):
    def after_the_commit(handler: Handler) -> bool:
        unlike(hub, path)
        return False

    hub.fail("GET", "/resolve/|/tree/[0-9a-f]{40}$", lambda handler: False, times=2)
    hub.fail("GET", "/tree/[0-9a-f]{40}$", after_the_commit)
    error = refused(make(), NAME)
    assert (error.code, error.exit) == ("E_HUB_DIFFERS", Exit.INTEGRITY)
    assert path in error.message


def test_a_file_that_the_hub_leaves_out_is_found(hub, make):
    hub.repo(NAME)
    hub.ignored = "plots/"
    error = refused(make(), NAME)
    assert error.code == "E_HUB_DIFFERS"
    assert "plots/labels.svg" in error.message


def test_deep_reads_large_files_too(hub, make):
    folder = make({**FILES, "gold/test-00000-of-00001.parquet": bytes(10_000_001)})
    result = push(folder, NAME)
    assert result.read_back == len(local(folder)) - 1
    unlike(hub, "gold/test-00000-of-00001.parquet")
    assert not push(folder, NAME).changed
    assert refused(folder, NAME, deep=True).code == "E_HUB_DIFFERS"
