"""`curation export push`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curation.cli.console import command, counted, emit, in_workspace, plain, progress, table, with_options
from curation.cli.export.naming import dataset_at, is_folder

if TYPE_CHECKING:
    from curation.export.hub import PushResult

_OPTIONS = (
    click.option("--public", is_flag=True, help="Everybody may read it: else no public repository is pushed to."),
    click.option("--branch", default="main", show_default=True, help="The branch to commit to."),
    click.option("--message", help="What the commit says. Default: the dataset's name, version and digest."),
    click.option("--tag", help="A tag for the commit, such as v1.2.0. Default: the version of what is released."),
    click.option("--no-tag", is_flag=True, help="Set no tag."),
    click.option("--overwrite", is_flag=True, help="Replace files that others have changed in the repository."),
    click.option("--delete", multiple=True, metavar="PATH", help="Delete a file of others from the repository."),
    click.option("--deep", is_flag=True, help="Read all files back afterwards, not only those up to 10 MB."),
    click.option("--dry-run", is_flag=True, help="Only say what would be uploaded and deleted."),
)


def register(export: click.Group) -> None:
    """Add `push`."""

    @command(export, "push")
    @click.argument("dataset", metavar="NAME_OR_DIR")
    @click.argument("repository", metavar="OWNER/NAME")
    @with_options(_OPTIONS)
    @in_workspace
    def push(
        dataset: str, repository: str, no_tag: bool, delete: tuple[str, ...], workspace: Path | None, **asked: Any
    ) -> None:
        """Publish a built dataset on the Hugging Face Hub, privately unless told otherwise.

        One commit makes the repository hold the dataset, and the files are compared afterwards. A second push has
        nothing to do. The token is that of `hf auth login`, or HF_TOKEN.

        \b
        Example:
          curation export push news-stance ida/news-stance --dry-run
          curation export push news-stance ida/news-stance
        """
        if no_tag and asked["tag"]:
            raise click.UsageError("--tag and --no-tag exclude each other.")
        folder = dataset_at(dataset, workspace)
        # What is built of an export may be built anew under the same version: only a release keeps it.
        tagging = not no_tag and ("@" in dataset or is_folder(dataset))
        from curation.export.hub import push as push_dataset

        with progress("Uploading") as bar:
            result = push_dataset(folder, repository, tagging=tagging, delete=delete, progress=bar, **asked)
        emit({**plain(result), "changed": result.changed}, _lines(result, public=asked["public"]))


def _lines(result: PushResult, *, public: bool) -> list[str]:
    visible = "private" if result.private else "public"
    lines = _changes(result)
    if result.created:
        lines.append(f"{_would(result, 'makes')} the {visible} repository {result.repository}")
    if result.uploaded or result.deleted:
        size = sum(change.bytes for change in result.uploaded)
        counts = f"{counted(len(result.uploaded), 'file')} ({size:,} bytes), deletes {len(result.deleted)}"
        lines.append(f"{_would(result, 'uploads')} {counts}")
    others = [path for path in result.others if path != ".gitattributes"]
    if others:
        lines.append(f"{counted(len(others), 'file')} of others stay: {', '.join(others)}; --delete PATH removes one")
    if public and result.private:
        lines.append("the repository stays private: change that in its settings")
    if not result.dry_run:
        note = "" if result.changed else " (unchanged: nothing to do)"
        tag = f", tag {result.tag}" if result.tag else ""
        lines.append(f"read {counted(result.read_back, 'file')} back: the same bytes")
        lines.append(f"{result.url} ({visible}) at commit {result.commit}{tag}{note}")
    elif not result.changed:
        lines.append(f"{result.url} ({visible}) holds the dataset at commit {result.commit}: nothing to do")
    return lines


def _changes(result: PushResult) -> list[str]:
    rows = [("upload", change.path, change.bytes) for change in result.uploaded]
    rows += [("delete", change.path, change.bytes) for change in result.deleted]
    return table(("", "file", "bytes"), rows) if rows else []


def _would(result: PushResult, does: str) -> str:
    return f"would {does.removesuffix('s')}" if result.dry_run else does
