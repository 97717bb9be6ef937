"""`curation studio serve | stop | push | pull | flag | tasks`: the way to Label Studio and back."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curation.cli.annotators import add_annotators
from curation.cli.console import (
    command,
    counted,
    diff_lines,
    emit,
    in_workspace,
    open_workspace,
    progress,
    say,
    with_options,
)
from curation.cli.flag import add_flag
from curation.errors import CurationError, Exit

if TYPE_CHECKING:
    from curation.studio.push import PushResult
    from curation.studio.results import PullResult


pushing = with_options(
    (
        click.option("--new-project", is_flag=True, help="Make a new project, even if one was made before."),
        click.option("--update-interface", is_flag=True, help="Replace screen and codebook in Label Studio."),
        click.option("--dry-run", is_flag=True, help="Only say what would be sent and changed; write nothing."),
    )
)
"""Gives a command that pushes the options `new_project`, `update_interface` and `dry_run`."""

_NAMED = 10
"""So many of what a pull names are listed; --json lists all."""
_LONGEST = 400


def register(cli: click.Group) -> None:
    """Add the group `studio`."""

    @cli.group("studio")
    def studio() -> None:
        """Label Studio: start one, send articles, fetch annotations.

        Any other server is used with LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY set.

        \b
        Example:
          curation studio serve && curation studio push
        """

    for add in (_serve, _stop, _push, _pull, add_flag, _tasks, add_annotators):
        add(studio)


def _serve(group: click.Group) -> None:
    @command(group, "serve")
    @click.option("--port", type=click.IntRange(1, 65535), help="Default: the last one, or a free one.")
    @click.option("--database", metavar="URL", help="PostgreSQL in place of SQLite; without the password.")
    @click.option("--public-url", metavar="URL", help="Where a reverse proxy with TLS answers for it.")
    @click.option(
        "--host", metavar="ADDRESS", help="Listen on it, unencrypted. Default: 127.0.0.1, this machine alone."
    )
    @click.option("--foreground", is_flag=True, help="Stay attached; Ctrl-C stops the server.")
    @in_workspace
    def serve(
        port: int | None,
        database: str | None,
        public_url: str | None,
        host: str | None,
        foreground: bool,
        workspace: Path | None,
    ) -> None:
        """Start a Label Studio of this workspace on loopback, with its first account and token.

        It installs Label Studio into an environment of its own on first use (about two minutes) and keeps its data
        in the workspace's folder .studio, or in the PostgreSQL database that --database or CURATION_DATABASE_URL
        names; later starts find it again. The password stands in CURATION_DATABASE_URL, PGPASSWORD or ~/.pgpass.

        For a team, let a reverse proxy on this machine take care of TLS and name its address with --public-url.
        docs/team-server.md shows how.

        \b
        Example:
          curation studio serve
          curation studio serve --database postgresql://labels@127.0.0.1/labels --public-url https://labels.example.org
        """
        opened = open_workspace(workspace)
        with progress("Starting Label Studio") as bar:
            server = opened.serve(
                port=port, host=host, public_url=public_url, database=database, attached=foreground, progress=bar
            )
        state = "" if server.started else " (it was running: nothing to do)"
        lines = [f"Label Studio at {server.url}{state}"]
        lines += [f"others reach it at {server.public_url}"] if server.public_url else []
        lines += [f"its data are in {server.database}"] if server.database else []
        lines += [f"log in as {server.email}, password in {server.secrets}", "stop it with: curation studio stop"]
        emit(server, lines)
        if server.exposed:
            say(
                f"warning: it listens on {server.host} without encryption; passwords and articles cross the network as"
                " plain text. Use a reverse proxy with TLS and --public-url instead, or a network that you trust."
            )
        if foreground:
            say("Ctrl-C stops the server")
            opened.wait_for_server()


def _stop(group: click.Group) -> None:
    @command(group, "stop")
    @in_workspace
    def stop(workspace: Path | None) -> None:
        """Stop the workspace's Label Studio. Its data stay.

        \b
        Example:
          curation studio stop
        """
        stopped = open_workspace(workspace).stop_server()
        emit({"stopped": stopped}, ["stopped" if stopped else "nothing to do: no server of this workspace is running"])


def _push(group: click.Group) -> None:
    @command(group, "push")
    @click.option("--task", help="The task; default: the workspace's.")
    @click.option("--overlap", type=click.IntRange(1, 100), help="Annotators an article; as `select` planned, else 3.")
    @pushing
    @in_workspace
    def push(task: str | None, overlap: int | None, workspace: Path | None, **how: bool) -> Exit:
        """Send the screen, the codebook and the articles that are not there yet.

        Articles are looked up by their id first, so that a second push, or one after a broken connection, doubles
        nothing.

        Where the screen differs, or the instructions were changed on both sides, nothing is sent: the differences are
        shown, and --update-interface replaces what is in Label Studio, unless annotations use what would go.

        An article whose text has changed takes the old text's place, and suggestions that came later follow their
        article, as long as nobody has begun to annotate it.

        \b
        Example:
          curation studio push --overlap 3
          curation studio push --dry-run
          curation studio push --update-interface

        Exit status 1 if an article was refused, differs from what annotators have begun on, or stands there twice.
        """
        with progress("Looking for articles" if how["dry_run"] else "Sending articles") as bar:
            result = open_workspace(workspace).push(task=task, overlap=overlap, progress=bar, **how)
        emit(result, push_lines(result))
        return Exit.FINDINGS if result.changed or result.doubled or result.refused else Exit.OK


def push_lines(result: PushResult) -> list[str]:
    """What was sent, what was left and why, and how the project differs."""
    lines = [*_project_lines(result), *result.settings]
    if result.updated:
        lines.append(
            f"{counted(len(result.updated), 'article')} updated: the text has changed, or Label Studio failed on it"
        )
    lines += [f"  changed: {article} has another text now than annotators have begun on" for article in result.changed]
    if result.changed:
        lines.append(
            "    Fix: take the old text back (`curation ingest OLD-FILE --update`), or delete these items in Label"
            " Studio, with what was annotated on them, and push again"
        )
    lines += [f"  refused: {article}: {reason}" for article, reason in result.refused]
    if result.suggested:
        lines.append(f"{counted(result.suggested, 'suggestion')} sent")
    lines += [f"  without its suggestion: {article}: {reason}" for article, reason in result.unsuggested]
    if result.n_unsuggested > len(result.unsuggested):
        lines.append(f"  ... and {result.n_unsuggested - len(result.unsuggested)} more")
    lines += [f"  doubled: {article} stands more than once in Label Studio" for article in result.doubled]
    if result.doubled:
        lines.append(
            "    Fix: `curation doctor --deep` names the items; keep the annotated ones, delete the others there"
        )
    lines += _drift_lines(result)
    return lines


def _project_lines(result: PushResult) -> list[str]:
    """The project and how many articles went there, or would."""
    if result.dry_run:
        screen = {"created": "sent", "same": "left as it is", "updated": "replaced"}[result.interface]
        where = f"a new project at {result.url}" if result.created_project else f"project {result.project_id}"
        first = f"nothing was written; this is what would be: {where}, its screen {screen}"
    else:
        made = "made" if result.created_project else "found"
        first = f"project {result.project_id} {made}, screen {result.interface}: {result.url}"
    idle = not (result.sent or result.settings or result.updated or result.suggested)
    second = f"{counted(result.sent, 'article')} sent, {result.already_there} already there"
    return [first, f"{second}; nothing to do" if idle else second]


def _pull(group: click.Group) -> None:
    @command(group, "pull")
    @click.option("--task", help="The task; default: the workspace's.")
    @click.option("--full", is_flag=True, help="Fetch everything again, not only what changed.")
    @click.option("--file", "file", type=click.Path(path_type=Path), help="Read a JSON export made by hand instead.")
    @click.option("--known-only", is_flag=True, help="With --file: leave out items of articles not in the workspace.")
    @in_workspace
    def pull(task: str | None, full: bool, file: Path | None, known_only: bool, workspace: Path | None) -> Exit:
        """Fetch what annotators have done since the last pull; every version of it is kept.

        Articles that the workspace lacks are taken in with the texts of their items, and named. A file is taken in as a
        whole: one that is broken somewhere, or is no JSON export, leaves everything as it was.

        \b
        Example:
          curation studio pull
          curation studio pull --file project-1.json
          curation studio pull --file project-1.json --known-only

        At the end the server's own count of annotations is compared with what the workspace holds. Nothing is ever
        deleted here: what is gone there is marked, and annotations of a deleted account stay under their annotator.

        Exit status 1 if an item or an annotation could not be read, each of which is named (all of them with --json),
        or if the two counts differ. 2 if a file is no JSON export.
        """
        if known_only and file is None:
            raise CurationError("E_USAGE", "--known-only is about a file", fix="add --file FILE.json")
        if full and file is not None:
            raise CurationError("E_USAGE", "--full is about a server; a file is always read whole", fix="leave it out")
        opened = open_workspace(workspace)
        with progress("Fetching annotations") as bar:
            if file is not None:
                result = opened.pull_file(file, task=task, known_only=known_only)
            else:
                result = opened.pull(task=task, full=full, progress=bar)
        emit(result, pull_lines(result))
        return Exit.FINDINGS if result.undecodable or not result.complete else Exit.OK


def pull_lines(result: PullResult) -> list[str]:
    """What came, what is gone or has another owner, what could not be read, whether all is there, and what to do."""
    counts = {
        "new": result.annotations_new,
        "changed": result.annotations_changed,
        "unchanged": result.unchanged,
        "skipped": result.skipped,
        "no longer skipped": result.resumed,
        "drafts": result.drafts,
        "deleted": result.deleted,
        "back after deletion": result.returned,
        "unreadable": result.undecodable,
    }
    seen = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)
    lines = [seen] if seen else []
    lines += [*_named_lines(result), *_moved_lines(result)]
    lines += [
        f"  poisoned: item {item} makes Label Studio fail; curation studio push mends it if it is of an article here"
        for item in result.poisoned
    ]
    lines += [*_drift_lines(result), *_counted_lines(result)]
    if result.nothing_new and result.complete and not (result.undecodable or result.left_out):
        lines.append("nothing to do: no annotation is new or has changed since the last pull")
    elif result.annotations_new or result.annotations_changed:
        lines.append("next: curation validate")
    return lines


def _moved_lines(result: PullResult) -> list[str]:
    """Whose annotations are another's now, and whose account is gone."""
    lines = []
    for (before, after), number in sorted(Counter((one.before, one.after or "") for one in result.moved).items()):
        annotations = counted(number, "annotation")
        if after:
            lines.append(f"{annotations} of {before} {'is' if number == 1 else 'are'} {after}'s now")
        else:
            stay = "stays" if number == 1 else "stay"
            lines.append(f"{before}'s account was deleted: {annotations} {stay} under that name")
    return lines


def _counted_lines(result: PullResult) -> list[str]:
    """Whether the workspace holds what the server counts."""
    seen = result.counted
    if seen is None:
        return []
    if seen.agree:
        return [f"Label Studio counts {counted(seen.server, 'annotation')}, the workspace holds the same"]
    lines = [
        f"  incomplete: Label Studio counts {counted(seen.server, 'annotation')}, the workspace holds {seen.held:,}"
    ]
    if seen.items:
        more = f" and {len(seen.items) - _NAMED:,} more" if len(seen.items) > _NAMED else ""
        items = "item" if len(seen.items) == 1 else "items"
        lines.append(f"    they differ in {items} {', '.join(map(str, seen.items[:_NAMED]))}{more}")
    return [*lines, *([f"    Fix: {seen.fix}"] if seen.fix else [])]


def _named_lines(result: PullResult) -> list[str]:
    """What a pull did beside counting, by name; of many the first. What a file says reaches no terminal as it is."""
    from curation.reports.wording import shortened
    from curation.text import visible

    lines = [f"  unreadable: {shortened(visible(str(one)), _LONGEST)}" for one in result.unreadable[:_NAMED]]
    if len(result.unreadable) > _NAMED:
        lines.append(f"  ... and {len(result.unreadable) - _NAMED:,} more unreadable ones: --json names them all")
    for names, noun, said in (
        (result.adopted, "article", "the workspace lacked and took in with the texts of their items"),
        (result.left_out, "item", "left out, for the workspace lacks their articles"),
        (result.apart, "annotation", "kept apart, with an id of their own: another article's has the same number"),
        (result.gone, "annotation", "gone from Label Studio, kept in the workspace and marked as deleted"),
    ):
        if names:
            more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
            lines.append(f"{counted(len(names), noun)} {said}: {visible(', '.join(names[:_NAMED]))}{more}")
    return lines


def _drift_lines(result: PushResult | PullResult) -> list[str]:
    """How Label Studio differs from the workspace, or did before a push, and what is to be done about it."""
    said = [f"differs: {result.drift}"] if result.drift else []
    return [*said, *diff_lines(result.diff), *([f"    Fix: {result.fix}"] if result.fix else [])]


def _tasks(group: click.Group) -> None:
    @command(group, "tasks")
    @click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The file to write.")
    @in_workspace
    def tasks(out: Path, workspace: Path | None) -> None:
        """Write every article as a line of Label Studio's import format, for a server that cannot be reached.

        \b
        Example:
          curation studio tasks --out tasks.jsonl
        """
        written = open_workspace(workspace).write_tasks(out)
        emit({"written": written, "path": out}, [f"{counted(written, 'article')} in {out}"])
