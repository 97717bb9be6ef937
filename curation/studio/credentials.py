"""Which Label Studio, and with which token: from the environment, else from the workspace's embedded server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from curation.errors import CurationError
from curation.studio import server

URL_VARIABLE = "LABEL_STUDIO_URL"
KEY_VARIABLE = "LABEL_STUDIO_API_KEY"
ALLOW_HTTP_VARIABLE = "CURATION_ALLOW_HTTP"
SERVER_FOLDER = ".studio"
"""Where in a workspace the embedded server lives."""

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

    Raises `E_NO_CREDENTIALS` if there are none or half of them, `E_SERVER_DOWN` if the embedded server does not run,
    `E_INSECURE` for an unencrypted address of another machine.
    """
    key = os.environ.get(KEY_VARIABLE, "").strip()
    url, origin = _address(settings)
    if url and key:
        url = check_address(url, origin)
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise CurationError("E_NO_CREDENTIALS", f"{KEY_VARIABLE} holds a character that no token has")
        own = server.running(folder / SERVER_FOLDER)
        is_own = own is not None and own.url == url
        return Credentials(url, key, KEY_VARIABLE, server.ledger_name(folder / SERVER_FOLDER) if is_own else "")
    if url:
        raise CurationError(
            "E_NO_CREDENTIALS",
            f"{origin} names a server, but {KEY_VARIABLE} is not set",
            fix=f"copy a token from Account & Settings in Label Studio into {KEY_VARIABLE}",
        )
    if key:
        raise CurationError(
            "E_NO_CREDENTIALS",
            f"{KEY_VARIABLE} is set, but {URL_VARIABLE} is not",
            fix=f"set {URL_VARIABLE}, or unset {KEY_VARIABLE} to use the workspace's own server",
        )
    return own_server(folder)


def check_address(url: str, origin: str) -> str:
    """The address without a slash at its end.

    Raises `E_NO_CREDENTIALS` if it is no web address, `E_INSECURE` if it is not encrypted and of another machine.
    """
    try:
        parts = urlsplit(url)
        host, named, _ = parts.hostname, parts.username or parts.password, parts.port
    except ValueError:
        host = named = None
    if not host or parts.scheme not in ("http", "https") or named or parts.query or parts.fragment:
        fix = "write it like https://label-studio.example.org"
        raise CurationError("E_NO_CREDENTIALS", f"{origin} is no web address of a server", fix=fix)
    if parts.scheme == "http" and host not in _LOOPBACK and os.environ.get(ALLOW_HTTP_VARIABLE) != "1":
        raise CurationError("E_INSECURE", f"{origin} is an unencrypted address of {host}")
    return url.rstrip("/")


def _address(settings: Mapping[str, Any]) -> tuple[str, str]:
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
