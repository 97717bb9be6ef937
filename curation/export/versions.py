"""The version of a dataset and its changelog, both found from what changed since the last release.

Versions are semantic (semver.org), for whoever trains on the dataset: the first number grows where a program that reads
it may break, the second where rows or labels are others or something is appended, the third where nothing in the tables
is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from curation.errors import CurationError
from curation.folders.card import inert
from curation.folders.manifest import MANIFEST, digest_of, facts_of
from curation.text import counted

if TYPE_CHECKING:
    from datasets import Features

    from curation.export.comparing import RowChanges
    from curation.export.diffing import ClassChanges, ConfigDiff, Diff
    from curation.export.reading import Dataset

CARD, CHANGELOG = "README.md", "CHANGELOG.md"
FIRST = "The first release."
_ABOUT = "Only the card or how the files are written changed."
TITLE = "# Changelog"
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


class Level(IntEnum):
    """How much a change means to those who use the dataset."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A semantic version."""

    major: int = 1
    minor: int = 0
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def after(self, level: Level) -> Version:
        """The version that follows a change of that level."""
        if level is Level.MAJOR:
            return Version(self.major + 1)
        if level is Level.MINOR:
            return Version(self.major, self.minor + 1)
        return Version(self.major, self.minor, self.patch + 1) if level is Level.PATCH else self


@dataclass(frozen=True, slots=True)
class History:
    """The version of a dataset, and its changelog in Markdown, newest first, with a heading `##` for each version."""

    version: str
    changelog: str


def parse_version(text: str) -> Version | None:
    """The version that a text is, None if it is none."""
    found = _VERSION.fullmatch(text)
    return Version(*map(int, found.groups())) if found else None


def released(releases: Path) -> dict[Version, Path]:
    """The releases in a folder, oldest first."""
    found = {parse_version(path.name): path for path in releases.glob("*") if (path / MANIFEST).is_file()}
    return {version: found[version] for version in sorted(one for one in found if one is not None)}


class Releases:
    """What was released of an export: the `last` release, None without any, and the `digests` of all by version."""

    def __init__(self, folder: Path | None) -> None:
        from curation.export.reading import Dataset

        there = released(folder) if folder is not None else {}
        self.folder = folder
        self.digests = [(str(one), digest_of(path)) for one, path in there.items()]
        self._datasets = [Dataset(path) for path in there.values()]
        self.last = self._datasets[-1] if there else None

    def features(self, config: str) -> Features | None:
        """The columns that a config was released with, in the last release that has it."""
        return next((one.features(config) for one in reversed(self._datasets) if config in one.configs), None)


def history(releases: Path) -> History:
    """What the last release says of itself; of what was never released, what the first one will say."""
    last = next(reversed(released(releases).values()), None)
    return _first() if last is None else _own_history(last)


def _first() -> History:
    return History(str(Version()), _section(str(Version()), [FIRST]))


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The version that tables have: that of the last release where they hold the same, else the next.

    `last` is the folder of the last release, None without any; `level` says how much the tables differ from it. Where
    they do not, `patched` is the history of a release in which only the card is another.
    """

    level: Level
    history: History
    last: Path | None = None
    patched: History | None = None

    def settle(self, render: Callable[[History], str]) -> History:
        """The history that the card gets. `render` makes the card with a history; its last call has the one returned.

        Where the tables are those of the last release but the card would not be, the third number grows.
        """
        card = render(self.history)
        if self.last is None or self.patched is None or card == (self.last / CARD).read_text(encoding="utf-8"):
            return self.history
        render(self.patched)
        return self.patched


def next_version(releases: Path | None, tables: Dataset) -> Upcoming:
    """The version of tables that are built but have no card yet, by comparing them with the last release.

    Nothing is read if nothing was released. Raises `E_EXPORT_UNREADABLE` where a release cannot be read.
    """
    there = released(releases) if releases is not None else {}
    if releases is None or not there:
        return Upcoming(Level.MAJOR, _first())
    from curation.export.diffing import diff
    from curation.export.reading import Dataset

    version, last = next(reversed(there.items()))
    changes = diff(Dataset(last), tables)
    level = level_of(changes)
    own, patched = _own_history(last), _following(releases, version.after(Level.PATCH), [_ABOUT])
    if level is Level.NONE:
        return Upcoming(level, own, last, patched)
    return Upcoming(level, _following(releases, version.after(level), list(entries(changes))), last)


def level_of(diff: Diff) -> Level:
    """How much the tables of a dataset changed; the card says nothing about that."""
    if diff.configs_removed or diff.articles[2] or diff.texts[0] != diff.texts[1]:
        return Level.MAJOR
    if any(
        one.columns_removed or one.retyped or any(map(_breaks, one.classes.values())) for one in diff.configs.values()
    ):
        return Level.MAJOR
    return Level.NONE if diff.same_tables else Level.MINOR


def entries(diff: Diff) -> Iterator[str]:
    """What changed in the tables, one line of Markdown each, what breaks first."""
    if diff.texts[0] != diff.texts[1]:
        texts = "its texts" if diff.texts[1] == "full" else "hashes and offsets in the place of its texts"
        yield f"Breaking: the dataset has {texts}."
    if diff.configs_removed:
        yield f"Breaking: {_named('config', diff.configs_removed)} removed."
    for config, changes in diff.configs.items():
        yield from _breaking(config, changes)
    came, went, moved = diff.articles
    if moved:
        yield f"Breaking: {counted(moved, 'article')} moved to another split."
    if diff.configs_added:
        yield f"{_named('config', diff.configs_added)} added."
    for config, changes in diff.configs.items():
        yield from _appended(config, changes)
    if came or went:
        parts = [(came, "added"), (went, "removed")]
        yield f"Articles: {', '.join(f'{number:,} {what}' for number, what in parts if number)}."
    for config, changes in diff.configs.items():
        if rows := _rows(changes):
            yield f"`{config}`: {rows}."


def described(rows: RowChanges) -> str:
    """What became of the rows of a split, such as `3 added, 1 relabelled`; empty if nothing did."""
    parts = ("added", "removed", "relabelled", "edited", "moved")
    return ", ".join(f"{number:,} {part}" for part in parts if (number := getattr(rows, part)))


def dated(changelog: str, version: str, date: str, note: str | None) -> str:
    """A build's changelog as that of a release: its newest section with a date, and what the releaser says of it."""
    head = f"## {version}"
    remark = f"\n\n{said}" if note and (said := inert(note)) else ""
    return changelog.replace(head, f"{head} ({date}){remark}", 1)


def _breaks(changes: ClassChanges) -> bool:
    return changes.breaks


def _own_history(release: Path) -> History:
    facts = facts_of(release)
    if facts is None:
        raise CurationError("E_EXPORT_UNREADABLE", f"{release / MANIFEST} is damaged", fix="restore the release")
    return History(release.name, facts.get("changelog", _section(release.name, [FIRST])))


def _following(releases: Path, version: Version, lines: list[str]) -> History:
    """The history of the next release: what is new, above the changelog of all releases so far."""
    last = history(releases)
    path = releases / CHANGELOG
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    if f"## {last.version}" not in before:
        # The release was cut off before its changelog was written: it has what was known when it was built.
        before = last.changelog
    older = before.removeprefix(TITLE).strip()
    return History(str(version), f"{_section(str(version), lines)}\n{older}\n")


def _section(version: str, lines: list[str]) -> str:
    listed = "".join(f"- {line}\n" for line in lines)
    return f"## {version}\n\n{listed}"


def _breaking(config: str, changes: ConfigDiff) -> Iterator[str]:
    if changes.columns_removed:
        yield f"Breaking: `{config}` lost {_named('column', changes.columns_removed)}."
    for column, (was, now) in changes.retyped.items():
        yield f"Breaking: `{config}`: {_code(column)} is {was} no more but {now}."
    for column, classes in changes.classes.items():
        where = f"Breaking: `{config}`: {_code(column)}"
        if classes.removed:
            yield f"{where} lost {_named('class', classes.removed)}."
        yield from (f"{where}: {_code(old)} is called {_code(new)}." for old, new in classes.renamed.items())
        if classes.moved:
            yield f"{where}: another id for {_named('class', classes.moved)}."


def _appended(config: str, changes: ConfigDiff) -> Iterator[str]:
    if changes.columns_added:
        yield f"`{config}`: new {_named('column', changes.columns_added)}."
    for column, classes in changes.classes.items():
        if classes.added:
            yield f"`{config}`: {_code(column)} has new {_named('class', classes.added)}."


def _rows(changes: ConfigDiff) -> str:
    found = [(split, described(rows)) for split, rows in changes.rows.items()]
    return "; ".join(f"{split} {what}" for split, what in found if what)


def _named(kind: str, names: tuple[str, ...]) -> str:
    many = {"class": "classes"}.get(kind, f"{kind}s")
    return f"{kind if len(names) == 1 else many} {', '.join(map(_code, names))}"


def _code(name: str) -> str:
    """A name as code in Markdown, whatever is in it."""
    text = " ".join(name.split()).replace("`", "'")
    return f"`{text}`"
