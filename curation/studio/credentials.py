"""Which Label Studio, and with which token.

The address is that of the environment, else the one in curation.toml; the token that of the environment, else the one
that `curation studio login` kept for this very address. Where no address is named it is the workspace's own server.

A workspace can be somebody else's, and its curation.toml name any server. So the token of the environment goes only
where the user has said that it may: to the address of the environment, to one that they have logged in to, or to this
machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from curation.errors import CurationError
from curation.studio import server
from curation.studio.keeping import Kept, addresses, allows_http, kept
from curation.studio.tokens import checked

URL_VARIABLE = "LABEL_STUDIO_URL"
KEY_VARIABLE = "LABEL_STUDIO_API_KEY"
ALLOW_HTTP_VARIABLE = "CURATION_ALLOW_HTTP"
SERVER_FOLDER = ".studio"
"""Where in a workspace the embedded server lives."""

_PAGE = re.compile(r"/(projects/\d+|user/(login|signup|account))(/|$)")
"""What follows a server's own address where somebody copies it from the browser."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NoneKnown(CurationError):
    """There is no Label Studio: the workspace has none of its own and nothing names another."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A server's address, a token for it, and where both were found. The token never shows in `repr`.

    `server` names it in the workspace's ledger: by `server.ledger_name` for the workspace's own, whose port may change,
    else by its address.
    """

    url: str
    token: str = field(repr=False)
    source: str
    server: str = ""

    def __post_init__(self) -> None:
        if not self.server:
            object.__setattr__(self, "server", self.url)


def find(folder: Path, settings: Mapping[str, Any]) -> Credentials:
    """The credentials for the workspace in `folder` with the parsed curation.toml `settings`.

    Raises `E_NO_CREDENTIALS` if there are none or half of them, or if a token is not meant for the address,
    `E_SERVER_DOWN` if the embedded server does not run, `E_INSECURE` for an unencrypted address of another machine, and
    what `kept` raises.
    """
    key = os.environ.get(KEY_VARIABLE, "").strip()
    url, origin = address(settings)
    if url:
        url = check_address(url, origin)
        if key and origin != URL_VARIABLE:
            _require_consent(url, origin)
        held = Kept(checked(key, KEY_VARIABLE), KEY_VARIABLE) if key else kept(url)
        if held is None:
            raise CurationError(
                "E_NO_CREDENTIALS",
                f"{origin} names a server, but {KEY_VARIABLE} is not set and no token is kept for {url}",
                fix=f"curation studio login {url}",
            )
        return Credentials(url, held.token, held.place, _name_of_own(folder / SERVER_FOLDER, url))
    if key:
        raise CurationError(
            "E_NO_CREDENTIALS",
            f"{KEY_VARIABLE} is set, but {URL_VARIABLE} is not",
            fix=f"set {URL_VARIABLE}, or unset {KEY_VARIABLE} to use the workspace's own server",
        )
    return own_server(folder)


def check_address(url: str, origin: str, *, allow_http: bool = False) -> str:
    """The address in the one form in which tokens are kept and the ledger names servers.

    Raises `E_NO_CREDENTIALS` if it is no web address, or a page's, `E_INSECURE` if it is not encrypted and of another
    machine, unless `allow_http`, the environment or an earlier log-in says that this is meant.
    """
    try:
        parts = urlsplit(url)
        host, named, port = parts.hostname, parts.username or parts.password, parts.port
    except ValueError:
        host = named = port = None
    if not host or parts.scheme not in ("http", "https") or named or parts.query or parts.fragment:
        fix = "write it like https://label-studio.example.org"
        raise CurationError("E_NO_CREDENTIALS", f"{origin} is no web address of a server", fix=fix)
    shown = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    page = _PAGE.search(parts.path)
    path = parts.path[: page.start()] if page else parts.path
    url = f"{parts.scheme}://{shown}{f':{port}' if port not in (None, usual) else ''}{path.rstrip('/')}"
    if page:
        message = f"{origin} is the address of a page, not of the server"
        raise CurationError("E_NO_CREDENTIALS", message, fix=f"leave the page out: {url}")
    if parts.scheme == "http" and host not in _LOOPBACK and not (allow_http or _allowed_http(url)):
        raise CurationError("E_INSECURE", f"{origin} is an unencrypted address of {host}")
    return url


def is_trusted(url: str) -> bool:
    """Whether an address is of this machine, or one that the user has logged in to."""
    return urlsplit(url).hostname in _LOOPBACK or url in addresses()


def _require_consent(url: str, origin: str) -> None:
    """Raise `E_NO_CREDENTIALS` unless the token of the environment may go to an address that a workspace names."""
    if is_trusted(url):
        return
    raise CurationError(
        "E_NO_CREDENTIALS",
        f"{KEY_VARIABLE} is not sent to {url}: {origin} alone names it, and whoever made the workspace can have written"
        " any address there",
        fix=f"if the token is for that server, also set {URL_VARIABLE}={url}, or: curation studio login {url}",
    )


def _allowed_http(url: str) -> bool:
    return os.environ.get(ALLOW_HTTP_VARIABLE) == "1" or allows_http(url)


def _name_of_own(data_dir: Path, url: str) -> str:
    """What the ledger calls the workspace's own server if it answers at an address, else nothing.

    Under another name its annotators would be others, and everything there would count as sent from elsewhere.
    """
    own = server.running(data_dir)
    if own is None or url not in (own.url, *_spellings(own.url), server.how(data_dir).public_url):
        return ""
    return server.ledger_name(data_dir)


def _spellings(url: str) -> tuple[str, ...]:
    """All ways to write an address of this machine."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    return tuple(f"http://{f'[{one}]' if ':' in one else one}:{port}" for one in _LOOPBACK if host in _LOOPBACK)


def address(settings: Mapping[str, Any]) -> tuple[str, str]:
    """The address that is named, empty if none is, and what names it."""
    url = os.environ.get(URL_VARIABLE, "").strip()
    if url:
        return url, URL_VARIABLE
    return str(settings.get("studio", {}).get("url", "")).strip(), "studio.url in curation.toml"


def own_server(folder: Path) -> Credentials:
    """The credentials of the workspace's own server, whatever the environment says.

    Raises `E_SERVER_DOWN` if it does not run, `E_NO_CREDENTIALS` if there is none.
    """
    data_dir = folder / SERVER_FOLDER
    own = server.running(data_dir)
    if own is not None:
        return Credentials(own.url, own.token, "the workspace's own server", server.ledger_name(data_dir))
    if (data_dir / server.CREDENTIALS_FILE).exists():
        raise CurationError(
            "E_SERVER_DOWN", "the workspace's own Label Studio does not run", fix="curation studio serve"
        )
    raise NoneKnown("E_NO_CREDENTIALS", f"no Label Studio is known: {data_dir.parent} has none of its own")
