"""What a workspace does with Label Studio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curation.errors import CurationError
from curation.records import Progress
from curation.workspace.base import Opened

if TYPE_CHECKING:
    from curation.records import Annotation
    from curation.studio.push import PushResult
    from curation.studio.rehearsal import Rehearsal
    from curation.studio.results import PullResult


@dataclass(frozen=True, slots=True)
class Served:
    """A Label Studio of the workspace. `secrets` is the file that holds the password; `started` if it was not up.

    `url` is for this machine, `public_url` where others reach it through a reverse proxy. `host` is the address it
    listens on, `database` where its data are, without a password; None for SQLite in the workspace.
    """

    url: str
    email: str
    secrets: Path
    started: bool
    host: str
    public_url: str | None
    database: str | None

    @property
    def exposed(self) -> bool:
        """Whether other machines reach it without encryption."""
        return not self.host.startswith("127.") and self.host != "localhost"


class WithStudio(Opened):
    """Starting a server, sending articles, and fetching what annotators did."""

    def write_tasks(self, path: Path, *, task: str | None = None) -> int:
        """Write every article as a line of Label Studio's import format, with its suggestions; returns how many.

        Raises `E_EXISTS` if another file than an earlier one of these is at `path`, `E_DISK`.
        """
        from curation.folders.whole import require_replaceable
        from curation.studio.suggestions import Suggestions
        from curation.studio.tasks import BEGINNING, write_tasks

        require_replaceable(path, BEGINNING, "a file of items for Label Studio")
        with self._weighing() as store, path.open("wb") as out:
            suggestions = Suggestions(store, self.task(task)) if len(store.predictions) else None
            return write_tasks(store.articles.to_annotate(), out, suggestions)

    def serve(
        self,
        *,
        port: int | None = None,
        host: str | None = None,
        public_url: str | None = None,
        database: str | None = None,
        attached: bool = False,
        progress: Progress | None = None,
    ) -> Served:
        """Start the workspace's own Label Studio, or find the one that runs.

        It listens on `host`, by default for this machine alone. `public_url` is where a reverse proxy answers for it,
        `database` a PostgreSQL database (without a password) in place of SQLite; else CURATION_DATABASE_URL counts, and
        then the one that it used before. It outlives this program unless `attached`. Raises `E_SERVER_START`,
        `E_DATABASE_DOWN`, `E_DATABASE`, `E_DATABASE_OTHER`, and `E_USAGE` for an address that is none.
        """
        from curation.studio import server
        from curation.studio.database import wanted

        asked = server.Asked(
            port,
            host,
            _origin(public_url) if public_url else None,
            None if self._own_server else wanted(database),
        )
        running = server.start(self._studio, asked, detach=not attached, progress=progress)
        how = server.how(self._studio)
        secrets = self._studio / server.CREDENTIALS_FILE
        return Served(running.url, running.email, secrets, running.started, how.host, how.public_url, how.database)

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
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> PushResult:
        """Send the task's screen and the articles that are not there yet to Label Studio.

        `overlap` is how many annotators each article goes to; None takes what `select` planned for each, or else
        leaves the project's number, which is 3 at first. With `dry_run` nothing is written anywhere.
        """
        from curation.studio.interface import require_interface
        from curation.studio.push import push

        chosen = self.task(task)
        if chosen.is_for_adjudicators:
            message = f"only what is open goes to the project of {chosen.name}"
            raise CurationError("E_USAGE", message, fix="curation adjudicate push")
        require_interface(chosen)
        with self._choosing() as store, self._client() as client:
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
                dry_run=dry_run,
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

    def pull_file(self, path: str | Path, *, task: str | None = None, known_only: bool = False) -> PullResult:
        """Read a JSON export that was downloaded by hand, as `pull` would have fetched it.

        Articles that the workspace lacks are taken in with their texts; `known_only` leaves their items out instead.
        """
        from curation.studio import server
        from curation.studio.exportfile import pull_file

        url = server.last_url(self._studio)
        addresses = {server.ledger_name(self._studio): url} if url else {}
        with self._writing() as store:
            return pull_file(
                store, self.task(task), self.schemas, Path(path), addresses=addresses, known_only=known_only
            )


def _origin(public_url: str) -> str:
    from urllib.parse import urlsplit

    from curation.studio.credentials import check_address

    url = check_address(public_url, "--public-url")
    if urlsplit(url).path:
        fix = "give Label Studio a host name of its own, like https://labels.example.org"
        raise CurationError("E_USAGE", f"--public-url has a path: {urlsplit(url).path}", fix=fix)
    return url
