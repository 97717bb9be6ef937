"""What a PostgreSQL database holds and whose it is: a program of its own, run by an interpreter that has psycopg.

    python postgresql.py look TABLE EXTENSION...
    python postgresql.py mark ID VERSION

The connection comes from libpq's variables (PGHOST, PGDATABASE and so on), so that no password is an argument. Both
print one JSON object, `{"error": ...}` where that fails. `look` tells of the database, and whether TABLE has rows;
`mark` writes in it whose it is, which travels along with every dump. Nothing of this package may be imported here.
"""

from __future__ import annotations

import json
import sys
from typing import Any

_MARK = "curation_server"


def look(table: str, extensions: list[str]) -> dict[str, Any]:
    """What is there. `table` is counted as used if it has a row; `lacking` are the extensions that cannot be had."""
    import psycopg

    with psycopg.connect("") as connection:

        def value(query: str, *given: object) -> Any:
            row = connection.execute(query, given or None).fetchone()
            return row[0] if row else None

        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename <> %s"
        missing = (
            "SELECT name FROM unnest(%s::text[]) AS name WHERE NOT EXISTS"
            " (SELECT FROM pg_available_extensions AS known WHERE known.name = name.name)"
        )
        rights = (
            "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
            " AND (has_database_privilege(current_database(), 'CREATE') OR NOT EXISTS"
            " (SELECT FROM unnest(%s::text[]) AS name WHERE name NOT IN (SELECT extname FROM pg_extension)))"
        )
        mark = None
        if value("SELECT to_regclass(%s)::text", _MARK):
            mark = connection.execute(f"SELECT id, version FROM {_MARK}").fetchone()
        known = value("SELECT to_regclass(%s)::text", table) is not None
        return {
            "server": connection.info.server_version // 10000,
            "encoding": value("SHOW server_encoding"),
            "tables": value(tables, _MARK),
            "known": known,
            "used": known and value(f'SELECT EXISTS (SELECT FROM "{table}")'),
            "may_create": value(rights, extensions),
            "lacking": [row[0] for row in connection.execute(missing, [extensions])],
            "id": mark[0] if mark else None,
            "version": mark[1] if mark else None,
        }


def mark(identity: str, version: str) -> dict[str, Any]:
    """Say whose the database is and which version of the program runs on it."""
    import psycopg

    with psycopg.connect("") as connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {_MARK} (id text NOT NULL, version text NOT NULL)")
        connection.execute(f"DELETE FROM {_MARK}")
        connection.execute(f"INSERT INTO {_MARK} VALUES (%s, %s)", (identity, version))
    return {}


def _main(arguments: list[str]) -> dict[str, Any]:
    try:
        import psycopg
    except ImportError:
        return {"error": "driver"}
    try:
        if arguments[0] == "look":
            return look(arguments[1], arguments[2:])
        return mark(arguments[1], arguments[2])
    except psycopg.Error as error:
        return {"error": " ".join(str(error).split()), "denied": error.sqlstate == "42501"}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_main(sys.argv[1:])))
