"""Tokens that `curation studio login` keeps, by the server's address: in a file of the user's, or in the keyring.

They lie outside of every workspace, since workspaces are copied and committed. The file says of each address where its
token is, so that no command asks the keyring of a server that it knows nothing of.
"""

from __future__ import annotations

import json
import os
import shlex
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from curation.errors import CurationError
from curation.folders.lock import lock_of
from curation.folders.whole import whole
from curation.studio.tokens import checked

if TYPE_CHECKING:
    from types import ModuleType

FOLDER_VARIABLE = "CURATION_CONFIG_HOME"
"""Names the folder to keep tokens in, in place of `curation` in the user's configuration folder."""

_T = TypeVar("_T")
_SERVICE = "curation"
_KEYRING = "the system's keyring"


@dataclass(frozen=True, slots=True)
class Kept:
    """A token and where it was found. The token never shows in `repr`."""

    token: str = field(repr=False)
    place: str


def tokens_file() -> Path:
    """The file of kept tokens, whether it is there or not."""
    named = os.environ.get(FOLDER_VARIABLE)
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return (Path(named) if named else Path(base) / "curation") / "tokens.json"


def kept(url: str) -> Kept | None:
    """The token that is kept for the server at `url`, or None.

    Raises `E_EXPOSED` if others can read the file, `E_KEYRING` and `E_EXTRA_MISSING` if the keyring has the token and
    does not give it.
    """
    entry = _entries().get(url)
    if entry is None:
        return None
    if not entry.get("keyring"):
        place = str(tokens_file())
        return Kept(checked(str(entry.get("token", "")), place), place)
    token = _with_keyring(lambda keyring: keyring.get_password(_SERVICE, url))
    if not token:
        raise CurationError(
            "E_KEYRING", f"{_KEYRING} has no token for {url} any more", fix=f"curation studio login {url} --keyring"
        )
    return Kept(checked(token, _KEYRING), _KEYRING)


def allows_http(url: str) -> bool:
    """Whether the user said at log-in that the token may go to `url` unencrypted."""
    return _entries().get(url, {}).get("allow_http") is True


def keep(url: str, token: str, *, keyring: bool = False, allow_http: bool = False) -> str:
    """Keep the token for `url` in place of an earlier one; returns where.

    Raises `E_EXTRA_MISSING` and `E_KEYRING` if the keyring is asked for and cannot be used, `E_DISK`, and `E_LOCKED`
    while another log-in is under way.
    """
    with _changing() as entries:
        if keyring:
            _with_keyring(lambda ring: ring.set_password(_SERVICE, url, token))
        elif entries.get(url, {}).get("keyring"):
            _drop_from_keyring(url)
        entry: dict[str, Any] = {"keyring": True} if keyring else {"token": token}
        entries[url] = entry | ({"allow_http": True} if allow_http else {})
    return _KEYRING if keyring else str(tokens_file())


def forget(url: str) -> bool:
    """Forget the token for `url`; False if none was kept. Raises as `keep` does."""
    if url not in _entries():
        return False
    with _changing() as entries:
        entry = entries.pop(url, {})
        if entry.get("keyring"):
            _drop_from_keyring(url)
    return True


def addresses() -> list[str]:
    """The servers that a token is kept for."""
    return sorted(_entries())


def _entries() -> dict[str, dict[str, Any]]:
    path = tokens_file()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise CurationError("E_DISK", f"{path}: {error.strerror}") from None
    try:
        file = os.fdopen(descriptor, "rb")
    except OSError as error:
        os.close(descriptor)
        raise CurationError("E_DISK", f"{path}: {error.strerror}") from None
    with file:
        # Asked of the open file: what stands at the path could be another one a moment later.
        _require_private(path, os.fstat(descriptor))
        try:
            document = json.loads(file.read())
        except ValueError:
            document = None
    if not isinstance(document, dict) or not all(isinstance(entry, dict) for entry in document.values()):
        fix = f"remove it (rm {shlex.quote(str(path))}) and log in again: curation studio login"
        raise CurationError("E_NO_CREDENTIALS", f"{path} is no file of tokens (any more)", fix=fix)
    return document


def _require_private(path: Path, found: os.stat_result) -> None:
    quoted = shlex.quote(str(path))
    if found.st_uid != os.geteuid():
        message, fix = f"{path} belongs to another user", f"rm {quoted}, then log in again: curation studio login"
    elif found.st_mode & 0o077:
        shown = stat.filemode(found.st_mode)
        message, fix = f"others may read or change {path}, which holds tokens ({shown})", f"chmod 600 {quoted}"
    else:
        return
    raise CurationError("E_EXPOSED", message, fix=fix)


@contextmanager
def _changing() -> Iterator[dict[str, dict[str, Any]]]:
    """The entries, to be changed; what is there afterwards is written, unless something went wrong."""
    path = tokens_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # People keep their configuration in repositories.
        (path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        with lock_of(path):
            entries = _entries()
            yield entries
            with whole(path, private=True) as file:
                file.write(json.dumps(entries, indent=2).encode())
    except OSError as error:
        raise CurationError("E_DISK", f"{path}: {error.strerror}") from None


def _drop_from_keyring(url: str) -> None:
    def drop(keyring: ModuleType) -> None:
        if keyring.get_password(_SERVICE, url) is not None:
            keyring.delete_password(_SERVICE, url)

    _with_keyring(drop)


def _with_keyring(act: Callable[[ModuleType], _T]) -> _T:
    try:
        import keyring
    except ImportError:
        message = f"{_KEYRING} is reached with the library keyring, which is not installed"
        raise CurationError("E_EXTRA_MISSING", message, fix="pip install 'curation[keyring]'") from None
    try:
        return act(keyring)
    except Exception as error:  # backends raise what their system's libraries raise, with words that may hold anything
        raise CurationError("E_KEYRING", f"{_KEYRING} cannot be used ({type(error).__name__})") from None
