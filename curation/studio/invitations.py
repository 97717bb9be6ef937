"""Accounts for people who are to annotate, and the file that keeps their passwords until they are handed on."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from curation.errors import CurationError
from curation.folders.lock import lock
from curation.folders.whole import whole
from curation.studio.accounts import sign_up
from curation.studio.client import Client

ACCOUNTS_FILE = "accounts.csv"
"""Passwords of accounts that were made here, in the folder of the workspace's server, readable by its owner alone."""

_COLUMNS = ("email", "password", "url", "server")
# Letters and digits that are not taken for one another, and nothing that a spreadsheet takes for a formula.
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
_LETTERS_AND_DIGITS = _LETTERS + "23456789"
_LENGTH = 14
# As Label Studio takes them, but for those that begin like a formula.
_ATOM, _NAME = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=[A-Za-z0-9][^@]{{0,63}}@){_ATOM}(?:\.{_ATOM})*@{_NAME}(?:\.{_NAME})*\.(?=..){_NAME}")


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who was invited. `password` is that of an account that was made now; None if there was one before.

    `kept` says whether the file has a password for the account.
    """

    email: str
    created: bool
    kept: bool
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Invitation:
    """The address at which anybody signs up, and the accounts that were asked for; `file` has their passwords."""

    link: str
    accounts: tuple[Invited, ...] = ()
    file: Path | None = None


def invite_all(folder: Path, client: Client, emails: Iterable[str], *, url: str | None = None) -> Invitation:
    """Make accounts with these addresses where there are none; `folder` keeps their passwords.

    `url` is where other people reach the server, if that is another address than the client's.

    A password is kept before its account is made, so that none is lost, wherever this is interrupted; whoever is there
    already is left alone. Raises `E_USAGE` for what is no address, before anything is done, `E_LOCKED`.
    """
    path = client.invitation()
    url = url or client.url
    link = url + path
    wanted = {_require_address(email).lower(): email for email in emails}
    if not wanted:
        return Invitation(link)
    _make_private(folder)
    file = folder / ACCOUNTS_FILE
    with lock(folder, "accounts.lock"):
        there = {address.lower() for address in client.users().values()}
        kept = _read(file)
        accounts = []
        for key, email in wanted.items():
            place = (key, client.server)
            if key in there:
                accounts.append(Invited(email, created=False, kept=place in kept))
                continue
            row = kept.get(place) or {"email": email, "password": _password()}
            kept[place] = {**row, "url": url, "server": client.server}
            _write(file, kept)
            sign_up(client.url, path, email, row["password"])
            accounts.append(Invited(email, created=True, kept=True, password=row["password"]))
    return Invitation(link, tuple(accounts), file)


def _require_address(email: str) -> str:
    if email.isprintable() and not email.isascii():
        strange = "".join(dict.fromkeys(one for one in email if not one.isascii()))
        message = f"Label Studio takes no address with {strange[:20]} in it: {email[:80]}"
        raise CurationError("E_USAGE", message, fix="name another address of theirs; of a domain, its xn-- form")
    if not _ADDRESS.fullmatch(email) or len(email) > 254:
        shown = email if email.isprintable() else repr(email)
        raise CurationError("E_USAGE", f"{shown[:80]!r} is no e-mail address", fix="one address after each --email")
    return email


def _password() -> str:
    return secrets.choice(_LETTERS) + "".join(secrets.choice(_LETTERS_AND_DIGITS) for _ in range(_LENGTH - 1))


def _make_private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Wherever the workspace lies, passwords do not get into a repository.
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def _read(file: Path) -> dict[tuple[str, str], dict[str, str]]:
    try:
        rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return {}
    except (UnicodeDecodeError, csv.Error):
        rows = [{}]
    if any(None in row.values() or not row.keys() >= set(_COLUMNS) for row in rows):
        fix = "correct the file, or move it away if the passwords in it were handed on"
        raise CurationError("E_DISK", f"{file} is no table of {', '.join(_COLUMNS)}", fix=fix)
    return {(row["email"].lower(), row["server"]): row for row in rows}


def _write(file: Path, kept: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(kept.values())
    with whole(file, private=True) as target:
        target.write(out.getvalue().encode())
