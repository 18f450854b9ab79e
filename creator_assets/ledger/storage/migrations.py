"""Forward migrations: how a ledger of an older release gets the tables of this one.

Each migration runs in one transaction together with its version number, as the only writer: a crash leaves the older
version intact, and of two processes one migrates while the other waits. A migration is never changed once it was
released. ``schema.py`` has the tables that a new ledger gets; a test compares them with what the migrations make.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from creator_assets.ledger.errors import (
    LedgerBusyError,
    LedgerError,
    LedgerFullError,
    LedgerGoneError,
    LedgerUnusableError,
)
from creator_assets.ledger.storage.database import Database, Transaction
from creator_assets.ledger.storage.rows import Row
from creator_assets.ledger.storage.schema import split

_log = logging.getLogger(__name__)


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One step forward. ``script`` changes a ledger of the version before into one of ``version``, on both databases.

    It is split at each semicolon, and may use ``{identity}``, ``{bytes}`` and ``{key}`` for types.
    """

    version: int
    script: str


class _Version(Row, frozen=True):
    schema_version: int


# Version 1 had no migrations: tables that came later were added where they lacked. The migration to version 2 begins
# with those, and then gives tables and columns the words of the glossary.
_LATER_TABLES_OF_VERSION_1 = """
CREATE TABLE IF NOT EXISTS request_part (
    part_key {key} NOT NULL,
    attempt_id {key} NOT NULL REFERENCES attempt,
    place BIGINT NOT NULL,
    parts BIGINT NOT NULL CHECK (place < parts),
    PRIMARY KEY (part_key, attempt_id)
);
CREATE TABLE IF NOT EXISTS pending_work (
    work_id {key} PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('batch', 'profile', 'report')),
    subject TEXT NOT NULL,
    provider TEXT NOT NULL,
    asset TEXT NOT NULL,
    partition_key TEXT NOT NULL,
    campaign TEXT NOT NULL,
    run_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    asked TEXT NOT NULL,
    request_key TEXT NOT NULL,
    job_id TEXT,
    hold_attempt_id {key} REFERENCES attempt,
    state TEXT NOT NULL CHECK (state IN
        ('intended', 'uncertain', 'waiting', 'paused', 'failed', 'ready', 'collected', 'lost', 'abandoned')),
    rows_total BIGINT NOT NULL DEFAULT 0,
    rows_done BIGINT NOT NULL DEFAULT 0,
    rows_failed BIGINT NOT NULL DEFAULT 0,
    charged_microcredits BIGINT NOT NULL DEFAULT 0 CHECK (charged_microcredits >= 0),
    looks INTEGER NOT NULL DEFAULT 0,
    resumes INTEGER NOT NULL DEFAULT 0,
    intended_us BIGINT NOT NULL,
    state_us BIGINT NOT NULL,
    next_look_us BIGINT NOT NULL,
    note TEXT NOT NULL DEFAULT ''
);
DROP INDEX IF EXISTS pending_work_once;
DROP INDEX IF EXISTS pending_work_due;
DROP INDEX IF EXISTS pending_work_partition;
"""

_WORDS_OF_THE_GLOSSARY = """
ALTER TABLE pending_work RENAME TO job;
ALTER TABLE job RENAME COLUMN job_id TO provider_job_id;
ALTER TABLE job RENAME COLUMN work_id TO job_id;
ALTER TABLE job RENAME COLUMN asked TO parameters;
ALTER TABLE job RENAME COLUMN looks TO polls;
ALTER TABLE job RENAME COLUMN next_look_us TO next_poll_us;
CREATE UNIQUE INDEX job_once ON job (subject) WHERE state NOT IN ('collected', 'lost', 'abandoned');
CREATE INDEX job_due ON job (provider, next_poll_us) WHERE state NOT IN ('collected', 'lost', 'abandoned');
CREATE INDEX job_partition ON job (partition_key);
DROP INDEX gate_set_member_budget;
ALTER TABLE gate_set RENAME TO budget_set;
ALTER TABLE budget_set RENAME COLUMN gate_set_id TO budget_set_id;
ALTER TABLE gate_set_member RENAME TO budget_set_member;
ALTER TABLE budget_set_member RENAME COLUMN gate_set_id TO budget_set_id;
CREATE INDEX budget_set_member_budget ON budget_set_member (budget_id);
ALTER TABLE attempt RENAME COLUMN gate_set_id TO budget_set_id;
ALTER TABLE entry RENAME COLUMN gate_set_id TO budget_set_id;
ALTER TABLE entry RENAME COLUMN doubt_microcredits TO in_doubt_microcredits;
ALTER TABLE budget RENAME COLUMN doubt_microcredits TO in_doubt_microcredits;
DROP INDEX pace_slot_order;
ALTER TABLE pace RENAME TO rate_limiter;
ALTER TABLE pace_slot RENAME TO rate_permit;
CREATE INDEX rate_permit_order ON rate_permit (rate_id, weight_before);
"""

# When a provider began to refuse was known only by the notice of it.
_PROVIDER_SUSPENSION = """
ALTER TABLE budget RENAME COLUMN frozen_until_us TO provider_suspended_until_us;
ALTER TABLE budget RENAME COLUMN frozen_reason TO provider_suspended_reason;
ALTER TABLE budget ADD COLUMN provider_suspended_since_us BIGINT;
UPDATE budget
SET provider_suspended_since_us = (
    SELECT MAX(notice.at_us) FROM notice WHERE notice.scope = budget.scope AND notice.level = 'frozen'
)
WHERE provider_suspended_until_us IS NOT NULL;
"""

# Keys of requests are put under the installation's secret when it first opens the ledger (`request_keys`).
_KEY_FINGERPRINT = """
ALTER TABLE realm ADD COLUMN key_fingerprint TEXT NOT NULL DEFAULT '';
"""

# An answer of paid data that cannot be read stands for the answer: it is looked up like the others.
_UNREADABLE_ANSWERS = """
DROP INDEX IF EXISTS response_usable;
CREATE INDEX response_usable ON response (request_key, observed_us)
    WHERE kind IN ('final', 'empty', 'pending', 'unreadable');
CREATE TABLE answer_release (
    attempt_id {key} PRIMARY KEY REFERENCES attempt,
    at_us BIGINT NOT NULL
);
"""

# A budget's period has a start, and its limit is the ledger's. A period begins where the one before it ended, and lasts
# a month: a row that a clock ahead of time has made waits for its period. A limit of zero was never stated by anybody.
_PERIODS_OF_BUDGETS = """
ALTER TABLE budget ADD COLUMN starts_us BIGINT;
ALTER TABLE budget ADD COLUMN limit_set_us BIGINT;
ALTER TABLE attempt ADD COLUMN send_by_us BIGINT;
UPDATE budget SET limit_set_us = 0 WHERE limit_microcredits > 0;
UPDATE budget SET starts_us = ends_us - 2678400000000 WHERE ends_us IS NOT NULL;
UPDATE budget
SET starts_us = (
    SELECT MAX(before.ends_us)
    FROM budget before
    WHERE before.scope = budget.scope AND before.ends_us < budget.ends_us
)
WHERE starts_us < (
    SELECT MAX(before.ends_us)
    FROM budget before
    WHERE before.scope = budget.scope AND before.ends_us < budget.ends_us
);
"""

MIGRATIONS: tuple[Migration, ...] = (
    Migration(version=2, script=_LATER_TABLES_OF_VERSION_1 + _WORDS_OF_THE_GLOSSARY + _PROVIDER_SUSPENSION),
    Migration(version=3, script=_UNREADABLE_ANSWERS + _KEY_FINGERPRINT),
    Migration(version=4, script=_PERIODS_OF_BUDGETS),
)
SCHEMA_VERSION = MIGRATIONS[-1].version


def migrate(database: Database, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Run every migration that this ledger has not had yet. Waits where another process does so already.

    The log says what was migrated: an older release refuses the ledger from then on.

    Raises:
        LedgerUnusableError: A migration failed, or another process has migrated past this release.
        LedgerBusyError: Another process held the ledger for too long.
        LedgerFullError: The disk is full.
        LedgerGoneError: The connection was lost.
    """
    for migration in migrations:
        if _run(database, migration):
            _log.warning(
                "The ledger (%s) was migrated to schema version %s. Older releases refuse it now.",
                database.place,
                migration.version,
            )
    with database.snapshot() as tx:
        require_version(schema_version(tx), database.place, migrations[-1].version)


def schema_version(tx: Transaction) -> int:
    """The version of the ledger's tables."""
    (realm,) = tx.query(_Version, "SELECT schema_version FROM realm")
    return realm.schema_version


def require_version(found: int, place: str, release: int = SCHEMA_VERSION) -> None:
    """Refuse a ledger of a newer release.

    Raises:
        LedgerUnusableError: `found` is newer than what the release works with.
    """
    if found > release:
        raise LedgerUnusableError(
            f"this ledger ({place}) has schema version {found}, and this release works with version {release}: a newer "
            "release made or migrated it. Nothing was changed. Install the newer release, or set "
            "CREATOR_ASSETS_LEDGER to another ledger"
        )


def require_unchanged(found: int) -> None:
    """Refuse to go on where the version of an open ledger is no longer the one that this release works with.

    Raises:
        LedgerUnusableError: Another process has migrated the ledger since this one opened it.
    """
    if found != SCHEMA_VERSION:
        raise LedgerUnusableError(
            f"another process migrated this ledger to schema version {found} while this one ran, and this release "
            f"works with version {SCHEMA_VERSION}. Nothing was written. Start this process again with the newer release"
        )


def _run(database: Database, migration: Migration) -> bool:
    """Whether the migration was due. It has run then."""
    before = migration.version - 1
    try:
        with database.write() as tx:
            if schema_version(tx) != before:
                return False  # it has been run, here or by another process that was faster
            for statement in split(migration.script, database.dialect):
                tx.execute(statement)
            tx.execute("UPDATE realm SET schema_version = ?", (migration.version,))
            return True
    except (LedgerBusyError, LedgerFullError, LedgerGoneError):
        raise  # these say themselves what to do; the ledger is as it was, or as it should be
    except LedgerError as error:
        raise LedgerUnusableError(
            f"the ledger could not be migrated from schema version {before} to {migration.version} ({error}). It is "
            "unchanged. Go on with the release that you used before, and report this message"
        ) from error
