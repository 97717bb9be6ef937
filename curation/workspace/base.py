"""An opened workspace: its definitions, its store, its lock, and the way to its Label Studio."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.catalog import WORKSPACE_FILE, Root, Schemas, Task, find_root, load_task
from curation.errors import CurationError
from curation.text import content_hash

if TYPE_CHECKING:
    from curation.store import Store
    from curation.studio.client import Client


RELEASES = "releases"
"""The folder of what was released, in a workspace."""

OFFSETS = ".offsets"
"""What the name of a build without texts ends in that stands beside one with them."""

_MODELS = frozenset({"dawid-skene", "mace"})
"""The rules that go by all annotations of a task; their own module takes long to import."""


class Opened:
    """A folder with definitions and state, and what every method of a workspace needs of it."""

    def __init__(self, path: Path | None = None, *, own_server: bool = False) -> None:
        """Open the workspace at `path` or nearest to the current folder.

        With `own_server`, no other Label Studio than the workspace's own is used, whatever the environment says.
        """
        self.root: Root = find_root(path)
        self._own_server = own_server
        if self.root.settings:
            self.schemas.require(
                "workspace", self.root.settings, str(self.root.path / WORKSPACE_FILE), "E_WORKSPACE_BROKEN"
            )

    def __repr__(self) -> str:
        return f"Workspace({str(self.root.path)!r})"

    @property
    def path(self) -> Path:
        """The folder. Raises `E_NO_WORKSPACE` where only the built-in definitions are in force."""
        if not self.root.is_workspace:
            raise CurationError("E_NO_WORKSPACE", f"no workspace at or above {Path.cwd()}")
        return self.root.path

    @cached_property
    def schemas(self) -> Schemas:
        """The schemas in force."""
        return Schemas(self.root.folder("schemas"))

    def task(self, name: str | None = None) -> Task:
        """A task by name; by default the one that curation.toml names."""
        return load_task(self.root, name)

    @property
    def _project_title(self) -> str | None:
        title: str | None = self.root.settings.get("studio", {}).get("project")
        return title

    @property
    def _id(self) -> str:
        """Tells this workspace's projects from others'; empty in one made before workspaces had it."""
        return str(self.root.settings.get("id", ""))

    @property
    def _ingest(self) -> Mapping[str, Any]:
        """What curation.toml says about reading articles."""
        settings: Mapping[str, Any] = self.root.settings.get("ingest", {})
        return settings

    @property
    def _panel(self) -> Mapping[str, Any]:
        """Whom curation.toml lets the rules of adjudication follow, and who counts for how much."""
        settings: Mapping[str, Any] = self.root.settings.get("adjudication", {})
        return settings

    def _gold_made_with(self, store: Store, task: Task) -> str:
        """Names what gold is made by: the task, whom its rules follow, and where they ask for a model all annotations.

        Where there is no more than the task, it is the task's digest.
        """
        more = [sorted(self._panel.items())] if self._panel else []
        state = [store.annotations.state(task.name)] if task.rules & _MODELS else []
        return content_hash(json.dumps([task.digest, *more, *state], sort_keys=True)) if more or state else task.digest

    @property
    def _threshold(self) -> float:
        """The similarity from which on texts are copies."""
        from curation.articles import THRESHOLD

        threshold: float = self._ingest.get("threshold", THRESHOLD)
        return threshold

    @property
    def _studio(self) -> Path:
        from curation.studio.credentials import SERVER_FOLDER

        return self.path / SERVER_FOLDER

    @contextmanager
    def _writing(self) -> Iterator[Store]:
        from curation.folders.lock import lock
        from curation.store import Store

        with lock(self.path), Store(self.path) as store:
            yield store

    @contextmanager
    def _choosing(self) -> Iterator[Store]:
        """The store, to write to, with every copy linked, also where reading was killed before it came to that."""
        from curation.articles.duplicates import take_up

        with self._writing() as store:
            take_up(store, threshold=self._threshold)
            yield store

    @contextmanager
    def _reading(self) -> Iterator[Store]:
        from curation.store import Store

        with Store(self.path) as store:
            yield store

    @contextmanager
    def _weighing(self) -> Iterator[Store]:
        """The store as `_choosing` gives it, to look at: where copies are yet to be linked, that is done to a copy."""
        from curation.articles.duplicates import all_linked, take_up

        with self._reading() as store:
            if all_linked(store):
                yield store
                return
        with self._trying() as copy:
            take_up(copy, threshold=self._threshold)
            yield copy

    @contextmanager
    def _trying(self) -> Iterator[Store]:
        """A copy of the store that is thrown away afterwards."""
        from tempfile import TemporaryDirectory

        from curation.store import Store

        # Beside the store: where that has room there is some for its copy, which need not be so where /tmp lies.
        with TemporaryDirectory(dir=self.path, prefix=".trying-") as folder:
            with self._reading() as store:
                store.copy_to(Path(folder))
            with Store(Path(folder)) as copy:
                yield copy

    @contextmanager
    def _client(self, *, attempts: int = 4, timeout: float = 120.0) -> Iterator[Client]:
        """A connection to the Label Studio in use; `timeout` is in seconds, for each attempt of a request."""
        from curation.studio import credentials
        from curation.studio.client import Client

        own = self._own_server
        found = credentials.own_server(self.path) if own else credentials.find(self.path, self.root.settings)
        with Client(found, attempts=attempts, timeout=timeout) as client:
            yield client
