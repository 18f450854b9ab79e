"""Every table's columns: type, unit, meaning and personal-data class, each said once.

The writer, the checks, the documentation and the Dagster UI all read these classes. A class is one table, its docstring
says what one row is, and its primary key says what makes a row unique within a partition. Where a partition is
stored and how it is written belongs to ``store``; how a provider's answer becomes rows belongs to the provider's
``rows.py``. Tables of audiences, people, videos and reports stand in files beside this one.

Partition columns (``campaign``, ``week``, ``day``) live in the path of a partition, never in its file.
"""

from __future__ import annotations

import dataframely as dy

from creator_assets.tables.audience_schemas import AudienceOverlap, AudienceReports, AudienceSegments
from creator_assets.tables.columns import (
    Personal,
    Provenance,
    about,
    accounts_basis,
    accounts_id,
    count,
    flag,
    moment,
    money,
    number,
    platforms_id,
    providers_id,
    text,
)
from creator_assets.tables.identity_schemas import (
    AccountChanges,
    AccountLinks,
    CreatorAccounts,
    EmailMatches,
    LinkedAccounts,
)
from creator_assets.tables.report_schemas import CampaignPerformance, CreatorScorecard, RosterReach, VideoPerformance
from creator_assets.tables.video_schemas import Content, ContentDetails, TrackedVideos, VideoStats

__all__ = [
    "ALL_TABLES",
    "SCHEMA_VERSION",
    "AccountChanges",
    "AccountLinks",
    "AudienceOverlap",
    "AudienceReports",
    "AudienceSegments",
    "CampaignPerformance",
    "Content",
    "ContentDetails",
    "CreatorAccounts",
    "CreatorScorecard",
    "CreditLedger",
    "DiscoveryResults",
    "EmailMatches",
    "EnrichedProfiles",
    "EnrichmentBatches",
    "FilterValues",
    "LinkedAccounts",
    "Personal",
    "Provenance",
    "ProviderBalances",
    "Rejected",
    "RosterReach",
    "Shortlist",
    "TrackedVideos",
    "VideoPerformance",
    "VideoStats",
    "about",
]

SCHEMA_VERSION = 1


def _videos_by(bucket: str) -> dy.List:
    """A column that counts a creator's recent videos by `bucket`."""
    return dy.List(
        dy.Struct({"bucket": dy.String(), "videos": dy.Int64(min=0)}),
        nullable=True,
        description=f"Recent videos by {bucket}.",
        metadata=about("videos", Personal.INDIRECT),
    )


class FilterValues(Provenance):
    """One row per value that a provider accepts for a search filter."""

    platform = text("Platform to which the value applies; empty where the provider does not say.", primary_key=True)
    dictionary = text("Which dictionary of the provider lists the value, e.g. `languages`.", primary_key=True)
    value = text("The value to send.", primary_key=True)
    parent = text("The value above it in a hierarchy (topic of a sub-topic, country of a city).", primary_key=True)
    label = text("The value as people read it.", nullable=True)


class DiscoveryResults(Provenance):
    """One row per creator and the way it was found: a search, a look-alike search or the brief's own roster."""

    origin = text("`search`, `lookalike` or `roster`.", primary_key=True)
    origin_name = text("Name of the search in the brief; empty for the roster.", primary_key=True)
    platform = text("Platform of the account.", primary_key=True)
    username = text("Handle on the platform, without @.", Personal.DIRECT, primary_key=True)
    rank = dy.Int64(min=1, description="Place in the provider's order, 1 first.", metadata=about("place"))
    native_id = platforms_id()
    provider_id = providers_id()
    display_name = text("Name shown on the profile.", Personal.DIRECT, nullable=True)
    followers = count("Followers or subscribers.", "accounts")
    engagement_rate = number(
        "Engagement as the provider gives it, made a fraction; definitions differ between providers.", "fraction", min=0
    )
    country = text("Creator's country as the provider writes it.", Personal.INDIRECT, nullable=True)
    relevance = number("The provider's own relevance, 0 to 100.", "points")


class Shortlist(dy.Schema):
    """One row per creator found, chosen or not, with the reason either way."""

    platform = text("Platform of the account.", primary_key=True)
    username = text("Handle on the platform, without @.", Personal.DIRECT, primary_key=True)
    native_id = platforms_id()
    provider_id = providers_id()
    provider = text("Provider whose finding is used.")
    origins = text("How the creator was found, e.g. `search:instagram, roster`.")
    selected = dy.Bool(description="Whether the creator goes on to be enriched.", metadata=about())
    place = dy.Int64(nullable=True, min=1, description="Place among the selected, 1 first.", metadata=about("place"))
    reason = text("Why selected or excluded: one of the rule's reasons.")
    score = number("Sum of the weighted parts.", "points", nullable=False, min=0, max=1)
    score_engagement = number("Rank of the engagement rate among all found.", "points", nullable=False, min=0, max=1)
    score_reach = number("Rank of the followers among all found.", "points", nullable=False, min=0, max=1)
    score_position = number("Best place in any provider's order.", "points", nullable=False, min=0, max=1)
    followers = count("Followers or subscribers when found.", "accounts")
    engagement_rate = number("Engagement when found, as the provider defines it.", "fraction", min=0)
    observed_at = moment("When the finding that is used was observed.")
    rule_version = text("Version of the rule that chose.")


class EnrichedProfiles(Provenance):
    """One row per selected account and week: what the provider knew when it was last asked, and what that cost."""

    platform = text("Platform of the account.", primary_key=True)
    username = text("Handle that was asked for, without @.", Personal.DIRECT, primary_key=True)
    state = text(
        "`enriched`, `not_found`, `pending`, or `unknown`: no data, which does not prove that there is nobody."
    )
    depth = text("`full` or `raw`.")
    chosen_because = text("Why this provider was asked, who had nothing before, and who was left out.", nullable=True)
    next_look_at = moment("When a pending profile is worth asking for again.", nullable=True)
    native_id = platforms_id()
    provider_id = providers_id()
    account_id = accounts_id()
    account_basis = accounts_basis()
    display_name = text("Name shown on the profile.", Personal.DIRECT, nullable=True)
    biography = text("Text of the profile.", Personal.DIRECT, nullable=True)
    followers = count("Followers or subscribers.", "accounts")
    following = count("Accounts followed.", "accounts")
    posts = count("Posts or videos published.", "posts")
    engagement_rate = number("Engagement as the provider gives it, made a fraction.", "fraction", min=0)
    engagement_basis = text("Which definition of engagement the provider uses.", nullable=True)
    average_views = number("Average views of a post or video.", "views", min=0)
    average_likes = number("Average likes of a post or video.", "likes", min=0)
    average_comments = number("Average comments of a post.", "comments", min=0)
    followers_added_30d = dy.Int64(
        nullable=True, description="Followers won in 30 days; may be negative.", metadata=about("accounts")
    )
    country = text("Creator's country as the provider writes it.", Personal.INDIRECT, nullable=True)
    city = text("Creator's city as the provider writes it.", Personal.INDIRECT, nullable=True)
    language = text("Language of the creator, as the provider writes it.", Personal.INDIRECT, nullable=True)
    gender = text("Gender as the provider gives it.", Personal.INDIRECT, nullable=True)
    category = text("The provider's main category or niche.", Personal.INDIRECT, nullable=True)
    is_verified = flag("Verified by the platform.")
    is_business = flag("A business account.")
    has_email = flag("Whether the answer holds an e-mail address; the address itself stays in the archive.")
    publish_hours = _videos_by("hour of the day, `00` to `23`")
    publish_weekdays = _videos_by("day of the week, `1` to `7`; which day is 1 is not documented")
    video_lengths = _videos_by("length, e.g. `15s-30s`")


class EnrichmentBatches(Provenance):
    """One row per batch or background job at a provider, as it was last seen."""

    batch_id = text("The provider's id; for queues that give none, the ledger's id of the request.", primary_key=True)
    platform = text("Platform of its creators; empty where the answer does not say.")
    mode = text("What is done with each: `raw`, `full`, `basic`, `advanced`, `queue` or `track`.")
    state = text("`queued`, `processing`, `finished`, `failed` or `paused_insufficient_credits`.")
    next_look_at = moment("When it is worth looking again; null where it is over.", nullable=True)
    total_rows = count("Creators given.", "creators", Personal.NONE)
    processed_rows = count("Creators done.", "creators", Personal.NONE)
    succeeded_rows = count("Creators with data.", "creators", Personal.NONE)
    failed_rows = count("Creators without.", "creators", Personal.NONE)
    reported_cost_microcredits = money("What the provider says that it cost so far.", nullable=True)


class Rejected(Provenance):
    """One row per record of a paid answer that could not become a row of its table; the record stays in the archive."""

    position = dy.Int64(
        primary_key=True, min=0, description="Place of the record in the answer, from 0.", metadata=about("place")
    )
    response_sha256 = text(
        "Digest of the answer's body in the archive.", primary_key=True, min_length=64, max_length=64
    )
    field = text("Field that is missing or wrong, as a path in the record.")
    reason = text("What is wrong with it; never its value.")


class CreditLedger(dy.Schema):
    """One row per request that was admitted on that day (UTC): who spent what, on what, and how that is known."""

    request_id = text("The ledger's id of the request.", primary_key=True)
    provider = text("Provider that was asked.")
    operation = text("Operation of the provider.")
    state = text("`reserved`, `sent`, `settled`, `voided`, `in_doubt` or `resolved`.")
    upper_microcredits = money("What was reserved: the most it could cost.")
    charge_microcredits = money("What it cost; null until that is known.", nullable=True)
    basis = text("How the cost is known: `stated`, `priced`, `free` or `assumed`.", nullable=True)
    asset = text("Asset that asked.")
    partition = text("Partition for which it asked.")
    campaign = text("Campaign that pays; empty for calls of no campaign.")
    run_id = text("Dagster run that asked.")
    code_version = text("Version of the asset's code.")
    price_version = text("Price list that was applied.")
    http_status = dy.Int64(nullable=True, description="Status of the answer.", metadata=about("HTTP status"))
    reserved_at = moment("When it was admitted.")
    sent_at = moment("When it was sent.", nullable=True)
    closed_at = moment("When its fate was known.", nullable=True)


class CreditPlan(dy.Schema):
    """One row per paid asset and operation: what a week lacks and what that can cost, before it does."""

    asset = text("Asset that would ask.", primary_key=True)
    provider = text("Provider that would be asked.", primary_key=True)
    operation = text("Operation of the provider.", primary_key=True)
    falls_through = dy.Bool(
        primary_key=True, description="Whether it is asked for want of an answer of others.", metadata=about()
    )
    calls_min = count("Calls that are certain.", "calls", Personal.NONE)
    calls_max = count("Calls that may become necessary.", "calls", Personal.NONE)
    archive_hits = count("Answers that the archive has.", "answers", Personal.NONE)
    min_microcredits = money("The least that it can cost; null where the price is unknown.", nullable=True)
    max_microcredits = money("The most that it can cost; null where the price is unknown.", nullable=True)
    left_microcredits = money("What the tightest budget has left after it, at the worst.")
    tightest_scope = text("The budget with the least room.")
    verdict = text(
        "`fits`, `does not fit`, `price unknown`, `suspended`, `never observed` or `nothing to buy`; a waterfall "
        "`may be truncated`, with one of these."
    )
    price = text("The price that was reckoned with.")
    planned_at = moment("When it was planned.")


class ProviderBalances(dy.Schema):
    """One row per budget: what the ledger counts, and beside it what the provider itself says."""

    scope = text("Budget, e.g. `influencers_club/discovery`.", primary_key=True)
    period = text("Period of the budget, e.g. `2026-11`; `-` where it does not renew.", primary_key=True)
    limit_microcredits = money("Limit of the budget.")
    spent_microcredits = money("Settled charges.")
    held_microcredits = money("Reserved for requests under way.")
    in_doubt_microcredits = money("Worst case of requests whose fate is unknown.")
    left_microcredits = money("What may still be admitted.")
    reported_left_microcredits = money("What the provider says is left on the account.", nullable=True)
    reported_used_microcredits = money("What the provider says was used.", nullable=True)
    verdict = text("What the comparison with the provider showed, e.g. `agreed`; empty without one.")
    drift_microcredits = money("What the provider counts more (or less, negative) than the ledger.", nullable=True)
    observed_at = moment("When the provider was asked, or the ledger read where it was not.")


ALL_TABLES: dict[str, type[dy.Schema]] = {
    "filter_values": FilterValues,
    "discovery_results": DiscoveryResults,
    "shortlist": Shortlist,
    "enriched_profiles": EnrichedProfiles,
    "linked_accounts": LinkedAccounts,
    "creator_accounts": CreatorAccounts,
    "account_links": AccountLinks,
    "account_changes": AccountChanges,
    "email_matches": EmailMatches,
    "enrichment_batches": EnrichmentBatches,
    "audience_reports": AudienceReports,
    "audience_segments": AudienceSegments,
    "audience_overlap": AudienceOverlap,
    "content": Content,
    "content_details": ContentDetails,
    "tracked_videos": TrackedVideos,
    "video_stats": VideoStats,
    "creator_scorecard": CreatorScorecard,
    "roster_reach": RosterReach,
    "campaign_performance": CampaignPerformance,
    "video_performance": VideoPerformance,
    "rejected": Rejected,
    "credit_plan": CreditPlan,
    "credit_ledger": CreditLedger,
    "provider_balances": ProviderBalances,
}
