"""A dataset's repository on the Hub, as far as a push needs it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from curation.errors import CurationError
from curation.export.hub.comparison import Remote

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_KIND = "dataset"


@dataclass(frozen=True)
class Repository:
    """A repository and the branch to push to. `head` is the commit that everything is said of; None if there is none.

    `branched` is False where the branch is not there yet: `head` is then where it begins.
    """

    api: HfApi
    name: str
    branch: str
    exists: bool
    private: bool
    head: str | None
    branched: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def find(cls, api: HfApi, name: str, branch: str) -> Repository:
        """Look it up. A name without an owner is the user's own."""
        from huggingface_hub.errors import RepositoryNotFoundError

        if "/" not in name:
            name = f"{api.whoami()['name']}/{name}"
        try:
            info = api.repo_info(name, repo_type=_KIND)
        except RepositoryNotFoundError:
            return cls(api, name, branch, exists=False, private=True, head=None)
        refs = api.list_repo_refs(name, repo_type=_KIND)
        branches = {ref.name: ref.target_commit for ref in refs.branches}
        return cls(
            api=api,
            name=name,
            branch=branch,
            exists=True,
            private=bool(info.private),
            head=branches.get(branch) or info.sha,
            branched=branch in branches,
            tags={ref.name: ref.target_commit for ref in refs.tags},
        )

    @property
    def url(self) -> str:
        """Where people see it."""
        return f"{self.api.endpoint}/datasets/{self.name}"

    def create(self, *, private: bool) -> Repository:
        """Make it. Raises `E_HUB_PUBLIC` if it was to be private and is not: nothing has been uploaded then."""
        self.api.create_repo(self.name, repo_type=_KIND, private=private, exist_ok=True)
        made = Repository.find(self.api, self.name, self.branch)
        if private and not made.private:
            raise CurationError("E_HUB_PUBLIC", f"{self.name} was to be private, and the Hub made it public")
        return replace(made, exists=True)

    def files(self, revision: str | None = None) -> dict[str, Remote]:
        """What it holds at `revision`, else at its head, by path."""
        from huggingface_hub.hf_api import RepoFile

        revision = revision or self.head
        if not self.exists or revision is None:
            return {}
        entries = self.api.list_repo_tree(self.name, repo_type=_KIND, revision=revision, recursive=True)
        return {
            entry.path: Remote(entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else None)
            for entry in entries
            if isinstance(entry, RepoFile)
        }

    def sha256(self, path: str, revision: str | None = None) -> str:
        """Fetch a file, and what its bytes come to."""
        digest = hashlib.sha256()
        for block in self._blocks(path, revision):
            digest.update(block)
        return digest.hexdigest()

    def fetch(self, path: str, to: Path) -> None:
        """Fetch a file."""
        with to.open("wb") as file:
            file.writelines(self._blocks(path))

    def commit(self, additions: Mapping[str, Path], deletions: Sequence[str], message: str) -> str:
        """One commit on top of the head; its id. Raises `E_HUB_CONFLICT` if the branch is elsewhere by now."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        if not self.branched:
            self.api.create_branch(self.name, repo_type=_KIND, branch=self.branch, revision=self.head)
        added = [CommitOperationAdd(path, str(file)) for path, file in additions.items()]
        deleted = [CommitOperationDelete(path, is_folder=False) for path in deletions]
        made = self.api.create_commit(
            self.name,
            [*added, *deleted],
            repo_type=_KIND,
            revision=self.branch,
            commit_message=message,
            parent_commit=self.head,
        )
        return made.oid

    def tag(self, name: str, commit: str) -> None:
        """Give a commit a name that stays."""
        self.api.create_tag(self.name, repo_type=_KIND, tag=name, revision=commit, exist_ok=False)

    def _blocks(self, path: str, revision: str | None = None) -> Iterator[bytes]:
        from huggingface_hub import get_session, hf_hub_url, hf_raise_for_status

        url = hf_hub_url(self.name, path, repo_type=_KIND, revision=revision or self.head, endpoint=self.api.endpoint)
        headers = {"authorization": f"Bearer {self.api.token}"}
        with get_session().stream("GET", url, headers=headers) as response:
            hf_raise_for_status(response)
            yield from response.iter_bytes()
