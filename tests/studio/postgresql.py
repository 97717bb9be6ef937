"""Find a PostgreSQL, or install Debian's as root, and run one on loopback for the tests."""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from curation.studio import installation
from curation.studio.database import Database

MISSING = "no PostgreSQL: initdb is neither on PATH nor in /usr/lib/postgresql/*/bin, and none could be installed"
ADMINISTRATOR = "curation"


def find() -> Path | None:
    """The folder of its programs: CURATION_POSTGRESQL, the one on PATH, or Debian's newest."""
    named = os.environ.get("CURATION_POSTGRESQL")
    if named:
        return Path(named)
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


def install() -> Path | None:
    """The same, installed if there is none and this is root on a Debian."""
    if find() is None and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "postgresql"]):
            subprocess.run(["apt-get", *command], check=False, stdout=sys.stderr, env=quiet)
    return find()


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL that runs, and its administrator, who needs a password."""

    programs: Path
    port: int
    password: str = field(repr=False)

    def database(self, name: str | None = None, *, like: str | None = None, encoding: str = "UTF8") -> Database:
        """A new database that the administrator owns, empty or a copy of another."""
        name = name or f"labels_{secrets.token_hex(4)}"
        copied = ["--template", like or "template0", *([] if like else ["--encoding", encoding, "--locale", "C"])]
        self.run("createdb", *copied, name)
        return self.as_user(ADMINISTRATOR, self.password, name)

    def as_user(self, user: str, password: str, name: str) -> Database:
        """A database as somebody opens it; neither need exist."""
        return Database("127.0.0.1", self.port, name, user, password)

    def sql(self, name: str, *statements: str) -> str:
        """What the statements print, unadorned."""
        commands = [part for statement in statements for part in ("-c", statement)]
        return self.run("psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-d", name, *commands)

    def run(self, program: str, *arguments: str) -> str:
        """Run one of its programs as the administrator."""
        place = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": ADMINISTRATOR, "PGPASSWORD": self.password}
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(command, env={**os.environ, **place}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{program}: {done.stderr}"
        return done.stdout

    def migrated(self) -> str:
        """The name of a database with Label Studio's tables and nothing in them.

        Made once a machine, as a dump in the cache folder: the migrations take a minute or two.
        """
        executable = installation.ensure_installed()
        name, model = "migrated", installation.template(executable)
        dump = model.with_name(f"{model.name}.postgresql-{self._release()}.dump")
        with dump.with_suffix(".lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.sql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
                database = self.database(name)
                if dump.exists():
                    self.run("pg_restore", "--no-owner", "-d", name, str(dump))
                else:
                    self._migrate(executable, database, dump)
        return name

    def _migrate(self, executable: Path, database: Database, dump: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "migration.log"
            done = installation.migrate(executable, Path(folder), database.server_environment(), log)
            assert done, log.read_text()
        staging = dump.with_suffix(".new")
        self.run("pg_dump", "--format=custom", "--no-owner", "--file", str(staging), database.name)
        staging.replace(dump)

    def _release(self) -> str:
        return self.sql("postgres", "SHOW server_version").split(".")[0]


@contextmanager
def cluster(programs: Path) -> Iterator[Cluster]:
    """One of its own, on a free port of loopback, gone with its data afterwards. PostgreSQL refuses to run as root."""
    owner = _unprivileged() if os.geteuid() == 0 else None
    who = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    # Not below pytest's folder: no other user may enter that.
    folder = Path(tempfile.mkdtemp(prefix="curation-postgresql-"))
    password, secret = secrets.token_urlsafe(12), folder / "password"
    secret.write_text(password)
    if owner:
        for path in (folder, secret):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    data, port, log = folder / "data", _free_port(), folder / "log"
    make = ["initdb", "-D", str(data), "-U", ADMINISTRATOR, "--pwfile", str(secret), "-A", "scram-sha-256", "--no-sync"]
    make += ["--encoding=UTF8", "--locale=C"]
    serve = ["postgres", "-D", str(data), "-p", str(port), "-F", "-c", "listen_addresses=127.0.0.1"]
    serve += ["-c", "unix_socket_directories="]
    try:
        done = subprocess.run(
            [str(programs / make[0]), *make[1:]], cwd=folder, capture_output=True, text=True, check=False, **who
        )
        assert done.returncode == 0, done.stderr
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(programs / serve[0]), *serve[1:]],
                cwd=folder,
                stdout=out,
                stderr=out,
                start_new_session=True,
                **who,
            )
        try:
            found = Cluster(programs, port, password)
            _await(found, process, log)
            yield found
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await(found: Cluster, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            found.sql("postgres", "SELECT 1")
        except AssertionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"PostgreSQL did not start: {log.read_text()}")


def _unprivileged() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    found = install()
    sys.stdout.write(f"{found}\n" if found else f"{MISSING}: the tests that need it will be skipped\n")
