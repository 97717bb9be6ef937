"""Releases stay as they are, and what they are called follows from what changed."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import curation.workspace
from curation.errors import CurationError, Exit
from curation.export import verify
from curation.export.versions import History, Level, Upcoming, Version, dated, parse_version
from curation.folders.card import shown
from curation.folders.lock import lock_of
from curation.workspace import Workspace, init

from .conftest import Study, annotation, article

NAME = "news-stance"
CONFIGS = ("gold", "annotations", "statements", "articles")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A workspace with something built of it."""
    workspace = init(tmp_path_factory.mktemp("releases") / "workspace")
    # Agreement takes longer than all else, and says nothing here.
    toml = workspace.path / "exports" / NAME / "export.toml"
    toml.write_text(re.sub(r"^configs = .*$", f"configs = {json.dumps(CONFIGS)}", toml.read_text(), flags=re.MULTILINE))
    fill(workspace, 6)
    workspace.build(NAME)
    return workspace.path


@pytest.fixture
def workspace(made, tmp_path) -> Workspace:
    return curation.workspace.open(shutil.copytree(made, tmp_path / "workspace"))


def fill(workspace: Workspace, articles: int, *, first: int = 0) -> Study:
    study = Study(workspace.path)
    study.fill(articles, first=first)
    return study


def declare(workspace: Workspace, old: str, new: str) -> None:
    path = workspace.path / "exports" / NAME / "export.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_first_release(workspace):
    build = workspace.path / "build" / NAME
    done = workspace.release(NAME, note="Articles of *May*.")
    assert (done.version, done.before, done.changed) == ("1.0.0", None, True)
    assert done.path == workspace.path / "releases" / NAME / "1.0.0"
    assert content(done.path) == content(build)
    assert verify(done.path).ok
    today = datetime.now(UTC).date().isoformat()
    changelog = (done.path.parent / "CHANGELOG.md").read_text()
    assert changelog == f"# Changelog\n\n## 1.0.0 ({today})\n\nArticles of \\*May\\*.\n\n- The first release.\n"
    assert workspace.dataset(f"{NAME}@1.0.0") == workspace.dataset(f"{NAME}@latest") == done.path
    assert sorted(path.name for path in done.path.parent.iterdir()) == ["1.0.0", "CHANGELOG.md"]


def test_what_was_released_is_not_released_again(workspace):
    first = workspace.release(NAME)
    before = content(workspace.path / "releases")
    again = workspace.release(NAME, note="Once more.")
    assert (again.version, again.path, again.changed) == (first.version, first.path, False)
    assert workspace.build(NAME).version == "1.0.0"
    assert not workspace.release(NAME).changed
    assert content(workspace.path / "releases") == before
    differing = {name for name, data in content(first.path).items() if data != content(workspace.dataset(NAME))[name]}
    assert differing <= {"manifest.json"}, "what was built before the release is built after it"


def test_more_articles_are_a_minor_version(workspace):
    workspace.release(NAME, note="The beginning.")
    fill(workspace, 4, first=6)
    built = workspace.build(NAME)
    assert built.version == "1.1.0"
    card = (built.path / "README.md").read_text()
    assert card.index("1.1.0") < card.index("1.0.0")
    assert "The beginning." in card, "what was said of the last release is told"
    done = workspace.release(NAME)
    assert (done.version, done.before) == ("1.1.0", "1.0.0")
    changelog = (done.path.parent / "CHANGELOG.md").read_text()
    assert re.findall(r"^## (\S+) \(\d{4}-\d\d-\d\d\)$", changelog, re.MULTILINE) == ["1.1.0", "1.0.0"]
    assert "- Articles: 4 added." in changelog
    assert content(workspace.dataset(f"{NAME}@1.0.0"))["README.md"] != content(done.path)["README.md"]
    assert not workspace.release(NAME).changed
    assert workspace.build(NAME).version == "1.1.0"


def test_a_config_that_goes_is_a_major_version(workspace):
    workspace.release(NAME)
    declare(workspace, '"statements", ', "")
    assert workspace.build(NAME).version == "2.0.0"
    assert "- Breaking: config `statements` removed." in workspace.release(NAME).changelog


def test_another_card_is_a_patch(workspace):
    workspace.release(NAME)
    declare(workspace, "title = ", 'title = "Another title" # ')
    assert workspace.build(NAME).version == "1.0.1"
    assert workspace.build(NAME).version == "1.0.1"
    assert workspace.release(NAME).version == "1.0.1"
    assert not workspace.release(NAME).changed
    assert workspace.build(NAME).version == "1.0.1"


def test_a_label_that_changes_is_a_minor_version(workspace):
    workspace.release(NAME)
    study = Study(workspace.path)
    study.add(annotation(article(0), "annotator-01", seed="other"))
    built = workspace.build(NAME)
    assert built.version == "1.1.0"
    assert "relabelled" in workspace.release(NAME).changelog


def test_a_build_that_was_changed_is_not_released(workspace):
    (workspace.path / "build" / NAME / "README.md").write_text("mine")
    with pytest.raises(CurationError) as error:
        workspace.release(NAME)
    assert (error.value.code, error.value.exit) == ("E_EXPORT_DAMAGED", Exit.INTEGRITY)
    assert not list((workspace.path / "releases" / NAME).iterdir())


def test_a_build_from_before_the_last_release_is_not_released(workspace, tmp_path):
    workspace.release(NAME)
    fill(workspace, 2, first=6)
    build = workspace.build(NAME).path
    old = shutil.copytree(build, tmp_path / "old")
    workspace.release(NAME)
    fill(workspace, 2, first=8)
    workspace.build(NAME)
    workspace.release(NAME)
    shutil.rmtree(build)
    shutil.copytree(old, build)
    with pytest.raises(CurationError) as error:
        workspace.release(NAME)
    assert (error.value.code, error.value.exit) == ("E_RELEASE_STALE", Exit.CONFLICT)
    assert workspace.history(NAME).version == "1.2.0"


def test_a_release_that_was_cut_off_before_its_changelog_is_completed(workspace):
    done = workspace.release(NAME)
    changelog = done.path.parent / "CHANGELOG.md"
    text = changelog.read_text()
    changelog.unlink()
    fill(workspace, 2, first=6)
    assert workspace.build(NAME).version == "1.1.0"
    assert "The first release." in (workspace.path / "build" / NAME / "README.md").read_text()
    shutil.rmtree(workspace.path / "build")
    shutil.copytree(done.path, workspace.path / "build" / NAME)
    assert not workspace.release(NAME).changed
    assert changelog.read_text() == text


def test_nothing_is_released_while_something_is_built(workspace):
    with lock_of(workspace.path / "build" / NAME), pytest.raises(CurationError) as error:
        workspace.release(NAME)
    assert error.value.code == "E_LOCKED"


@pytest.mark.parametrize("name", [f"{NAME}@9.9.9", f"{NAME}@latest", "another@latest"])
def test_no_such_release(workspace, name):
    with pytest.raises(CurationError) as error:
        workspace.dataset(name)
    assert error.value.code == "E_NOT_FOUND"


def test_nothing_built(tmp_path):
    with pytest.raises(CurationError) as error:
        init(tmp_path / "new").release(NAME)
    assert error.value.code == "E_NOT_FOUND"


def test_a_build_without_texts_has_releases_of_its_own(workspace):
    workspace.release(NAME)
    built = workspace.build(NAME, offsets_only=True)
    assert built.path == workspace.dataset(f"{NAME}.offsets")
    done = workspace.release(f"{NAME}.offsets")
    assert (done.version, done.path.parent.name) == ("1.0.0", f"{NAME}.offsets")
    fill(workspace, 2, first=6)
    assert workspace.build(NAME, offsets_only=True).version == "1.1.0"


VERSIONS = st.builds(Version, *[st.integers(0, 30)] * 3)


@given(VERSIONS, st.sampled_from(Level))
def test_a_version_grows_with_what_changed(version, level):
    after = version.after(level)
    assert (after > version) is (level is not Level.NONE)
    assert parse_version(str(after)) == after
    assert after <= version.after(Level.MAJOR)


@pytest.mark.parametrize("text", ["1.0", "01.0.0", "1.0.0-rc1", "v1.0.0", "1.0.0\n", "CHANGELOG.md", ""])
def test_what_is_no_version(text):
    assert parse_version(text) is None


@given(
    st.text() | st.sampled_from(["# a", "- a", "1. a", "---", "===", "> a", "    a", "<b>"]), st.sampled_from(["1.0.0"])
)
def test_a_note_is_one_line_that_stays_text(note, version):
    found = dated(f"## {version}\n\n- One.\n\n## 0.9.0\n", version, "2026-01-31", note)
    assert found.startswith(f"## {version} (2026-01-31)")
    assert found.count("\n#") == 1
    assert found.endswith("\n\n- One.\n\n## 0.9.0\n")
    blocks = [token.type for token in MarkdownIt().parse(found) if token.level == 0 and token.nesting >= 0]
    remark = ["paragraph_open", "inline"] if shown(note) else []
    assert [one for one in blocks if one != "inline"] == [
        "heading_open", *remark[:1], "bullet_list_open", "heading_open",
    ]  # fmt: skip


def test_the_card_settles_the_third_number(tmp_path):
    (tmp_path / "README.md").write_text("card of 1.0.0")
    own, patched = History("1.0.0", "a"), History("1.0.1", "b")
    upcoming = Upcoming(Level.NONE, own, tmp_path, patched)
    written: list[str] = []

    def render(history: History, card: str = "card") -> str:
        written.append(history.version)
        return f"{card} of {history.version}"

    assert upcoming.settle(render) == own
    assert upcoming.settle(lambda history: render(history, "another card")) == patched
    assert written == ["1.0.0", "1.0.0", "1.0.1"]
