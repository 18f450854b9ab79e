"""The jobs that a provider can be given, what each takes and what it gives; who can do them says ``capabilities``.

A kind is named by what the asset wants, never by a provider's operation. A new one belongs here only with an asset that
asks for it.
"""

from __future__ import annotations

from enum import StrEnum

from creator_assets.metrics.tracking_period import TRACKED_DAYS

__all__ = ["TRACKED_DAYS", "CapabilityKind"]


class CapabilityKind(StrEnum):
    """What is asked for, whoever answers.

    ``pages`` and ``rows`` of a capability take, by kind:

    - SEARCH: ``pages(settings, platform, filters, max_creators)``; ``rows(answers, origin=, origin_name=, platform=)``
    - LOOKALIKES: ``pages(settings, platform, username, filters, max_creators)``; rows as SEARCH
    - PROFILE: ``pages(settings, platform, username)``; ``rows(answers)``
    - FILTER_VALUES: ``pages(settings, platform, filters)`` gives a list of pages; ``rows(answers)``
    - FILTER_CHECK: the dictionaries that hold the values of these filters; pages and rows as FILTER_VALUES
    - BALANCE: ``pages(settings)``; ``rows(answer)`` gives a ``ReportedBalance``
    - AUDIENCE: ``pages(settings, platform, username)``; ``rows(answers, keep_sensitive=)`` gives ``AudienceRows``
    - READINESS: whether an audience report is there, free; pages as AUDIENCE; ``rows(answer)`` gives ``DataReadiness``
    - CONTENT: ``pages(settings, platform, username, max_items, since)``; ``rows(answers)``
    - CONTENT_DETAILS, a depth for each detail: ``pages(settings, platform, post_id, max_pages=)``; ``rows(answers)``
    - OVERLAP: ``pages(settings, platform, usernames)``; ``rows(answers)``
    - LINKED_ACCOUNTS: ``pages(settings, platform, username)``; ``rows(answers)``
    - EMAIL_MATCH: ``pages(settings, address, email_hash=, depth=)``; ``rows(answers)``
    - QUEUE: ``pages(settings, platform, usernames)`` gives a list of pages; ``rows(answers)``
    - BATCH: ``pages(settings, platform, inputs, mode=, input_hash=)`` gives a list of pages; ``rows(answers)``
    - BATCH_STATUS, BATCH_RESUME: ``pages(settings, batch_id, platform=, mode=)``; ``rows(answers)``
    - BATCH_RESULTS: pages likewise; ``rows(answers)`` for handles, ``rows(answers, hashed=)`` for e-mail addresses
    - TRACK_VIDEOS, for ``TRACKED_DAYS``: ``pages(settings, urls)`` gives a list of pages; ``rows(answers)``. What it
      costs is the whole time. Who can do it brings the counters by VIDEO_STATS, or else by POST_STATS
    - VIDEO_STATS, the series of all tracked videos: ``pages(settings, max_videos)``; ``rows(answers, days=)``
    - CREATOR_AVERAGES: what a creator's videos usually have: pages as PROFILE; ``rows(answers)`` gives ``platform``,
      ``username``, ``average_views``, ``average_likes``, ``average_comments``, ``video_count`` and the origin
    - POST_STATS: a post's counters of this moment: ``pages(settings, platform, native_id)``; ``rows(answers)``. Of a
      provider that tracks by it, the first one is the very call of TRACK_VIDEOS
    """

    SEARCH = "search"
    LOOKALIKES = "lookalikes"
    PROFILE = "profile"
    FILTER_VALUES = "filter_values"
    FILTER_CHECK = "filter_check"
    BALANCE = "balance"
    AUDIENCE = "audience"
    READINESS = "readiness"
    CONTENT = "content"
    CONTENT_DETAILS = "content_details"
    OVERLAP = "overlap"
    LINKED_ACCOUNTS = "linked_accounts"
    EMAIL_MATCH = "email_match"
    QUEUE = "queue"
    BATCH = "batch"
    BATCH_STATUS = "batch_status"
    BATCH_RESUME = "batch_resume"
    BATCH_RESULTS = "batch_results"
    TRACK_VIDEOS = "track_videos"
    VIDEO_STATS = "video_stats"
    CREATOR_AVERAGES = "creator_averages"
    POST_STATS = "post_stats"
