"""The kinds of capabilities, each a typed key: it fixes which arguments ``pages`` takes and what ``rows`` returns.

A kind is named by what an asset asks for, never by a provider's operation. Add one only with an asset that uses it.
Which provider has a capability of which kind is declared by the providers.
"""

from __future__ import annotations

from typing import Final

from creator_assets.metrics.tracking_period import TRACKED_DAYS
from creator_assets.providers.contract.capability import CapabilityKey
from creator_assets.providers.contract.capability_protocols import (
    AnswerRows,
    BalancePages,
    BalanceReader,
    ContentPages,
    CreatorListPages,
    CreatorPages,
    DictionaryPages,
    EmailPages,
    FoundCreatorRows,
    LookalikePages,
    OverlapPages,
    PostDetailPages,
    PostPages,
    ReadinessReader,
    ReportRows,
    SearchPages,
    SeriesPages,
    SeriesRows,
    TrackingPages,
)

__all__ = ["TRACKED_DAYS", "CapabilityKind"]


class CapabilityKind:
    """Every kind of capability. What a kind's rows are is said by the table that they belong to."""

    SEARCH: Final = CapabilityKey[SearchPages, FoundCreatorRows]("search")
    LOOKALIKES: Final = CapabilityKey[LookalikePages, FoundCreatorRows]("lookalikes")
    PROFILE: Final = CapabilityKey[CreatorPages, AnswerRows]("profile")
    FILTER_VALUES: Final = CapabilityKey[DictionaryPages, AnswerRows]("filter_values")
    # The same dictionaries, limited to those that hold the values of the given filters.
    FILTER_CHECK: Final = CapabilityKey[DictionaryPages, AnswerRows]("filter_check")
    BALANCE: Final = CapabilityKey[BalancePages, BalanceReader]("balance")
    AUDIENCE: Final = CapabilityKey[CreatorPages, ReportRows]("audience")
    # Free: whether an audience report is there.
    READINESS: Final = CapabilityKey[CreatorPages, ReadinessReader]("readiness")
    CONTENT: Final = CapabilityKey[ContentPages, AnswerRows]("content")
    # One capability for each detail; its depth names the detail.
    CONTENT_DETAILS: Final = CapabilityKey[PostDetailPages, AnswerRows]("content_details")
    OVERLAP: Final = CapabilityKey[OverlapPages, AnswerRows]("overlap")
    LINKED_ACCOUNTS: Final = CapabilityKey[CreatorPages, AnswerRows]("linked_accounts")
    EMAIL_MATCH: Final = CapabilityKey[EmailPages, AnswerRows]("email_match")
    # Free pre-registration: the provider gathers the data of these creators in advance.
    QUEUE: Final = CapabilityKey[CreatorListPages, AnswerRows]("queue")
    # For `TRACKED_DAYS`; the price covers the whole time. Counters come from VIDEO_STATS, else from POST_STATS.
    TRACK_VIDEOS: Final = CapabilityKey[TrackingPages, AnswerRows]("track_videos")
    VIDEO_STATS: Final = CapabilityKey[SeriesPages, SeriesRows]("video_stats")
    # What a creator's videos usually have. Rows: `platform`, `username`, `average_views`, `average_likes`,
    # `average_comments`, `video_count` and the origin.
    CREATOR_AVERAGES: Final = CapabilityKey[CreatorPages, AnswerRows]("creator_averages")
    # A post's counters of this moment. A provider that tracks by it makes the same request for TRACK_VIDEOS.
    POST_STATS: Final = CapabilityKey[PostPages, AnswerRows]("post_stats")
