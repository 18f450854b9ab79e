"""Ledgers of older releases, from the dumps in ``fixtures``, and what any ledger holds. No test here.

A dump was made by the code of its time; its head says how.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import apsw
import psycopg

from tests.ledger.scenery import START, ManualClock

FIXTURES = Path(__file__).parent / "fixtures"

Contents = dict[str, list[tuple[Any, ...]]]


def make_old_ledger(target: str | Path, *, first_days: bool = False) -> None:
    """Put the ledger of schema version 1 at `target`; of the first days, when two of its tables were not there yet."""
    dialect = "postgres" if "://" in str(target) else "sqlite"
    run(target, (FIXTURES / f"{dialect}_v1.sql").read_text(encoding="utf-8"))
    if first_days:
        run(target, "DROP TABLE pending_work; DROP TABLE request_part")


def after_the_old_release() -> ManualClock:
    """A clock that stands a minute after the last entry of the old ledger."""
    return ManualClock(START + timedelta(days=1, seconds=93))


def run(target: str | Path, script: str) -> None:
    """Run statements past the ledger's own code."""
    if "://" not in str(target):
        connection = apsw.Connection(str(target))
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute(script).fetchall()
        connection.close()
        return
    url, schema = _server_and_schema(str(target))
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}; SET search_path = {schema}".encode())
        server.execute(script.encode())


def contents(target: str | Path) -> Contents:
    """All rows of all tables, by table."""
    if "://" not in str(target):
        connection = apsw.Connection(str(target), flags=apsw.SQLITE_OPEN_READONLY)
        names = [str(name) for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}  # noqa: S608
        connection.close()
        return {name: sorted(rows, key=repr) for name, rows in found.items()}
    url, schema = _server_and_schema(str(target))
    with psycopg.connect(url, autocommit=True) as server:
        tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,)).fetchall()
        return {
            name: sorted(server.execute(f"SELECT * FROM {schema}.{name}".encode()).fetchall(), key=repr)  # noqa: S608
            for (name,) in tables
        }


def tables_of(target: str | Path) -> set[tuple[Any, ...]]:
    """Every column with its type, every index and every trigger, as one set without an order."""
    if "://" not in str(target):
        connection = apsw.Connection(str(target), flags=apsw.SQLITE_OPEN_READONLY)
        found = set(connection.execute(_SQLITE_COLUMNS))
        found |= {
            (kind, name, table, " ".join(str(sql).replace('"', "").split()))
            for kind, name, table, sql in connection.execute(_SQLITE_OTHERS)
        }
        connection.close()
        return found
    url, schema = _server_and_schema(str(target))
    with psycopg.connect(url, autocommit=True) as server:
        found = set(server.execute(_POSTGRES_COLUMNS, (schema,)))
        for query in (_POSTGRES_TRIGGERS, _POSTGRES_INDEXES, _POSTGRES_CONSTRAINTS):
            found |= {
                tuple(str(value).replace(f"{schema}.", "") for value in row) for row in server.execute(query, (schema,))
            }
    return found


def _server_and_schema(target: str) -> tuple[str, str]:
    parts = urlsplit(target)
    (schema,) = parse_qs(parts.query)["schema"]
    others = "&".join(part for part in parts.query.split("&") if not part.startswith("schema="))
    return urlunsplit(parts._replace(query=others)), schema


_SQLITE_COLUMNS = """
    SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk
    FROM sqlite_schema m
    JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
    UNION ALL
    SELECT m.name, f."from", f."table", f."to", NULL, NULL
    FROM sqlite_schema m
    JOIN pragma_foreign_key_list(m.name) f
    WHERE m.type = 'table'
    """
_SQLITE_OTHERS = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql <> ''"
_POSTGRES_COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity, collation_name
    FROM information_schema.columns
    WHERE table_schema = %s
    """
_POSTGRES_TRIGGERS = """
    SELECT event_object_table, trigger_name, event_manipulation, action_statement
    FROM information_schema.triggers
    WHERE trigger_schema = %s
    """
# Indexes of constraints keep the name that their table had at first; the constraints themselves are compared below.
_POSTGRES_INDEXES = """
    SELECT tablename, indexdef
    FROM pg_indexes
    WHERE schemaname = %s AND indexname NOT LIKE '%%\\_pkey' AND indexname NOT LIKE '%%\\_key'
    """
_POSTGRES_CONSTRAINTS = """
    SELECT t.relname, pg_get_constraintdef(c.oid)
    FROM pg_constraint c
    JOIN pg_class t ON t.oid = c.conrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = %s AND c.contype IN ('c', 'f', 'p', 'u')
    """
