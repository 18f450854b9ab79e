"""What is wanted of posts and videos: new posts, details of the best of them, and videos to track.

Where the archive holds the posts of the week already, details and paid posts follow from them and are known exactly;
where it does not, only their number is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from creator_assets.assets.choosing import chosen_at_most, chosen_for
from creator_assets.assets.content import content_pulls, pull_pages
from creator_assets.assets.content_details import able_on, detail_calls
from creator_assets.assets.creator_averages import average_calls
from creator_assets.assets.prospects import finders_of, possible_calls, wanted_for
from creator_assets.assets.purchase import rows_of, window_of
from creator_assets.assets.tracking import (
    WEEKS_BEFORE,
    askings,
    followed_on,
    sponsored_videos,
    track_calls,
    tracking_window,
)
from creator_assets.campaigns import Campaign
from creator_assets.campaigns.model import ContentWish, DetailsWish
from creator_assets.partitions import Partition
from creator_assets.providers.account_settings import ProviderSettings
from creator_assets.providers.capabilities import Kind, capability
from creator_assets.providers.contract import Call, Pages
from creator_assets.spending.ledger import Ledger
from creator_assets.spending.plan import Wanted
from creator_assets.spending.walks import walk
from creator_assets.tables import schemas

Settings = Mapping[str, ProviderSettings]
# What a video or a creator costs does not depend on it.
_ANY_VIDEO = "https://www.tiktok.com/@a/video/1"
_ANYBODY = ("tiktok", "")


def wanted_videos(
    partition: Partition, campaign: Campaign, shortlist: pl.DataFrame | None, ledger: Ledger, settings: Settings
) -> Iterator[Wanted]:
    """What the assets of this stage want of a week, in the order in which they run."""
    content: pl.DataFrame | None = None
    if campaign.content is not None:
        posts, content = _posts(partition, campaign, campaign.content, shortlist, ledger, settings)
        yield posts
        if campaign.content.details is not None:
            yield _details(partition, campaign, campaign.content.details, content, settings)
    yield from _tracking(partition, campaign, content, ledger, settings)


def _posts(
    partition: Partition,
    campaign: Campaign,
    wish: ContentWish,
    shortlist: pl.DataFrame | None,
    ledger: Ledger,
    settings: Settings,
) -> tuple[Wanted, pl.DataFrame | None]:
    """The pulls of new posts, and the posts themselves where the archive has all of them."""
    if shortlist is not None:
        pulls = content_pulls(campaign, shortlist, settings)
        posts = wanted_for("content", partition, pull_pages(pulls, partition, wish.max_items, ledger, settings))
        walks = walk(ledger, posts.pages, posts.window)
        if any(one.next_call is not None for one in walks):
            return posts, None
        parsed = rows_of(pulls, [one.answers for one in walks])
        return posts, pl.concat([schemas.Content.create_empty(), *(one.rows for one in parsed)])
    longest: dict[str, int] = {}

    def examples(platform: str, finder: str) -> list[Call]:
        can = chosen_for(Kind.CONTENT, campaign, settings, platform=platform, finder=finder, provider=wish.provider)
        pages: Pages = can.pages(settings[can.provider], platform, "", wish.max_items)
        calls = -(-pages.worst_case_microcredits // pages.first.worst_case_microcredits)
        longest[can.provider] = max(longest.get(can.provider, 0), calls)
        return [pages.first]

    firsts = possible_calls(campaign, examples, chosen_at_most(campaign, wish.top))
    possible = [(call, count * longest[call.operation.provider]) for call, count in firsts]
    return wanted_for("content", partition, [], at_most=possible), None


def _details(
    partition: Partition, campaign: Campaign, wish: DetailsWish, content: pl.DataFrame | None, settings: Settings
) -> Wanted:
    window = window_of(partition, wish.max_age)
    if content is not None:
        known = [one.pages for one in detail_calls(campaign, content, settings)]
        return wanted_for("content_details", partition, known, window=window)
    possible = _possible_details(campaign, wish, settings)
    return wanted_for("content_details", partition, [], at_most=possible, window=window)


def _possible_details(campaign: Campaign, wish: DetailsWish, settings: Settings) -> list[tuple[Call, int]]:
    """What the details of `top` posts of one platform can cost at most; any platform may have all of them."""
    dearest: dict[str, tuple[Call, int]] = {}
    for platform in dict.fromkeys(platform for platform, _finder in finders_of(campaign)):
        calls: dict[str, tuple[Call, int]] = {}
        for can in able_on(campaign, wish, settings, platform, ""):
            pages: Pages = can.pages(settings[can.provider], platform, "", max_pages=wish.max_comment_pages)
            call, count = calls.get(can.provider, (pages.first, 0))
            calls[can.provider] = call, count + pages.max_calls * wish.top
        for provider, (call, count) in calls.items():
            if provider not in dearest or count > dearest[provider][1]:
                dearest[provider] = call, count
    return list(dearest.values())


def _tracking(
    partition: Partition, campaign: Campaign, content: pl.DataFrame | None, ledger: Ledger, settings: Settings
) -> Iterator[Wanted]:
    """Videos of the brief and paid posts of the week. Those of earlier weeks were paid for then, or are left out."""
    if campaign.tracking is None:
        return
    found = [] if content is None else sponsored_videos(campaign, content)
    wanted = track_calls(campaign, settings, found)
    for part in askings(campaign, partition, wanted, ledger):
        yield wanted_for("tracked_videos", partition, part.pages, window=part.window)
    if content is None and campaign.tracking.max_sponsored:
        can = capability(Kind.TRACK_VIDEOS)
        (example,) = can.pages(settings[can.provider], [_ANY_VIDEO])
        possible = [(example.first, campaign.tracking.max_sponsored)]
        window = tracking_window(campaign, partition)
        yield wanted_for("tracked_videos", partition, [], at_most=possible, window=window)


def wanted_of_day(partition: Partition, campaign: Campaign, ledger: Ledger, settings: Settings) -> Iterator[Wanted]:
    """What a day may cost: each video that may be tracked then may lack its count, and its creator's averages.

    A day that is over buys nothing. Whose the paid posts of content are, of this week and of those before, only the
    table of tracked videos says: they are bounded.
    """
    tracking = campaign.tracking
    if tracking is None or ledger.now() >= partition.end:
        return
    followed = followed_on(campaign, partition, ledger, settings)
    found = tracking.max_sponsored * (WEEKS_BEFORE + 1)
    if tracking.fill_from is not None:
        can = capability(Kind.POST_STATS, provider=tracking.fill_from)
        example = can.pages(settings[can.provider], can.platforms[0], "").first
        yield wanted_for("video_stats", partition, [], at_most=[(example, len(followed) + found)])
    if tracking.creator_averages is not None:
        creators = [(video.platform, video.username) for video in followed if video.username]
        calls = average_calls(campaign, creators, settings)
        (anybody,) = average_calls(campaign, [_ANYBODY], settings)
        yield wanted_for(
            "video_stats",
            partition,
            [one.pages for one in calls],
            at_most=[(anybody.pages.first, found)] if found else [],
            window=window_of(partition, tracking.creator_averages),
        )
