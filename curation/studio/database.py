"""The PostgreSQL database of an embedded Label Studio: how it is named, whether it can serve, and whose it is."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from curation.errors import CurationError
from curation.folders.whole import whole
from curation.studio.installation import data_of, identity, kept_environment, make_data, migrate, python_of, uses_sqlite

URL_VARIABLE = "CURATION_DATABASE_URL"
PASSWORD_VARIABLE = "PGPASSWORD"
OPTION = "--database"
FILE = "database.json"
"""Keeps what a later start needs to find the database; the password too, unless ~/.pgpass has it."""
MIGRATION_LOG = "migration.log"

_SCHEMES = ("postgresql", "postgres")
_OPTIONS = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
_EXAMPLE = "postgresql://labels@127.0.0.1:5432/labels"
_USERS = "htx_user"
_EXTENSIONS = ("btree_gin", "pg_trgm")
_OLDEST = 14
"""The oldest PostgreSQL that the Django of Label Studio takes."""
_CONNECT_SECONDS = 15
_PROBE = Path(__file__).parents[1] / "store" / "postgresql.py"


@dataclass(frozen=True, slots=True)
class Database:
    """Where a PostgreSQL database is and who opens it. Without a password, libpq looks into ~/.pgpass."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(default="", repr=False)
    options: tuple[tuple[str, str], ...] = ()

    @property
    def url(self) -> str:
        """Its address, without the password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        address = f"postgresql://{quote(self.user, safe='')}@{host}:{self.port}/{quote(self.name, safe='')}"
        return address + (f"?{urlencode(self.options)}" if self.options else "")

    def server_environment(self) -> dict[str, str]:
        """What Label Studio must find in its environment to use it."""
        places = {"HOST": self.host, "PORT": str(self.port), "NAME": self.name, "USER": self.user}
        named = {f"POSTGRE_{name}": value for name, value in places.items()}
        # An empty password, where libpq finds one of its own; an absent one would become Label Studio's default.
        return {"DJANGO_DB": "default", **named, "POSTGRE_PASSWORD": self.password, **self._libpq()}

    def probe_environment(self) -> dict[str, str]:
        """What libpq must find in its environment to connect to it."""
        places = {"PGHOST": self.host, "PGPORT": str(self.port), "PGDATABASE": self.name, "PGUSER": self.user}
        password = {PASSWORD_VARIABLE: self.password} if self.password else {}
        return {**places, **password, "PGCONNECT_TIMEOUT": str(_CONNECT_SECONDS), **self._libpq()}

    def _libpq(self) -> dict[str, str]:
        passfile = {name: os.environ[name] for name in ("PGPASSFILE",) if name in os.environ}
        return {**passfile, **{_OPTIONS[name]: value for name, value in self.options}}


def wanted(given: str | None) -> Database | None:
    """The database that `--database` or else CURATION_DATABASE_URL names; None if neither does.

    The password is the one in CURATION_DATABASE_URL or else PGPASSWORD. Raises `E_USAGE` for an address that is none,
    and for a password in the option: everybody on the machine sees the arguments of a command.
    """
    named = os.environ.get(URL_VARIABLE, "").strip()
    if given is None and not named:
        return None
    database = _parse(named, URL_VARIABLE) if given is None else _parse(given, OPTION)
    if given is not None and database.password:
        raise CurationError(
            "E_USAGE",
            f"{OPTION} holds a password, which everybody on this machine can see while the command runs",
            fix=f"leave it out and set {PASSWORD_VARIABLE}, or set {URL_VARIABLE} to the whole address, or write the"
            " password into ~/.pgpass; then change it",
        )
    return replace(database, password=database.password or os.environ.get(PASSWORD_VARIABLE, ""))


def _parse(url: str, origin: str) -> Database:
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
        options = tuple(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        parts, port, options = urlsplit(""), 0, ()
    name = unquote(parts.path[1:])
    is_whole = parts.hostname and parts.username and name and "/" not in name and not parts.fragment
    if parts.scheme not in _SCHEMES or not is_whole:
        # The address itself is not repeated: it may hold a password.
        raise CurationError("E_USAGE", f"{origin} is no address of a database", fix=f"write it like {_EXAMPLE}")
    for option, _ in options:
        if option not in _OPTIONS:
            known = " and ".join(_OPTIONS)
            raise CurationError("E_USAGE", f"{origin} has the parameter {option!r}", fix=f"only {known} are read")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Database(parts.hostname or "", port, name, user, password, options)


def remembered(data_dir: Path) -> Database | None:
    """The database that the server of `data_dir` used last; None if it keeps its data in SQLite, or nothing tells."""
    try:
        kept = json.loads((data_dir / FILE).read_text(encoding="utf-8"))
        return replace(_parse(kept["url"], FILE), password=kept["password"])
    except (OSError, ValueError, KeyError, TypeError, CurationError):
        return None


def settle(data_dir: Path, given: Database | None) -> Database | None:
    """The database that the server of `data_dir` is to use: `given`, else the remembered one, else None for SQLite.

    Raises `E_DATABASE_OTHER` if its data are in SQLite, where it would begin empty on PostgreSQL, and if they are in
    neither, where nothing tells of the database any more and it would begin empty on SQLite.
    """
    kept = remembered(data_dir)
    if given is None and kept is None and data_of(data_dir).is_dir() and not uses_sqlite(data_dir):
        raise CurationError(
            "E_DATABASE_OTHER",
            f"{data_dir} has no data of Label Studio in SQLite, and no readable {FILE} that tells of a database",
            fix=f"serve with {OPTION} and the address of the database that has them; to begin anew, rename"
            f" {data_dir.name}",
        )
    if given is None:
        # A new password may be in the environment while the address is only remembered.
        return replace(kept, password=os.environ.get(PASSWORD_VARIABLE, "") or kept.password) if kept else None
    if uses_sqlite(data_dir):
        raise CurationError(
            "E_DATABASE_OTHER",
            f"the workspace's Label Studio has its data in SQLite ({data_dir}); in {given.url} it would begin empty",
            fix=f"start it without {OPTION} and {URL_VARIABLE}. To move instead: `curation studio pull`, stop it,"
            f" rename {data_dir.name}, serve with {OPTION}, push, and invite everybody anew; what was pulled stays",
        )
    if kept and kept.url == given.url and not given.password:
        return kept
    return given


def claim(executable: Path, database: Database, data_dir: Path) -> None:
    """See that the database is this server's, or is free and then make it so, with Label Studio's tables in it.

    Raises `E_DATABASE_DOWN`, `E_DATABASE` if it cannot serve, `E_DATABASE_OTHER` if it is another's or has lost this
    server's data, `E_SERVER_START` if the tables could not be made.
    """
    found = _probe(executable, database, "look", _USERS, *_EXTENSIONS)
    version = _version_of(executable)
    kept = remembered(data_dir)
    _require_able(database, found)
    _require_ours(database, found, data_dir, kept)
    if _numbers(found["version"]) > _numbers(version):
        raise CurationError(
            "E_DATABASE_OTHER",
            f"{database.url} was last used by Label Studio {found['version']}, which is newer than {version}",
            fix=f"upgrade curation, or restore a dump made with Label Studio {version}",
        )
    # In this order: whatever a kill leaves, the next start goes on with it and takes nothing for lost or another's.
    make_data(data_dir)
    mine = identity(data_dir)
    assert mine, "a data folder has its identity from the start"
    if found["id"] is None:
        _probe(executable, database, "mark", mine, "")
    _remember(data_dir, database)
    if found["version"] != version:
        log = data_dir / MIGRATION_LOG
        if not migrate(executable, data_of(data_dir), database.server_environment(), log):
            raise CurationError("E_SERVER_START", f"Label Studio's tables in {database.url} were not made; see {log}")
        _probe(executable, database, "mark", mine, version)


def _require_ours(database: Database, found: dict[str, Any], data_dir: Path, kept: Database | None) -> None:
    if found["id"] is not None and found["id"] != identity(data_dir):
        raise CurationError(
            "E_DATABASE_OTHER",
            f"{database.url} is the database of another workspace's Label Studio ({found['id']})",
            fix=f"name another with {OPTION}, or use that server from here with LABEL_STUDIO_URL; if this is its"
            f" workspace, take {data_dir.name} back from a backup",
        )
    if found["id"] is None and kept is not None:
        raise CurationError(
            "E_DATABASE_OTHER",
            f"{database.url} lacks the data of this workspace's Label Studio, which were in {kept.url}",
            fix=f"restore a dump into it, or name the one that has them; to begin anew, rename {data_dir.name}",
        )
    if found["id"] is None and (found["used"] or (found["tables"] and not found["known"])):
        whose = "a Label Studio that this workspace did not start" if found["known"] else "something else"
        raise CurationError(
            "E_DATABASE_OTHER",
            f"{database.url} holds tables of {whose}",
            fix=f"make an empty one (createdb) and name it with {OPTION}; a running Label Studio is used with"
            " LABEL_STUDIO_URL",
        )


def _require_able(database: Database, found: dict[str, Any]) -> None:
    if found["server"] < _OLDEST:
        raise CurationError("E_DATABASE", f"{database.url} is PostgreSQL {found['server']}; {_OLDEST} is the oldest")
    if found["encoding"] != "UTF8":
        raise CurationError(
            "E_DATABASE",
            f"{database.url} has the encoding {found['encoding']}, which cannot hold every text",
            fix=f"make another: createdb --encoding=UTF8 --template=template0 --owner={database.user} NAME",
        )
    if found["lacking"]:
        raise CurationError(
            "E_DATABASE",
            f"the PostgreSQL of {database.url} lacks the extensions {', '.join(found['lacking'])}",
            fix="install PostgreSQL's contrib package (postgresql-contrib) there",
        )
    if not found["may_create"]:
        raise _denied(database, "may make no tables or extensions in it")


def _denied(database: Database, detail: str) -> CurationError:
    owner = f'ALTER DATABASE "{database.name}" OWNER TO "{database.user}"'
    return CurationError(
        "E_DATABASE", f"{database.url}: {database.user} {detail}", fix=f"as its administrator: {owner}"
    )


def _probe(executable: Path, database: Database, *arguments: str) -> dict[str, Any]:
    python = python_of(executable)
    # -I: what the caller has in PYTHONPATH is not for this interpreter.
    command = [str(python), "-I", str(_PROBE), *arguments]
    environment = {**kept_environment(), **database.probe_environment()}
    try:
        done = subprocess.run(
            command, env=environment, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        raise CurationError("E_DATABASE", f"{python} could not look at {database.url}: {error}") from None
    if "error" in answer:
        raise _refusal(executable, database, answer)
    return answer


def _refusal(executable: Path, database: Database, answer: dict[str, Any]) -> CurationError:
    # PostgreSQL tells a refused connection in words alone. In another language than English, its words are passed on.
    said, named = answer["error"], database.url
    if said == "driver":
        return CurationError(
            "E_DATABASE",
            f"the environment of {executable} has no driver for PostgreSQL (psycopg)",
            fix=f"{python_of(executable)} -m pip install 'psycopg[binary]'",
        )
    if answer["denied"]:
        return _denied(database, "has no right to its tables")
    if re.search(r'database ".*" does not exist', said):
        create = f"createdb -h {database.host} -p {database.port} --owner={database.user} {database.name}"
        return CurationError("E_DATABASE", f"{named}: there is no such database", fix=f"as an administrator: {create}")
    if re.search(r'role ".*" does not exist', said):
        create = f"createuser -h {database.host} -p {database.port} --pwprompt {database.user}"
        return CurationError("E_DATABASE", f"{named}: there is no such user", fix=f"as an administrator: {create}")
    if "no password supplied" in said:
        return CurationError("E_DATABASE", f"{named} asks for a password")
    if "password authentication failed" in said:
        return CurationError("E_DATABASE", f"{named}: wrong password, or no such user")
    plain = said.removeprefix("connection failed: ").partition(" Is the server running")[0]
    return CurationError("E_DATABASE_DOWN", f"{named}: {plain.replace('host None', 'the host')}")


def _version_of(executable: Path) -> str:
    code = "from importlib.metadata import version; print(version('label-studio'))"
    command = [str(python_of(executable)), "-I", "-c", code]
    done = subprocess.run(command, env=kept_environment(), cwd="/", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CurationError("E_SERVER_START", f"{python_of(executable)} knows no Label Studio")
    return done.stdout.strip()


def _numbers(version: str | None) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version or ""))


def _remember(data_dir: Path, database: Database) -> None:
    with whole(data_dir / FILE, private=True) as file:
        file.write(json.dumps({"url": database.url, "password": database.password}, indent=2).encode())
