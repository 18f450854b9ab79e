"""People: whose all the accounts are that were ever seen, why that is believed, and what became of them.

Made of what other assets bought, for nothing. Profiles and linked accounts carry the account's id; the person's id is
said here and only here, since it can change with what is learnt later, and a bought row must not.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import dagster as dg
import polars as pl

from creator_assets.assets.framework.blueprint import free_asset
from creator_assets.assets.framework.step import Step
from creator_assets.demand.account_ids import names_an_account
from creator_assets.identity.decisions import DecisionsError
from creator_assets.identity.register import Register, identify
from creator_assets.identity.secret import InstallationSecretError
from creator_assets.tables import schemas
from creator_assets.tables.store import Tables

_WEEKLY = ("campaign", "week")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_ACCOUNT = ("platform", "native_id", "provider", "provider_id", "display_name", "followers", "observed_at")


def sightings(found: pl.LazyFrame, profiles: pl.LazyFrame, links: pl.LazyFrame) -> pl.DataFrame:
    """Every sighting of an account, as ``identity.register.identify`` wants them; an answer used twice counts once.

    What the team itself wrote into a brief is no sighting, nor is an account of which a provider had nothing. Matches
    of e-mail addresses are left out: they were asked for a purpose, and this is another.

    Args:
        found: Rows of ``schemas.DiscoveryResults``, of all partitions.
        profiles: Rows of ``schemas.EnrichedProfiles``.
        links: Rows of ``schemas.LinkedAccounts``. Accounts of one answer are stated to be one person's, the account
            asked for among them, be it that the answer lists it or not.
    """
    linked = links.filter(state="linked")
    statement = pl.col("request_id").alias("statement_id")
    seeds = linked.select("provider", "observed_at", statement, platform="seed_platform", username="seed_username")
    seen = [
        found.filter(pl.col("origin") != "roster").select(*_ACCOUNT, "username"),
        profiles.filter(state="enriched").select(*_ACCOUNT, "username", "biography"),
        linked.select(*_ACCOUNT, "username", statement),
        seeds,
    ]
    rows = pl.concat([one.unique() for one in seen], how="diagonal").filter(names_an_account())
    return rows.rename({"username": "handle"}).collect()


@free_asset(
    group="identity",
    deps=["discovery_results", "enriched_profiles", "linked_accounts"],
    resources=("tables", "identity"),
)
def creator_accounts(step: Step) -> dict[str, Any]:
    """One row per account ever seen: which creator it belongs to, and by which evidence. Ids survive a rename. Free.

    The evidence for each link stands in `account_links`, joined or not. Renames, other names, handles that changed
    hands and creators that turned out to be one stand in `account_changes`.
    """
    identity, store = step.run.identity, step.tables
    try:
        secret, decided = identity.secret(), identity.decided()
    except (InstallationSecretError, DecisionsError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from None
    seen = sightings(
        store.scan(schemas.DiscoveryResults, "discovery_results", keys=_WEEKLY),
        store.scan(schemas.EnrichedProfiles, "enriched_profiles", keys=_WEEKLY),
        store.scan(schemas.LinkedAccounts, "linked_accounts", keys=_WEEKLY),
    )
    as_of: datetime = seen.select(pl.col("observed_at").max().fill_null(_NEVER)).item()
    register = identify(seen, secret, as_of, before=_before(store), together=decided.together, apart=decided.apart)
    # The accounts last: they are what the next time starts from, and what they merged must be on record by then.
    changes = step.write(register.changes, "account_changes", prefix="changes")
    links = step.write(register.links, "account_links", prefix="links")
    return (
        step.write(register.accounts)
        | changes
        | links
        | {
            "creators": register.accounts["creator_id"].n_unique(),
            "sightings": seen.height,
            "links_by_verdict": _counted(register.links, "verdict"),
            "changes_by_kind": _counted(register.changes, "kind"),
            "decided_together": decided.together.height,
            "decided_apart": decided.apart.height,
            "secret": secret.fingerprint,
        }
    )


def _before(store: Tables) -> Register | None:
    """What was believed the last time; None where nothing was."""
    if not store.exists("creator_accounts"):
        return None
    return Register(
        accounts=store.read(schemas.CreatorAccounts, "creator_accounts"),
        links=store.read(schemas.AccountLinks, "account_links"),
        changes=store.read(schemas.AccountChanges, "account_changes"),
    )


def _counted(rows: pl.DataFrame, column: str) -> dict[str, Any]:
    return dict(rows.group_by(column).len().sort(column).iter_rows())
