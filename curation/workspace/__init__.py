"""The Python API: a workspace and everything that can be done in it. The command line is a thin shell over this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from curation.catalog import (
    WORKSPACE_FILE,
    Export,
    Root,
    Schemas,
    Task,
    find_root,
    init_root,
    list_exports,
    list_tasks,
    load_export,
    load_task,
)
from curation.errors import CurationError
from curation.records import Progress

if TYPE_CHECKING:
    from curation.articles import IngestResult, Options
    from curation.export import BuildResult
    from curation.records import Annotation, Finding
    from curation.store import Store
    from curation.studio.client import Client
    from curation.studio.push import PushResult
    from curation.studio.rehearsal import Rehearsal
    from curation.studio.results import PullResult
    from curation.validation import ValidationReport
    from curation.workspace.check import TaskReport
    from curation.workspace.doctor import Diagnosis
    from curation.workspace.status import Status


@dataclass(frozen=True, slots=True)
class Served:
    """A Label Studio of the workspace. `secrets` is the file that holds the password; `started` if it was not up."""

    url: str
    email: str
    secrets: Path
    started: bool


@dataclass(frozen=True, slots=True)
class Annotator:
    """Somebody who annotates. The address stays in the workspace; datasets carry the pseudonym."""

    pseudonym: str
    email: str | None
    submitted: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A declared export; `rows` are counts by config and split, empty until it is built.

    `damage` says which file of the dataset cannot be read and why; `rows` are then empty too.
    """

    name: str
    task: str
    title: str
    rows: Mapping[str, Mapping[str, int]]
    damage: str | None = None


def open(path: str | Path | None = None) -> Workspace:
    """The workspace at `path`, or the nearest one at or above the current folder.

    Raises `E_NO_WORKSPACE` if `path` is given and is none.
    """
    return Workspace(Path(path) if path is not None else None)


def init(path: str | Path) -> Workspace:
    """Make a new workspace at `path`, with its own copy of schemas, tasks and exports.

    Raises `E_EXISTS` if the folder is there and not empty.
    """
    return Workspace(init_root(Path(path)).path)


class Workspace:
    """A folder with definitions and state. Methods that write hold its lock; each can be repeated at no cost."""

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

    def tasks(self) -> list[str]:
        """The names of the tasks in force."""
        return list_tasks(self.root)

    def exports(self) -> list[Listed]:
        """The exports in force, with what is built of each."""
        return [self._listed(load_export(self.root, name)) for name in list_exports(self.root)]

    def ingest(
        self,
        sources: str | Path | Sequence[str | Path],
        *,
        options: Options | None = None,
        update: bool = False,
        keep_duplicates: bool = False,
        threshold: float | None = None,
        progress: Progress | None = None,
    ) -> IngestResult:
        """Read articles from files and folders into the workspace.

        `options` say how sources are read; its field map goes before the one in curation.toml. A known id with a new
        text is left alone unless `update` is set. Copies of a text, the same or nearly so, are linked, and all but one
        of them stand back when articles go to annotators unless `keep_duplicates` is set. `threshold` is the Jaccard
        similarity from which on texts count as copies; by default that of curation.toml, else 0.7.
        """
        from curation import articles

        settings = self.root.settings.get("ingest", {})
        several = [sources] if isinstance(sources, str | Path) else sources
        options = options or articles.Options()
        options = replace(options, field_map={**settings.get("map", {}), **options.field_map})
        with self._writing() as store:
            return articles.ingest(
                store,
                several,
                options=options,
                update=update,
                keep_duplicates=keep_duplicates,
                threshold=settings.get("threshold", articles.THRESHOLD) if threshold is None else threshold,
                progress=progress,
            )

    def write_tasks(self, path: Path) -> int:
        """Write every article as a line of Label Studio's import format; returns how many."""
        from curation.studio.tasks import write_tasks

        with self._reading() as store, path.open("wb") as out:
            return write_tasks(store.articles.to_annotate(), out)

    def serve(self, *, port: int | None = None, attached: bool = False, progress: Progress | None = None) -> Served:
        """Start the workspace's own Label Studio, or find the one that runs.

        It outlives this program unless `attached`. Raises `E_SERVER_START`.
        """
        from curation.studio import server

        running = server.start(self._studio, port, detach=not attached, progress=progress)
        return Served(running.url, running.email, self._studio / server.CREDENTIALS_FILE, running.started)

    def wait_for_server(self) -> None:
        """Stay until the workspace's Label Studio ends or Ctrl-C stops it."""
        from curation.studio import server

        running = server.running(self._studio)
        if running is not None:
            running.wait()

    def stop_server(self) -> bool:
        """Stop the workspace's Label Studio; False if none runs."""
        from curation.studio import server

        return server.stop(self._studio)

    def invitation(self) -> str:
        """The address at which annotators sign up on the Label Studio in use."""
        with self._client() as client:
            return client.url + client.invitation()

    def annotators(self, *, task: str | None = None) -> list[Annotator]:
        """Who has annotated: pseudonym, address, and how many articles."""
        with self._reading() as store:
            done = store.annotations.by_annotator(self.task(task).name)
            return [Annotator(name, email, done.get(name, 0)) for name, email in store.ledger.annotators()]

    def rehearse(self, records: Sequence[Annotation], *, progress: Progress | None = None) -> Rehearsal:
        """Submit prepared records to the workspace's own Label Studio, each in its annotator's name."""
        from curation.studio import server
        from curation.studio.rehearsal import rehearse

        running = server.running(self._studio)
        if running is None:
            raise CurationError("E_SERVER_DOWN", "the workspace's own Label Studio does not run")
        with self._reading() as store:
            return rehearse(running, server.ledger_name(self._studio), store, self.task(), records, progress)

    def push(
        self,
        *,
        task: str | None = None,
        overlap: int | None = None,
        new_project: bool = False,
        update_interface: bool = False,
        progress: Progress | None = None,
    ) -> PushResult:
        """Send the task's screen and the articles that are not there yet to Label Studio.

        `overlap` is how many annotators each article goes to; None leaves the project's, which is 3 at first.
        """
        from curation.studio.interface import require_interface
        from curation.studio.push import push

        chosen = self.task(task)
        require_interface(chosen)
        with self._writing() as store, self._client() as client:
            return push(
                store,
                chosen,
                store.articles.to_annotate(),
                client,
                overlap=overlap,
                new_project=new_project,
                update_interface=update_interface,
                project_title=self._project_title,
                workspace_id=self._id,
                progress=progress,
            )

    def pull(self, *, task: str | None = None, full: bool = False, progress: Progress | None = None) -> PullResult:
        """Fetch what changed in Label Studio since the last pull; `full` fetches everything again."""
        from curation.studio.pull import pull

        with self._writing() as store, self._client() as client:
            return pull(
                store,
                self.task(task),
                self.schemas,
                client,
                full=full,
                project_title=self._project_title,
                workspace_id=self._id,
                progress=progress,
            )

    def pull_file(self, path: str | Path, *, task: str | None = None) -> PullResult:
        """Read a JSON export that was downloaded by hand, as `pull` would have fetched it."""
        from curation.studio import server
        from curation.studio.exportfile import pull_file

        url = server.last_url(self._studio)
        addresses = {server.ledger_name(self._studio): url} if url else {}
        with self._writing() as store:
            return pull_file(store, self.task(task), self.schemas, Path(path), addresses=addresses)

    def validate(self, *, task: str | None = None, progress: Progress | None = None) -> ValidationReport:
        """Judge every submitted annotation; what has errors is quarantined until it is mended."""
        from curation import validation
        from curation.studio.intake import redecode

        chosen = self.task(task)
        with self._writing() as store:
            with store.transaction():
                redecode(store, chosen, self.schemas)
            return validation.validate(store, chosen, self.schemas, progress=progress)

    def findings(self, *, task: str | None = None) -> list[Finding]:
        """The findings of the last validation."""
        with self._reading() as store:
            return store.annotations.findings(self.task(task).name)

    def build(self, name: str, *, progress: Progress | None = None) -> BuildResult:
        """Build the dataset that `exports/NAME` declares into `build/NAME`."""
        from curation import export

        declared = load_export(self.root, name)
        with self._writing() as store:
            return export.build(
                store,
                declared,
                self.task(declared.task),
                self.schemas,
                self.path / "build" / name,
                progress=progress,
            )

    def status(self, *, task: str | None = None) -> Status:
        """What is in the workspace and what to do next."""
        from curation.workspace.status import status

        with self._reading() as store:
            return status(self.root, store, self.task(task))

    def doctor(self, *, task: str | None = None) -> Diagnosis:
        """Check the workspace, its definitions and its Label Studio; each fault comes with its fix."""
        from curation.workspace.doctor import diagnose

        with self._reading() as store:
            return diagnose(self.root, store, self.schemas, task)

    def check_task(self, name: str | None = None) -> TaskReport:
        """Whether a task's schema, interface, codebook and examples agree."""
        from curation.workspace.check import check_task

        return check_task(self.task(name), self.schemas)

    def _listed(self, export: Export) -> Listed:
        from curation.export import describe

        rows, damage = {}, None
        try:
            rows = describe(self.root.path / "build" / export.name)
        except CurationError as error:
            damage = error.message
        return Listed(export.name, export.task, export.title, rows, damage)

    @property
    def _project_title(self) -> str | None:
        title: str | None = self.root.settings.get("studio", {}).get("project")
        return title

    @property
    def _id(self) -> str:
        """Tells this workspace's projects from others'; empty in one made before workspaces had it."""
        return str(self.root.settings.get("id", ""))

    @property
    def _studio(self) -> Path:
        from curation.studio.credentials import SERVER_FOLDER

        return self.path / SERVER_FOLDER

    @contextmanager
    def _writing(self) -> Iterator[Store]:
        from curation.store import Store, lock

        with lock(self.path), Store(self.path) as store:
            yield store

    @contextmanager
    def _reading(self) -> Iterator[Store]:
        from curation.store import Store

        with Store(self.path) as store:
            yield store

    @contextmanager
    def _client(self) -> Iterator[Client]:
        from curation.studio import credentials
        from curation.studio.client import Client

        own = self._own_server
        found = credentials.own_server(self.path) if own else credentials.find(self.path, self.root.settings)
        with Client(found) as client:
            yield client
