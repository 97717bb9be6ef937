"""Keep a token for a Label Studio of others', once it is known to be good, and forget it again."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from curation.catalog import Root, find_root, name_server
from curation.errors import CurationError

_FIXES = {
    "E_SERVER_DOWN": "see that Label Studio runs and that this is its address, with http or https and the port; then"
    " log in again",
    "E_UNAUTHORISED": "copy a fresh token from Account & Settings in Label Studio, then log in again",
}
"""Here neither the environment nor an earlier log-in has anything to do with what fails."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Whose token was kept for which server, and where.

    `days_left` counts until it ends, None if it does not. `workspace` is the one that the command ran in, and `used`
    whether it uses the server; `hidden` whether the environment's token comes before this one.
    """

    url: str
    email: str
    token_kind: str
    days_left: int | None
    kept: str
    workspace: Path | None
    used: bool
    hidden: bool


def server_address(named: str | None, workspace: Path | None, *, allow_http: bool = False, seen: bool = True) -> str:
    """The address to log in at or out of: the one that is named, else that of the environment or of the workspace.

    Unless the user has `seen` where the token goes, it goes to no new address that the workspace alone names, since
    whoever made that can have written any. Raises `E_USAGE` for this and if there is no address, and what
    `credentials.check_address` raises.
    """
    from curation.studio.credentials import URL_VARIABLE, address, check_address, is_trusted

    url, origin = (named, "the address") if named else address(find_root(workspace).settings)
    if not url:
        fix = "name it: curation studio login https://label-studio.example.org"
        raise CurationError("E_USAGE", "which server? Neither the environment nor curation.toml names one", fix=fix)
    url = check_address(url, origin, allow_http=allow_http)
    if not (seen or named or origin == URL_VARIABLE or is_trusted(url)):
        message = f"a token that is piped goes to no server that {origin} alone names"
        raise CurationError("E_USAGE", message, fix=f"name the server: curation studio login {url}")
    return url


def log_in(
    url: str,
    read_token: Callable[[], str],
    workspace: Path | None = None,
    *,
    keyring: bool = False,
    allow_http: bool = False,
) -> LoggedIn:
    """Try the token at `url`, an address as `server_address` gives it, and keep it if the server takes it.

    A workspace that names no server is made to name this one. Raises `E_UNAUTHORISED` and what else goes wrong with
    the server, `E_NO_CREDENTIALS` for what is no token, and what `keeping.keep` raises; then nothing is kept.
    """
    from curation.studio import keeping
    from curation.studio.client import Client
    from curation.studio.credentials import KEY_VARIABLE, Credentials
    from curation.studio.tokens import checked, days_left

    token = checked(read_token(), "what was given")
    try:
        with Client(Credentials(url, token, "what was given"), attempts=2) as client:
            email = str(client.whoami().get("email", ""))
            left, kind = days_left(token, client.server_time()), client.token_kind
    except CurationError as error:
        raise CurationError(error.code, error.message, fix=_FIXES.get(error.code, error.fix)) from None
    place = keeping.keep(url, token, keyring=keyring, allow_http=allow_http)
    root = find_root(workspace)
    opened = root.path if root.is_workspace else None
    hidden = bool(os.environ.get(KEY_VARIABLE, "").strip())
    return LoggedIn(url, email, kind, left, place, opened, opened is not None and _use(url, root), hidden)


def log_out(url: str) -> bool:
    """Forget the token for `url`; False if none is kept. The server goes on taking it until it is revoked there."""
    from curation.studio import keeping

    return keeping.forget(url)


def _use(url: str, root: Root) -> bool:
    """Whether the workspace uses that server, if need be from now on: one that has none is made to name this one."""
    from curation.studio import server
    from curation.studio.credentials import SERVER_FOLDER, address, check_address

    named, origin = address(root.settings)
    if named:
        return check_address(named, origin, allow_http=True) == url
    own = root.path / SERVER_FOLDER
    if (own / server.CREDENTIALS_FILE).exists():
        return server.last_url(own) == url
    try:
        name_server(root, url)
    except CurationError as error:
        message = f"the token is kept, but this workspace does not name {url}: {error.message}"
        raise CurationError(error.code, message, fix=f'write url = "{url}" under [studio] there') from None
    return True
