"""Publishing what a workspace has built."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from curation.records import Progress
from curation.workspace.releases import WithReleases

if TYPE_CHECKING:
    from curation.export.hub import PushResult


class WithHub(WithReleases):
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
        tagging: bool | None = None,
        overwrite: bool = False,
        delete: Collection[str] = (),
        deep: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> PushResult:
        """Make a repository of the Hub hold what is built of `name`, or released; see `curation.export.hub.push`.

        Unless told otherwise, releases alone are tagged by their version: what is built may change under the same one.
        """
        from curation.export.hub import push

        return push(
            self.dataset(name),
            repository,
            public=public,
            branch=branch,
            message=message,
            tag=tag,
            tagging="@" in name if tagging is None else tagging,
            overwrite=overwrite,
            delete=delete,
            deep=deep,
            dry_run=dry_run,
            progress=progress,
        )
