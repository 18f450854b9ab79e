"""The list of all tables, with their schemas and their partitions.

Belongs here: one line per table. The modules ``*_schemas`` define the columns: a class is one table, its docstring says
what a row is, and its primary key is unique within a partition. ``store`` writes and reads partitions. A provider's
``rows.py`` turns responses into rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import dataframely as dy

from creator_assets.tables.audience_schemas import AudienceOverlap, AudienceReports, AudienceSegments
from creator_assets.tables.columns import Personal, Provenance, about
from creator_assets.tables.creator_schemas import DiscoveryResults, EnrichedProfiles, FilterValues, Shortlist
from creator_assets.tables.identity_schemas import (
    AccountChanges,
    AccountLinks,
    CreatorAccounts,
    EmailMatches,
    LinkedAccounts,
)
from creator_assets.tables.purchase_schemas import (
    CreditLedger,
    CreditPlan,
    EnrichmentBatches,
    ProviderBalances,
    Rejected,
)
from creator_assets.tables.report_schemas import CampaignPerformance, CreatorScorecard, RosterReach, VideoPerformance
from creator_assets.tables.video_schemas import Content, ContentDetails, TrackedVideos, VideoStats

__all__ = [
    "ALL_TABLES",
    "PARTITION_KEYS",
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
    "CreditPlan",
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

_WHOLE: tuple[str, ...] = ()
_WEEKLY = ("campaign", "week")
_DAILY = ("campaign", "day")

_TABLES: Mapping[str, tuple[type[dy.Schema], tuple[str, ...]]] = {
    "filter_values": (FilterValues, _WHOLE),
    "discovery_results": (DiscoveryResults, _WEEKLY),
    "shortlist": (Shortlist, _WEEKLY),
    "enriched_profiles": (EnrichedProfiles, _WEEKLY),
    "linked_accounts": (LinkedAccounts, _WEEKLY),
    "creator_accounts": (CreatorAccounts, _WHOLE),
    "account_links": (AccountLinks, _WHOLE),
    "account_changes": (AccountChanges, _WHOLE),
    "email_matches": (EmailMatches, _WEEKLY),
    "enrichment_batches": (EnrichmentBatches, _WEEKLY),
    "audience_reports": (AudienceReports, _WEEKLY),
    "audience_segments": (AudienceSegments, _WEEKLY),
    "audience_overlap": (AudienceOverlap, _WEEKLY),
    "content": (Content, _WEEKLY),
    "content_details": (ContentDetails, _WEEKLY),
    "tracked_videos": (TrackedVideos, _WEEKLY),
    "video_stats": (VideoStats, _DAILY),
    "creator_scorecard": (CreatorScorecard, _WEEKLY),
    "roster_reach": (RosterReach, _WEEKLY),
    "campaign_performance": (CampaignPerformance, _DAILY),
    "video_performance": (VideoPerformance, _DAILY),
    # One partition has the asset and then the keys of that asset's table.
    "rejected": (Rejected, ("asset", "campaign", "week", "day")),
    "credit_plan": (CreditPlan, _WEEKLY),
    "credit_ledger": (CreditLedger, _WHOLE),
    "provider_balances": (ProviderBalances, _WHOLE),
}

ALL_TABLES: Mapping[str, type[dy.Schema]] = {name: schema for name, (schema, _) in _TABLES.items()}
"""The schema of each table."""

PARTITION_KEYS: Mapping[str, tuple[str, ...]] = {name: keys for name, (_, keys) in _TABLES.items()}
"""The partition keys of each table, outermost first. They are folders in the path of a file, never columns in it."""
