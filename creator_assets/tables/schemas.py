"""Every table's columns: type, unit, meaning and personal-data class, each said once.

The writer, the checks, the documentation and the Dagster UI all read these classes. A class is one table, its docstring
says what one row is, and its primary key says what makes a row unique within a partition. Where a partition is
stored and how it is written belongs to ``store``; how a provider's answer becomes rows belongs to the provider's
``rows.py``.

Partition columns (``campaign``, ``week``, ``day``) live in the path of a partition, never in its file.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import dataframely as dy

SCHEMA_VERSION = 1


class Personal(StrEnum):
    """How near a column comes to a person; every column states its class."""

    NONE = "none"
    INDIRECT = "indirect"  # says something about a creator who is named by another column
    DIRECT = "direct"  # names or locates a person by itself: a handle, a name
    SENSITIVE = "sensitive"  # inferred about health, ethnicity, belief and the like; off unless a brief asks for it


def about(unit: str = "", personal: Personal = Personal.NONE) -> dict[str, Any]:
    """The facts about a column that its type does not carry."""
    return {"unit": unit, "personal": str(personal)}


def _text(description: str, personal: Personal = Personal.NONE, **options: Any) -> dy.String:
    return dy.String(description=description, metadata=about(personal=personal), **options)


def _count(description: str, unit: str, personal: Personal = Personal.INDIRECT) -> dy.Int64:
    return dy.Int64(nullable=True, min=0, description=description, metadata=about(unit, personal))


def _number(description: str, unit: str, *, nullable: bool = True, **bounds: Any) -> dy.Float64:
    metadata = about(unit, Personal.INDIRECT)
    return dy.Float64(nullable=nullable, description=description, metadata=metadata, **bounds)


def _flag(description: str) -> dy.Bool:
    return dy.Bool(nullable=True, description=description, metadata=about(personal=Personal.INDIRECT))


def _moment(description: str, *, nullable: bool = False) -> dy.Datetime:
    return dy.Datetime(
        time_zone="UTC", time_unit="us", nullable=nullable, description=description, metadata=about("UTC")
    )


def _money(description: str, *, nullable: bool = False) -> dy.Int64:
    return dy.Int64(nullable=nullable, description=description, metadata=about("microcredits"))


class Provenance(dy.Schema):
    """Where a row came from. Every table of bought data carries these columns."""

    provider = _text("Provider that answered.")
    operation = _text("Operation of the provider, e.g. `discovery`.")
    request_id = _text("The ledger's id of the request that bought the answer; joins `credit_ledger`.")
    observed_at = _moment("When the answer arrived.")
    response_sha256 = _text("Digest of the answer's body in the archive.", min_length=64, max_length=64)
    cost_microcredits = _money(
        "This row's share of what the answer cost when it was bought; the rows of one answer add up to its charge."
    )
    run_id = _text("Run that bought the answer, which need not be the run that wrote this row.")
    parser_version = _text("Version of the code that made rows of the answer.")


class FilterValues(Provenance):
    """One row per value that a provider accepts for a search filter."""

    platform = _text("Platform to which the value applies; empty where the provider does not say.", primary_key=True)
    dictionary = _text("Which dictionary of the provider lists the value, e.g. `languages`.", primary_key=True)
    value = _text("The value to send.", primary_key=True)
    parent = _text("The value above it in a hierarchy (topic of a sub-topic, country of a city).", primary_key=True)
    label = _text("The value as people read it.", nullable=True)


class DiscoveryResults(Provenance):
    """One row per creator and the way it was found: a search, a look-alike search or the brief's own roster."""

    origin = _text("`search`, `lookalike` or `roster`.", primary_key=True)
    origin_name = _text("Name of the search in the brief; empty for the roster.", primary_key=True)
    platform = _text("Platform of the account.", primary_key=True)
    username = _text("Handle on the platform, without @.", Personal.DIRECT, primary_key=True)
    rank = dy.Int64(min=1, description="Place in the provider's order, 1 first.", metadata=about("place"))
    native_id = _text("The account's id as this provider gives it.", Personal.DIRECT, nullable=True)
    display_name = _text("Name shown on the profile.", Personal.DIRECT, nullable=True)
    followers = _count("Followers or subscribers.", "accounts")
    engagement_rate = _number(
        "Engagement as the provider gives it, made a fraction; definitions differ between providers.", "fraction", min=0
    )
    country = _text("Creator's country as the provider writes it.", Personal.INDIRECT, nullable=True)
    relevance = _number("The provider's own relevance, 0 to 100.", "points")


class Shortlist(dy.Schema):
    """One row per creator found, chosen or not, with the reason either way."""

    platform = _text("Platform of the account.", primary_key=True)
    username = _text("Handle on the platform, without @.", Personal.DIRECT, primary_key=True)
    native_id = _text("The account's id at the provider that found it.", Personal.DIRECT, nullable=True)
    provider = _text("Provider whose finding is used.")
    origins = _text("How the creator was found, e.g. `search:instagram, roster`.")
    selected = dy.Bool(description="Whether the creator goes on to be enriched.", metadata=about())
    place = dy.Int64(nullable=True, min=1, description="Place among the selected, 1 first.", metadata=about("place"))
    reason = _text("Why selected or excluded: one of the rule's reasons.")
    score = _number("Sum of the weighted parts.", "points", nullable=False, min=0, max=1)
    score_engagement = _number("Rank of the engagement rate among all found.", "points", nullable=False, min=0, max=1)
    score_reach = _number("Rank of the followers among all found.", "points", nullable=False, min=0, max=1)
    score_position = _number("Best place in any provider's order.", "points", nullable=False, min=0, max=1)
    followers = _count("Followers or subscribers when found.", "accounts")
    engagement_rate = _number("Engagement when found, as the provider defines it.", "fraction", min=0)
    observed_at = _moment("When the finding that is used was observed.")
    rule_version = _text("Version of the rule that chose.")


class EnrichedProfiles(Provenance):
    """One row per selected account and week: what the provider knew when it was last asked, and what that cost."""

    platform = _text("Platform of the account.", primary_key=True)
    username = _text("Handle that was asked for, without @.", Personal.DIRECT, primary_key=True)
    state = _text("`enriched`, `not_found` or `pending`.")
    depth = _text("`full` or `raw`.")
    next_look_at = _moment("When a pending profile is worth asking for again.", nullable=True)
    native_id = _text("The account's id as this provider gives it.", Personal.DIRECT, nullable=True)
    display_name = _text("Name shown on the profile.", Personal.DIRECT, nullable=True)
    biography = _text("Text of the profile.", Personal.DIRECT, nullable=True)
    followers = _count("Followers or subscribers.", "accounts")
    following = _count("Accounts followed.", "accounts")
    posts = _count("Posts or videos published.", "posts")
    engagement_rate = _number("Engagement as the provider gives it, made a fraction.", "fraction", min=0)
    engagement_basis = _text("Which definition of engagement the provider uses.", nullable=True)
    average_views = _number("Average views of a post or video.", "views", min=0)
    average_likes = _number("Average likes of a post or video.", "likes", min=0)
    average_comments = _number("Average comments of a post.", "comments", min=0)
    country = _text("Creator's country as the provider writes it.", Personal.INDIRECT, nullable=True)
    city = _text("Creator's city as the provider writes it.", Personal.INDIRECT, nullable=True)
    language = _text("Language of the creator, as the provider writes it.", Personal.INDIRECT, nullable=True)
    gender = _text("Gender as the provider gives it.", Personal.INDIRECT, nullable=True)
    category = _text("The provider's main category or niche.", Personal.INDIRECT, nullable=True)
    is_verified = _flag("Verified by the platform.")
    is_business = _flag("A business account.")
    has_email = _flag("Whether the answer holds an e-mail address; the address itself stays in the archive.")


class Rejected(Provenance):
    """One row per record of a paid answer that could not become a row of its table; the record stays in the archive."""

    position = dy.Int64(
        primary_key=True, min=0, description="Place of the record in the answer, from 0.", metadata=about("place")
    )
    response_sha256 = _text(
        "Digest of the answer's body in the archive.", primary_key=True, min_length=64, max_length=64
    )
    field = _text("Field that is missing or wrong, as a path in the record.")
    reason = _text("What is wrong with it; never its value.")


class CreditLedger(dy.Schema):
    """One row per request that was admitted on that day (UTC): who spent what, on what, and how that is known."""

    request_id = _text("The ledger's id of the request.", primary_key=True)
    provider = _text("Provider that was asked.")
    operation = _text("Operation of the provider.")
    state = _text("`reserved`, `sent`, `settled`, `voided`, `in_doubt` or `resolved`.")
    upper_microcredits = _money("What was reserved: the most it could cost.")
    charge_microcredits = _money("What it cost; null until that is known.", nullable=True)
    basis = _text("How the cost is known: `stated`, `priced`, `free` or `assumed`.", nullable=True)
    asset = _text("Asset that asked.")
    partition = _text("Partition for which it asked.")
    campaign = _text("Campaign that pays; empty for calls of no campaign.")
    run_id = _text("Dagster run that asked.")
    code_version = _text("Version of the asset's code.")
    price_version = _text("Price list that was applied.")
    http_status = dy.Int64(nullable=True, description="Status of the answer.", metadata=about("HTTP status"))
    reserved_at = _moment("When it was admitted.")
    sent_at = _moment("When it was sent.", nullable=True)
    closed_at = _moment("When its fate was known.", nullable=True)


class ProviderBalances(dy.Schema):
    """One row per budget: what the ledger counts, and beside it what the provider itself says."""

    scope = _text("Budget, e.g. `influencers_club/discovery`.", primary_key=True)
    period = _text("Period of the budget, e.g. `2026-11`; `-` where it does not renew.", primary_key=True)
    limit_microcredits = _money("Limit of the budget.")
    spent_microcredits = _money("Settled charges.")
    held_microcredits = _money("Reserved for requests under way.")
    in_doubt_microcredits = _money("Worst case of requests whose fate is unknown.")
    left_microcredits = _money("What may still be admitted.")
    reported_left_microcredits = _money("What the provider says is left on the account.", nullable=True)
    reported_used_microcredits = _money("What the provider says was used.", nullable=True)
    verdict = _text("What the comparison with the provider showed, e.g. `agreed`; empty without one.")
    drift_microcredits = _money("What the provider counts more (or less, negative) than the ledger.", nullable=True)
    observed_at = _moment("When the provider was asked, or the ledger read where it was not.")


ALL_TABLES: dict[str, type[dy.Schema]] = {
    "filter_values": FilterValues,
    "discovery_results": DiscoveryResults,
    "shortlist": Shortlist,
    "enriched_profiles": EnrichedProfiles,
    "rejected": Rejected,
    "credit_ledger": CreditLedger,
    "provider_balances": ProviderBalances,
}
