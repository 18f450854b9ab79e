"""Tables of audiences: who follows an account, and how far the audiences of several accounts are the same people.

Shares are fractions of the audience named by ``basis``, whatever unit the provider wrote. What an audience is inferred
to be (ethnicity and the like) is in no row unless a brief asks for it with a reason.
"""

from __future__ import annotations

import dataframely as dy

from creator_assets.tables.columns import (
    Personal,
    Provenance,
    about,
    accounts_basis,
    accounts_id,
    count,
    flag,
    moment,
    number,
    platforms_id,
    providers_id,
    text,
)


class AudienceReports(Provenance):
    """One row per account: whether a report of its audience is there, and what it says of the whole."""

    platform = text("Platform of the account.", primary_key=True)
    username = text("Handle that was asked for, without @.", Personal.DIRECT, primary_key=True)
    state = text("`ready`, `pending` (the provider is making it), `unavailable` (it has none) or `not_found`.")
    chosen_because = text("Why this provider was asked, who had nothing before, and who was left out.", nullable=True)
    next_look_at = moment("When a pending report is worth asking for again.", nullable=True)
    native_id = platforms_id()
    provider_id = providers_id()
    account_id = accounts_id()
    account_basis = accounts_basis()
    bases = text("Audiences that the report describes, e.g. `followers, likers`.", nullable=True)
    credibility = number("Share of the followers that the provider judges to be real.", "fraction", min=0, max=1)
    likers_credibility = number("The same of those who like.", "fraction", min=0, max=1)
    credibility_class = text("The provider's word for it.", Personal.INDIRECT, nullable=True)
    notable_share = number("Share of followers who are themselves notable.", "fraction", min=0, max=1)


class AudienceSegments(Provenance):
    """One row per account, basis, dimension and code: which share of the audience it is."""

    platform = text("Platform of the account.", primary_key=True)
    username = text("Handle that was asked for, without @.", Personal.DIRECT, primary_key=True)
    basis = text("Audience that is described: `followers`, `likers` or `commenters`.", primary_key=True)
    dimension = text("What it is divided by, e.g. `age`, `gender`, `country`, `interest`.", primary_key=True)
    code = text("Part of the dimension, as the provider writes it, e.g. `25-34`.", primary_key=True)
    share = number("Share of the audience.", "fraction", nullable=False, min=0, max=1)
    affinity = number("How much likelier than elsewhere (1: as likely), for interests and brands.", "ratio", min=0)
    is_exclusive = flag("Whether the parts of the dimension exclude one another, so that they add up to at most 1.")


class AudienceOverlap(Provenance):
    """One row per compared set and creator; the totals of the set stand in each of its rows."""

    set_id = text("The set: the ledger's id of the request that compared it.", primary_key=True)
    username = text("Handle of the creator, without @.", Personal.DIRECT, primary_key=True)
    platform = text("Platform of all creators of the set.")
    state = text("`compared`, or `unavailable` where the provider has no audience of the creator.")
    creators_compared = dy.Int64(min=2, max=10, description="Creators in the set.", metadata=about("creators"))
    native_id = platforms_id()
    followers = count("Followers of the creator.", "accounts")
    unique_share = number("Share of the creator's audience that follows no other of the set.", "fraction", min=0, max=1)
    overlapping_share = number("Share of it that follows another of the set.", "fraction", min=0, max=1)
    total_followers = count("Followers of all creators of the set, people counted as often as they follow.", "accounts")
    total_unique_followers = count("People who follow at least one creator of the set.", "accounts")
