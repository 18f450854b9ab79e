"""The tables of the newest schema, once, for both databases.

SQLite and PostgreSQL differ only in a few types, in how keys are ordered (byte by byte, everywhere) and in the language
of triggers. Triggers and checks are the last line of defence: they hold even against a mistake in the code above.
Amounts end in ``_microcredits``, times in ``_us`` (microseconds since 1970, UTC). How a ledger of an older release gets
these tables belongs to ``migrations.py``; a change here needs a migration there.
"""

from __future__ import annotations

from typing import Literal

Dialect = Literal["sqlite", "postgres"]
_TYPES: dict[Dialect, dict[str, str]] = {
    "sqlite": {"identity": "INTEGER PRIMARY KEY AUTOINCREMENT", "bytes": "BLOB", "key": "TEXT"},
    "postgres": {
        "identity": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "bytes": "BYTEA",
        "key": 'TEXT COLLATE "C"',
    },
}

# A step that is not listed here is refused by the database itself.
STEPS = (
    "reserved>sent",
    "reserved>voided",
    "sent>settled",
    "sent>voided",
    "sent>in_doubt",
    "in_doubt>settled",
    "in_doubt>voided",
    "in_doubt>resolved",
    "resolved>settled",
)

_TABLES = """
CREATE TABLE realm (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    name TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    created_us BIGINT NOT NULL,
    key_fingerprint TEXT NOT NULL DEFAULT ''
);
CREATE TABLE budget (
    budget_id {identity},
    scope {key} NOT NULL,
    period {key} NOT NULL,
    limit_microcredits BIGINT NOT NULL CHECK (limit_microcredits >= 0),
    spent_microcredits BIGINT NOT NULL DEFAULT 0 CHECK (spent_microcredits >= 0),
    held_microcredits BIGINT NOT NULL DEFAULT 0 CHECK (held_microcredits >= 0),
    in_doubt_microcredits BIGINT NOT NULL DEFAULT 0 CHECK (in_doubt_microcredits >= 0),
    overrun_microcredits BIGINT NOT NULL DEFAULT 0 CHECK (overrun_microcredits >= 0),
    version BIGINT NOT NULL DEFAULT 0,
    notify_ppm BIGINT,
    suspend_ppm BIGINT,
    stop_ppm BIGINT,
    ends_us BIGINT,
    notified_us BIGINT,
    suspended_us BIGINT,
    stopped_us BIGINT,
    provider_suspended_until_us BIGINT,
    provider_suspended_reason TEXT,
    provider_suspended_since_us BIGINT,
    starts_us BIGINT,
    limit_set_us BIGINT,
    UNIQUE (scope, period),
    CHECK (spent_microcredits + held_microcredits + in_doubt_microcredits <= limit_microcredits + overrun_microcredits)
);
CREATE TABLE budget_set (
    budget_set_id {identity},
    members TEXT NOT NULL UNIQUE
);
CREATE TABLE budget_set_member (
    budget_set_id BIGINT NOT NULL REFERENCES budget_set,
    budget_id BIGINT NOT NULL REFERENCES budget,
    PRIMARY KEY (budget_set_id, budget_id)
);
CREATE INDEX budget_set_member_budget ON budget_set_member (budget_id);
CREATE TABLE attempt (
    attempt_id {key} PRIMARY KEY,
    request_key TEXT NOT NULL,
    provider TEXT NOT NULL,
    operation TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'sent', 'settled', 'voided', 'in_doubt', 'resolved')),
    budget_set_id BIGINT NOT NULL REFERENCES budget_set,
    upper_microcredits BIGINT NOT NULL CHECK (upper_microcredits >= 0),
    charge_microcredits BIGINT CHECK (charge_microcredits >= 0),
    basis TEXT,
    price_version TEXT NOT NULL,
    rates TEXT NOT NULL,
    weight BIGINT NOT NULL,
    repeat_in_doubt TEXT NOT NULL,
    may_repeat INTEGER NOT NULL DEFAULT 0,
    asset TEXT NOT NULL CHECK (asset <> ''),
    partition_key TEXT NOT NULL CHECK (partition_key <> ''),
    campaign TEXT NOT NULL CHECK (campaign <> ''),
    run_id TEXT NOT NULL CHECK (run_id <> ''),
    step TEXT NOT NULL CHECK (step <> ''),
    code_version TEXT NOT NULL CHECK (code_version <> ''),
    owner TEXT NOT NULL,
    reserved_us BIGINT NOT NULL,
    sent_us BIGINT,
    send_us BIGINT,
    closed_us BIGINT,
    lease_until_us BIGINT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    send_by_us BIGINT
);
CREATE UNIQUE INDEX attempt_single_flight ON attempt (request_key) WHERE state IN ('reserved', 'sent');
CREATE INDEX attempt_open ON attempt (request_key) WHERE state IN ('reserved', 'sent', 'in_doubt', 'resolved');
CREATE INDEX attempt_unfinished ON attempt (budget_set_id) WHERE state IN ('reserved', 'sent', 'in_doubt');
CREATE INDEX attempt_run ON attempt (run_id);
CREATE TABLE entry (
    seq {identity},
    attempt_id {key} REFERENCES attempt,
    budget_set_id BIGINT NOT NULL REFERENCES budget_set,
    kind TEXT NOT NULL,
    spent_microcredits BIGINT NOT NULL DEFAULT 0,
    held_microcredits BIGINT NOT NULL DEFAULT 0,
    in_doubt_microcredits BIGINT NOT NULL DEFAULT 0,
    at_us BIGINT NOT NULL,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX entry_attempt ON entry (attempt_id);
CREATE TABLE body (
    sha256 TEXT PRIMARY KEY,
    raw_bytes BIGINT NOT NULL,
    data {bytes},
    segment TEXT,
    stored_us BIGINT NOT NULL,
    damaged_us BIGINT,
    erased_us BIGINT
);
CREATE TABLE response (
    attempt_id {key} PRIMARY KEY REFERENCES attempt,
    request_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body_sha256 TEXT NOT NULL REFERENCES body,
    observed_us BIGINT NOT NULL,
    not_before_us BIGINT,
    balance_microcredits BIGINT,
    note TEXT NOT NULL
);
CREATE INDEX response_usable ON response (request_key, observed_us)
    WHERE kind IN ('final', 'empty', 'pending', 'unreadable');
CREATE TABLE answer_release (
    attempt_id {key} PRIMARY KEY REFERENCES attempt,
    at_us BIGINT NOT NULL
);
CREATE INDEX response_body ON response (body_sha256);
CREATE TABLE rate_limiter (
    rate_id {key} PRIMARY KEY,
    total_weight BIGINT NOT NULL DEFAULT 0,
    last_send_us BIGINT NOT NULL DEFAULT 0,
    not_before_us BIGINT NOT NULL DEFAULT 0,
    even_us BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE rate_permit (
    rate_id {key} NOT NULL,
    attempt_id {key} NOT NULL,
    send_us BIGINT NOT NULL,
    weight BIGINT NOT NULL,
    weight_before BIGINT NOT NULL,
    spacing_us BIGINT NOT NULL,
    PRIMARY KEY (rate_id, attempt_id)
);
CREATE INDEX rate_permit_order ON rate_permit (rate_id, weight_before);
CREATE TABLE notice (
    notice_id {identity},
    scope {key} NOT NULL,
    level TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    message TEXT NOT NULL
);
CREATE TABLE reconciliation (
    reconciliation_id {identity},
    scope {key} NOT NULL,
    period {key} NOT NULL,
    started_us BIGINT NOT NULL,
    ended_us BIGINT NOT NULL,
    counter_microcredits BIGINT NOT NULL,
    baseline_counter_microcredits BIGINT NOT NULL,
    baseline_spent_microcredits BIGINT NOT NULL,
    spent_microcredits BIGINT NOT NULL,
    drift_microcredits BIGINT NOT NULL,
    budget_version BIGINT NOT NULL,
    verdict TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX reconciliation_scope ON reconciliation (scope, period);
CREATE TABLE request_part (
    part_key {key} NOT NULL,
    attempt_id {key} NOT NULL REFERENCES attempt,
    place BIGINT NOT NULL,
    parts BIGINT NOT NULL CHECK (place < parts),
    PRIMARY KEY (part_key, attempt_id)
);
CREATE TABLE job (
    job_id {key} PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('batch', 'profile', 'report')),
    subject TEXT NOT NULL,
    provider TEXT NOT NULL,
    asset TEXT NOT NULL,
    partition_key TEXT NOT NULL,
    campaign TEXT NOT NULL,
    run_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    parameters TEXT NOT NULL,
    request_key TEXT NOT NULL,
    provider_job_id TEXT,
    hold_attempt_id {key} REFERENCES attempt,
    state TEXT NOT NULL CHECK (state IN
        ('intended', 'uncertain', 'waiting', 'paused', 'failed', 'ready', 'collected', 'lost', 'abandoned')),
    rows_total BIGINT NOT NULL DEFAULT 0,
    rows_done BIGINT NOT NULL DEFAULT 0,
    rows_failed BIGINT NOT NULL DEFAULT 0,
    charged_microcredits BIGINT NOT NULL DEFAULT 0 CHECK (charged_microcredits >= 0),
    polls INTEGER NOT NULL DEFAULT 0,
    resumes INTEGER NOT NULL DEFAULT 0,
    intended_us BIGINT NOT NULL,
    state_us BIGINT NOT NULL,
    next_poll_us BIGINT NOT NULL,
    note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX job_once ON job (subject)
    WHERE state NOT IN ('collected', 'lost', 'abandoned');
CREATE INDEX job_due ON job (provider, next_poll_us)
    WHERE state NOT IN ('collected', 'lost', 'abandoned');
CREATE INDEX job_partition ON job (partition_key);
"""

_APPEND_ONLY = ("entry", "response", "notice", "reconciliation")


def statements(dialect: Dialect) -> list[str]:
    """Every statement that makes an empty database a ledger, in order."""
    triggers = _sqlite_triggers() if dialect == "sqlite" else _postgres_triggers()
    return [*split(_TABLES, dialect), *triggers]


def split(script: str, dialect: Dialect) -> list[str]:
    """The statements of a script, with the types that the dialect has for ``{identity}``, ``{bytes}`` and ``{key}``."""
    return [statement.strip() for statement in script.format(**_TYPES[dialect]).split(";") if statement.strip()]


def _quoted_steps() -> str:
    return ", ".join(f"'{step}'" for step in STEPS)


def _sqlite_triggers() -> list[str]:
    made = [
        f"""CREATE TRIGGER attempt_step BEFORE UPDATE OF state ON attempt
        WHEN NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ({_quoted_steps()})
        BEGIN SELECT RAISE(ABORT, 'this step between attempt states is not allowed'); END""",
        """CREATE TRIGGER attempt_starts BEFORE INSERT ON attempt WHEN NEW.state NOT IN ('reserved', 'sent')
        BEGIN SELECT RAISE(ABORT, 'an attempt starts reserved or sent'); END""",
        """CREATE TRIGGER attempt_kept BEFORE DELETE ON attempt
        BEGIN SELECT RAISE(ABORT, 'attempts are never deleted'); END""",
    ]
    return [*made, *(statement for table in _APPEND_ONLY for statement in append_only("sqlite", table)[1])]


def append_only(dialect: Dialect, table: str) -> tuple[list[str], list[str]]:
    """The statements that let rows of a table be changed, and those that forbid it again."""
    if dialect == "sqlite":
        actions = ("UPDATE", "DELETE")
        return [f"DROP TRIGGER {table}_no_{action.lower()}" for action in actions], [
            f"""CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""
            for action in actions
        ]
    return [f"DROP TRIGGER {table}_append_only ON {table}"], [
        f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION append_only()"""
    ]


def _postgres_triggers() -> list[str]:
    made = [
        f"""CREATE FUNCTION attempt_step() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'attempts are never deleted'; END IF;
        IF TG_OP = 'INSERT' THEN
            IF NEW.state NOT IN ('reserved', 'sent') THEN RAISE EXCEPTION 'an attempt starts reserved or sent'; END IF;
        ELSIF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ({_quoted_steps()}) THEN
            RAISE EXCEPTION 'this step between attempt states is not allowed';
        END IF;
        RETURN NEW; END $$""",
        """CREATE TRIGGER attempt_step BEFORE INSERT OR UPDATE OF state OR DELETE ON attempt
        FOR EACH ROW EXECUTE FUNCTION attempt_step()""",
        """CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
    ]
    return [*made, *(statement for table in _APPEND_ONLY for statement in append_only("postgres", table)[1])]
