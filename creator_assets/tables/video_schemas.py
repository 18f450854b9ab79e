"""Tables of posts and videos: content, details of posts, tracked videos, and their daily counters.

Platform and the platform's own id identify a video. Ids of providers are additional columns. Counters are unchanged
observations: a lower counter stays and is marked, and a day without a count stays without one.
"""

from __future__ import annotations

import dataframely as dy

from creator_assets.tables.columns import (
    Personal,
    Provenance,
    about,
    change,
    count,
    flag,
    number,
    ordinal,
    text,
    timestamp,
    utc_day,
)
from creator_assets.tables.partition_keys import DAILY, WEEKLY, Tables


class Content(Provenance):
    """One row per post or video of a creator, with the provider's latest data."""

    platform = text("Platform of the post.", primary_key=True)
    content_id = text("The provider's id of the post.", Personal.INDIRECT, primary_key=True)
    native_id = text("The platform's own id of the post.", Personal.INDIRECT, nullable=True)
    username = text("Handle of the creator, without @, in its one spelling (see the glossary).", Personal.DIRECT)
    author = text(
        "Handle of the author, without @; in a collaboration not always `username`. Null if the provider does not say.",
        Personal.DIRECT,
        nullable=True,
    )
    kind = text(
        "Kind by the provider: `post` (one picture, or a text), `carousel` (several pictures or videos), `reel`, "
        "`story`, `video` or `short`.",
        nullable=True,
    )
    published_at = timestamp("Time of publication.", nullable=True, personal=Personal.INDIRECT)
    url = text("URL of the post.", Personal.DIRECT, nullable=True)
    caption = text("Text of the post.", Personal.DIRECT, nullable=True)
    hashtags = dy.List(
        dy.String(),
        nullable=True,
        description="Hashtags of the post, without #.",
        metadata=about(personal=Personal.INDIRECT),
    )
    mentions = dy.List(
        dy.String(),
        nullable=True,
        description="Handles that the post mentions, without @.",
        metadata=about(personal=Personal.DIRECT),
    )
    views = count("Views.", "views")
    reach = count("The provider's reach, if it does not say that these are views.", "views")
    likes = count("Likes.", "likes")
    comments = count("Comments.", "comments")
    shares = count("Shares or reposts.", "shares")
    engagement_rate = number("The provider's engagement rate, converted to a fraction.", "fraction", min=0)
    is_sponsored = flag("Whether the post is marked as paid by a brand.")
    media_url = text(
        "URL of the picture or video file at the provider. Invalid after `media_expires_at`.",
        Personal.DIRECT,
        nullable=True,
    )
    media_expires_at = timestamp("Time at which `media_url` expires.", nullable=True)


class ContentDetails(Provenance):
    """One row per detail of a post: its data, each comment, its transcript, its audio."""

    platform = text("Platform of the post.", primary_key=True)
    content_id = text("The platform's id of the post: `native_id` of `content`.", Personal.INDIRECT, primary_key=True)
    detail = text("`data`, `comments`, `transcript` or `audio`.", primary_key=True)
    item_id = text("Id of a comment. Empty for the other details.", Personal.INDIRECT, primary_key=True)
    state = text("`found`, or `empty` if the provider has no data.")
    body_text = text("Caption, comment, transcript or title of the audio.", Personal.DIRECT, nullable=True)
    author = text("Handle of the author of the post or comment, without @.", Personal.DIRECT, nullable=True)
    published_at = timestamp("Time of publication of the post or comment.", nullable=True, personal=Personal.INDIRECT)
    language = text("Language of a transcript.", Personal.INDIRECT, nullable=True)
    views = count("Views of the post.", "views")
    likes = count("Likes of the post or comment.", "likes")
    comments = count("Comments of the post.", "comments")
    shares = count("Shares of the post.", "shares")
    duration_seconds = number("Length of the video.", "seconds", min=0)
    media_url = text("URL of the video or audio file at the provider.", Personal.DIRECT, nullable=True)
    media_expires_at = timestamp("Time at which `media_url` expires.", nullable=True)


class TrackedVideos(Provenance):
    """One row per video URL: whether it is tracked, until when, and the next step if it is not."""

    url = text("Canonical URL of the video.", Personal.DIRECT, primary_key=True)
    platform = text("Platform of the video.")
    username = text(
        "Handle of the creator, without @, from `content` or from the URL (TikTok). Null if neither has it.",
        Personal.DIRECT,
        nullable=True,
    )
    found_in = text("`brief`, or `content` for a paid post from there, of any brand.", nullable=True)
    state = text("`tracked`, `already_tracked`, `error`, `over_limit` of the plan, or `unknown` (not in the response).")
    next_step = text("Next step for a video that is not tracked. Empty for a tracked one.")
    native_id = text("The platform's own id of the video.", Personal.INDIRECT, nullable=True)
    video_id = text("The provider's id of the tracked video.", Personal.INDIRECT, nullable=True)
    problem = text("The provider's error message.", Personal.INDIRECT, nullable=True)
    chosen_because = text("Reason for this provider: named by the brief, or its rank by price.", nullable=True)
    tracked_from = timestamp("Start of tracking, if this response started it.", nullable=True)
    tracked_until = timestamp("End of the daily updates.", nullable=True)


class VideoStats(Provenance):
    """One row per video and UTC day of its tracking: the counters of the day, and their growth.

    A series gives the last counters of a day. `post_details` gives the first counter snapshot of a day.
    """

    platform = text("Platform of the video.", primary_key=True)
    native_id = text("The platform's own id of the video.", Personal.INDIRECT, primary_key=True)
    stats_on = utc_day("UTC day of the counters.", primary_key=True)
    counted_at = timestamp("Time of the provider's count. Null on a day without a count.", nullable=True)
    video_id = text("The provider's id of the tracked video.", Personal.INDIRECT, nullable=True)
    source = text("Source of the counters, e.g. `series` or `post_details`. `missing` on a day without a count.")
    day_number = ordinal("Day of tracking, from 1.", "day", nullable=True)
    age_hours = number("Time from the start of tracking to the count.", "hours", min=0)
    views = count("Total views.", "views")
    likes = count("Total likes.", "likes")
    comments = count("Total comments.", "comments")
    shares = count("Total shares or reposts.", "shares")
    views_added = change("Change of views since the previous count.", "views")
    likes_added = change("Change of likes since the previous count.", "likes")
    comments_added = change("Change of comments since the previous count.", "comments")
    shares_added = change("Change of shares since the previous count.", "shares")
    days_missing = dy.Int64(
        nullable=True,
        min=0,
        description="Days without counters before this one. The changes in this row cover them.",
        metadata=about("days"),
    )
    is_correction = flag("Whether a counter is lower than before, because the platform or provider corrected it.")
    creator_average_views = number(
        "Average views of a video of the creator, of any age. The average covers the provider's videos for this "
        "account, possibly including this one. Null if not requested or unknown.",
        "views",
        min=0,
    )
    creator_average_likes = number("Average likes of the same videos.", "likes", min=0)
    creator_average_comments = number("Average comments of the same videos.", "comments", min=0)
    creator_videos_averaged = count("Number of videos in these averages.", "videos")
    creator_averages_at = timestamp("Time of the response with the averages.", nullable=True)
    creator_averages_request_id = text(
        "Id of the request that bought the averages. Joins `credit_ledger`.", nullable=True
    )


TABLES: Tables = {
    "content": (Content, WEEKLY),
    "content_details": (ContentDetails, WEEKLY),
    "tracked_videos": (TrackedVideos, WEEKLY),
    "video_stats": (VideoStats, DAILY),
}
"""The tables of this module, each with its schema and partition keys."""
