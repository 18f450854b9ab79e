"""The identity register: three tables, computed from all observations of accounts.

The asset calls `identify`. This module only calls the other modules in order. ``tables.identity_schemas`` describes the
columns of the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
import polars as pl

from creator_assets.identity.accounts import Resolution, resolve
from creator_assets.identity.clusters import LinkRules
from creator_assets.identity.evidence import decided_links, email_links, profile_links, stated_links
from creator_assets.identity.name_similarity import name_similarity_links
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
"""The columns that `identify` reads. Only ``platform``, ``observed_at`` and an id or a handle are required."""

_DECISION_SCHEMA = {"account_id": pl.String, "other_account_id": pl.String}
_CREATOR_CHANGES = ("creator_merged", "creator_split")


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of ``creator_accounts``, ``account_links`` and ``account_changes``."""

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
    rules: LinkRules | None = None,
) -> Register:
    """Assign every observed account to a person.

    Args:
        observations: One row per observation of an account, in any order. Columns of `OBSERVATION_SCHEMA`:
            ``native_id`` is the platform's id. ``provider_id`` is the provider's own id. Rows of one provider with the
            same ``statement_id`` are accounts that one response lists for one creator. Set ``email_hash`` only if the
            comparison of addresses is lawful. Every row must have an id or a handle.
        secret: The installation's secret.
        as_of: The time of the merges and splits of this run.
        before: The last result. Without it, the same observations give the same ids, unless creators were merged or
            the team made decisions.
        together: Pairs (``account_id``, ``other_account_id``) that the team decided to be one person's.
        apart: Pairs that the team decided to be two people's.
        rules: Thresholds for links.

    Raises:
        UnidentifiedRowsError: Some rows have no platform, or have neither an id nor a handle.
    """
    complete = observations.select(
        (pl.col(name) if name in observations.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in OBSERVATION_SCHEMA.items()
    )
    resolution = resolve(complete, secret)
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
    # A channel without a handle shows its id as the handle. An id must not count as a similar name.
    is_id = pl.col("handle").str.to_lowercase() == pl.col("native_id").str.to_lowercase()
    named = resolution.accounts.with_columns(handle=pl.when(~is_id.fill_null(value=False)).then("handle"))
    return pl.concat(
        [
            stated_links(rows.select("statement_id", "account_id", source="provider")),
            email_links(rows.select("account_id", "platform", "email_hash")),
            profile_links(resolution.accounts),
            name_similarity_links(named),
            decided_links(together if together is not None else pl.DataFrame(schema=_DECISION_SCHEMA)),
        ]
    )


def _changes(resolution: Resolution, people: People, as_of: datetime, before: Register | None) -> pl.DataFrame:
    observations = resolution.observations.with_columns(pl.col("platform").str.strip_chars().str.to_lowercase())
    # An observation has the basis of its resolved account: native if any row of the account has a native id.
    bases = resolution.accounts.select("account_id", account_basis="basis")
    observations = observations.drop("account_basis").join(bases, on="account_id")
    found = [
        account_changes(observations).select(
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
        _id_changes(
            resolution.aliases.select(
                "platform", "first_seen_at", "last_seen_at", subject_id="alias_id", new_subject_id="account_id"
            ),
            pl.lit("id_joined"),
            pl.col("first_seen_at"),
            pl.col("last_seen_at"),
        ),
        _id_changes(
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


def _id_changes(rows: pl.DataFrame, kind: pl.Expr, since: pl.Expr, until: pl.Expr) -> pl.DataFrame:
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
