"""The register of who is who: from everything ever observed to the three tables that say it.

The one function that assets call. It only puts the others of this room in order; what each does is said there. Columns
of the result are those of ``tables.identity_schemas``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
import polars as pl

from creator_assets.identity.accounts import Resolution, resolve
from creator_assets.identity.clusters import Rules
from creator_assets.identity.evidence import decided_links, email_links, profile_links, stated_links
from creator_assets.identity.likeness import likeness_links
from creator_assets.identity.people import People, find_people
from creator_assets.identity.renames import account_changes
from creator_assets.identity.secret import InstallationSecret

OBSERVATION_SCHEMA: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "platform": pl.String,
    "native_id": pl.String,
    "provider": pl.String,
    "provider_id": pl.String,
    "handle": pl.String,
    "display_name": pl.String,
    "biography": pl.String,
    "followers": pl.Int64,
    "statement_id": pl.String,
    "email_hash": pl.String,
    "observed_at": pl.Datetime("us", "UTC"),
}
"""What `identify` looks at. Only ``platform``, ``observed_at`` and one of the ids are needed; others may be missing."""

_DECISION_SCHEMA = {"account_id": pl.String, "other_account_id": pl.String}
_CREATOR_CHANGES = ("creator_merged", "creator_split")


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of ``creator_accounts``, ``account_links`` and ``account_changes``."""

    accounts: pl.DataFrame
    links: pl.DataFrame
    changes: pl.DataFrame


def identify(
    observations: pl.DataFrame,
    secret: InstallationSecret,
    as_of: datetime,
    *,
    before: Register | None = None,
    together: pl.DataFrame | None = None,
    apart: pl.DataFrame | None = None,
    rules: Rules | None = None,
) -> Register:
    """Say of all accounts ever observed whose they are.

    Args:
        observations: One row per sighting of an account, columns of `OBSERVATION_SCHEMA`, in any order. ``native_id``
            is the platform's own id; an id of the provider's making goes into ``provider_id``. Rows of one provider
            with the same ``statement_id`` are accounts that one answer gave as one creator's. ``email_hash`` is given
            only where comparing addresses is lawful. Rows without an id or handle are to be left out before.
        secret: The installation's.
        as_of: When this is said; the time of merges that it brings.
        before: The result of the last time. Without it the same ids arise again from the same observations, as long as
            nothing merged or was decided since.
        together: Accounts (``account_id``, ``other_account_id``) that the team decided to be one person's.
        apart: Accounts that the team decided not to be.
        rules: Thresholds.

    Raises:
        UnidentifiedRowsError: Rows have neither an id nor a handle.
    """
    given = observations.columns
    seen = observations.select(
        (pl.col(name) if name in given else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in OBSERVATION_SCHEMA.items()
    )
    resolution = resolve(seen, secret)
    people = find_people(
        resolution.accounts,
        _evidence(resolution, together),
        secret,
        previous=before.accounts if before else None,
        aliases=resolution.aliases,
        apart=apart,
        rules=rules,
    )
    return Register(
        accounts=people.accounts.rename({"handle": "username", "basis": "account_basis"}).drop("biography"),
        links=people.links,
        changes=_changes(resolution, people, as_of, before),
    )


def _evidence(resolution: Resolution, together: pl.DataFrame | None) -> pl.DataFrame:
    rows = resolution.observations.with_columns(pl.col("platform").str.strip_chars().str.to_lowercase())
    # A handle that is but the account's id, as channels without a handle have it, is like nothing.
    is_id = pl.col("handle").str.to_lowercase() == pl.col("native_id").str.to_lowercase()
    named = resolution.accounts.with_columns(handle=pl.when(~is_id.fill_null(value=False)).then("handle"))
    return pl.concat(
        [
            stated_links(rows.select("statement_id", "account_id", source="provider")),
            email_links(rows.select("account_id", "platform", "email_hash")),
            profile_links(resolution.accounts),
            likeness_links(named),
            decided_links(together if together is not None else pl.DataFrame(schema=_DECISION_SCHEMA)),
        ]
    )


def _changes(resolution: Resolution, people: People, as_of: datetime, before: Register | None) -> pl.DataFrame:
    sightings = resolution.observations.with_columns(pl.col("platform").str.strip_chars().str.to_lowercase())
    # An observation counts under the account it was resolved to, which is native as soon as anything about it was.
    bases = resolution.accounts.select("account_id", account_basis="basis")
    sightings = sightings.drop("account_basis").join(bases, on="account_id")
    found = [
        account_changes(sightings).select(
            "kind",
            "first_seen_new_at",
            "new_value",
            "old_value",
            "platform",
            "last_seen_old_at",
            "confidence",
            subject_id="account_id",
            new_subject_id="new_account_id",
        ),
        _of_ids(
            resolution.aliases.select(
                "platform", "first_seen_at", "last_seen_at", subject_id="alias_id", new_subject_id="account_id"
            ),
            pl.lit("id_joined"),
            pl.col("first_seen_at"),
            pl.col("last_seen_at"),
        ),
        _of_ids(
            people.changes.select(
                "kind", subject_id="creator_id", new_subject_id="new_creator_id", platform=pl.lit("")
            ),
            pl.col("kind"),
            pl.lit(as_of, dtype=pl.Datetime("us", "UTC")),
            pl.lit(None, dtype=pl.Datetime("us", "UTC")),
        ),
    ]
    if before is not None:
        found.append(before.changes.filter(pl.col("kind").is_in(_CREATOR_CHANGES)))
    columns = found[1].columns
    key = ["kind", "subject_id", "new_subject_id", "first_seen_new_at", "new_value"]
    return (
        pl.concat([one.select(columns) for one in found]).sort(columns).unique(key, keep="first", maintain_order=True)
    )


def _of_ids(rows: pl.DataFrame, kind: pl.Expr, since: pl.Expr, until: pl.Expr) -> pl.DataFrame:
    return rows.select(
        "subject_id",
        "new_subject_id",
        "platform",
        kind=kind,
        first_seen_new_at=since,
        last_seen_old_at=until,
        new_value=pl.lit(""),
        old_value=pl.lit(""),
        confidence=pl.lit(1.0),
    )
