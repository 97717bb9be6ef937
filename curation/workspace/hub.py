"""Publishing what a workspace has built."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from curation.records import Progress
from curation.workspace.base import Opened

if TYPE_CHECKING:
    from curation.export.hub import PushResult


class WithHub(Opened):
    """Pushing built datasets to the Hugging Face Hub."""

    def publish(
        self,
        name: str,
        repository: str,
        *,
        public: bool = False,
        branch: str = "main",
        message: str | None = None,
        tag: str | None = None,
        tagging: bool = True,
        overwrite: bool = False,
        delete: Collection[str] = (),
        deep: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> PushResult:
        """Make a repository of the Hub hold the dataset `build/NAME`; see `curation.export.hub.push`."""
        from curation.export.hub import push

        return push(
            self.built(name),
            repository,
            public=public,
            branch=branch,
            message=message,
            tag=tag,
            tagging=tagging,
            overwrite=overwrite,
            delete=delete,
            deep=deep,
            dry_run=dry_run,
            progress=progress,
        )

    def built(self, name: str) -> Path:
        """Where the dataset of a name is built."""
        return self.path / "build" / name
