"""The Python API: a workspace and everything that can be done in it. The command line is a thin shell over this."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from curation.catalog import init_root, list_tasks
from curation.records import Progress
from curation.workspace.adjudicators import WithAdjudicators
from curation.workspace.agreement import WithAgreement
from curation.workspace.annotators import Annotator, Annotators, WithAnnotators
from curation.workspace.articles import WithArticles
from curation.workspace.datasets import Listed, WithDatasets
from curation.workspace.formats import WithFormats
from curation.workspace.hub import WithHub
from curation.workspace.releases import WithReleases
from curation.workspace.reliability import WithReliability
from curation.workspace.studio import Served
from curation.workspace.tasks import WithTasks

if TYPE_CHECKING:
    from curation.workspace.check import TaskReport
    from curation.workspace.doctor import Diagnosis
    from curation.workspace.status import Status

__all__ = ["Annotator", "Annotators", "Listed", "Served", "Workspace", "init", "open"]


def open(path: str | Path | None = None) -> Workspace:
    """The workspace at `path`, or the nearest one at or above the current folder.

    Raises `E_NO_WORKSPACE` if `path` is given and is none.
    """
    return Workspace(Path(path) if path is not None else None)


def init(path: str | Path, *, sample: bool = False) -> Workspace:
    """Make a new workspace at `path`, with its own copy of schemas, tasks and exports.

    What the exports say of the sample articles stays only where these are meant: a `sample`. Raises `E_EXISTS` if the
    folder is there and not empty.
    """
    return Workspace(init_root(Path(path), sample=sample).path)


class Workspace(
    WithArticles,
    WithAdjudicators,
    WithReliability,
    WithAnnotators,
    WithAgreement,
    WithDatasets,
    WithFormats,
    WithHub,
    WithReleases,
    WithTasks,
):
    """A folder with definitions and state. Methods that write hold its lock; each can be repeated at no cost."""

    def tasks(self) -> list[str]:
        """The names of the tasks in force."""
        return list_tasks(self.root)

    def status(self, *, task: str | None = None) -> Status:
        """What is in the workspace and what to do next."""
        from curation.workspace.status import status

        chosen = self.task(task)
        with self._reading() as store:
            return status(self.root, store, chosen, self._gold_made_with(store, chosen))

    def doctor(self, *, task: str | None = None, deep: bool = False, progress: Progress | None = None) -> Diagnosis:
        """Check the workspace, its definitions and its Label Studio; each fault comes with its fix.

        With `deep`, every item in Label Studio is looked at, which takes a second for some 500 of them.
        """
        from curation.workspace.doctor import diagnose

        with self._reading() as store:
            return diagnose(self.root, store, self.schemas, task, deep=deep, progress=progress)

    def check_task(self, name: str | None = None) -> TaskReport:
        """Whether a task's schema, interface, codebook and examples agree."""
        from curation.workspace.check import check_task

        return check_task(self.task(self.task(name).declared_as), self.schemas)
