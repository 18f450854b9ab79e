"""Tables of posts and videos: what was published, what is said in and under it, what is tracked, and how it grew.

A video is known by its platform and the platform's own id of it; ids of providers stand beside that. Counters are as
observed: one that falls is kept and marked, a missing day stays missing.
"""

from __future__ import annotations

import dataframely as dy

from creator_assets.tables.columns import Personal, Provenance, about, count, flag, moment, number, text


class Content(Provenance):
    """One row per post or video of a creator, as last seen by the provider."""

    platform = text("Platform of the post.", primary_key=True)
    content_id = text("The provider's id of the post.", Personal.INDIRECT, primary_key=True)
    native_id = text("The platform's own id of it.", Personal.INDIRECT, nullable=True)
    username = text("Handle of the creator, without @.", Personal.DIRECT)
    kind = text("`post`, `reel`, `story`, `video` or `short`, as the provider says.", nullable=True)
    published_at = moment("When it was published.", nullable=True)
    url = text("Where it is.", Personal.DIRECT, nullable=True)
    caption = text("Its text.", Personal.DIRECT, nullable=True)
    hashtags = dy.List(
        dy.String(), nullable=True, description="Its hashtags, without #.", metadata=about(personal=Personal.INDIRECT)
    )
    mentions = dy.List(
        dy.String(), nullable=True, description="Whom it mentions, without @.", metadata=about(personal=Personal.DIRECT)
    )
    views = count("Views.", "views")
    reach = count("Reach as the provider gives it, where it does not say that these are views.", "views")
    likes = count("Likes.", "likes")
    comments = count("Comments.", "comments")
    shares = count("Shares or reposts.", "shares")
    engagement_rate = number("Engagement as the provider gives it, made a fraction.", "fraction", min=0)
    is_sponsored = flag("Marked as paid for by a brand.")
    media_url = text("Picture or video file at the provider; dead after `media_expires_at`.", nullable=True)
    media_expires_at = moment("When `media_url` stops working.", nullable=True)


class ContentDetails(Provenance):
    """One row per detail of a post: its data, each of its comments, its transcript, its audio."""

    platform = text("Platform of the post.", primary_key=True)
    content_id = text("The platform's id of the post: `native_id` of `content`.", Personal.INDIRECT, primary_key=True)
    detail = text("`data`, `comments`, `transcript` or `audio`.", primary_key=True)
    item_id = text("Id of a comment; empty for what a post has once.", Personal.INDIRECT, primary_key=True)
    state = text("`found`, or `empty` where the provider has nothing.")
    body_text = text("Caption, comment, transcript or title of the audio.", Personal.DIRECT, nullable=True)
    author = text("Handle of who wrote or published it, without @.", Personal.DIRECT, nullable=True)
    published_at = moment("When it was written or published.", nullable=True)
    language = text("Language of a transcript.", Personal.INDIRECT, nullable=True)
    views = count("Views of the post.", "views")
    likes = count("Likes of the post or comment.", "likes")
    comments = count("Comments of the post.", "comments")
    shares = count("Shares of the post.", "shares")
    duration_seconds = number("Length of the video.", "seconds", min=0)
    media_url = text("Video or audio file at the provider.", nullable=True)
    media_expires_at = moment("When `media_url` stops working.", nullable=True)


class TrackedVideos(Provenance):
    """One row per video address: whether it is tracked, until when, and what to do where it is not."""

    url = text("Address in its one canonical form.", Personal.DIRECT, primary_key=True)
    platform = text("Platform of the video.")
    username = text(
        "Handle of its creator, without @: of `content`, or of the address (TikTok); null where neither names it.",
        Personal.DIRECT,
        nullable=True,
    )
    found_in = text("`brief`, or `content` for a paid post that was found there, of whatever brand.", nullable=True)
    state = text("`tracked`, `already_tracked`, `error`, `over_limit` of the plan, or `unknown`: it is not mentioned.")
    next_step = text("What to do where it is not tracked; empty where it is.")
    native_id = text("The platform's own id of the video.", Personal.INDIRECT, nullable=True)
    video_id = text("The provider's id of the tracked video.", nullable=True)
    problem = text("What the provider says against it.", Personal.INDIRECT, nullable=True)
    chosen_because = text("Why this provider follows it: named by the brief, or which place by price.", nullable=True)
    tracked_from = moment("When tracking began, where this answer began it.", nullable=True)
    tracked_until = moment("When the daily updates end.", nullable=True)


class VideoStats(Provenance):
    """One row per video and UTC day of its tracked time: the day's counters, and what they grew by.

    Of a series these are the day's last ones, of `post_details` those of the day's first look.
    """

    platform = text("Platform of the video.", primary_key=True)
    native_id = text("The platform's own id of the video.", Personal.INDIRECT, primary_key=True)
    stats_on = dy.Date(primary_key=True, description="UTC day of the counters.", metadata=about("UTC day"))
    counted_at = moment("When the provider counted; null where the day has no count.", nullable=True)
    video_id = text("The provider's id of the tracked video.", nullable=True)
    source = text("Where the counters come from, e.g. `series` or `post_details`; `missing` where there are none.")
    day_number = dy.Int64(nullable=True, min=1, description="Day of tracking, 1 first.", metadata=about("day"))
    age_hours = number("From the start of tracking to the count.", "hours", min=0)
    views = count("Views so far.", "views")
    likes = count("Likes so far.", "likes")
    comments = count("Comments so far.", "comments")
    shares = count("Shares or reposts so far.", "shares")
    views_added = dy.Int64(nullable=True, description="Views since the day before it.", metadata=about("views"))
    likes_added = dy.Int64(nullable=True, description="Likes since the day before it.", metadata=about("likes"))
    comments_added = dy.Int64(nullable=True, description="Comments likewise.", metadata=about("comments"))
    shares_added = dy.Int64(nullable=True, description="Shares likewise.", metadata=about("shares"))
    days_missing = dy.Int64(
        nullable=True,
        min=0,
        description="Days without counters before this one; `..._added` spans them.",
        metadata=about("days"),
    )
    is_correction = flag("Whether a counter is lower than before: the platform or the provider corrected it.")
    creator_average_views = number(
        "Views that a video of its creator has on average, of whatever age: over those alone that the provider has for "
        "this account, the row's own perhaps among them. Null where nobody was asked or nobody knows.",
        "views",
        min=0,
    )
    creator_average_likes = number("Likes likewise.", "likes", min=0)
    creator_average_comments = number("Comments likewise.", "comments", min=0)
    creator_videos_averaged = count("Videos over which these averages are.", "videos")
    creator_averages_at = moment("When the averages were told.", nullable=True)
    creator_averages_request_id = text("The request that bought them; joins `credit_ledger`.", nullable=True)
