"""The list of all tables, with their schemas and their partitions.

The modules ``*_schemas`` define the tables: a class is one table, its docstring says what a row is, and its primary key
is unique within a partition. A new table is one class and one line there. ``store`` writes and reads partitions. A
provider's ``rows.py`` turns responses into rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import dataframely as dy

from creator_assets.tables import (
    audience_schemas,
    creator_schemas,
    identity_schemas,
    purchase_schemas,
    report_schemas,
    video_schemas,
)
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
from creator_assets.tables.partition_keys import Tables
from creator_assets.tables.purchase_schemas import (
    AnswerFields,
    CreditLedger,
    CreditPlan,
    EnrichmentBatches,
    FieldNotes,
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
    "AnswerFields",
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
    "FieldNotes",
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

_TABLES: Tables = {
    name: table
    for module in (creator_schemas, identity_schemas, audience_schemas, video_schemas, report_schemas, purchase_schemas)
    for name, table in module.TABLES.items()
}

ALL_TABLES: Mapping[str, type[dy.Schema]] = {name: schema for name, (schema, _) in _TABLES.items()}
"""The schema of each table."""

PARTITION_KEYS: Mapping[str, tuple[str, ...]] = {name: keys for name, (_, keys) in _TABLES.items()}
"""The partition keys of each table, outermost first. They are folders in the path of a file, never columns in it."""
