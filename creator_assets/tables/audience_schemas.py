"""Tables of audiences: the followers of an account by segment, and the overlap of several accounts.

Shares are fractions of the audience named by ``basis``; providers' percentages are converted. Sensitive inferences
(ethnicity and the like) are in no row unless a brief requests them with a reason.
"""

from __future__ import annotations

import dataframely as dy

from creator_assets.tables.columns import (
    Personal,
    Provenance,
    about,
    account_basis_column,
    account_id_column,
    count,
    flag,
    native_id_column,
    number,
    provider_id_column,
    text,
    timestamp,
)
from creator_assets.tables.partition_keys import WEEKLY, Tables


class AudienceReports(Provenance):
    """One row per account: the state of its audience report, and the report's figures for the whole audience."""

    platform = text("Platform of the account.", primary_key=True)
    username = text(
        "Requested handle, without @, in its one spelling (see the glossary).", Personal.DIRECT, primary_key=True
    )
    state = text(
        "`ready`, `pending` (in preparation), `unavailable` (the provider has no report), `not_found`, or `unreadable` "
        "(no reader knows its names)."
    )
    chosen_because = text(
        "Reason for this provider, providers that had no data before, and providers left out.", nullable=True
    )
    next_look_at = timestamp("Time of the next poll of a pending report.", nullable=True)
    native_id = native_id_column()
    provider_id = provider_id_column()
    account_id = account_id_column()
    account_basis = account_basis_column()
    bases = text("Audiences in the report, e.g. `followers, likers`.", nullable=True)
    credibility = number("Share of followers that the provider considers real.", "fraction", min=0, max=1)
    likers_credibility = number("Share of likers that the provider considers real.", "fraction", min=0, max=1)
    credibility_class = text("The provider's class of the credibility.", Personal.INDIRECT, nullable=True)
    notable_share = number("Share of followers who are notable themselves.", "fraction", min=0, max=1)


class AudienceSegments(Provenance):
    """One row per account, basis, dimension and code: the share of this segment in the audience."""

    platform = text("Platform of the account.", primary_key=True)
    username = text(
        "Requested handle, without @, in its one spelling (see the glossary).", Personal.DIRECT, primary_key=True
    )
    basis = text("Audience: `followers`, `likers` or `commenters`.", primary_key=True)
    dimension = text("Dimension of the segments, e.g. `age`, `gender`, `country`, `interest`.", primary_key=True)
    code = text("Segment of the dimension in the provider's spelling, e.g. `25-34`.", primary_key=True)
    share = number("Share of the audience.", "fraction", nullable=False, min=0, max=1)
    affinity = number(
        "Likelihood relative to other audiences (1 means equal), for interests and brands.", "ratio", min=0
    )
    is_exclusive = flag("Whether the segments of the dimension exclude each other and add up to at most 1.")


class AudienceOverlap(Provenance):
    """One row per compared set and creator. Each row of a set repeats the set's totals."""

    set_id = text("Set: the id of the comparing request in the ledger.", primary_key=True)
    username = text(
        "Handle of the creator, without @, in its one spelling (see the glossary).", Personal.DIRECT, primary_key=True
    )
    platform = text("Platform of all creators in the set.")
    state = text("`compared`, or `unavailable` if the provider has no audience of the creator.")
    creators_compared = dy.Int64(min=2, max=10, description="Creators in the set.", metadata=about("creators"))
    native_id = native_id_column()
    followers = count("Followers of the creator.", "accounts")
    unique_share = number(
        "Share of the creator's audience that follows no other creator of the set.", "fraction", min=0, max=1
    )
    overlapping_share = number(
        "Share of the creator's audience that follows another creator of the set.", "fraction", min=0, max=1
    )
    total_followers = count(
        "Sum of the followers of all creators in the set; shared followers count twice.", "accounts"
    )
    total_unique_followers = count("People who follow at least one creator of the set.", "accounts")


TABLES: Tables = {
    "audience_reports": (AudienceReports, WEEKLY),
    "audience_segments": (AudienceSegments, WEEKLY),
    "audience_overlap": (AudienceOverlap, WEEKLY),
}
"""The tables of this module, each with its schema and partition keys."""
