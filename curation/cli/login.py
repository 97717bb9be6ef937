"""`curation studio login | logout`: a token for a Label Studio of others', given once and never on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curation.cli.console import command, emit, in_workspace
from curation.errors import CurationError

if TYPE_CHECKING:
    from curation.workspace.login import LoggedIn


def register(cli: click.Group) -> None:
    """Add `login` and `logout` to the group `studio`."""
    studio = cli.commands["studio"]
    assert isinstance(studio, click.Group)
    _login(studio)
    _logout(studio)


def _login(group: click.Group) -> None:
    @command(group, "login")
    @click.argument("address", required=False)
    @click.argument("more", nargs=-1, metavar="", type=click.UNPROCESSED)
    @click.option("--keyring", is_flag=True, help="Keep the token in the system's keyring (extra `keyring`).")
    @click.option("--allow-http", is_flag=True, help="Send token and articles to ADDRESS even if unencrypted.")
    @in_workspace
    def login(
        address: str | None, more: tuple[str, ...], keyring: bool, allow_http: bool, workspace: Path | None
    ) -> None:
        """Keep a token for the Label Studio at ADDRESS, for all workspaces that name it.

        The token is asked for without being shown, or read as a line from standard input. It is tried at the server
        first, then kept in a file that only you can read, outside of every workspace, or in the system's keyring. A
        workspace that names no server yet names this one from now on, in curation.toml. ADDRESS is by default the one
        that LABEL_STUDIO_URL or curation.toml names. LABEL_STUDIO_API_KEY, where it is set, comes before kept tokens.

        \b
        Example:
          curation studio login https://label-studio.example.org
          pass show label-studio | curation studio login https://label-studio.example.org --keyring
        """
        from curation.workspace.login import log_in, server_address

        if more:
            # Not said again: it is a token, most likely, and lines of errors end up in logs.
            message = "one address is taken and nothing after it; a token is never given on the command line"
            raise CurationError("E_USAGE", message, fix="curation studio login ADDRESS, which asks for the token")
        url = server_address(address, workspace, allow_http=allow_http, seen=sys.stdin.isatty())
        found = log_in(url, lambda: _token(url), workspace, keyring=keyring, allow_http=allow_http)
        emit(found, _login_lines(found))


def _login_lines(found: LoggedIn) -> list[str]:
    from curation.studio.tokens import lasting

    kind = f"{found.token_kind} token{lasting(found.days_left)}"
    lines = [f"logged in at {found.url} as {found.email} ({kind})", f"kept in {found.kept}"]
    if found.used:
        lines.append(f"{found.workspace} uses this server")
    elif found.workspace is not None:
        lines.append(f'{found.workspace} uses another; to change that, set url = "{found.url}" under [studio] in its'
                     " curation.toml")  # fmt: skip
    if found.hidden:
        lines.append("LABEL_STUDIO_API_KEY is set and comes before it; unset it to use what was kept")
    return lines


def _logout(group: click.Group) -> None:
    @command(group, "logout")
    @click.argument("address", required=False)
    @in_workspace
    def logout(address: str | None, workspace: Path | None) -> None:
        """Forget the token that was kept for the Label Studio at ADDRESS.

        The server goes on taking it: revoke it there, under Account & Settings, if others may have seen it.

        \b
        Example:
          curation studio logout https://label-studio.example.org
        """
        from curation.workspace.login import log_out, server_address

        url = server_address(address, workspace, allow_http=True)
        forgotten = log_out(url)
        line = f"the token for {url} is forgotten" if forgotten else f"nothing to do: no token is kept for {url}"
        emit({"url": url, "forgotten": forgotten}, [line])


def _token(url: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(f"Token for {url} (not shown)", hide_input=True, err=True))
    return sys.stdin.readline()
